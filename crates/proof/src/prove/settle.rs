//! Runs what broke once more, in another clean computer: what passes then is flaky, and nobody's
//! fault.

use domain::evidence::Tests;
use environment::Check;

use super::{merged, transplant};
use crate::Error;
use crate::compare::{compare, told};
use crate::job::Place;
use crate::report::Outcome;
use crate::run::{Bounds, CheckRun};
use crate::runs::{Errand, Runs};

/// Corrects `head` and `tests`; says what it saw.
pub(super) async fn settle(
    runs: &Runs<'_>,
    bounds: Bounds,
    base: &[CheckRun],
    head: &mut [CheckRun],
    tests: &mut Tests,
) -> Result<Vec<String>, Error> {
    let checks = runs.yard.job.checks;
    let broken: Vec<usize> =
        (0..head.len()).filter(|&index| breaks(&base[index], &head[index])).collect();
    let mut notes = Vec::new();
    if broken.is_empty() {
        return Ok(notes);
    }
    let again: Vec<&Check> = broken.iter().map(|&index| &checks[index]).collect();
    let errand = Errand { checks: &again, place: Place::HeadAgain, round: 1, bounds };
    let reruns = runs.run(runs.yard.at_head(), errand).await?;
    for (index, rerun) in broken.into_iter().zip(reruns) {
        notes.extend(forgive(&checks[index], &mut head[index], &rerun));
    }
    *tests = compare(&merged(base), &merged(head), &transplant::test_files(runs.yard.job.change));
    Ok(notes)
}

fn forgive(check: &Check, head: &mut CheckRun, rerun: &CheckRun) -> Vec<String> {
    let passes = |name: &&str| match rerun.report.outcome(name) {
        Some(Outcome::Passed) => true,
        // What couldn't be loaded has no name of its own where it could.
        None => head.report.holds_tests(name) && rerun.exit.is_success(),
        Some(Outcome::Failed | Outcome::Skipped) => false,
    };
    let mut notes = Vec::new();
    let flaky: Vec<String> = head.report.failed().filter(passes).map(str::to_owned).collect();
    flaky.iter().for_each(|name| head.report.forgive(name));
    if rerun.exit.is_success() && !head.exit.is_success() {
        head.exit = rerun.exit.clone();
        let name = &check.name;
        notes.push(format!("{name} failed at head once and passed when it was run again"));
    }
    let names: Vec<&str> = flaky.iter().map(String::as_str).collect();
    notes.extend(told("flaky, so not counted as broken", &names));
    notes
}

/// Something that was fine at base isn't at head.
fn breaks(base: &CheckRun, head: &CheckRun) -> bool {
    (base.exit.is_success() && !head.exit.is_success())
        || !compare(&base.report, &head.report, &[]).broken.is_empty()
}
