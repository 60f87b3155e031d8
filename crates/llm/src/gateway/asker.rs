//! One model and its turn: as many requests as the policy and the deadline allow, each an
//! exchange that is opened before it leaves, closed after, and recorded.

use std::time::Duration;

use domain::Timestamp;
use tokio::time::{Instant, sleep, timeout_at};

use super::estimate;
use super::ledger::{Asking, Ledger, Spent};
use crate::Watch;
use crate::client::{Client, Progress, Stage};
use crate::error::{Action, Error, words};
use crate::message::{Reply, Request, Usage};
use crate::record::{Exchanged, Recorder};
use crate::retry::{OnQuota, spread};

/// How often and how long a model is waited for while another one could answer.
const TRIES_BEFORE_NEXT: u32 = 3;
const HOLD_BEFORE_NEXT: Duration = Duration::from_secs(10);

pub(crate) struct Asker<'a> {
    pub client: &'a Client,
    pub ledger: &'a dyn Ledger,
    pub recorder: Option<&'a Recorder>,
    /// Nobody else is asked after this one.
    pub is_last: bool,
}

impl Asker<'_> {
    pub(crate) async fn reply(
        &self,
        request: &Request<'_>,
        watch: &mut dyn Watch,
    ) -> Result<Reply, Error> {
        let body = self.client.body(request);
        let asking = self.asking(request);
        let mut failures = 0;
        loop {
            let error = match self.exchange(&body, &asking, request, watch).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            failures += 1;
            self.wait(error, failures, request.deadline, watch).await?;
        }
    }

    fn asking(&self, request: &Request<'_>) -> Asking {
        let input_tokens = estimate::input_tokens(request);
        let read = Usage { input_tokens, ..Usage::default() };
        Asking {
            model: self.client.full_name().to_owned(),
            estimated_input_tokens: input_tokens,
            estimated_micros: self.price(&read),
        }
    }

    fn price(&self, usage: &Usage) -> Option<u64> {
        self.client.config().price.map(|price| price.cost_micros(usage))
    }

    /// One request, from its leave to its account.
    async fn exchange(
        &self,
        body: &str,
        asking: &Asking,
        request: &Request<'_>,
        watch: &mut dyn Watch,
    ) -> Result<Reply, Error> {
        let exchange = self.ledger.open(asking).await?;
        let begun = self.client.clock().now();
        let mut progress = Progress::default();
        let asked = self.client.ask(body, request.messages.len(), watch, &mut progress);
        let mut result = timeout_at(request.deadline, asked).await.unwrap_or(Err(Error::Deadline));
        if let Ok(reply) = &mut result {
            reply.exchange = exchange;
        }
        let spent = self.spent(&result, &progress, asking);
        self.ledger.close(exchange, &spent).await?;
        self.record(exchange, begun, request, &result, &spent).await;
        result
    }

    fn spent(&self, result: &Result<Reply, Error>, progress: &Progress, asking: &Asking) -> Spent {
        let model = asking.model.clone();
        match result {
            Ok(Reply { usage, cost_micros, .. }) => {
                Spent { model, usage: *usage, cost_micros: *cost_micros, answered: true }
            }
            Err(_) => {
                let usage = begun_usage(progress, asking);
                // Nothing costs nothing, at whatever price.
                let free = (usage == Usage::default()).then_some(0);
                let cost_micros = free.or_else(|| self.price(&usage));
                Spent { model, usage, cost_micros, answered: false }
            }
        }
    }

    async fn record(
        &self,
        exchange: u32,
        begun: Timestamp,
        request: &Request<'_>,
        result: &Result<Reply, Error>,
        spent: &Spent,
    ) {
        let Some(recorder) = self.recorder else { return };
        let ended = self.client.clock().now();
        recorder.write(Exchanged { exchange, begun, ended, request, result, spent }).await;
    }

    /// Waits before the next try, or says why there is none: also that there were enough.
    async fn wait(
        &self,
        error: Error,
        failures: u32,
        deadline: Instant,
        watch: &mut dyn Watch,
    ) -> Result<(), Error> {
        let Action::Retry { after } = error.action() else { return Err(error) };
        let left = deadline.saturating_duration_since(Instant::now());
        let error = match after {
            Some(after) => self.hold(after, left, error)?,
            None => error,
        };
        let chance = self.client.chance();
        let backoff = || self.client.options().retry.backoff(failures, chance);
        // A wish for no wait at all is no wish: everybody would ask again at once.
        let wish = after.filter(|after| !after.is_zero());
        let wait = wish.map_or_else(backoff, |after| spread(after, chance));
        let source = Box::new(error);
        if failures >= self.tries_max() || wait >= left {
            return Err(Error::Exhausted { attempts: failures, source });
        }
        if watch.retried(&words(&source), wait).await.is_break() {
            return Err(Error::Stopped);
        }
        sleep(wait).await;
        Ok(())
    }

    fn tries_max(&self) -> u32 {
        let all = self.client.options().retry.attempts_max;
        if self.is_last { all } else { all.min(TRIES_BEFORE_NEXT) }
    }

    /// Gives the error back where the provider's own wait may be waited for with everything held
    /// ready.
    fn hold(&self, after: Duration, left: Duration, error: Error) -> Result<Error, Error> {
        let quota = self.client.options().quota;
        let next = if self.is_last { Duration::MAX } else { HOLD_BEFORE_NEXT };
        let hold_max = quota.hold_max.min(next);
        if after <= hold_max && after < left {
            return Ok(error);
        }
        let wait_s = after.as_secs();
        if after <= hold_max {
            let (left_s, source) = (left.as_secs(), Box::new(error));
            return Err(Error::QuotaTooFar { wait_s, left_s, source });
        }
        let why = match quota.then {
            OnQuota::Fail => "quota = \"fail\" of models.toml rules out".to_owned(),
            OnQuota::Wait if after > quota.wait_max => {
                format!("is longer than quota_wait_max ({} s)", quota.wait_max.as_secs())
            }
            OnQuota::Wait => return Err(self.used_up(after, &error)),
        };
        Err(Error::QuotaTooLong { wait_s, why, source: Box::new(error) })
    }

    fn used_up(&self, after: Duration, error: &Error) -> Error {
        Error::QuotaUsedUp {
            provider: self.client.config().provider.clone(),
            message: words(error),
            until: self.client.clock().now().plus_ms(after.as_millis() as u64),
        }
    }
}

/// What a request used that has no answer: what the provider told, else what can be guessed.
fn begun_usage(progress: &Progress, asking: &Asking) -> Usage {
    match progress.stage {
        Stage::NotSent | Stage::Refused => Usage::default(),
        Stage::Sent | Stage::Answering => {
            let told = progress.usage;
            let read = if told.input_tokens > 0 {
                told.input_tokens
            } else {
                asking.estimated_input_tokens
            };
            let written = estimate::tokens(progress.written_bytes);
            Usage { input_tokens: read, output_tokens: told.output_tokens.max(written), ..told }
        }
    }
}
