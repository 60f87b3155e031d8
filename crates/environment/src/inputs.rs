//! Which files of a commit a setup reads: those that package managers are known to read, those that
//! the scripts name, and those that the project lists. Two commits with the same ones may share
//! what the setup made. Where none can be told, all files are inputs.

mod glob;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::{Environment, Files};

/// Manifests, lock files and the like, by their names in any folder.
const KNOWN: [&str; 58] = [
    ".nvmrc",
    ".node-version",
    ".npmrc",
    ".python-version",
    ".ruby-version",
    ".tool-versions",
    ".yarnrc",
    ".yarnrc.yml",
    "Cargo.lock",
    "Cargo.toml",
    "Gemfile",
    "Gemfile.lock",
    "Makefile",
    "Pipfile",
    "Pipfile.lock",
    "Rakefile",
    "build.gradle",
    "build.gradle.kts",
    "build.sbt",
    "bun.lock",
    "bun.lockb",
    "composer.json",
    "composer.lock",
    "conda-lock.yml",
    "constraints.txt",
    "deno.json",
    "deno.lock",
    "environment.yaml",
    "environment.yml",
    "flake.lock",
    "flake.nix",
    "go.mod",
    "go.sum",
    "go.work",
    "go.work.sum",
    "gradle.lockfile",
    "gradle.properties",
    "justfile",
    "libs.versions.toml",
    "mise.toml",
    "mix.exs",
    "mix.lock",
    "npm-shrinkwrap.json",
    "package-lock.json",
    "package.json",
    "pdm.lock",
    "pixi.lock",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    "poetry.lock",
    "pom.xml",
    "pylock.toml",
    "pyproject.toml",
    "rust-toolchain.toml",
    "settings.gradle",
    "setup.cfg",
    "setup.py",
    "uv.lock",
];
/// Further names, as patterns.
const KNOWN_PATTERNS: [&str; 4] =
    ["requirements*.txt", "requirements/*.txt", "rust-toolchain", "yarn.lock"];

/// Folders whose manifests are installed ones, or examples that are tests' data.
const FOREIGN: [&str; 7] =
    ["node_modules", "vendor", "third_party", "site-packages", "testdata", "fixtures", ".git"];

/// Files named in scripts that are looked into for the names of further ones.
const SCRIPTS_READ_MAX: usize = 16;
/// More than this and the whole tree is as good a key.
const INPUTS_MAX: usize = 5_000;

/// The files that a setup's result depends on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Inputs {
    /// Sorted. All of the commit's where `whole_tree` is set.
    pub files: Vec<String>,
    pub whole_tree: bool,
    /// Patterns of `environment.inputs` that fit no file.
    pub unmatched: Vec<String>,
}

/// What the setup of `environment` reads. Nothing where there is no setup.
pub fn find(environment: &Environment, files: &dyn Files) -> Inputs {
    if environment.setup.is_empty() {
        return Inputs::default();
    }
    let mut found = BTreeSet::new();
    found.extend(files.paths().iter().filter(|path| is_manifest(path)).cloned());
    found.extend(named(environment, files));
    let unmatched = listed(environment, files, &mut found);
    if found.is_empty() || found.len() > INPUTS_MAX {
        let mut all = files.paths().to_vec();
        all.sort();
        return Inputs { files: all, whole_tree: true, unmatched };
    }
    Inputs { files: found.into_iter().collect(), whole_tree: false, unmatched }
}

fn is_manifest(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let foreign = folders.split('/').any(|folder| FOREIGN.contains(&folder));
    let last_two = folders.rsplit('/').next().map(|folder| format!("{folder}/{name}"));
    let fits = |pattern: &&str| {
        glob::fits(pattern, name) || last_two.as_deref().is_some_and(|two| glob::fits(pattern, two))
    };
    !foreign && (KNOWN.contains(&name) || KNOWN_PATTERNS.iter().any(fits))
}

/// Files whose paths are words of a script, and of the files found so: a setup is often one line
/// that calls a script of the repository.
fn named(environment: &Environment, files: &dyn Files) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut unread = Vec::new();
    for script in environment.setup.iter() {
        let folder = script.folder.as_deref().unwrap_or_default();
        unread.extend(words_that_are_files(&script.command, folder, files));
    }
    let mut read = 0;
    while let Some(path) = unread.pop() {
        if !found.insert(path.clone()) || read == SCRIPTS_READ_MAX {
            continue;
        }
        read += 1;
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        if let Some(text) = files.text(&path).filter(|text| is_script(&path, text)) {
            unread.extend(words_that_are_files(&text, folder, files));
        }
    }
    found
}

/// A data file's words name nothing that runs.
fn is_script(path: &str, text: &str) -> bool {
    text.starts_with("#!") || path.ends_with(".sh") || path.ends_with(".mk")
}

/// In the root, or relative to `folder`.
fn words_that_are_files(text: &str, folder: &str, files: &dyn Files) -> Vec<String> {
    let separates = |c: char| c.is_whitespace() || "'\"`;|&()<>=${},".contains(c);
    let words: BTreeSet<&str> = text.split(separates).filter(|word| word.len() > 1).collect();
    let mut found = Vec::new();
    for word in words {
        let word = word.trim_start_matches("./").trim_end_matches('/');
        let beside = format!("{folder}/{word}");
        let candidates = [word, beside.trim_start_matches('/')];
        found.extend(candidates.into_iter().filter(|path| files.exists(path)).map(str::to_owned));
    }
    found
}

/// Adds what `environment.inputs` lists. Gives the patterns that fit nothing.
fn listed(
    environment: &Environment,
    files: &dyn Files,
    found: &mut BTreeSet<String>,
) -> Vec<String> {
    let mut unmatched = Vec::new();
    for pattern in &environment.inputs {
        let below = format!("{}/**", pattern.trim_end_matches('/'));
        let fits = |path: &&String| glob::fits(pattern, path) || glob::fits(&below, path);
        let fitting: Vec<&String> = files.paths().iter().filter(fits).collect();
        if fitting.is_empty() {
            unmatched.push(pattern.clone());
        }
        found.extend(fitting.into_iter().cloned());
    }
    unmatched
}

#[cfg(test)]
mod tests;
