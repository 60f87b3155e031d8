//! What was asked for, of whom, and how far it is.

use domain::task::State;
use maud::{Markup, html};

use super::mode;
use crate::look::task::TaskLook;
use crate::views::{brief, figure, icon, standing, text};

/// Of the first line, as a heading.
const HEADING_CHARS_MAX: usize = 300;

pub fn sentence(found: &TaskLook) -> Markup {
    let asked = found.task.text.trim();
    let is_cut = asked.lines().count() > 1 || asked.chars().count() > HEADING_CHARS_MAX;
    html! {
        nav aria-label="The way here" {
            ol.crumbs {
                li { a href="/" { "Board" } }
                li { a href={ "/?project=" (found.project.id.as_str()) } { (brief::line(found.project.origin.name(), 60)) } }
                li aria-current="page" { span.mono { (found.task.id.as_str()) } }
            }
        }
        h1.sentence dir="auto" { (brief::line(asked, HEADING_CHARS_MAX)) }
        @if is_cut {
            details.whole {
                summary { "All of it" }
                p.pre-line dir="auto" { (text::shown(asked)) }
            }
        }
    }
}

pub fn facts(found: &TaskLook) -> Markup {
    let task = &found.task;
    let settings = &task.settings;
    html! {
        div.task-facts {
            (standing::task(&task.state))
            @if found.is_examined {
                span.chip.chip-info { span.spin { (icon::turning()) } "cross-examination" }
            }
            span { (mode(task.mode)) }
            span { "base " (brief::line(&task.base.branch, 60)) " at " span.mono { (task.base.commit.short()) } }
            span { (settings.agent.as_str()) @if let Some(model) = &settings.model { ", " (brief::line(model, 60)) } }
            @if !task.person.is_empty() { span { "asked by " (brief::line(&task.person, 40)) } }
            (figure::ago(found.now, task.created))
            @if let Some(cost) = figure::cost(&found.spent()) {
                span { (cost) ", " (figure::tokens(found.spent().tokens())) " tokens" }
            }
        }
        (way(found))
    }
}

/// The states that a task goes through, and where it is.
fn way(found: &TaskLook) -> Markup {
    let ends = |words: &'static str| vec!["asked", "attempts", "proof", words];
    let (steps, here) = match &found.task.state {
        State::Open => (vec!["asked", "attempts", "proof", "offered", "merged"], 0),
        State::Running => (vec!["asked", "attempts", "proof", "offered", "merged"], proving(found)),
        State::Decided { .. } => (vec!["asked", "attempts", "proof", "offered", "merged"], 2),
        State::Offered { .. } => (vec!["asked", "attempts", "proof", "offered", "merged"], 3),
        State::Merged { .. } => (vec!["asked", "attempts", "proof", "offered", "merged"], 4),
        State::Closed { reason } if reason == standing::ANSWERED => {
            (vec!["asked", "attempts", "answered"], 2)
        }
        State::Closed { .. } => (ends("closed"), 3),
        State::Cancelled => (vec!["asked", "cancelled"], 1),
    };
    html! {
        ol.way aria-label="How far it is" {
            @for (at, step) in steps.iter().enumerate() {
                li .done[at < here] aria-current=[(at == here).then_some("step")] { (step) }
            }
        }
        @if let State::Closed { reason } = &found.task.state {
            @if reason != standing::ANSWERED {
                div.notice { (icon::info()) p { "Closed: " (brief::line(reason, 400)) } }
            }
        }
    }
}

fn proving(found: &TaskLook) -> usize {
    let all = found.attempts.iter().all(|one| one.attempt.state.is_ended());
    if all || found.is_examined { 2 } else { 1 }
}
