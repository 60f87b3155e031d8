//! What persons decided, and who may decide, in a log that is only added to.

use domain::audit::{Action, Entry};

use crate::{Engine, Error};

/// Longer subjects and details are cut, in characters.
const SUBJECT_CHARS_MAX: usize = 200;
const DETAILS_CHARS_MAX: usize = 1_000;

/// Keeps that the engine's person did this, by the way they came. No secret may be in it.
pub async fn record(
    engine: &Engine,
    action: Action,
    subject: impl std::fmt::Display,
    details: &str,
) -> Result<(), Error> {
    let entry = entry(engine, action, subject, details);
    Ok(store::audit::append(&engine.store, &entry).await?)
}

/// The line, for what is kept in the same transaction.
pub(crate) fn entry(
    engine: &Engine,
    action: Action,
    subject: impl std::fmt::Display,
    details: &str,
) -> Entry {
    Entry {
        at: engine.clock.now(),
        person: engine.person.clone(),
        via: engine.way.to_string(),
        action,
        subject: stdx::cut::line(&subject.to_string(), SUBJECT_CHARS_MAX),
        details: stdx::cut::line(details, DETAILS_CHARS_MAX),
    }
}
