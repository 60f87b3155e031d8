//! An attempt again from its record: the recorded answers to the same agent, on a new computer made
//! from the same snapshot. No model is asked, nothing is stored, nothing offered. Where the agent
//! asks something else than back then, it departs: a tool gave another result, or the agent is
//! another version.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agent::native::{Native, Options};
use agent::{Agent, Brief, Ending, Log, LogError, Report};
use async_trait::async_trait;
use computer::Computer;
use domain::attempt::Pause;
use domain::{AttemptId, Event, Fact, Task, Timestamp};
use forge::Mirror;
use llm::{Departure, OnDeparture, Record};

use crate::prepare::{self, Wish};
use crate::{Engine, Error, explain, place, spec};

/// Pauses that one replay goes on after; an attempt has fewer.
const PAUSES_MAX: u32 = 64;

/// How a replay went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// Turns that were answered from the record.
    pub turns: usize,
    /// Recorded turns that the agent didn't ask for.
    pub turns_left: usize,
    pub departures: Vec<Departure>,
    /// How the agent ended now, and why if it didn't by itself.
    pub ending: String,
}

impl Replayed {
    pub fn is_the_same(&self) -> bool {
        self.departures.is_empty() && self.turns_left == 0
    }
}

/// Runs `id` again.
pub async fn replay(engine: &Engine, id: &AttemptId, then: OnDeparture) -> Result<Replayed, Error> {
    let attempt = store::attempt::get(&engine.store, id).await?;
    if let Some(followed) = &attempt.follows {
        let reason = format!(
            "attempt {id} began on the computer that {followed} left, which isn't there as it was; \
             only attempts that began anew can be run again"
        );
        return Err(Error::Unusable(reason));
    }
    let record = engine.home.exchanges(id);
    let record = if record.exists() { Some(Record::open(&record)?) } else { None };
    let record = record.filter(|record| !record.exchanges.is_empty()).ok_or_else(|| {
        Error::Unusable(format!("attempt {id} has asked no model, or its record is gone"))
    })?;
    let task = store::task::get(&engine.store, &id.task()).await?;
    let model = Arc::new(llm::Replay::new(record, then));
    let turns = model.turns_left();
    let ending = work(engine, &task, id, Arc::clone(&model)).await?;
    let turns_left = model.turns_left();
    Ok(Replayed { turns: turns - turns_left, turns_left, departures: model.departures(), ending })
}

async fn work(
    engine: &Engine,
    task: &Task,
    id: &AttemptId,
    model: Arc<llm::Replay>,
) -> Result<String, Error> {
    let project = store::project::get(&engine.store, &task.project).await?;
    let mirror = Mirror::open(engine.home.path(), &project).await?;
    let environment = explain::at(&mirror, &task.base.commit).await?;
    let backend = engine.backend().await?;
    let wish = Wish {
        project: &project,
        mirror: &mirror,
        commit: &task.base.commit,
        environment: &environment,
        limits: task.settings.limits,
        without_setup: task.settings.without_setup,
        renew: false,
        until: prepare::Name::Commit,
    };
    let prepared = prepare::prepare(engine, &backend, &wish, &mut |_progress| {}).await?;
    let spec = spec::of_work(engine, &environment, task.settings.limits)?;
    // Its files lie where an attempt's do, which programs can see.
    let name = format!("{id}-replay-{}", std::process::id());
    let computer = place::enter(&backend, name, &prepared.snapshot, &spec).await?.computer;
    let heard = Heard::of(store::event::all(&engine.store, id).await?);
    let window_tokens = task.settings.model.as_deref().and_then(|name| engine.config.window(name));
    let options =
        window_tokens.map_or_else(Options::default, |window_tokens| Options { window_tokens });
    let agent = Native::new(model, options);
    let brief = Brief {
        attempt: id.clone(),
        text: task.text.clone(),
        environment: environment.clone(),
        seed: task.settings.seed,
        time: Duration::from_millis(task.settings.limits.wall_ms),
        mode: task.mode,
        limits: task.settings.limits,
        plan_first: task.settings.plan_first,
        past: Vec::new(),
        other: None,
    };
    let ended = until_the_end(&agent, brief, &*computer, &heard).await;
    computer.destroy().await?;
    Ok(match ended {
        Ok(report) => words(&report),
        Err(error) => llm::words(&error),
    })
}

