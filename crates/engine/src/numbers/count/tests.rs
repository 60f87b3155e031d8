use super::*;

fn offered(person: &str, day: i64, count: i64) -> Offered {
    Offered { person: person.into(), day, count }
}

/// `model` is a model's name, or empty for the mechanic.
fn decided(
    person: &str,
    model: &str,
    day: i64,
    minutes: i64,
    merged: bool,
    micros: i64,
) -> Decided {
    let ended = Day(day).begins().0 + 60_000;
    let (agent, model) = worker(model);
    let person = person.into();
    Decided { person, agent, model, created: ended - minutes * 60_000, ended, merged, micros }
}

fn worker(model: &str) -> (String, Option<String>) {
    let model = Some(model.to_owned()).filter(|model| !model.is_empty());
    (if model.is_some() { "native".into() } else { "mechanic".into() }, model)
}

fn ended(model: &str, outcome: &str, holds: Option<bool>, count: i64) -> Ended {
    let (agent, model) = worker(model);
    Ended { agent, model, outcome: outcome.into(), holds, count }
}

fn cost(model: &str, micros: i64, requests: i64, unpriced: i64) -> Spent {
    let (agent, model) = worker(model);
    Spent { agent, model, micros, requests, unpriced }
}

fn said(person: &str, kind: &str, reason: Option<&str>, count: i64) -> Verdicts {
    let reason = reason.map(str::to_owned);
    Verdicts { person: person.into(), kind: kind.into(), reason, count }
}

fn sample() -> Rows {
    Rows {
        offered: vec![offered("ada", 10, 2), offered("ada", 12, 1), offered("bo", 11, 1)],
        decided: vec![
            decided("ada", "lab/one", 12, 10, true, 500),
            decided("ada", "lab/one", 12, 90, true, 300),
            decided("bo", "", 11, 30, false, 0),
            decided("bo", "lab/one", 11, 20, true, 100),
        ],
        ended: vec![
            ended("lab/one", "changed", Some(true), 3),
            ended("lab/one", "changed", Some(false), 1),
            ended("lab/one", "failed", None, 2),
            ended("", "changed", Some(false), 5),
        ],
        costs: vec![cost("lab/one", 1_500, 12, 1)],
        said: vec![
            said("ada", "approve", None, 2),
            said("ada", "reject", Some("too_big"), 1),
            said("cy", "reject", Some("too_big"), 1),
            said("cy", "reject", Some("unwanted"), 1),
            said("cy", "feedback", None, 4),
        ],
    }
}

#[test]
fn each_day_counts_what_happened_on_it() {
    let numbers = sample().numbers(Day(10), Day(13));
    let days: Vec<(i64, u64, u64, u64)> = numbers
        .days
        .iter()
        .map(|on| (on.day.0, on.count.offered, on.count.merged, on.count.closed))
        .collect();
    assert_eq!(days, [(10, 2, 0, 0), (11, 1, 1, 1), (12, 1, 2, 0), (13, 0, 0, 0)]);
    assert_eq!(numbers.total, Count { offered: 4, merged: 3, closed: 1 });
    assert_eq!(numbers.total.merge_rate().percent(), Some(75));
}

#[test]
fn persons_are_whoever_asked_and_whoever_judged() {
    let numbers = sample().numbers(Day(10), Day(13));
    let names: Vec<&str> = numbers.persons.iter().map(|person| person.name.as_str()).collect();
    assert_eq!(names, ["ada", "bo", "cy"]);
    let ada = &numbers.persons[0];
    assert_eq!(ada.offered_by_day, [2, 0, 1, 0]);
    assert_eq!(ada.count, Count { offered: 3, merged: 2, closed: 0 });
    assert_eq!(ada.said, Said { approved: 2, rejected: 1, feedback: 0 });
    assert_eq!(numbers.persons[2].said, Said { approved: 0, rejected: 2, feedback: 4 });
}

#[test]
fn a_wait_is_one_that_somebody_had() {
    let minutes = |count: u64| count * 60_000;
    let found = sample().numbers(Day(10), Day(13)).waits.unwrap();
    assert_eq!((found.decided, found.p50_ms, found.p90_ms), (4, minutes(20), minutes(90)));
    assert_eq!((found.shortest_ms, found.longest_ms), (minutes(10), minutes(90)));
    let one = waits(vec![7]).unwrap();
    assert_eq!((one.p25_ms, one.p50_ms, one.p90_ms), (7, 7, 7));
    assert_eq!(waits(vec![]), None);
    let hundred = waits((1..=100).collect()).unwrap();
    assert_eq!((hundred.p50_ms, hundred.p90_ms), (50, 90));
}

#[test]
fn what_was_not_merged_is_paid_for_by_what_was() {
    let cost = sample().numbers(Day(10), Day(13)).cost;
    assert_eq!((cost.micros, cost.requests, cost.unpriced), (1_500, 12, 1));
    assert_eq!(cost.micros_per_merged, Some(500));
    assert_eq!(cost.own_micros_per_merged, Some(300));
}

#[test]
fn agents_are_told_apart_by_their_models() {
    let numbers = sample().numbers(Day(10), Day(13));
    let native = &numbers.workers[0];
    assert_eq!((native.model.as_deref(), native.attempts), (Some("lab/one"), 6));
    assert_eq!(native.evidence, Share { part: 3, of: 4 });
    assert_eq!((native.merged, native.closed, native.cost.micros_per_merged), (3, 0, Some(500)));
    let mechanic = &numbers.workers[1];
    assert_eq!((mechanic.agent.as_str(), mechanic.model.as_deref()), ("mechanic", None));
    assert_eq!((mechanic.attempts, mechanic.closed), (5, 1));
    assert_eq!(mechanic.cost.micros_per_merged, None);
    assert_eq!(numbers.evidence, Share { part: 3, of: 9 });
}

#[test]
fn outcomes_and_reasons_are_ranked() {
    let numbers = sample().numbers(Day(10), Day(13));
    let shown = |named: &[Named]| {
        named.iter().map(|each| format!("{} {}", each.count, each.name)).collect::<Vec<_>>()
    };
    assert_eq!(shown(&numbers.outcomes), ["9 changed", "2 failed"]);
    assert_eq!(shown(&numbers.rejections), ["2 Too much", "1 Not wanted"]);
}

#[test]
fn nothing_gives_no_shares() {
    let none =
        Rows { offered: vec![], decided: vec![], ended: vec![], costs: vec![], said: vec![] };
    let numbers = none.numbers(Day(1), Day(1));
    assert_eq!(numbers.total.merge_rate().percent(), None);
    assert_eq!(numbers.cost, Cost::default());
    assert_eq!((numbers.waits, numbers.days.len()), (None, 1));
    assert!(numbers.persons.is_empty() && numbers.workers.is_empty());
}
