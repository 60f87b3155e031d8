//! One commit's tests on the other's code. The change's tests should fail on the base's code
//! without the rest of it (red→green); the base's tests, and the base's settings of their runner,
//! should say of the change's code what the change's own say.

use std::collections::BTreeSet;

use domain::Change;
use domain::change::Kind;
use domain::evidence::{AsItWas, Finding, Tests};

use super::{Seen, merged, pair};
use crate::Error;
use crate::compare::Transplant;
use crate::hidden::{self, Hidden};
use crate::job::Place;
use crate::report::Report;
use crate::run::Bounds;
use crate::runner_config::configures;
use crate::runs::{ALL, Errand};
use crate::test_files::is_test_file;

/// Beyond this a change isn't one of tests but of a whole tree.
const TEST_FILES_MAX: usize = 1_000;

/// The change's test files as they are at head. A path that isn't UTF-8 can't be handed on.
pub(crate) fn test_files(change: &Change) -> Vec<String> {
    let is_there = |kind: Kind| match kind {
        Kind::Added | Kind::Modified => true,
        Kind::Deleted => false,
    };
    let files = change.files.iter().filter(|file| is_there(file.kind) && is_test_file(&file.path));
    files
        .map(|file| file.path.clone())
        .filter(|path| !path.contains('\u{fffd}'))
        .take(TEST_FILES_MAX)
        .collect()
}

/// Both ways. Corrects `tests`; says what was seen on the base's code, and what on head's.
pub(super) async fn both(
    seen: &Seen<'_>,
    tests: &mut Tests,
) -> Result<(Vec<String>, Vec<Finding>), Error> {
    let as_compared = tests.clone();
    let (on_base, on_head) =
        pair(seen.job().width, on_base(seen, tests), on_head(seen, &as_compared)).await?;
    let (findings, as_they_were) = on_head;
    tests.as_they_were = as_they_were;
    Ok((on_base, findings))
}

/// The base with the change's tests.
async fn on_base(seen: &Seen<'_>, tests: &mut Tests) -> Result<Vec<String>, Error> {
    let files = test_files(seen.job().change);
    if !tests.known || files.is_empty() {
        return Ok(Vec::new());
    }
    let testing = seen.testing(seen.head);
    let bounds = seen.bounds.after(seen.head);
    let errand = Errand {
        checks: &testing,
        place: Place::BaseWithTests,
        round: 1,
        bounds,
        selections: &ALL,
    };
    let runs = seen.runs.run(seen.runs.yard.at_base_with(&files), errand).await?;
    let transplant = Transplant {
        report: &merged(&runs),
        succeeded: runs.iter().all(|run| run.exit.is_success()),
        files: &files,
    };
    Ok(transplant.judge(tests, &merged(seen.head)))
}

/// What of the base is put back into head's files.
#[derive(Debug, Default)]
pub(super) struct Restored {
    /// As they are at base.
    back: Vec<String>,
    /// Files that the change adds.
    gone: Vec<String>,
    /// Those of both that are settings of a runner, not tests.
    settings: BTreeSet<String>,
}

impl Restored {
    /// Nothing where the change only adds tests.
    fn of(seen: &Seen<'_>) -> Option<Self> {
        let mut restored = Self::default();
        for file in &seen.job().change.files {
            let source = seen.sources.iter().find(|source| source.path == file.path);
            let is_setting = configures(&file.path, source, seen.job().checks);
            if file.path.contains('\u{fffd}') || !(is_setting || is_test_file(&file.path)) {
                continue;
            }
            match file.kind {
                Kind::Added => restored.gone.push(file.path.clone()),
                Kind::Modified | Kind::Deleted => restored.back.push(file.path.clone()),
            }
            if is_setting {
                restored.settings.insert(file.path.clone());
            }
        }
        let some = !restored.back.is_empty() || !restored.settings.is_empty();
        let few = restored.back.len() + restored.gone.len() <= TEST_FILES_MAX;
        (some && few).then_some(restored)
    }
}

/// Head with the base's tests: what they say, and what the change's own hide.
async fn on_head(seen: &Seen<'_>, tests: &Tests) -> Result<(Vec<Finding>, Vec<AsItWas>), Error> {
    let (base, head) = (merged(seen.base), merged(seen.head));
    let flaky: BTreeSet<&str> = tests.flaky.iter().map(|flaky| flaky.name.as_str()).collect();
    let mut hidden =
        Hidden { base: &base, head: &head, as_it_was: None, files: &[], flaky: &flaky };
    let Some(restored) = Restored::of(seen).filter(|_| base.is_known) else {
        let as_they_were = hidden.tests(tests);
        return Ok((hidden.findings(&as_they_were), as_they_were));
    };
    let first = seen.with_base_tests(&restored, 1).await?;
    hidden = Hidden { as_it_was: Some(&first), files: &restored.back, ..hidden };
    let as_they_were = hidden.tests(tests);
    let findings = hidden.findings(&as_they_were);
    if !hidden::objects(&findings) {
        return Ok((findings, as_they_were));
    }
    // Once more, so that no failure by chance accuses anybody.
    let mut better = first.clone();
    better.take_better(seen.with_base_tests(&restored, 2).await?);
    let hidden = Hidden { as_it_was: Some(&better), ..hidden };
    let as_they_were = hidden.tests(tests);
    Ok((hidden.findings(&as_they_were), as_they_were))
}

impl Seen<'_> {
    async fn with_base_tests(&self, restored: &Restored, round: u32) -> Result<Report, Error> {
        let Restored { back, gone, .. } = restored;
        let checks = self.testing(self.base);
        let bounds = Bounds { test_time: self.bounds.after(self.head).test_time, ..self.bounds };
        let errand = Errand {
            checks: &checks,
            place: Place::HeadWithTests,
            round,
            bounds,
            selections: &ALL,
        };
        let runs = self.runs.run(self.runs.yard.at_head_without(back, gone), errand).await?;
        Ok(merged(&runs))
    }
}
