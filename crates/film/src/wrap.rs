//! Text into lines: broken between words, within a word where it is too long, cut with "…".

use crate::font::{Fonts, Laid, Style};
use crate::sheet::Block;

/// Where a name may be broken: after one of these.
const JOINTS: &str = "/\\:._-,(=&?";

/// At most `lines_max` lines, none wider than `width`.
pub fn wrap(fonts: &mut Fonts, text: &str, style: Style, width: f32, lines_max: usize) -> Block {
    let leading = f32::from(style.size) * if style.size >= 44 { 1.18 } else { 1.36 };
    let mut block = Block { lines: Vec::new(), leading };
    for line in broken(fonts, text, style, width, lines_max) {
        block.lines.push(fonts.lay(&line, style));
    }
    block
}

/// One line, cut where it is too wide.
pub fn one(fonts: &mut Fonts, text: &str, style: Style, width: f32) -> Laid {
    wrap(fonts, text, style, width, 1).lines.into_iter().next().unwrap_or_default()
}

/// The largest of the sizes, which go down, at which everything fits; the last one cuts.
pub fn fit(fonts: &mut Fonts, text: &str, styles: &[Style], (width, height): (f32, f32)) -> Block {
    let mut best = Block::default();
    for style in styles {
        let leading = wrap(fonts, "x", *style, width, 1).leading;
        let lines_max = ((height / leading) as usize).max(1);
        best = wrap(fonts, text, *style, width, lines_max + 1);
        if best.lines.len() <= lines_max && !has_broken_word(fonts, text, *style, width) {
            return best;
        }
        best = wrap(fonts, text, *style, width, lines_max);
    }
    best
}

/// A word that must be broken in a large size may fit in a smaller one.
fn has_broken_word(fonts: &mut Fonts, text: &str, style: Style, width: f32) -> bool {
    text.split(' ').any(|word| fonts.width(word, style) > width)
}

fn broken(
    fonts: &mut Fonts,
    text: &str,
    style: Style,
    width: f32,
    lines_max: usize,
) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text.trim_end();
    while !rest.is_empty() && lines.len() < lines_max {
        let end = fits(fonts, rest, style, width);
        if lines.len() + 1 == lines_max && end < rest.len() {
            lines.push(ended(fonts, rest, style, width));
            break;
        }
        lines.push(rest[..end].trim_end().to_owned());
        rest = rest[end..].trim_start();
    }
    lines
}

/// How many bytes fit on a line: whole words if at all possible, then whole parts of one.
fn fits(fonts: &mut Fonts, text: &str, style: Style, width: f32) -> usize {
    let most = most(fonts, text, style, width);
    if most == text.len() {
        return most;
    }
    let head = &text[..most];
    let indent = head.len() - head.trim_start().len();
    if text[most..].starts_with(' ') {
        return most;
    }
    if let Some(space) = head.rfind(' ').filter(|space| *space > indent) {
        return space + 1;
    }
    let joint = head.rfind(|c| JOINTS.contains(c)).filter(|at| *at > head.len() / 3);
    // A joint is one byte.
    joint.map_or(most, |at| at + 1)
}

/// How many bytes are no wider than `width`: at least one character, so that it ends.
fn most(fonts: &mut Fonts, text: &str, style: Style, width: f32) -> usize {
    let laid = fonts.lay(text, style);
    if laid.width <= width {
        return text.len();
    }
    let past = laid.glyphs.iter().skip_while(|glyph| glyph.x <= width).map(|glyph| glyph.at).min();
    let past = past.unwrap_or(text.len());
    // The last that begins within may end outside.
    let mut ends = text[..past].char_indices().map(|(at, _)| at).rev();
    let found = ends.find(|at| fonts.width(&text[..*at], style) <= width).unwrap_or(0);
    let first = text.chars().next().map_or(0, char::len_utf8);
    found.max(first)
}

/// The last line, which says that there is more.
fn ended(fonts: &mut Fonts, text: &str, style: Style, width: f32) -> String {
    let dots = fonts.width("…", style);
    let end = most(fonts, text, style, width - dots);
    format!("{}…", text[..end].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::font::{Face, style};

    fn lines(text: &str, chars: f32, lines_max: usize) -> Vec<String> {
        let style = style(Face::Mono, 20);
        broken(&mut Fonts::new(), text, style, chars * Fonts::cell(20), lines_max)
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(lines("one two three", 7.0, 9), ["one two", "three"]);
        assert_eq!(lines("one two three", 99.0, 9), ["one two three"]);
        assert!(lines("", 9.0, 9).is_empty());
    }

    #[test]
    fn long_names_break_after_a_joint_and_else_anywhere() {
        assert_eq!(lines("tests::parser::reads", 15.0, 9), ["tests::parser::", "reads"]);
        assert_eq!(lines("abcdefghij", 4.0, 9), ["abcd", "efgh", "ij"]);
    }

    #[test]
    fn what_is_left_over_is_cut() {
        assert_eq!(lines("one two three four", 7.0, 2), ["one two", "three…"]);
        assert_eq!(lines("漢字漢字漢字", 3.0, 1), ["漢字…"]);
    }

    /// However narrow it is, it ends.
    #[test]
    fn a_character_that_is_too_wide_still_has_a_line() {
        assert_eq!(lines("漢字", 0.1, 9), ["漢", "字"]);
    }

    #[test]
    fn the_size_goes_down_until_it_fits() {
        let mut fonts = Fonts::new();
        let styles = [style(Face::Bold, 64), style(Face::Bold, 40), style(Face::Bold, 30)];
        let short = fit(&mut fonts, "Fix it", &styles, (624.0, 600.0));
        let long = fit(&mut fonts, &"word ".repeat(400), &styles, (624.0, 600.0));
        assert_eq!(short.lines[0].glyphs[0].style.size, 64);
        assert_eq!(long.lines[0].glyphs[0].style.size, 30);
        assert!(long.height() <= 600.0 && long.width() <= 624.0);
    }
}
