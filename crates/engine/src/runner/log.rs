//! The attempt's log, as its agent sees it.

use agent::{Log, LogError};
use async_trait::async_trait;
use domain::Fact;

use super::Runner;

#[async_trait]
impl Log for Runner<'_> {
    async fn record(&self, fact: Fact) -> Result<(), LogError> {
        Self::record(self, fact).await.map_err(|error| LogError(error.to_string()))
    }
}
