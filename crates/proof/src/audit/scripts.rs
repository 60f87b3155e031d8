//! Commands that run tests: scripts of a `package.json`, targets of a Makefile.

use std::sync::LazyLock;

use domain::evidence::{Finding, Kind, Weight};
use regex::Regex;
use serde_json::{Map, Value};

use super::{finding, quote};
use crate::sources::Source;

/// Forms by which a command succeeds, whatever happens before.
static FORGIVES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\|\|\s*(true|:|echo\b|exit 0)|;\s*(true|exit 0|:)\s*($|;)|&&\s*exit 0\s*$|\bset \+e\b|(^|\s)exit 0\s*$")
        .expect("it is a regular expression")
});

/// A whole command that runs nothing.
static NOTHING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*@?(true|:|exit 0|/bin/true|echo\b[^;&|]*)\s*$")
        .expect("it is a regular expression")
});

/// Names of what runs tests.
static TESTS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(pre|post)?(test|tests|check|ci|lint|verify|spec|unit|e2e)([:_-].*)?$")
        .expect("it is a regular expression")
});

pub(super) fn package(source: &Source) -> Vec<Finding> {
    let read = |text: Option<&str>| -> Map<String, Value> {
        let document = text.and_then(|text| serde_json::from_str::<Value>(text).ok());
        document.and_then(|document| document.as_object().cloned()).unwrap_or_default()
    };
    let (base, head) = (read(source.base.text()), read(source.head.text()));
    let mut findings = Vec::new();
    let scripts = |package: &Map<String, Value>| {
        package.get("scripts").and_then(Value::as_object).cloned().unwrap_or_default()
    };
    let (old, new) = (scripts(&base), scripts(&head));
    for (name, command) in new.iter().filter(|(name, _)| TESTS.is_match(name)) {
        let was = old.get(name).and_then(Value::as_str);
        let Some(is) = command.as_str().filter(|is| was != Some(*is)) else { continue };
        findings.push(command_finding(source, name, was, is));
    }
    for name in old.keys().filter(|name| TESTS.is_match(name) && !new.contains_key(*name)) {
        let text = format!("the script {} is gone", quote(name));
        findings.push(finding(Kind::RunnerConfigured, Weight::Warning, source, None, text));
    }
    for tool in ["jest", "vitest", "mocha", "ava", "nyc", "c8"] {
        if base.get(tool) != head.get(tool) {
            let is =
                head.get(tool).map_or_else(|| "gone".into(), |value| quote(&value.to_string()));
            let text = format!("the settings of {tool} changed: {is}");
            findings.push(finding(Kind::RunnerConfigured, Weight::Warning, source, None, text));
        }
    }
    findings
}

fn command_finding(source: &Source, name: &str, was: Option<&str>, is: &str) -> Finding {
    let hid = was.is_some_and(|was| FORGIVES.is_match(was) || NOTHING.is_match(was));
    let hides = (FORGIVES.is_match(is) || (NOTHING.is_match(is) && was.is_some())) && !hid;
    let was = was.map_or_else(|| "is new".into(), |was| format!("was {}", quote(was)));
    let weight = if hides { Weight::Objection } else { Weight::Warning };
    let does = if hides { ", which succeeds whatever the tests say" } else { "" };
    let text = format!("the script {} {was}, is {}{does}", quote(name), quote(is));
    let lines = (1_u32..).zip(source.head.text().unwrap_or_default().lines());
    let key = format!("\"{name}\"");
    let line = lines.filter(|(_, line)| line.contains(&key)).map(|(number, _)| number).next();
    finding(Kind::RunnerConfigured, weight, source, line, text)
}

/// A changed line of a recipe that runs tests.
pub(super) fn makefile(source: &Source, lines: &[(u32, &str)]) -> Vec<Finding> {
    let text: Vec<&str> = source.head.text().unwrap_or_default().lines().collect();
    let target = |number: u32| {
        let above = text.iter().take(number as usize).rev();
        above.filter(|line| !line.starts_with(['\t', ' ', '#'])).find_map(|line| {
            let (name, _) = line.split_once(':')?;
            name.split_whitespace().next()
        })
    };
    let recipes = lines.iter().filter(|(_, line)| line.starts_with(['\t', ' ']));
    recipes
        .filter_map(|(number, line)| {
            let name = target(*number).filter(|name| TESTS.is_match(name))?;
            let command = line.trim();
            let hides =
                command.starts_with('-') || FORGIVES.is_match(command) || NOTHING.is_match(command);
            let weight = if hides { Weight::Objection } else { Weight::Warning };
            let does = if hides { ", which succeeds whatever the tests say" } else { "" };
            let text = format!("the target {} runs {}{does}", quote(name), quote(command));
            Some(finding(Kind::RunnerConfigured, weight, source, *number, text))
        })
        .collect()
}
