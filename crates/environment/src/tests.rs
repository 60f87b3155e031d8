use std::collections::BTreeMap;
use std::fmt::Write as _;

use expect_test::{Expect, expect};

use crate::{Environment, Error, FILE, Files, read};

/// A repository of a few files, on a machine with a few programs.
pub(crate) struct Given {
    texts: BTreeMap<String, String>,
    paths: Vec<String>,
    programs: &'static [&'static str],
    unreadable: bool,
}

impl Files for Given {
    fn paths(&self) -> &[String] {
        &self.paths
    }

    fn exists(&self, path: &str) -> bool {
        self.texts.contains_key(path)
    }

    fn text(&self, path: &str) -> Option<String> {
        self.texts.get(path).filter(|_| !self.unreadable).cloned()
    }

    fn has_program(&self, name: &str) -> bool {
        self.programs.contains(&name)
    }
}

pub(crate) fn given(files: &[(&str, &str)]) -> Given {
    let texts: BTreeMap<String, String> =
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let programs = &["npm", "ruff", "rustfmt"];
    Given { paths: texts.keys().cloned().collect(), texts, programs, unreadable: false }
}

/// What is said about the checks.
fn checks(environment: &Environment) -> String {
    let mut shown = String::new();
    for finding in environment.findings.iter().filter(|f| f.key.starts_with("checks.")) {
        let file = finding.file.as_deref().unwrap_or("-");
        writeln!(shown, "{}: {} [{file}: {}]", finding.key, finding.value, finding.why).unwrap();
    }
    shown
}

fn check(files: &[(&str, &str)], expected: Expect) {
    expected.assert_eq(&checks(&read(&given(files)).unwrap()));
}

fn check_error(text: &str, expected: Expect) {
    expected.assert_eq(&read(&given(&[(FILE, text)])).unwrap_err().to_string());
}

const CASE: &str = "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): pass\n";

#[test]
fn a_written_file_is_read_and_explained() {
    let text = "\
[environment]
image = \"host\"
setup = \"pip install -e .\"
network = \"none\"
secrets = []
[limits]
minutes = 5
memory = \"512MiB\"
processes = 64
[checks]
zebra = \"./zebra\"
test = \"pytest -q\"
lint = \"ruff check .\"
[agent]
name = \"native\"
model = \"ollama/qwen3\"
attempts = 4
";
    let environment = read(&given(&[(FILE, text)])).unwrap();
    let names: Vec<_> = environment.checks.iter().map(|check| check.name.as_str()).collect();
    assert_eq!(names, ["zebra", "test", "lint"], "checks run in the order of the file");
    assert_eq!(environment.setup_text().as_deref(), Some("pip install -e ."));
    assert_eq!((environment.limits.wall_ms, environment.limits.processes), (300_000, 64));
    assert_eq!(environment.limits.memory_bytes, 512 << 20);
    assert_eq!(environment.agent.attempts, Some(4));
    let memory = environment.findings.iter().find(|f| f.key == "limits.memory").unwrap();
    assert_eq!((memory.value.as_str(), memory.why.as_str()), ("512MiB", "written in line 8"));
}

