//! Does what the machine says: asks the model, lets tools act in the computer, writes the log.
//! Nothing takes longer than the time that is left.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::time::Duration;

use async_trait::async_trait;
use computer::{Computer, Exec};
use domain::Fact;
use llm::{Action as Remedy, Model, Request, ToolSpec, Watch};
use tokio::time::{Instant, timeout_at};

use super::machine::{Effect, Event, Machine};
use super::tools;
use crate::{Error, Log, LogError, Report};

pub(super) struct Driver<'a> {
    pub model: &'a dyn Model,
    pub computer: &'a dyn Computer,
    pub log: &'a dyn Log,
    pub deadline: Instant,
    /// What [`state`] said before anything was done.
    pub initial: Vec<u8>,
    pub tools: Vec<ToolSpec>,
}

/// What an effect led to.
enum Outcome {
    Nothing,
    Happened(Event),
    Over(Report),
}

impl Driver<'_> {
    pub(super) async fn run(&self, mut machine: Machine) -> Result<Report, Error> {
        let mut effects = VecDeque::from(machine.handle(Event::Started));
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
            Effect::Record(fact) => {
                self.log.record(fact).await?;
                Ok(Outcome::Nothing)
            }
            Effect::Ask => self.ask(machine).await.map(Outcome::Happened),
            Effect::Act(action) => self.act(&action).await.map(Outcome::Happened),
            Effect::Look => self.look().await.map(Outcome::Happened),
            Effect::End(report) => Ok(Outcome::Over(report)),
        }
    }

    async fn ask(&self, machine: &Machine) -> Result<Event, Error> {
        let started = Instant::now();
        let mut watch = Logged { log: self.log, failed: None };
        let request = Request {
            messages: machine.conversation(),
            tools: &self.tools,
            deadline: self.deadline,
        };
        let result = self.model.reply(&request, &mut watch).await;
        if let Some(failed) = watch.failed {
            return Err(failed.into());
        }
        match result {
            Ok(reply) => Ok(Event::Replied { reply, took: started.elapsed(), left: self.left() }),
            Err(llm::Error::Deadline) => Ok(Event::TimeOver),
            Err(error) if error.action() == Remedy::Shorten => Ok(Event::TooLong),
            Err(error) => Err(Error::Model(llm::words(&error))),
        }
    }

    async fn act(&self, action: &tools::Action) -> Result<Event, Error> {
        let acting = tools::act(action, self.computer, self.left());
        match timeout_at(self.deadline, acting).await {
            Ok(answer) => Ok(Event::Acted(answer?)),
            Err(_elapsed) => Ok(Event::TimeOver),
        }
    }

    async fn look(&self) -> Result<Event, Error> {
        match timeout_at(self.deadline, state(self.computer)).await {
            Ok(now) => Ok(Event::Looked { changed: now? != self.initial }),
            Err(_elapsed) => Ok(Event::TimeOver),
        }
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

/// What of the repository changes when something was done in it: its commit and its work tree.
const STATE_COMMAND: &str = "git rev-parse HEAD; git status --porcelain --untracked-files=all";
const STATE_TIMEOUT: Duration = Duration::from_secs(60);

pub(super) async fn state(computer: &dyn Computer) -> Result<Vec<u8>, computer::Error> {
    let told = computer.run(Exec::shell(STATE_COMMAND).timeout(STATE_TIMEOUT)).await?;
    Ok(told.stdout.bytes)
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
