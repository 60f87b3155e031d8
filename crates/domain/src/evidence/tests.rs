use super::*;

fn run(code: i32) -> Run {
    Run {
        exit: Exit::Code { code },
        duration_ms: 1,
        log: "test-head.log".into(),
        reader: None,
        doubt: None,
        cached: false,
    }
}

fn evidence(base: i32, head: i32, broken: &[&str]) -> Evidence {
    Evidence {
        checks: vec![Check {
            name: "test".into(),
            command: "pytest".into(),
            base: run(base),
            head: run(head),
        }],
        tests: Tests {
            broken: broken.iter().map(|&name| name.into()).collect(),
            ..Tests::default()
        },
        ..Evidence::new("a".repeat(40).parse().unwrap(), "b".repeat(40).parse().unwrap())
    }
}

#[test]
fn holds_only_when_all_checks_pass_and_nothing_broke() {
    assert!(evidence(1, 0, &[]).holds());
    assert!(!evidence(1, 1, &[]).holds());
    assert!(!evidence(0, 0, &["test_a"]).holds());
    assert!(!Evidence { checks: vec![], ..evidence(0, 0, &[]) }.holds());
}

#[test]
fn what_failed_before_is_not_blamed_on_the_change() {
    assert!(!evidence(1, 1, &[]).breaks());
    assert!(evidence(0, 1, &[]).breaks());
    assert!(evidence(1, 1, &["test_a"]).breaks());
}

#[test]
fn a_change_after_which_no_test_runs_proves_nothing() {
    let of = |passed_base, passed_head| Evidence {
        tests: Tests { passed_base, passed_head, ..Tests::default() },
        ..evidence(1, 0, &[])
    };
    assert!(of(34, 36).holds() && of(0, 0).holds());
    assert!(!of(34, 0).holds() && of(34, 0).breaks());
    assert_eq!(of(34, 0).objections(), ["none of the tests ran at head; 34 passed at base"]);
}

#[test]
fn what_cannot_be_believed_never_holds() {
    let good = evidence(1, 0, &[]);
    assert!(good.holds() && good.objections().is_empty());

    let mut doubted = good.clone();
    doubted.checks[0].head.doubt = Some("no test ran".into());
    assert!(!doubted.holds());
    assert_eq!(doubted.objections(), ["test at head: could not tell, no test ran"]);

    for (weight, holds) in
        [(Weight::Note, true), (Weight::Warning, true), (Weight::Objection, false)]
    {
        let finding = Finding {
            kind: Kind::TestDeleted,
            weight,
            path: Some("t.py".into()),
            line: Some(3),
            text: "the test is gone".into(),
        };
        let found = Evidence { findings: vec![finding], ..good.clone() };
        assert_eq!(found.holds(), holds, "{weight:?}");
        let told = if holds { vec![] } else { vec!["t.py:3: the test is gone"] };
        assert_eq!(found.objections(), told);
    }
}
