//! One commit's tests on the other's code. The change's tests should fail on the base's code
//! without the rest of it (red→green), and what is called fixed should fail there again.

use domain::Change;
use domain::change::Kind;
use domain::evidence::Tests;

use super::{Seen, merged};
use crate::Error;
use crate::compare::Transplant;
use crate::job::Place;
use crate::runs::Errand;
use crate::test_files::is_test_file;

/// Beyond this a change isn't one of tests but of a whole tree.
const TEST_FILES_MAX: usize = 1_000;

/// The change's test files as they are at head. A path that isn't UTF-8 can't be handed on.
pub(super) fn test_files(change: &Change) -> Vec<String> {
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

/// The base a second time, with the change's tests. Corrects `tests`; says what it saw.
pub(super) async fn on_base(seen: &Seen<'_>, tests: &mut Tests) -> Result<Vec<String>, Error> {
    let files = test_files(seen.job().change);
    if !tests.known || (files.is_empty() && tests.fixed.is_empty()) {
        return Ok(Vec::new());
    }
    let place = if files.is_empty() { Place::BaseAgain } else { Place::BaseWithTests };
    let bounds = seen.bounds.after(seen.head);
    let errand = Errand { checks: &seen.testing(), place, round: 1, bounds };
    let runs = seen.runs.run(seen.runs.yard.at_base_with(&files), errand).await?;
    let transplant = Transplant {
        report: &merged(&runs),
        succeeded: runs.iter().all(|run| run.exit.is_success()),
        files: &files,
    };
    Ok(transplant.judge(tests, &merged(seen.head)))
}
