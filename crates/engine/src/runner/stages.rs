//! The four stages. Each starts from what the store and the attempt's folder hold, so that any
//! runner can go on where another one died.

use std::time::Duration;

use agent::{Agent, Brief, Ending, Report};
use computer::{Backend, Chosen, Computer, Snapshot, Spec, egress};
use domain::attempt::{Outcome, Pause, Stage, State};
use domain::network::Policy;
use domain::task::{AgentName, Mode};
use domain::{Change, Evidence, Fact, Timestamp};
use environment::Environment;
use forge::Mirror;

use super::past::Past;
use super::{Failure, Lived, Runner, network};
use crate::admit::{self, Demand};
use crate::config::Asks;
use crate::kept::AtBase;
use crate::other::Other;
use crate::prepare::{self, Prepared, Progress, Wish};
use crate::{Error, change, evidence, explain, home, place, spec};

/// What the agents' own limits may overrun before the engine ends the work.
const GRACE: Duration = Duration::from_secs(20);

/// Of an agent's title and of its other words.
const TITLE_CHARS_MAX: usize = 200;
const SUMMARY_BYTES_MAX: usize = 64 * 1024;

impl Runner<'_> {
    pub(super) async fn stages(&self) -> Result<Lived, Failure> {
        let at = Failure::at::<Error>;
        let state = self.attempt().await.map_err(at(Stage::Prepare))?.state;
        let ground = self.ground().await.map_err(at(Stage::Prepare))?;
        if state != State::Proving
            && let Some(lived) = self.work_and_harvest(state, &ground).await?
        {
            return Ok(lived);
        }
        self.prove(&ground).await.map_err(at(Stage::Prove))?;
        Ok(Lived::Ended(Outcome::Changed))
    }

    /// Returns where it has come to if there is nothing to prove.
    async fn work_and_harvest(
        &self,
        state: State,
        ground: &Ground,
    ) -> Result<Option<Lived>, Failure> {
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
            let entered = self.enter(ground, &prepared.snapshot, &spec).await;
            drop(spec);
            let computer = entered.map_err(at(Stage::Prepare))?;
            let past = self.past().await.map_err(at(Stage::Prepare))?;
            let came_to = self.on_computer(&*computer, ground, past).await;
            self.leave(computer).await.map_err(at(Stage::Harvest))?;
            self.come_to(came_to?).await.map_err(at(Stage::Harvest))
        };
        self.told(work, events).await.map_err(at(Stage::Work))?
    }

    /// The line's computer as it was left, or a new one. The mechanic begins anew each time.
    async fn enter(
        &self,
        ground: &Ground,
        snapshot: &Snapshot,
        spec: &Spec,
    ) -> Result<Box<dyn Computer>, Error> {
        if !self.is_kept() {
            return Ok(ground.backend.fork(snapshot, spec).await?);
        }
        let name = place::name(&self.line[0]);
        if self.was_cut_short().await? {
            ground.backend.discard(&name).await?;
        }
        if !ground.backend.exists(&name).await {
            self.begin_anew().await?;
        }
        let place = place::enter(&ground.backend, name.clone(), snapshot, spec).await?;
        if !place.resumed {
            self.restore(&*place.computer).await?;
        }
        let fact = match place.resumed {
            true => Fact::Resumed { computer: name },
            false => Fact::Forked { computer: name },
        };
        self.record(fact).await?;
        Ok(place.computer)
    }

    async fn leave(&self, computer: Box<dyn Computer>) -> Result<(), Error> {
        if self.is_kept() {
            computer.suspend().await?;
        } else {
            computer.destroy().await?;
        }
        Ok(())
    }

    /// Whether somebody could go on with the agent's computer.
    fn is_kept(&self) -> bool {
        self.task.settings.agent.has_model()
    }

    async fn on_computer(
        &self,
        computer: &dyn Computer,
        ground: &Ground,
        mut past: Past,
    ) -> Result<CameTo, Failure> {
        let at = Failure::at::<Error>;
        let harvested = past.harvested.take();
        self.move_to(&State::Preparing, State::Working).await.map_err(at(Stage::Work))?;
        let report = match past.reported {
            Some(report) => report,
            None => self.work(computer, ground, past).await.map_err(at(Stage::Work))?,
        };
        let ended = match report.ending.clone() {
            Ending::Finished => None,
            Ending::GaveUp { reason } => {
                let reason = stdx::cut::middle(&reason, SUMMARY_BYTES_MAX);
                return Ok(CameTo::Ended(Outcome::NoChange { reason }));
            }
            Ending::Answered { answer, sources } => {
                let answered = self.answered(&ground.mirror, answer, sources).await;
                return Ok(CameTo::Ended(answered.map_err(at(Stage::Work))?));
            }
            Ending::Paused { until, why } => return Ok(CameTo::Paused { until, why }),
            // What is there is kept, and is no change that could be offered.
            Ending::OutOfTime => Some(Outcome::OutOfTime),
            Ending::OutOfBudget { limit, reason } => Some(Outcome::OutOfBudget { limit, reason }),
        };
        if self.task.mode == Mode::Ask {
            let reason = "the agent ended without an answer".to_owned();
            return Ok(CameTo::Ended(ended.unwrap_or(Outcome::NoChange { reason })));
        }
        let change = self.harvest(computer, ground, &report, harvested).await;
        let change = change.map_err(at(Stage::Harvest))?;
        Ok(match (ended, change) {
            (Some(outcome), _) => CameTo::Ended(outcome),
            (None, Some(_)) => CameTo::Changed,
            (None, None) => {
                let reason = "the agent finished without changing anything".into();
                CameTo::Ended(Outcome::NoChange { reason })
            }
        })
    }

    async fn come_to(&self, came_to: CameTo) -> Result<Option<Lived>, Error> {
        match came_to {
            CameTo::Changed => {
                self.move_to(&State::Working, State::Proving).await?;
                Ok(None)
            }
            CameTo::Ended(outcome) => Ok(Some(Lived::Ended(outcome))),
            CameTo::Paused { until, why } => {
                self.move_to(&State::Working, State::Working.pause(until, why)?).await?;
                Ok(Some(Lived::Rests))
            }
        }
    }

    /// What every stage needs and no stage changes.
    async fn ground(&self) -> Result<Ground, Error> {
        let backend = self.engine.backend().await?;
        self.isolate(&backend).await?;
        let mirror = Mirror::open(self.engine.home.path(), &self.project).await?;
        let environment = explain::at(&mirror, &self.task.base.commit).await?;
        self.hidden
            .get_or_init(|| Self::hidden_texts(self.engine, &self.task, &environment.secrets));
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

    async fn work(
        &self,
        computer: &dyn Computer,
        ground: &Ground,
        past: Past,
    ) -> Result<Report, Error> {
        let agent = self.agent()?;
        let lost = store::exchange::lose(self.store(), &self.id, Some(&self.holder)).await?;
        if lost > 0 {
            let text =
                format!("{lost} requests were lost with their runner; they count by estimate");
            self.record(Fact::Warned { text }).await?;
        }
        let settings = &self.task.settings;
        let other = self.other(computer, ground).await?;
        let time = Duration::from_millis(settings.limits.wall_ms.saturating_sub(past.worked_ms));
        let brief = Brief {
            attempt: self.id.clone(),
            text: self.task.text.clone(),
            environment: ground.environment.clone(),
            seed: self.seed(),
            time,
            mode: self.task.mode,
            limits: settings.limits,
            plan_first: settings.plan_first,
            past: past.events,
            other,
        };
        match tokio::time::timeout(time + GRACE, agent.work(&brief, computer, self)).await {
            Ok(report) => {
                let report = cut(report?);
                if report.ending == Ending::Finished {
                    self.record(reported(&report)).await?;
                }
                Ok(report)
            }
            Err(_elapsed) => Ok(out_of_time()),
        }
    }

    /// The change of another attempt that the task is about, brought in as data.
    async fn other(
        &self,
        computer: &dyn Computer,
        ground: &Ground,
    ) -> Result<Option<agent::Other>, Error> {
        let Some(other) = Other::named(self.engine, &self.task).await? else { return Ok(None) };
        let change = &other.change;
        prepare::add(computer, &ground.mirror, &change.base, &change.head).await?;
        let (attempt, head) = (other.attempt, change.head.clone());
        Ok(Some(agent::Other { attempt, title: other.title, head }))
    }

    fn agent(&self) -> Result<Box<dyn Agent>, Error> {
        match self.task.settings.agent {
            AgentName::Mechanic
            | AgentName::MechanicLint
            | AgentName::MechanicBisect
            | AgentName::MechanicMinimise => {
                Ok(Box::new(agent::mechanic::Mechanic::named(self.task.settings.agent)))
            }
            AgentName::Native => {
                let model = self.task.settings.model.as_deref();
                let asks = Asks {
                    seed: self.seed(),
                    accounts: self.accounts(),
                    record: self.engine.home.exchanges(&self.id),
                    secrets: self.hidden.get().map_or_else(Vec::new, |h| h.texts().to_vec()),
                };
                Ok(Box::new(self.engine.config.native(model, asks)?))
            }
        }
    }

    /// The change leaves the computer as data: a bundle, checked before git reads it. What was
    /// `harvested` before is in the log already.
    async fn harvest(
        &self,
        computer: &dyn Computer,
        ground: &Ground,
        report: &Report,
        harvested: Option<Change>,
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
        if harvested.as_ref() != Some(&change) {
            self.record(Fact::Harvested { change: change.clone() }).await?;
        }
        Ok(Some(change))
    }

    /// Evidence that a runner before this one stored stays, since its logs lie there with it.
    async fn prove(&self, ground: &Ground) -> Result<(), Error> {
        if store::evidence::get(self.store(), &self.id).await?.is_none() {
            self.make_evidence(ground).await?;
        }
        evidence::envelope(self.engine, &self.id).await?;
        Ok(())
    }

    async fn make_evidence(&self, ground: &Ground) -> Result<(), Error> {
        let prepared = self.snapshot(ground).await?;
        let change = store::change::get(self.store(), &self.id).await?;
        let missing = || Error::Missing { attempt: self.id.clone(), what: "change" };
        let change = change.ok_or_else(missing)?;
        let bundle = self.engine.home.bundle(&self.id);
        let report = store::report::get(self.store(), &self.id).await?;
        let summary = report.map_or_else(String::new, |report| report.summary);
        let job = proof::Job {
            base: change.base.clone(),
            head: change.head.clone(),
            change: &change,
            bundle: &bundle,
            checks: &ground.environment.checks,
            time: Duration::from_millis(self.task.settings.limits.wall_ms),
            proving: ground.environment.proving,
            summary: &summary,
            width: self.proof_width().await?,
            kept: Some(&AtBase::of(&self.engine.home)),
        };
        let (mut evidence, logs) = self.proved(ground, &prepared.snapshot, &job).await?;
        evidence.notes.extend(network_note(&ground.environment.agent.network));
        for log in logs {
            home::write_file(&self.engine.home.attempt(&self.id).join(&log.name), &log.bytes)?;
        }
        store::evidence::put(self.store(), &self.id, &evidence, Some(&self.holder)).await?;
        Ok(())
    }

    async fn proof_width(&self) -> Result<usize, Error> {
        let held = store::attempt::held(self.store()).await?;
        let demand = |memory_bytes| Demand { person: "", memory_bytes, served: None };
        let others = held.iter().filter(|candidate| candidate.attempt.id != self.id);
        let others: Vec<Demand<'_>> =
            others.map(|one| demand(one.settings.limits.memory_bytes)).collect();
        let room = stdx::machine::room(self.engine.home.path());
        let own = demand(self.task.settings.limits.memory_bytes);
        Ok(admit::proof_width(&own, &others, &room))
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
        proof::Progress::Noted { text } => Fact::Progress { text },
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

/// What the work on a computer came to.
enum CameTo {
    /// There is something to prove.
    Changed,
    Ended(Outcome),
    Paused {
        until: Option<Timestamp>,
        why: Pause,
    },
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
