//! Long texts, cut to a limit.

/// At most about `bytes_max` bytes of `text`: its beginning and its end, with a line between them
/// that says how much is missing. Cuts at character boundaries.
pub fn middle(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let head = &text[..text.floor_char_boundary(bytes_max / 2)];
    let tail = &text[text.ceil_char_boundary(text.len() - bytes_max / 2)..];
    let missing = text.len() - head.len() - tail.len();
    format!("{head}\n[… {missing} bytes cut …]\n{tail}")
}

/// The last `lines_max` lines of `text`, at most `bytes_max` bytes.
pub fn tail(text: &str, lines_max: usize, bytes_max: usize) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let last = lines[lines.len().saturating_sub(lines_max)..].join("\n");
    last[last.ceil_char_boundary(last.len().saturating_sub(bytes_max))..].to_owned()
}

/// The first line of `text`, at most `chars_max` characters, with an ellipsis where it was longer.
pub fn line(text: &str, chars_max: usize) -> String {
    let first = text.trim().lines().next().unwrap_or_default().trim_end();
    if first.chars().count() <= chars_max {
        return first.to_owned();
    }
    let kept: String = first.chars().take(chars_max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_goes_and_the_ends_stay() {
        assert_eq!(middle("short", 10), "short");
        assert_eq!(middle("äääääbbbbbccccc", 8), "ää\n[… 12 bytes cut …]\ncccc");
    }

    #[test]
    fn the_tail_has_the_last_lines() {
        assert_eq!(tail("a\nb\nc\n", 2, 100), "b\nc");
        assert_eq!(tail("a\nbäc", 2, 2), "c");
    }

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(line("  one\ntwo", 10), "one");
        assert_eq!(line("a long sentence", 7), "a long…");
    }
}
