//! One attempt in figures.

use domain::attempt::{Outcome, State};
use domain::evidence::{OnBase, Weight};
use domain::{Attempt, AttemptId, Change, Evidence};
use proof::Ranking;
use serde_json::{Value, json};
use store::exchange::Spent;

use crate::commands::delegate::result;
use crate::view::Tried;

pub struct Facts {
    pub id: AttemptId,
    pub number: u32,
    /// Counted from 1; none for one that changed nothing.
    pub rank: Option<usize>,
    pub eligible: bool,
    /// Counted from 0.
    pub group: Option<usize>,
    pub state: String,
    pub evidence: Option<Evidence>,
    pub change: Option<Change>,
    pub spent: Spent,
    pub took_ms: Option<u64>,
}

impl Facts {
    pub fn of(tried: &Tried, change: Option<Change>, ranking: &Ranking) -> Self {
        let Tried { attempt, evidence, spent } = tried;
        let id = attempt.id.clone();
        let place = |ids: &[AttemptId]| ids.iter().position(|ranked| *ranked == id);
        let took = attempt.started.zip(attempt.ended);
        Self {
            number: id.number(),
            rank: place(&ranking.order).map(|index| index + 1),
            eligible: place(&ranking.eligible).is_some(),
            group: ranking.groups.iter().position(|group| group.contains(&id)),
            state: state(attempt),
            evidence: evidence.clone(),
            change,
            spent: *spent,
            took_ms: took.map(|(from, to)| to.since_ms(from)),
            id,
        }
    }

    /// Checks that pass at head, and all.
    pub fn checks(&self) -> Option<(usize, usize)> {
        let checks = &self.evidence.as_ref()?.checks;
        Some((checks.iter().filter(|check| check.head.passes()).count(), checks.len()))
    }

    /// Added tests that pass, and those of them that the base fails.
    pub fn added(&self) -> Option<(usize, usize)> {
        let added = &self.evidence.as_ref()?.tests.added;
        let red_green = added.iter().filter(|test| test.on_base == OnBase::RedGreen).count();
        Some((added.iter().filter(|test| test.passes).count(), red_green))
    }

    /// How many findings there are of the worst weight; none where there are none.
    pub fn worst(&self) -> Option<(usize, Weight)> {
        let findings = &self.evidence.as_ref()?.findings;
        let worst = findings.iter().map(|finding| finding.weight).max()?;
        Some((findings.iter().filter(|finding| finding.weight == worst).count(), worst))
    }

    /// Lines added and removed.
    pub fn lines(&self) -> Option<(u64, u64)> {
        let files = &self.change.as_ref()?.files;
        let sum = |of: fn(&domain::change::FileChange) -> Option<u64>| {
            files.iter().filter_map(of).fold(0, u64::saturating_add)
        };
        Some((sum(|file| file.added), sum(|file| file.removed)))
    }

    pub fn object(&self) -> Value {
        json!({
            "attempt": self.id,
            "rank": self.rank,
            "eligible": self.eligible,
            "group": self.group,
            "state": self.state,
            "holds": self.evidence.as_ref().map(Evidence::holds),
            "objections": self.evidence.as_ref().map(Evidence::objections),
            "evidence": self.evidence,
            "change": self.change,
            "spent": result::spent_object(&self.spent),
            "took_ms": self.took_ms,
        })
    }
}

fn state(attempt: &Attempt) -> String {
    match &attempt.state {
        State::Ended { outcome: Outcome::Changed } => "changed".into(),
        State::Ended { outcome } => outcome.name().replace('_', " "),
        other => other.name().to_owned(),
    }
}
