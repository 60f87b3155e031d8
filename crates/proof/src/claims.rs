//! Sentences of an agent's summary that claim something, each linked to the line of a log that
//! shows it. Pure rules over words: they know English as programmers write it, and nothing of what
//! a sentence means. A claim that no rule knows is none, so that "unproven" is worth reading.

mod judge;
mod kinds;
mod lines;
mod sentences;
mod words;

use domain::Evidence;
use domain::evidence::Claim;

use self::judge::Shelf;
use self::words::Words;
use crate::Log;

/// More are not read: whoever claims so much proves nothing by it.
const CLAIMS_MAX: usize = 40;

pub(crate) fn link(summary: &str, evidence: &Evidence, logs: &[Log]) -> Vec<Claim> {
    let shelf = Shelf::new(evidence, logs);
    let claims = sentences::of(summary).filter_map(|text| {
        let kinds = kinds::of(&Words::of(&text));
        let shown = shelf.judge(&kinds)?;
        Some(Claim { text, shown })
    });
    claims.take(CLAIMS_MAX).collect()
}

#[cfg(test)]
mod tests;
