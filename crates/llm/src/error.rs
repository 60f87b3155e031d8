//! What can go wrong with a turn, and what to do about it. A model that writes nonsense is no
//! error: that is for whoever asked to judge. No text in here ever holds a key.

use std::time::Duration;

use domain::Timestamp;
use domain::attempt::Limit;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "can't set up encrypted connections; on Debian and Ubuntu install the package \
         ca-certificates"
    )]
    Tls { source: reqwest::Error },
    #[error("can't reach {address}")]
    Connect { address: String, source: reqwest::Error },
    #[error("{address} sent nothing for {seconds} s")]
    Idle { address: String, seconds: u64 },
    #[error("the answer of {address} broke off before its end")]
    Cut { address: String, source: Option<reqwest::Error> },
    #[error("{address} answered with something that isn't its wire format: {detail}")]
    Unreadable { address: String, detail: String },
    #[error("the answer of {address} is larger than {bytes_max} bytes")]
    TooLarge { address: String, bytes_max: usize },
    #[error("the provider limits the rate: {message}")]
    RateLimited { message: String, after: Option<Duration> },
    #[error("the provider can't answer now ({code}): {message}")]
    Unavailable { code: String, message: String, after: Option<Duration> },
    #[error("the provider refuses the key ({code}): {message}; check {remedy}")]
    Unauthorized { code: String, message: String, remedy: String },
    #[error("the provider's account is out of credit ({code}): {message}")]
    OutOfCredit { code: String, message: String },
    #[error("{address} doesn't know the model {model:?} or this path ({code}): {message}")]
    NotFound { address: String, model: String, code: String, message: String },
    #[error("the conversation is longer than the model's window: {message}")]
    ContextTooLong { message: String },
    #[error("the provider refuses the request ({code}): {message}")]
    BadRequest { code: String, message: String },
    /// The provider said when to come back, and that is too late for whoever asked.
    #[error(
        "the provider asks to wait {wait_s} s, but only {left_s} s are left; try again later or \
         use another model"
    )]
    QuotaTooFar { wait_s: u64, left_s: u64, source: Box<Self> },
    /// A quota is used up until then, which is too long to wait for with everything held ready.
    #[error("{provider}'s quota is used up until later: {message}")]
    QuotaUsedUp { provider: String, message: String, until: Timestamp },
    /// As the operator's policy has it, that is too long to wait for.
    #[error("the provider asks to wait {wait_s} s, which {why}; use another model or try later")]
    QuotaTooLong { wait_s: u64, why: String, source: Box<Self> },
    /// What a model's use costs can't be written down, so nothing more may be used.
    #[error("the account of what models cost can't be written")]
    Ledger { source: Box<dyn std::error::Error + Send + Sync> },
    /// What was asked isn't what the record was made with.
    #[error("the replay departs from its record at {departure}")]
    Departed { departure: Box<crate::Departure> },
    /// The record has no further answer.
    #[error("the record is over after {turns} turns")]
    RecordOver { turns: usize },
    /// What a recorded attempt was told instead of an answer.
    #[error("{message}")]
    Recorded { message: String },
    /// Whoever keeps the accounts lets no further request leave.
    #[error("{reason}")]
    OutOfBudget { limit: Limit, reason: String },
    #[error("asked {attempts} times without an answer")]
    Exhausted { attempts: u32, source: Box<Self> },
    #[error("the time was over before the model had answered")]
    Deadline,
    /// Who watched the turn wanted no more of it.
    #[error("the turn was stopped")]
    Stopped,
}

/// What an error asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Ask again: after the provider's own time, or after a back-off where it named none.
    Retry { after: Option<Duration> },
    /// Shorten the conversation, then ask again.
    Shorten,
    /// Asking again as it is can't help.
    GiveUp,
}

impl Error {
    pub fn action(&self) -> Action {
        match self {
            Self::Connect { .. }
            | Self::Idle { .. }
            | Self::Cut { .. }
            | Self::Unreadable { .. } => Action::Retry { after: None },
            Self::RateLimited { after, .. } | Self::Unavailable { after, .. } => {
                Action::Retry { after: *after }
            }
            Self::ContextTooLong { .. } => Action::Shorten,
            Self::Tls { .. }
            | Self::TooLarge { .. }
            | Self::Unauthorized { .. }
            | Self::OutOfCredit { .. }
            | Self::NotFound { .. }
            | Self::BadRequest { .. }
            | Self::QuotaTooFar { .. }
            | Self::QuotaUsedUp { .. }
            | Self::QuotaTooLong { .. }
            | Self::Ledger { .. }
            | Self::Departed { .. }
            | Self::RecordOver { .. }
            | Self::Recorded { .. }
            | Self::OutOfBudget { .. }
            | Self::Exhausted { .. }
            | Self::Deadline
            | Self::Stopped => Action::GiveUp,
        }
    }
}

