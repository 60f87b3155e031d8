use super::*;

fn events(facts: Vec<Fact>) -> Vec<Event> {
    let event = |(seq, fact): (u64, Fact)| Event {
        attempt: "k3v9x2ab.1".parse().unwrap(),
        seq,
        at: Timestamp(i64::try_from(seq).unwrap() * 1000),
        fact,
    };
    (1..).zip(facts).map(event).collect()
}

fn called(call: &str, tool: &str, arguments: &str) -> Fact {
    Fact::Called { call: call.into(), tool: tool.into(), arguments: arguments.into() }
}

fn answered(call: &str, output: &str) -> Fact {
    Fact::Answered {
        call: call.into(),
        ok: true,
        output: output.into(),
        images: vec![],
        printed_bytes: 9,
    }
}

#[test]
fn calls_that_overlap_get_their_own_answers() {
    let steps = steps(events(vec![
        called("a", "shell", r#"{"command":"pytest -q"}"#),
        called("b", "read", r#"{"path":"x.py","first_line":3,"last_line":9}"#),
        answered("b", "text"),
        answered("a", "ok"),
        called("c", "search", r#"{"pattern":"def f"}"#),
    ]));
    let found: Vec<(String, Option<String>)> = steps
        .into_iter()
        .map(|step| match step.kind {
            Kind::Called(called) => (called.about, called.answer.map(|answer| answer.output)),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        ("pytest -q".to_owned(), Some("ok".to_owned())),
        ("x.py:3–9".to_owned(), Some("text".to_owned())),
        ("def f".to_owned(), None),
    ];
    assert_eq!(found, expected);
}

#[test]
fn an_answer_to_an_earlier_page_is_a_step_of_its_own() {
    let steps = steps(events(vec![answered("z", "late")]));
    assert!(
        matches!(&steps[..], [Step { kind: Kind::Answered(answer), .. }] if answer.output == "late")
    );
}

#[test]
fn progress_in_a_row_is_one_step_and_what_went_through_is_none() {
    let progress = |text: &str| Fact::Progress { text: text.into() };
    let network = |refused: Option<&str>| Fact::Network {
        method: "GET".into(),
        host: "crates.io".into(),
        port: 443,
        refused: refused.map(str::to_owned),
        bytes_in: 0,
        bytes_out: 0,
        duration_ms: 1,
    };
    let steps = steps(events(vec![
        progress("one"),
        progress("two"),
        network(None),
        network(Some("not listed")),
        progress("three"),
    ]));
    let kinds: Vec<Kind> = steps.into_iter().map(|step| step.kind).collect();
    let expected = [
        Kind::Progress(vec!["one".into(), "two".into()]),
        Kind::Network { what: "GET crates.io:443".into(), refused: "not listed".into() },
        Kind::Progress(vec!["three".into()]),
    ];
    assert_eq!(kinds, expected);
}

#[test]
fn a_patch_is_about_its_files_and_what_is_no_object_is_shown_as_it_is() {
    let patch =
        r#"{"patch":"*** Begin Patch\n*** Update File: a/b.rs\n@@\n-x\n+y\n*** Add File: c.rs\n"}"#;
    assert_eq!(about(patch), "a/b.rs, c.rs");
    assert_eq!(about("not json"), "not json");
}
