//! The attempt's log, as its agent sees it.

use agent::{Log, LogError};
use async_trait::async_trait;
use domain::Fact;

use super::Runner;

/// Messages that an agent is told at once; more come before the next turn.
const MESSAGES_MAX: u32 = 64;

#[async_trait]
impl Log for Runner<'_> {
    async fn record_all(&self, facts: Vec<Fact>) -> Result<(), LogError> {
        Self::record_all(self, &facts).await.map_err(|error| LogError(Box::new(error)))
    }

    async fn steered_since(&self, seq: u64) -> Result<Vec<(u64, String)>, LogError> {
        let found = store::event::steered_since(self.store(), &self.id, seq, MESSAGES_MAX).await;
        let events = found.map_err(|error| LogError(Box::new(error)))?;
        let told = events.into_iter().filter_map(|event| match event.fact {
            Fact::Steered { by: _, text } => Some((event.seq, text)),
            _none_other_was_asked_for => None,
        });
        Ok(told.collect())
    }
}
