//! JSON as people write it by hand, with comments and trailing commas, becomes JSON. Everything
//! that goes is replaced by spaces, so that a line number in an error is still right.

/// `text` without `// …`, `/* … */`, and commas before a closing bracket.
pub fn plain(text: &str) -> String {
    without_trailing_commas(&without_comments(text))
}

fn without_comments(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => string_length(rest),
            '/' => comment_length(rest),
            _ => first.len_utf8(),
        };
        let (piece, after) = rest.split_at(length);
        let is_comment = first == '/' && length > 1;
        plain.push_str(&if is_comment { blanked(piece) } else { piece.to_owned() });
        rest = after;
    }
    plain
}

/// Up to and with the closing quote; everything where there is none.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// 1 where this slash begins no comment.
fn comment_length(text: &str) -> usize {
    if text.starts_with("//") {
        text.find('\n').unwrap_or(text.len())
    } else if let Some(inside) = text.strip_prefix("/*") {
        inside.find("*/").map_or(text.len(), |at| at + 4)
    } else {
        1
    }
}

fn blanked(piece: &str) -> String {
    piece.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect()
}

fn without_trailing_commas(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if first == '"' { string_length(rest) } else { first.len_utf8() };
        let (piece, after) = rest.split_at(length);
        let closes = || after.trim_start().starts_with(['}', ']']);
        plain.push_str(if first == ',' && closes() { " " } else { piece });
        rest = after;
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn comments_and_trailing_commas_go_and_lines_stay() {
        let text = "{ // one, two\n  \"a\": [1, 2, ], /* x\n y */ \"b\": \"// no, }\",\n}";
        let expected = "{            \n  \"a\": [1, 2  ],     \n      \"b\": \"// no, }\" \n}";
        assert_eq!(plain(text), expected);
        assert_eq!(plain(r#"{"a\"/*": 1}"#), r#"{"a\"/*": 1}"#);
        for odd in ["/", "\"", "/*", "//", "{\"a\": /", "\"\\", ",", "ä/ö,}"] {
            plain(odd);
        }
    }
}
