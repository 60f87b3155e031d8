//! One line of code: its colours, what changed in it, and what could deceive in it.

use std::ops::Range;

use maud::Render as _;
use syntax::highlight::{Role, Span};

use crate::views::text::{self, Marked};

/// The rest of a longer line isn't shown.
const LINE_CHARS_MAX: usize = 2000;

/// Writes a line of code as markup. `changed` are the bytes that differ from its counterpart.
pub fn code(buffer: &mut String, line: &str, spans: &[Span], changed: &[Range<usize>]) {
    let (kept, cut) = text::cut(line, LINE_CHARS_MAX);
    let (mut spans, mut changed) = (spans.iter().peekable(), changed.iter().peekable());
    let mut at = 0;
    while at < kept.len() {
        while spans.next_if(|span| span.end <= at).is_some() {}
        while changed.next_if(|range| range.end <= at).is_some() {}
        let role = spans.peek().filter(|span| span.start <= at).map(|span| span.role);
        let is_changed = changed.peek().is_some_and(|range| range.start <= at);
        let span = spans.peek().map(|span| if span.start > at { span.start } else { span.end });
        let range =
            changed.peek().map(|range| if range.start > at { range.start } else { range.end });
        let next = [span, range].into_iter().flatten().min().unwrap_or(kept.len()).min(kept.len());
        piece(buffer, &kept[at..next], role, is_changed);
        at = next;
    }
    if cut > 0 {
        text::cut_note(cut).render_to(buffer);
    }
}

fn piece(buffer: &mut String, text: &str, role: Option<Role>, is_changed: bool) {
    let class = match (role.map(class), is_changed) {
        (None, false) => return Marked(text).render_to(buffer),
        (None, true) => "w",
        (Some((plain, _)), false) => plain,
        (Some((_, changed)), true) => changed,
    };
    buffer.push_str("<span class=\"");
    buffer.push_str(class);
    buffer.push_str("\">");
    Marked(text).render_to(buffer);
    buffer.push_str("</span>");
}

/// Alone, and where it changed.
fn class(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Comment => ("c", "c w"),
        Role::Keyword => ("k", "k w"),
        Role::String => ("s", "s w"),
        Role::Number => ("d", "d w"),
        Role::Function => ("f", "f w"),
        Role::Type => ("y", "y w"),
        Role::Attribute => ("a", "a w"),
    }
}
