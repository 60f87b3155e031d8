//! Stories over the fake computer: a repository, a change, and real runners.

mod hostile;
mod inline;
mod kept;
mod runners;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use computer::fake::Fake;
use computer::{Backend, Exec, Snapshot, SnapshotId, Spec, Stdin, WORKSPACE};
use domain::change::{FileChange, Kind};
use domain::{Change, Commit, Evidence};
use environment::Check;
use expect_test::{Expect, expect};

use crate::{Error, Job, Kept, Log, Progress, prove};

const TIME: Duration = Duration::from_secs(60);

fn spec() -> Spec {
    Spec::default()
}

/// A repository with two commits, its snapshot at the first, and the bundle of the second.
struct Story {
    fake: Fake,
    snapshot: Snapshot,
    change: Change,
    folder: tempfile::TempDir,
    checks: Vec<Check>,
    time: Duration,
    reruns: u32,
    width: usize,
    kept: Option<Box<dyn Kept>>,
}

impl Story {
    async fn new(base: &[(&str, &str)], head: &[(&str, &str)], command: &str) -> Self {
        let fake = Fake::new();
        let computer = fake.fork(&fake.bare(), &spec()).await.unwrap();
        sh(
            &*computer,
            "git init -q -b main && git config user.name A && git config user.email a@b",
        )
        .await;
        let base_commit = commit(&*computer, base).await;
        sh(&*computer, "git checkout -q -b whimbrel").await;
        let head_commit = commit(&*computer, head).await;
        sh(&*computer, "git bundle create -q ../change.bundle main..whimbrel").await;
        let bundle = sh(&*computer, "base64 -w0 ../change.bundle").await;
        sh(
            &*computer,
            "rm ../change.bundle; git checkout -q --detach main; git branch -q -D whimbrel",
        )
        .await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("bundle64"), bundle).unwrap();
        let snapshot = computer.seal(SnapshotId::from_digest(&[1])).await.unwrap();
        let is_at_base = |path: &str| base.iter().any(|(at_base, _)| *at_base == path);
        let file = |(path, _): &(&str, &str)| FileChange {
            path: (*path).into(),
            kind: if is_at_base(path) { Kind::Modified } else { Kind::Added },
            added: Some(1),
            removed: Some(1),
        };
        let files = head.iter().map(file).collect();
        let change =
            Change { base: base_commit, head: head_commit, commits: vec!["c".into()], files };
        let checks = vec![Check { name: "test".into(), command: command.into() }];
        Self { fake, snapshot, change, folder, checks, time: TIME, reruns: 1, width: 1, kept: None }
    }

    fn bundle(&self) -> PathBuf {
        self.folder.path().join("change.bundle")
    }

    async fn prove(&self) -> Result<(Evidence, Vec<Log>, Vec<Progress>), Error> {
        let decoded = self.fake.fork(&self.fake.bare(), &spec()).await.unwrap();
        let encoded = std::fs::read(self.folder.path().join("bundle64")).unwrap();
        let decode = Exec::shell(&format!("base64 -d > {}", self.bundle().display()));
        decoded.run(decode.stdin(Stdin::Bytes(encoded))).await.unwrap();
        self.prove_bundle(&self.bundle()).await
    }

    async fn prove_bundle(
        &self,
        bundle: &Path,
    ) -> Result<(Evidence, Vec<Log>, Vec<Progress>), Error> {
        let job = Job {
            base: self.change.base.clone(),
            head: self.change.head.clone(),
            change: &self.change,
            bundle,
            checks: &self.checks,
            time: self.time,
            proving: environment::Proving { reruns: self.reruns, mutation_ms: 0 },
            summary: "",
            width: self.width,
            kept: self.kept.as_deref(),
        };
        let mut told = Vec::new();
        let mut tell = |progress| told.push(progress);
        let (evidence, logs) = prove(&self.fake, &self.snapshot, &spec(), &job, &mut tell).await?;
        Ok((evidence, logs, told))
    }
}

