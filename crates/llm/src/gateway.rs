//! The one place that lets requests to models leave: fallbacks, retries, accounts and records.
//! Knows nothing of who asks, so that a loop in this process and an HTTP endpoint for somebody
//! else's agent can stand in front of it alike.

mod asker;
mod estimate;
mod ledger;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::{Clock, Timestamp};

pub(crate) use asker::Asker;
pub use ledger::{Asking, Ledger, Spent, Unaccounted};

use crate::client::{Client, Options};
use crate::config::Config;
use crate::error::{Error, words};
use crate::message::{Reply, Request};
use crate::record::Recorder;
use crate::{Model, Watch};

/// How long a model that gave up isn't asked first: as long as others' caches live.
const REST: Duration = Duration::from_secs(5 * 60);

/// A chain of models that answers as one.
pub struct Gateway {
    clients: Vec<Client>,
    ledger: Arc<dyn Ledger>,
    recorder: Option<Recorder>,
    clock: Arc<dyn Clock>,
    /// Until when each client isn't asked first.
    rests: Mutex<Vec<Timestamp>>,
}

impl Gateway {
    /// `chain` is what [`Config::chain`] gives: at least one. Fails only where encrypted
    /// connections can't be had.
    pub fn new(
        chain: Vec<Config>,
        options: Options,
        ledger: Arc<dyn Ledger>,
    ) -> Result<Self, Error> {
        Self::with_clock(chain, options, ledger, Arc::new(domain::SystemClock))
    }

    pub fn with_clock(
        chain: Vec<Config>,
        options: Options,
        ledger: Arc<dyn Ledger>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        assert!(!chain.is_empty(), "a chain has at least the model that was asked for");
        let client = |config| Client::with_clock(config, options, Arc::clone(&clock));
        let clients: Vec<Client> = chain.into_iter().map(client).collect::<Result<_, _>>()?;
        let rests = Mutex::new(vec![Timestamp(0); clients.len()]);
        Ok(Self { clients, ledger, recorder: None, clock, rests })
    }

    /// Every exchange is written down too, without the keys of these models.
    pub fn recording(mut self, recorder: Recorder) -> Self {
        let secrets = self.clients.iter().flat_map(|client| client.config().secrets());
        self.recorder = Some(recorder.without(secrets));
        self
    }

    /// Why the newest exchange that isn't in the record isn't: a record that can't be written
    /// ends no turn.
    pub fn unrecorded(&self) -> Option<String> {
        self.recorder.as_ref()?.failure()
    }

    /// What the model that is asked first reads at most, in tokens.
    pub fn window_tokens(&self) -> u64 {
        self.clients[0].config().window_tokens
    }

    /// Who is asked and in which order: rested models only after all others, and none whose
    /// window the conversation doesn't fit into, but for the first.
    fn order(&self, request: &Request<'_>) -> Vec<usize> {
        let (now, tokens) = (self.clock.now(), estimate::input_tokens(request));
        let fits = |at: &usize| *at == 0 || self.clients[*at].config().window_tokens >= tokens;
        let rests = self.rests.lock().unwrap_or_else(PoisonError::into_inner);
        let (resting, ready): (Vec<_>, Vec<_>) =
            (0..self.clients.len()).filter(fits).partition(|at| rests[*at] > now);
        ready.into_iter().chain(resting).collect()
    }

    fn rest(&self, at: usize, error: &Error) {
        let until = match error {
            Error::QuotaUsedUp { until, .. } => *until,
            _ => self.clock.now().plus_ms(REST.as_millis() as u64),
        };
        self.rests.lock().unwrap_or_else(PoisonError::into_inner)[at] = until;
    }

    fn asker(&self, at: usize, is_last: bool) -> Asker<'_> {
        let (ledger, recorder) = (self.ledger.as_ref(), self.recorder.as_ref());
        Asker { client: &self.clients[at], ledger, recorder, is_last }
    }
}

#[async_trait]
impl Model for Gateway {
    fn name(&self) -> &str {
        self.clients[0].full_name()
    }

    async fn reply(&self, request: &Request<'_>, watch: &mut dyn Watch) -> Result<Reply, Error> {
        let order = self.order(request);
        let mut failed: Option<Error> = None;
        for (turn, &at) in order.iter().enumerate() {
            let next = order.get(turn + 1).map(|next| self.clients[*next].full_name());
            let error = match self.asker(at, next.is_none()).reply(request, watch).await {
                Ok(reply) => return Ok(reply),
                Err(error) if !falls_over(&error) => return Err(error),
                Err(error) => error,
            };
            self.rest(at, &error);
            if let Some(next) = next {
                let reason = format!("{}; asks {next} instead", words(&error));
                if watch.retried(&reason, Duration::ZERO).await.is_break() {
                    return Err(Error::Stopped);
                }
            }
            failed = Some(sooner(failed, error));
        }
        Err(failed.expect("a chain has at least one model"))
    }
}

/// Whether another model may answer what this one can't.
fn falls_over(error: &Error) -> bool {
    matches!(
        error,
        Error::Exhausted { .. }
            | Error::QuotaUsedUp { .. }
            | Error::QuotaTooLong { .. }
            | Error::QuotaTooFar { .. }
            | Error::Unauthorized { .. }
            | Error::OutOfCredit { .. }
            | Error::NotFound { .. }
    )
}

/// Of the errors of all models, the one that is told: the quota that comes back first, else the
/// last.
fn sooner(before: Option<Error>, error: Error) -> Error {
    let until = |error: &Error| match error {
        Error::QuotaUsedUp { until, .. } => Some(*until),
        _ => None,
    };
    match before {
        Some(before) => match (until(&before), until(&error)) {
            (Some(first), Some(second)) if second < first => error,
            (Some(_), _) => before,
            (None, _) => error,
        },
        None => error,
    }
}

#[cfg(test)]
mod tests;