/// Goes on after each pause, with what persons decided then.
async fn until_the_end(
    agent: &Native,
    mut brief: Brief,
    computer: &dyn Computer,
    heard: &Heard,
) -> Result<Report, agent::Error> {
    for _ in 0..PAUSES_MAX {
        let report = agent.work(&brief, computer, heard).await?;
        match &report.ending {
            Ending::Paused { until: _, why } => {
                if let Pause::Plan = why
                    && !heard.decide()
                {
                    return Ok(report);
                }
                brief.past = heard.log();
            }
            Ending::Finished
            | Ending::GaveUp { .. }
            | Ending::Answered { .. }
            | Ending::OutOfTime
            | Ending::OutOfBudget { .. } => return Ok(report),
        }
    }
    Err(agent::Error::Model(format!("it paused more than {PAUSES_MAX} times")))
}

fn words(report: &Report) -> String {
    match &report.ending {
        Ending::Finished => format!("finished: {}", report.title),
        Ending::GaveUp { reason } => format!("gave up: {reason}"),
        Ending::Answered { .. } => "answered".into(),
        Ending::Paused { until: _, why } => format!("paused: {}", why.words()),
        Ending::OutOfTime => "out of time".into(),
        Ending::OutOfBudget { limit: _, reason } => format!("out of budget: {reason}"),
    }
}

/// The log of a replay, in memory, and what persons said back then.
struct Heard {
    id: AttemptId,
    /// Of the recorded attempt: what was said, after how many turns it was heard.
    said: Vec<(usize, String)>,
    /// Approvals, in their order.
    approved: Mutex<Vec<Fact>>,
    log: Mutex<Vec<Event>>,
}

impl Heard {
    fn of(events: Vec<Event>) -> Self {
        let id = events.first().map_or_else(
            || AttemptId::new(&domain::TaskId::from_random(0), 1),
            |event| event.attempt.clone(),
        );
        let (mut turns, mut waiting, mut said) = (0, Vec::new(), Vec::new());
        let mut approved = Vec::new();
        for event in events {
            match event.fact {
                Fact::Turn { .. } => turns += 1,
                Fact::Steered { by: _, text } => waiting.push((event.seq, text)),
                Fact::Heard { upto } => {
                    let heard = waiting.extract_if(.., |(seq, _)| *seq <= upto);
                    said.extend(heard.map(|(_, text)| (turns, text)));
                }
                fact @ Fact::PlanApproved { .. } => approved.push(fact),
                _other_facts_are_made_again => {}
            }
        }
        approved.reverse();
        Self { id, said, approved: Mutex::new(approved), log: Mutex::default() }
    }

    fn log(&self) -> Vec<Event> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a person decided of the plan back then; false where nobody did.
    fn decide(&self) -> bool {
        let approved = self.approved.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(fact) = approved {
            self.push(fact);
            return true;
        }
        self.turns() < self.said.last().map_or(0, |(turns, _)| turns + 1)
    }

    fn turns(&self) -> usize {
        self.log().iter().filter(|event| matches!(event.fact, Fact::Turn { .. })).count()
    }

    fn push(&self, fact: Fact) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let seq = log.len() as u64 + 1;
        log.push(Event { attempt: self.id.clone(), seq, at: Timestamp(0), fact });
    }
}

#[async_trait]
impl Log for Heard {
    async fn record_all(&self, facts: Vec<Fact>) -> Result<(), LogError> {
        facts.into_iter().for_each(|fact| self.push(fact));
        Ok(())
    }

    /// Numbered by their own order, from 1: what was heard after as many turns as there are now.
    async fn steered_since(&self, seq: u64) -> Result<Vec<(u64, String)>, LogError> {
        let turns = self.turns();
        let numbered = (1_u64..).zip(&self.said);
        let due = numbered.filter(|(number, (after, _))| *number > seq && *after <= turns);
        Ok(due.map(|(number, (_, text))| (number, text.clone())).collect())
    }
}
