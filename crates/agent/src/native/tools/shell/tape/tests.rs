use super::*;

fn kept(text: &str) -> Kept {
    let mut kept = Kept::default();
    kept.push(text.as_bytes());
    kept
}

fn says(tape: &Tape, text: &str) {
    tape.hear(&Output::Stdout(text.as_bytes().to_vec()));
}

fn tells(tape: &Tape, text: &str) {
    tape.hear(&Output::Stderr(text.as_bytes().to_vec()));
}

#[test]
fn a_mark_is_found_however_it_is_cut() {
    let text = "out m12 m1\nm123\nlater";
    for at in 0..text.len() {
        let tape = Tape::default();
        tape.expect("m123");
        says(&tape, &text[..at]);
        says(&tape, &text[at..]);
        assert_eq!(tape.progress(), Progress::Running, "the status isn't told yet");
        tells(&tape, "m123 7\n");
        assert_eq!(tape.progress(), Progress::Finished(7));
        assert_eq!(tape.take(), kept("out m12 m1\n"), "{at}");
        assert_eq!(tape.take(), kept("later"), "{at}");
    }
}

#[test]
fn only_the_own_mark_counts() {
    let tape = Tape::default();
    tape.expect("m1");
    says(&tape, "m0\nmine\nm1 ");
    tells(&tape, "m0 0\nm1 ");
    assert_eq!(tape.progress(), Progress::Running);
    says(&tape, "\nm1\n");
    assert_eq!(tape.progress(), Progress::Running, "half a status");
    tells(&tape, "3\n");
    assert_eq!(tape.progress(), Progress::Finished(3));
    assert_eq!(tape.take(), kept("m0\nmine\nm1 \n"));
}

#[test]
fn what_runs_shows_what_it_wrote_so_far() {
    let tape = Tape::default();
    tape.expect("m1");
    says(&tape, "Name? ");
    assert_eq!(tape.take(), kept("Name? "));
    tape.end(Ok(Status::Exited(2)));
    assert_eq!(tape.progress(), Progress::Over);
}
