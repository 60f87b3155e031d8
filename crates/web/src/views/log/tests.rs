use std::fmt::Write as _;

use super::*;

fn painted(line: &str) -> String {
    ansi::painted(line).into_string()
}

#[test]
fn colours_are_classes_and_the_rest_is_left_out() {
    assert_eq!(
        painted("\u{1b}[31;1mFAILED\u{1b}[0m a\u{1b}[2K\u{1b}[38;5;31mb\u{1b}[92mc"),
        "<span class=\"t-red t-bold\">FAILED</span> ab<span class=\"t-green\">c</span>"
    );
    assert_eq!(painted("\u{1b}]8;;http://evil\u{7}text\u{1b}]8;;\u{1b}\\!"), "text!");
    assert_eq!(painted("\u{1b}]0;title\u{7}\u{1b}(Bplain\r"), "plain");
}

#[test]
fn what_is_no_sequence_is_marked_and_markup_is_text() {
    assert!(painted("a\u{1b}").contains("⟨U+001B⟩"));
    assert!(painted("\u{1b}]never ends").contains("⟨U+001B⟩"));
    assert!(painted("50%\r100%").contains("⟨U+000D⟩"));
    assert_eq!(painted("<b>\u{1b}[1m</b>"), "&lt;b&gt;<span class=\"t-bold\">&lt;/b&gt;</span>");
}

#[test]
fn any_bytes_are_survived() {
    let pieces = ["\u{1b}", "[", "]", "3", ";", "m", "é", "\u{9b}", "\\", "\u{7}", "(", "日", "K"];
    for seed in 0..4000_usize {
        let mut seed = seed * 7919 + 13;
        let mut line = String::new();
        for _ in 0..8 {
            line.push_str(pieces[seed % pieces.len()]);
            seed = seed / pieces.len() + 31;
        }
        assert!(!painted(&line).contains('\u{1b}'), "{line:?}");
    }
}

#[test]
fn a_page_has_its_lines_and_the_number_of_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let mut text = String::new();
    (1..=4500).for_each(|number| writeln!(text, "line {number}").unwrap());
    text.push_str(&"x".repeat(1 << 20));
    std::fs::write(&path, text).unwrap();
    let part = read(&path, 2).unwrap();
    assert_eq!((part.first, part.count, part.lines.len()), (4001, 4501, 501));
    assert_eq!(part.lines[0].text, "line 4001");
    let last = part.lines.last().unwrap();
    assert_eq!((last.text.len(), last.cut), (LINE_BYTES_MAX, (1 << 20) - LINE_BYTES_MAX));
    assert_eq!(read(&path, 9).unwrap().lines.len(), 0);
    let asked = Asked { line: "2001".into(), ..Asked::default() };
    assert_eq!(asked.number(), 1);
}
