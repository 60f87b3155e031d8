//! Reads the text that `cargo test` prints, since only nightly writes a report. Names carry their
//! target, `demo src/lib.rs::tests::adds`, because two targets may have a test of one name. Results
//! are believed between "running 3 tests" and its end, once for each target that cargo names, and
//! where the counts agree.

use super::{Numbered, Outcome, Report};

pub(crate) const READER: &str = "libtest";

/// Reads a whole log in which standard output and error stand as they came.
pub(crate) fn read(log: &str) -> Report {
    let mut reading = Reading { is_quiet: !log.lines().any(names_target), ..Reading::default() };
    log.lines().for_each(|line| reading.line(line));
    reading.end_section(None);
    let mut report = reading.report;
    // Cargo stops at the first target that fails, unless it was told not to; then it lists them.
    report.stopped_early |= log.contains("error: test failed, to rerun pass")
        && !log.lines().any(|line| line.starts_with("error: ") && line.ends_with("failed:"));
    report
}

fn names_target(line: &str) -> bool {
    target(line.trim_start()).is_some()
}

#[derive(Debug, Default)]
struct Reading {
    report: Report,
    /// Cargo names no target, as with `--quiet`, or it isn't cargo that runs the tests.
    is_quiet: bool,
    /// Whose results come next; each has them once.
    target: Option<String>,
    targets: Numbered,
    names: Numbered,
    section: Option<Section>,
}

/// Between "running 3 tests" and its end. What a failed test printed comes after "failures:", so
/// it can't pass for results.
#[derive(Debug)]
struct Section {
    target: String,
    announced: u64,
    read: Counts,
    is_over: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
    /// Ignored, or measured as a benchmark.
    others: u64,
}

impl Counts {
    fn all(self) -> u64 {
        self.passed + self.failed + self.others
    }

    fn has(self, read: Self) -> bool {
        read.passed <= self.passed && read.failed <= self.failed && read.others <= self.others
    }
}

impl Reading {
    fn line(&mut self, line: &str) {
        if let Some(target) = target(line.trim_start()) {
            self.end_section(None);
            self.target = Some(self.targets.name(target));
            self.names = Numbered::default();
        } else if let Some(counts) = line.strip_prefix("test result: ") {
            self.end(counts);
        } else if let Some(section) = &mut self.section {
            if line == "failures:" {
                section.is_over = true;
            } else if let Some((name, outcome)) = result(line).filter(|_| !section.is_over) {
                self.record(&name, outcome);
            }
        } else if let Some(announced) = announced(line) {
            self.begin_section(announced);
        }
    }

    fn begin_section(&mut self, announced: u64) {
        let target = match (self.target.take(), self.is_quiet) {
            (Some(target), _) => target,
            (None, true) => String::new(),
            (None, false) => {
                self.report.doubt("results are printed that belong to no target of cargo's");
                return;
            }
        };
        self.report.readers.insert(READER.to_owned());
        self.report.is_known |= !self.is_quiet;
        let read = Counts::default();
        self.section = Some(Section { target, announced, read, is_over: false });
    }

    fn record(&mut self, name: &str, outcome: Outcome) {
        let Some(section) = &mut self.section else { return };
        match outcome {
            Outcome::Passed => section.read.passed += 1,
            Outcome::Failed => section.read.failed += 1,
            Outcome::Skipped => section.read.others += 1,
        }
        let full = match section.target.as_str() {
            "" => name.to_owned(),
            target => format!("{target}::{name}"),
        };
        let full = self.names.name(full);
        self.report.record(&full, outcome);
    }

    fn end(&mut self, text: &str) {
        match (&self.section, counts(text)) {
            (Some(_), Some(counts)) => self.end_section(Some(counts)),
            (Some(_), None) => {}
            (None, _) if self.report.readers.contains(READER) => {
                self.report.doubt("a sum of results is printed that belongs to no results");
            }
            (None, _) => {}
        }
    }

    fn end_section(&mut self, counts: Option<Counts>) {
        let Some(Section { target, announced, read, .. }) = self.section.take() else { return };
        let Some(counts) = counts else {
            self.report.stopped_early = true;
            self.report.doubt(format!(
                "{target} went away in the middle: {announced} tests were announced and {} \
                 results could be read",
                read.all()
            ));
            return;
        };
        if counts.all() != announced || !counts.has(read) {
            self.report.stopped_early = true;
            self.report.doubt(format!(
                "{target} announced {announced} tests, sums up {} and shows {}",
                counts.all(),
                read.all()
            ));
            return;
        }
        let missing = counts.all() - read.all();
        self.report.unnamed += missing;
        if missing > 0 && !self.is_quiet {
            self.report.stopped_early = true;
            let note = format!("{target}: {missing} of {announced} results could not be read");
            self.report.notes.push(note);
        }
    }
}

/// `ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s`.
fn counts(text: &str) -> Option<Counts> {
    let (_, parts) = text.split_once(". ")?;
    let mut counts = Counts::default();
    for part in parts.split("; ") {
        match part.split_once(' ') {
            Some((number, "passed")) => counts.passed = number.parse().ok()?,
            Some((number, "failed")) => counts.failed = number.parse().ok()?,
            Some((number, "ignored" | "measured")) => {
                counts.others = counts.others.checked_add(number.parse::<u32>().ok()?.into())?;
            }
            Some(_) | None => {}
        }
    }
    let sane = counts.passed < u64::from(u32::MAX) && counts.failed < u64::from(u32::MAX);
    sane.then_some(counts)
}

fn announced(line: &str) -> Option<u64> {
    let (count, word) = line.strip_prefix("running ")?.split_once(' ')?;
    let count: Option<u32> = matches!(word, "test" | "tests").then(|| count.parse().ok()).flatten();
    count.map(u64::from)
}

/// `Running unittests src/lib.rs (target/debug/deps/demo-0123)` and `Doc-tests demo`.
fn target(line: &str) -> Option<String> {
    if let Some(package) = line.strip_prefix("Doc-tests ") {
        return Some(format!("{package} doc-tests"));
    }
    let (source, binary) = line.strip_prefix("Running ")?.strip_suffix(')')?.split_once(" (")?;
    let source = source.strip_prefix("unittests ").unwrap_or(source);
    let file = binary.rsplit('/').next().unwrap_or(binary);
    let name = file.rsplit_once('-').map_or(file, |(name, _hash)| name);
    let says_it_already = source.ends_with(&format!("/{name}.rs"));
    Some(if says_it_already { source.to_owned() } else { format!("{name} {source}") })
}

fn result(line: &str) -> Option<(String, Outcome)> {
    let (name, said) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    let outcome = match said.split(',').next().unwrap_or_default() {
        "ok" => Outcome::Passed,
        "FAILED" => Outcome::Failed,
        "ignored" => Outcome::Skipped,
        _ => return None,
    };
    let kinds = [" - should panic", " - compile fail", " - compile"];
    let name = kinds.iter().find_map(|kind| name.strip_suffix(kind)).unwrap_or(name);
    Some((without_line(name).to_owned(), outcome))
}

/// A doc-test's line moves whenever anything above it is edited.
fn without_line(name: &str) -> &str {
    match name.rsplit_once(" (line ") {
        Some((rest, number))
            if number.trim_end_matches(')').bytes().all(|b| b.is_ascii_digit()) =>
        {
            rest.trim_end_matches(" -")
        }
        Some(_) | None => name,
    }
}
