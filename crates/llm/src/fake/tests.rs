use super::*;

fn said(turn: &Turn) -> &str {
    match turn {
        Turn::Reply { text, .. } => text,
        Turn::Raw { .. } => "over",
        Turn::Status { .. }
        | Turn::CutStream
        | Turn::Nonsense
        | Turn::Hang
        | Turn::After(..)
        | Turn::Using(..)
        | Turn::Thinking(..)
        | Turn::Forever(_) => "other",
    }
}

#[test]
fn a_script_is_played_to_its_end() {
    let turns = [Turn::say("a"), Turn::say("b")];
    let played: Vec<Turn> = (0..4).map(|at| nth(&turns, at)).collect();
    assert_eq!(played.iter().map(said).collect::<Vec<_>>(), ["a", "b", "over", "over"]);
    assert_eq!(said(&nth(&[], 0)), "over");
}

#[test]
fn what_is_forever_repeats() {
    let turns = [Turn::say("a"), Turn::Forever(vec![Turn::say("b"), Turn::say("c")])];
    let played: Vec<Turn> = (0..6).map(|at| nth(&turns, at)).collect();
    assert_eq!(played.iter().map(said).collect::<Vec<_>>(), ["a", "b", "c", "b", "c", "b"]);
}
