use super::*;

fn test(outcome: &str, lines: &str) -> Test {
    let text = format!(
        r#"{{"test":"t","path":"test_a.py","outcome":"{outcome}","error":"","seconds":0.0,"lines":{lines}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

#[test]
fn what_only_failing_tests_run_comes_first() {
    let tests = [
        test("failed", r#"{"a.py":[1,2,5],"test_a.py":[9]}"#),
        test("failed", r#"{"a.py":[1,2]}"#),
        test("passed", r#"{"a.py":[1,3]}"#),
        test("skipped", r#"{"a.py":[2]}"#),
    ];
    let ranking = Ranking::of(&tests, &BTreeSet::from(["test_a.py".to_owned()]));
    let shown: Vec<String> = ranking
        .sorted()
        .into_iter()
        .map(|(path, line, score)| format!("{path}:{line} {score:.3}"))
        .collect();
    expect_test::expect![[r#"
        a.py:2 1.000
        a.py:1 0.816
        a.py:5 0.707"#]]
    .assert_eq(&shown.join("\n"));
    assert_eq!(ranking.best_within("a.py", 3, 5), ranking.best_within("a.py", 5, 5));
    assert_eq!(ranking.best_within("other.py", 1, 9), 0.0);
}
