use super::*;

#[test]
fn a_hostile_text_can_not_command_a_terminal() {
    let hostile = "ok\x1b[2J\x1b]0;owned\x07\r\u{202e}txt\nnext\tline";
    assert_eq!(
        safe(hostile),
        "ok\u{fffd}[2J\u{fffd}]0;owned\u{fffd}\u{fffd}\u{fffd}txt\nnext\tline"
    );
    assert_eq!(line("one\ttwo\nthree", 20), "one two");
}

#[test]
fn json_says_the_same_without_what_a_terminal_obeys() {
    let value = serde_json::json!({ "text": "\u{9b}2J\u{202e}\u{7f}ü\n" });
    let shown = escaped(&value.to_string());
    assert_eq!(shown, r#"{"text":"\u009b2J\u202e\u007fü\n"}"#);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
}

#[test]
fn durations_have_two_parts_at_most() {
    let texts: Vec<String> = [12, 4_250, 185_000, 7_800_000].map(duration).into();
    assert_eq!(texts, ["12 ms", "4.2 s", "3 min 5 s", "2 h 10 min"]);
}

#[test]
fn a_table_is_as_wide_as_its_widest_cells() {
    let rows = [vec!["a".into(), "long cell".into()], vec!["bcd".into(), "x".into()]];
    assert_eq!(table(&["ID", "TEXT"], &rows), "ID   TEXT\na    long cell\nbcd  x");
}

#[test]
fn a_time_is_told_in_utc() {
    for (ms, expected) in [
        (1_000, "1970-01-01 00:00:01 UTC"),
        (951_782_400_000, "2000-02-29 00:00:00 UTC"),
        (1_772_323_199_999, "2026-02-28 23:59:59 UTC"),
        (4_107_542_400_000, "2100-03-01 00:00:00 UTC"),
        (-1, "1970-01-01 00:00:00 UTC"),
    ] {
        assert_eq!(utc(Timestamp(ms)), expected);
    }
}

#[test]
fn long_text_is_wrapped_between_words_and_colours_take_no_room() {
    let red = format!("\x1b[31m{}\x1b[0m", "x".repeat(39));
    assert_eq!(wrapped(&format!("{red} {red}"), 0), format!("{red} {red}"));
    assert_eq!(wrapped(&format!("{red} {red}"), 4), format!("{red}\n    {red}"));
    assert_eq!(wrapped("a\nb", 2), "a\n  b");
    let long = "y".repeat(200);
    assert_eq!(wrapped(&format!("a {long} b"), 0), format!("a\n{long}\nb"));
}
