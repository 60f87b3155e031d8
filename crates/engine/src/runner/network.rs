//! What an attempt's computers ask of the network goes into the attempt's log, up to a limit.

use std::future::Future;
use std::time::Duration;

use computer::egress::Events;
use domain::Fact;

use super::Runner;
use crate::Error;

/// Waiting to be written; more at once are counted and not told one by one.
pub(super) const QUEUE_MAX: usize = 1_024;
/// Of one stage. A program that asks in a loop would fill the database.
const FACTS_MAX: u64 = 2_000;
/// What a computer that is gone still had to tell comes at once.
const LAST_WORDS: Duration = Duration::from_secs(1);

impl Runner<'_> {
    /// Does `work`, whose computers tell `events`. All of them must be gone when it is done.
    pub(super) async fn told<T>(
        &self,
        work: impl Future<Output = T>,
        mut events: Events,
    ) -> Result<T, Error> {
        let mut told = 0;
        tokio::pin!(work);
        let done = loop {
            tokio::select! {
                done = &mut work => break done,
                Some(event) = events.next() => {
                    told += 1;
                    self.tell(event.into(), told).await?;
                }
            }
        };
        while let Ok(Some(event)) = tokio::time::timeout(LAST_WORDS, events.next()).await {
            told += 1;
            self.tell(event.into(), told).await?;
        }
        let unwritten = told.saturating_sub(FACTS_MAX) + events.lost();
        if unwritten > 0 {
            let text = format!("{unwritten} more requests to the network aren't in this log");
            self.record(Fact::Warned { text }).await?;
        }
        Ok(done)
    }

    async fn tell(&self, fact: Fact, number: u64) -> Result<(), Error> {
        if number > FACTS_MAX { Ok(()) } else { self.record(fact).await }
    }
}
