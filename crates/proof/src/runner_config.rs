//! Which files say how tests are run, by their path and by what a change does to them.

use std::collections::BTreeMap;

use environment::Check;
use serde_json::Value;

use crate::sources::Source;

/// Whatever is in them.
const NAMES: [&str; 28] = [
    "conftest.py",
    "pytest.ini",
    ".pytest.ini",
    "tox.ini",
    "noxfile.py",
    ".coveragerc",
    "sitecustomize.py",
    "usercustomize.py",
    "Makefile",
    "makefile",
    "GNUmakefile",
    "justfile",
    "Justfile",
    "Taskfile.yml",
    "nextest.toml",
    "karma.conf.js",
    "mocha.opts",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "gradle.properties",
    "maven.config",
    "jvm.config",
    "extensions.xml",
    "junit-platform.properties",
];

const BEGINNINGS: [&str; 7] = [
    "jest.config.",
    "jest.setup.",
    "vitest.config.",
    "vitest.workspace.",
    "vite.config.",
    "babel.config.",
    ".mocharc",
];

/// Modules of these names in the root would be imported instead of the runners.
const SHADOWING: [&str; 8] = [
    "pytest.py",
    "unittest.py",
    "_pytest.py",
    "pluggy.py",
    "pytest/",
    "unittest/",
    "_pytest/",
    "node_modules/",
];

/// What of a file's text is about tests.
type Part = fn(&str) -> String;

/// Files that say other things, too.
const MIXED: [(&str, Part); 4] = [
    ("pyproject.toml", python_project),
    ("setup.cfg", python_project),
    ("Cargo.toml", cargo_manifest),
    ("package.json", package),
];

/// By its path alone.
pub(crate) fn is_runner_config(path: &str) -> bool {
    let name = name(path);
    NAMES.contains(&name)
        || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
        || SHADOWING.iter().any(|shadow| path == *shadow || is_below(path, shadow))
        || MIXED.iter().any(|(mixed, _)| *mixed == name)
        || path.ends_with(".cargo/config.toml")
        || path.ends_with(".cargo/config")
        || (!path.contains('/') && name.ends_with(".pth"))
}

fn is_below(path: &str, folder: &str) -> bool {
    folder.ends_with('/') && path.starts_with(folder)
}

/// Whether what the change does to the file at `path` can change how the checks run tests.
pub(crate) fn configures(path: &str, source: Option<&Source>, checks: &[Check]) -> bool {
    if checks.iter().any(|check| names(&check.command, path)) {
        return true;
    }
    let part = MIXED.iter().find(|(mixed, _)| *mixed == name(path));
    match (part, source) {
        (Some((_, part)), Some(source)) => {
            let [base, head] =
                [&source.base, &source.head].map(|side| part(side.text().unwrap_or_default()));
            base != head
        }
        (Some(_), None) | (None, _) => is_runner_config(path),
    }
}

/// `sh scripts/test.sh` runs a file of the project's.
fn names(command: &str, path: &str) -> bool {
    let ends = |c: char| c.is_whitespace() || "'\"`;|&()<>=".contains(c);
    command.split(ends).any(|word| word.strip_prefix("./").unwrap_or(word) == path)
}

fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// The sections of an INI or TOML file that tell Python's tools how to test.
fn python_project(text: &str) -> String {
    const SECTIONS: [&str; 10] = [
        "tool.pytest",
        "tool:pytest",
        "tool.tox",
        "tool.nox",
        "tool.coverage",
        "coverage:",
        "tool.hatch.envs",
        "tool.poe",
        "tool.pdm.scripts",
        "tool.taskipy",
    ];
    sections(text, |name| SECTIONS.iter().any(|section| name.starts_with(section)))
}

/// Targets without cargo's harness, or without tests at all.
fn cargo_manifest(text: &str) -> String {
    const KEYS: [&str; 6] = ["test", "doctest", "harness", "autotests", "path", "name"];
    let targets = sections(text, |name| ["lib", "test", "bin"].contains(&name));
    let about_tests = |line: &&str| {
        KEYS.iter().any(|key| line.trim_start().starts_with(key)) || line.starts_with('[')
    };
    let top = sections(text, |name| name == "package");
    let off = top.lines().filter(|line| line.trim_start().starts_with("autotests"));
    targets.lines().filter(about_tests).chain(off).collect::<Vec<_>>().join("\n")
}

fn sections(text: &str, wanted: impl Fn(&str) -> bool) -> String {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        let line = line.trim_end();
        if line.starts_with('[') {
            inside = wanted(line.trim_matches(['[', ']']).trim().trim_matches('"'));
        }
        if inside && !line.trim().is_empty() {
            lines.push(line);
        }
    }
    lines.join("\n")
}

fn package(text: &str) -> String {
    const KEYS: [&str; 9] =
        ["scripts", "jest", "mocha", "vitest", "ava", "tap", "c8", "nyc", "babel"];
    // What isn't JSON is compared as a whole.
    let Ok(Value::Object(package)) = serde_json::from_str(text) else { return text.to_owned() };
    let parts: BTreeMap<&str, &Value> =
        KEYS.iter().filter_map(|key| package.get(*key).map(|value| (*key, value))).collect();
    format!("{parts:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::Side;
    use domain::change::Kind;

    fn changed(path: &str, base: &str, head: &str) -> bool {
        let side = |text: &str| Side::Text(text.into());
        let (base, head) = (side(base), side(head));
        let path = path.to_owned();
        let source =
            Source { path, kind: Kind::Modified, base, head, changed: vec![], gone: vec![] };
        configures(&source.path, Some(&source), &[])
    }

    #[test]
    fn a_mixed_file_counts_where_it_is_about_tests() {
        let project = "[project]\nname = \"a\"\n[tool.pytest.ini_options]\naddopts = \"-q\"\n";
        assert!(!changed("pyproject.toml", project, &project.replace("\"a\"", "\"b\"")));
        assert!(changed("pyproject.toml", project, &project.replace("-q", "--co")));
        assert!(changed("sub/pyproject.toml", project, "[project]\nname = \"a\"\n"));
        let package = r#"{"scripts": {"test": "jest"}, "dependencies": {}}"#;
        assert!(!changed("package.json", package, &package.replace("{}", r#"{"a": "1"}"#)));
        assert!(changed("package.json", package, &package.replace("jest", "true")));
        assert!(changed("package.json", package, "not JSON"));
        let manifest = "[package]\nname = \"a\"\n\n[dependencies]\n";
        assert!(!changed("Cargo.toml", manifest, &format!("{manifest}serde = \"1\"\n")));
        assert!(changed("Cargo.toml", manifest, &format!("{manifest}[lib]\ntest = false\n")));
        let test = "[[test]]\nname = \"it\"\nharness = false\n";
        assert!(changed("Cargo.toml", manifest, &format!("{manifest}{test}")));
    }

    #[test]
    fn settings_are_known_by_their_paths() {
        for path in [
            "conftest.py",
            "a/conftest.py",
            "jest.config.ts",
            ".mocharc.yml",
            "pytest.py",
            "pytest/__init__.py",
            ".cargo/config.toml",
            ".config/nextest.toml",
            "evil.pth",
        ] {
            assert!(configures(path, None, &[]), "{path}");
        }
        for path in ["src/calc.py", "lib/pytest.py", "README.md", "src/config.toml"] {
            assert!(!configures(path, None, &[]), "{path}");
        }
        let check = Check { name: "test".into(), command: "sh ./run-tests --all".into() };
        assert!(configures("run-tests", None, std::slice::from_ref(&check)));
        assert!(!configures("run", None, &[check]));
    }
}
