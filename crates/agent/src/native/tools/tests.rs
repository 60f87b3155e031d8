use expect_test::expect;

use super::*;

#[test]
fn a_call_that_makes_no_sense_is_told_what_is_right() {
    let calls = [
        ("browse", "{}"),
        ("read", r#"{"path": "a.py""#),
        ("shell", r#"{"command": 7}"#),
        ("finish", ""),
        ("finish", r#"{"title": " ", "summary": "s"}"#),
    ];
    let told = calls.map(|(name, arguments)| {
        let wrong = parse(Mode::Code, name, arguments).unwrap_err();
        // The schema that follows is shown by the next test.
        wrong.split(" of this schema").next().unwrap().to_owned()
    });
    expect![[r#"
        There is no tool "browse". The tools are: shell, read, search, patch, plan, finish.
        The arguments of read can't be read: EOF while parsing an object at line 1 column 15. They must be one JSON object
        The arguments of shell can't be read: invalid type: integer `7`, expected a string at line 1 column 13. They must be one JSON object
        The arguments of finish can't be read: missing field `summary` at line 1 column 2. They must be one JSON object
        finish needs a title: one line that says what changes."#]].assert_eq(&told.join(
        "
",
    ));
}

#[test]
fn an_asked_agent_has_other_tools() {
    let names = |mode| specs(mode).into_iter().map(|spec| spec.name).collect::<Vec<_>>().join(" ");
    assert_eq!(names(Mode::Code), "shell read search patch plan finish");
    assert_eq!(names(Mode::Ask), "shell read search plan answer");
    assert!(parse(Mode::Ask, "patch", r#"{"patch": "x"}"#).is_err());
    assert!(parse(Mode::Code, "answer", r#"{"text": "x"}"#).is_err());
}

#[test]
fn only_what_does_not_disturb_goes_together() {
    let action = |name: &str, arguments: &str| match parse(Mode::Code, name, arguments) {
        Ok(Call::Act(action)) => action,
        other => panic!("{other:?}"),
    };
    let read = || action("read", r#"{"path": "a"}"#);
    let search = || action("search", r#"{"pattern": "a"}"#);
    let shell = || action("shell", r#"{"command": "a"}"#);
    let there = || action("shell", r#"{"command": "a", "session": "there"}"#);
    let main = || action("shell", r#"{"command": "a", "session": "main"}"#);
    let patch = || action("patch", r#"{"patch": "a"}"#);
    assert!(read().goes_with(&search()) && shell().goes_with(&there()));
    assert!(!shell().goes_with(&main()) && !read().goes_with(&shell()));
    assert!(!patch().goes_with(&patch()) && !patch().goes_with(&read()));
}

#[test]
fn paths_stay_where_they_are_said_to_be() {
    assert_eq!(resolve("src/a.py"), Ok(PathBuf::from("/workspace/src/a.py")));
    assert_eq!(resolve("/workspace/a.py"), Ok(PathBuf::from("/workspace/a.py")));
    assert_eq!(resolve("/etc/os-release"), Ok(PathBuf::from("/etc/os-release")));
    assert!(resolve("a\nb").is_err());
    assert!(resolve("../a").is_err() && resolve("").is_err() && resolve("a/../../b").is_err());
}
