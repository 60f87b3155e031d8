//! Others' texts where there is little room: the first line, cut, with what is odd in it marked.

use maud::Markup;

use super::text;

/// The first line, at most `chars_max` characters.
pub fn line(said: &str, chars_max: usize) -> Markup {
    text::line(&stdx::cut::line(said, chars_max), chars_max)
}

/// The same in characters alone, for a window's title or an option of a list.
pub fn plain(said: &str, chars_max: usize) -> String {
    let cut = stdx::cut::line(said, chars_max);
    if text::is_plain(&cut) {
        return cut;
    }
    let shown = |c: char| match text::words(c) {
        Some(_) => format!("⟨U+{:04X}⟩", u32::from(c)),
        None => c.to_string(),
    };
    cut.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_reorder_a_title_is_named_in_it() {
        assert_eq!(plain("fix \u{202e}gnp.exe\nmore", 40), "fix ⟨U+202E⟩gnp.exe");
        assert_eq!(plain("Grüße, 世界", 40), "Grüße, 世界");
        assert!(line("a\u{202e}b", 40).into_string().contains("<mark"));
    }
}
