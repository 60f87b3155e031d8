//! What a fault could be put into: the changed lines of files that are no tests, and which test
//! files are likely to notice.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use computer::{Computer, Exec, Stdin};
use syntax::Parsed;
use syntax::edit::{Edit, mutants};

use crate::Error;
use crate::clean::git_exec;
use crate::sources::Source;
use crate::test_files::is_test_file;

/// Of all files together.
const FAULTS_MAX: usize = 5_000;
/// In one place.
const OF_A_KIND_MAX: usize = 2;
/// Test files that are run before all others.
const TEST_FILES_MAX: usize = 50;

/// One fault.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fault {
    /// Which of [`Suspects::files`].
    pub file: usize,
    pub line: u32,
    pub edit: Edit,
}

#[derive(Debug)]
pub(super) struct File<'a> {
    pub path: &'a str,
    /// At head.
    pub text: &'a str,
}

#[derive(Debug)]
pub(super) struct Suspects<'a> {
    pub files: Vec<File<'a>>,
    /// From one file after the other in turns: however few are tried, they are spread.
    pub faults: Vec<Fault>,
    changed_tests: Vec<&'a str>,
    has_foreign: bool,
}

impl<'a> Suspects<'a> {
    pub fn new(sources: &'a [Source]) -> Self {
        let mut suspects = Self {
            files: Vec::new(),
            faults: Vec::new(),
            changed_tests: Vec::new(),
            has_foreign: false,
        };
        let mut of_files = Vec::new();
        for source in sources {
            let Some(text) = source.head.text() else { continue };
            if is_test_file(&source.path) {
                suspects.changed_tests.push(&source.path);
                continue;
            }
            let Some(parsed) = Parsed::new(&source.path, text.to_owned()) else {
                suspects.has_foreign |= !source.changed.is_empty();
                continue;
            };
            let file = suspects.files.len();
            suspects.files.push(File { path: &source.path, text });
            let found = mutants(&parsed, &lines(source, text)).into_iter();
            let found = found.map(|one| Fault { file, line: one.line, edit: one.edit });
            of_files.push(few_of_a_kind(found));
        }
        suspects.faults = in_turns(of_files);
        suspects
    }

    pub fn why_none(&self) -> &'static str {
        match (self.files.is_empty(), self.has_foreign) {
            (true, true) => "the changed files are in no language that faults are known for",
            (true, false) => "no file but tests is changed",
            (false, _) => "the changed lines have nothing that a fault is known for",
        }
    }

    /// The change's own tests first, then those that name the module. Empty where nobody does.
    pub async fn test_files(
        &self,
        computer: &dyn Computer,
        file: usize,
    ) -> Result<Vec<String>, Error> {
        let Some(module) = module(self.files[file].path) else { return Ok(Vec::new()) };
        // What isn't found is no failure: git says so by its exit code.
        let args = ["grep", "-l", "-z", "-w", "-F", "-e", module, "--", "*.py"];
        let exec: Exec = git_exec(&args, Stdin::Null);
        let found = computer.run(exec).await.map_err(Error::at("look for a module's tests"))?;
        let text = found.stdout.text();
        let own = self.changed_tests.iter().copied().filter(|path| path.ends_with(".py"));
        let naming = text.split('\0').filter(|path| !path.is_empty() && is_test_file(path));
        let mut seen = BTreeSet::new();
        let files = own.chain(naming).filter(|path| seen.insert(path.to_owned()));
        Ok(files.take(TEST_FILES_MAX).map(str::to_owned).collect())
    }
}

/// What an import calls the file: a package by its folder.
fn module(path: &str) -> Option<&str> {
    let stem = path.strip_suffix(".py")?;
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    stem.rsplit('/').next().filter(|name| !name.is_empty())
}

/// The changed lines without those of a test module, which Rust has in the file that it tests.
fn lines(source: &Source, text: &str) -> Vec<RangeInclusive<u32>> {
    let tests = text.lines().position(|line| line.trim_start().starts_with("#[cfg(test)]"));
    let end = tests.filter(|_| source.path.ends_with(".rs")).and_then(|at| u32::try_from(at).ok());
    let end = end.unwrap_or(u32::MAX);
    let cut = source.changed.iter().map(|lines| *lines.start()..=(*lines.end()).min(end));
    cut.filter(|lines| !lines.is_empty()).collect()
}

/// Six other numbers in one place tell hardly more than two.
fn few_of_a_kind(faults: impl Iterator<Item = Fault>) -> Vec<Fault> {
    let mut seen: BTreeMap<(usize, &'static str), usize> = BTreeMap::new();
    let mut is_new = |fault: &Fault| {
        let of_its_kind = (fault.edit.range().start, fault.edit.template.name());
        let count = seen.entry(of_its_kind).or_default();
        *count += 1;
        *count <= OF_A_KIND_MAX
    };
    faults.filter(|fault| is_new(fault)).collect()
}

fn in_turns(of_files: Vec<Vec<Fault>>) -> Vec<Fault> {
    let mut queues: Vec<_> = of_files.into_iter().map(Vec::into_iter).collect();
    let mut faults = Vec::new();
    while faults.len() < FAULTS_MAX {
        let before = faults.len();
        faults.extend(queues.iter_mut().filter_map(Iterator::next));
        if faults.len() == before {
            break;
        }
    }
    faults
}
