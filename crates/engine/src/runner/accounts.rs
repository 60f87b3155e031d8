//! The attempt's accounts with the model gateway: every request is in the store before it leaves,
//! under the runner's lease, and none leaves that a budget doesn't allow.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{AttemptId, Clock, Task};
use llm::{Asking, Ledger, Spent};
use store::Store;
use store::exchange::{self, Closing, Opening, Tokens};
use store::lease::Holder;

use super::Runner;
use crate::Engine;
use crate::budget::{Budget, Exhausted};

/// One attempt's; it goes with the gateway, and so has its own part of everything.
struct Accounts {
    store: Store,
    clock: Arc<dyn Clock>,
    budget: Budget,
    task: Task,
    attempt: AttemptId,
    /// None where the attempt has ended and the engine asks on its account.
    holder: Option<Holder>,
}

impl Runner<'_> {
    pub(super) fn accounts(&self) -> Arc<dyn Ledger> {
        ledger(self.engine, &self.task, &self.id, Some(self.holder.clone()))
    }
}

/// Requests on that attempt's account.
pub(crate) fn ledger(
    engine: &Engine,
    task: &Task,
    attempt: &AttemptId,
    holder: Option<Holder>,
) -> Arc<dyn Ledger> {
    Arc::new(Accounts {
        store: engine.store.clone(),
        clock: Arc::clone(&engine.clock),
        budget: engine.config.budget,
        task: task.clone(),
        attempt: attempt.clone(),
        holder,
    })
}

#[async_trait]
impl Ledger for Accounts {
    async fn open(&self, asking: &Asking) -> Result<u32, llm::Error> {
        let now = self.clock.now();
        let next = asking.estimated_micros;
        let exhausted =
            self.budget.exhausted(&self.store, &self.task, &self.attempt, next, now).await;
        if let Some(Exhausted { limit, reason }) = exhausted.map_err(unwritten)? {
            return Err(llm::Error::OutOfBudget { limit, reason });
        }
        let opening = Opening {
            model: asking.model.clone(),
            estimated_input_tokens: asking.estimated_input_tokens,
            estimated_micros: next,
        };
        let (task, attempt, holder) = (&self.task, &self.attempt, self.holder.as_ref());
        let opened = exchange::open(&self.store, task, attempt, &opening, now, holder).await;
        opened.map_err(unwritten)
    }

    async fn close(&self, number: u32, spent: &Spent) -> Result<(), llm::Error> {
        let usage = spent.usage;
        let closing = Closing {
            model: spent.model.clone(),
            answered: spent.answered,
            tokens: Tokens {
                input: usage.input_tokens,
                cached: usage.cached_tokens,
                written: usage.written_tokens,
                output: usage.output_tokens,
                reasoning: usage.reasoning_tokens,
            },
            micros: spent.cost_micros,
        };
        let holder = self.holder.as_ref();
        let closed = exchange::close(&self.store, &self.attempt, number, &closing, holder).await;
        closed.map_err(unwritten)
    }
}

fn unwritten(error: impl std::error::Error + Send + Sync + 'static) -> llm::Error {
    llm::Error::Ledger { source: Box::new(error) }
}
