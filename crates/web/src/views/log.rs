//! `/attempts/{id}/logs/{name}`: what a check printed, by line, a page at a time.

mod ansi;

use std::fs::File;
use std::io::{BufRead, BufReader};

use axum::extract::{Path, Query, State};
use domain::AttemptId;
use maud::{Markup, html};
use serde::Deserialize;

use super::layout::{Page, Place, page};
use super::{figure, text};
use crate::failure::Failure;
use crate::{Person, Shared};

/// Lines of a page.
const PAGE_LINES: usize = 2000;
/// Of a line; the rest is counted.
const LINE_BYTES_MAX: usize = 4000;
/// A log that isn't read to its end for its number of lines.
const BYTES_MAX: u64 = 512 * 1024 * 1024;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// From 1.
    page: String,
    /// The page that this line is on.
    line: String,
}

/// One page of a log.
#[derive(Debug, Default)]
struct Part {
    /// The number of the first line, from 1.
    first: usize,
    lines: Vec<Line>,
    /// Of the whole log.
    count: usize,
}

#[derive(Debug)]
struct Line {
    text: String,
    /// Bytes that aren't shown.
    cut: usize,
}

/// `GET /attempts/{id}/logs/{name}`
pub async fn get(
    State(site): State<Shared>,
    person: Person,
    Path((id, name)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Failure> {
    let id: AttemptId = id.parse().map_err(|_| Failure::missing("attempt"))?;
    let evidence = store::evidence::get(&site.engine.store, &id).await?;
    let evidence = evidence.ok_or_else(|| Failure::missing(format!("evidence of attempt {id}")))?;
    // Only names that the evidence leads to: a name is never made into a path here.
    let known = engine::evidence::log_paths(&site.engine, &id, &evidence).unwrap_or_default();
    let path = known.into_iter().find(|(known, _)| *known == name).map(|(_, path)| path);
    let path = path.ok_or_else(|| Failure::missing("such log (any more)"))?;
    let number = asked.number();
    let reading = tokio::task::spawn_blocking(move || read(&path, number));
    let part =
        reading.await.ok().flatten().ok_or_else(|| Failure::missing("such log (any more)"))?;
    Ok(shown(&person, &id, &name, number, &part))
}

impl Asked {
    /// From 0.
    fn number(&self) -> usize {
        let from_one = |text: &str| text.parse::<usize>().ok().and_then(|one| one.checked_sub(1));
        match from_one(&self.line) {
            Some(line) => line / PAGE_LINES,
            None => from_one(&self.page).unwrap_or(0),
        }
    }
}

/// Reads the whole log once, and keeps no more of it than a page.
fn read(path: &std::path::Path, number: usize) -> Option<Part> {
    let mut log = BufReader::with_capacity(64 * 1024, File::open(path).ok()?);
    let first = number.checked_mul(PAGE_LINES)?;
    let mut part = Part { first: first + 1, ..Part::default() };
    let (mut line, mut cut, mut begun, mut bytes) = (Vec::new(), 0, false, 0_u64);
    loop {
        let chunk = log.fill_buf().ok()?;
        if chunk.is_empty() || bytes > BYTES_MAX {
            break;
        }
        let end = chunk.iter().position(|&byte| byte == b'\n');
        let piece = &chunk[..end.unwrap_or(chunk.len())];
        let is_wanted = (first..first + PAGE_LINES).contains(&part.count);
        if is_wanted {
            let room = LINE_BYTES_MAX.saturating_sub(line.len()).min(piece.len());
            line.extend_from_slice(&piece[..room]);
            cut += piece.len() - room;
        }
        begun = end.is_none();
        let used = piece.len() + usize::from(end.is_some());
        log.consume(used);
        bytes += used as u64;
        if end.is_some() {
            part.end_line(is_wanted, &mut line, &mut cut);
        }
    }
    if begun {
        let is_wanted = (first..first + PAGE_LINES).contains(&part.count);
        part.end_line(is_wanted, &mut line, &mut cut);
    }
    Some(part)
}

impl Part {
    fn end_line(&mut self, is_wanted: bool, line: &mut Vec<u8>, cut: &mut usize) {
        if is_wanted {
            let text = String::from_utf8_lossy(line).into_owned();
            self.lines.push(Line { text, cut: *cut });
        }
        line.clear();
        *cut = 0;
        self.count += 1;
    }
}

fn shown(person: &Person, id: &AttemptId, name: &str, number: usize, part: &Part) -> Markup {
    let evidence = format!("/attempts/{id}/evidence");
    let task = format!("/tasks/{}", id.task());
    let crumbs = [("/", "Board"), (task.as_str(), "Task"), (evidence.as_str(), "Evidence")];
    let frame = Page {
        title: name,
        place: Some(Place::Board),
        crumbs: &crumbs,
        styles: &["evidence.css"],
        wide: true,
        ..Page::of(person)
    };
    let pages = part.count.div_ceil(PAGE_LINES).max(1);
    let pager = pager(id, name, number, pages);
    let content = html! {
        div.page-head {
            h1 { (text::path(name)) }
            span.muted.small { (figure::count(part.count, "line")) }
        }
        (pager)
        @if part.lines.is_empty() {
            p.empty { "Nothing was printed here." }
        } @else {
            table.log { tbody { @for (at, line) in part.lines.iter().enumerate() { (row(part.first + at, line)) } } }
        }
        (pager)
    };
    page(&frame, &content)
}

fn row(number: usize, line: &Line) -> Markup {
    html! {
        tr {
            td.n { a id={ "L" (number) } href={ "#L" (number) } { (number) } }
            td.t dir="ltr" {
                (ansi::painted(&line.text))
                @if line.cut > 0 { span.cut-note { "… " (figure::bytes(line.cut as u64)) " more" } }
            }
        }
    }
}

fn pager(id: &AttemptId, name: &str, number: usize, pages: usize) -> Markup {
    let name = super::evidence::escaped(name);
    let address = |number: usize| format!("/attempts/{id}/logs/{name}?page={}", number + 1);
    html! {
        @if pages > 1 {
            nav.pager aria-label="Pages" {
                @if number > 0 { a.button.button-small href=(address(number - 1)) rel="prev" { "Before" } } @else { span {} }
                span.muted.small { "Page " (number + 1) " of " (pages) }
                @if number + 1 < pages { a.button.button-small href=(address(number + 1)) rel="next" { "After" } } @else { span {} }
            }
        }
    }
}

#[cfg(test)]
mod tests;
