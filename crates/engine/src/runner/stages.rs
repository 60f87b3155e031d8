//! The four stages. Each starts from what the store and the attempt's folder hold, so that any
//! runner can go on where another one died.

use std::time::Duration;

use agent::{Agent, Brief, Ending, Report};
use computer::{Backend, Chosen, Computer, Snapshot, Spec, egress};
use domain::attempt::{Outcome, Stage, State};
use domain::network::Policy;
use domain::task::AgentName;
use domain::{Change, Evidence, Fact};
use environment::Environment;
use forge::Mirror;

use super::{Failure, Runner, network};
use crate::prepare::{self, Prepared, Progress, Wish};
use crate::{Error, change, explain, home, spec};

/// What the agents' own limits may overrun before the engine ends the work.
const GRACE: Duration = Duration::from_secs(20);

/// Of an agent's title and of its other words.
const TITLE_CHARS_MAX: usize = 200;
const SUMMARY_BYTES_MAX: usize = 64 * 1024;

impl Runner<'_> {
    pub(super) async fn stages(&self) -> Result<Outcome, Failure> {
        let state = self.attempt().await.map_err(Failure::at(Stage::Prepare))?.state;
        let ground = self.ground().await.map_err(Failure::at(Stage::Prepare))?;
        if state != State::Proving
            && let Some(outcome) = self.work_and_harvest(state, &ground).await?
        {
            return Ok(outcome);
        }
        self.prove(&ground).await.map_err(Failure::at(Stage::Prove))?;
        Ok(Outcome::Changed)
    }

    /// Returns an outcome where there is nothing to prove.
    async fn work_and_harvest(
        &self,
        state: State,
        ground: &Ground,
    ) -> Result<Option<Outcome>, Failure> {
        let at = Failure::at::<Error>;
        self.move_to(&state, state.clone().prepare().map_err(Failure::at(Stage::Prepare))?)
            .await
            .map_err(at(Stage::Prepare))?;
        let prepared = self.snapshot(ground).await.map_err(at(Stage::Prepare))?;
        let spec = self.spec(&ground.environment).map_err(at(Stage::Prepare))?;
        let record = Some(self.engine.home.executions(&self.id));
        let (sink, events) = egress::events(network::QUEUE_MAX);
        let spec = spec::told(Spec { record, ..spec }, sink);
        let work = async move {
            let computer = ground.backend.fork(&prepared.snapshot, &spec).await;
            drop(spec);
            let computer = computer.map_err(Failure::at(Stage::Prepare))?;
            let ended = self.on_computer(&*computer, ground).await;
            computer.destroy().await.map_err(Failure::at(Stage::Harvest))?;
            ended
        };
        self.told(work, events).await.map_err(at(Stage::Work))?
    }

    async fn on_computer(
        &self,
        computer: &dyn Computer,
        ground: &Ground,
    ) -> Result<Option<Outcome>, Failure> {
        let at = Failure::at::<Error>;
        self.move_to(&State::Preparing, State::Working).await.map_err(at(Stage::Work))?;
        let report = self.work(computer, ground).await.map_err(at(Stage::Work))?;
        if let Some(outcome) = ended_early(&report) {
            return Ok(Some(outcome));
        }
        let change = self.harvest(computer, ground, &report).await.map_err(at(Stage::Harvest))?;
        if change.is_none() {
            let reason = "the agent finished without changing anything".into();
            return Ok(Some(Outcome::NoChange { reason }));
        }
        self.move_to(&State::Working, State::Proving).await.map_err(at(Stage::Harvest))?;
        Ok(None)
    }

    /// What every stage needs and no stage changes.
    async fn ground(&self) -> Result<Ground, Error> {
        let backend = self.engine.backend().await?;
        self.isolate(&backend).await?;
        let mirror = Mirror::open(self.engine.home.path(), &self.project).await?;
        let environment = explain::at(&mirror, &self.task.base.commit).await?;
        Ok(Ground { backend, mirror, environment })
    }

    /// Found or built; each step of it is in the log.
    async fn snapshot(&self, ground: &Ground) -> Result<Prepared, Error> {
        let settings = &self.task.settings;
        let wish = Wish {
            project: &self.project,
            mirror: &ground.mirror,
            commit: &self.task.base.commit,
            environment: &ground.environment,
            limits: settings.limits,
            without_setup: settings.without_setup,
            renew: false,
            until: prepare::Name::Commit,
        };
        if settings.without_setup {
            let text = "the environment's setup is left out, as asked (--without-setup)".into();
            self.record(Fact::Warned { text }).await?;
        }
        let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let preparing = async move {
            let mut tell = |progress| {
                // A log that nobody writes any more ends with the attempt.
                words(progress).map(|text| told.send(text));
            };
            prepare::prepare(self.engine, &ground.backend, &wish, &mut tell).await
        };
        let writing = async {
            while let Some(text) = heard.recv().await {
                self.record(Fact::Progress { text }).await?;
            }
            Ok::<(), Error>(())
        };
        let (prepared, written) = tokio::join!(preparing, writing);
        written?;
        prepared
    }

    async fn work(&self, computer: &dyn Computer, ground: &Ground) -> Result<Report, Error> {
        let agent = self.agent()?;
        let time = Duration::from_millis(self.task.settings.limits.wall_ms);
        let brief = Brief {
            attempt: self.id.clone(),
            text: self.task.text.clone(),
            environment: ground.environment.clone(),
            seed: self.seed(),
            time,
        };
        match tokio::time::timeout(time + GRACE, agent.work(&brief, computer, self)).await {
            Ok(report) => {
                let report = cut(report?);
                self.record(reported(&report)).await?;
                Ok(report)
            }
            Err(_elapsed) => Ok(out_of_time()),
        }
    }

    fn agent(&self) -> Result<Box<dyn Agent>, Error> {
        match self.task.settings.agent {
            AgentName::Mechanic => Ok(Box::new(agent::mechanic::Mechanic)),
            AgentName::Native => {
                let model = self.task.settings.model.as_deref();
                Ok(Box::new(self.engine.config.native(model, self.seed())?))
            }
        }
    }

    /// The change leaves the computer as data: a bundle, checked before git reads it.
    async fn harvest(
        &self,
        computer: &dyn Computer,
        ground: &Ground,
        report: &Report,
    ) -> Result<Option<Change>, Error> {
        let base = &self.task.base.commit;
        let Some(bundle) = change::bundle(computer, base, report).await? else {
            return Ok(None);
        };
        let path = self.engine.home.bundle(&self.id);
        home::private_folder(&self.engine.home.attempt(&self.id))?;
        home::write_file(&path, &bundle)?;
        let change = ground.mirror.import(&self.id, base, &path).await?;
        let holder = Some(&self.holder);
        store::change::put(self.store(), &self.id, &change, holder).await?;
        let report =
            store::report::Report { title: report.title.clone(), summary: report.summary.clone() };
        store::report::put(self.store(), &self.id, &report, holder).await?;
        self.record(Fact::Harvested { change: change.clone() }).await?;
        Ok(Some(change))
    }

    async fn prove(&self, ground: &Ground) -> Result<(), Error> {
        let prepared = self.snapshot(ground).await?;
        let change = store::change::get(self.store(), &self.id).await?;
        let missing = || Error::Missing { attempt: self.id.clone(), what: "change" };
        let change = change.ok_or_else(missing)?;
        let bundle = self.engine.home.bundle(&self.id);
        let job = proof::Job {
            base: change.base.clone(),
            head: change.head.clone(),
            change: &change,
            bundle: &bundle,
            checks: &ground.environment.checks,
            time: Duration::from_millis(self.task.settings.limits.wall_ms),
        };
        let (mut evidence, logs) = self.proved(ground, &prepared.snapshot, &job).await?;
        evidence.notes.extend(network_note(&ground.environment.agent.network));
        for log in logs {
            home::write_file(&self.engine.home.attempt(&self.id).join(&log.name), &log.bytes)?;
        }
        store::evidence::put(self.store(), &self.id, &evidence, Some(&self.holder)).await?;
        Ok(())
    }

    /// Proves, and logs each check as it ends. What is told goes through a channel, because a
    /// proof tells without waiting and a log is written with it.
    async fn proved(
        &self,
        ground: &Ground,
        snapshot: &Snapshot,
        job: &proof::Job<'_>,
    ) -> Result<(Evidence, Vec<proof::Log>), Error> {
        let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let (sink, events) = egress::events(network::QUEUE_MAX);
        let spec = spec::told(self.spec(&ground.environment)?, sink);
        let proving = async move {
            // A log that nobody writes any more ends with the attempt; the proof needn't know.
            let mut tell = |progress| drop(told.send(progress));
            proof::prove(&ground.backend, snapshot, &spec, job, &mut tell).await
        };
        let writing = async {
            while let Some(progress) = heard.recv().await {
                self.record(fact(progress)).await?;
            }
            Ok::<(), Error>(())
        };
        let (proved, written) = tokio::join!(self.told(proving, events), writing);
        written?;
        Ok(proved??)
    }
}

