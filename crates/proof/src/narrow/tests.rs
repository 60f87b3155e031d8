use super::*;

#[test]
fn a_hostile_path_stays_one_word_of_the_shell() {
    let narrow = Narrow { files: vec!["a'; touch /x; '.py".into()], until_first_failure: true };
    let check = Check { name: "test".into(), command: "pytest -q".into() };
    let command = narrow.narrowed(&check).command;
    assert!(command.contains(r#"WHIMBREL_ONLY='["a\u0027; touch /x; \u0027.py"]'"#), "{command}");
    assert!(command.ends_with("\npytest -q") && command.contains("whimbrel_narrow -x\""));
}
