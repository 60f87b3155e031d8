//! All projects, the one that was last busy first.

use domain::project::Settings;
use domain::{Project, Timestamp};
use engine::numbers::Share;
use maud::{Markup, html};
use store::numbers::Activity;

use super::settings;
use crate::views::{figure, text};

pub struct Row {
    pub project: Project,
    pub busy: Activity,
    pub settings: Settings,
}

pub fn body(rows: &[Row], now: Timestamp) -> Markup {
    html! {
        div.page-head {
            h1 { "Projects" }
            a.button href="/secrets" { "Secrets" }
        }
        @if rows.is_empty() {
            p.empty {
                "No project yet. The first task for a repository makes one: "
                code { "whimbrel delegate --repo ~/src/app \"…\"" }
            }
        } @else {
            ul.house-list { @for row in rows { li { (card(row, now)) } } }
        }
    }
}

fn card(row: &Row, now: Timestamp) -> Markup {
    let Row { project, busy, settings } = row;
    let origin = forge::origin::shown(&project.origin);
    let rate = Share { part: busy.merged, of: busy.merged + busy.closed };
    html! {
        a.card.house-project href={ "/projects/" (project.id) } {
            div.house-name {
                strong { (text::shown(project.origin.name())) }
                span.small.muted.mono.cut { (text::shown(&origin)) }
            }
            ul.chips {
                @if busy.running > 0 { li.chip.chip-accent { (busy.running) " at work" } }
                @if busy.queued > 0 { li.chip { (busy.queued) " waiting" } }
                @if busy.open > 0 { li.chip.chip-info { (busy.open) " to decide" } }
                @if let Some(percent) = rate.percent() {
                    li.chip title={ (busy.merged) " merged, " (busy.closed) " closed" } { (percent) " % merged" }
                }
                li.chip { (settings::in_short(*settings)) }
            }
            div.small.muted.house-when {
                (figure::count(usize::try_from(busy.tasks).unwrap_or(usize::MAX), "task"))
                @if let Some(last) = busy.last { ", the last " (figure::ago(now, last)) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ProjectId;
    use domain::project::Origin;

    #[test]
    fn a_card_says_what_waits_and_hides_passwords() {
        let id = ProjectId::from_random(1);
        let busy = Activity {
            project: id.clone(),
            tasks: 4,
            running: 0,
            queued: 2,
            open: 1,
            merged: 3,
            closed: 1,
            last: Some(Timestamp(0)),
        };
        let origin = Origin::Url("https://ada:hunter2@forge.example/lilt.git".into());
        let row = Row { project: Project { id, origin }, busy, settings: Settings::default() };
        let shown = card(&row, Timestamp(7_200_000)).into_string();
        assert!(shown.contains("2 waiting") && shown.contains("1 to decide"), "{shown}");
        assert!(shown.contains("75 % merged") && shown.contains("2 h ago"), "{shown}");
        assert!(!shown.contains("at work") && !shown.contains("hunter2"), "{shown}");
    }
}
