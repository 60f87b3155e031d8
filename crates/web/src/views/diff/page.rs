//! The page around the files: what it is about, the list of files, and the comments to send.

use maud::{Markup, html};

use super::asked::View;
use super::file::{Room, counts, section};
use super::rows::Rows;
use super::{About, Shown};
use crate::Person;
use crate::diff::{Body, File};
use crate::views::attempt::{Tab, tabs};
use crate::views::layout::{Page, Place, page};
use crate::views::{icon, text};

/// Of the task's sentence, in the page's head.
const TASK_CHARS_MAX: usize = 140;

pub fn page_of(shown: &Shown, person: &Person) -> Markup {
    if let Some(rows) = rows_of_gap(shown) {
        return rows;
    }
    let task = format!("/tasks/{}", shown.task.id);
    let crumbs = [("/", "Board"), (task.as_str(), "Task")];
    let frame = Page {
        title: &shown.title,
        place: Some(Place::Board),
        crumbs: &crumbs,
        styles: &["diff.css"],
        scripts: &["diff.js"],
        wide: true,
        ..Page::of(person)
    };
    let tabs = match &shown.about {
        About::Change { attempt } => tabs(&attempt.id, Tab::Diff),
        About::Two { .. } => html! {},
    };
    page(&frame, &html! { (tabs) (content(shown)) })
}

/// Only the rows that a script asked for.
fn rows_of_gap(shown: &Shown) -> Option<Markup> {
    let (old, new, len) = shown.look.gap?;
    let file = shown.sheet.files.iter().find(|file| Some(file.number) == shown.look.file)?;
    let Body::Lines(comparison) = &file.body else { return None };
    Some(Rows::new(shown, file, comparison).rows_of_gap(old, new, len))
}

fn content(shown: &Shown) -> Markup {
    let mut room = Room::default();
    let files: Vec<&File> = match shown.look.file {
        Some(asked) => shown.sheet.files.iter().filter(|file| file.number == asked).collect(),
        None => shown.sheet.files.iter().collect(),
    };
    html! {
        (head(shown))
        @if shown.sheet.files.is_empty() {
            p.empty { "Nothing differs." }
        } @else {
            div.diff {
                (list(shown))
                div.diff-files {
                    @if shown.look.file.is_some() {
                        p.notice {
                            (icon::info())
                            span {
                                "One of " (shown.sheet.files.len()) " files. "
                                a href=(shown.look.all_files()) { "Show all" }
                            }
                        }
                    }
                    @for file in files { (section(shown, file, &mut room)) }
                    @if shown.sheet.unlisted > 0 {
                        p.notice.notice-warn { (shown.sheet.unlisted) " more files aren't listed." }
                    }
                    (sending(shown))
                }
            }
        }
    }
}

fn head(shown: &Shown) -> Markup {
    let known: Vec<(u64, u64)> = shown.sheet.files.iter().filter_map(File::counts).collect();
    let (added, removed) = known.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let count = shown.sheet.files.len();
    html! {
        div.page-head {
            div {
                h1 { (shown.title) }
                p.muted.small { (text::line(&stdx::cut::line(&shown.task.text, TASK_CHARS_MAX), TASK_CHARS_MAX)) }
            }
            div.row.diff-tools {
                span.small.nowrap {
                    (count) " " (if count == 1 { "file" } else { "files" }) " "
                    span.good { "+" (added) } " " span.bad { "−" (removed) }
                }
                @if let About::Change { attempt } = &shown.about {
                    a.button.button-small href={ "/attempts/" (attempt.id) "/evidence" } { (icon::shield()) "Evidence" }
                }
                @if let About::Two { before, after } = &shown.about {
                    a.button.button-small href={ "/attempts/" (before) "/diff" } { "Attempt " (before.number()) }
                    a.button.button-small href={ "/attempts/" (after) "/diff" } { "Attempt " (after.number()) }
                }
                (views(shown))
            }
        }
    }
}

fn views(shown: &Shown) -> Markup {
    html! {
        div.segments role="group" aria-label="View" {
            @for (view, words) in [(View::Unified, "Unified"), (View::Split, "Split")] {
                a href=(shown.look.with_view(view)) data-view=(words)
                    aria-current=[(shown.look.view == view).then_some("true")] { (words) }
            }
        }
    }
}

fn list(shown: &Shown) -> Markup {
    let files = &shown.sheet.files;
    let is_short = files.len() <= 12;
    html! {
        nav.files aria-label="Files" {
            details open[is_short] {
                summary { "Files" span.count { (files.len()) } }
                ol {
                    @for file in files {
                        @let here = shown.look.file.is_none() || shown.look.file == Some(file.number);
                        li {
                            a href=[here.then(|| format!("#f{}", file.number))]
                                href=[(!here).then(|| shown.look.with_file(file.number))] {
                                (text::path(&file.path))
                                (counts(file))
                            }
                        }
                    }
                }
            }
            p.keys.muted.tiny { kbd { "n" } " " kbd { "p" } " changes  " kbd { "f" } " fold  " kbd { "s" } " split" }
        }
    }
}

/// What waits to be sent, and the button for it.
fn sending(shown: &Shown) -> Markup {
    let About::Change { attempt } = &shown.about else { return html! {} };
    let waiting = shown.comments.iter().filter(|said| said.is_open_to(&shown.person)).count();
    let noun = if waiting == 1 { "comment" } else { "comments" };
    html! {
        @if waiting > 0 {
            form.card.send #send method="post" action={ "/attempts/" (attempt.id) "/comments/send" } {
                div.field {
                    label for="words" { "Before the comments, if you like" }
                    textarea #words name="words" rows="2" maxlength="8000" placeholder="What is to be better" {}
                }
                div.row-between {
                    span.muted.small { "A follow-up attempt begins with them, on the same computer." }
                    button.button.button-primary type="submit" {
                        (icon::send()) "Send " (waiting) " " (noun) " as feedback"
                    }
                }
            }
        } @else {
            p.muted.small.hint { "A line's number opens a comment on it." }
        }
    }
}
