use super::*;

#[test]
fn only_the_end_of_an_output_is_shown() {
    let long: String = (0..100).map(|line| format!("{line}\n")).collect();
    let shown = tail(&long);
    assert_eq!(shown.lines().count(), TAIL_LINES);
    assert!(shown.ends_with("99"));
}
