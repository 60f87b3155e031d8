//! One file of a change: its name, what happened to it, and its lines or why they aren't shown.

use maud::{Markup, html};

use super::rows::{Rows, remarks};
use super::{Shown, talk};
use crate::diff::{Body, Budget, File, Version};
use crate::views::{icon, text};

/// Rows that a page has; the files after that are shown one by one.
const ROWS_MAX: usize = 20_000;
/// Rows of a folded file that a page has all the same.
const FOLDED_ROWS_MAX: usize = 400;

/// What a page may still show.
#[derive(Debug)]
pub struct Room {
    rows: usize,
    pub words: Budget,
}

impl Default for Room {
    fn default() -> Self {
        Self { rows: ROWS_MAX, words: Budget::default() }
    }
}

pub fn section(shown: &Shown, file: &File, room: &mut Room) -> Markup {
    let is_asked = shown.look.file == Some(file.number);
    let lines = lines(shown, file, room, is_asked);
    let has_notes = !talk::spoken(shown, file).is_empty();
    let is_open = is_asked || file.fold.is_none() || has_notes;
    html! {
        details.file #{ "f" (file.number) } open[is_open] {
            summary { (heading(file)) }
            div.file-body {
                div.file-bar {
                    @for note in shown.notes.of_file(&file.path).iter().filter(|note| note.line == 0) {
                        (talk::note_of(note))
                    }
                    @if let Body::Lines(comparison) = &file.body {
                        @for remark in remarks(file, comparison) { span.remark { (remark) } }
                        @if file.old.is_some() && file.new.is_some() && !is_asked {
                            a.push href=(shown.look.whole_file(file.number)) { "Whole file" }
                        }
                    }
                }
                (lines)
                @if shown.look.is_open {
                    template.say-form { (talk::form_fields(shown, file, None)) }
                }
            }
        }
    }
}

fn heading(file: &File) -> Markup {
    let (class, word) = match (&file.old, &file.new) {
        (None, _) => ("chip chip-good", "added"),
        (_, None) => ("chip chip-bad", "removed"),
        _ if file.moved_from.is_some() => ("chip chip-info", "moved"),
        _ => ("chip", "changed"),
    };
    html! {
        (icon::down())
        span.file-name {
            @if let Some(old) = &file.moved_from {
                span.muted { (text::path(old)) " → " }
            }
            (text::path(&file.path))
        }
        span class=(class) { (word) }
        @if let Some(words) = file.mode_words() { span.chip.chip-warn { (words) } }
        @if let Some(fold) = file.fold { span.chip { (fold.words()) } }
        (counts(file))
    }
}

pub fn counts(file: &File) -> Markup {
    html! {
        span.counts {
            @if let Some((added, removed)) = file.counts() {
                span.good { "+" (added) } " " span.bad { "−" (removed) }
            }
        }
    }
}

fn lines(shown: &Shown, file: &File, room: &mut Room, is_asked: bool) -> Markup {
    let show = shown.look.with_file(file.number);
    match &file.body {
        Body::Lines(comparison) => {
            if comparison.changes.is_empty() && shown.look.file.is_none() {
                return html! { p.file-note { "Its lines stay as they are." } };
            }
            let changed = comparison.counts();
            let about = usize::try_from(changed.0 + changed.1).unwrap_or(usize::MAX);
            let limit =
                if file.fold.is_some() { room.rows.min(FOLDED_ROWS_MAX) } else { room.rows };
            if about > limit && !is_asked {
                return html! {
                    p.file-note { (about) " lines changed. " a href=(show) { "Show this file" } }
                };
            }
            let (table, rows) = Rows::new(shown, file, comparison).table(&mut room.words);
            room.rows = room.rows.saturating_sub(rows);
            table
        }
        Body::Binary => html! { p.file-note { "Not a text: " (sizes(file)) "." } },
        Body::Submodule => html! {
            p.file-note {
                "Another repository, "
                @match (&file.old, &file.new) {
                    (Some(old), Some(new)) => { "from " (commit(old)) " to " (commit(new)) },
                    (None, Some(new)) => { "now at " (commit(new)) },
                    (Some(old), None) => { "no longer there; it was at " (commit(old)) },
                    (None, None) => {},
                }
                "."
            }
        },
        Body::Unread { .. } => html! {
            p.file-note { (sizes(file)) ". " a href=(show) { "Show this file" } }
        },
        Body::TooLong => html! { p.file-note { "Too long to be shown: " (sizes(file)) "." } },
    }
}

fn commit(version: &Version) -> Markup {
    html! { code { (version.object.get(..10).unwrap_or(&version.object)) } }
}

fn sizes(file: &File) -> String {
    let size = |version: &Option<Version>| version.as_ref().and_then(|version| version.bytes);
    match (size(&file.old), size(&file.new)) {
        (Some(old), Some(new)) => format!("{} → {}", bytes(old), bytes(new)),
        (None, Some(new)) => bytes(new),
        (Some(old), None) => format!("it had {}", bytes(old)),
        (None, None) => "of unknown size".into(),
    }
}

/// In the largest unit that leaves a whole number.
pub fn bytes(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes.div_ceil(1024)),
        _ => format!("{} MiB", bytes.div_ceil(1024 * 1024)),
    }
}
