//! A person's words to an agent at work, or to one that has ended; and what a person decides of a
//! plan or a pause.

use computer::Backend as _;
use domain::attempt::{Outcome, Pause, State};
use domain::audit::Action;
use domain::{Attempt, AttemptId, Event, Fact, Task, task};

use crate::{Engine, Error, audit, place};

/// The longest message, in bytes.
const TEXT_BYTES_MAX: usize = 64 * 1024;
/// How often it is looked again where somebody moved the attempt meanwhile.
const TRIES_MAX: u32 = 8;

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Steered {
    /// The agent reads it before its model is asked next.
    Told { attempt: AttemptId },
    /// The agent has gone and its work is being proven: a follow-up begins with it after that.
    Kept { attempt: AttemptId },
    /// The attempt had ended: this one goes on from there, on the same computer.
    Followed { attempt: AttemptId, by: AttemptId },
}

impl Steered {
    fn words(&self) -> String {
        match self {
            Self::Told { .. } => "the agent is told".into(),
            Self::Kept { .. } => "kept until its proof is done".into(),
            Self::Followed { by, .. } => format!("followed by {by}"),
        }
    }
}

/// Says `text` to the agent of `id`, in the name of the person who runs this.
pub async fn steer(engine: &Engine, id: &AttemptId, text: &str) -> Result<Steered, Error> {
    let text = checked(text)?;
    let said = Fact::Steered { by: engine.person.clone(), text };
    for _ in 0..TRIES_MAX {
        let id = newest_of_line(engine, id).await?;
        let attempt = store::attempt::get(&engine.store, &id).await?;
        let task = store::task::get(&engine.store, &id.task()).await?;
        let done = if attempt.state.is_ended() {
            follow(engine, &task, &attempt, &said).await
        } else {
            tell(engine, &task, &attempt, &said).await
        };
        match done {
            Err(Error::Store(store::Error::Conflict { .. })) => {}
            done => {
                let details = done.as_ref().map(Steered::words).unwrap_or_default();
                if done.is_ok() {
                    audit::record(engine, Action::Steered, &id, &details).await?;
                }
                return done;
            }
        }
    }
    Err(Error::Unusable(format!("attempt {id} is moved too often to be spoken to; try again")))
}

pub(crate) fn checked(text: &str) -> Result<String, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::Unusable("there is nothing to say: the message is empty".into()));
    }
    if text.len() > TEXT_BYTES_MAX {
        let limit = TEXT_BYTES_MAX / 1024;
        return Err(Error::Unusable(format!("the message is longer than {limit} KiB")));
    }
    Ok(text.to_owned())
}

/// Whoever speaks to an attempt that was followed speaks to the one that follows it, if that wasn't
/// cancelled.
async fn newest_of_line(engine: &Engine, id: &AttemptId) -> Result<AttemptId, Error> {
    let attempts = store::attempt::of_task(&engine.store, &id.task()).await?;
    let mut newest = id.clone();
    // A follow-up has a higher number than what it follows.
    for attempt in attempts {
        let cancelled = attempt.state == State::Ended { outcome: Outcome::Cancelled };
        if attempt.follows.as_ref() == Some(&newest) && !cancelled {
            newest = attempt.id;
        }
    }
    Ok(newest)
}

/// Into the log; a paused plan is revised at once.
async fn tell(
    engine: &Engine,
    task: &Task,
    attempt: &Attempt,
    said: &Fact,
) -> Result<Steered, Error> {
    speaks(task)?;
    let now = engine.clock.now();
    let waits_for_us = matches!(attempt.state, State::Paused { until: None, why: Pause::Plan });
    if waits_for_us {
        go_on(engine, attempt, std::slice::from_ref(said)).await?;
    } else {
        let state = store::attempt::get(&engine.store, &attempt.id).await?.state;
        if state.is_ended() {
            let conflict = store::Error::Conflict {
                noun: "attempt",
                id: attempt.id.to_string(),
                expected: "at work",
                found: state.name(),
            };
            return Err(conflict.into());
        }
        store::event::append(&engine.store, &attempt.id, now, said, None).await?;
        engine.fleet.wake(&attempt.id);
        if state == State::Proving {
            return Ok(Steered::Kept { attempt: attempt.id.clone() });
        }
    }
    Ok(Steered::Told { attempt: attempt.id.clone() })
}

/// Lets a follow-up of each ended attempt begin whose agent left before it heard the last words
/// that were said to it. Whether there was one.
pub(crate) async fn follow_unheard(
    engine: &Engine,
    task: &Task,
    attempts: &[Attempt],
) -> Result<bool, Error> {
    let mut found = false;
    for attempt in attempts.iter().filter(|attempt| could_have_heard(attempt)) {
        if attempts.iter().any(|other| other.follows.as_ref() == Some(&attempt.id)) {
            continue;
        }
        if let Some(said) = unheard(&store::event::all(&engine.store, &attempt.id).await?) {
            follow(engine, task, attempt, &said).await?;
            found = true;
        }
    }
    Ok(found)
}

/// One that failed or was stopped by a limit would be again.
fn could_have_heard(attempt: &Attempt) -> bool {
    let State::Ended { outcome } = &attempt.state else { return false };
    match outcome {
        Outcome::Changed | Outcome::Answered { .. } | Outcome::NoChange { .. } => true,
        Outcome::Failed { .. }
        | Outcome::OutOfTime
        | Outcome::OutOfBudget { .. }
        | Outcome::Cancelled
        | Outcome::NotNeeded { .. } => false,
    }
}

