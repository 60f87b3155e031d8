//! What is said of a line: notes of the evidence, comments, and the form for another.

use std::collections::HashSet;

use domain::Comment;
use domain::comment::Side;
use maud::{Markup, html};

use super::Shown;
use super::asked::{Line, letter};
use super::notes::{Note, Tone, What};
use crate::diff::File;
use crate::views::{icon, text};

/// Of a fault's line, in characters.
const FAULT_CHARS_MAX: usize = 160;

/// The lines of the file at which something is said or is to be; counted from 1.
pub fn spoken(shown: &Shown, file: &File) -> HashSet<(Side, usize)> {
    let notes = shown.notes.of_file(&file.path).iter().map(|note| (note.side, note.line));
    let comments = of_file(shown, file).map(place);
    let form = shown.look.comment.filter(|line| line.file == file.number);
    let all = notes.chain(comments).chain(form.map(|line| (line.side, line.number)));
    all.filter(|(_, line)| *line > 0).collect()
}

fn of_file<'a>(shown: &'a Shown, file: &'a File) -> impl Iterator<Item = &'a Comment> {
    let paths = move |comment: &&Comment| {
        let path = &comment.place.path;
        *path == file.path || Some(path) == file.moved_from.as_ref()
    };
    shown.comments.iter().filter(paths)
}

fn place(comment: &Comment) -> (Side, usize) {
    (comment.place.side, comment.place.line as usize)
}

pub fn at_line(shown: &Shown, file: &File, line: Line) -> Markup {
    let comments = of_file(shown, file).filter(|said| place(said) == (line.side, line.number));
    html! {
        @for note in shown.notes.at(&file.path, line.side, line.number) { (note_of(note)) }
        @for said in comments { (comment(shown, said)) }
        @if shown.look.comment == Some(line) { (form(shown, file, line)) }
    }
}

pub fn note_of(note: &Note) -> Markup {
    let (class, icon) = match note.tone {
        Tone::Plain => ("note", icon::info()),
        Tone::Warning => ("note note-warn", icon::warning()),
        Tone::Bad => ("note note-bad", icon::warning()),
    };
    html! {
        div class=(class) {
            (icon)
            @match &note.what {
                What::Finding(sentence) => p { (text::shown(sentence)) },
                What::Mutant { before, after } => {
                    p {
                        "No test notices this fault: "
                        @if after.is_empty() {
                            code { (text::line(before, FAULT_CHARS_MAX)) } " removed"
                        } @else {
                            code { (text::line(before, FAULT_CHARS_MAX)) } " → "
                            code { (text::line(after, FAULT_CHARS_MAX)) }
                        }
                    }
                },
            }
        }
    }
}

fn comment(shown: &Shown, said: &Comment) -> Markup {
    let is_mine = said.is_open_to(&shown.person);
    let is_edited = is_mine && shown.look.edit.as_ref() == Some(&said.id);
    html! {
        article.comment id={ "c-" (said.id) } {
            header {
                strong { (text::line(&said.person, 80)) }
                @if said.sent.is_some() {
                    span.chip { (icon::send()) "sent" }
                } @else {
                    span.chip.chip-info { "waits to be sent" }
                }
            }
            @if is_edited {
                form method="post" action={ "/comments/" (said.id) } {
                    (hidden(&shown.look.back(), None))
                    label.visually-hidden for={ "t-" (said.id) } { "Your comment" }
                    textarea id={ "t-" (said.id) } name="text" required maxlength="16000" autofocus { (said.text) }
                    div.row {
                        button.button.button-primary.button-small type="submit" { "Save" }
                        a.button.button-quiet.button-small href=(shown.look.back()) { "Leave it" }
                    }
                }
            } @else {
                p.pre-line { (text::shown(&said.text)) }
                @if is_mine {
                    div.row {
                        a.button.button-quiet.button-small href=(shown.look.editing(&said.id)) { (icon::edit()) "Edit" }
                        form method="post" action={ "/comments/" (said.id) "/remove" } {
                            (hidden(&shown.look.back(), None))
                            button.button.button-quiet.button-small type="submit" { (icon::cross()) "Remove" }
                        }
                    }
                }
            }
        }
    }
}

/// The form for a comment at a line.
fn form(shown: &Shown, file: &File, line: Line) -> Markup {
    html! {
        (form_fields(shown, file, Some(line)))
    }
}

/// Without a line it is a template for a script, which fills in the line.
pub fn form_fields(shown: &Shown, file: &File, line: Option<Line>) -> Markup {
    let super::About::Change { attempt } = &shown.about else { return html! {} };
    let id = match line {
        Some(line) => format!("say-{line}"),
        None => format!("say-{}", file.number),
    };
    html! {
        form.say method="post" action={ "/attempts/" (attempt.id) "/comments" } {
            (hidden(&shown.look.back(), line))
            input type="hidden" name="path" value=(file.path);
            @if let Some(old) = &file.moved_from {
                input type="hidden" name="old_path" value=(old);
            }
            label.visually-hidden for=(id) { "Comment on this line" }
            textarea id=(id) name="text" required maxlength="16000" autofocus[line.is_some()]
                placeholder="What is to be changed here?" {}
            div.row {
                button.button.button-primary.button-small type="submit" { "Comment" }
                a.button.button-quiet.button-small data-leave href=(shown.look.back()) { "Leave it" }
                span.muted.tiny { "It waits until you send your comments." }
            }
        }
    }
}

fn hidden(back: &str, line: Option<Line>) -> Markup {
    html! {
        input type="hidden" name="back" value=(back);
        @if let Some(line) = line {
            input type="hidden" name="line" value=(line);
        }
    }
}

/// The anchor of a comment's line.
pub fn anchor(line: Line) -> String {
    format!("f{}{}{}", line.file, letter(line.side), line.number)
}
