//! `/attempts/{id}/evidence`: what the server itself ran and saw about a change: whether it holds and
//! why not, each check and test at base against head, what no test notices, and what the agent's
//! words are worth. With the logs, and the envelope to verify it elsewhere.

mod checks;
mod found;
mod made;
mod tests;

use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::{Attempt, AttemptId, Change, Evidence, Task};
use maud::{Markup, html};
use proof::chips::{Tone, chips};
use serde::Deserialize;

use super::attempt::{Tab, tabs};
use super::layout::{Page, Place, page};
use super::{icon, text};
use crate::failure::Failure;
use crate::{Person, Shared};

/// Objections told in full; more are counted.
const OBJECTIONS_MAX: usize = 20;
/// Characters of a sentence that may quote something long.
const SENTENCE_CHARS_MAX: usize = 600;

/// What the page shows.
#[derive(Debug)]
struct Shown {
    attempt: Attempt,
    task: Task,
    change: Option<Change>,
    evidence: Evidence,
    /// Logs that can be read, by name.
    logs: Vec<String>,
    asked: Asked,
}

/// Which tests are asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    tests: String,
    q: String,
}

/// `GET /attempts/{id}/evidence`
pub async fn get(
    State(site): State<Shared>,
    person: Person,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Failure> {
    let id: AttemptId = id.parse().map_err(|_| Failure::missing("attempt"))?;
    let store = &site.engine.store;
    let attempt = store::attempt::get(store, &id).await?;
    let task = store::task::get(store, &id.task()).await?;
    let Some(evidence) = store::evidence::get(store, &id).await? else {
        return Ok(none(&person, &attempt));
    };
    let change = store::change::get(store, &id).await?;
    // Evidence outlives its logs, which are cleaned away in time.
    let logs = engine::evidence::log_paths(&site.engine, &id, &evidence).unwrap_or_default();
    let logs = logs.into_iter().map(|(name, _)| name).collect();
    let shown = Shown { attempt, task, change, evidence, logs, asked };
    Ok(framed(&person, &shown.attempt, &content(&shown)))
}

/// `GET /attempts/{id}/evidence.json`: the evidence as it was signed.
pub async fn download(
    State(site): State<Shared>,
    _person: Person,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let id: AttemptId = id.parse().map_err(|_| Failure::missing("attempt"))?;
    store::attempt::get(&site.engine.store, &id).await?;
    let envelope = engine::evidence::envelope(&site.engine, &id).await?;
    let envelope = envelope.ok_or_else(|| Failure::missing(format!("evidence of attempt {id}")))?;
    let name = format!("attachment; filename=\"evidence-{id}.json\"");
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, envelope).into_response())
}

fn framed(person: &Person, attempt: &Attempt, shown: &Markup) -> Markup {
    let task = format!("/tasks/{}", attempt.id.task());
    let title = format!("Evidence of attempt {}", attempt.id.number());
    let crumbs = [("/", "Board"), (task.as_str(), "Task")];
    let frame = Page {
        title: &title,
        place: Some(Place::Board),
        crumbs: &crumbs,
        styles: &["diff.css", "evidence.css"],
        ..Page::of(person)
    };
    let tabbed = html! { (tabs(&attempt.id, Tab::Evidence)) (shown) };
    page(&frame, &tabbed)
}

fn none(person: &Person, attempt: &Attempt) -> Markup {
    let words = match attempt.state.is_ended() {
        true => "Nothing was proven: the attempt left no change, or it ended before its proof.",
        false => "Evidence is made when the attempt's work is done.",
    };
    let shown = html! {
        div.page-head { h1 { "Evidence of attempt " (attempt.id.number()) } }
        p.empty { (words) }
    };
    framed(person, attempt, &shown)
}

fn content(shown: &Shown) -> Markup {
    html! {
        (head(shown))
        (checks::section(shown))
        (tests::section(shown))
        (found::mutants(shown))
        (found::claims(shown))
        (found::findings(shown))
        (found::notes(shown))
        (made::section(shown))
    }
}

fn head(shown: &Shown) -> Markup {
    let Shown { attempt, task, evidence, .. } = shown;
    html! {
        div.page-head {
            div {
                h1 { "Evidence of attempt " (attempt.id.number()) }
                p.muted.small { (text::line(&stdx::cut::line(&task.text, 140), 140)) }
            }
            div.row {
                a.button.button-small href={ "/attempts/" (attempt.id) "/diff" } { (icon::diff()) "Change" }
                a.button.button-small href={ "/attempts/" (attempt.id) "/evidence.json" } { (icon::shield()) "Signed" }
            }
        }
        (verdict(evidence))
        (risk(evidence))
    }
}

/// Whether it holds, and what speaks against it.
fn verdict(evidence: &Evidence) -> Markup {
    let objections = evidence.objections();
    let holds = evidence.holds();
    let headline = proof::markdown::headline_text(evidence).replace("**", "");
    html! {
        section.verdict.verdict-bad[!holds] aria-label="Whether it holds" {
            @if holds { (icon::shield()) } @else { (icon::warning()) }
            div {
                h2 { @if holds { "It holds" } @else { "It doesn't hold" } }
                p { (text::line(&headline, SENTENCE_CHARS_MAX)) }
                @if !objections.is_empty() {
                    ul.objections {
                        @for objection in objections.iter().take(OBJECTIONS_MAX) {
                            li { (text::line(objection, SENTENCE_CHARS_MAX)) }
                        }
                        @if objections.len() > OBJECTIONS_MAX {
                            li { (objections.len() - OBJECTIONS_MAX) " more" }
                        }
                    }
                }
                ul.chips {
                    @for chip in chips(evidence) {
                        li class={ "chip " (tone(chip.tone)) } { (chip.text) }
                    }
                }
            }
        }
    }
}

fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "chip-good",
        Tone::Plain => "",
        Tone::Doubt => "chip-warn",
        Tone::Bad => "chip-bad",
    }
}

fn risk(evidence: &Evidence) -> Markup {
    let risk = &evidence.risk;
    html! {
        @if !risk.reasons.is_empty() {
            p.risk {
                strong { "Risk " (risk.level.word()) }
                ": "
                @for (at, reason) in risk.reasons.iter().take(OBJECTIONS_MAX).enumerate() {
                    @if at > 0 { "; " }
                    (text::line(reason, SENTENCE_CHARS_MAX))
                }
                "."
            }
        }
    }
}

impl Shown {
    /// A link to a log, if it can still be read; to a line of it where that is known.
    fn log(&self, name: &str, line: Option<u32>, words: &str) -> Markup {
        let id = &self.attempt.id;
        if !self.logs.iter().any(|known| known == name) {
            return html! { span.muted { (text::line(name, 80)) } };
        }
        let name = escaped(name);
        let href = match line {
            Some(line) => format!("/attempts/{id}/logs/{name}?line={line}#L{line}"),
            None => format!("/attempts/{id}/logs/{name}"),
        };
        html! { a href=(href) { (text::line(words, 80)) } }
    }

    /// A link to a line of the change.
    fn place(&self, path: &str, line: Option<u32>) -> Markup {
        let line = line.unwrap_or(0);
        let href = format!("/attempts/{}/diff?at={}:new:{line}", self.attempt.id, escaped(path));
        html! {
            a.place href=(href) {
                (text::path(path))
                @if line > 0 { ":" (line) }
            }
        }
    }
}

/// As part of an address.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                escaped.push(char::from(byte));
            }
            byte => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}
