//! The last resort: a Makefile with a target named `test`.

use super::{Guessed, View};

/// The order in which make itself looks.
const NAMES: [&str; 3] = ["GNUmakefile", "makefile", "Makefile"];

pub(super) fn test(view: &View<'_>) -> Option<Guessed> {
    let file = view.first_existing(&NAMES)?;
    view.text(file).lines().any(is_test_target).then(|| Guessed {
        language: "Make",
        command: "make test".into(),
        file: file.into(),
        why: "it has a target named test".into(),
        is_rooted: false,
    })
}

/// `test: build`, and not `test := pytest`.
fn is_test_target(line: &str) -> bool {
    line.split_once(':').is_some_and(|(targets, rest)| {
        targets.split_whitespace().any(|target| target == "test") && !rest.starts_with(['=', ':'])
    })
}
