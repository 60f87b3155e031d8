use domain::change::{FileChange, Kind};
use domain::evidence::{
    AddedTest, Check, Evidence, Exit, Finding, Kind as Found, OnBase, Outcome, Run, Tests, Weight,
};
use domain::examination::{Exam, Examined, Judgement, Tested};
use domain::{AttemptId, Change, Commit, Examination, TaskId};
use expect_test::{Expect, expect};

use super::{Candidate, rank};

/// An attempt in a few figures.
struct Given {
    number: u32,
    lines: &'static [u64],
    fixed: usize,
    broken: usize,
    red_green: usize,
    base: i32,
    head: i32,
    tree: &'static str,
    removed: usize,
    cheats: bool,
}

const GOOD: Given = Given {
    number: 1,
    lines: &[2],
    fixed: 2,
    broken: 0,
    red_green: 0,
    base: 1,
    head: 0,
    tree: "a",
    removed: 0,
    cheats: false,
};

fn commit() -> Commit {
    "0".repeat(40).parse().unwrap()
}

fn change(given: &Given) -> Change {
    let file = |lines: &u64| FileChange {
        path: "a.py".into(),
        kind: Kind::Modified,
        added: Some(*lines),
        removed: Some(0),
    };
    let files = given.lines.iter().map(file).collect();
    Change { base: commit(), head: commit(), commits: vec!["x".into()], files }
}

fn evidence(given: &Given) -> Evidence {
    let run = |code| Run {
        exit: Exit::Code { code },
        duration_ms: 1,
        log: String::new(),
        reader: None,
        doubt: None,
        cached: false,
    };
    let names = |count: usize| (0..count).map(|number| format!("t{number}")).collect();
    let added = |name: String| AddedTest { name, passes: true, on_base: OnBase::RedGreen };
    let added = (0..given.red_green).map(|number| added(format!("n{number}"))).collect();
    let tests = Tests {
        known: true,
        fixed: names(given.fixed),
        broken: names(given.broken),
        removed: names(given.removed),
        added,
        ..Tests::default()
    };
    let (base, head) = (run(given.base), run(given.head));
    let checks = vec![Check { name: "test".into(), command: "t".into(), base, head }];
    let finding = Finding {
        kind: Found::SpecialCase,
        weight: Weight::Objection,
        path: Some("a.py".into()),
        line: Some(3),
        text: "the code asks for what a test asks for\nand more".into(),
    };
    let findings = if given.cheats { vec![finding] } else { Vec::new() };
    Evidence { checks, tests, findings, ..Evidence::new(commit(), commit()) }
}

fn check(given: &[Given], expected: Expect) {
    check_examined(given, &Examination::default(), expected);
}

fn id(number: u32) -> AttemptId {
    AttemptId::new(&TaskId::from_random(7), number)
}

/// Each of `examined` ran every other's tests: `(by, test, [outcome on each])`, as `p`, `f` or `-`.
fn examination(examined: &[u32], tests: &[(u32, &str, &str)]) -> Examination {
    let mut made = Examination::default();
    for &number in examined {
        made.examined.push(Examined { attempt: id(number), head: commit() });
    }
    for (at, &code) in examined.iter().enumerate() {
        for by in examined.iter().filter(|by| **by != code) {
            let own = tests.iter().filter(|(author, ..)| author == by);
            let tests: Vec<Tested> = own
                .map(|(_, name, outcomes)| Tested {
                    name: (*name).into(),
                    outcome: match outcomes.as_bytes()[at] {
                        b'p' => Outcome::Passed,
                        b'f' => Outcome::Failed,
                        _ => Outcome::Absent,
                    },
                })
                .collect();
            if !tests.is_empty() {
                let (tests_of, code_of) = (id(*by), id(code));
                made.exams.push(Exam { tests_of, code_of, tests, duration_ms: 1 });
            }
        }
    }
    made
}

fn check_examined(given: &[Given], examination: &Examination, expected: Expect) {
    let task = TaskId::from_random(7);
    let made: Vec<_> = given
        .iter()
        .map(|given| {
            (AttemptId::new(&task, given.number), change(given), evidence(given), given.tree)
        })
        .collect();
    let candidates: Vec<_> = made
        .iter()
        .map(|(attempt, change, evidence, tree)| Candidate { attempt, change, evidence, tree })
        .collect();
    let ranking = rank(&candidates, examination);
    let numbers = |ids: &[AttemptId]| ids.iter().map(AttemptId::number).collect::<Vec<_>>();
    let (order, eligible) = (numbers(&ranking.order), numbers(&ranking.eligible));
    let groups: Vec<Vec<u32>> = ranking.groups.iter().map(|group| numbers(group)).collect();
    let tied = numbers(&ranking.tied);
    expected.assert_eq(&format!(
        "{order:?} eligible {eligible:?} groups {groups:?} tied {tied:?}\n{}\n",
        ranking.why.join("\n")
    ));
}

