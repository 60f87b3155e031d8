//! Tests whose runner can't be watched: the whole test command is one test, that passes or fails.
//! Where to look is guessed from the stack traces that it prints, and from what the test files
//! named there import. Edits can only be tried one by one, with the command as it is.

use std::collections::{BTreeMap, BTreeSet};

use computer::Exited;

use super::Learned;
use crate::bench::{Outcome, Test};

/// Runners that are known not to be watched.
const RUNNERS: [&str; 6] = ["vitest", "jest", "ava", "jasmine", "karma", "tap"];
/// Of the output, what is searched.
const OUTPUT_BYTES_MAX: usize = 256 * 1024;
/// Different files of tests that are looked into.
const TEST_FILES_MAX: usize = 20;

/// The runner that the test command or its output names.
pub fn runner(test_command: &str, exited: &Exited) -> Option<&'static str> {
    let text = format!("{test_command}\n{}", exited.text()).to_lowercase();
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    words.find_map(|word| RUNNERS.into_iter().find(|runner| *runner == word))
}

/// The command as a test.
pub fn test(
    test_command: &str,
    exited: &Exited,
    learned: &Learned,
    read: &BTreeMap<String, String>,
) -> Test {
    Test {
        id: test_command.to_owned(),
        path: None,
        outcome: if exited.status.is_success() { Outcome::Passed } else { Outcome::Failed },
        seconds: exited.duration.as_secs_f64(),
        hung: false,
        error: String::new(),
        lines: lines(&exited.text(), learned, read),
    }
}

/// Test files that the output names, as far as they are tracked.
pub fn named(output: &str, tracked: &BTreeSet<String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let known = |word: &str| tracked.iter().find(|path| is_at_end(word, path)).cloned();
    for path in words(output).filter_map(|(word, _)| known(word)) {
        if found.len() < TEST_FILES_MAX && !found.contains(&path) {
            found.push(path);
        }
    }
    found
}

fn lines(
    output: &str,
    learned: &Learned,
    tests: &BTreeMap<String, String>,
) -> BTreeMap<String, Vec<u32>> {
    let mut found: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    for (word, line) in words(output) {
        let path = learned.files.keys().find(|path| is_at_end(word, path));
        if let (Some(path), Some(line)) = (path, line) {
            found.entry(path.clone()).or_default().insert(line);
        }
    }
    let imported = tests.iter().flat_map(|(path, text)| imports(path, text));
    for (path, line) in &learned.counters {
        let is_imported = imported.clone().any(|import| is_module(path, &import));
        if is_imported {
            found.entry(path.to_string()).or_default().insert(*line);
        }
    }
    found.into_iter().map(|(path, lines)| (path, lines.into_iter().collect())).collect()
}

/// `a/b.js` and 12 of `(/x/a/b.js:12:5)`, and everything else that might be a path.
fn words(output: &str) -> impl Iterator<Item = (&str, Option<u32>)> {
    let end = output.floor_char_boundary(OUTPUT_BYTES_MAX.min(output.len()));
    let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '\'' | '"' | '`' | '❯');
    output[..end].split(ends).filter(|word| word.contains('.')).map(|word| {
        let mut parts = word.split(':').filter(|part| !part.starts_with("//"));
        let path = parts.find(|part| part.contains('.')).unwrap_or(word);
        (path, parts.next().and_then(|line| line.parse().ok()))
    })
}

/// Whether the path is the word or the end of it, by whole folders.
fn is_at_end(word: &str, path: &str) -> bool {
    word.strip_suffix(path).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// The files, without endings, that relative imports of a file name.
fn imports(path: &str, text: &str) -> Vec<String> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let quoted = text.split(['\'', '"', '`']).skip(1).step_by(2);
    let relative = quoted.filter(|word| word.starts_with("./") || word.starts_with("../"));
    relative.filter_map(|word| resolved(folder, word)).collect()
}

fn resolved(folder: &str, import: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in import.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()?),
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// As a resolver finds it: with its ending or without, or as a folder's index.
fn is_module(path: &str, import: &str) -> bool {
    let bare = |path: &str| match path.rsplit_once('.') {
        Some((stem, ending)) if !ending.contains('/') => stem.to_owned(),
        Some(_) | None => path.to_owned(),
    };
    let stem = bare(path);
    path == import || stem == import || stem == bare(import) || stem == format!("{import}/index")
}

#[cfg(test)]
mod tests {
    use syntax::Parsed;

    use super::super::{File, Marked};
    use super::*;

    #[test]
    fn traces_and_imports_say_where_to_look() {
        let text = "exports.a = 1;\nexports.b = () => {\n  return 2;\n};\n";
        let mut learned = Learned::default();
        for path in ["src/a.js", "src/b/index.js", "src/c.js"] {
            let parsed = Parsed::new(path, text.into()).unwrap();
            let marked = Marked::new(&parsed, learned.counters.len(), 0);
            learned.counters.extend(marked.lines.iter().map(|line| (path.into(), *line)));
            learned.files.insert(path.into(), File { text: text.into(), marked });
        }
        let output = "FAIL test/a.test.js\n    at f (/home/x/src/c.js:3:10)\n    at y (other/xsrc/a.js:1:2)\n";
        let tracked = ["test/a.test.js".to_owned(), "test/b.test.js".to_owned()].into();
        let named = named(output, &tracked);
        assert_eq!(named, ["test/a.test.js"]);
        let test = "const a = require('../src/a');\nimport b from \"../src/b\";\nimport 'fs';";
        let tests = BTreeMap::from([(named[0].clone(), test.to_owned())]);
        let found = lines(output, &learned, &tests);
        let told: Vec<String> =
            found.iter().map(|(path, lines)| format!("{path} {lines:?}")).collect();
        assert_eq!(told, ["src/a.js [1, 2, 3]", "src/b/index.js [1, 2, 3]", "src/c.js [3]"]);
    }
}
