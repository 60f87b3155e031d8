//! What the style asks of every file, held by a test, so that nobody has to say it in a review.

use std::fs;
use std::path::{Path, PathBuf};

/// A function is read on one screen.
const FUNCTION_LINES_MAX: usize = 70;
const FILE_LINES_MAX: usize = 700;

#[test]
fn every_module_opens_with_what_it_is() {
    // A file of tests is described by the module that it tests.
    let silent = |source: &Source| !source.text.starts_with("//!") && source.name() != "tests.rs";
    check("open it with `//!`: what the module is, and what it must not know", silent);
}

#[test]
fn no_file_is_called_mod() {
    check("name it `foo.rs`, beside the folder `foo/`", |source| source.name() == "mod.rs");
}

#[test]
fn no_file_is_too_long() {
    check("split it by what its parts know", |source| source.text.lines().count() > FILE_LINES_MAX);
}

#[test]
fn no_test_is_ignored() {
    // Within a text it is some other program's.
    let is_ignored = |line: &str| line.trim_start().starts_with("#[ignore");
    check("make it run, or remove it", |source| source.text.lines().any(is_ignored));
}

#[test]
fn no_function_is_longer_than_a_screen() {
    let long: Vec<String> = sources()
        .iter()
        .flat_map(|source| source.functions().map(|(name, lines)| (source.shown(), name, lines)))
        .filter(|(_, _, lines)| *lines > FUNCTION_LINES_MAX)
        .map(|(path, name, lines)| format!("{path}: {name} has {lines} lines"))
        .collect();
    assert!(long.is_empty(), "push what is below the ifs into functions:\n{}", long.join("\n"));
}

#[track_caller]
fn check(remedy: &str, is_wrong: impl Fn(&Source) -> bool) {
    let sources = sources();
    assert!(sources.len() > 100, "only {} files were found", sources.len());
    let wrong: Vec<String> = sources.iter().filter(|s| is_wrong(s)).map(Source::shown).collect();
    assert!(wrong.is_empty(), "{remedy}:\n{}", wrong.join("\n"));
}

struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    fn name(&self) -> &str {
        self.path.file_name().unwrap().to_str().unwrap()
    }

    fn shown(&self) -> String {
        self.path.display().to_string()
    }

    /// Each function's name and its lines, by indentation: rustfmt sees to that.
    fn functions(&self) -> impl Iterator<Item = (String, usize)> {
        let lines: Vec<&str> = self.text.lines().collect();
        let starts = lines.iter().enumerate().filter_map(|(index, line)| {
            let (before, after) = line.split_once("fn ")?;
            let is_code =
                before.chars().all(|c| c.is_ascii_alphanumeric() || " ()_:\"".contains(c));
            let name: String =
                after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            (is_code && !name.is_empty()).then_some((
                index,
                line.len() - line.trim_start().len(),
                name,
            ))
        });
        let found: Vec<(String, usize)> =
            starts.map(|(start, indent, name)| (name, length(&lines[start..], indent))).collect();
        found.into_iter()
    }
}

/// Lines up to the brace that closes at the function's own indentation.
fn length(lines: &[&str], indent: usize) -> usize {
    let closes = |line: &&str| **line == format!("{}}}", " ".repeat(indent));
    if lines[0].ends_with(['}', ';']) {
        return 1;
    }
    lines.iter().position(closes).map_or(1, |end| end + 1)
}

fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), &mut sources);
    sources
}

fn collect(folder: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            sources.push(Source { path, text });
        }
    }
}
