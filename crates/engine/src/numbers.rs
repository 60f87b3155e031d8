//! What the work comes to: how much is offered, how much of it is wanted, how long that takes to
//! decide, and what it costs. Counted by days in UTC from what is stored; nothing is kept for it.

mod count;

use domain::{Day, ProjectId};
use serde::Serialize;
use store::numbers::{self as rows, Range};

use crate::{Engine, Error};

/// As far back as one look goes.
pub const DAYS_MAX: u32 = 366;
/// Where nothing is said.
pub const DAYS: u32 = 30;

/// What is to be counted.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// Today and the days before it; from 1 to [`DAYS_MAX`], others are brought there.
    pub days: u32,
    /// None for all.
    pub project: Option<&'a ProjectId>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Numbers {
    /// The first day and the last one, in UTC.
    pub first: Day,
    pub last: Day,
    /// Pull requests that were opened, merged and closed in these days. One may be opened in them
    /// and decided after them.
    pub total: Count,
    /// Every day, also those without any.
    pub days: Vec<OnDay>,
    /// Who asked for the tasks, the one with the most pull requests first.
    pub persons: Vec<Person>,
    /// From a pull request's opening to its merge or close, of those decided in these days.
    pub waits: Option<Waits>,
    pub cost: Cost,
    /// By agent and model, the one with the most attempts first.
    pub workers: Vec<Worker>,
    /// How attempts ended, the most frequent first.
    pub outcomes: Vec<Named>,
    /// Why changes were rejected, the most frequent first.
    pub rejections: Vec<Named>,
    /// Attempts with evidence, and how many of it holds.
    pub evidence: Share,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    pub offered: u64,
    pub merged: u64,
    pub closed: u64,
}

impl Count {
    /// Of those that were decided, how many were merged.
    pub fn merge_rate(self) -> Share {
        Share { part: self.merged, of: self.merged + self.closed }
    }
}

/// A part of a whole, which may be empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    pub part: u64,
    pub of: u64,
}

impl Share {
    /// Rounded down, so that 100 is all of them; none of nothing.
    pub fn percent(self) -> Option<u64> {
        (self.part * 100).checked_div(self.of)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct OnDay {
    pub day: Day,
    #[serde(flatten)]
    pub count: Count,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Empty for tasks of which it isn't known.
    pub name: String,
    #[serde(flatten)]
    pub count: Count,
    /// Opened on each day.
    pub offered_by_day: Vec<u64>,
    /// What this person said about changes, whoever asked for them.
    pub said: Said,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Said {
    pub approved: u64,
    pub rejected: u64,
    pub feedback: u64,
}

/// How long people took, in milliseconds: `p50` is the time that half of them needed at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Waits {
    pub decided: u64,
    pub shortest_ms: u64,
    pub p25_ms: u64,
    pub p50_ms: u64,
    pub p75_ms: u64,
    pub p90_ms: u64,
    pub longest_ms: u64,
}

/// In millionths of a US dollar, of the requests whose price is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// All requests to models in these days, whatever came of them.
    pub micros: u64,
    pub requests: u64,
    /// Requests whose price isn't known; they are in no sum.
    pub unpriced: u64,
    /// `micros` by merged changes: what didn't get merged is paid for by what did.
    pub micros_per_merged: Option<u64>,
    /// What the merged changes' own tasks cost, with all their attempts, by merged changes.
    pub own_micros_per_merged: Option<u64>,
}

/// An agent with a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Worker {
    pub agent: String,
    /// None for agents without one.
    pub model: Option<String>,
    /// Attempts that ended.
    pub attempts: u64,
    /// Of those with evidence, how many of it holds.
    pub evidence: Share,
    pub merged: u64,
    pub closed: u64,
    pub cost: Cost,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    pub name: String,
    pub count: u64,
}

/// Counts.
pub async fn gather(engine: &Engine, wish: Wish<'_>) -> Result<Numbers, Error> {
    let last = engine.clock.now().day();
    let days = wish.days.clamp(1, DAYS_MAX);
    let first = Day(last.0 - i64::from(days) + 1);
    let range =
        Range { since: first.begins(), until: Day(last.0 + 1).begins(), project: wish.project };
    let store = &engine.store;
    let counted = count::Rows {
        offered: rows::offered(store, range).await?,
        decided: rows::decided(store, range).await?,
        ended: rows::ended(store, range).await?,
        costs: rows::costs(store, range).await?,
        said: rows::said(store, range).await?,
    };
    Ok(counted.numbers(first, last))
}
