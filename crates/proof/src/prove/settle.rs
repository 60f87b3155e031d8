//! Tests that changed their result are run again, at head and at base, each time in a clean
//! computer: what differs between runs of the same code is flaky, and nobody's fault or merit.

use std::collections::BTreeMap;

use domain::evidence::{Flaky, Tests};
use environment::Check;

use super::{Both, merged, pair};
use crate::Error;
use crate::compare::{compare, told};
use crate::inline::Places;
use crate::job::Place;
use crate::report::Outcome;
use crate::run::{Bounds, CheckRun};
use crate::runs::{Errand, Runs, Selections};
use crate::select::Selection;

/// Reruns of one side begin no more once they took so long, and as long as its first run did.
const RERUNS_MS_MIN: u64 = 60_000;

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Settled {
    pub notes: Vec<String>,
    /// Failed at base each time.
    pub confirmed: Vec<String>,
    /// Something at base differed.
    pub base_differs: bool,
}

/// Corrects `both` and `tests`.
pub(super) async fn settle(
    runs: &Runs<'_>,
    bounds: Bounds,
    places: &Places,
    both: &mut Both,
    tests: &mut Tests,
) -> Result<Settled, Error> {
    let job = runs.yard.job;
    let suspects = Suspects::of(job.checks, both, tests);
    if suspects.checks.is_empty() || job.proving.reruns == 0 {
        return Ok(Settled::default());
    }
    let head = again(runs, &suspects, Place::HeadAgain, bounds, &both.head);
    let base_bounds = bounds.after(&both.head);
    let base = again(runs, &suspects, Place::BaseAgain, base_bounds, &both.base);
    let (head, base) = pair(job.width, head, base).await?;
    let mut settled = Settled::default();
    let (at_head, at_base) =
        (suspects.differing(&both.head, &head), suspects.differing(&both.base, &base));
    settled.base_differs = !at_base.is_empty() || exits_differ(&suspects, &both.base, &base);
    let always = |name: &&String| !at_base.contains_key(*name) && tests.fixed.contains(name);
    settled.confirmed = suspects.names.iter().filter(always).cloned().collect();
    forgive(&mut both.base, &at_base);
    for (position, &index) in suspects.checks.iter().enumerate() {
        let reruns: Vec<&CheckRun> = head.iter().map(|round| &round[position]).collect();
        let note = forgive_exit(&job.checks[index], &mut both.head[index], &reruns, &at_head);
        settled.notes.extend(note);
    }
    forgive(&mut both.head, &at_head);
    *tests = compare(&merged(&both.base), &merged(&both.head), places);
    tests.flaky = at_base.into_values().chain(at_head.into_values()).collect();
    tests.flaky.sort_by(|a, b| (&a.name, a.runs).cmp(&(&b.name, b.runs)));
    tests.flaky.dedup_by(|a, b| a.name == b.name);
    let names: Vec<&str> = tests.flaky.iter().map(|flaky| flaky.name.as_str()).collect();
    settled.notes.extend(told("flaky, so neither fixed nor broken", &names));
    settled.notes.extend(cut_short(job.proving.reruns, head.len().min(base.len())));
    Ok(settled)
}

fn cut_short(wanted: u32, made: usize) -> Option<String> {
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    (made < wanted).then(|| {
        format!("what changed was run again {made}× instead of {wanted}×, for the time it takes")
    })
}

/// What is to be run again.
#[derive(Debug)]
struct Suspects {
    /// Indices among the job's checks.
    checks: Vec<usize>,
    selections: Selections,
    names: Vec<String>,
}

impl Suspects {
    fn of(checks: &[Check], both: &Both, tests: &Tests) -> Self {
        let names: Vec<String> = tests.fixed.iter().chain(&tests.broken).cloned().collect();
        let mut suspects = Self { checks: Vec::new(), selections: Selections::new(), names };
        for (index, check) in checks.iter().enumerate() {
            let (base, head) = (&both.base[index], &both.head[index]);
            let known = |name: &&String| {
                base.report.outcome(name).is_some() && head.report.outcome(name).is_some()
            };
            let own: Vec<&str> = suspects.names.iter().filter(known).map(String::as_str).collect();
            let breaks = base.exit.is_success() && !head.exit.is_success();
            if own.is_empty() && !breaks {
                continue;
            }
            suspects.checks.push(index);
            // Where its tests don't explain why it breaks, all of the check has to.
            let explained = !breaks || head.report.failed().next().is_some();
            let selection = Selection::of(check, &head.report, &own).filter(|_| explained);
            suspects.selections.extend(selection.map(|one| (check.name.clone(), one)));
        }
        suspects
    }

