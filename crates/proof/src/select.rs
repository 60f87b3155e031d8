//! Runs of a check that are to have single tests only, where its runner can be made to.

use environment::Check;

use crate::report::{Report, libtest};

/// More tests than these are run with all others.
const NAMES_MAX: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selection {
    /// A list in JSON, for our reporters in pytest and unittest, however they are started.
    List(String),
    /// Another command.
    Command(String),
}

impl Selection {
    /// `None` where the whole check has to run. `report` is what it reported of all its tests.
    pub fn of(check: &Check, report: &Report, names: &[&str]) -> Option<Self> {
        if names.is_empty() || names.len() > NAMES_MAX {
            return None;
        }
        let readers: Vec<&str> = report.readers.iter().map(String::as_str).collect();
        match readers.as_slice() {
            ["pytest" | "unittest"] => serde_json::to_string(names).ok().map(Self::List),
            [libtest::READER] => cargo_test(&check.command, names).map(Self::Command),
            _ => None,
        }
    }

    pub fn command<'a>(&'a self, check: &'a Check) -> &'a str {
        match self {
            Self::List(_) => &check.command,
            Self::Command(command) => command,
        }
    }

    pub fn list(&self) -> Option<&str> {
        match self {
            Self::List(list) => Some(list),
            Self::Command(_) => None,
        }
    }
}

/// Only a command of plain words that doesn't choose tests itself.
fn cargo_test(command: &str, names: &[&str]) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./+, ".contains(c);
    let words: Vec<&str> = command.split(' ').filter(|word| !word.is_empty()).collect();
    let options = match words.as_slice() {
        ["cargo", "test", options @ ..] => options,
        ["cargo", toolchain, "test", options @ ..] if toolchain.starts_with('+') => options,
        _ => return None,
    };
    let known = |word: &&str| word.starts_with("--") && word.len() > 2;
    if !command.chars().all(plain) || !options.iter().all(known) {
        return None;
    }
    let mut chosen = Vec::new();
    for name in names {
        // A doc-test's name lacks its line.
        let (_, test) = name.split_once(".rs::")?;
        chosen.push(quoted(test));
    }
    let keep_going = if options.contains(&"--no-fail-fast") { "" } else { " --no-fail-fast" };
    Some(format!("{command}{keep_going} -- --exact {}", chosen.join(" ")))
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_:./-".contains(c);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(command: &str, readers: &[&str], names: &[&str]) -> Option<Selection> {
        let mut report = Report::default();
        readers.iter().for_each(|reader| report.merge(Report::of(reader)));
        Selection::of(&Check { name: "test".into(), command: command.into() }, &report, names)
    }

    #[test]
    fn a_command_chooses_only_where_it_is_understood() {
        let rust = ["demo src/lib.rs::tests::adds", "tests/it.rs::it's"];
        let command = "cargo test --no-fail-fast -- --exact tests::adds 'it'\\''s'";
        assert_eq!(of("cargo test", &["libtest"], &rust), Some(Selection::Command(command.into())));
        assert_eq!(of("cargo test adds", &["libtest"], &rust), None);
        assert_eq!(of("cargo test -- --nocapture", &["libtest"], &rust), None);
        assert_eq!(of("cargo test --lib && true", &["libtest"], &rust), None);
        assert_eq!(of("cargo test", &["libtest"], &["demo doc-tests::src/lib.rs - f"]), None);
        let list = Some(Selection::List("[\"t.py::t\"]".into()));
        assert_eq!(of("make test", &["pytest"], &["t.py::t"]), list);
        assert_eq!(of("make test", &["pytest", "node"], &["t.py::t"]), None);
        assert_eq!(of("make test", &["pytest"], &[]), None);
    }
}
