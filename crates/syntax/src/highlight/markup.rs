//! Tags: HTML, XML, and files of components. Scripts and styles inside are scanned as what they are.

use super::{Role, Span, scan, tables};

pub(super) fn scan(text: &str, out: &mut Vec<Span>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let Some(open) = rest.find('<') else { return };
        at += open;
        let rest = &text[at..];
        if rest.starts_with("<!--") {
            let end = rest.find("-->").map_or(text.len(), |end| at + end + 3);
            out.push(Span { start: at, end, role: Role::Comment });
            at = end;
        } else if rest[1..]
            .starts_with(|char: char| char.is_ascii_alphabetic() || "/!?".contains(char))
        {
            let (end, name) = tag(text, at, out);
            at = inside(text, end, name, out);
        } else {
            at += 1;
        }
    }
}

/// The tag that begins at `from`: where it ends, and its name.
fn tag<'a>(text: &'a str, from: usize, out: &mut Vec<Span>) -> (usize, &'a str) {
    let bytes = text.as_bytes();
    let is_name =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-_:.".contains(&byte) || byte >= 0x80;
    let name_from = from + 1 + usize::from(matches!(bytes.get(from + 1), Some(b'/' | b'!' | b'?')));
    let mut at = name_from;
    while at < bytes.len() && is_name(bytes[at]) {
        at += 1;
    }
    let name = &text[name_from..at];
    out.push(Span { start: from, end: at, role: Role::Keyword });
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b'>' => {
                out.push(Span { start, end: at + 1, role: Role::Keyword });
                return (at + 1, name);
            }
            b'<' => return (at, name),
            quote @ (b'"' | b'\'') => {
                let end = bytes[at + 1..].iter().position(|&byte| byte == quote);
                at = end.map_or(bytes.len(), |end| at + 1 + end + 1);
                out.push(Span { start, end: at, role: Role::String });
            }
            byte if is_name(byte) || byte == b'@' => {
                while at < bytes.len() && (is_name(bytes[at]) || bytes[at] == b'@') {
                    at += 1;
                }
                out.push(Span { start, end: at, role: Role::Attribute });
            }
            _ => at += 1,
        }
    }
    (at, name)
}

/// What is inside a script or a style.
fn inside(text: &str, from: usize, name: &str, out: &mut Vec<Span>) -> usize {
    let (language, close) = match name {
        "script" => (&tables::TYPESCRIPT, "</script"),
        "style" => (&tables::CSS, "</style"),
        _ => return from,
    };
    // A closing tag has the same name, and nothing of its own after it.
    if text[..from].ends_with("/>") || text[..from].trim_end_matches('>').ends_with(&close[1..]) {
        return from;
    }
    let end = text[from..].find(close).map_or(text.len(), |end| from + end);
    scan::scan(language, &text[from..end], from, out);
    end
}
