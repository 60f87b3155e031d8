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
use crate::budget::{Budget, Exhausted};

/// One attempt's; it goes with the gateway, and so has its own part of everything.
struct Accounts {
    store: Store,
    clock: Arc<dyn Clock>,
    budget: Budget,
    task: Task,
    attempt: AttemptId,
    holder: Holder,
}

impl Runner<'_> {
    pub(super) fn accounts(&self) -> Arc<dyn Ledger> {
        Arc::new(Accounts {
            store: self.engine.store.clone(),
            clock: Arc::clone(&self.engine.clock),
            budget: self.engine.config.budget,
            task: self.task.clone(),
            attempt: self.id.clone(),
            holder: self.holder.clone(),
        })
    }
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
        let (task, attempt, holder) = (&self.task, &self.attempt, Some(&self.holder));
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
        let holder = Some(&self.holder);
        let closed = exchange::close(&self.store, &self.attempt, number, &closing, holder).await;
        closed.map_err(unwritten)
    }
}

fn unwritten(error: impl std::error::Error + Send + Sync + 'static) -> llm::Error {
    llm::Error::Ledger { source: Box::new(error) }
}
