//! Who may do what, and by which way they came in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One kind of thing that somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// See everything but secrets, tokens and the audit log.
    Read,
    /// Delegate, steer, cancel, comment.
    Task,
    /// Give verdicts, merge, close, change projects' settings.
    Decide,
    /// Set and remove secrets.
    Secrets,
    /// Make and end tokens, links and sessions; read the audit log.
    Admin,
}

impl Scope {
    pub const ALL: [Self; 5] = [Self::Read, Self::Task, Self::Decide, Self::Secrets, Self::Admin];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Task => "task",
            Self::Decide => "decide",
            Self::Secrets => "secrets",
            Self::Admin => "admin",
        }
    }

    /// What it lets somebody do; completes "may …".
    pub fn words(self) -> &'static str {
        match self {
            Self::Read => "see tasks, changes and evidence",
            Self::Task => "delegate, steer, cancel and comment",
            Self::Decide => "give verdicts, merge, close and change settings",
            Self::Secrets => "set and remove secrets",
            Self::Admin => "manage tokens, links and sessions, and read the audit log",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let found = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        found.ok_or_else(|| UnknownScope(text.to_owned()))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no scope {0:?}; there are: read, task, decide, secrets, admin")]
pub struct UnknownScope(String);

/// Several scopes, in their order, with commas between them where they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scopes(u8);

impl Scopes {
    pub const NONE: Self = Self(0);

    pub fn all() -> Self {
        Scope::ALL.into_iter().collect()
    }

    pub fn includes(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether all of `others` are among these.
    pub fn cover(self, others: Self) -> bool {
        others.0 & !self.0 == 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.includes(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(Scope::as_str).collect();
        f.pad(&names.join(","))
    }
}

impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::parse).collect()
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        scopes.to_string()
    }
}

impl TryFrom<String> for Scopes {
    type Error = UnknownScope;

    fn try_from(text: String) -> Result<Self, UnknownScope> {
        text.parse()
    }
}

/// By which way somebody came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// On this machine, as the home's own user.
    Cli,
    /// Nobody asked: the engine carries out what was decided before.
    Engine,
    /// A browser's session, by its id.
    Session(String),
    /// An API token, by its id.
    Token(String),
    /// A link that was used just now.
    Link,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cli => f.pad("cli"),
            Self::Engine => f.pad("engine"),
            Self::Session(id) => write!(f, "session {id}"),
            Self::Token(id) => write!(f, "token {id}"),
            Self::Link => f.pad("link"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_written_and_read() {
        let scopes: Scopes = "decide, read".parse().unwrap();
        assert_eq!(scopes.to_string(), "read,decide");
        assert_eq!(serde_json::to_string(&scopes).unwrap(), "\"read,decide\"");
        assert_eq!("".parse::<Scopes>().unwrap(), Scopes::NONE);
        let unknown = "read,root".parse::<Scopes>().unwrap_err().to_string();
        assert!(unknown.contains("\"root\""), "{unknown}");
    }

    #[test]
    fn none_covers_more_than_it_has() {
        let few: Scopes = "read,task".parse().unwrap();
        assert!(Scopes::all().cover(few) && few.cover(few) && few.cover(Scopes::NONE));
        assert!(!few.cover(Scopes::all()) && !few.includes(Scope::Admin));
    }
}