async fn sh(computer: &dyn computer::Computer, command: &str) -> String {
    let exited = computer.run(Exec::shell(command).timeout(TIME)).await.unwrap();
    assert!(exited.status.is_success(), "{command}: {}", exited.text());
    exited.stdout.text()
}

async fn commit(computer: &dyn computer::Computer, files: &[(&str, &str)]) -> Commit {
    for (path, text) in files {
        computer.write(&Path::new(WORKSPACE).join(path), text.as_bytes(), 0o644).await.unwrap();
    }
    sh(computer, "git add -A && git commit -q -m c").await;
    sh(computer, "git rev-parse HEAD").await.trim().parse().unwrap()
}

fn shown(evidence: &Evidence) -> String {
    let mut shown = String::new();
    for check in &evidence.checks {
        let (base, head) = (check.base.exit.words(), check.head.exit.words());
        writeln!(shown, "{}: {base} → {head}", check.name).unwrap();
        for (run, place) in [(&check.base, "base"), (&check.head, "head")] {
            let doubt = run.doubt.iter();
            doubt.for_each(|why| writeln!(shown, "doubt at {place}: {why}").unwrap());
        }
    }
    let tests = &evidence.tests;
    writeln!(
        shown,
        "known {}, passed {} → {}, failed {} → {}",
        tests.known, tests.passed_base, tests.passed_head, tests.failed_base, tests.failed_head
    )
    .unwrap();
    for (what, names) in
        [("fixed", &tests.fixed), ("broken", &tests.broken), ("removed", &tests.removed)]
    {
        names.iter().for_each(|name| writeln!(shown, "{what} {name}").unwrap());
    }
    for flaky in &tests.flaky {
        writeln!(shown, "flaky {} {}/{}", flaky.name, flaky.passed, flaky.runs).unwrap();
    }
    for test in &tests.as_they_were {
        let (base, head, was) = (test.at_base, test.at_head, test.as_it_was);
        writeln!(shown, "was {} {base:?} {head:?} {was:?}", test.name).unwrap();
    }
    for finding in &evidence.findings {
        writeln!(shown, "{:?} {:?}: {}", finding.weight, finding.kind, finding.sentence()).unwrap();
    }
    for test in &tests.added {
        writeln!(shown, "added {} passes={} {:?}", test.name, test.passes, test.on_base).unwrap();
    }
    evidence.notes.iter().for_each(|note| writeln!(shown, "note: {note}").unwrap());
    writeln!(shown, "holds {}, breaks {}", evidence.holds(), evidence.breaks()).unwrap();
    shown
}

async fn check(base: &[(&str, &str)], head: &[(&str, &str)], command: &str, expected: Expect) {
    let story = Story::new(base, head, command).await;
    let (evidence, ..) = story.prove().await.unwrap();
    expected.assert_eq(&shown(&evidence));
}

const PYTEST: &str = "python3 -m pytest -q -p no:cacheprovider";
const UNITTEST: &str = "python3 -m unittest discover -s tests -t .";

const BUGGY: (&str, &str) = ("calc.py", "def add(a, b):\n    return a - b\n");
const FIXED: (&str, &str) = ("calc.py", "def add(a, b):\n    return a + b\n");

const TESTS: (&str, &str) = (
    "tests/test_calc.py",
    "from calc import add\ndef test_zero(): assert add(0, 0) == 0\n\
     def test_add(): assert add(1, 2) == 3\n",
);

