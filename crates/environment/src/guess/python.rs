//! Python: pytest where anything asks for it, else unittest with the start folder that finds the
//! tests.

use std::collections::BTreeMap;

use super::{Guessed, TEXTS_MAX, View, folder, name};

/// Files in the root that say: this is a Python project.
const ROOTS: [&str; 7] = [
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "requirements.txt",
    "pytest.ini",
    "tox.ini",
    "Pipfile",
];

/// What in a file asks for pytest. The first column is looked for in the root.
const CONFIGS: [(&str, &str); 6] = [
    ("pytest.ini", ""),
    (".pytest.ini", ""),
    ("pytest.toml", ""),
    ("pyproject.toml", "[tool.pytest"),
    ("setup.cfg", "[tool:pytest]"),
    ("tox.ini", "[pytest]"),
];

/// Where a dependency on pytest is declared, besides `requirements*.txt`.
const DECLARATIONS: [&str; 5] = ["pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "Pipfile"];

pub(super) fn test(view: &View<'_>) -> Option<Guessed> {
    let tests: Vec<&str> = view.own().filter(|path| is_test(path)).collect();
    let root = view.first_existing(&ROOTS);
    let (command, file, why) = match asks_for_pytest(view, &tests) {
        Some((file, why)) => (pytest(view), file, why),
        None => unittest(view, &tests)?,
    };
    Some(Guessed { language: "Python", command, file, why, is_rooted: root.is_some() })
}

/// By pytest's and unittest's default patterns.
fn is_test(path: &str) -> bool {
    let name = name(path);
    name.ends_with(".py") && (name.starts_with("test") || name.ends_with("_test.py"))
}

fn asks_for_pytest(view: &View<'_>, tests: &[&str]) -> Option<(String, String)> {
    configured(view)
        .or_else(|| conftest(view))
        .or_else(|| declared(view).filter(|_| !tests.is_empty()))
        .or_else(|| written_for_pytest(view, tests))
}

fn configured(view: &View<'_>) -> Option<(String, String)> {
    let (file, _) = CONFIGS.iter().find(|(path, text)| view.contains(path, text))?;
    Some(((*file).into(), "it configures pytest".into()))
}

fn conftest(view: &View<'_>) -> Option<(String, String)> {
    let file = view.own().find(|path| name(path) == "conftest.py")?;
    Some((file.into(), "pytest reads it".into()))
}

fn declared(view: &View<'_>) -> Option<(String, String)> {
    let is_requirements = |path: &&str| {
        name(path).contains("requirements")
            && path.ends_with(".txt")
            && path.matches('/').count() < 2
    };
    let requirements = view.own().filter(is_requirements);
    let mut candidates = DECLARATIONS.into_iter().chain(requirements).take(TEXTS_MAX);
    let file = candidates.find(|path| view.contains(path, "pytest"))?;
    Some((file.into(), "it asks for pytest".into()))
}

fn written_for_pytest(view: &View<'_>, tests: &[&str]) -> Option<(String, String)> {
    tests.iter().take(TEXTS_MAX).find_map(|path| {
        let text = view.text(path);
        let why = if text.lines().any(imports_pytest) {
            "it imports pytest"
        } else if text.lines().any(is_plain_test) {
            "its tests are plain functions, which unittest doesn't run"
        } else {
            return None;
        };
        Some(((*path).into(), why.into()))
    })
}

fn imports_pytest(line: &str) -> bool {
    line.starts_with("import pytest") || line.starts_with("from pytest ")
}

fn is_plain_test(line: &str) -> bool {
    line.starts_with("def test_") || line.starts_with("async def test_")
}

/// As a module and not as `pytest`, since this puts the root on the path, as `unittest` does.
fn pytest(view: &View<'_>) -> String {
    let has_path = CONFIGS.iter().any(|(path, _)| {
        view.text(path).lines().any(|line| line.trim_start().starts_with("pythonpath"))
    });
    let prefix = if has_path { "" } else { source_path(view) };
    format!("{prefix}python3 -m pytest -q")
}

/// A package below `src/` that nobody installs is found by this alone. What the variable already
/// holds is kept: reports of single tests come by it.
fn source_path(view: &View<'_>) -> &'static str {
    let installs = view.setup.is_some_and(|setup| setup.contains("pip install"));
    let is_source = |path: &str| {
        path.strip_prefix("src/")
            .is_some_and(|rest| rest.ends_with(".py") && matches!(rest.matches('/').count(), 0 | 1))
    };
    if !installs && view.own().any(is_source) {
        "PYTHONPATH=src${PYTHONPATH:+:$PYTHONPATH} "
    } else {
        ""
    }
}

fn unittest(view: &View<'_>, tests: &[&str]) -> Option<(String, String, String)> {
    let is_case = |path: &&&str| view.text(path).contains("unittest");
    let cases: Vec<&str> = tests.iter().take(TEXTS_MAX).filter(is_case).copied().collect();
    let first = *cases.first()?;
    let start = start_folder(view, &cases);
    let pattern = match cases.iter().any(|path| name(path).starts_with("test")) {
        true => "",
        false => " -p '*_test.py'",
    };
    let discover =
        format!("python3 -m unittest discover{}{pattern}", discover_options(view, &start));
    let place = if start.is_empty() { "the root".into() } else { format!("{start}/") };
    let why = format!("it uses unittest and nothing asks for pytest; tests are found from {place}");
    Some((format!("{}{discover}", source_path(view)), first.into(), why))
}

/// The root where packages lead from there to every test; else the folder that leads to the most.
fn start_folder(view: &View<'_>, cases: &[&str]) -> String {
    let mut found_from: BTreeMap<String, usize> = BTreeMap::new();
    for case in cases {
        for start in starts(view, folder(case)) {
            *found_from.entry(start).or_default() += 1;
        }
    }
    // The longest of the best, so that discovery doesn't wander through all of a repository.
    let best = found_from.into_iter().max_by_key(|(start, found)| (*found, start.len()));
    best.map_or(String::new(), |(start, _)| start)
}

/// The folders from which unittest reaches `folder`: itself, and each one above as long as what
/// lies between are packages.
fn starts(view: &View<'_>, folder: &str) -> Vec<String> {
    let mut starts = vec![folder.to_owned()];
    let mut at = folder;
    while !at.is_empty() && is_package(view, at) {
        at = super::folder(at);
        starts.push(at.to_owned());
    }
    starts
}

fn is_package(view: &View<'_>, folder: &str) -> bool {
    view.exists(&format!("{folder}/__init__.py"))
}

/// A start folder that is a package is imported by its name from above the outermost package;
/// one that isn't is its own top.
fn discover_options(view: &View<'_>, start: &str) -> String {
    if start.is_empty() {
        return String::new();
    }
    let top = starts(view, start).pop().unwrap_or_default();
    match top.as_str() {
        "" => format!(" -s {} -t .", quoted(start)),
        top if top == start => format!(" -s {}", quoted(start)),
        top => format!(" -s {} -t {}", quoted(start), quoted(top)),
    }
}

/// For `sh`, only where it needs to be.
fn quoted(path: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    if path.chars().all(is_plain) && !path.starts_with('-') {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}
