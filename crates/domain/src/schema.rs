//! JSON Schemas of what is written as one text or one number. All others are derived.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::clock::Timestamp;
use crate::id::{AttemptId, CommentId, Commit, ProjectId, PullRequestId, TaskId, VerdictId};

/// Eight characters of the ids' alphabet.
macro_rules! random_id {
    ($($id:ident: $description:literal,)*) => {$(
        impl JsonSchema for $id {
            fn schema_name() -> Cow<'static, str> {
                stringify!($id).into()
            }

            fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "description": $description,
                    "type": "string",
                    "pattern": "^[0-9a-hjkmnp-tv-z]{8}$",
                })
            }
        }
    )*};
}

random_id! {
    CommentId: "A comment's id.",
    ProjectId: "A project's id.",
    PullRequestId: "A pull request's id: its task's.",
    TaskId: "A task's id.",
    VerdictId: "A verdict's id.",
}

impl JsonSchema for AttemptId {
    fn schema_name() -> Cow<'static, str> {
        "AttemptId".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An attempt's id: its task's, a dot, and the attempt's number from 1.",
            "type": "string",
            "pattern": "^[0-9a-hjkmnp-tv-z]{8}\\.[1-9][0-9]{0,8}$",
        })
    }
}

impl JsonSchema for Commit {
    fn schema_name() -> Cow<'static, str> {
        "Commit".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A git commit's object name: 40 (SHA-1) or 64 (SHA-256) digits.",
            "type": "string",
            "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$",
        })
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Milliseconds since 1970-01-01T00:00:00Z.",
            "type": "integer",
            "format": "int64",
        })
    }
}
