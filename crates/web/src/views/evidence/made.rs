//! How the evidence was made, and how to verify it without believing this server.

use maud::{Markup, html};

use super::Shown;
use crate::views::{figure, icon, text};

/// Steps and commits that are told.
const ITEMS_MAX: usize = 60;

pub fn section(shown: &Shown) -> Markup {
    let id = &shown.attempt.id;
    html! {
        section.section aria-labelledby="made" {
            div.section-head { h2 #made { "How it was made" } }
            div.grid.made {
                div.card {
                    h3 { "In clean computers" }
                    p.small.muted {
                        "The checks ran in computers in which no agent ever was: one with the code before, one "
                        "with the change."
                    }
                    dl.facts {
                        dt { "Base" } dd { code { (shown.evidence.base.short()) } }
                        dt { "Head" } dd { code { (shown.evidence.head.short()) } }
                        @if let Some(change) = &shown.change {
                            dt { "Commits" }
                            dd {
                                ol.commits {
                                    @for subject in change.commits.iter().take(ITEMS_MAX) { li { (text::line(subject, 120)) } }
                                }
                            }
                        }
                    }
                }
                (times(shown))
                div.card {
                    h3 { (icon::shield()) " Signed" }
                    p.small { "The server signed it; anyone can see that nothing was changed since." }
                    p { a.button.button-small href={ "/attempts/" (id) "/evidence.json" } { "Download the envelope" } }
                    pre tabindex="0" { code { "whimbrel evidence verify evidence-" (id) ".json" } }
                    @if !shown.logs.is_empty() {
                        details.logs {
                            summary { "All logs " span.count { (shown.logs.len()) } }
                            ul { @for name in &shown.logs { li { (shown.log(name, None, name)) } } }
                        }
                    }
                }
            }
        }
    }
}

fn times(shown: &Shown) -> Markup {
    let spent = &shown.evidence.spent;
    html! {
        @if !spent.is_empty() {
            div.card {
                h3 { "Where the time went" }
                table.times {
                    thead.visually-hidden { tr { th scope="col" { "Step" } th scope="col" { "Time" } th scope="col" { "Of it the project's own" } } }
                    tbody {
                        @for step in spent.iter().take(ITEMS_MAX) {
                            tr {
                                th scope="row" { (text::line(&step.step, 60)) }
                                td.number { (figure::duration(step.ms)) }
                                td.number.muted { (figure::duration(step.checks_ms)) " own" }
                            }
                        }
                    }
                }
            }
        }
    }
}
