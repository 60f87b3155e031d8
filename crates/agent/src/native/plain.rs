//! Text without what a terminal would act upon. Pure.

/// `text` without escape sequences and control characters other than new lines and tabs. A line
/// that a progress bar wrote over and over stays with its last state.
pub(super) fn plain(text: &str) -> String {
    if !text.contains(|c: char| is_removed(c)) {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => skip_sequence(&mut chars),
            '\r' if chars.peek() != Some(&'\n') => write_over(&mut plain),
            c if is_removed(c) => {}
            c => plain.push(c),
        }
    }
    plain
}

fn is_removed(c: char) -> bool {
    c.is_control() && c != '\n' && c != '\t'
}

/// Back to the beginning of the line.
fn write_over(plain: &mut String) {
    let begin = plain.rfind('\n').map_or(0, |at| at + 1);
    plain.truncate(begin);
}

/// After an escape character: a control sequence ends with a letter or the like, a command to the
/// terminal with a bell or an escape.
fn skip_sequence(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            skip_until(chars, |c| ('\u{40}'..='\u{7e}').contains(&c));
        }
        Some(']') => {
            skip_until(chars, |c| matches!(c, '\u{7}' | '\u{1b}'));
            chars.next_if_eq(&'\\');
        }
        Some('\n') | None => {}
        Some(_) => drop(chars.next()),
    }
}

/// Never past the line: what isn't closed there is no sequence.
fn skip_until(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, ends: fn(char) -> bool) {
    while let Some(c) = chars.next_if(|c| *c != '\n') {
        if ends(c) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_stays() {
        assert_eq!(plain("a\tb\nä"), "a\tb\nä");
        assert_eq!(plain("\u{1b}[1;31mred\u{1b}[0m\u{1b}]0;title\u{7}!\u{1b}(B"), "red!B");
        assert_eq!(plain("a\u{0}\u{8}b\u{85}\u{7f}"), "ab");
        assert_eq!(plain("\u{1b}[\nnext\u{1b}"), "\nnext");
    }

    #[test]
    fn a_progress_bar_shows_its_last_state() {
        assert_eq!(plain("x\n 1%\r50%\r100%\r\ny"), "x\n100%\ny");
    }
}
