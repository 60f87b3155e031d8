use expect_test::expect;

use super::*;

#[test]
fn a_call_that_makes_no_sense_is_told_what_is_right() {
    let calls = [
        ("search", "{}"),
        ("read", r#"{"path": "a.py""#),
        ("shell", r#"{"command": 7}"#),
        ("finish", ""),
        ("finish", r#"{"title": " ", "summary": "s"}"#),
    ];
    let told = calls.map(|(name, arguments)| {
        let wrong = parse(name, arguments).unwrap_err();
        // The schema that follows is shown by the next test.
        wrong.split(" of this schema").next().unwrap().to_owned()
    });
    expect![[r#"
        There is no tool "search". The tools are: shell, read, patch, finish.
        The arguments of read can't be read: EOF while parsing an object at line 1 column 15. They must be one JSON object
        The arguments of shell can't be read: invalid type: integer `7`, expected a string at line 1 column 13. They must be one JSON object
        The arguments of finish can't be read: missing field `title` at line 1 column 2. They must be one JSON object
        finish needs a title: one line that says what changes."#]].assert_eq(&told.join(
        "
",
    ));
}

#[test]
fn the_tools_are_told_exactly() {
    let parameters = |spec: &ToolSpec| {
        let properties = spec.parameters["properties"].as_object().unwrap().clone();
        let lines = properties.iter().map(|(name, schema)| format!("  {name}: {schema}\n"));
        lines.collect::<String>()
    };
    let told = specs().into_iter().map(|spec| {
        let required = &spec.parameters["required"];
        format!("{} {required}\n{}", spec.name, parameters(&spec))
    });
    expect![[r#"
        shell ["command"]
          command: {"type":"string"}
          timeout_seconds: {"description":"120 if not given.","type":"integer"}
        read ["path"]
          first_line: {"description":"Counted from 1.","type":"integer"}
          last_line: {"description":"Included.","type":"integer"}
          path: {"description":"From the root of the repository.","type":"string"}
        patch ["patch"]
          patch: {"description":"From *** Begin Patch to *** End Patch.","type":"string"}
        finish ["title","summary"]
          not_done: {"description":"Only if the task can't or needn't be done: why.","type":"string"}
          summary: {"description":"The pull request's description in Markdown: what was wrong, what changed and why, how it was checked, what is left. Follows the project's template if there is one.","type":"string"}
          title: {"description":"The pull request's title: one line, imperative, what changes.","type":"string"}
    "#]].assert_eq(&told.collect::<String>());
}

#[test]
fn paths_stay_where_they_are_said_to_be() {
    assert_eq!(resolve("src/a.py"), Ok(PathBuf::from("/workspace/src/a.py")));
    assert_eq!(resolve("/workspace/a.py"), Ok(PathBuf::from("/workspace/a.py")));
    assert_eq!(resolve("/etc/os-release"), Ok(PathBuf::from("/etc/os-release")));
    assert!(resolve("../a").is_err() && resolve("").is_err() && resolve("a/../../b").is_err());
}
