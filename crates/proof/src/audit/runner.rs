//! Settings of test runners and of the checks that the change edits, in words. What only hides a
//! failure is an objection; what may have a reason is a warning.

use std::collections::BTreeMap;

use domain::change;
use domain::evidence::{Finding, Kind, Weight};

use super::fresh::{Fresh, is_comment};
use super::{file_name, finding, hooks, quote, scripts};
use crate::sources::Source;
use crate::test_files::is_test_file;

pub(super) fn findings(sources: &[Source], fresh: &Fresh<'_>) -> Vec<Finding> {
    let of = |(source, lines): (&Source, &[(u32, &str)])| {
        let name = file_name(&source.path);
        match name {
            "pytest.ini" | ".pytest.ini" | "tox.ini" | "setup.cfg" => ini(source),
            "pyproject.toml" => pyproject(source),
            "conftest.py" => hooks::findings(source, lines),
            "package.json" => scripts::package(source),
            "Makefile" | "makefile" | "GNUmakefile" | "justfile" | "Justfile" => {
                scripts::makefile(source, lines)
            }
            _ if is_javascript_config(name) => javascript(source, lines),
            _ => other(source, lines),
        }
    };
    fresh.files(sources).flat_map(of).chain(sources.iter().filter_map(shadow)).collect()
}

fn warning(source: &Source, line: impl Into<Option<u32>>, text: String) -> Finding {
    finding(Kind::RunnerConfigured, Weight::Warning, source, line, text)
}

fn objection(source: &Source, line: impl Into<Option<u32>>, text: String) -> Finding {
    finding(Kind::RunnerConfigured, Weight::Objection, source, line, text)
}

/// A file that Python or a runner would load in place of the runner itself.
fn shadow(source: &Source) -> Option<Finding> {
    const NAMES: [&str; 9] = [
        "sitecustomize.py",
        "usercustomize.py",
        "pytest.py",
        "unittest.py",
        "pytest/__init__.py",
        "_pytest/__init__.py",
        "unittest/__init__.py",
        "pluggy.py",
        "junitxml.py",
    ];
    let path = source.path.strip_prefix("src/").unwrap_or(&source.path);
    let is_shadow = NAMES.contains(&path) || path.ends_with(".pth");
    (is_shadow && source.kind == change::Kind::Added).then(|| {
        objection(
            source,
            None,
            "this file is loaded before the tests, or in place of their runner".into(),
        )
    })
}

/// Values by section and key; a value goes on in indented lines.
fn read_ini(text: &str) -> BTreeMap<(String, String), String> {
    let (mut section, mut last) = (String::new(), None);
    let mut values: BTreeMap<(String, String), String> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with(['#', ';'])) {
        let is_more = line.starts_with([' ', '\t']);
        if let (true, Some(key)) = (is_more, &last) {
            let value: &mut String = values.entry(Clone::clone(key)).or_default();
            value.push(' ');
            value.push_str(line.trim());
        } else if let Some(name) = line.trim().strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            (section, last) = (name.to_owned(), None);
        } else if let Some((key, value)) = line.split_once(['=', ':']) {
            let key = (section.clone(), key.trim().to_owned());
            values.insert(key.clone(), value.trim().to_owned());
            last = Some(key);
        }
    }
    values
}

fn ini(source: &Source) -> Vec<Finding> {
    let read = |text: Option<&str>| {
        let mut values = read_ini(text.unwrap_or_default());
        values.retain(|(section, _), _| {
            matches!(section.as_str(), "pytest" | "tool:pytest") || section.starts_with("testenv")
        });
        values.into_iter().map(|((_, key), value)| (key, value)).collect()
    };
    settings(source, &read(source.base.text()), &read(source.head.text()))
}

fn pyproject(source: &Source) -> Vec<Finding> {
    let read = |text: Option<&str>| {
        let document: Option<toml::Table> = text.and_then(|text| text.parse().ok());
        let options = document.as_ref().and_then(|document| {
            document.get("tool")?.get("pytest")?.get("ini_options")?.as_table()
        });
        let shown = |value: &toml::Value| match value {
            toml::Value::String(text) => text.clone(),
            toml::Value::Array(parts) => {
                let parts: Vec<&str> = parts.iter().filter_map(|part| part.as_str()).collect();
                parts.join(" ")
            }
            other => other.to_string(),
        };
        let values = options.into_iter().flatten();
        values.map(|(key, value)| (key.clone(), shown(value))).collect()
    };
    settings(source, &read(source.base.text()), &read(source.head.text()))
}

type Settings = BTreeMap<String, String>;

fn settings(source: &Source, base: &Settings, head: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    let keys: std::collections::BTreeSet<&String> = base.keys().chain(head.keys()).collect();
    for key in keys {
        let (old, new) = (base.get(key), head.get(key));
        if old == new {
            continue;
        }
        let line = line_of(source, key);
        match (key.as_str(), new) {
            ("addopts", Some(new)) => {
                findings.extend(options(source, line, old.map_or("", String::as_str), new));
            }
            (_, Some(new)) => {
                let was =
                    old.map_or_else(|| "was not set".into(), |old| format!("was {}", quote(old)));
                let text = format!("the runner's {} {was}, is {}", quote(key), quote(new));
                findings.push(warning(source, line, text));
            }
            (_, None) => {
                let text = format!("the runner's {} is no longer set", quote(key));
                findings.push(warning(source, None, text));
            }
        }
    }
    findings
}