/// What of a preparation belongs into a log; what its scripts print has a file of its own.
fn words(progress: Progress) -> Option<String> {
    match progress {
        Progress::Waiting { step } => Some(format!("{step}: somebody else makes it; waiting")),
        Progress::Started { step, why } => Some(format!("{step}: miss, {why}")),
        Progress::Part { .. } | Progress::Output { .. } => None,
        Progress::Ended(step) => {
            let (name, outcome) = (step.name, &step.outcome);
            let seconds = step.duration_ms as f64 / 1_000.0;
            Some(match outcome {
                prepare::Outcome::Hit { why } => format!("{name}: hit, {why}"),
                prepare::Outcome::Skipped { why } => format!("{name}: nothing to do, {why}"),
                prepare::Outcome::Built { .. } => format!("{name}: built in {seconds:.1} s"),
            })
        }
    }
}

/// Checks that could reach something may pass today and fail tomorrow; who reads the evidence
/// should know.
fn network_note(policy: &Policy) -> Option<String> {
    (*policy != Policy::None).then(|| format!("the checks could reach a network: {policy}"))
}

fn fact(progress: proof::Progress) -> Fact {
    match progress {
        proof::Progress::Started { check, place } => {
            Fact::Progress { text: format!("check {check} at {}", place.name()) }
        }
        proof::Progress::Ended { check, place, exit, duration_ms } => {
            let at = place.name().to_owned();
            Fact::Checked { check, at, exit: exit.words(), duration_ms }
        }
    }
}

/// What an attempt stands on.
pub(super) struct Ground {
    backend: Chosen,
    mirror: Mirror,
    environment: Environment,
}

fn ended_early(report: &Report) -> Option<Outcome> {
    match &report.ending {
        Ending::Finished => None,
        Ending::GaveUp { reason } => {
            let reason = stdx::cut::middle(reason, SUMMARY_BYTES_MAX);
            Some(Outcome::NoChange { reason })
        }
        Ending::OutOfTime => Some(Outcome::OutOfTime),
        Ending::OutOfBudget => Some(Outcome::OutOfBudget),
    }
}

/// An agent's words, as long as they are kept.
fn cut(report: Report) -> Report {
    let Report { ending, title, summary } = report;
    let title = stdx::cut::line(&title, TITLE_CHARS_MAX);
    Report { ending, title, summary: stdx::cut::middle(&summary, SUMMARY_BYTES_MAX) }
}

fn out_of_time() -> Report {
    Report { ending: Ending::OutOfTime, title: String::new(), summary: String::new() }
}

fn reported(report: &Report) -> Fact {
    Fact::Reported { title: report.title.clone(), summary: report.summary.clone() }
}
