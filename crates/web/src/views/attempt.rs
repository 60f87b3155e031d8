//! `/attempts/{id}`: what an attempt did, step by step; and what a person says to it.

mod output;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use domain::attempt::{Pause, State as AttemptState};
use domain::{AttemptId, Scope, Task};
use maud::{Markup, html};
use serde::Deserialize;

use super::layout::{Page, Place};
use super::{brief, figure, icon, standing, step};
use crate::failure::Failure;
use crate::fragment::{Fragment, Moving};
use crate::look::steps::Log;
use crate::look::task::AttemptLook;
use crate::{Person, Shared, look, way};

pub use output::get as get_output;

/// Of a task's sentence, in a title.
const TITLE_CHARS_MAX: usize = 80;

#[derive(Debug, Deserialize)]
pub struct Window {
    before: Option<u64>,
}

/// The attempt of that address.
pub fn parsed(id: &str) -> Result<AttemptId, Failure> {
    id.parse().map_err(|_| Failure::missing("such attempt"))
}

pub async fn get(
    State(site): State<Shared>,
    person: Person,
    fragment: Fragment,
    Path(id): Path<String>,
    Query(Window { before }): Query<Window>,
) -> Result<Markup, Failure> {
    person.needs(Scope::Read)?;
    let id = parsed(&id)?;
    let engine = &site.engine;
    let attempt = store::attempt::get(&engine.store, &id).await?;
    let task = store::task::get(&engine.store, &id.task()).await?;
    let log = look::steps::log(engine, &id, before).await?;
    let found = look::task::attempt_look(engine, attempt, None).await?;
    let (number, task_id) = (id.number(), task.id.to_string());
    let title = format!("Attempt {number}");
    let to_task = format!("/tasks/{task_id}");
    let sentence = brief::plain(&task.text, TITLE_CHARS_MAX);
    let crumbs = [("/", "Board"), (to_task.as_str(), sentence.as_str())];
    let frame = Page {
        title: &title,
        place: Some(Place::Board),
        crumbs: &crumbs,
        styles: &["task.css"],
        scripts: &["live.js"],
        ..Page::of(&person)
    };
    let now = engine.clock.now();
    let moving = Moving {
        about: &[id.as_str()],
        before: html! { h1.visually-hidden { (title) } },
        part: html! {
            (head(&found, now))
            (tabs(&id, Tab::Log))
            section #log aria-label="Log" .follow[before.is_none() && !found.attempt.state.is_ended()] {
                (step::log(id.as_str(), &log))
            }
        },
        after: after(&task, &found, &log),
    };
    Ok(moving.answer(fragment, &frame))
}

/// The pages of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Log,
    Diff,
    Evidence,
}

/// From one page of an attempt to the others.
pub fn tabs(id: &AttemptId, here: Tab) -> Markup {
    let all = [
        (Tab::Log, "", "Log", icon::terminal()),
        (Tab::Diff, "/diff", "Diff", icon::diff()),
        (Tab::Evidence, "/evidence", "Evidence", icon::shield()),
    ];
    html! {
        nav.tabs aria-label="This attempt" {
            @for (tab, path, words, icon) in &all {
                a href={ "/attempts/" (id.as_str()) (path) } aria-current=[(*tab == here).then_some("page")] {
                    (icon) (words)
                }
            }
        }
    }
}

fn head(found: &AttemptLook, now: domain::Timestamp) -> Markup {
    let attempt = &found.attempt;
    html! {
        div.attempt-head.row {
            strong { "Attempt " (attempt.id.number()) }
            (standing::attempt(found.standing()))
            @if let Some(lines) = found.lines() { (standing::lines(lines)) }
            @if let Some(took) = found.took_ms(now) { span.muted.small { (figure::duration(took)) } }
            @if let Some(cost) = figure::cost(&found.spent) {
                span.muted.small { (cost) ", " (figure::tokens(found.spent.tokens())) " tokens" }
            }
            @if let Some(follows) = &attempt.follows {
                a.small href={ "/attempts/" (follows.as_str()) } { "follows attempt " (follows.number()) }
            }
        }
        @if let Some(waits) = &attempt.waits {
            p.small.muted { "Waits: " (brief::line(waits, 240)) }
        }
        (standing::chips(&found.chips()))
    }
}

