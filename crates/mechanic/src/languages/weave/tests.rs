use super::*;

const TEXT: &str = "if (a) b = 1; c();";

fn woven() -> Woven {
    let mut weave = Weave::default();
    weave.put(0, "<0>");
    weave.wrap(7..13, "{", "}");
    weave.put(14, "<1>");
    weave.finish()
}

fn replacement(range: Range<usize>, text: &str) -> Replacement {
    Replacement { range, text: text.into() }
}

fn edited(range: Range<usize>, text: &str) -> Option<String> {
    woven().edited(TEXT, 0..TEXT.len(), &[replacement(range, text)])
}

#[test]
fn everything_is_at_its_place() {
    assert_eq!(woven().part(TEXT, 0..TEXT.len()), "<0>if (a) {b = 1;} <1>c();");
    assert_eq!(woven().part(TEXT, 7..13), "{b = 1;}");
}

#[test]
fn an_edit_stays_within_what_surrounds_it() {
    assert_eq!(edited(11..12, "2").unwrap(), "<0>if (a) {b = 2;} <1>c();");
    assert_eq!(edited(7..7, "!").unwrap(), "<0>if (a) {!b = 1;} <1>c();");
    assert_eq!(edited(13..13, "d;").unwrap(), "<0>if (a) {b = 1;d;} <1>c();");
}

#[test]
fn an_edit_takes_what_is_within_it_along() {
    assert_eq!(edited(4..14, "x) ").unwrap(), "<0>if (x) <1>c();");
}

#[test]
fn an_edit_that_tears_a_pair_is_none() {
    assert_eq!(edited(10..14, ""), None);
    assert_eq!(edited(4..9, "b"), None);
    assert_eq!(edited(4..13, "b"), None);
    assert_eq!(edited(7..14, "b"), None);
}

#[test]
fn what_ends_comes_before_what_begins() {
    let mut weave = Weave::default();
    weave.wrap(0..4, "(", ")");
    weave.wrap(0..2, "[", "]");
    weave.wrap(2..4, "{", "}");
    assert_eq!(weave.finish().part("aabb", 0..4), "([aa]{bb})");
}

#[test]
fn an_edit_can_be_in_several_places() {
    let edit = [replacement(4..5, "x"), replacement(7..8, "y"), replacement(15..15, "z")];
    let edited = woven().edited(TEXT, 0..TEXT.len(), &edit);
    assert_eq!(edited.unwrap(), "<0>if (x) {y = 1;} <1>cz();");
    assert_eq!(woven().edited(TEXT, 7..13, &edit), None);
}