#[tokio::test]
async fn a_fix_is_seen_with_pytest() {
    check(
        &[BUGGY, TESTS],
        &[FIXED],
        PYTEST,
        expect![[r#"
        test: exit 1 → exit 0
        known true, passed 1 → 2, failed 1 → 0
        fixed tests/test_calc.py::test_add
        holds true, breaks false
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_fix_is_seen_with_unittest() {
    let tests = (
        "tests/test_calc.py",
        "import unittest\nfrom calc import add\nclass T(unittest.TestCase):\n    \
         def test_zero(self): self.assertEqual(add(0, 0), 0)\n    \
         def test_add(self): self.assertEqual(add(1, 2), 3)\n",
    );
    let added = (
        "tests/test_more.py",
        "import unittest\nfrom calc import add\nclass M(unittest.TestCase):\n    \
         def test_red(self): self.assertEqual(add(2, 2), 4)\n    \
         def test_empty(self): pass\n",
    );
    let init = ("tests/__init__.py", "");
    check(
        &[BUGGY, init, tests],
        &[FIXED, added],
        UNITTEST,
        expect![[r#"
            test: exit 1 → exit 0
            known true, passed 1 → 4, failed 1 → 0
            fixed tests.test_calc.T.test_add
            Warning TestWeakened: tests/test_more.py:5: the new test `M::test_empty` can't fail
            added tests.test_more.M.test_empty passes=true Empty
            added tests.test_more.M.test_red passes=true RedGreen
            holds true, breaks false
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_fix_is_seen_with_node() {
    let buggy = ("a.js", "exports.add = (a, b) => a - b;\n");
    let fixed = ("a.js", "exports.add = (a, b) => a + b;\n");
    let tests = (
        "a.test.js",
        "const test = require('node:test'), assert = require('assert'), { add } = require('./a');\n\
         test('zero', () => assert.equal(add(0, 0), 0));\n\
         test('adds', () => assert.equal(add(1, 2), 3));\n",
    );
    let package = ("package.json", r#"{"scripts": {"test": "node --test"}}"#);
    check(
        &[buggy, tests, package],
        &[fixed],
        "npm test --silent",
        expect![[r#"
        test: exit 1 → exit 0
        known true, passed 1 → 2, failed 1 → 0
        fixed a.test.js > adds
        holds true, breaks false
    "#]],
    )
    .await;
}

#[tokio::test]
async fn added_tests_are_tried_on_the_base() {
    let more = (
        "tests/test_more.py",
        "from calc import add\ndef test_red(): assert add(2, 2) == 4\n\
         def test_empty(): assert add(0, 0) == 0\n",
    );
    let new_name = ("calc_more.py", "double = lambda a: a + a\n");
    let imports = ("tests/test_double.py", "import calc_more\ndef test_double(): pass\n");
    check(&[BUGGY, TESTS], &[FIXED, more, new_name, imports], PYTEST, expect![[r#"
        test: exit 1 → exit 0
        known true, passed 1 → 5, failed 1 → 0
        fixed tests/test_calc.py::test_add
        Warning TestWeakened: tests/test_double.py:2: the new test `test_double` can't fail
        Note PublicInterface: calc_more.py:1: `double` is new
        added tests/test_double.py::test_double passes=true RedGreen
        added tests/test_more.py::test_empty passes=true Empty
        added tests/test_more.py::test_red passes=true RedGreen
        note: can't be loaded on the base's code, which counts as failing there: tests/test_double.py::test_double
        holds true, breaks false
    "#]]).await;
}

#[tokio::test]
async fn what_breaks_is_told() {
    check(
        &[FIXED, TESTS],
        &[("calc.py", "def add(a, b)\n")],
        PYTEST,
        expect![[r#"
            test: exit 0 → exit 1
            known true, passed 2 → 0, failed 0 → 1
            broken tests/test_calc.py::test_add
            broken tests/test_calc.py::test_zero
            Warning PublicInterface: calc.py:1: `add` is no longer offered
            holds false, breaks true
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_rewritten_or_skipped_test_is_no_fix() {
    let rewritten = (
        "tests/test_calc.py",
        "import pytest\nfrom calc import add\n@pytest.mark.skip\ndef test_zero(): pass\n\
         def test_add(): assert add(1, 2) == -1\n",
    );
    check(&[BUGGY, TESTS], &[rewritten], PYTEST, expect![[r#"
        test: exit 1 → exit 0
        known true, passed 1 → 1, failed 1 → 0
        was tests/test_calc.py::test_add Failed Passed Failed
        was tests/test_calc.py::test_zero Passed Skipped Passed
        Objection TestEdited: tests/test_calc.py: tests/test_calc.py::test_add fails at base; the change edits its file, and as it was it fails on the change's code, too
        Warning TestSkipped: tests/test_calc.py:3: the test `test_zero` is skipped: `@pytest.mark.skip`
        Note TestSkipped: tests/test_calc.py: tests/test_calc.py::test_zero passes at base; the change skips it, and as it was it passes on the change's code
        Note TestEdited: tests/test_calc.py:5: an assertion is edited, in `test_add`: `assert add(1, 2) == 3` became `assert add(1, 2) == -1`
        note: ran at base and is skipped at head: tests/test_calc.py::test_zero
        note: not counted as fixed, since the base's code passes it too once the change has edited the test: tests/test_calc.py::test_add
        holds false, breaks false
    "#]]).await;
}

/// The check is the base's, but what it starts is a script of the project's.
#[tokio::test]
async fn a_change_that_runs_no_test_any_more_has_broken_them() {
    let script = format!("{PYTEST}\n");
    check(
        &[BUGGY, TESTS, ("run-tests", &script)],
        &[("run-tests", "true\n")],
        "sh run-tests",
        expect![[r#"
            test: exit 1 → exit 0
            doubt at head: pytest reported tests at base and at head nothing did
            known false, passed 1 → 0, failed 1 → 0
            was tests/test_calc.py::test_add Failed Absent Failed
            was tests/test_calc.py::test_zero Passed Absent Passed
            Objection TestDeleted: tests/test_calc.py::test_add fails at base; the change removes it, and as it was it fails on the change's code, too
            Note TestDeleted: tests/test_calc.py::test_zero passes at base; the change removes it, and as it was it passes on the change's code
            note: single tests can't be told apart, so only exit codes are compared
            holds false, breaks true
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_flaky_test_is_not_broken() {
    // It fails in the first run at head only: a folder of the host is what the runs share.
    let shared = tempfile::tempdir().unwrap();
    let mark = shared.path().join("ran");
    let flaky = format!(
        "import os\ndef test_calm(): pass\ndef test_flaky():\n    if not os.path.exists('new'): return\n    \
         known = os.path.exists({mark:?})\n    open({mark:?}, 'w').close()\n    assert known\n",
        mark = mark.to_str().unwrap()
    );
    check(
        &[("test_f.py", flaky.as_str())],
        &[("new", "x")],
        PYTEST,
        expect![[r#"
            test: exit 0 → exit 0
            known true, passed 2 → 2, failed 0 → 0
            flaky test_f.py::test_flaky 1/2
            note: test failed at head once and passed when it was run again
            note: flaky, so neither fixed nor broken: test_f.py::test_flaky
            holds true, breaks false
        "#]],
    )
    .await;
}

#[tokio::test]
async fn the_exit_counts_when_no_test_is_named() {
    check(
        &[("a", "1")],
        &[("a", "2"), ("whimbrel.toml", "")],
        "grep -q 1 a",
        expect![[r#"
            test: exit 0 → exit 1
            known false, passed 0 → 0, failed 0 → 0
            Warning RunnerConfigured: whimbrel.toml: settings of the checks changed; they are the base's all the same
            note: the change edits whimbrel.toml; the checks are the base's all the same
            note: single tests can't be told apart, so only exit codes are compared
            holds false, breaks true
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_report_that_contradicts_the_exit_is_told() {
    let command = "python3 -m pytest -q -p no:cacheprovider || true";
    check(
        &[BUGGY, TESTS],
        &[("calc.py", "add = None\n")],
        command,
        expect![[r#"
            test: exit 0 → exit 0
            doubt at base: it ends with exit 0 although 1 of its tests fail
            doubt at head: it ends with exit 0 although 2 of its tests fail
            known true, passed 1 → 0, failed 1 → 2
            broken tests/test_calc.py::test_zero
            Warning PublicInterface: calc.py:1: `add` was `def add(a, b)`, is `add`
            holds false, breaks true
        "#]],
    )
    .await;
}

#[tokio::test]
async fn each_run_is_told_and_leaves_its_log() {
    let story = Story::new(&[("a", "1")], &[("a", "2")], "echo out; echo err >&2; cat a").await;
    let (evidence, logs, told) = story.prove().await.unwrap();
    assert_eq!(evidence.checks[0].head.log, "test-head.log");
    let log = logs.iter().find(|log| log.name == "test-head.log").unwrap();
    assert_eq!(String::from_utf8_lossy(&log.bytes), "out\nerr\n2");
    let told = told.iter().filter(|told| !matches!(told, Progress::Noted { .. })).count();
    assert_eq!(told, 4);
}

#[tokio::test]
async fn a_bundle_that_is_none_is_an_error() {
    let story = Story::new(&[("a", "1")], &[("a", "2")], "true").await;
    std::fs::write(story.bundle(), "not a bundle").unwrap();
    let error = story.prove_bundle(&story.bundle()).await.unwrap_err();
    assert!(matches!(error, Error::Git { step: "read the change's bundle", .. }), "{error:?}");
    let error = story.prove_bundle(Path::new("/nowhere")).await.unwrap_err();
    assert!(matches!(error, Error::Bundle { .. }), "{error:?}");
}

#[tokio::test]
async fn a_snapshot_of_another_commit_is_an_error() {
    let mut story = Story::new(&[("a", "1")], &[("a", "2")], "true").await;
    story.change.base = story.change.head.clone();
    let error = story.prove().await.unwrap_err();
    assert!(matches!(error, Error::WrongCommit { .. }), "{error:?}");
}

const ENDLESS: (&str, &str) = (
    "bits.py",
    "def bits(n):\n    count = 0\n    while n:\n        count += 1\n    return count\n",
);
const ENDING: (&str, &str) = (
    "bits.py",
    "def bits(n):\n    count = 0\n    while n:\n        n &= n - 1\n        count += 1\n    return count\n",
);

/// What hangs at base and passes at head is fixed, and the tests after it have their turn.
#[tokio::test]
async fn an_endless_test_is_a_failing_one_with_pytest() {
    let tests = (
        "test_bits.py",
        "from bits import bits\ndef test_five(): assert bits(5) == 2\n\
         def test_zero(): assert bits(0) == 0\n",
    );
    check(&[ENDLESS, tests], &[ENDING], PYTEST, expect![[r#"
        test: exit 1 → exit 0
        known true, passed 1 → 2, failed 1 → 0
        fixed test_bits.py::test_five
        note: test at base: tests that ran for much longer than all of them at head were stopped, as failing
        holds true, breaks false
    "#]]).await;
}

#[tokio::test]
async fn an_endless_test_is_a_failing_one_with_unittest() {
    let tests = (
        "tests/test_bits.py",
        "import unittest\nfrom bits import bits\nclass T(unittest.TestCase):\n    \
         def test_five(self): self.assertEqual(bits(5), 2)\n    \
         def test_zero(self): self.assertEqual(bits(0), 0)\n",
    );
    check(&[ENDLESS, ("tests/__init__.py", ""), tests], &[ENDING], UNITTEST, expect![[r#"
        test: exit 1 → exit 0
        known true, passed 1 → 2, failed 1 → 0
        fixed tests.test_bits.T.test_five
        note: test at base: tests that ran for much longer than all of them at head were stopped, as failing
        holds true, breaks false
    "#]]).await;
}

#[tokio::test]
async fn what_takes_too_long_is_out_of_time() {
    let mut story = Story::new(&[("a", "0")], &[("a", "600")], "sleep $(cat a)").await;
    story.time = Duration::from_secs(2);
    let (evidence, ..) = story.prove().await.unwrap();
    expect![[r#"
        test: exit 0 → out of time
        known false, passed 0 → 0, failed 0 → 0
        note: single tests can't be told apart, so only exit codes are compared
        holds false, breaks true
    "#]]
    .assert_eq(&shown(&evidence));
}

#[tokio::test]
async fn a_project_with_its_own_reporter_is_left_alone() {
    let package = ("package.json", r#"{"scripts": {"test": "node --test --test-reporter=dot"}}"#);
    let test = ("a.test.js", "require('node:test')('t', () => {});\n");
    check(
        &[package, test],
        &[("a", "")],
        "npm test --silent",
        expect![[r#"
        test: exit 0 → exit 0
        known false, passed 0 → 0, failed 0 → 0
        note: single tests can't be told apart, so only exit codes are compared
        holds true, breaks false
    "#]],
    )
    .await;
}

#[tokio::test]
async fn the_first_tests_of_a_project_are_added() {
    let init = ("tests/__init__.py", "");
    let test = (
        "tests/test_calc.py",
        "import unittest\nimport calc\nclass T(unittest.TestCase):\n    \
         def test_add(self): self.assertEqual(calc.add(1, 2), 3)\n",
    );
    check(
        &[BUGGY, init],
        &[FIXED, test],
        UNITTEST,
        expect![[r#"
            test: exit 0 → exit 0
            doubt at base: unittest ran no test
            known true, passed 0 → 1, failed 0 → 0
            added tests.test_calc.T.test_add passes=true RedGreen
            holds true, breaks false
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_test_that_failed_by_chance_at_base_is_not_fixed() {
    let shared = tempfile::tempdir().unwrap();
    let mark = shared.path().join("ran");
    let flaky = format!(
        "import os\ndef test_flaky():\n    if os.path.exists('new'): return\n    \
         known = os.path.exists({mark:?})\n    open({mark:?}, 'w').close()\n    assert known\n",
        mark = mark.to_str().unwrap()
    );
    let base = [BUGGY, TESTS, ("test_f.py", flaky.as_str())];
    check(
        &base,
        &[FIXED, ("new", "x")],
        PYTEST,
        expect![[r#"
            test: exit 1 → exit 0
            known true, passed 2 → 3, failed 1 → 0
            fixed tests/test_calc.py::test_add
            flaky test_f.py::test_flaky 1/2
            note: flaky, so neither fixed nor broken: test_f.py::test_flaky
            holds true, breaks false
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_tool_that_is_not_there_is_told() {
    check(&[("a", "1")], &[("a", "2")], "no-such-linter .", expect![[r#"
        test: exit 127 → exit 127
        known false, passed 0 → 0, failed 0 → 0
        note: test at base: a tool isn't installed in the computer (/bin/sh: 1: no-such-linter: not found)
        note: test at head: a tool isn't installed in the computer (/bin/sh: 1: no-such-linter: not found)
        note: single tests can't be told apart, so only exit codes are compared
        holds false, breaks false
    "#]]).await;
}

#[tokio::test]
async fn line_endings_that_git_would_change_are_no_obstacle() {
    let attributes = (".gitattributes", "* text\n");
    check(
        &[("a.txt", "a\r\n")],
        &[attributes],
        "true",
        expect![[r#"
        test: exit 0 → exit 0
        known false, passed 0 → 0, failed 0 → 0
        note: single tests can't be told apart, so only exit codes are compared
        holds true, breaks false
    "#]],
    )
    .await;
}

#[tokio::test]
async fn proving_can_be_spawned() {
    fn is_send(future: impl Future + Send) -> impl Future + Send {
        future
    }
    let story = Story::new(&[("a", "1")], &[("a", "2")], "true").await;
    is_send(story.prove()).await;
}
