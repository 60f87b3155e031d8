use std::fmt::Write as _;

use expect_test::{Expect, expect};

use super::{Transplant, compare};
use crate::inline::Places;
use crate::report::{Outcome, Report};

/// `+passes -fails ~skipped !unreachable`, separated by spaces; `...` where it stopped early.
fn report(text: &str) -> Report {
    let mut report = Report::of("pytest");
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match word.split_at(1) {
            ("+", name) => report.record(name, Outcome::Passed),
            ("-", name) => report.record(name, Outcome::Failed),
            ("~", name) => report.record(name, Outcome::Skipped),
            ("!", name) => report.record_unreachable(name),
            _ => report.stopped_early = true,
        }
    }
    report
}

const FILE: &str = "tests/test_n.py";

fn check(base: &str, head: &str, transplant: Option<&str>, expected: Expect) {
    let (base, head) = (report(base), report(head));
    let places = Places::new(vec![FILE.to_owned()], &[]);
    let mut tests = compare(&base, &head, &places);
    let mut notes = Vec::new();
    if let Some(text) = transplant {
        let report = if text == "?" { Report::default() } else { report(text) };
        let transplant = Transplant { report: &report, succeeded: false, places: &places };
        notes = transplant.judge(&mut tests, &head);
    }
    let mut shown = String::new();
    for (what, names) in
        [("fixed", &tests.fixed), ("broken", &tests.broken), ("removed", &tests.removed)]
    {
        names.iter().for_each(|name| writeln!(shown, "{what} {name}").unwrap());
    }
    for test in &tests.added {
        let passes = if test.passes { "passes" } else { "fails" };
        writeln!(shown, "added {} {passes} {:?}", test.name, test.on_base).unwrap();
    }
    tests.skipped.iter().for_each(|name| writeln!(shown, "disabled {name}").unwrap());
    notes.iter().for_each(|note| writeln!(shown, "note: {note}").unwrap());
    expected.assert_eq(&shown);
}

#[test]
fn each_way_a_test_can_go() {
    check(
        "-a +b +c +d -e ~f +g",
        "+a -b +d -e +f ~g +h ~i",
        None,
        expect![[r#"
        fixed a
        broken b
        removed c
        added h passes Unknown
        disabled g
    "#]],
    );
}

#[test]
fn a_file_that_cannot_be_loaded_stands_for_its_tests() {
    check(
        "+t.py::a +t.py::b +u.py::c",
        "!t.py +u.py::c",
        None,
        expect![[r#"
        broken t.py::a
        broken t.py::b
    "#]],
    );
    check(
        "!t.py +u.py::c",
        "+t.py::a +u.py::c",
        None,
        expect![[r#"
        fixed t.py::a
    "#]],
    );
    check("!t.py", "!t.py", None, expect![[""]]);
    check(
        "+a",
        "+a !t.py",
        None,
        expect![[r#"
        added t.py fails Unknown
    "#]],
    );
}

#[test]
fn what_had_no_turn_was_neither_removed_nor_added() {
    check(
        "+a +b -c",
        "-a ...",
        None,
        expect![[r#"
        broken a
    "#]],
    );
    check(
        "-a ...",
        "+a +b +tests/test_n.py::n",
        None,
        expect![[r#"
        fixed a
        added tests/test_n.py::n passes Unknown
    "#]],
    );
}

#[test]
fn added_tests_are_red_or_empty_on_the_base() {
    check(
        "+a",
        "+a +tests/test_n.py::red +tests/test_n.py::empty -tests/test_n.py::bad +unit",
        Some("+a -tests/test_n.py::red +tests/test_n.py::empty -tests/test_n.py::bad"),
        expect![[r#"
            added tests/test_n.py::bad fails Red
            added tests/test_n.py::empty passes Empty
            added tests/test_n.py::red passes RedGreen
            added unit passes Unknown
        "#]],
    );
}

#[test]
fn a_test_that_cannot_be_loaded_on_the_base_is_red() {
    check(
        "+a",
        "+a +tests/test_n.py::n",
        Some("+a !tests/test_n.py"),
        expect![[r#"
        added tests/test_n.py::n passes RedGreen
        note: can't be loaded on the base's code, which counts as failing there: tests/test_n.py::n
    "#]],
    );
    // Nothing is named, as when a compiler refuses it all.
    check(
        "+a",
        "+a +tests/test_n.py::n +unit",
        Some("?"),
        expect![[r#"
        added tests/test_n.py::n passes RedGreen
        added unit passes Unknown
        note: can't be loaded on the base's code, which counts as failing there: tests/test_n.py::n
    "#]],
    );
}

#[test]
fn edited_tests_are_told() {
    check(
        "+tests/test_n.py::edited -tests/test_n.py::rewritten",
        "+tests/test_n.py::edited +tests/test_n.py::rewritten",
        Some("-tests/test_n.py::edited +tests/test_n.py::rewritten"),
        expect![[r#"
            note: edited by the change: red on the base's code, green at head: tests/test_n.py::edited
            note: not counted as fixed, since the base's code passes it too once the change has edited the test: tests/test_n.py::rewritten
        "#]],
    );
}
