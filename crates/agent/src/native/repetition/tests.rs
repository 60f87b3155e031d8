use super::*;

#[test]
fn the_same_is_told_then_ended() {
    let mut repetition = Repetition::default();
    let verdicts: Vec<Verdict> = (0..8).map(|_| repetition.observe("shell", "{}", "no")).collect();
    assert_eq!(verdicts[..3], [Verdict::Fine; 3]);
    assert_eq!(verdicts[3], Verdict::Repeated { times: 4 });
    assert_eq!(verdicts[7], Verdict::Stuck { times: 8 });
}

#[test]
fn a_circle_of_two_or_three_is_a_circle() {
    for length in [2, 3] {
        let mut repetition = Repetition::default();
        let mut observe = |at: usize| repetition.observe("shell", ["a", "b", "c"][at % length], "");
        let verdicts: Vec<Verdict> = (0..8 * length).map(&mut observe).collect();
        assert_eq!(verdicts[3 * length], Verdict::Repeated { times: 4 });
        assert_eq!(verdicts[7 * length], Verdict::Stuck { times: 8 });
    }
}

#[test]
fn other_results_other_calls_and_changes_are_no_repetition() {
    let mut repetition = Repetition::default();
    for at in 0..100 {
        let (tool, result) = (["shell", "read"][at % 2], at.to_string());
        assert_eq!(repetition.observe(tool, "{}", &result), Verdict::Fine);
    }
    for _ in 0..100 {
        assert_eq!(repetition.observe("shell", "pytest", "1 failed"), Verdict::Fine);
        repetition.forget();
    }
}
