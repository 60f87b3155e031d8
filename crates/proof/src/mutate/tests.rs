//! Real runners over fake computers.

use std::path::Path;

use domain::change::Kind;

use super::*;
use crate::sample::{Ground, PYTEST, checks};
use crate::sources::Side;

const BUDGET: Duration = Duration::from_secs(120);

/// The first file is what the change edits, all of it; the others are what tests it.
async fn mutated(files: &[(&str, &str)], command: &str, budget: Duration) -> Mutation {
    let ground = Ground::new(&[("README", "Empty.\n")]).await;
    let made = ground.change("a", files).await;
    let checks = checks(command);
    let job = ground.job(&made, &checks);
    let (fake, snapshot, spec) = (&ground.fake, &ground.snapshot, &ground.spec);
    let yard = Yard { backend: fake, snapshot, spec, job: &job };
    let computer = yard.at_head().await.unwrap();
    let injection = inject::prepare(&*computer, &Tools::default()).await.unwrap();
    let bounds = Bounds { time: crate::sample::TIME, log_bytes: 1_000_000, test_time: None };
    let head = run::check(&*computer, &injection, &checks[0], None, bounds).await.unwrap();
    let sources: Vec<Source> = files.iter().map(|(path, text)| source(path, text)).collect();
    run(&yard, &checks, &sources, &[head], budget).await.unwrap().0
}

fn source(path: &str, text: &str) -> Source {
    let lines = u32::try_from(text.lines().count()).unwrap();
    Source {
        path: path.into(),
        kind: Kind::Added,
        base: Side::Absent,
        head: Side::Text(text.into()),
        changed: vec![1..=lines],
        gone: Vec::new(),
    }
}

const CODE: &str = "def fare(age):\n    return 3 if age > 5 else 0\n";
const STRONG: &str = "from fare import fare\n\n\ndef test_all():\n    \
    assert [fare(a) for a in (0, 5, 6, 7, 30)] == [0, 0, 3, 3, 3]\n";
const WEAK: &str = "from fare import fare\n\n\ndef test_old():\n    assert fare(30) == 3\n";

#[tokio::test]
async fn good_tests_notice_every_fault() {
    let mutation = mutated(&[("fare.py", CODE), ("test_fare.py", STRONG)], PYTEST, BUDGET).await;
    assert!(mutation.tried >= 4, "{mutation:?}");
    assert_eq!((mutation.caught, mutation.why), (mutation.tried, None));
    assert_eq!(mutation.possible, mutation.tried);
}

#[tokio::test]
async fn what_weak_tests_miss_is_shown_as_a_diff() {
    let mutation = mutated(&[("fare.py", CODE), ("test_fare.py", WEAK)], PYTEST, BUDGET).await;
    assert!(mutation.caught > 0 && mutation.caught < mutation.tried, "{mutation:?}");
    assert_eq!(mutation.survivors.len() as u64, mutation.tried - mutation.caught);
    let boundary =
        mutation.survivors.iter().find(|one| one.diff.contains("+    return 3 if age >= 5"));
    let boundary = boundary.unwrap_or_else(|| panic!("{mutation:?}"));
    assert_eq!((boundary.path.as_str(), boundary.line), ("fare.py", 2));
    assert!(boundary.diff.starts_with("--- a/fare.py\n+++ b/fare.py\n"), "{}", boundary.diff);
}

/// Only the first could be tried with what the module's own tests are, and the other ones notice.
#[tokio::test]
async fn what_the_modules_own_tests_miss_others_may_notice() {
    let other = "import helper\n\n\ndef test_through():\n    \
        assert [helper.f(a) for a in (0, 5, 6, 7)] == [0, 0, 3, 3]\n";
    let helper = "from fare import fare as f\n";
    let files = [
        ("fare.py", CODE),
        ("test_fare.py", WEAK),
        ("test_other.py", other),
        ("tests/helper_test.py", "def test_nothing():\n    pass\n"),
        ("helper.py", helper),
    ];
    let mutation = mutated(&files, PYTEST, BUDGET).await;
    assert_eq!(mutation.caught, mutation.tried, "{mutation:?}");
}

