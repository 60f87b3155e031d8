//! One commit's tests on the other's code. The change's tests should fail on the base's code
//! without the rest of it (red→green); the base's tests, and the base's settings of their runner,
//! should say of the change's code what the change's own say.

use std::collections::BTreeSet;

use domain::Change;
use domain::change::Kind;
use domain::evidence::{self, AsItWas, Finding, Tests, Weight};

use super::{Seen, merged, pair};
use crate::Error;
use crate::clean::Text;
use crate::compare::{Transplant, told};
use crate::hidden::{self, Hidden};
use crate::inline::{InlineFile, Places};
use crate::job::Place;
use crate::report::Report;
use crate::run::{Bounds, CheckRun};
use crate::runner_config::configures;
use crate::runs::{ALL, Errand};
use crate::test_files::is_test_file;

/// Beyond this a change isn't one of tests but of a whole tree.
const TEST_FILES_MAX: usize = 1_000;
/// Further ones say nothing new.
const FINDINGS_MAX: usize = 10;

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
    let head = merged(seen.head);
    let files = &seen.places.files;
    let texts: Vec<Text<'_>> = texts(&seen.places.inline, |file| file.on_base.as_deref());
    if !tests.known || (files.is_empty() && texts.is_empty()) {
        return Ok(Vec::new());
    }
    let judge = |runs: &[CheckRun], places: &Places, tests: &mut Tests| {
        let succeeded = runs.iter().all(|run| run.exit.is_success());
        Transplant { report: &merged(runs), succeeded, places }.judge(tests, &head)
    };
    let runs = seen.with_head_tests(&texts, 1).await?;
    if texts.is_empty() || !stops(&runs) {
        return Ok(judge(&runs, seen.places, tests));
    }
    let note = told("base's code can't be compiled with the change's inline tests", &paths(&texts));
    let files_only = Places { inline: Vec::new(), ..seen.places.clone() };
    if files.is_empty() {
        return Ok(note.into_iter().collect());
    }
    // Else its test files would count as failing there, whatever they test.
    let runs = seen.with_head_tests(&[], 2).await?;
    Ok(judge(&runs, &files_only, tests).into_iter().chain(note).collect())
}

fn texts<'a>(
    inline: &'a [InlineFile],
    of: impl Fn(&'a InlineFile) -> Option<&'a str>,
) -> Vec<Text<'a>> {
    inline.iter().filter_map(|file| Some(Text { path: &file.path, text: of(file)? })).collect()
}

fn paths<'a>(texts: &[Text<'a>]) -> Vec<&'a str> {
    texts.iter().map(|text| text.path).collect()
}

/// Whether `runs` ended where code and inline tests of two commits don't go together.
fn stops(runs: &[CheckRun]) -> bool {
    let says_so = |run: &CheckRun| {
        let log = String::from_utf8_lossy(&run.log);
        log.lines().any(|line| line.starts_with("error: could not compile `"))
    };
    runs.iter().any(|run| !run.exit.is_success() && (!run.report.is_known || says_so(run)))
}

/// What of the base is put back into head's files.
#[derive(Debug, Default)]
pub(super) struct Restored {
    /// As they are at base, as a whole or their inline tests.
    back: Places,
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
                // Head's code is no crate without its modules.
                Kind::Added if !is_setting && is_module(&file.path) => continue,
                Kind::Added => restored.gone.push(file.path.clone()),
                Kind::Modified | Kind::Deleted => restored.back.files.push(file.path.clone()),
            }
            if is_setting {
                restored.settings.insert(file.path.clone());
            }
        }
        let inline = seen.places.inline.iter().filter(|file| file.on_head.is_some());
        restored.back.inline = inline.cloned().collect();
        let few = restored.back.files.len() + restored.gone.len() <= TEST_FILES_MAX;
        (restored.is_any() && few).then_some(restored)
    }

    fn is_any(&self) -> bool {
        !self.back.is_empty() || !self.settings.is_empty()
    }

    fn texts(&self) -> Vec<Text<'_>> {
        texts(&self.back.inline, |file| file.on_head.as_deref())
    }
}

