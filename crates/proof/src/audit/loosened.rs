//! Tests that the change deletes, skips, weakens or edits. A test that is only renamed, moved or
//! formatted is none of these.

mod constants;
mod pairs;

use std::collections::{BTreeMap, BTreeSet};

use domain::evidence::{Finding, Kind, Weight};
use syntax::testing::{self, Mark, MarkKind, Test, TestFile};

use super::{file_name, finding, quote};
use crate::sources::Source;
use crate::test_files::is_test_file;
use pairs::compare;

/// Deleted tests of one file that are named one by one.
const NAMED_MAX: usize = 10;

/// A file's tests at both sides.
struct Both<'s> {
    source: &'s Source,
    base: TestFile,
    head: TestFile,
}

pub(super) fn findings(sources: &[Source]) -> Vec<Finding> {
    let files: Vec<Both<'_>> = sources.iter().filter_map(both).collect();
    let mut moved = Moved::of(&files);
    let mut findings = Vec::new();
    for file in &files {
        findings.extend(file.compare(&mut moved));
    }
    findings.extend(sources.iter().flat_map(constants::findings));
    findings
}

fn both(source: &Source) -> Option<Both<'_>> {
    let (base, head) = (source.base.text(), source.head.text());
    let read = |text: Option<&str>| {
        let text = text.filter(|text| has_tests(&source.path, text))?;
        testing::read(&source.path, text)
    };
    let (base, head) = (read(base), read(head));
    (base.is_some() || head.is_some()).then(|| Both {
        source,
        base: base.unwrap_or_default(),
        head: head.unwrap_or_default(),
    })
}

/// A function that is called `test_connection` is a test only where tests are.
fn has_tests(path: &str, text: &str) -> bool {
    const IMPORTS: [&str; 8] = [
        "import unittest",
        "import pytest",
        "from unittest",
        "node:test",
        "@jest/globals",
        "vitest",
        "mocha",
        "#[",
    ];
    is_test_file(path) || IMPORTS.iter().any(|import| text.contains(import))
}

/// Tests that are at head and not at base, each of which one that is gone may have become.
struct Moved<'f> {
    waiting: Vec<Option<(&'f Source, &'f Test, Deed)>>,
    /// Places of those that are called so, do the same, or assert the same.
    places: BTreeMap<String, Vec<usize>>,
}

/// Of those that may be it, as many are looked at for each that is gone.
const LOOKED_AT_MAX: usize = 50;

impl<'f> Moved<'f> {
    fn of(files: &'f [Both<'f>]) -> Self {
        let mut moved = Self { waiting: Vec::new(), places: BTreeMap::new() };
        for file in files {
            let known = names(&file.base);
            let new = file.head.tests.iter().filter(|test| !known.contains_key(test.name.as_str()));
            for test in new {
                let deed = Deed::of(test);
                for known_by in deed.traits().chain(deed.assertions.iter().map(String::as_str)) {
                    moved.places.entry(known_by.to_owned()).or_default().push(moved.waiting.len());
                }
                moved.waiting.push(Some((file.source, test, deed)));
            }
        }
        moved
    }

    /// By its name in another file, or by what it does under another name.
    fn take(&mut self, from: &Source, test: &Test) -> Option<(&'f Source, &'f Test)> {
        let (deed, collected) = (Deed::of(test), is_collected(&from.path));
        let traits = deed.traits().chain(deed.assertions.first().map(String::as_str));
        let places = traits.filter_map(|name| self.places.get(name)).flatten();
        let mut best = None;
        for place in places.take(LOOKED_AT_MAX) {
            let Some((to, _, done)) = &self.waiting[*place] else { continue };
            if collected && !is_collected(&to.path) {
                continue;
            }
            // What it does says more than how it is called.
            let likeness = u8::from(done.name == deed.name) + 2 * u8::from(deed.is_in(done));
            if likeness > best.map_or(0, |(best, _)| best) {
                best = Some((likeness, *place));
            }
        }
        let (source, test, _) = self.waiting[best?.1].take()?;
        Some((source, test))
    }
}

fn names(file: &TestFile) -> BTreeMap<&str, &Test> {
    file.tests.iter().map(|test| (test.name.as_str(), test)).collect()
}

