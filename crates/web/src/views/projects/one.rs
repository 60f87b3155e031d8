//! One project: what people chose, what its computers are made from, and what was prepared.

use domain::task::State;
use maud::{Markup, html};
use store::task::Summary;

use super::{Done, View, settings};
use crate::views::{environment, figure, icon, secrets, text};

pub fn body(view: &View) -> Markup {
    html! {
        (head(view))
        (done(view.done))
        div.house-columns {
            div.stack {
                section.card {
                    div.card-head { h2 { "When you approve" } }
                    (settings::form(&view.project, view.settings, view.may_decide))
                }
                (environment::recipe(&view.ground))
            }
            div.stack {
                (environment::steps(&view.project, &view.ground, &view.looks, &view.failures))
                (secrets::of_project(&view.project, &view.wanted, view.may_set_secrets, view.now))
                (tasks(view))
            }
        }
        (environment::prepared(&view.project, &view.records, &view.disk, view.now))
    }
}

fn head(view: &View) -> Markup {
    let project = &view.project;
    html! {
        div.page-head {
            div.house-title {
                h1 { (text::shown(project.origin.name())) }
                p.small.muted.mono { (text::shown(&forge::origin::shown(&project.origin))) }
                ul.chips {
                    @if let Ok(Some(ground)) = &view.ground {
                        li.chip { (icon::branch()) (text::shown(&ground.base.branch)) " at " (ground.base.commit.short()) }
                    }
                    @if let Some(busy) = &view.busy {
                        @if busy.running > 0 { li.chip.chip-accent { (busy.running) " at work" } }
                        @if busy.queued > 0 { li.chip { (busy.queued) " waiting" } }
                        @if busy.open > 0 { li.chip.chip-info { (busy.open) " to decide" } }
                        li.chip { (busy.merged) " merged" }
                        li.chip { (busy.closed) " closed" }
                    }
                }
            }
            div.row {
                a.button href={ "/numbers?project=" (project.id) } { (icon::numbers()) "Numbers" }
                form method="post" action={ "/projects/" (project.id) "/refresh" } {
                    button.button type="submit" title="Fetch what the origin has now" { (icon::down()) "Fetch" }
                }
            }
        }
    }
}

fn done(done: Option<Done>) -> Markup {
    let words = match done {
        None => return html! {},
        Some(Done::Settings) => "Kept. It holds for approvals from now on.",
        Some(Done::Refreshed) => "Fetched: this is what the origin has now.",
        Some(Done::SecretSet) => "The secret is kept. It is never shown again.",
        Some(Done::SecretRemoved) => "The secret is removed.",
    };
    html! { p.notice.notice-good.house-done role="status" { (icon::check()) (words) } }
}

fn tasks(view: &View) -> Markup {
    html! {
        section.card {
            div.card-head { h2 { "Newest tasks" } }
            @if view.tasks.is_empty() {
                p.muted.small { "None yet." }
            } @else {
                ul.house-rows {
                    @for summary in &view.tasks { li { (task(view, summary)) } }
                }
            }
        }
    }
}

fn task(view: &View, summary: &Summary) -> Markup {
    let task = &summary.task;
    html! {
        a.house-row-main href={ "/tasks/" (task.id) } { (text::shown(&stdx::cut::line(&task.text, TEXT_CHARS_MAX))) }
        span.house-row-end {
            span.chip.(state_class(&task.state)) { (task.state.name()) }
            span.small.muted { (figure::ago(view.now, task.created)) }
        }
    }
}

/// Of a task's sentence.
const TEXT_CHARS_MAX: usize = 100;

fn state_class(state: &State) -> &'static str {
    match state {
        State::Open | State::Running | State::Decided { .. } => "chip-accent",
        State::Offered { .. } => "chip-info",
        State::Merged { .. } => "chip-good",
        State::Closed { .. } | State::Cancelled => "chip-plain",
    }
}
