use domain::change::{FileChange, Kind};
use domain::evidence::{AddedTest, Check, Evidence, Exit, OnBase, Run, Tests};
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
        added,
        ..Tests::default()
    };
    let (base, head) = (run(given.base), run(given.head));
    let checks = vec![Check { name: "test".into(), command: "t".into(), base, head }];
    Evidence { checks, tests, ..Evidence::new(commit(), commit()) }
}

fn check(given: &[Given], expected: Expect) {
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
    let ranking = rank(&candidates, &Examination::default());
    let numbers = |ids: &[AttemptId]| ids.iter().map(AttemptId::number).collect::<Vec<_>>();
    let (order, eligible) = (numbers(&ranking.order), numbers(&ranking.eligible));
    expected.assert_eq(&format!("{order:?} eligible {eligible:?}\n{}\n", ranking.why.join("\n")));
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
            [2, 10, 1, 3] eligible [2, 10, 1, 3]
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
            [4, 3, 2, 5, 7, 1, 6] eligible [4, 3, 2, 5]
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
        [] eligible []

    "#]],
    );
}
