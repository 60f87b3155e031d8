//! Does what the machine says: asks the model, lets tools act in the computer, writes the log.
//! Nothing takes longer than the time that is left.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::time::Duration;

use async_trait::async_trait;
use computer::Computer;
use domain::Fact;
use futures::future::join_all;
use llm::{Action as Remedy, Message, Model, Reply, Request, ToolSpec, Watch};
use tokio::time::{Instant, timeout_at};

use super::machine::{Deed, Effect, Event, Machine};
use super::tools::Workbench;
use super::view;
use crate::{Error, Log, LogError, Report};

pub(super) struct Driver<'a> {
    pub model: &'a dyn Model,
    pub computer: &'a dyn Computer,
    pub log: &'a dyn Log,
    pub deadline: Instant,
    pub tools: Vec<ToolSpec>,
    pub workbench: Workbench<'a>,
}

/// What an effect led to.
enum Outcome {
    Nothing,
    Happened(Event),
    Over(Report),
}

impl Driver<'_> {
    /// However it ends, no shell outlives it.
    pub(super) async fn run(
        self,
        machine: Machine,
        opening: Option<Fact>,
    ) -> Result<Report, Error> {
        let report = self.drive(machine, opening).await;
        self.workbench.close().await;
        report
    }

    async fn drive(&self, mut machine: Machine, opening: Option<Fact>) -> Result<Report, Error> {
        let mut effects = VecDeque::from(machine.handle(Event::Started { opening }));
        while let Some(effect) = effects.pop_front() {
            match self.perform(effect, &machine).await? {
                Outcome::Nothing => {}
                Outcome::Happened(event) => effects.extend(machine.handle(event)),
                Outcome::Over(report) => return Ok(report),
            }
        }
        Err(Error::Model("the agent's machine stopped without a report, which is a bug".into()))
    }

    async fn perform(&self, effect: Effect, machine: &Machine) -> Result<Outcome, Error> {
        match effect {
            Effect::Record(facts) => {
                self.log.record_all(facts).await?;
                Ok(Outcome::Nothing)
            }
            Effect::Listen { since } => {
                Ok(Outcome::Happened(Event::Heard(self.log.steered_since(since).await?)))
            }
            Effect::Ask => self.ask(machine).await.map(Outcome::Happened),
            Effect::Act(deeds) => self.act(&deeds).await.map(Outcome::Happened),
            Effect::Look => self.look().await.map(Outcome::Happened),
            Effect::Summarize(messages) => self.summarize(&messages).await.map(Outcome::Happened),
            Effect::End(report) => Ok(Outcome::Over(report)),
        }
    }

    async fn ask(&self, machine: &Machine) -> Result<Event, Error> {
        let (result, took) = self.reply(machine.conversation()).await?;
        match result {
            Ok(reply) => Ok(Event::Replied { reply, took, left: self.left() }),
            Err(error) => refused(error),
        }
    }

    /// A model that makes no summary stops nothing, unless there is no model any more.
    async fn summarize(&self, messages: &[Message]) -> Result<Event, Error> {
        let (result, took) = self.reply(messages).await?;
        match result {
            Ok(reply) => Ok(Event::Summarized { reply: Some(reply), took }),
            Err(error) => match refused(error) {
                Ok(Event::TooLong) | Err(_) => Ok(Event::Summarized { reply: None, took }),
                Ok(event) => Ok(event),
            },
        }
    }

    async fn reply(
        &self,
        messages: &[Message],
    ) -> Result<(Result<Reply, llm::Error>, Duration), Error> {
        let started = Instant::now();
        let mut watch = Logged { log: self.log, failed: None };
        let request = Request { messages, tools: &self.tools, deadline: self.deadline };
        let result = self.model.reply(&request, &mut watch).await;
        match watch.failed {
            Some(failed) => Err(failed.into()),
            None => Ok((result, started.elapsed())),
        }
    }

    async fn act(&self, deeds: &[Deed]) -> Result<Event, Error> {
        let left = self.left();
        let acting = deeds.iter().map(|deed| self.workbench.act(&deed.action, &deed.file, left));
        let Ok(answers) = timeout_at(self.deadline, join_all(acting)).await else {
            return Ok(Event::TimeOver);
        };
        Ok(Event::Acted(answers.into_iter().collect::<Result<_, _>>()?))
    }

    async fn look(&self) -> Result<Event, Error> {
        match timeout_at(self.deadline, view::look(self.computer)).await {
            Ok(view) => Ok(Event::Looked(view?)),
            Err(_elapsed) => Ok(Event::TimeOver),
        }
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

/// What a model's error means for the work.
fn refused(error: llm::Error) -> Result<Event, Error> {
    match error {
        llm::Error::Deadline => Ok(Event::TimeOver),
        llm::Error::QuotaUsedUp { provider, message, until } => {
            Ok(Event::QuotaUsedUp { provider, message, until })
        }
        llm::Error::OutOfBudget { limit, reason } => Ok(Event::OutOfBudget { limit, reason }),
        error if error.action() == Remedy::Shorten => Ok(Event::TooLong),
        source @ llm::Error::Ledger { .. } => Err(Error::Ledger { source }),
        error => Err(Error::Model(llm::words(&error))),
    }
}

/// Puts each retry into the log before its wait, and ends the turn when the log can't be written.
struct Logged<'a> {
    log: &'a dyn Log,
    failed: Option<LogError>,
}

#[async_trait]
impl Watch for Logged<'_> {
    /// The whole text is logged when the turn is complete.
    async fn text(&mut self, _piece: &str) {}

    async fn retried(&mut self, reason: &str, wait: Duration) -> ControlFlow<()> {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        match self.log.record(Fact::Retried { reason: reason.to_owned(), wait_ms }).await {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.failed = Some(error);
                ControlFlow::Break(())
            }
        }
    }
}