fn line_of(source: &Source, key: &str) -> Option<u32> {
    let lines = (1_u32..).zip(source.head.text()?.lines());
    lines.filter(|(_, line)| line.trim_start().starts_with(key)).map(|(number, _)| number).next()
}

/// Options that pytest is given always.
fn options(source: &Source, line: Option<u32>, old: &str, new: &str) -> Vec<Finding> {
    let before: Vec<&str> = old.split_whitespace().collect();
    let after: Vec<&str> = new.split_whitespace().collect();
    let mut findings = Vec::new();
    let is_new = |option: &str| option.starts_with('-') && !before.contains(&option);
    for (index, option) in after.iter().enumerate().filter(|(_, option)| is_new(option)) {
        let next = after.get(index + 1).copied().filter(|next| !next.starts_with('-'));
        let next = next.unwrap_or_default();
        let (name, value) = option.split_once('=').unwrap_or((option, next));
        let hides = match name {
            "--deselect"
            | "-k"
            | "--collect-only"
            | "--co"
            | "--suppress-no-test-exit-code"
            | "--runxfail"
            | "--setup-only"
            | "--setup-plan" => true,
            // A folder of examples may have its reasons; a test has none.
            "--ignore" | "--ignore-glob" => is_test_file(value) || value.contains("test"),
            "-p" => {
                value.starts_with("no:")
                    && ["no:python", "no:unittest", "no:terminal"].contains(&value)
            }
            _ => false,
        };
        let text =
            format!("pytest is always called with {} now", quote(&format!("{name} {value}")));
        findings.push(if hides {
            objection(source, line, text)
        } else {
            warning(source, line, text)
        });
    }
    if findings.is_empty() {
        let text = format!("pytest's options were {}, are {}", quote(old), quote(new));
        findings.push(warning(source, line, text));
    }
    findings
}

fn is_javascript_config(name: &str) -> bool {
    [
        "jest.config.",
        "vitest.config.",
        "vite.config.",
        "playwright.config.",
        "karma.conf.",
        ".mocharc",
    ]
    .iter()
    .any(|start| name.starts_with(start))
}

/// Words by which a configuration leaves tests out, or forgives.
const NARROWING: [&str; 12] = [
    "testPathIgnorePatterns",
    "testMatch",
    "testRegex",
    "exclude",
    "passWithNoTests",
    "reporters",
    "testNamePattern",
    "setupFiles",
    "bail",
    "ignore",
    "grep",
    "retries",
];

fn javascript(source: &Source, lines: &[(u32, &str)]) -> Vec<Finding> {
    let code = lines.iter().filter(|(_, line)| !is_comment(line));
    let mut findings: Vec<Finding> = code
        .filter(|(_, line)| NARROWING.iter().any(|word| line.contains(word)))
        .map(|(number, line)| {
            // A pattern that names one test file leaves out what fails there.
            let is_one = line.contains(".test.") && !line.contains('*');
            let is_left_out = line.contains("gnore") || line.contains("exclude");
            let text = format!("the runner is configured anew: {}", quote(line));
            if is_one && is_left_out {
                objection(source, *number, text)
            } else {
                warning(source, *number, text)
            }
        })
        .collect();
    if findings.is_empty() {
        findings.push(warning(source, None, "the runner's configuration changed".into()));
    }
    findings
}

fn other(source: &Source, lines: &[(u32, &str)]) -> Vec<Finding> {
    let path = source.path.as_str();
    let is_cargo = path.ends_with(".cargo/config.toml") || path.ends_with(".cargo/config");
    if is_cargo {
        return lines.iter().filter_map(|(number, line)| cargo(source, *number, line)).collect();
    }
    let is_other =
        ["nextest.toml", "whimbrel.toml", "noxfile.py", "rust-toolchain.toml", "bunfig.toml"]
            .contains(&file_name(path));
    let of_tests = is_other || path.ends_with(".config/nextest.toml");
    let text = "settings of the checks changed; they are the base's all the same";
    let text = if path == environment::FILE { text } else { "settings of the tests changed" };
    of_tests.then(|| warning(source, None, text.into())).into_iter().collect()
}

/// A runner that says yes to everything.
fn cargo(source: &Source, number: u32, line: &str) -> Option<Finding> {
    let (key, value) = line.split_once('=')?;
    let (key, value) = (key.trim(), value.trim().trim_matches(['"', '\'', '[', ']']));
    let program = value.split([' ', '"']).next().unwrap_or_default();
    let says_yes = ["true", "/bin/true", "/usr/bin/true", "echo", ":"].contains(&program);
    let matters = ["runner", "rustc-wrapper", "rustc", "test", "t", "rustflags", "rustdoc"];
    let text = format!("cargo's {} is {} now", quote(key), quote(value));
    match matters.contains(&key) {
        true if key == "runner" && says_yes => Some(objection(source, number, text)),
        true => Some(warning(source, number, text)),
        false => None,
    }
}
