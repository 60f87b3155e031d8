//! From counted rows to numbers: sums, shares and ranks. Pure.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use domain::verdict::Reason;
use domain::{Day, Timestamp};
use store::numbers::{Cost as Spent, Decided, Ended, Offered, Said as Verdicts};

use super::{Cost, Count, Named, Numbers, OnDay, Person, Said, Share, Waits, Worker};

pub struct Rows {
    pub offered: Vec<Offered>,
    pub decided: Vec<Decided>,
    pub ended: Vec<Ended>,
    pub costs: Vec<Spent>,
    pub said: Vec<Verdicts>,
}

impl Rows {
    pub fn numbers(&self, first: Day, last: Day) -> Numbers {
        let days = self.days(first, last);
        let total = days.iter().fold(Count::default(), |sum, day| plus(sum, day.count));
        Numbers {
            first,
            last,
            total,
            persons: self.persons(first, last),
            waits: waits(self.decided.iter().map(wait).collect()),
            cost: self.cost(total.merged),
            workers: self.workers(),
            outcomes: ranked(self.ended.iter().map(|row| (row.outcome.clone(), row.count))),
            rejections: ranked(self.said.iter().filter_map(rejection)),
            evidence: held(self.ended.iter()),
            days,
        }
    }

    fn days(&self, first: Day, last: Day) -> Vec<OnDay> {
        let empty = |day| OnDay { day: Day(day), count: Count::default() };
        let mut days: Vec<OnDay> = (first.0..=last.0).map(empty).collect();
        let mut count = |day: i64, add: Count| {
            let at = usize::try_from(day - first.0).ok();
            if let Some(on) = at.and_then(|at| days.get_mut(at)) {
                on.count = plus(on.count, add);
            }
        };
        for row in &self.offered {
            count(row.day, Count { offered: unsigned(row.count), ..Count::default() });
        }
        for row in &self.decided {
            count(Timestamp(row.ended).day().0, decision(row));
        }
        days
    }

    fn persons(&self, first: Day, last: Day) -> Vec<Person> {
        let length = usize::try_from(last.0 - first.0 + 1).unwrap_or(0);
        let mut persons: BTreeMap<&str, Person> = BTreeMap::new();
        let mut person = |name, change: &mut dyn FnMut(&mut Person)| {
            change(persons.entry(name).or_insert_with(|| nobody_yet(name, length)));
        };
        for row in &self.offered {
            person(row.person.as_str(), &mut |person| {
                person.count.offered += unsigned(row.count);
                let at = usize::try_from(row.day - first.0).ok();
                if let Some(on) = at.and_then(|at| person.offered_by_day.get_mut(at)) {
                    *on += unsigned(row.count);
                }
            });
        }
        for row in &self.decided {
            person(row.person.as_str(), &mut |person| {
                person.count = plus(person.count, decision(row));
            });
        }
        for row in &self.said {
            person(row.person.as_str(), &mut |person| say(&mut person.said, row));
        }
        let mut persons: Vec<Person> = persons.into_values().collect();
        persons.sort_by_key(|person| Reverse((person.count.offered, person.count.merged)));
        persons
    }

    fn cost(&self, merged: u64) -> Cost {
        let sum = self.costs.iter().fold(Cost::default(), add);
        let own = self.decided.iter().filter(|row| row.merged).map(|row| unsigned(row.micros));
        let own: u64 = own.sum();
        Cost {
            micros_per_merged: sum.micros.checked_div(merged),
            own_micros_per_merged: own.checked_div(merged),
            ..sum
        }
    }

    fn workers(&self) -> Vec<Worker> {
        type Key<'a> = (&'a str, Option<&'a str>);
        let mut keys: Vec<Key<'_>> = Vec::new();
        keys.extend(self.ended.iter().map(|row| (row.agent.as_str(), row.model.as_deref())));
        keys.extend(self.decided.iter().map(|row| (row.agent.as_str(), row.model.as_deref())));
        keys.extend(self.costs.iter().map(|row| (row.agent.as_str(), row.model.as_deref())));
        keys.sort_unstable();
        keys.dedup();
        let mut workers: Vec<Worker> =
            keys.into_iter().map(|(agent, model)| self.worker(agent, model)).collect();
        workers.sort_by_key(|worker| Reverse((worker.attempts, worker.merged)));
        workers
    }

