//! Guesses the checks of a repository that doesn't write them, and says from what. Looks at files
//! only; runs nothing, so a guess may be wrong and each one comes with the way to replace it.

mod go;
mod javascript;
mod lint;
mod makefile;
mod python;
mod rust;

use crate::{Check, Files, Finding};

/// Texts read for one guess, so that a repository of many thousand tests costs no more than one
/// of a few hundred.
const TEXTS_MAX: usize = 200;

/// Folders whose files aren't the project's own.
const FOREIGN: [&str; 12] = [
    "node_modules",
    ".venv",
    "venv",
    "site-packages",
    "vendor",
    "third_party",
    "target",
    "build",
    "dist",
    ".tox",
    ".git",
    "testdata",
];

#[derive(Debug)]
pub(crate) struct Guess {
    pub checks: Vec<Check>,
    pub findings: Vec<Finding>,
}

/// How one language would be tested.
#[derive(Debug)]
struct Guessed {
    language: &'static str,
    command: String,
    /// What it was seen from.
    file: String,
    why: String,
    /// Whether a file in the root says that the repository is of this language.
    is_rooted: bool,
}

type Guesser = fn(&View<'_>) -> Option<Guessed>;

/// In order of preference: a package.json is often there for tools only, and a Makefile often
/// calls the others.
const GUESSERS: [Guesser; 5] =
    [rust::test, go::test, python::test, javascript::test, makefile::test];

pub(crate) fn checks(files: &dyn Files, setup: Option<&str>) -> Guess {
    let view = View { files, setup };
    let mut guessed: Vec<_> = GUESSERS.iter().filter_map(|guess| guess(&view)).collect();
    // Stable: among those that are rooted, and among those that aren't, the order above holds.
    guessed.sort_by_key(|guess| !guess.is_rooted);
    let mut guess = Guess { checks: Vec::new(), findings: Vec::new() };
    let mut guessed = guessed.into_iter();
    match guessed.next() {
        Some(picked) => guess.pick("test", picked.command, picked.file, picked.why),
        None => guess.findings.push(nothing_found()),
    }
    guess.findings.extend(guessed.map(passed_over));
    lint::add(&view, &mut guess);
    guess
}

impl Guess {
    fn pick(&mut self, name: &str, command: String, file: String, why: String) {
        self.findings.push(Finding {
            key: format!("checks.{name}"),
            value: command.clone(),
            file: Some(file),
            why,
            fix: Some(written(name, &command)),
        });
        self.checks.push(Check { name: name.into(), command });
    }
}

fn passed_over(guess: Guessed) -> Finding {
    Finding {
        key: "checks.test".into(),
        value: "not picked".into(),
        file: Some(guess.file),
        why: format!("{}, but only one test command is guessed", guess.why),
        fix: Some(written(&guess.language.to_lowercase(), &guess.command)),
    }
}

fn nothing_found() -> Finding {
    Finding {
        key: "checks.test".into(),
        value: "none".into(),
        file: None,
        why: "no tests of Python, Rust, JavaScript or Go were found, and no Makefile with a \
              target named test; without a check nothing can be proved"
            .into(),
        fix: Some(written("test", "the command that runs your tests")),
    }
}

fn written(name: &str, command: &str) -> String {
    format!("[checks]\n{name} = {}", toml::Value::from(command))
}

/// The files, as guessers ask for them.
struct View<'a> {
    files: &'a dyn Files,
    setup: Option<&'a str>,
}

impl View<'_> {
    fn exists(&self, path: &str) -> bool {
        self.files.exists(path)
    }

    fn text(&self, path: &str) -> String {
        self.files.text(path).unwrap_or_default()
    }

    fn contains(&self, path: &str, needle: &str) -> bool {
        self.exists(path) && self.text(path).contains(needle)
    }

    fn first_existing(&self, paths: &[&'static str]) -> Option<&'static str> {
        paths.iter().copied().find(|path| self.exists(path))
    }

    /// The project's own files, without what was installed or built.
    fn own(&self) -> impl Iterator<Item = &str> {
        self.files
            .paths()
            .iter()
            .map(String::as_str)
            .filter(|path| !path.split('/').any(|part| FOREIGN.contains(&part)))
    }
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}