fn after(task: &Task, found: &AttemptLook, log: &Log) -> Markup {
    let attempt = &found.attempt;
    let back = format!("/attempts/{}", attempt.id);
    html! {
        @if let Some(plan) = &found.plan { (plan_form(&attempt.id, plan, &back)) }
        @if let AttemptState::Paused { until: Some(_), why: Pause::Quota { .. } } = &attempt.state {
            form method="post" action={ "/attempts/" (attempt.id.as_str()) "/go-on" } {
                input type="hidden" name="back" value=(back);
                button.button type="submit" { (icon::play()) "Go on now" }
            }
        }
        @if task.settings.agent.has_model() && log.newest > 0 {
            (steer_form(&attempt.id, attempt.state.is_ended(), &back))
        }
    }
}

/// Words to the agent. After its end they begin a follow-up.
pub fn steer_form(id: &AttemptId, is_ended: bool, back: &str) -> Markup {
    let (label, hint, send) = match is_ended {
        true => (
            "Ask for more",
            "A follow-up attempt goes on from here, on the same computer.",
            "Start a follow-up",
        ),
        false => {
            ("Say something to the agent", "It reads this before its model is asked next.", "Send")
        }
    };
    html! {
        form.steer.card method="post" action={ "/attempts/" (id.as_str()) "/steer" } {
            input type="hidden" name="back" value=(back);
            div.field {
                label for="steer-text" { (label) }
                textarea #steer-text name="text" rows="2" required maxlength="65536" aria-describedby="steer-hint" {}
                p.field-hint #steer-hint { (hint) }
            }
            button.button type="submit" { (icon::send()) (send) }
        }
    }
}

/// The plan as it is, to be let go or written anew.
pub fn plan_form(id: &AttemptId, plan: &str, back: &str) -> Markup {
    html! {
        section.card.plan aria-labelledby="plan-title" {
            div.card-head {
                (icon::plan())
                h2 #plan-title { "Its plan waits for you" }
                span.muted.small { "attempt " (id.number()) }
            }
            (super::prose::shown(plan))
            details {
                summary { "Edit it" }
                form.stack method="post" action={ "/attempts/" (id.as_str()) "/plan" } {
                    input type="hidden" name="back" value=(back);
                    div.field {
                        label for="plan-text" { "The plan to work by" }
                        textarea #plan-text .mono name="text" rows="12" maxlength="65536" { "\n" (plan) }
                    }
                    div.row { button.button type="submit" { "Start by this plan" } }
                }
            }
            form.row method="post" action={ "/attempts/" (id.as_str()) "/plan" } {
                input type="hidden" name="back" value=(back);
                button.button.button-primary type="submit" { (icon::check()) "Approve the plan" }
            }
        }
    }
}

#[derive(Debug, Deserialize)]
pub struct Said {
    #[serde(default)]
    text: String,
    #[serde(default)]
    back: String,
}

/// `POST /attempts/{id}/steer`
pub async fn steer(
    State(site): State<Shared>,
    person: Person,
    Path(id): Path<String>,
    Form(said): Form<Said>,
) -> Result<Redirect, Failure> {
    person.needs(Scope::Task)?;
    let id = parsed(&id)?;
    // Leads to whom it was said: a follow-up is another attempt.
    let to = match engine::steer::steer(&person.engine(&site), &id, &said.text).await? {
        engine::steer::Steered::Followed { by, .. } => format!("/attempts/{by}"),
        engine::steer::Steered::Told { .. } | engine::steer::Steered::Kept { .. } => said.back,
    };
    Ok(way::back(&to, &format!("/attempts/{id}")))
}

/// `POST /attempts/{id}/plan`: approves it, as it is where no text is given.
pub async fn approve_plan(
    State(site): State<Shared>,
    person: Person,
    Path(id): Path<String>,
    Form(said): Form<Said>,
) -> Result<Redirect, Failure> {
    person.needs(Scope::Task)?;
    let id = parsed(&id)?;
    let engine = person.engine(&site);
    let attempt = store::attempt::get(&engine.store, &id).await?;
    // A form's lines end as no plan's do.
    let text = said.text.replace("\r\n", "\n");
    let edited = Some(text).filter(|text| !text.trim().is_empty());
    engine::steer::approve(&engine, &attempt, edited).await?;
    Ok(way::back(&said.back, &format!("/attempts/{id}")))
}

/// `POST /attempts/{id}/go-on`: a pause ends now.
pub async fn go_on(
    State(site): State<Shared>,
    person: Person,
    Path(id): Path<String>,
    Form(said): Form<Said>,
) -> Result<Redirect, Failure> {
    person.needs(Scope::Task)?;
    let id = parsed(&id)?;
    let engine = person.engine(&site);
    let attempt = store::attempt::get(&engine.store, &id).await?;
    engine::steer::go_on(&engine, &attempt, &[]).await?;
    Ok(way::back(&said.back, &format!("/attempts/{id}")))
}
