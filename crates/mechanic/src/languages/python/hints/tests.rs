use super::*;

fn shown(error: &str) -> String {
    let hints = of([error].into_iter());
    let pairs = hints.differences.iter().map(|one| format!("{}|{}", one.expected, one.actual));
    format!("{:?} {:?}", pairs.collect::<Vec<_>>(), hints.exceptions)
}

#[test]
fn failures_say_what_was_expected() {
    let pytest = "    def test_a():\n>       assert slug('a b') == 'a-b'\nE       AssertionError: assert 'a_b' == 'a-b'\n";
    let unittest = "Traceback (most recent call last):\n  File \"t.py\", line 3, in test_a\nAssertionError: 'a_b' != 'a-b'\n- a_b\n";
    let raised = "E       KeyError: 'x'\nE       json.decoder.JSONDecodeError: Expecting value\n";
    let numbers = "E       assert 3 == 4\nE       assert 'it\\'s' == 'a'\n";
    let all = [pytest, unittest, raised, numbers, "E  assert '"].map(shown).join("\n");
    expect_test::expect![[r#"
        ["a-b|a_b", "a_b|a-b"] []
        ["a-b|a_b", "a_b|a-b"] []
        [] ["KeyError", "JSONDecodeError"]
        [] []
        [] []"#]]
    .assert_eq(&all);
}

#[test]
fn failures_say_which_exception_was_awaited() {
    let errors = [
        "AssertionError: ValueError not raised",
        "AssertionError: Refused not raised by withdraw",
        "E       Failed: DID NOT RAISE <class 'ledger.Refused'>",
        "E   Failed: DID NOT RAISE KeyError",
        "AssertionError: 'os.system()' not raised",
        "AssertionError:  not raised",
    ];
    assert_eq!(of(errors.into_iter()).not_raised, ["ValueError", "Refused", "KeyError"]);
}