/// All that an attempt's agent was never told, as one message.
fn unheard(events: &[Event]) -> Option<Fact> {
    let heard = events.iter().rev().find_map(|event| match &event.fact {
        Fact::Heard { upto } => Some(*upto),
        _other_facts_dont_matter => None,
    });
    let mut said: Option<(String, String)> = None;
    for event in events.iter().filter(|event| event.seq > heard.unwrap_or(0)) {
        let Fact::Steered { by, text } = &event.fact else { continue };
        let before = said.take().map_or(String::new(), |(_, before)| before + "\n\n");
        said = Some((by.clone(), before + text));
    }
    said.map(|(by, text)| Fact::Steered { by, text })
}

async fn follow(
    engine: &Engine,
    task: &Task,
    attempt: &Attempt,
    said: &Fact,
) -> Result<Steered, Error> {
    speaks(task)?;
    if let State::Ended { outcome: Outcome::Cancelled } = attempt.state {
        let reason = format!("attempt {} was cancelled, and nothing of it is left", attempt.id);
        return Err(Error::Unusable(reason));
    }
    if let State::Ended { outcome: Outcome::NotNeeded { .. } } = attempt.state {
        let reason = format!("attempt {} never began: there is nothing to go on with", attempt.id);
        return Err(Error::Unusable(reason));
    }
    has_ground(engine, attempt).await?;
    let now = engine.clock.now();
    let by = store::attempt::follow(&engine.store, &attempt.id, said, &task.state, now).await?;
    Ok(Steered::Followed { attempt: attempt.id.clone(), by })
}

/// A follow-up goes on on the computer, or on a new one with the change; one of them must be there.
async fn has_ground(engine: &Engine, attempt: &Attempt) -> Result<(), Error> {
    let line = place::line(engine, &attempt.id).await?;
    if engine.backend().await?.exists(&place::name(&line[0].id)).await {
        return Ok(());
    }
    for before in line.iter().rev() {
        if store::change::get(&engine.store, &before.id).await?.is_none() {
            continue;
        }
        if engine.home.bundle(&before.id).exists() {
            return Ok(());
        }
        let reason = format!(
            "the computer and the change of attempt {} were cleaned up; delegate a new task",
            before.id
        );
        return Err(Error::Unusable(reason));
    }
    Ok(())
}

/// Only an agent with a model understands words, and a task must have something left to do.
pub(crate) fn speaks(task: &Task) -> Result<(), Error> {
    let id = &task.id;
    if !task.settings.agent.has_model() {
        let reason = "the mechanic has no model and understands no words; delegate a new task";
        return Err(Error::Unusable(reason.into()));
    }
    match &task.state {
        task::State::Merged { .. } | task::State::Cancelled => {
            Err(Error::Unusable(format!("task {id} is {}; delegate a new one", task.state.name())))
        }
        task::State::Open
        | task::State::Running
        | task::State::Decided { .. }
        | task::State::Offered { .. }
        | task::State::Closed { .. } => Ok(()),
    }
}

/// The newest plan of an attempt that has made one.
pub async fn plan(engine: &Engine, id: &AttemptId) -> Result<Option<String>, Error> {
    let events = store::event::all(&engine.store, id).await?;
    Ok(events.into_iter().rev().find_map(|event| match event.fact {
        Fact::Planned { text } | Fact::PlanApproved { text, .. } => Some(text),
        _other_facts_hold_no_plan => None,
    }))
}

/// Lets the work begin by the plan, or by `edited` instead.
pub async fn approve(
    engine: &Engine,
    attempt: &Attempt,
    edited: Option<String>,
) -> Result<(), Error> {
    let State::Paused { until: None, why: Pause::Plan } = attempt.state else {
        let state = attempt.state.name();
        let reason =
            format!("attempt {} is {state} and waits for no plan to be approved", attempt.id);
        return Err(Error::Unusable(reason));
    };
    let planned = plan(engine, &attempt.id).await?;
    let planned =
        planned.ok_or_else(|| Error::Missing { attempt: attempt.id.clone(), what: "plan" })?;
    let text = edited.map_or_else(|| Ok(planned.clone()), |text| checked(&text))?;
    let edited = text.trim() != planned.trim();
    let fact = Fact::PlanApproved { by: engine.person.clone(), text, edited };
    go_on(engine, attempt, &[fact]).await?;
    let details = if edited { "its plan, edited, is approved" } else { "its plan is approved" };
    audit::record(engine, Action::Continued, &attempt.id, details).await
}

/// Lets a paused attempt go on as soon as there is room.
pub async fn go_on(engine: &Engine, attempt: &Attempt, facts: &[Fact]) -> Result<(), Error> {
    let now = engine.clock.now();
    let to = attempt.state.clone().go_on(now)?;
    let how = store::attempt::Move { expected: &attempt.state, to: &to, at: now, holder: None };
    store::attempt::move_to(&engine.store, &attempt.id, how, facts).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;

    #[test]
    fn words_are_unheard_until_the_agent_was_told() {
        let events = |facts: Vec<Fact>| -> Vec<Event> {
            let attempt: AttemptId = "k3v9x2ab.1".parse().expect("an id");
            let event =
                |(seq, fact)| Event { attempt: attempt.clone(), seq, at: Timestamp(1), fact };
            (1..).zip(facts).map(event).collect()
        };
        let said = |text: &str| Fact::Steered { by: "ada".into(), text: text.into() };
        let unheard = |facts| unheard(&events(facts));
        assert_eq!(unheard(vec![Fact::Created]), None);
        assert_eq!(unheard(vec![said("one"), Fact::Heard { upto: 1 }]), None);
        let two = vec![said("one"), said("two"), Fact::Heard { upto: 1 }, said("three")];
        assert_eq!(unheard(two), Some(said("two\n\nthree")));
    }
}
