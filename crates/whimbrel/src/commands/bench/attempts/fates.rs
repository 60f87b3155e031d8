//! What has become of the attempts, by their logs: nothing may be lost, and nothing done twice.

use std::collections::BTreeSet;

use anyhow::Result;
use domain::attempt::{Outcome, State};
use domain::{AttemptId, Event, Fact, Timestamp, task};

use super::ground::Ground;

/// One attempt, as its log tells it.
#[derive(Debug)]
pub struct Fate {
    pub attempt: AttemptId,
    /// What isn't as it should be.
    pub wrong: Option<String>,
    pub turns: usize,
    /// From the first moment at work to the agent's last word, where it got so far.
    pub work: Option<(Timestamp, Timestamp)>,
    pub ended: Option<Timestamp>,
    /// When it waited for the model.
    waits: Vec<(Timestamp, Timestamp)>,
}

pub struct Fates {
    pub attempts: Vec<Fate>,
    /// Tasks that weren't offered, and pull requests that are one too many.
    pub wrong: Vec<String>,
}

impl Fates {
    pub async fn read(ground: &Ground, turns: u32) -> Result<Self> {
        let store = &ground.engine.store;
        let mut fates = Self { attempts: Vec::new(), wrong: Vec::new() };
        for id in &ground.tasks {
            let task = store::task::get(store, id).await?;
            if !matches!(task.state, task::State::Offered { .. }) {
                fates.wrong.push(format!("task {id} is {}", task.state.name()));
            }
            for attempt in store::attempt::of_task(store, id).await? {
                let log = store::event::all(store, &attempt.id).await?;
                fates.attempts.push(Fate::of(attempt.id, &attempt.state, &log, turns as usize));
            }
        }
        let offered = store::pull_request::list(store, None, u32::MAX).await?.len();
        if offered != ground.tasks.len() {
            fates.wrong.push(format!("{offered} pull requests for {} tasks", ground.tasks.len()));
        }
        Ok(fates)
    }
}

impl Fate {
    fn of(attempt: AttemptId, state: &State, log: &[Event], turns: usize) -> Self {
        let is_turn = |event: &&Event| matches!(event.fact, Fact::Turn { .. });
        let taken = log.iter().filter(is_turn).count();
        let at = |is: fn(&Fact) -> bool| log.iter().find(|e| is(&e.fact)).map(|event| event.at);
        let began = at(|fact| matches!(fact, Fact::Moved { state: State::Working }));
        let reported = at(|fact| matches!(fact, Fact::Reported { .. }));
        Self {
            wrong: wrong(state, log, taken, turns),
            turns: taken,
            work: began.zip(reported),
            ended: at(|fact| matches!(fact, Fact::Moved { state: State::Ended { .. } })),
            waits: waits(log),
            attempt,
        }
    }

    /// Whether it did nothing but wait for the model in all that time.
    pub fn waited(&self, from: Timestamp, to: Timestamp) -> bool {
        self.waits.iter().any(|&(begin, end)| begin <= from && to <= end)
    }
}

fn wrong(state: &State, log: &[Event], taken: usize, turns: usize) -> Option<String> {
    if !matches!(state, State::Ended { outcome: Outcome::Changed }) {
        let why = match state {
            State::Ended { outcome } => outcome.reason(),
            State::Queued
            | State::Preparing
            | State::Working
            | State::Paused { .. }
            | State::Proving => None,
        };
        return Some(format!("{} {}", state.name(), why.unwrap_or_default()));
    }
    if !log.iter().map(|event| event.seq).eq(1..=log.len() as u64) {
        return Some("its log has gaps".into());
    }
    if taken != turns {
        return Some(format!("it took {taken} turns instead of {turns}"));
    }
    let harvested = log.iter().filter(|e| matches!(e.fact, Fact::Harvested { .. })).count();
    (harvested != 1)
        .then(|| format!("it was harvested {harvested} times"))
        .or_else(|| asked_twice(log))
}

/// A number of a request that two turns have.
fn asked_twice(log: &[Event]) -> Option<String> {
    let mut numbers = BTreeSet::new();
    log.iter().find_map(|event| match &event.fact {
        Fact::Turn { exchange, .. } if !numbers.insert(*exchange) => {
            Some(format!("request {exchange} is in its log twice"))
        }
        _other_facts_dont_matter => None,
    })
}

fn waits(log: &[Event]) -> Vec<(Timestamp, Timestamp)> {
    let (mut waits, mut asked) = (Vec::new(), None);
    for event in log {
        match &event.fact {
            Fact::Asked { .. } => asked = Some(event.at),
            Fact::Turn { .. } => waits.extend(asked.take().map(|asked| (asked, event.at))),
            _other_facts_dont_matter => {}
        }
    }
    waits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(facts: Vec<Fact>) -> Vec<Event> {
        let event = |(at, fact)| Event {
            attempt: "k3v9x2ab.1".parse().unwrap(),
            seq: at as u64 + 1,
            at: Timestamp(at as i64 * 10),
            fact,
        };
        facts.into_iter().enumerate().map(event).collect()
    }

    fn fact(json: &str) -> Fact {
        serde_json::from_str(json).unwrap()
    }

    fn turn(exchange: u32) -> [Fact; 2] {
        let asked = r#"{"fact":"asked","exchange":N,"model":"m","estimated_input_tokens":1}"#;
        let turn = r#"{"fact":"turn","exchange":N,"model":"m","input_tokens":1,"output_tokens":1,"duration_ms":1}"#;
        [asked, turn].map(|json| fact(&json.replace('N', &exchange.to_string())))
    }

    #[test]
    fn what_was_done_twice_or_not_at_all_is_wrong() {
        let ended = State::Ended { outcome: Outcome::Changed };
        let told = |facts: Vec<Fact>| wrong(&ended, &log(facts.clone()), facts.len() / 2, 2);
        let twice: Vec<Fact> = [turn(1), turn(1)].concat();
        assert_eq!(told(twice).unwrap(), "it was harvested 0 times");
        assert_eq!(told(turn(1).to_vec()).unwrap(), "it took 1 turns instead of 2");
        assert!(asked_twice(&log([turn(1), turn(1)].concat())).is_some());
        assert!(asked_twice(&log([turn(1), turn(2)].concat())).is_none());
        let mut gap = log([turn(1), turn(2)].concat());
        gap.remove(1);
        assert_eq!(wrong(&ended, &gap, 2, 2).unwrap(), "its log has gaps");
        assert!(wrong(&State::Working, &[], 0, 0).unwrap().starts_with("working"));
    }

    #[test]
    fn it_waits_from_the_request_to_the_turn() {
        let fate = Fate::of(
            "k3v9x2ab.1".parse().unwrap(),
            &State::Working,
            &log([turn(1), turn(2)].concat()),
            2,
        );
        assert!(fate.waited(Timestamp(2), Timestamp(9)));
        assert!(!fate.waited(Timestamp(5), Timestamp(15)));
    }
}