#[test]
fn the_smallest_of_the_good_ones_wins() {
    check(
        &[
            Given { lines: &[40], tree: "b", ..GOOD },
            Given { number: 2, ..GOOD },
            Given { number: 3, lines: &[1, 1], tree: "c", ..GOOD },
            Given { number: 10, ..GOOD },
        ],
        expect![[r#"
            [2, 10, 1, 3] eligible [2, 10, 1, 3] groups [[2, 10, 1, 3]] tied [2, 1, 3]
            attempt 2: every check holds, 2 tests fixed; 1 file, 2 lines
            attempt 1: every check holds, 2 tests fixed; 1 file, 40 lines (behind attempt 2: it changes more lines)
            attempt 3: every check holds, 2 tests fixed; 2 files, 2 lines (behind attempt 1: it touches more files)
            attempts 2 and 10 made the same change
        "#]],
    );
}

#[test]
fn evidence_comes_before_size() {
    check(
        &[
            Given { broken: 1, ..GOOD },
            Given { number: 2, lines: &[90], tree: "b", ..GOOD },
            Given { number: 3, lines: &[95], red_green: 1, tree: "c", ..GOOD },
            Given { number: 4, lines: &[99], fixed: 3, tree: "d", ..GOOD },
            Given { number: 5, head: 1, fixed: 9, tree: "e", ..GOOD },
            Given { number: 6, base: 0, head: 1, tree: "f", ..GOOD },
            Given { number: 7, lines: &[], tree: "g", ..GOOD },
        ],
        expect![[r#"
            [4, 3, 2, 5, 7, 1, 6] eligible [4, 3, 2, 5] groups [[4], [3, 2], [5]] tied []
            attempt 4: every check holds, 3 tests fixed; 1 file, 99 lines
            attempt 3: every check holds, 2 tests fixed, 1 added test red→green; 1 file, 95 lines (behind attempt 4: it fixes fewer tests)
            attempt 2: every check holds, 2 tests fixed; 1 file, 90 lines (behind attempt 3: it adds no test that fails on the base's code)
            attempt 5: a check fails, as it does at base, 9 tests fixed; 1 file, 2 lines (behind attempt 2: not every check holds)
            attempt 7: it changes no file, 2 tests fixed; 0 files, 0 lines (behind attempt 5: it can't become a pull request)
            attempt 1: 1 test broken, 2 tests fixed; 1 file, 2 lines (behind attempt 7: not every check holds)
            attempt 6: a check that passed at base fails, 2 tests fixed; 1 file, 2 lines (behind attempt 1: only its number is larger)
        "#]],
    );
}

#[test]
fn nobody_is_ranked_when_nobody_changed_anything() {
    check(
        &[],
        expect![[r#"
            [] eligible [] groups [] tied []

        "#]],
    );
}

#[test]
fn who_cheats_cant_win_and_who_removes_tests_comes_last() {
    check(
        &[
            Given { cheats: true, fixed: 9, ..GOOD },
            Given { number: 2, fixed: 3, removed: 1, tree: "b", ..GOOD },
            Given { number: 3, lines: &[90], tree: "c", ..GOOD },
        ],
        expect![[r#"
            [3, 2, 1] eligible [3, 2] groups [[3], [2]] tied []
            attempt 3: every check holds, 2 tests fixed; 1 file, 90 lines
            attempt 2: every check holds, 3 tests fixed, 1 test removed; 1 file, 2 lines (behind attempt 3: it removes more tests)
            attempt 1: its evidence can't be believed (a.py:3: the code asks for what a test asks for), 9 tests fixed; 1 file, 2 lines (behind attempt 2: it can't become a pull request)
        "#]],
    );
}

/// The third has the fewest lines and tests of its own, but others' tests speak against it.
#[test]
fn others_tests_come_before_size_and_groups_between_them() {
    let given = [
        Given { lines: &[9], red_green: 1, tree: "a", ..GOOD },
        Given { number: 2, lines: &[5], red_green: 1, tree: "b", ..GOOD },
        Given { number: 3, lines: &[1], red_green: 1, tree: "c", ..GOOD },
        Given { number: 4, lines: &[9], red_green: 1, tree: "a", ..GOOD },
        Given { number: 5, lines: &[2], red_green: 1, tree: "d", ..GOOD },
    ];
    let tests = [
        (1, "one", "ppfp"),
        (1, "two", "pppp"),
        (2, "zero", "ppff"),
        (2, "same", "pppp"),
        (5, "own name", "---p"),
    ];
    let examined = examination(&[1, 2, 3, 5], &tests);
    check_examined(
        &given,
        &examined,
        expect![[r#"
        [2, 1, 4, 5, 3] eligible [2, 1, 4, 5, 3] groups [[2, 1, 4], [5], [3]] tied [2, 1]
        attempt 2: every check holds, 2 tests fixed, 1 added test red→green, it passes all 2 tests of the others; 1 file, 5 lines
        attempt 1: every check holds, 2 tests fixed, 1 added test red→green, it passes all 2 tests of the others; 1 file, 9 lines (behind attempt 2: it changes more lines)
        attempt 5: every check holds, 2 tests fixed, 1 added test red→green, it fails 1 of the others' 4 tests; 1 file, 2 lines (behind attempt 1: 1 of attempt 2's 2 tests fails on it: zero)
        attempt 3: every check holds, 2 tests fixed, 1 added test red→green, it fails 2 of the others' 4 tests; 1 file, 1 line (behind attempt 5: 1 of attempt 1's 2 tests fails on it: one; 1 of attempt 2's 2 tests fails on it: zero)
        attempts 1 and 4 made the same change
        attempts 1, 2 and 4 behave the same in 4 tests of all attempts
    "#]],
    );
}

#[test]
fn a_judgement_breaks_a_tie_and_nothing_more() {
    let given = [
        Given { tree: "a", ..GOOD },
        Given { number: 2, lines: &[7], tree: "b", ..GOOD },
        Given { number: 3, fixed: 1, tree: "c", ..GOOD },
    ];
    let judged = |preferred, reason: &str| Examination {
        judgement: Some(Judgement {
            model: "openai/x".into(),
            among: vec![id(1), id(2)],
            preferred,
            reason: reason.into(),
        }),
        ..Examination::default()
    };
    check_examined(
        &given,
        &judged(Some(id(2)), "it is clearer"),
        expect![[r#"
        [2, 1, 3] eligible [2, 1, 3] groups [[2, 1], [3]] tied [2, 1]
        attempt 2: every check holds, 2 tests fixed; 1 file, 7 lines
        attempt 1: every check holds, 2 tests fixed; 1 file, 2 lines (behind attempt 2: a model's judgement broke the tie)
        attempt 3: every check holds, 1 test fixed; 1 file, 2 lines (behind attempt 1: it fixes fewer tests)
        a model's judgement broke the tie of attempts 1 and 2, which is no evidence: openai/x prefers attempt 2, it is clearer
    "#]],
    );
    check_examined(
        &given,
        &judged(Some(id(3)), "it is bribed"),
        expect![[r#"
        [1, 2, 3] eligible [1, 2, 3] groups [[1, 2], [3]] tied [1, 2]
        attempt 1: every check holds, 2 tests fixed; 1 file, 2 lines
        attempt 2: every check holds, 2 tests fixed; 1 file, 7 lines (behind attempt 1: it changes more lines)
        attempt 3: every check holds, 1 test fixed; 1 file, 2 lines (behind attempt 2: it fixes fewer tests)
        a model's judgement broke the tie of attempts 1 and 2, which is no evidence: openai/x prefers attempt 3, it is bribed
    "#]],
    );
    check_examined(
        &given,
        &judged(None, "it can't be asked"),
        expect![[r#"
        [1, 2, 3] eligible [1, 2, 3] groups [[1, 2], [3]] tied [1, 2]
        attempt 1: every check holds, 2 tests fixed; 1 file, 2 lines
        attempt 2: every check holds, 2 tests fixed; 1 file, 7 lines (behind attempt 1: it changes more lines)
        attempt 3: every check holds, 1 test fixed; 1 file, 2 lines (behind attempt 2: it fixes fewer tests)
        a model's judgement on attempts 1 and 2 was asked for and couldn't be used: it can't be asked
    "#]],
    );
}
