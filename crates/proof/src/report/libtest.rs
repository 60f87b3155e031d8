//! Reads the text that `cargo test` prints, since only nightly writes a report. Names carry their
//! target, `demo src/lib.rs::tests::adds`, because two targets may have a test of one name.

use std::collections::BTreeMap;

use super::{Outcome, Report};

/// Reads a whole log in which standard output and error stand as they came.
pub(crate) fn read(log: &str) -> Report {
    let mut reading = Reading::default();
    log.lines().for_each(|line| reading.line(line));
    let mut report = reading.report;
    // Cargo stops at the first target that fails, unless it was told not to; then it lists them.
    report.stopped_early |= log.contains("error: test failed, to rerun pass")
        && !log.lines().any(|line| line.starts_with("error: ") && line.ends_with("failed:"));
    report
}

#[derive(Debug, Default)]
struct Reading {
    report: Report,
    target: String,
    targets: BTreeMap<String, u32>,
    names: BTreeMap<String, u32>,
    /// Between "running 3 tests" and its end. What a failed test printed comes after it, so it
    /// can't pass for results.
    section: Option<Section>,
}

#[derive(Debug)]
struct Section {
    announced: usize,
    read: usize,
}

impl Reading {
    fn line(&mut self, line: &str) {
        match &mut self.section {
            Some(section) => {
                if line == "failures:" || line.starts_with("test result: ") {
                    self.end_section();
                } else if let Some((name, outcome)) = result(line) {
                    section.read += 1;
                    self.record(&name, outcome);
                }
            }
            None => self.heading(line),
        }
    }

    fn heading(&mut self, line: &str) {
        if let Some(target) = target(line.trim_start()) {
            self.target = numbered(&mut self.targets, target);
            self.names.clear();
        } else if let Some(announced) = announced(line) {
            self.report.is_known = true;
            self.section = Some(Section { announced, read: 0 });
        }
    }

    fn record(&mut self, name: &str, outcome: Outcome) {
        let full = numbered(&mut self.names, format!("{}::{name}", self.target));
        self.report.record(&full, outcome);
    }

    fn end_section(&mut self) {
        let Some(Section { announced, read }) = self.section.take() else { return };
        if read != announced {
            self.report.stopped_early = true;
            let target = &self.target;
            self.report.notes.push(format!(
                "{target}: {announced} tests were announced and {read} results could be read"
            ));
        }
    }
}

fn announced(line: &str) -> Option<usize> {
    let (count, word) = line.strip_prefix("running ")?.split_once(' ')?;
    matches!(word, "test" | "tests").then(|| count.parse().ok()).flatten()
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

/// The second of one name becomes `name #2`.
fn numbered(seen: &mut BTreeMap<String, u32>, name: String) -> String {
    let count = seen.entry(name.clone()).or_default();
    *count += 1;
    if *count == 1 { name } else { format!("{name} #{count}") }
}
