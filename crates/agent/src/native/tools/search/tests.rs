use super::super::super::tests::computer_with;
use super::*;

async fn found(arguments: &str) -> Answer {
    let files = [
        ("src/a.py", "def first():\n    return 1\n"),
        ("src/b.txt", "first line\n"),
        ("tests/test_a.py", "# First of all\nassert first() == 1\n"),
        (".hidden/c.py", "first\n"),
        ("build/d.py", "first\n"),
        (".gitignore", "build/\n"),
    ];
    let computer = computer_with(&files).await;
    computer.run(computer::Exec::shell("git init -q . && git add -A")).await.unwrap();
    let search: Search = serde_json::from_str(arguments).unwrap();
    search.run(computer.as_ref()).await.unwrap()
}

#[tokio::test]
async fn lines_are_found_and_counted() {
    let answer = found(r#"{"pattern": "first\\(\\)"}"#).await;
    assert_eq!(
        answer.text,
        "src/a.py:1:def first():\ntests/test_a.py:2:assert first() == 1\n\
         [matches: 2, in files: 2]"
    );
}

#[tokio::test]
async fn a_search_is_narrowed() {
    for (arguments, expected) in [
        (r#"{"pattern": "first", "globs": ["*.py"], "path": "src"}"#, "a.py:1:def first():"),
        (r#"{"pattern": "FIRST", "ignore_case": true, "globs": ["!*.py"]}"#, "src/b.txt:1:first"),
        (r#"{"pattern": "first", "files_only": true, "matches_max": 1}"#, "there are more"),
        (r#"{"pattern": "first", "hidden": true, "globs": ["*.py"]}"#, ".hidden/c.py:1:first"),
        (r#"{"pattern": "return", "context_lines": 1}"#, "src/a.py-1-def first():"),
        (r#"{"pattern": "nowhere"}"#, "[nothing matches]"),
    ] {
        let text = found(arguments).await.text;
        assert!(text.contains(expected), "{arguments}: {text}");
        assert!(!text.contains("build/"), "{text}");
    }
}

#[tokio::test]
async fn what_cannot_be_searched_is_told() {
    for arguments in
        [r#"{"pattern": "("}"#, r#"{"pattern": ""}"#, r#"{"pattern": "a", "path": ".."}"#]
    {
        let answer = found(arguments).await;
        assert!(!answer.ok && !answer.text.is_empty(), "{answer:?}");
    }
}
