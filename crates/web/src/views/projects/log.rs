//! What a step of a preparation printed, a page of lines at a time, each with an anchor.

use std::path::Path;

use axum::http::StatusCode;
use domain::Project;
use engine::prepare::record::Record;
use maud::{Markup, html};

use crate::failure::Failure;
use crate::views::{figure, text};

/// Lines of one page.
const LINES_MAX: usize = 2_000;
/// Of one line, what is shown, in characters.
const LINE_CHARS_MAX: usize = 2_000;

pub struct View {
    address: String,
    record: Record,
    /// The number of the first line.
    first: usize,
    lines: Vec<String>,
    /// Of the whole log.
    count: usize,
}

impl View {
    pub fn title(&self) -> String {
        format!("Log of {}", self.record.step.name)
    }
}

/// From line `from` on; 0 is the last page, where what failed stands.
pub async fn read(
    project: &Project,
    record: Record,
    path: &Path,
    from: usize,
) -> Result<View, Failure> {
    let bytes = tokio::fs::read(path).await;
    let bytes = bytes.map_err(|error| {
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, format!("The log can't be read: {error}"))
    })?;
    let log = String::from_utf8_lossy(&bytes);
    let count = log.lines().count();
    let last_page = (count.saturating_sub(LINES_MAX)).saturating_add(1);
    let first = if from == 0 { last_page } else { from.min(last_page) };
    let lines = log.lines().skip(first - 1).take(LINES_MAX).map(plain).collect();
    let address = format!("/projects/{}/logs/{}", project.id, record.key);
    Ok(View { address, record, first, lines, count })
}

/// Without a terminal's colours, which tools like to print even into a file.
fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        text.push_str(before);
        let end = after.find(|c: char| ('@'..='~').contains(&c)).map_or(after.len(), |at| at + 1);
        rest = &after[end..];
    }
    text.push_str(rest);
    // What a progress bar wrote over itself.
    let last = text.rsplit('\r').find(|part| !part.is_empty()).unwrap_or_default();
    last.chars().take(LINE_CHARS_MAX).collect()
}

pub fn body(view: &View) -> Markup {
    let step = &view.record.step;
    html! {
        div.page-head {
            div {
                h1 { "What " (step.name) " printed" }
                p.muted.small {
                    "at " code { (view.record.commit.short()) } ", in " (figure::duration(step.duration_ms))
                    ", " (figure::count(view.count, "line"))
                }
            }
        }
        (pager(view))
        @if view.lines.is_empty() {
            p.empty { "It printed nothing." }
        } @else {
            div.house-log tabindex="0" role="group" aria-label="Log" {
                ol start=(view.first) {
                    @for (at, line) in view.lines.iter().enumerate() {
                        @let number = view.first + at;
                        li #{ "L" (number) } {
                            a href={ "#L" (number) } aria-label={ "Line " (number) } { (number) }
                            span { (text::shown(line)) }
                        }
                    }
                }
            }
        }
        (pager(view))
    }
}

fn pager(view: &View) -> Markup {
    let next = view.first + LINES_MAX;
    html! {
        @if view.count > LINES_MAX {
            nav.pager aria-label="Lines" {
                @if view.first > 1 {
                    a.button href={ (view.address) "?from=" (view.first.saturating_sub(LINES_MAX).max(1)) } { "Earlier" }
                }
                @if next <= view.count {
                    a.button href={ (view.address) "?from=" (next) } { "Later" }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_and_progress_bars_leave_their_words() {
        assert_eq!(plain("\u{1b}[1;32mok\u{1b}[0m done"), "ok done");
        assert_eq!(plain(" 10 %\r 50 %\r100 %\r"), "100 %");
        assert_eq!(plain("plain \u{1b}[3"), "plain ");
        assert_eq!(plain(""), "");
    }
}
