//! What is kept of every decision, and of every change of who may decide.

use std::fmt;

use crate::Timestamp;

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub at: Timestamp,
    pub person: String,
    /// By which way they came, as [`crate::access::Way`] writes it.
    pub via: String,
    pub action: Action,
    /// What it was done to: a task's id, a secret's name. Never a secret's value.
    pub subject: String,
    /// What else one would ask, in words; may be empty.
    pub details: String,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What was done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Action {
            $($(#[$doc])* $variant,)*
        }

        impl Action {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

actions! {
    Delegated = "task.delegate",
    Cancelled = "task.cancel",
    Steered = "attempt.steer",
    /// A plan or a pause.
    Continued = "attempt.continue",
    Commented = "attempt.comment",
    VerdictGiven = "verdict.give",
    VerdictWithdrawn = "verdict.withdraw",
    VerdictCarriedOut = "verdict.carry_out",
    /// It couldn't be carried out.
    VerdictFailed = "verdict.fail",
    Merged = "pull_request.merge",
    Closed = "pull_request.close",
    SettingsChanged = "project.settings",
    SecretSet = "secret.set",
    SecretRemoved = "secret.remove",
    TokenMade = "token.make",
    TokenRevoked = "token.revoke",
    LinkMade = "link.make",
    SignedIn = "session.begin",
    SignedOut = "session.end",
    /// How often within a minute is in the details.
    SignInRefused = "session.refuse",
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