    /// Tests whose result isn't the same in every run of one side.
    fn differing(&self, first: &[CheckRun], again: &[Vec<CheckRun>]) -> BTreeMap<String, Flaky> {
        let mut differing = BTreeMap::new();
        for name in &self.names {
            let mut outcomes = Vec::new();
            for (position, &index) in self.checks.iter().enumerate() {
                outcomes.extend(first[index].report.outcome(name));
                outcomes.extend(
                    again.iter().filter_map(|runs| outcome(&first[index], &runs[position], name)),
                );
            }
            let passed = outcomes.iter().filter(|outcome| **outcome == Outcome::Passed).count();
            if passed > 0 && passed < outcomes.len() {
                let (runs, passed) = (outcomes.len() as u64, passed as u64);
                differing.insert(name.clone(), Flaky { name: name.clone(), runs, passed });
            }
        }
        differing
    }
}

/// What couldn't be loaded the first time has no name of its own where it could.
fn outcome(first: &CheckRun, again: &CheckRun, name: &str) -> Option<Outcome> {
    let loaded =
        || (first.report.holds_tests(name) && again.exit.is_success()).then_some(Outcome::Passed);
    again.report.outcome(name).or_else(loaded)
}

async fn again(
    runs: &Runs<'_>,
    suspects: &Suspects,
    place: Place,
    bounds: Bounds,
    first: &[CheckRun],
) -> Result<Vec<Vec<CheckRun>>, Error> {
    let job = runs.yard.job;
    let checks: Vec<&Check> = suspects.checks.iter().map(|&index| &job.checks[index]).collect();
    let first_ms: u64 = suspects.checks.iter().map(|&index| first[index].duration_ms).sum();
    let mut rounds: Vec<Vec<CheckRun>> = Vec::new();
    let mut spent_ms = 0;
    // What was stopped took all the time that it has, and will again.
    let hangs = suspects.checks.iter().any(|&index| first[index].hangs());
    let rounds_max = if hangs { 1 } else { job.proving.reruns };
    for round in 1..=rounds_max {
        if round > 1 && spent_ms > first_ms.max(RERUNS_MS_MIN) {
            break;
        }
        let errand =
            Errand { checks: &checks, place, round, bounds, selections: &suspects.selections };
        let made = match place {
            Place::HeadAgain | Place::Head => runs.run(runs.yard.at_head(), errand).await?,
            Place::BaseAgain | Place::Base | Place::BaseWithTests | Place::HeadWithTests => {
                runs.run(runs.yard.at_base(), errand).await?
            }
        };
        spent_ms += made.iter().map(|run| run.duration_ms).sum::<u64>();
        rounds.push(made);
    }
    Ok(rounds)
}

fn forgive(runs: &mut [CheckRun], flaky: &BTreeMap<String, Flaky>) {
    for run in runs {
        let known = |name: &&String| run.report.outcome(name) == Some(Outcome::Failed);
        let failed: Vec<String> = flaky.keys().filter(known).cloned().collect();
        failed.iter().for_each(|name| run.report.forgive(name));
    }
}

/// A check that failed once and passes again, if all that failed in it is flaky.
fn forgive_exit(
    check: &Check,
    head: &mut CheckRun,
    reruns: &[&CheckRun],
    flaky: &BTreeMap<String, Flaky>,
) -> Option<String> {
    let is_flaky =
        |name: &str| flaky.contains_key(name) || flaky.keys().any(|test| test.starts_with(name));
    if head.exit.is_success() || !head.report.failed().all(is_flaky) {
        return None;
    }
    let passing = reruns.iter().find(|rerun| rerun.exit.is_success())?;
    head.exit = passing.exit.clone();
    Some(format!("{} failed at head once and passed when it was run again", check.name))
}

fn exits_differ(suspects: &Suspects, first: &[CheckRun], again: &[Vec<CheckRun>]) -> bool {
    let whole = suspects.selections.is_empty();
    let differs = |(position, &index): (usize, &usize)| {
        again.iter().any(|runs| runs[position].exit != first[index].exit)
    };
    whole && suspects.checks.iter().enumerate().any(differs)
}
