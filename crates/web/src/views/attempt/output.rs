//! `/attempts/{id}/events/{seq}`: all that a step printed, each line with its number.

use axum::extract::{Path, State};
use domain::{Fact, Scope};
use maud::{Markup, html};

use super::parsed;
use crate::failure::Failure;
use crate::views::layout::{Page, Place, page};
use crate::views::{figure, text};
use crate::{Person, Shared};

/// Lines that are shown; a log's file has more.
const LINES_MAX: usize = 20_000;

pub async fn get(
    State(site): State<Shared>,
    person: Person,
    Path((id, seq)): Path<(String, u64)>,
) -> Result<Markup, Failure> {
    person.needs(Scope::Read)?;
    let id = parsed(&id)?;
    let before = seq.checked_sub(1).ok_or_else(|| Failure::missing("such event"))?;
    let found = store::event::since(&site.engine.store, &id, before, 1).await?;
    let event = found.into_iter().next().ok_or_else(|| Failure::missing("such event"))?;
    let (Fact::Answered { output, .. } | Fact::Executed { output, .. }) = event.fact else {
        return Err(Failure::missing("output of that event"));
    };
    let title = format!("Output of event {seq}");
    let to_log = format!("/attempts/{id}?before={}#e{seq}", seq + 20);
    let attempt = format!("Attempt {}", id.number());
    let to_task = format!("/tasks/{}", id.task());
    let crumbs = [("/", "Board"), (to_task.as_str(), "Task"), (to_log.as_str(), attempt.as_str())];
    let frame = Page {
        title: &title,
        place: Some(Place::Board),
        crumbs: &crumbs,
        styles: &["task.css"],
        wide: true,
        ..Page::of(&person)
    };
    Ok(page(&frame, &shown(&title, &output)))
}

fn shown(title: &str, output: &str) -> Markup {
    let lines = output.lines().count();
    html! {
        div.page-head {
            h1 { (title) }
            span.muted.small { (figure::count(lines, "line")) ", " (figure::bytes(u64::try_from(output.len()).unwrap_or(u64::MAX))) }
        }
        div.numbered tabindex="0" role="group" aria-label="Output" {
            @for (number, line) in (1usize..).zip(output.lines().take(LINES_MAX)) {
                div.numbered-line id={ "L" (number) } {
                    a href={ "#L" (number) } { (number) }
                    code dir="auto" { (text::Marked(line)) }
                }
            }
        }
        @if lines > LINES_MAX { p.muted { (lines - LINES_MAX) " more lines aren't shown." } }
    }
}
