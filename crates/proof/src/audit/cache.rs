//! Files of caches and of builds in the change: a check that finds them believes them.

use std::collections::BTreeMap;

use domain::change;
use domain::evidence::{Finding, Kind, Weight};

use super::finding;
use crate::sources::Source;

/// Folders of what some tool keeps, and whether a check takes it for true.
const FOLDERS: [(&str, bool); 22] = [
    ("__pycache__", true),
    (".pytest_cache", true),
    (".mypy_cache", true),
    (".ruff_cache", true),
    (".hypothesis", false),
    ("node_modules", true),
    (".jest-cache", true),
    (".vitest", true),
    (".turbo", true),
    (".nx", true),
    (".tox", true),
    (".nox", true),
    (".venv", true),
    ("venv", true),
    ("site-packages", true),
    ("target", true),
    (".gradle", true),
    (".eggs", true),
    (".nyc_output", false),
    ("htmlcov", false),
    ("dist", false),
    ("build", false),
];

const ENDINGS: [(&str, bool); 9] = [
    (".pyc", true),
    (".pyo", true),
    (".tsbuildinfo", true),
    (".eslintcache", true),
    (".stylelintcache", true),
    (".rlib", true),
    (".rmeta", true),
    (".coverage", false),
    (".class", false),
];

/// One for each folder.
pub(super) fn findings(sources: &[Source]) -> Vec<Finding> {
    let mut folders: BTreeMap<String, (bool, Vec<&Source>)> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.kind != change::Kind::Deleted) {
        if let Some((folder, is_believed)) = cache(&source.path) {
            let entry = folders.entry(folder).or_insert((is_believed, Vec::new()));
            entry.1.push(source);
        }
    }
    // Where base keeps such files itself, one more is no surprise.
    let is_kept = |folder: &str| {
        sources.iter().any(|source| {
            source.kind != change::Kind::Added
                && cache(&source.path).is_some_and(|(other, _)| other == folder)
        })
    };
    folders
        .iter()
        .map(|(folder, (is_believed, files))| {
            let is_new = !is_kept(folder);
            let weight = if *is_believed && is_new { Weight::Objection } else { Weight::Warning };
            let does =
                if *is_believed { "which the checks would believe" } else { "made by a build" };
            let count = files.len();
            let s = if count == 1 { "" } else { "s" };
            let text = format!("{count} file{s} of {folder}, {does}");
            finding(Kind::CacheWritten, weight, files[0], None, text)
        })
        .chain(shadows(sources))
        .collect()
}

/// The cache that a path lies in.
pub(super) fn cache(path: &str) -> Option<(String, bool)> {
    let mut place = String::new();
    for part in path.split('/').take(path.matches('/').count()) {
        place.push_str(part);
        if let Some((_, is_believed)) = FOLDERS.iter().find(|(name, _)| *name == part) {
            // A package may be called `target`; what cargo makes there has its own names.
            let is_cargo = ["/debug/", "/release/", "/.fingerprint/", "/nextest/", "/tmp/"];
            let rest = &path[place.len()..];
            if part != "target" || is_cargo.iter().any(|name| rest.starts_with(name)) {
                return Some((format!("{place}/"), *is_believed));
            }
        }
        place.push('/');
    }
    let ending = ENDINGS.iter().find(|(ending, _)| path.ends_with(ending));
    ending.map(|(_, is_believed)| (path.to_owned(), *is_believed))
}

/// A built extension is imported before the Python file of the same name.
fn shadows(sources: &[Source]) -> impl Iterator<Item = Finding> {
    let built = sources.iter().filter(|source| {
        let is_built = source.path.ends_with(".so") || source.path.ends_with(".pyd");
        is_built && source.kind == change::Kind::Added
    });
    built.map(|source| {
        let text = "a built file, which Python imports in place of a source of this name";
        finding(Kind::CacheWritten, Weight::Warning, source, None, text)
    })
}