    fn worker(&self, agent: &str, model: Option<&str>) -> Worker {
        let ended =
            || self.ended.iter().filter(|row| row.agent == agent && row.model.as_deref() == model);
        let decided =
            self.decided.iter().filter(|row| row.agent == agent && row.model.as_deref() == model);
        let decided: Vec<Decided> = decided.cloned().collect();
        let costs =
            self.costs.iter().filter(|row| row.agent == agent && row.model.as_deref() == model);
        let (costs, count) = (costs.cloned().collect(), tally(&decided));
        let own = Self { offered: vec![], decided, ended: vec![], costs, said: vec![] };
        Worker {
            agent: agent.to_owned(),
            model: model.map(str::to_owned),
            attempts: ended().map(|row| unsigned(row.count)).sum(),
            evidence: held(ended()),
            merged: count.merged,
            closed: count.closed,
            cost: own.cost(count.merged),
        }
    }
}

fn nobody_yet(name: &str, days: usize) -> Person {
    Person {
        name: name.to_owned(),
        count: Count::default(),
        offered_by_day: vec![0; days],
        said: Said::default(),
    }
}

fn say(said: &mut Said, row: &Verdicts) {
    let count = unsigned(row.count);
    match row.kind.as_str() {
        "approve" => said.approved += count,
        "reject" => said.rejected += count,
        _words => said.feedback += count,
    }
}

fn decision(row: &Decided) -> Count {
    let (merged, closed) = if row.merged { (1, 0) } else { (0, 1) };
    Count { offered: 0, merged, closed }
}

fn tally(rows: &[Decided]) -> Count {
    rows.iter().map(decision).fold(Count::default(), plus)
}

fn plus(a: Count, b: Count) -> Count {
    Count {
        offered: a.offered + b.offered,
        merged: a.merged + b.merged,
        closed: a.closed + b.closed,
    }
}

fn add(sum: Cost, row: &Spent) -> Cost {
    Cost {
        micros: sum.micros + unsigned(row.micros),
        requests: sum.requests + unsigned(row.requests),
        unpriced: sum.unpriced + unsigned(row.unpriced),
        ..sum
    }
}

fn wait(row: &Decided) -> u64 {
    Timestamp(row.ended).since_ms(Timestamp(row.created))
}

/// By nearest rank: each is a wait that somebody had.
fn waits(mut waits: Vec<u64>) -> Option<Waits> {
    waits.sort_unstable();
    let rank = |percent: usize| waits[(waits.len() * percent).div_ceil(100).max(1) - 1];
    let (shortest, longest) = (*waits.first()?, *waits.last()?);
    Some(Waits {
        decided: waits.len() as u64,
        shortest_ms: shortest,
        p25_ms: rank(25),
        p50_ms: rank(50),
        p75_ms: rank(75),
        p90_ms: rank(90),
        longest_ms: longest,
    })
}

fn held<'a>(rows: impl Iterator<Item = &'a Ended>) -> Share {
    rows.fold(Share::default(), |share, row| {
        let count = unsigned(row.count);
        match row.holds {
            Some(true) => Share { part: share.part + count, of: share.of + count },
            Some(false) => Share { of: share.of + count, ..share },
            None => share,
        }
    })
}

/// In the words of the button that was pressed.
fn rejection(row: &Verdicts) -> Option<(String, i64)> {
    let reason = row.reason.as_ref().filter(|_| row.kind == "reject")?;
    let known = serde_json::from_value::<Reason>(reason.as_str().into());
    let name = known.map_or_else(|_| reason.clone(), |reason| reason.words().to_owned());
    Some((name, row.count))
}

/// The most frequent first; equal ones by name.
fn ranked(counts: impl Iterator<Item = (String, i64)>) -> Vec<Named> {
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for (name, count) in counts {
        *sums.entry(name).or_default() += unsigned(count);
    }
    let mut named: Vec<Named> =
        sums.into_iter().map(|(name, count)| Named { name, count }).collect();
    named.sort_by_key(|named| Reverse(named.count));
    named
}

/// A count, which no database gives below 0.
fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

#[cfg(test)]
mod tests;