#[tokio::test]
async fn a_fault_that_hangs_the_tests_is_noticed() {
    let code = "def wait(ready):\n    while not ready():\n        pass\n";
    let test = "from wait import wait\n\n\ndef test_ready():\n    wait(lambda: True)\n";
    let mutation = mutated(&[("wait.py", code), ("test_wait.py", test)], PYTEST, BUDGET).await;
    let for_ever = |one: &Mutant| one.diff.contains("+    while ready():");
    assert!(mutation.caught > 0 && !mutation.survivors.iter().any(for_ever), "{mutation:?}");
}

#[tokio::test]
async fn node_and_unittest_are_told_by_what_they_report() {
    let code = "exports.fare = (age) => (age < 6 ? 0 : 3);\n";
    let test = "const { test } = require('node:test');\n\
        const assert = require('node:assert');\nconst { fare } = require('./fare.js');\n\
        test('old', () => assert.equal(fare(30), 3));\n";
    let files = [("fare.js", code), ("fare.test.js", test)];
    let mutation = mutated(&files, "node --test", BUDGET).await;
    assert!(mutation.caught > 0 && mutation.caught < mutation.tried, "{mutation:?}");

    let test = "import unittest\nfrom fare import fare\n\n\nclass T(unittest.TestCase):\n    \
        def test_old(self):\n        self.assertEqual(fare(30), 3)\n";
    let files = [("fare.py", CODE), ("test_fare.py", test)];
    let mutation = mutated(&files, "python3 -m unittest", BUDGET).await;
    assert!(mutation.caught > 0 && mutation.caught < mutation.tried, "{mutation:?}");
}

/// Each costs a build, and one that can't be built is no fault.
#[tokio::test]
async fn rust_counts_only_what_builds() {
    let code = "pub fn fare(age: u8) -> u8 {\n    if age < 6 { 0 } else { 3 }\n}\n\n\
        #[cfg(test)]\nmod tests {\n    #[test]\n    fn all() {\n        \
        assert_eq!([0, 5, 6, 7].map(super::fare), [0, 0, 3, 3]);\n    }\n}\n";
    let manifest = "[package]\nname = \"fare\"\nedition = \"2021\"\n";
    let files = [("src/lib.rs", code), ("Cargo.toml", manifest), (".gitignore", "target\n")];
    // A fake computer has nobody's toolchains but this one's.
    let cargo = Path::new(env!("CARGO"));
    let rustc = cargo.with_file_name("rustc");
    let command = format!("RUSTC={} {} test -q --lib --offline", rustc.display(), cargo.display());
    let mutation = mutated(&files, &command, BUDGET).await;
    assert!(mutation.tried >= 3, "{mutation:?}");
    assert_eq!((mutation.caught, mutation.possible), (mutation.tried, mutation.tried));
    assert!(mutation.survivors.is_empty(), "tests aren't mutated: {mutation:?}");
}

#[tokio::test]
async fn what_could_not_be_tried_is_said() {
    let files = [("fare.py", CODE), ("test_fare.py", STRONG)];
    let off = mutated(&files, PYTEST, Duration::ZERO).await;
    assert_eq!(off.why.as_deref(), Some("it is switched off (evidence.mutation_seconds = 0)"));

    let none = mutated(&files, PYTEST, Duration::from_millis(1)).await;
    let why = format!("0 of {} tried before the budget's end", none.possible);
    assert_eq!((none.tried, none.why), (0, Some(why)));

    let red = [("fare.py", CODE), ("test_fare.py", "def test_no():\n    assert False\n")];
    let red = mutated(&red, PYTEST, BUDGET).await;
    assert!(red.why.unwrap().starts_with("no check of tests passes at head"));

    let foreign = mutated(&[("fare.c", "int x;\n")], "true", BUDGET).await;
    let why = "the changed files are in no language that faults are known for";
    assert_eq!(foreign.why.as_deref(), Some(why));
}

/// The tests write what the next run reads: a fault makes them fail for ever.
#[tokio::test]
async fn a_fault_that_outlives_itself_voids_the_score() {
    let code = "def f(n):\n    return n + 1\n";
    let test = "import os\nfrom f import f\n\n\ndef test_f():\n    ok = f(1) == 2\n    \
        if not ok:\n        open('broken', 'w').close()\n    \
        assert ok and not os.path.exists('broken')\n";
    let mutation = mutated(&[("f.py", code), ("test_f.py", test)], PYTEST, BUDGET).await;
    assert_eq!((mutation.tried, mutation.caught), (0, 0));
    assert!(mutation.why.unwrap().contains("outlived"));
}
