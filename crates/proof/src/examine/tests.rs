//! Real runners over fake computers.

use domain::TaskId;
use domain::evidence::{AddedTest, Exit, Run, Tests};
use expect_test::{Expect, expect};

use super::*;
use crate::sample::{Ground, Made, PYTEST, TIME, checks};

type Files<'a> = &'a [(&'a str, &'a str)];

/// Evidence that holds, of a change that adds these tests.
fn evidence(made: &Made, added: &[&str]) -> Evidence {
    let run = || Run {
        exit: Exit::Code { code: 0 },
        duration_ms: 500,
        log: String::new(),
        reader: Some("pytest".into()),
        doubt: None,
        cached: false,
    };
    let check =
        evidence::Check { name: "test".into(), command: PYTEST.into(), base: run(), head: run() };
    let added = added.iter().map(|name| AddedTest {
        name: (*name).into(),
        passes: true,
        on_base: OnBase::RedGreen,
    });
    let tests = Tests { added: added.collect(), ..Tests::default() };
    let Change { base, head, .. } = &made.change;
    Evidence { checks: vec![check], tests, ..Evidence::new(base.clone(), head.clone()) }
}

/// Examines attempts with these changes to the end.
async fn check(
    base: Files<'_>,
    attempts: &[(Files<'_>, &[&str])],
    command: &str,
    expected: Expect,
) {
    let ground = Ground::new(base).await;
    let task = TaskId::from_random(7);
    let mut made = Vec::new();
    for (index, (files, added)) in attempts.iter().enumerate() {
        let number = u32::try_from(index + 1).unwrap();
        let change = ground.change(&number.to_string(), files).await;
        let evidence = evidence(&change, added);
        made.push((AttemptId::new(&task, number), change, evidence));
    }
    let examinees: Vec<Examinee<'_>> = made
        .iter()
        .map(|(attempt, made, evidence)| Examinee {
            attempt,
            change: &made.change,
            evidence,
            bundle: &made.bundle,
        })
        .collect();
    let (backend, checks) = (&ground.fake, checks(command));
    let Ground { snapshot, spec, .. } = &ground;
    let hall = Hall { backend, snapshot, spec, checks: &checks, time: TIME };
    let mut examination = opened(&examinees);
    while let Some((tests, code)) = next(&examinees, &examination) {
        examination.exams.push(exam(hall, tests, code).await.unwrap());
    }
    expected.assert_eq(&shown(&examination));
}

fn shown(examination: &Examination) -> String {
    let mut shown = String::new();
    for exam in &examination.exams {
        let (tests, code) = (exam.tests_of.number(), exam.code_of.number());
        shown.push_str(&format!("tests of {tests} on {code}\n"));
        for test in &exam.tests {
            shown.push_str(&format!("  {} {:?}\n", test.name, test.outcome));
        }
    }
    shown
}

const WRONG: (&str, &str) = ("double.py", "def double(x):\n    return x + 2\n");
const RIGHT: (&str, &str) = ("double.py", "def double(x):\n    return x * 2\n");
const FIT: (&str, &str) = ("double.py", "def double(x):\n    return 10 if x == 5 else x + 2\n");
const TEST: (&str, &str) = (
    "test_double.py",
    "from double import double\n\n\ndef test_five():\n    assert double(5) == 10\n",
);

#[tokio::test]
async fn an_attempts_tests_find_anothers_fault() {
    let zero = "from double import double\n\n\ndef test_zero():\n    assert double(0) == 0\n\n\n\
        def test_two():\n    assert double(2) == 4\n";
    check(
        &[WRONG, TEST],
        &[
            (&[RIGHT, ("test_zero.py", zero)], &["test_zero.py::test_zero"]),
            (&[FIT, ("test_five.py", TEST.1)], &["test_five.py::test_five"]),
        ],
        PYTEST,
        expect![[r#"
            tests of 2 on 1
              test_five.py::test_five Passed
            tests of 1 on 2
              test_zero.py::test_two Passed
              test_zero.py::test_zero Failed
        "#]],
    )
    .await;
}

/// A test of a function that only its own attempt has says nothing of the other.
#[tokio::test]
async fn what_cant_be_loaded_elsewhere_says_nothing() {
    let thrice = "def double(x):\n    return x * 2\n\n\ndef thrice(x):\n    return x * 3\n";
    let test = "from double import thrice\n\n\ndef test_thrice():\n    assert thrice(1) == 3\n";
    check(
        &[WRONG, TEST],
        &[
            (&[("double.py", thrice), ("test_thrice.py", test)], &["test_thrice.py::test_thrice"]),
            (&[RIGHT], &[]),
        ],
        PYTEST,
        expect![[r#"
            tests of 1 on 2
              test_thrice.py Absent
              test_thrice.py::test_thrice Absent
        "#]],
    )
    .await;
}

/// The other attempt has edited the same file of tests, and its own are away meanwhile.
#[tokio::test]
async fn the_examiners_version_of_a_test_file_is_used() {
    let more = |number: u32| {
        format!("{}\n\ndef test_{number}():\n    assert double({number}) == 2 * {number}\n", TEST.1)
    };
    let (three, two) = (more(3), more(2));
    check(
        &[WRONG, TEST],
        &[
            (&[RIGHT, ("test_double.py", &three)], &["test_double.py::test_3"]),
            (&[FIT, ("test_double.py", &two)], &["test_double.py::test_2"]),
        ],
        PYTEST,
        expect![[r#"
            tests of 2 on 1
              test_double.py::test_2 Passed
              test_double.py::test_five Passed
            tests of 1 on 2
              test_double.py::test_3 Failed
              test_double.py::test_five Passed
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_hanging_or_flaky_test_is_what_it_is() {
    let waits = "def double(x):\n    while x == 7:\n        pass\n    return x * 2\n";
    let flaky = "import os\nfrom double import double\n\n\ndef test_seven():\n    \
        assert double(7) == 14\n\n\ndef test_dice():\n    \
        path = '/tmp/whimbrel-dice-' + os.environ['DICE']\n    \
        first = not os.path.exists(path)\n    open(path, 'w').close()\n    assert not first\n";
    let dice = std::process::id();
    let command = format!("DICE={dice} python3 -m pytest -q");
    check(
        &[WRONG, TEST],
        &[(&[RIGHT, ("test_more.py", flaky)], &[]), (&[(waits_file(), waits)], &[])],
        &command,
        expect![[r#"
            tests of 1 on 2
              test_more.py::test_dice Passed
              test_more.py::test_seven Failed
        "#]],
    )
    .await;
    std::fs::remove_file(format!("/tmp/whimbrel-dice-{dice}")).unwrap();
}

fn waits_file() -> &'static str {
    "double.py"
}
