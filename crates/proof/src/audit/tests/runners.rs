//! Settings of runners, and reports that are forged.

use expect_test::expect;

use super::check;

#[test]
fn pytest_is_configured() {
    let base = "[pytest]\naddopts = -q\ntestpaths = tests\n";
    let file = |head: &str, expected| check(&[("pytest.ini", Some(base), Some(head))], expected);
    file(
        &base.replace("-q", "-q --deselect tests/test_a.py::test_a"),
        expect![[r#"
        Objection RunnerConfigured pytest.ini:2: pytest is always called with `--deselect tests/test_a.py::test_a` now
    "#]],
    );
    file(
        &base.replace("-q", "-q\n    --ignore=tests/test_a.py"),
        expect![[r#"
        Objection RunnerConfigured pytest.ini:2: pytest is always called with `--ignore tests/test_a.py` now
    "#]],
    );
    file(
        &base.replace("-q", "-q -k 'not adds'"),
        expect![[r#"
        Objection RunnerConfigured pytest.ini:2: pytest is always called with `-k 'not` now
    "#]],
    );
    file(
        &base.replace("-q", "-q --strict-markers --ignore=examples"),
        expect![[r#"
            Warning RunnerConfigured pytest.ini:2: pytest is always called with `--ignore examples` now
            Warning RunnerConfigured pytest.ini:2: pytest is always called with `--strict-markers` now
        "#]],
    );
    file(
        &base.replace("= tests", "= tests/unit"),
        expect![[r#"
        Warning RunnerConfigured pytest.ini:3: the runner's `testpaths` was `tests`, is `tests/unit`
    "#]],
    );
    let base = "[project]\nname = 'a'\n\n[tool.pytest.ini_options]\naddopts = ['-q']\n";
    let head = base.replace("'-q'", "'-q', '--deselect=tests/test_a.py::test_a'");
    check(
        &[("pyproject.toml", Some(base), Some(&head))],
        expect![[r#"
        Objection RunnerConfigured pyproject.toml:5: pytest is always called with `--deselect tests/test_a.py::test_a` now
    "#]],
    );
    let head = base.replace("name = 'a'", "name = 'b'");
    check(&[("pyproject.toml", Some(base), Some(&head))], expect![[r#""#]]);
}

#[test]
fn hooks_set_results() {
    let head = "\
import pytest

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    report.outcome = 'passed'

def pytest_sessionfinish(session, exitstatus):
    session.exitstatus = 0

def pytest_collection_modifyitems(items):
    items[:] = [item for item in items if item.name != 'test_a']
";
    check(
        &[("conftest.py", None, Some(head))],
        expect![[r#"
        Objection RunnerConfigured conftest.py:7: it sets a test's result: `report.outcome = 'passed'`
        Objection RunnerConfigured conftest.py:10: it sets the session's exit status: `session.exitstatus = 0`
        Warning RunnerConfigured conftest.py:4: the hook `pytest_runtest_makereport` has a part in which tests run or what they give
        Warning RunnerConfigured conftest.py:9: the hook `pytest_sessionfinish` has a part in which tests run or what they give
        Warning RunnerConfigured conftest.py:12: the hook `pytest_collection_modifyitems` has a part in which tests run or what they give
        Warning RunnerConfigured conftest.py:13: it chooses among the collected tests: `items[:] = [item for item in items if item.name != 'test_a']`
    "#]],
    );
    let head = "def pytest_pyfunc_call(pyfuncitem):\n    return True\n";
    check(
        &[("tests/conftest.py", Some("import pytest\n"), Some(head))],
        expect![[r#"
        Objection RunnerConfigured tests/conftest.py:1: the hook `pytest_pyfunc_call` keeps tests from running
    "#]],
    );
}

#[test]
fn scripts_forgive() {
    let base = "{\n  \"scripts\": {\n    \"test\": \"node --test\"\n  }\n}\n";
    let file = |head: &str, expected| check(&[("package.json", Some(base), Some(head))], expected);
    file(
        &base.replace("--test\"", "--test || true\""),
        expect![[r#"
        Objection RunnerConfigured package.json:3: the script `test` was `node --test`, is `node --test || true`, which succeeds whatever the tests say
    "#]],
    );
    file(
        &base.replace("node --test", "echo ok"),
        expect![[r#"
        Objection RunnerConfigured package.json:3: the script `test` was `node --test`, is `echo ok`, which succeeds whatever the tests say
    "#]],
    );
    file(
        &base.replace("--test\"", "--test --experimental-test-coverage\""),
        expect![[r#"
        Warning RunnerConfigured package.json:3: the script `test` was `node --test`, is `node --test --experimental-test-coverage`
    "#]],
    );
    let base = "all: build\n\ntest:\n\tpytest -q\n\nclean:\n\trm -rf build\n";
    let file = |head: &str, expected| check(&[("Makefile", Some(base), Some(head))], expected);
    file(
        &base.replace("\tpytest", "\t-pytest"),
        expect![[r#"
        Objection RunnerConfigured Makefile:4: the target `test` runs `-pytest -q`, which succeeds whatever the tests say
        Warning Build Makefile: a file of the build is edited
    "#]],
    );
    file(
        &base.replace("pytest -q", "pytest -q || true"),
        expect![[r#"
        Objection RunnerConfigured Makefile:4: the target `test` runs `pytest -q || true`, which succeeds whatever the tests say
        Warning Build Makefile: a file of the build is edited
    "#]],
    );
    file(
        &base.replace("pytest -q", "pytest -q tests"),
        expect![[r#"
        Warning RunnerConfigured Makefile:4: the target `test` runs `pytest -q tests`
        Warning Build Makefile: a file of the build is edited
    "#]],
    );
    file(
        &base.replace("rm -rf build", "-rm -rf build"),
        expect![[r#"
        Warning Build Makefile: a file of the build is edited
    "#]],
    );
}

#[test]
fn other_runners() {
    let base = "module.exports = {\n  testEnvironment: 'node',\n};\n";
    let head = base.replace("};", "  testPathIgnorePatterns: ['src/sum.test.js'],\n};");
    check(
        &[("jest.config.js", Some(base), Some(&head))],
        expect![[r#"
        Objection RunnerConfigured jest.config.js:3: the runner is configured anew: `testPathIgnorePatterns: ['src/sum.test.js'],`
        Note PublicInterface jest.config.js:1: `testPathIgnorePatterns` is new
    "#]],
    );
    let head = base.replace("'node'", "'jsdom'");
    check(
        &[("jest.config.js", Some(base), Some(&head))],
        expect![[r#"
        Warning RunnerConfigured jest.config.js: the runner's configuration changed
    "#]],
    );
    check(
        &[(
            ".cargo/config.toml",
            None,
            Some("[target.x86_64-unknown-linux-gnu]\nrunner = \"true\"\n"),
        )],
        expect![[r#"
            Objection RunnerConfigured .cargo/config.toml:2: cargo's `runner` is `true` now
            Warning Build .cargo/config.toml: a file of the build is added
        "#]],
    );
    check(
        &[("sitecustomize.py", None, Some("import os\n"))],
        expect![[r#"
        Objection RunnerConfigured sitecustomize.py: this file is loaded before the tests, or in place of their runner
    "#]],
    );
    check(
        &[("whimbrel.toml", Some("a = 1\n"), Some("a = 2\n"))],
        expect![[r#"
        Warning RunnerConfigured whimbrel.toml: settings of the checks changed; they are the base's all the same
    "#]],
    );
}

#[test]
fn reports_are_forged() {
    let head = "import os\n\ndef test_all():\n    print('===== 34 passed in 0.12s =====')\n    os._exit(0)\n";
    check(
        &[("tests/test_all.py", None, Some(head))],
        expect![[r#"
        Objection ReportForged tests/test_all.py:4: it prints what a test runner says: `print('===== 34 passed in 0.12s =====')`
        Objection ReportForged tests/test_all.py:5: it ends the tests' process as if they had passed: `os._exit(0)`
    "#]],
    );
    let head = "fn main() {\n    println!(\"test result: ok. 12 passed; 0 failed\");\n}\n";
    check(
        &[("build.rs", None, Some(head))],
        expect![[r#"
        Objection ReportForged build.rs:2: it prints what a test runner says: `println!("test result: ok. 12 passed; 0 failed");`
        Warning Build build.rs: a file of the build is added
    "#]],
    );
    let head = "const assert = require('node:assert');\nassert.strictEqual = () => {};\nprocess.on('exit', () => { process.exitCode = 0; });\n";
    check(
        &[("test/setup.js", None, Some(head))],
        expect![[r#"
            Objection ReportForged test/setup.js:2: it puts itself in the place of what tests assert with: `assert.strictEqual = () => {};`
            Objection ReportForged test/setup.js:3: it sets the exit code after everything else ran: `process.on('exit', () => { process.exitCode = 0; });`
        "#]],
    );
    let head = "import os, unittest\nunittest.TestCase.assertEqual = lambda *a: None\npath = os.environ['WHIMBREL_REPORT']\nclass Any(int):\n    def __eq__(self, other):\n        return True\n";
    check(
        &[("calc.py", None, Some(head))],
        expect![[r#"
        Objection ReportForged calc.py:2: it puts itself in the place of what tests assert with: `unittest.TestCase.assertEqual = lambda *a: None`
        Objection ReportForged calc.py:3: it reads or writes what the server makes runners report by: `path = os.environ['WHIMBREL_REPORT']`
        Objection ReportForged calc.py:5: something that is equal to everything: `def __eq__(self, other):`
        Note PublicInterface calc.py:3: `path` is new
        Note PublicInterface calc.py:4: `Any` is new
    "#]],
    );
}
