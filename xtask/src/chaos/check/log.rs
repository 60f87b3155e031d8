//! One attempt's log: whole, as it was seen, and sensible.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use domain::attempt::{Outcome, State};
use domain::{Event, Fact};

pub(super) fn check(log: &[Event], seen: &[Event]) -> Result<()> {
    is_gapless(log)?;
    is_as_seen(log, seen)?;
    calls_are_answered_once(log)?;
    requests_are_counted_once(log)?;
    there_is_one_end(log)?;
    there_is_one_harvest(log)
}

fn is_gapless(log: &[Event]) -> Result<()> {
    ensure!(matches!(log.first().map(|event| &event.fact), Some(Fact::Created)), "no beginning");
    for (event, number) in log.iter().zip(1..) {
        ensure!(event.seq == number, "event {number} is missing: {} follows", event.seq);
    }
    Ok(())
}

fn is_as_seen(log: &[Event], seen: &[Event]) -> Result<()> {
    ensure!(seen.len() <= log.len(), "{} events were seen, {} are there", seen.len(), log.len());
    for (now, before) in log.iter().zip(seen) {
        ensure!(now == before, "event {} was {before:?}, is {now:?}", before.seq);
    }
    Ok(())
}

fn calls_are_answered_once(log: &[Event]) -> Result<()> {
    let (mut called, mut answered) = (BTreeSet::new(), BTreeSet::new());
    for event in log {
        match &event.fact {
            Fact::Called { call, .. } => ensure!(called.insert(call), "call {call} twice"),
            Fact::Answered { call, .. } => {
                ensure!(called.contains(call), "call {call} was never made, and is answered");
                ensure!(answered.insert(call), "call {call} is answered twice");
            }
            _other_facts_are_no_calls => {}
        }
    }
    Ok(())
}

fn requests_are_counted_once(log: &[Event]) -> Result<()> {
    let (mut asked, mut turns) = (0, BTreeSet::new());
    for event in log {
        match &event.fact {
            Fact::Asked { exchange, .. } => {
                ensure!(*exchange == asked + 1, "request {exchange} comes after {asked}");
                asked = *exchange;
            }
            Fact::Turn { exchange, .. } => {
                ensure!((1..=asked).contains(exchange), "turn {exchange} was never asked for");
                ensure!(turns.insert(exchange), "turn {exchange} twice");
            }
            _other_facts_are_no_requests => {}
        }
    }
    Ok(())
}

fn there_is_one_end(log: &[Event]) -> Result<()> {
    let ends: Vec<&Event> = log
        .iter()
        .filter(|event| matches!(event.fact, Fact::Moved { state: State::Ended { .. } }))
        .collect();
    ensure!(ends.len() == 1, "{} ends", ends.len());
    let changed = Fact::Moved { state: State::Ended { outcome: Outcome::Changed } };
    ensure!(ends[0].fact == changed, "it ended so: {:?}", ends[0].fact);
    let after = log.iter().skip_while(|event| event.fact != changed).skip(1);
    let after: Vec<_> = after.map(|event| &event.fact).collect();
    ensure!(after.is_empty(), "after the end: {after:?}");
    Ok(())
}

fn there_is_one_harvest(log: &[Event]) -> Result<()> {
    let harvested = log.iter().filter(|event| matches!(event.fact, Fact::Harvested { .. })).count();
    ensure!(harvested == 1, "{harvested} harvests");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;

    fn log(facts: Vec<Fact>) -> Vec<Event> {
        let attempt = "k3v9x2ab.1".parse::<domain::AttemptId>().unwrap();
        let event = |(fact, seq)| Event { attempt: attempt.clone(), seq, at: Timestamp(1), fact };
        facts.into_iter().zip(1..).map(event).collect()
    }

    fn called(call: &str) -> Fact {
        Fact::Called { call: call.into(), tool: "shell".into(), arguments: String::new() }
    }

    fn answered(call: &str) -> Fact {
        let output = String::new();
        Fact::Answered { call: call.into(), ok: true, output, images: vec![], printed_bytes: 0 }
    }

    #[test]
    fn what_is_lost_rewritten_or_there_twice_is_found() {
        let ended = Fact::Moved { state: State::Ended { outcome: Outcome::Changed } };
        let whole = log(vec![Fact::Created, called("a"), answered("a"), ended]);
        assert!(is_gapless(&whole).is_ok() && is_as_seen(&whole, &whole).is_ok());
        assert!(there_is_one_end(&whole).is_ok() && calls_are_answered_once(&whole).is_ok());

        let mut gap = whole.clone();
        gap.remove(1);
        assert!(is_gapless(&gap).is_err(), "a gap");
        assert!(is_as_seen(&whole[..3], &whole).is_err(), "a loss");
        let mut rewritten = whole.clone();
        rewritten[2].fact = answered("b");
        assert!(is_as_seen(&rewritten, &whole).is_err(), "another event at its number");
        for facts in [
            vec![called("a"), called("a")],
            vec![called("a"), answered("a"), answered("a")],
            vec![answered("a")],
        ] {
            assert!(calls_are_answered_once(&log(facts.clone())).is_err(), "{facts:?}");
        }
        assert!(there_is_one_end(&whole[..3]).is_err(), "no end");
        assert!(there_is_one_harvest(&whole).is_err(), "no harvest");
    }
}
