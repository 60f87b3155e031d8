//! Dependencies by name: added, removed, of another version; and whether lock files fit.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::evidence::{Finding, Kind, Weight};
use regex::Regex;

use super::{file_name, finding, quote};
use crate::sources::Source;

type Needs = BTreeMap<String, String>;

pub(super) fn findings(sources: &[Source]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = sources.iter().flat_map(changed).collect();
    findings.extend(sources.iter().filter_map(|source| lock(source, sources)));
    findings
}

fn changed(source: &Source) -> Vec<Finding> {
    let Some(read) = reader(file_name(&source.path)) else { return Vec::new() };
    let base = source.base.text().map(read).unwrap_or_default();
    let head = source.head.text().map(read).unwrap_or_default();
    let tell = |text| finding(Kind::Dependency, Weight::Warning, source, None, text);
    let mut findings = Vec::new();
    for (name, version) in &head {
        match base.get(name) {
            None => findings.push(tell(format!("needs {} now ({})", quote(name), quote(version)))),
            Some(old) if old != version => {
                let text =
                    format!("needs {} {}, before {}", quote(name), quote(version), quote(old));
                findings.push(tell(text));
            }
            Some(_) => {}
        }
    }
    for name in base.keys().filter(|name| !head.contains_key(*name)) {
        let text = format!("no longer needs {}", quote(name));
        findings.push(finding(Kind::Dependency, Weight::Note, source, None, text));
    }
    findings
}

fn reader(name: &str) -> Option<fn(&str) -> Needs> {
    match name {
        "Cargo.toml" => Some(cargo),
        "package.json" => Some(npm),
        "pyproject.toml" => Some(pyproject),
        "go.mod" => Some(go),
        "Pipfile" => Some(pipfile),
        _ if name.starts_with("requirements") && name.ends_with(".txt") => Some(requirements),
        _ => None,
    }
}

fn version(value: &toml::Value) -> String {
    match value {
        toml::Value::String(version) => version.clone(),
        other => other.to_string(),
    }
}

fn collect(needs: &mut Needs, table: Option<&toml::Value>) {
    let entries = table.and_then(toml::Value::as_table).into_iter().flatten();
    needs.extend(entries.map(|(name, value)| (name.clone(), version(value))));
}

fn cargo(text: &str) -> Needs {
    let mut needs = Needs::new();
    let Ok(document) = text.parse::<toml::Table>() else { return needs };
    const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
    for kind in KINDS {
        collect(&mut needs, document.get(kind));
        collect(&mut needs, document.get("workspace").and_then(|table| table.get(kind)));
        let targets = document.get("target").and_then(toml::Value::as_table).into_iter().flatten();
        targets.for_each(|(_, target)| collect(&mut needs, target.get(kind)));
    }
    for source in ["patch", "replace"] {
        let entries = document.get(source).and_then(toml::Value::as_table).into_iter().flatten();
        needs.extend(entries.map(|(name, value)| (format!("{source} {name}"), value.to_string())));
    }
    needs
}

fn npm(text: &str) -> Needs {
    let mut needs = Needs::new();
    let Ok(document) = serde_json::from_str::<serde_json::Value>(text) else { return needs };
    const KINDS: [&str; 5] = [
        "dependencies",
        "devDependencies",
        "peerDependencies",
        "optionalDependencies",
        "overrides",
    ];
    for kind in KINDS {
        let entries = document.get(kind).and_then(|kind| kind.as_object()).into_iter().flatten();
        needs.extend(entries.map(|(name, value)| {
            (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        }));
    }
    needs
}

/// `requests[socks]>=2,<3; python_version > "3"`.
static REQUIREMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*([^;#]*)")
        .expect("it is a regular expression")
});

fn requirement(line: &str) -> Option<(String, String)> {
    let found = REQUIREMENT.captures(line)?;
    let name = found.get(1)?.as_str().to_ascii_lowercase().replace('_', "-");
    Some((name, found.get(2)?.as_str().trim().to_owned()))
}

fn requirements(text: &str) -> Needs {
    text.lines().filter_map(requirement).collect()
}

fn pyproject(text: &str) -> Needs {
    let mut needs = Needs::new();
    let Ok(document) = text.parse::<toml::Table>() else { return needs };
    let project = document.get("project");
    let mut lists = vec![project.and_then(|project| project.get("dependencies"))];
    let groups = [
        project.and_then(|project| project.get("optional-dependencies")),
        document.get("dependency-groups"),
    ];
    for group in groups.into_iter().flatten() {
        lists.extend(group.as_table().into_iter().flatten().map(|(_, list)| Some(list)));
    }
    lists.push(document.get("build-system").and_then(|system| system.get("requires")));
    for list in lists.into_iter().flatten() {
        let lines = list.as_array().into_iter().flatten().filter_map(toml::Value::as_str);
        needs.extend(lines.filter_map(requirement));
    }
    let poetry = document.get("tool").and_then(|tool| tool.get("poetry"));
    collect(&mut needs, poetry.and_then(|poetry| poetry.get("dependencies")));
    collect(&mut needs, poetry.and_then(|poetry| poetry.get("dev-dependencies")));
    needs
}

fn pipfile(text: &str) -> Needs {
    let mut needs = Needs::new();
    let Ok(document) = text.parse::<toml::Table>() else { return needs };
    collect(&mut needs, document.get("packages"));
    collect(&mut needs, document.get("dev-packages"));
    needs
}

/// `require` in one line or in a block, and `replace`.
fn go(text: &str) -> Needs {
    let mut needs = Needs::new();
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        let line = line.strip_prefix("require ").unwrap_or(line);
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [name, version] if version.starts_with('v') && name.contains('.') => {
                needs.insert((*name).into(), (*version).into());
            }
            ["replace", name, .., to] => {
                needs.insert(format!("replace {name}"), (*to).into());
            }
            _ => {}
        }
    }
    needs
}

/// Each lock file, and the manifest that it is made from.
const LOCKS: [(&str, &str); 10] = [
    ("Cargo.lock", "Cargo.toml"),
    ("package-lock.json", "package.json"),
    ("npm-shrinkwrap.json", "package.json"),
    ("yarn.lock", "package.json"),
    ("pnpm-lock.yaml", "package.json"),
    ("bun.lock", "package.json"),
    ("poetry.lock", "pyproject.toml"),
    ("uv.lock", "pyproject.toml"),
    ("Pipfile.lock", "Pipfile"),
    ("go.sum", "go.mod"),
];

fn lock(source: &Source, sources: &[Source]) -> Option<Finding> {
    let name = file_name(&source.path);
    let (_, manifest) = LOCKS.iter().find(|(lock, _)| *lock == name)?;
    // A workspace has one lock for many manifests.
    let mut manifests = sources.iter().filter(|other| file_name(&other.path) == *manifest);
    let text = match manifests.next() {
        None => format!("the lock changed, and no {manifest} did"),
        Some(_) => "the lock changed with its manifest".into(),
    };
    let weight = if text.contains("and no") { Weight::Warning } else { Weight::Note };
    Some(finding(Kind::Lockfile, weight, source, None, text))
}
