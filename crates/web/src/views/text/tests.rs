use expect_test::{Expect, expect};

use super::*;

fn check(markup: &Markup, expected: &Expect) {
    expected.assert_eq(&markup.0);
}

#[test]
fn markup_is_text() {
    check(
        &shown("<script>alert(\"1\")</script> & 'x'"),
        &expect![[r#"<bdi>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; 'x'</bdi>"#]],
    );
}

/// "Commenting-out" of the Trojan Source paper: what looks like a condition is a comment.
#[test]
fn overrides_and_isolates_are_seen() {
    check(
        &shown("/*\u{202e} } \u{2066}if (isAdmin)\u{2069} \u{2066} begin admins only */"),
        &expect![[
            r#"<bdi>/*<mark class="odd" title="right-to-left override, U+202E">⟨U+202E⟩</mark> } <mark class="odd" title="left-to-right isolate, U+2066">⟨U+2066⟩</mark>if (isAdmin)<mark class="odd" title="pop directional isolate, U+2069">⟨U+2069⟩</mark> <mark class="odd" title="left-to-right isolate, U+2066">⟨U+2066⟩</mark> begin admins only */</bdi>"#
        ]],
    );
}

/// "Homoglyph function" and "invisible function" of the same paper.
#[test]
fn look_alikes_are_seen_in_latin_words_only() {
    check(
        &shown("say\u{41d}ello(); is\u{200b}Admin; Привет Δx μs naïve"),
        &expect![[
            r#"<bdi>say<mark class="odd" title="Cyrillic letter in a Latin word, U+041D">Н</mark>ello(); is<mark class="odd" title="zero-width space, U+200B">⟨U+200B⟩</mark>Admin; Привет Δx μs naïve</bdi>"#
        ]],
    );
}

#[test]
fn no_invisible_character_stays_invisible() {
    let invisible = [
        '\0',
        '\u{7}',
        '\u{8}',
        '\u{1b}',
        '\u{7f}',
        '\u{9b}',
        '\u{a0}',
        '\u{ad}',
        '\u{61c}',
        '\u{200b}',
        '\u{200c}',
        '\u{200d}',
        '\u{200e}',
        '\u{200f}',
        '\u{2028}',
        '\u{202a}',
        '\u{202e}',
        '\u{2060}',
        '\u{2066}',
        '\u{2069}',
        '\u{3000}',
        '\u{3164}',
        '\u{fe01}',
        '\u{feff}',
        '\u{fffd}',
        '\u{e0041}',
        '\u{e0101}',
        '\u{f0000}',
        '\u{ffff}',
    ];
    for char in invisible {
        let markup = shown(&format!("a{char}b")).0;
        let code = format!("⟨U+{:04X}⟩", u32::from(char));
        assert!(markup.contains(&code), "{char:?}: {markup}");
        assert!(!markup.contains(char), "{char:?}: {markup}");
    }
}

#[test]
fn lines_are_kept_and_lone_carriage_returns_seen() {
    let expected =
        "<bdi>a\r\n\tb<mark class=\"odd\" title=\"carriage return, U+000D\">⟨U+000D⟩</mark>c</bdi>";
    assert_eq!(shown("a\r\n\tb\rc").0, expected);
}

#[test]
fn one_line_is_one_line_and_says_what_was_cut() {
    check(
        &line("a\nb", 10),
        &expect![[r#"<bdi>a<mark class="odd" title="line feed, U+000A">⟨U+000A⟩</mark>b</bdi>"#]],
    );
    check(
        &line("äöü and more", 3),
        &expect![[r#"<bdi>äöü</bdi><span class="cut-note">… 9 more characters</span>"#]],
    );
}

#[test]
fn paths_break_after_slashes() {
    check(
        &path("src/a b/\"><img src=x> "),
        &expect![[
            r#"<bdi class="mono path">src/<wbr>a b/<wbr>&quot;&gt;&lt;img src=x&gt;<mark class="odd" title="space at the end, U+0020">⟨U+0020⟩</mark></bdi>"#
        ]],
    );
}

#[test]
fn piled_up_marks_are_counted_and_emoji_are_left_alone() {
    let piled = format!("e{}", "\u{301}".repeat(6));
    assert_eq!(shown(&piled).0.matches("one combining mark too many").count(), 2);
    assert_eq!(shown("❤\u{fe0f}").0, "<bdi>❤\u{fe0f}</bdi>");
    assert!(shown("a\u{fe0f}").0.contains("variation selector"));
}

#[test]
fn a_long_word_of_another_script_is_quickly_judged() {
    let word = "а".repeat(1 << 20);
    assert_eq!(shown(&word).0.len(), word.len() + "<bdi></bdi>".len());
}