/// How many causes of an error are told.
const CAUSES_MAX: usize = 8;

/// An error with its causes, in one line for people.
pub fn words(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let words: Vec<String> = causes.take(CAUSES_MAX).map(ToString::to_string).collect();
    words.join(": ")
}

/// A provider's refusal, before it is known what it means.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// None for one that came inside a stream.
    pub status: Option<u16>,
    /// The provider's own name for it, or empty.
    pub code: String,
    pub message: String,
    pub after: Option<Duration>,
}

/// Who was asked for what; what a refusal needs to be said well.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub address: &'a str,
    pub model: &'a str,
    /// Where the key is set.
    pub remedy: &'a str,
}

/// What a refusal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    ContextTooLong,
    OutOfCredit,
    RateLimited,
    Unauthorized,
    NotFound,
    Unavailable,
    BadRequest,
}

impl Refusal {
    pub(crate) fn into_error(self, asked: &Asked<'_>) -> Error {
        let code = self.shown_code();
        let Self { message, after, .. } = &self;
        let (message, after) = (message.clone(), *after);
        match self.meaning() {
            Meaning::ContextTooLong => Error::ContextTooLong { message },
            Meaning::OutOfCredit => Error::OutOfCredit { code, message },
            Meaning::RateLimited => Error::RateLimited { message, after },
            Meaning::Unavailable => Error::Unavailable { code, message, after },
            Meaning::BadRequest => Error::BadRequest { code, message },
            Meaning::Unauthorized => {
                Error::Unauthorized { code, message, remedy: asked.remedy.to_owned() }
            }
            Meaning::NotFound => {
                let (address, model) = (asked.address.to_owned(), asked.model.to_owned());
                Error::NotFound { address, model, code, message }
            }
        }
    }

    fn shown_code(&self) -> String {
        match (self.status, self.code.as_str()) {
            (Some(status), "") => status.to_string(),
            (Some(status), code) => format!("{status} {code}"),
            (None, "") => "in the stream".into(),
            (None, code) => code.to_owned(),
        }
    }

    fn meaning(&self) -> Meaning {
        if self.says_too_long() {
            return Meaning::ContextTooLong;
        }
        self.meaning_of_code().unwrap_or_else(|| self.meaning_of_status())
    }

    /// There is no common code for it: OpenAI has one, the others say it in words.
    fn says_too_long(&self) -> bool {
        const PHRASES: [&str; 7] = [
            "prompt is too long",
            "maximum context length",
            "context_length_exceeded",
            "exceeds the context window",
            "exceed context limit",
            "exceeds the available context size",
            "exceeds the maximum number of tokens",
        ];
        let message = self.message.to_ascii_lowercase();
        self.code == "context_length_exceeded"
            || (self.status != Some(429) && PHRASES.iter().any(|phrase| message.contains(phrase)))
    }

    fn meaning_of_code(&self) -> Option<Meaning> {
        match self.code.as_str() {
            "insufficient_quota" | "billing_error" | "billing_hard_limit_reached" => {
                Some(Meaning::OutOfCredit)
            }
            "rate_limit_exceeded"
            | "rate_limit_error"
            | "RATE_LIMIT_EXCEEDED"
            | "RESOURCE_EXHAUSTED"
            | "usage_limit_reached" => Some(Meaning::RateLimited),
            "authentication_error"
            | "permission_error"
            | "invalid_api_key"
            | "UNAUTHENTICATED"
            | "PERMISSION_DENIED"
            | "API_KEY_INVALID" => Some(Meaning::Unauthorized),
            "not_found_error" | "model_not_found" | "DeploymentNotFound" | "NOT_FOUND" => {
                Some(Meaning::NotFound)
            }
            "overloaded_error" | "api_error" | "server_error" | "timeout_error" | "slow_down"
            | "UNAVAILABLE" | "INTERNAL" | "DEADLINE_EXCEEDED" => Some(Meaning::Unavailable),
            _ => None,
        }
    }

    fn meaning_of_status(&self) -> Meaning {
        match self.status {
            Some(401 | 403) => Meaning::Unauthorized,
            Some(402) => Meaning::OutOfCredit,
            Some(404) => Meaning::NotFound,
            Some(413) => Meaning::ContextTooLong,
            Some(429) => Meaning::RateLimited,
            // Without a status the stream had begun, so the request itself was fine.
            None | Some(408 | 409 | 425 | 500..) => Meaning::Unavailable,
            Some(_) => Meaning::BadRequest,
        }
    }
}

#[cfg(test)]
mod tests;
