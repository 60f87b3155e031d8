use super::*;

fn among() -> Vec<AttemptId> {
    let task = "k3v9x2ab".parse().unwrap();
    vec![AttemptId::new(&task, 1), AttemptId::new(&task, 3)]
}

fn check(answer: &str, preferred: Option<u32>, reason: &str) {
    let (found, said) = read(answer, &among());
    assert_eq!((found.map(|id| id.number()), said.as_str()), (preferred, reason), "{answer:?}");
}

#[test]
fn an_answer_counts_only_when_it_names_one_that_was_asked_about() {
    check("BEST: 3\nIt is simpler.\n", Some(3), "It is simpler.");
    check("Well.\n\n**BEST: 1**\n\nNo loop.\nNo copy.", Some(1), "No loop. No copy.");
    check("BEST: attempt 3", Some(3), "");
    check("BEST: 2\nIt is best.", None, "it names none of them: BEST: 2");
    check("I prefer the third one.", None, "it names none of them: I prefer the third one.");
    check("BEST: 99999999999999999999", None, "it names none of them: BEST: 99999999999999999999");
    check("", None, "it names none of them: ");
}