#[test]
fn without_a_file_the_defaults_are_told() {
    let environment = read(&given(&[])).unwrap();
    let mut shown = String::new();
    for finding in &environment.findings {
        let fix = finding.fix.as_deref().unwrap_or("-").replace('\n', " ");
        writeln!(shown, "{} = {} ({}) {fix}", finding.key, finding.value, finding.why).unwrap();
    }
    expect![[r#"
        environment.image = host (the default) [environment] image = "host"
        environment.setup = none (the default) [environment] setup = "a shell command"
        environment.network = none (the default) [environment] network = "packages"
        agent.network = none (the default) [agent] network = "none"
        limits.minutes = 30 (the default) [limits] minutes = 30
        limits.setup_minutes = 15 (the default) [limits] setup_minutes = 15
        limits.memory = 4GiB (the default) [limits] memory = "4GiB"
        limits.processes = 512 (the default) [limits] processes = 512
        limits.disk = 16GiB (the default) [limits] disk = "16GiB"
        limits.files = 1000000 (the default) [limits] files = 1000000
        limits.cpus = all (the default) [limits] cpus = 2
        limits.usd = no limit (the default) [limits] usd = 2.0
        limits.tokens = 20000000 (the default) [limits] tokens = 20000000
        limits.turns = 400 (the default) [limits] turns = 400
        evidence.reruns = 3 (the default) [evidence] reruns = 3
        evidence.mutation_seconds = 60 (the default) [evidence] mutation_seconds = 60
        checks.test = none (no tests of Python, Rust, JavaScript or Go were found, and no Makefile with a target named test; without a check nothing can be proved) [checks] test = "the command that runs your tests"
    "#]]
    .assert_eq(&shown);
}

#[test]
fn a_mistaken_key_is_told_with_its_line_and_the_nearest_right_one() {
    check_error(
        "[checks]\ntest = ",
        expect![[
            r"whimbrel.toml:2: this isn't TOML: string values must be quoted, expected literal string"
        ]],
    );
    check_error(
        "[limits]\n\nminuts = 3",
        expect![[
            r#"whimbrel.toml:3: there is no setting "limits.minuts"; did you mean "limits.minutes"?"#
        ]],
    );
    check_error(
        "memory = \"1GiB\"",
        expect![[
            r#"whimbrel.toml:1: there is no setting "memory"; did you mean "limits.memory"?"#
        ]],
    );
    check_error(
        "[check]\ntest = \"x\"",
        expect!["whimbrel.toml:1: there is no section [check]; did you mean [checks]?"],
    );
    check_error(
        "[environment]\nsecretz_of_mine = 3",
        expect![[
            r#"whimbrel.toml:2: there is no setting "environment.secretz_of_mine"; there are environment.image, environment.setup, environment.maintenance, environment.network, environment.secrets, environment.inputs, variables.NAME, limits.minutes, limits.setup_minutes, limits.memory, limits.processes, limits.disk, limits.files, limits.cpus, limits.usd, limits.tokens, limits.turns, checks.test, checks.lint, evidence.reruns, evidence.mutation_seconds, agent.name, agent.model, agent.attempts, agent.enough, agent.network"#
        ]],
    );
}

#[test]
fn a_mistaken_value_is_told_with_what_is_right() {
    check_error(
        "[limits]\nminutes = \"30\"",
        expect![
            "whimbrel.toml:2: limits.minutes must be a whole number without quotes, but it is a string"
        ],
    );
    check_error(
        "[limits]\nminutes = 0",
        expect![
            "whimbrel.toml:2: limits.minutes must be a whole number from 1 to 1440, but it is 0"
        ],
    );
    check_error(
        "[limits]\nmemory = \"lots\"",
        expect![[
            r#"whimbrel.toml:2: limits.memory must be a size of at least 64MiB, like "512MiB" or "4GiB", but it is "lots""#
        ]],
    );
    check_error(
        "[limits]\nmemory = 4",
        expect![[
            r#"whimbrel.toml:2: limits.memory must be a size in quotes, like "4GiB", but it is an integer"#
        ]],
    );
    check_error(
        "[checks]\ntest = [\"pytest\"]",
        expect!["whimbrel.toml:2: checks.test must be a shell command in quotes, but it is a list"],
    );
    check_error(
        "[checks]\ntest = \"\"",
        expect!["whimbrel.toml:2: checks.test must be a shell command, but it is empty"],
    );
    check_error(
        "[checks]\n\"../x\" = \"true\"",
        expect![[
            r#"whimbrel.toml:2: checks.../x must be a name of at most 40 lower-case letters, digits, - and _, but it is "../x""#
        ]],
    );
    check_error(
        "[agent]\nname = \"mechanik\"",
        expect![[
            r#"whimbrel.toml:2: agent.name must be one of native, mechanic, mechanic:lint, mechanic:bisect, mechanic:minimise, but it is "mechanik" (did you mean "mechanic"?)"#
        ]],
    );
    check_error(
        "[agent]\nmodel = \"gpt\"",
        expect![[r#"whimbrel.toml:2: agent.model must be "provider/model", but it is "gpt""#]],
    );
    check_error(
        "[agent]\nattempts = 1000",
        expect![
            "whimbrel.toml:2: agent.attempts must be a whole number from 1 to 64, but it is 1000"
        ],
    );
}

#[test]
fn image_network_secrets_and_limits_are_read() {
    let text = "\
[environment]
image = \"docker.io/library/python:3.12\"
setup = \"pip install -e .\"
maintenance = \"pip install -e . -U\"
network = [\"crates.io\", \"GET example.com\"]
secrets = [\"TOKEN\", \"TOKEN\", \"_KEY2\"]
inputs = [\"deps/*.in\"]
[variables]
RUST_LOG = \"debug\"
[limits]
setup_minutes = 3
disk = \"2GiB\"
files = 5000
cpus = 1.5
[agent]
network = \"packages\"
";
    let environment = read(&given(&[(FILE, text)])).unwrap();
    assert_eq!(environment.image.to_string(), "docker.io/library/python:3.12");
    let maintenance = environment.maintenance.unwrap();
    assert_eq!((&*maintenance.name, &*maintenance.command), ("maintenance", "pip install -e . -U"));
    assert_eq!(environment.network.to_string(), "[\"crates.io\", \"GET example.com\"]");
    assert_eq!(environment.agent.network, domain::network::Policy::Packages);
    assert_eq!(environment.secrets, ["TOKEN", "_KEY2"]);
    assert_eq!(environment.inputs, ["deps/*.in"]);
    assert_eq!(environment.variables["RUST_LOG"], "debug");
    let limits = environment.limits;
    assert_eq!((environment.setup_ms, limits.disk_bytes), (180_000, 2 << 30));
    assert_eq!((limits.files, limits.cpu_millis), (5_000, Some(1_500)));
}

#[test]
fn what_can_not_be_is_refused_with_what_is_right() {
    check_error(
        "[environment]\nimage = \"a b\"",
        expect![[
            r#"whimbrel.toml:2: environment.image must be "host", a name like "docker.io/library/python:3.12", "oci:/absolute/folder" or "tar:/absolute/file", but it is "a b""#
        ]],
    );
    check_error(
        "[environment]\nnetwork = [\"http://crates.io/\"]",
        expect![[
            r#"whimbrel.toml:2: environment.network must be a list of hosts, but it is one where "http://crates.io/" is not a network rule: it has a scheme; write it like crates.io, *.example.com:8443 or GET example.com"#
        ]],
    );
    check_error(
        "[environment]\nnetwork = \"package\"",
        expect![[
            r#"whimbrel.toml:2: environment.network must be "none", "packages", "all" or a list like ["crates.io", "GET example.com"], but it is "package" (did you mean "packages"?)"#
        ]],
    );
    check_error(
        "[agent]\nnetwork = 3",
        expect![
            "whimbrel.toml:2: agent.network must be a policy in quotes, or a list of hosts, but it is an integer"
        ],
    );
    check_error(
        "[environment]\nsecrets = \"TOKEN\"",
        expect![
            "whimbrel.toml:2: environment.secrets must be a list of names in quotes, but it is a string"
        ],
    );
    check_error(
        "[environment]\nsecrets = [\"A-B\"]",
        expect![[
            r#"whimbrel.toml:2: environment.secrets must be a short name of letters, digits and _ that starts with no digit, but it is "A-B""#
        ]],
    );
    check_error(
        "[environment]\nsecrets = [3]",
        expect![
            "whimbrel.toml:2: environment.secrets must be a list of names in quotes, but it is an integer"
        ],
    );
}

#[test]
fn what_has_no_bounds_or_no_name_is_refused_too() {
    check_error(
        "[environment]\ninputs = [\"../x\"]",
        expect![[
            r#"whimbrel.toml:2: environment.inputs must be paths inside the repository, like "requirements/*.txt", but it is "../x""#
        ]],
    );
    check_error(
        "[variables]\nA = 3",
        expect!["whimbrel.toml:2: variables.A must be a value in quotes, but it is an integer"],
    );
    check_error(
        "[variables]\n\"A B\" = \"3\"",
        expect![[
            r#"whimbrel.toml:2: variables.A B must be a short name of letters, digits and _ that starts with no digit, but it is "A B""#
        ]],
    );
    check_error(
        "[limits]\ncpus = 0.001",
        expect!["whimbrel.toml:2: limits.cpus must be a number from 0.01 to 1024, but it is 0.001"],
    );
    check_error(
        "[limits]\ndisk = \"1MiB\"",
        expect![[
            r#"whimbrel.toml:2: limits.disk must be a size of at least 64MiB, like "512MiB" or "4GiB", but it is "1MiB""#
        ]],
    );
    check_error(
        "[limits]\nusd = 0",
        expect!["whimbrel.toml:2: limits.usd must be a number from 0.0001 to 100000, but it is 0"],
    );
}

#[test]
fn a_section_that_is_none_is_told_even_when_it_is_empty() {
    check_error(
        "[limits]\n[agents]\n",
        expect!["whimbrel.toml:2: there is no section [agents]; did you mean [agent]?"],
    );
    check_error(
        "[deploy]\nto = 1",
        expect![
            "whimbrel.toml:1: there is no section [deploy]; there are environment, variables, limits, checks, evidence, agent"
        ],
    );
    check_error(
        "[[checks]]\ntest = \"x\"",
        expect![[
            r#"whimbrel.toml:1: there is no setting "checks"; there are environment.image, environment.setup, environment.maintenance, environment.network, environment.secrets, environment.inputs, variables.NAME, limits.minutes, limits.setup_minutes, limits.memory, limits.processes, limits.disk, limits.files, limits.cpus, limits.usd, limits.tokens, limits.turns, checks.test, checks.lint, evidence.reruns, evidence.mutation_seconds, agent.name, agent.model, agent.attempts, agent.enough, agent.network"#
        ]],
    );
}

#[test]
fn a_file_that_is_no_text_is_not_taken_for_none() {
    let mut binary = given(&[(FILE, "")]);
    binary.unreadable = true;
    assert_eq!(read(&binary), Err(Error::Unreadable));
}

#[test]
fn a_syntax_error_keeps_its_source() {
    let error = read(&given(&[(FILE, "a = \"")])).unwrap_err();
    assert!(matches!(error, Error::Syntax { line: 1, .. }), "{error:?}");
}

#[test]
fn written_checks_are_not_mixed_with_guesses() {
    check(
        &[(FILE, "[checks]\nlint = \"ruff check .\""), ("Cargo.toml", "")],
        expect![[r#"
        checks.lint: ruff check . [whimbrel.toml: written in line 2]
        checks.test: none [whimbrel.toml: [checks] is written without it, and then nothing is guessed]
    "#]],
    );
    check(
        &[(FILE, "[limits]\nminutes = 1"), ("Cargo.toml", "[package]")],
        expect![[r#"
            checks.test: cargo test --no-fail-fast [Cargo.toml: a Cargo package is in the root]
        "#]],
    );
}

#[test]
fn pytest_is_guessed_where_anything_asks_for_it() {
    check(
        &[("pytest.ini", "")],
        expect![[r#"
        checks.test: python3 -m pytest -q [pytest.ini: it configures pytest]
    "#]],
    );
    check(
        &[("pyproject.toml", "[tool.pytest.ini_options]")],
        expect![[r#"
        checks.test: python3 -m pytest -q [pyproject.toml: it configures pytest]
    "#]],
    );
    check(
        &[("setup.cfg", "[tool:pytest]")],
        expect![[r#"
        checks.test: python3 -m pytest -q [setup.cfg: it configures pytest]
    "#]],
    );
    check(
        &[("tests/conftest.py", ""), ("tests/test_a.py", CASE)],
        expect![[r#"
        checks.test: python3 -m pytest -q [tests/conftest.py: pytest reads it]
    "#]],
    );
    check(
        &[("requirements-dev.txt", "pytest>=8"), ("tests/test_a.py", CASE)],
        expect![[r#"
        checks.test: python3 -m pytest -q [requirements-dev.txt: it asks for pytest]
    "#]],
    );
    check(
        &[("tests/test_a.py", "def test_a():\n    pass\n")],
        expect![[r#"
        checks.test: python3 -m pytest -q [tests/test_a.py: its tests are plain functions, which unittest doesn't run]
    "#]],
    );
    check(
        &[("tests/test_a.py", "import pytest\n")],
        expect![[r#"
        checks.test: python3 -m pytest -q [tests/test_a.py: it imports pytest]
    "#]],
    );
}

#[test]
fn unittest_is_started_where_it_finds_the_tests() {
    check(
        &[("test_a.py", CASE)],
        expect![[r#"
        checks.test: python3 -m unittest discover [test_a.py: it uses unittest and nothing asks for pytest; tests are found from the root]
    "#]],
    );
    check(
        &[("tests/__init__.py", ""), ("tests/test_a.py", CASE)],
        expect![[r#"
        checks.test: python3 -m unittest discover -s tests -t . [tests/test_a.py: it uses unittest and nothing asks for pytest; tests are found from tests/]
    "#]],
    );
    check(
        &[("tests/test_a.py", CASE), ("tests/test_b.py", CASE)],
        expect![[r#"
        checks.test: python3 -m unittest discover -s tests [tests/test_a.py: it uses unittest and nothing asks for pytest; tests are found from tests/]
    "#]],
    );
    check(
        &[("test/unit tests/test_a.py", CASE)],
        expect![[r#"
        checks.test: python3 -m unittest discover -s 'test/unit tests' [test/unit tests/test_a.py: it uses unittest and nothing asks for pytest; tests are found from test/unit tests/]
    "#]],
    );
    check(
        &[("lib/a_test.py", CASE)],
        expect![[r#"
        checks.test: python3 -m unittest discover -s lib -p '*_test.py' [lib/a_test.py: it uses unittest and nothing asks for pytest; tests are found from lib/]
    "#]],
    );
    check(
        &[
            ("p/__init__.py", ""),
            ("p/a/tests/__init__.py", ""),
            ("p/a/__init__.py", ""),
            ("p/a/tests/test_a.py", CASE),
            ("p/tests/__init__.py", ""),
            ("p/tests/test_b.py", CASE),
        ],
        expect![[r#"
            checks.test: python3 -m unittest discover -s p -t . [p/a/tests/test_a.py: it uses unittest and nothing asks for pytest; tests are found from p/]
        "#]],
    );
    check(
        &[
            ("src/p/__init__.py", ""),
            ("src/p/tests/__init__.py", ""),
            ("src/p/tests/test_a.py", CASE),
        ],
        expect![[r#"
            checks.test: PYTHONPATH=src${PYTHONPATH:+:$PYTHONPATH} python3 -m unittest discover -s src/p/tests -t src [src/p/tests/test_a.py: it uses unittest and nothing asks for pytest; tests are found from src/p/tests/]
        "#]],
    );
}

#[test]
fn a_package_below_src_is_put_on_the_path() {
    let source = ("src/p/__init__.py", "");
    let test = ("tests/test_a.py", "def test_a(): pass");
    check(
        &[source, test],
        expect![[r#"
        checks.test: PYTHONPATH=src${PYTHONPATH:+:$PYTHONPATH} python3 -m pytest -q [tests/test_a.py: its tests are plain functions, which unittest doesn't run]
    "#]],
    );
    check(
        &[source, test, ("pyproject.toml", "[tool.pytest.ini_options]\npythonpath = [\"src\"]")],
        expect![[r#"
            checks.test: python3 -m pytest -q [pyproject.toml: it configures pytest]
        "#]],
    );
    check(
        &[source, test, (FILE, "[environment]\nsetup = \"pip install -e .\"")],
        expect![[r#"
        checks.test: python3 -m pytest -q [tests/test_a.py: its tests are plain functions, which unittest doesn't run]
    "#]],
    );
}

#[test]
fn python_without_tests_and_foreign_tests_are_not_guessed() {
    check(
        &[("setup.py", ""), ("a.py", "")],
        expect![[r#"
        checks.test: none [-: no tests of Python, Rust, JavaScript or Go were found, and no Makefile with a target named test; without a check nothing can be proved]
    "#]],
    );
    check(
        &[("node_modules/gyp/test_a.py", "import pytest")],
        expect![[r#"
        checks.test: none [-: no tests of Python, Rust, JavaScript or Go were found, and no Makefile with a target named test; without a check nothing can be proved]
    "#]],
    );
}

#[test]
fn rust_and_go() {
    check(
        &[("Cargo.toml", "[package]"), ("rustfmt.toml", "")],
        expect![[r#"
            checks.test: cargo test --no-fail-fast [Cargo.toml: a Cargo package is in the root]
            checks.lint: cargo fmt --all --check [rustfmt.toml: it configures rustfmt, which this machine has]
        "#]],
    );
    check(
        &[("Cargo.toml", "[workspace]\nmembers = []")],
        expect![[r#"
            checks.test: cargo test --workspace --no-fail-fast [Cargo.toml: a Cargo workspace is in the root]
        "#]],
    );
    check(
        &[("go.mod", "module x"), (".golangci.yml", "")],
        expect![[r#"
        checks.test: go test ./... [go.mod: a Go module is in the root]
        checks.lint: not picked [.golangci.yml: it configures golangci-lint, but this machine doesn't have golangci-lint]
    "#]],
    );
}

#[test]
fn javascript() {
    check(
        &[("package.json", r#"{"scripts":{"test":"jest"},"devDependencies":{"jest":"1"}}"#)],
        expect![[r#"
            checks.test: npm test [package.json: its script test is "jest"; it declares packages that aren't in the repository, so environment.setup may have to provide them]
        "#]],
    );
    let placeholder = r#"{"scripts":{"test":"echo \"Error: no test specified\" && exit 1"}}"#;
    check(
        &[("package.json", placeholder), ("a.test.mjs", "")],
        expect![[r#"
        checks.test: node --test [a.test.mjs: node's own runner finds it by its name, and no script test is in package.json]
    "#]],
    );
    check(
        &[("test/a.js", "")],
        expect![[r#"
        checks.test: node --test [test/a.js: node's own runner finds it by its name, and no script test is in package.json]
    "#]],
    );
    check(
        &[("package.json", "not json"), ("index.js", "")],
        expect![[r#"
        checks.test: none [-: no tests of Python, Rust, JavaScript or Go were found, and no Makefile with a target named test; without a check nothing can be proved]
    "#]],
    );
}

#[test]
fn a_makefile_is_the_last_resort() {
    check(
        &[("Makefile", "all:\n\ttrue\ntest: all\n\ttrue\n")],
        expect![[r#"
        checks.test: make test [Makefile: it has a target named test]
    "#]],
    );
    check(
        &[("Makefile", "test := x\nlatest:\n")],
        expect![[r#"
        checks.test: none [-: no tests of Python, Rust, JavaScript or Go were found, and no Makefile with a target named test; without a check nothing can be proved]
    "#]],
    );
}

#[test]
fn one_language_is_picked_and_the_others_are_told() {
    check(
        &[
            ("Cargo.toml", "[package]"),
            ("pyproject.toml", "[tool.pytest]\n[tool.ruff]"),
            ("web/a.test.js", ""),
            ("Makefile", "test:\n"),
            (".flake8", ""),
        ],
        expect![[r#"
            checks.test: cargo test --no-fail-fast [Cargo.toml: a Cargo package is in the root]
            checks.test: not picked [pyproject.toml: it configures pytest, but only one test command is guessed]
            checks.test: not picked [web/a.test.js: node's own runner finds it by its name, and no script test is in package.json, but only one test command is guessed]
            checks.test: not picked [Makefile: it has a target named test, but only one test command is guessed]
            checks.lint: ruff check . [pyproject.toml: it configures ruff, which this machine has]
            checks.lint: not picked [.flake8: it configures flake8, but this machine doesn't have flake8]
        "#]],
    );
    // A package.json in the root wins over Python files that happen to lie about.
    check(
        &[
            ("package.json", r#"{"scripts":{"test":"node --test"}}"#),
            ("tools/test_a.py", "import pytest"),
        ],
        expect![[r#"
            checks.test: npm test [package.json: its script test is "node --test"]
            checks.test: not picked [tools/test_a.py: it imports pytest, but only one test command is guessed]
        "#]],
    );
}

#[test]
fn a_linter_is_guessed_only_where_it_can_start() {
    let eslint = ("eslint.config.mjs", "");
    let package = r#"{"scripts":{"test":"node --test","lint":"eslint ."}}"#;
    check(
        &[("package.json", package), eslint],
        expect![[r#"
        checks.test: npm test [package.json: its script test is "node --test"]
        checks.lint: npm run lint [eslint.config.mjs: it configures eslint, which this machine has]
    "#]],
    );
    let installed = r#"{"scripts":{"lint":"eslint ."},"devDependencies":{"eslint":"9"}}"#;
    check(
        &[("package.json", installed), eslint],
        expect![[r#"
        checks.test: none [-: no tests of Python, Rust, JavaScript or Go were found, and no Makefile with a target named test; without a check nothing can be proved]
        checks.lint: not picked [eslint.config.mjs: it configures eslint, but its packages aren't in the repository]
    "#]],
    );
}
