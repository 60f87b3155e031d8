//! Each check of the project's own, at base against head.

use domain::evidence::{Check, Run};
use maud::{Markup, html};

use super::Shown;
use crate::views::{figure, icon, text};

/// Of a command.
const COMMAND_CHARS_MAX: usize = 200;

pub fn section(shown: &Shown) -> Markup {
    let checks = &shown.evidence.checks;
    html! {
        section.section aria-labelledby="checks" {
            div.section-head { h2 #checks { "Checks" } span.count { (checks.len()) } }
            @if checks.is_empty() {
                p.empty { "The project has no checks that could be run." }
            } @else {
                div.table-wrap tabindex="0" role="region" aria-label="Checks at base and at head" {
                    table.table {
                        thead {
                            tr {
                                th scope="col" { "Check" }
                                th scope="col" { "At base " code { (shown.evidence.base.short()) } }
                                th scope="col" { "At head " code { (shown.evidence.head.short()) } }
                            }
                        }
                        tbody { @for check in checks { (row(shown, check)) } }
                    }
                }
            }
        }
    }
}

fn row(shown: &Shown, check: &Check) -> Markup {
    html! {
        tr {
            th scope="row" {
                (text::line(&check.name, 40))
                div { code.command { (text::line(&check.command, COMMAND_CHARS_MAX)) } }
            }
            td { (run(shown, &check.base)) }
            td { (run(shown, &check.head)) }
        }
    }
}

fn run(shown: &Shown, run: &Run) -> Markup {
    let (class, mark) = match (run.exit.is_success(), &run.doubt) {
        (true, None) => ("good", icon::check()),
        (true, Some(_)) => ("warn", icon::warning()),
        (false, _) => ("bad", icon::cross()),
    };
    html! {
        div.run {
            span class={ "outcome " (class) } { (mark) (run.exit.words()) }
            span.muted.small {
                (figure::duration(run.duration_ms))
                @match &run.reader {
                    Some(reader) => { ", read by " (text::line(reader, 20)) },
                    None => { ", by its exit code" },
                }
                @if run.cached { ", kept from an earlier proof" }
            }
            span.small { (shown.log(&run.log, None, "log")) }
        }
        @if let Some(doubt) = &run.doubt {
            p.small.warn { "Can't be believed: " (text::line(doubt, super::SENTENCE_CHARS_MAX)) }
        }
    }
}
