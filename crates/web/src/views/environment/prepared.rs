//! The snapshots that are kept of a project, the newest first.

use domain::{Project, Timestamp};
use engine::prepare::record::Record;
use engine::project::Disk;
use maud::{Markup, html};

use super::steps::how;
use crate::views::{figure, text};

/// Of a key.
const KEY_CHARS: usize = 12;

pub fn prepared(
    project: &Project,
    records: &[Record],
    disk: &Result<Disk, String>,
    now: Timestamp,
) -> Markup {
    html! {
        section.section {
            div.section-head {
                h2 #prepared { "Prepared snapshots" }
                @match disk {
                    Ok(disk) => span.count { (disk.snapshots) ", " (figure::bytes(disk.bytes)) " of layers, each counted once" }
                    Err(_) => {}
                }
            }
            @if records.is_empty() {
                p.empty { "None yet. The first attempt makes one, or " code { "whimbrel env build" } "." }
            } @else {
                ul.house-list { @for record in records { li.card { (one(project, record, now)) } } }
            }
        }
    }
}

fn one(project: &Project, record: &Record, now: Timestamp) -> Markup {
    let key: String = record.key.chars().take(KEY_CHARS).collect();
    html! {
        div.row-between {
            div.row {
                strong { (record.step.name.as_str()) }
                span.mono.small { (record.commit.short()) }
                span.mono.small.muted title=(record.key) { (key) }
            }
            span.small.muted { "made " (figure::ago(now, record.created)) }
        }
        p.small.muted { (text::shown(record.step.outcome.why())) }
        (how(project, &record.step))
    }
}
