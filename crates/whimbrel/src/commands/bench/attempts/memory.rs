//! What our own processes weigh while their attempts wait for the model.

use std::collections::BTreeMap;

use anyhow::Result;
use domain::{AttemptId, Timestamp};

use super::processes::{Finder, Owner, pss_kib};

/// What every owner's processes weighed, and when that was looked at.
#[derive(Debug, Clone, Default)]
pub struct Weights {
    owners: BTreeMap<Owner, Weight>,
    pub processes: usize,
}

#[derive(Debug, Clone, Copy)]
pub struct Weight {
    pub from: Timestamp,
    pub to: Timestamp,
    pub kib: u64,
}

/// Looks at each process once, an owner's one after the other; takes a while where there are many.
/// Blocks.
pub fn weigh(now: impl Fn() -> Timestamp) -> Result<Weights> {
    let mut found = Finder::new()?.find();
    found.sort_by(|a, b| a.owner.cmp(&b.owner));
    let mut weights = Weights::default();
    for process in found {
        let from = now();
        let Some(kib) = pss_kib(process.pid) else { continue };
        let new = Weight { from, to: from, kib: 0 };
        let weight = weights.owners.entry(process.owner).or_insert(new);
        *weight = Weight { from: weight.from, to: now(), kib: weight.kib + kib };
        weights.processes += 1;
    }
    Ok(weights)
}

impl Weights {
    pub fn of(&self, attempt: &AttemptId) -> Option<Weight> {
        self.owners.get(&Owner::Attempt(attempt.clone())).copied()
    }

    pub fn engine_kib(&self) -> u64 {
        self.owners.get(&Owner::Engine).map_or(0, |weight| weight.kib)
    }
}
