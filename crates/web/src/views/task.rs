//! `/tasks/{id}`: one task, its attempts side by side, and what is to be decided.

mod attempts;
mod decision;
mod head;

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Redirect;
use domain::task::{Mode, State as TaskState};
use domain::{Scope, TaskId};
use maud::{Markup, html};
use serde::Deserialize;

use super::layout::{Page, Place};
use super::{attempt, brief, icon, prose, text};
use crate::failure::Failure;
use crate::fragment::{Fragment, Moving};
use crate::look::task::{AttemptLook, TaskLook};
use crate::{Person, Shared, look, way};

pub use attempts::ordinal;

/// Of its sentence, in a title.
pub const TITLE_CHARS_MAX: usize = 120;

/// The task of that address.
pub fn parsed(id: &str) -> Result<TaskId, Failure> {
    id.parse().map_err(|_| Failure::missing("such task"))
}

pub async fn get(
    State(site): State<Shared>,
    person: Person,
    fragment: Fragment,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    person.needs(Scope::Read)?;
    let id = parsed(&id)?;
    let found = look::task::task(&site.engine, &site.rankings, &id).await?;
    let title = brief::plain(&found.task.text, TITLE_CHARS_MAX);
    let frame = Page {
        title: &title,
        place: Some(Place::Board),
        styles: &["task.css"],
        scripts: &["live.js", "task.js"],
        wide: found.attempts.len() > 2,
        ..Page::of(&person)
    };
    let moving = Moving {
        about: &[id.as_str()],
        before: head::sentence(&found),
        part: part(&found),
        after: after(&found),
    };
    Ok(moving.answer(fragment, &frame))
}

/// All that moves by itself.
fn part(found: &TaskLook) -> Markup {
    html! {
        div.stack {
            (head::facts(found))
            @for one in &found.attempts {
                @if let Some(plan) = &one.plan {
                    (attempt::plan_form(&one.attempt.id, plan, &address(found)))
                }
            }
            @for one in &found.attempts { (answer(one)) }
            (decision::panel(found))
            (attempts::all(found))
        }
    }
}

fn address(found: &TaskLook) -> String {
    format!("/tasks/{}", found.task.id)
}

fn answer(one: &AttemptLook) -> Markup {
    let Some((answer, sources)) = one.answer() else { return html! {} };
    html! {
        section.card.answer aria-label={ "Answer of attempt " (one.attempt.id.number()) } {
            div.card-head {
                (icon::speech())
                h2 { "Answer" }
                span.muted.small { "attempt " (one.attempt.id.number()) ", the agent's own words" }
            }
            (prose::shown(answer))
            @if !sources.is_empty() {
                h3.sources-title { "It rests on" }
                ul.sources {
                    @for source in sources {
                        li { (text::path(&source.path)) ":" (source.first_line) "–" (source.last_line) }
                    }
                }
            }
        }
    }
}

fn after(found: &TaskLook) -> Markup {
    let has_model = found.task.settings.agent.has_model();
    let spoken_to = found.chosen().or_else(|| found.best_first().into_iter().next());
    let is_open = match found.task.state {
        TaskState::Open | TaskState::Running | TaskState::Closed { .. } => true,
        // What to change is said with the verdict.
        TaskState::Decided { .. } | TaskState::Offered { .. } => false,
        TaskState::Merged { .. } | TaskState::Cancelled => false,
    };
    html! {
        @if let (true, true, Some(one)) = (has_model, is_open, spoken_to) {
            (attempt::steer_form(&one.attempt.id, one.attempt.state.is_ended(), &address(found)))
        }
        @if found.task.state.is_moving() {
            details.cancel {
                summary.button.button-quiet.button-small { (icon::stop()) "Cancel the task" }
                form.row method="post" action={ (address(found)) "/cancel" } {
                    span.small { "Its agents stop at once, and their computers are removed." }
                    button.button.button-danger.button-small type="submit" { "Yes, cancel it" }
                }
            }
        }
    }
}

/// What a task is for, in a word.
pub fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Code => "code",
        Mode::Ask => "question",
    }
}

#[derive(Debug, Deserialize)]
pub struct Nothing {
    #[serde(default)]
    back: String,
}

/// `POST /tasks/{id}/cancel`
pub async fn cancel(
    State(site): State<Shared>,
    person: Person,
    Path(id): Path<String>,
    Form(Nothing { back }): Form<Nothing>,
) -> Result<Redirect, Failure> {
    person.needs(Scope::Task)?;
    let id = parsed(&id)?;
    engine::cancel::cancel(&person.engine(&site), &id).await?;
    Ok(way::back(&back, &format!("/tasks/{id}")))
}