/// `src/calc/tests.rs` is part of what it tests.
fn is_module(path: &str) -> bool {
    path.ends_with(".rs") && path.split('/').any(|folder| folder == "src")
}

/// Head with the base's tests: what they say, and what the change's own hide.
async fn on_head(seen: &Seen<'_>, tests: &Tests) -> Result<(Vec<Finding>, Vec<AsItWas>), Error> {
    let (base, head) = (merged(seen.base), merged(seen.head));
    let flaky: BTreeSet<&str> = tests.flaky.iter().map(|flaky| flaky.name.as_str()).collect();
    let none = Places::default();
    let mut hidden =
        Hidden { base: &base, head: &head, as_it_was: None, places: &none, flaky: &flaky };
    let restored = Restored::of(seen).filter(|_| base.is_known);
    let Some(AsBefore { restored, report, apart }) = as_before(seen, restored).await? else {
        let as_they_were = hidden.tests(tests);
        return Ok((hidden.findings(&as_they_were), as_they_were));
    };
    let first = report;
    hidden = Hidden { as_it_was: first.as_ref(), places: &restored.back, ..hidden };
    let mut as_they_were = hidden.tests(tests);
    let mut findings = hidden.findings(&as_they_were);
    if let Some(first) = first.as_ref().filter(|_| hidden::objects(&findings)) {
        // Once more, so that no failure by chance accuses anybody.
        let mut better = first.clone();
        better.take_better(merged(&seen.with_base_tests(&restored, 3).await?));
        let hidden = Hidden { as_it_was: Some(&better), ..hidden };
        as_they_were = hidden.tests(tests);
        findings = hidden.findings(&as_they_were);
    }
    findings.extend(apart);
    Ok((findings, as_they_were))
}

/// A run of head with the base's tests.
struct AsBefore {
    /// What of them could be put back.
    restored: Restored,
    /// `None` where that was nothing.
    report: Option<Report>,
    /// Said of the rest.
    apart: Vec<Finding>,
}

async fn as_before(seen: &Seen<'_>, restored: Option<Restored>) -> Result<Option<AsBefore>, Error> {
    let Some(mut restored) = restored else { return Ok(None) };
    let runs = seen.with_base_tests(&restored, 1).await?;
    let texts = restored.texts();
    if texts.is_empty() || !stops(&runs) {
        return Ok(Some(AsBefore { restored, report: Some(merged(&runs)), apart: Vec::new() }));
    }
    let apart = texts.iter().take(FINDINGS_MAX).map(not_together).collect();
    restored.back.inline = Vec::new();
    let report = match restored.is_any() {
        true => Some(merged(&seen.with_base_tests(&restored, 2).await?)),
        false => None,
    };
    Ok(Some(AsBefore { restored, report, apart }))
}

/// What a reviewer has to look at instead.
fn not_together(text: &Text<'_>) -> Finding {
    Finding {
        kind: evidence::Kind::TestEdited,
        weight: Weight::Warning,
        path: Some(text.path.to_owned()),
        line: None,
        text: "the tests in it, as they were, can't be compiled with the change's code".into(),
    }
}

impl Seen<'_> {
    async fn with_head_tests(
        &self,
        texts: &[Text<'_>],
        round: u32,
    ) -> Result<Vec<CheckRun>, Error> {
        let checks = self.testing(self.head);
        let place = Place::BaseWithTests;
        let bounds = self.bounds.after(self.head);
        let errand = Errand { checks: &checks, place, round, bounds, selections: &ALL };
        let making = self.runs.yard.at_base_with(&self.places.files, texts);
        self.runs.run(making, errand).await
    }

    async fn with_base_tests(
        &self,
        restored: &Restored,
        round: u32,
    ) -> Result<Vec<CheckRun>, Error> {
        let checks = self.testing(self.base);
        let place = Place::HeadWithTests;
        let bounds = Bounds { test_time: self.bounds.after(self.head).test_time, ..self.bounds };
        let errand = Errand { checks: &checks, place, round, bounds, selections: &ALL };
        let texts = restored.texts();
        let making = self.runs.yard.at_head_without(&restored.back.files, &restored.gone, &texts);
        self.runs.run(making, errand).await
    }
}
