//! Texts whose lines say what they are: Markdown and patches.

use super::{Role, Span, catalogue};

pub(super) fn markdown(text: &str, out: &mut Vec<Span>) {
    let mut at = 0;
    let mut fence: Option<Fence> = None;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        let start = at + line.len() - trimmed.len();
        let end = at + line.trim_end().len();
        let mark = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark));
        match (fence.take(), mark) {
            (Some(open), Some(mark)) if open.mark == mark => {
                open.scan(text, at, out);
                out.push(Span { start, end, role: Role::Attribute });
            }
            (Some(open), _) => fence = Some(open),
            (None, Some(mark)) => {
                out.push(Span { start, end, role: Role::Attribute });
                let info = trimmed[3..].split_whitespace().next().unwrap_or_default();
                fence = Some(Fence { mark, info, from: at + line.len() });
            }
            (None, None) => markdown_line(trimmed, start, end, out),
        }
        at += line.len();
    }
    if let Some(open) = fence {
        open.scan(text, text.len(), out);
    }
}

struct Fence<'a> {
    mark: &'static str,
    info: &'a str,
    from: usize,
}

impl Fence<'_> {
    fn scan(&self, text: &str, to: usize, out: &mut Vec<Span>) {
        match catalogue::named(self.info) {
            Some(language) => {
                super::scan::scan(language, &text[self.from..to], self.from, out);
            }
            None if self.from < to => {
                out.push(Span { start: self.from, end: to, role: Role::String });
            }
            None => {}
        }
    }
}

fn markdown_line(line: &str, start: usize, end: usize, out: &mut Vec<Span>) {
    if start >= end {
        return;
    }
    if line.starts_with('#') {
        return out.push(Span { start, end, role: Role::Keyword });
    }
    if line.starts_with('>') {
        return out.push(Span { start, end, role: Role::Comment });
    }
    if line.starts_with("- ") || line.starts_with("* ") || line.starts_with("+ ") {
        out.push(Span { start, end: start + 1, role: Role::Keyword });
    }
    // Code between backticks of this line.
    let mut at = start;
    let mut marks = line.trim_end().match_indices('`').map(|(mark, _)| start + mark);
    while let (Some(open), Some(close)) = (marks.next(), marks.next()) {
        if open >= at && close < end {
            out.push(Span { start: open, end: close + 1, role: Role::String });
            at = close + 1;
        }
    }
}

pub(super) fn patch(text: &str, out: &mut Vec<Span>) {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.trim_end_matches(['\n', '\r']).len();
        let role = match line.as_bytes() {
            [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => Some(Role::Keyword),
            [b'@', b'@', ..] => Some(Role::Function),
            [b'+', ..] => Some(Role::String),
            [b'-', ..] => Some(Role::Attribute),
            _ if line.starts_with("diff ") || line.starts_with("index ") => Some(Role::Comment),
            _ => None,
        };
        if let Some(role) = role.filter(|_| start < end) {
            out.push(Span { start, end, role });
        }
        start += line.len();
    }
}