/// What a test does, however it is formatted, and its name without what it lies in.
struct Deed {
    name: String,
    body: String,
    assertions: BTreeSet<String>,
}

impl Deed {
    fn of(test: &Test) -> Self {
        let name = test.name.rsplit([':', '>']).next().unwrap_or(&test.name).trim().to_owned();
        let assertions = test.assertions.iter().map(|assertion| pairs::key(&assertion.text));
        Self { name, body: pairs::key(&test.body), assertions: assertions.collect() }
    }

    fn traits(&self) -> impl Iterator<Item = &str> {
        [self.name.as_str(), self.body.as_str()].into_iter()
    }

    fn is_in(&self, other: &Self) -> bool {
        self.body == other.body
            || (!self.assertions.is_empty() && self.assertions.is_subset(&other.assertions))
    }
}

/// Pytest looks into files with such names only.
fn is_collected(path: &str) -> bool {
    let name = file_name(path);
    !name.ends_with(".py")
        || name.starts_with("test")
        || name.ends_with("_test.py")
        || name == "tests.py"
}

impl Both<'_> {
    fn compare(&self, moved: &mut Moved<'_>) -> Vec<Finding> {
        let mut findings = self.new_marks();
        let mut deleted = Vec::new();
        for test in &self.base.tests {
            let kept = self.head.tests.iter().find(|head| head.name == test.name);
            let now =
                kept.map(|head| (self.source, head)).or_else(|| moved.take(self.source, test));
            match now {
                Some((source, head)) => findings.extend(compare(source, test, head)),
                None => deleted.push(test),
            }
        }
        findings.extend(self.deleted(&deleted));
        findings.extend(self.added());
        findings
    }

    fn new_marks(&self) -> Vec<Finding> {
        let is_known = |mark: &Mark| self.base.marks.iter().any(|base| base.text == mark.text);
        let new =
            self.head.marks.iter().filter(|mark| !is_known(mark) && !self.base.tests.is_empty());
        new.map(|mark| {
            let text = format!("the file's tests don't run: {}", quote(&mark.text));
            finding(Kind::TestSkipped, weight_of(mark), self.source, mark.line, text)
        })
        .collect()
    }

    fn deleted(&self, deleted: &[&Test]) -> Vec<Finding> {
        let gone = |test: &&Test| {
            let text = format!("the test {} is deleted", quote(&test.name));
            finding(Kind::TestDeleted, Weight::Warning, self.source, *test.lines.start(), text)
        };
        if deleted.len() <= NAMED_MAX {
            return deleted.iter().map(gone).collect();
        }
        let names: Vec<String> = deleted.iter().take(3).map(|test| quote(&test.name)).collect();
        let text = format!("{} tests are deleted, among them {}", deleted.len(), names.join(", "));
        vec![finding(Kind::TestDeleted, Weight::Warning, self.source, None, text)]
    }

    /// A test that the change adds, and that can't fail.
    fn added(&self) -> Vec<Finding> {
        let known = names(&self.base);
        let is_new = |test: &&Test| !known.contains_key(test.name.as_str());
        let new = self.head.tests.iter().filter(is_new);
        let only = new.clone().flat_map(|test| {
            let only = test.marks.iter().filter(|mark| mark.kind == MarkKind::Only);
            only.map(|mark| {
                let text = format!("only tests with this mark run: {}", quote(&mark.text));
                finding(Kind::TestSkipped, Weight::Warning, self.source, mark.line, text)
            })
        });
        let empty = new.clone().filter(|test| !pairs::can_fail(test) && !pairs::is_skipped(test));
        let empty = empty.map(|test| {
            let text = format!("the new test {} can't fail", quote(&test.name));
            finding(Kind::TestWeakened, Weight::Warning, self.source, *test.lines.start(), text)
        });
        only.chain(empty).collect()
    }
}

/// A skip on a platform that the computer isn't is nothing to look at.
fn weight_of(mark: &Mark) -> Weight {
    const ELSEWHERE: [&str; 6] = ["win32", "\"nt\"", "'nt'", "Windows", "windows", "darwin"];
    let is_elsewhere = ELSEWHERE.iter().any(|word| mark.text.contains(word))
        && !mark.text.contains("!=")
        && !mark.text.contains("not ");
    if mark.kind == MarkKind::SkipIf && is_elsewhere { Weight::Note } else { Weight::Warning }
}
