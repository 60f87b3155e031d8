//! Identifiers. Each is a newtype, so that one can't be passed for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Letters and digits that can't be mistaken for one another (Crockford's base 32, lower case).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Characters in a random id: 8 × 5 bits, one collision expected in about a million ids.
const RANDOM_CHARS: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not {expected}")]
pub struct Malformed {
    pub given: String,
    pub expected: &'static str,
}

fn random_chars(random: u64) -> String {
    (0..RANDOM_CHARS).map(|i| char::from(ALPHABET[(random >> (5 * i)) as usize & 31])).collect()
}

fn is_random_chars(text: &str) -> bool {
    text.len() == RANDOM_CHARS && text.bytes().all(|byte| ALPHABET.contains(&byte))
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Malformed;
            fn try_from(text: String) -> Result<Self, Malformed> {
                text.parse()
            }
        }
    };
}

text_id! {
    /// A task: eight random characters.
    TaskId
}
text_id! {
    /// One attempt at a task: the task's id, a dot, and the attempt's number from 1.
    AttemptId
}
text_id! {
    /// A project: eight random characters.
    ProjectId
}
text_id! {
    /// A pull request. It has its task's id: a task offers at most one.
    PullRequestId
}
text_id! {
    /// A verdict: eight random characters.
    VerdictId
}
text_id! {
    /// A comment: eight random characters.
    CommentId
}
text_id! {
    /// A git commit's object name: 40 (SHA-1) or 64 (SHA-256) hexadecimal digits.
    Commit
}

impl TaskId {
    pub fn from_random(random: u64) -> Self {
        Self(random_chars(random))
    }
}

impl VerdictId {
    pub fn from_random(random: u64) -> Self {
        Self(random_chars(random))
    }
}

impl CommentId {
    pub fn from_random(random: u64) -> Self {
        Self(random_chars(random))
    }
}

impl ProjectId {
    pub fn from_random(random: u64) -> Self {
        Self(random_chars(random))
    }
}

impl AttemptId {
    pub fn new(task: &TaskId, number: u32) -> Self {
        Self(format!("{task}.{number}"))
    }

    pub fn task(&self) -> TaskId {
        TaskId(self.split().0.to_owned())
    }

    /// Counted from 1.
    pub fn number(&self) -> u32 {
        self.split().1
    }

    fn split(&self) -> (&str, u32) {
        let (task, number) = self.0.split_once('.').expect("an attempt id has a dot");
        (task, number.parse().expect("an attempt id ends in a number"))
    }
}

impl PullRequestId {
    pub fn of(task: &TaskId) -> Self {
        Self(task.0.clone())
    }

    pub fn task(&self) -> TaskId {
        TaskId(self.0.clone())
    }
}

impl Commit {
    /// The first ten digits, for people.
    pub fn short(&self) -> &str {
        &self.0[..10]
    }
}

macro_rules! parse_random {
    ($($name:ident: $expected:literal),*) => {$(
        impl FromStr for $name {
            type Err = Malformed;
            fn from_str(text: &str) -> Result<Self, Malformed> {
                if is_random_chars(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(Malformed { given: text.to_owned(), expected: $expected })
                }
            }
        }
    )*};
}

parse_random! {
    TaskId: "a task's id (eight letters and digits)",
    ProjectId: "a project's id (eight letters and digits)",
    PullRequestId: "a pull request's id (eight letters and digits)",
    VerdictId: "a verdict's id (eight letters and digits)",
    CommentId: "a comment's id (eight letters and digits)"
}

impl FromStr for AttemptId {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let valid = text.split_once('.').is_some_and(|(task, number)| {
            is_random_chars(task)
                && !number.starts_with(['0', '+'])
                && number.parse::<u32>().is_ok()
        });
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            let expected = "an attempt's id (its task's id, a dot and a number)";
            Err(Malformed { given: text.to_owned(), expected })
        }
    }
}

impl FromStr for Commit {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let valid = matches!(text.len(), 40 | 64)
            && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            let expected = "a commit's full object name (40 or 64 hexadecimal digits)";
            Err(Malformed { given: text.to_owned(), expected })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_id_knows_its_task_and_number() {
        let task = TaskId::from_random(0x0123_4567_89ab_cdef);
        let attempt = AttemptId::new(&task, 12);
        assert_eq!(attempt.to_string().parse(), Ok(attempt.clone()));
        assert_eq!((attempt.task(), attempt.number()), (task, 12));
    }

    #[test]
    fn ids_that_could_be_paths_or_options_are_refused() {
        for text in ["", "../../etc", "-rf", "abcdefg", "abcdefgh.0", "abcdefgh.+1", "abcdefgh."] {
            assert!(text.parse::<AttemptId>().is_err(), "{text}");
            assert!(text.parse::<TaskId>().is_err(), "{text}");
            assert!(text.parse::<Commit>().is_err(), "{text}");
        }
    }
}
