//! A change offered on a forge, with its evidence.

use serde::{Deserialize, Serialize};

use crate::InvalidTransition;
use crate::clock::Timestamp;
use crate::id::{AttemptId, Commit, ProjectId, PullRequestId};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct PullRequest {
    pub id: PullRequestId,
    pub project: ProjectId,
    pub attempt: AttemptId,
    /// The branch that holds the change: `whimbrel/<slug>-<id>`.
    pub branch: String,
    /// The branch it is for.
    pub base_branch: String,
    pub base: Commit,
    pub head: Commit,
    pub title: String,
    pub body: String,
    pub created: Timestamp,
    pub state: State,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum State {
    Open,
    Merged { commit: Commit },
    Closed { reason: String },
}

impl State {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Merged { .. } => "merged",
            Self::Closed { .. } => "closed",
        }
    }

    pub fn merge(self, commit: Commit) -> Result<Self, InvalidTransition> {
        match self {
            Self::Open => Ok(Self::Merged { commit }),
            other => Err(other.cannot("be merged")),
        }
    }

    pub fn close(self, reason: String) -> Result<Self, InvalidTransition> {
        match self {
            Self::Open => Ok(Self::Closed { reason }),
            other => Err(other.cannot("be closed")),
        }
    }

    fn cannot(&self, verb: &'static str) -> InvalidTransition {
        InvalidTransition { noun: "pull request", from: self.name(), verb }
    }
}

/// The longest part of a branch's name that comes from the task's text, in characters.
const SLUG_CHARS_MAX: usize = 40;

/// `whimbrel/<slug>-<id>`: only `a-z`, `0-9` and `-`, so that it is a valid ref name everywhere.
pub fn branch_name(text: &str, id: &PullRequestId) -> String {
    let mut slug = String::new();
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if slug.len() + 1 + word.len() > SLUG_CHARS_MAX {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(&word.to_ascii_lowercase());
    }
    if slug.is_empty() { format!("whimbrel/task-{id}") } else { format!("whimbrel/{slug}-{id}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::TaskId;

    #[test]
    fn a_branch_name_is_made_of_the_first_words() {
        let id = PullRequestId::of(&TaskId::from_random(0));
        let name = |text| branch_name(text, &id);
        assert_eq!(
            name("The spring animation ends in the wrong place: find out why"),
            "whimbrel/the-spring-animation-ends-in-the-wrong-00000000"
        );
        assert_eq!(name("修复 ../../x; rm -rf ~"), "whimbrel/x-rm-rf-00000000");
        assert_eq!(name("修复"), "whimbrel/task-00000000");
    }

    #[test]
    fn a_pull_request_is_merged_or_closed_once() {
        let commit: Commit = "a".repeat(40).parse().unwrap();
        let merged = State::Open.merge(commit.clone()).unwrap();
        assert!(merged.clone().merge(commit).is_err());
        assert!(merged.close("late".into()).is_err());
    }
}
