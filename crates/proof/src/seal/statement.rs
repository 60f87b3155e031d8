//! What is signed: an in-toto statement whose subject is the head commit and whose predicate is the
//! evidence, with a digest of each log.

use std::collections::BTreeMap;

use domain::{AttemptId, Commit, Evidence, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Refusal, json};
use crate::Log;

const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// Names the predicate's form and its version; it leads nowhere (RFC 2606).
pub const PREDICATE_TYPE: &str = "https://whimbrel.invalid/evidence/v1";
/// Of in-toto's digests, the one of a git commit's object name.
const COMMIT: &str = "gitCommit";
const SHA256: &str = "sha256";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    #[serde(rename = "_type")]
    statement_type: String,
    pub subject: Vec<Resource>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    pub predicate: Predicate,
}

/// in-toto's ResourceDescriptor, as far as it is used here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    pub name: String,
    pub digest: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Predicate {
    pub attempt: AttemptId,
    /// The commit that the change starts from.
    pub base: Resource,
    /// Milliseconds since 1970.
    pub signed: Timestamp,
    /// What whoever signed concluded from the evidence.
    pub holds: bool,
    pub evidence: Evidence,
    /// The full logs, sorted by name.
    pub logs: Vec<Resource>,
}

/// What a statement is made from.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub attempt: &'a AttemptId,
    pub evidence: &'a Evidence,
    pub logs: &'a [Log],
    pub signed: Timestamp,
}

impl Statement {
    pub(super) fn of(facts: Facts<'_>) -> Self {
        let Facts { attempt, evidence, logs, signed } = facts;
        let mut logs: Vec<Resource> = logs.iter().map(Resource::of_log).collect();
        logs.sort_by(|a, b| a.name.cmp(&b.name));
        let predicate = Predicate {
            attempt: attempt.clone(),
            base: Resource::of_commit("base", &evidence.base),
            signed,
            holds: evidence.holds(),
            evidence: evidence.clone(),
            logs,
        };
        Self {
            statement_type: STATEMENT_TYPE.into(),
            subject: vec![Resource::of_commit("head", &evidence.head)],
            predicate_type: PREDICATE_TYPE.into(),
            predicate,
        }
    }

    /// Of bytes whose signature fits. Even so they are read strictly: no two readers may
    /// understand them differently.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let no_statement = |why: String| Refusal::NoStatement { why };
        json::without_twins(bytes).map_err(|error| no_statement(error.to_string()))?;
        let statement: Self =
            serde_json::from_slice(bytes).map_err(|error| no_statement(error.to_string()))?;
        for (found, wanted) in [
            (&statement.statement_type, STATEMENT_TYPE),
            (&statement.predicate_type, PREDICATE_TYPE),
        ] {
            if found != wanted {
                let found = stdx::cut::line(found, 100);
                return Err(no_statement(format!("its type is {found:?}, not {wanted:?}")));
            }
        }
        statement.agrees()?;
        Ok(statement)
    }

    /// Whether the subject and the base are what the evidence is about.
    fn agrees(&self) -> Result<(), Refusal> {
        let evidence = &self.predicate.evidence;
        let [head] = self.subject.as_slice() else {
            let why = format!("it is about {} things instead of one commit", self.subject.len());
            return Err(Refusal::Contradiction { why });
        };
        for (resource, name, commit) in
            [(head, "head", &evidence.head), (&self.predicate.base, "base", &evidence.base)]
        {
            if *resource != Resource::of_commit(name, commit) {
                let why = format!("the evidence's {name} is {commit}, the statement's another");
                return Err(Refusal::Contradiction { why });
            }
        }
        Ok(())
    }
}

impl Resource {
    fn of_commit(name: &str, commit: &Commit) -> Self {
        let digest = BTreeMap::from([(COMMIT.to_owned(), commit.to_string())]);
        Self { name: name.into(), digest }
    }

    fn of_log(log: &Log) -> Self {
        let digest = BTreeMap::from([(SHA256.to_owned(), hex(&Sha256::digest(&log.bytes)))]);
        Self { name: log.name.clone(), digest }
    }

    pub(super) fn sha256(&self) -> Option<&str> {
        self.digest.get(SHA256).map(String::as_str)
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
