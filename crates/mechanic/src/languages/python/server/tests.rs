use super::*;
use crate::bench::Level;

fn batch<'b>(tests: &[&'b str]) -> Batch<'b> {
    Batch {
        level: Level::Swapped,
        tests: tests.to_vec(),
        candidates: Vec::new(),
        patience: 1.0,
        dedupe: false,
        failing: true,
        stop_at_failure: false,
        time: Duration::from_secs(1),
    }
}

/// The program under repair can write answers, too.
#[test]
fn answers_that_are_none_are_left_out() {
    let text = "{\"id\":0,\"verdict\":\"failed\",\"passed\":[0,1,2,18446744073709551615]}\n\
                {\"id\":7,\"verdict\":\"passed\",\"passed\":[0]}\n\
                {\"id\":0,\"verd\n\
                {\"served_ms\":12}\n";
    let answers = understood(text, &batch(&["a", "b"]));
    assert_eq!(answers.without_edit.unwrap().passed, [0, 1], "there are two tests");
    assert_eq!((answers.each.len(), answers.served), (0, Some(Duration::from_millis(12))));
}

#[test]
fn a_crash_without_an_edit_is_no_answer() {
    let text = "{\"id\":0,\"verdict\":\"crashed\",\"passed\":[]}\n";
    assert!(understood(text, &batch(&["a"])).without_edit.is_none());
}
