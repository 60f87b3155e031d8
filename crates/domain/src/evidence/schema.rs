//! The JSON Schema of evidence, made from the types themselves and kept in `docs/`, where other
//! programs find it.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema, schema_for};

use super::Evidence;
use crate::id::Commit;

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

#[test]
fn the_schema_in_the_documents_is_that_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/evidence.schema.json");
    let made = serde_json::to_string_pretty(&schema_for!(Evidence)).expect("a schema is JSON");
    let made = format!("{made}\n");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, &made).expect("docs can be written");
    }
    let kept = fs::read_to_string(&path).expect("the schema is in docs");
    let renew = "renew it with UPDATE_EXPECT=1 cargo test -p whimbrel-domain schema";
    assert!(kept == made, "docs/evidence.schema.json isn't that of the types; {renew}");
}
