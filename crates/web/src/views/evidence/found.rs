//! What no test notices, what the agent's words are worth, and what a reviewer should know.

use std::cmp::Reverse;

use domain::evidence::{Claim, Finding, Mutant, Shown as Judged, Weight};
use maud::{Markup, html};
use syntax::highlight;

use super::{SENTENCE_CHARS_MAX, Shown};
use crate::views::diff::{code, fault};
use crate::views::{icon, text};

/// Items of one list; more are counted.
const ITEMS_MAX: usize = 100;

pub fn mutants(shown: &Shown) -> Markup {
    let mutation = &shown.evidence.mutation;
    if mutation.possible == 0 && mutation.why.is_none() {
        return html! {};
    }
    html! {
        section.section aria-labelledby="mutants" {
            div.section-head {
                h2 #mutants { "Small faults in the changed lines" }
                span.count {
                    "tests notice " (mutation.caught) " of " (mutation.tried) " tried, of "
                    (mutation.possible) " possible"
                }
            }
            @if mutation.tried > 0 {
                progress.bar max=(mutation.tried) value=(mutation.caught) aria-labelledby="mutants" {}
            }
            @if let Some(why) = &mutation.why { p.muted.small { (text::line(why, SENTENCE_CHARS_MAX)) } }
            ul.plain {
                @for mutant in mutation.survivors.iter().take(ITEMS_MAX) { (survivor(shown, mutant)) }
            }
            (rest(mutation.survivors.len()))
        }
    }
}

fn survivor(shown: &Shown, mutant: &Mutant) -> Markup {
    let (before, after) = fault(&mutant.diff);
    html! {
        li.survivor {
            p.small {
                span.warn { "Nothing notices this at " } (shown.place(&mutant.path, Some(mutant.line)))
                " " span.chip { (text::line(&mutant.operator, 40)) }
            }
            div.code {
                (line_of(&mutant.path, &before, "del", "−"))
                @if !after.is_empty() { (line_of(&mutant.path, &after, "add", "+")) }
            }
        }
    }
}

fn line_of(path: &str, line: &str, class: &str, sign: &str) -> Markup {
    let mut shown = String::new();
    let spans = highlight::lines(path, line).into_iter().next().unwrap_or_default();
    code(&mut shown, line, &spans, &[]);
    html! {
        div class=(class) dir="ltr" {
            span.sign { (sign) }
            // Written by `code`, which escapes.
            (maud::PreEscaped(shown))
        }
    }
}

pub fn claims(shown: &Shown) -> Markup {
    let claims = &shown.evidence.claims;
    let mut sorted: Vec<&Claim> = claims.iter().collect();
    sorted.sort_by_key(|claim| match claim.shown {
        Judged::Refuted { .. } => 0,
        Judged::Unproven => 1,
        Judged::Proven { .. } | Judged::Seen { .. } => 2,
    });
    html! {
        @if !claims.is_empty() {
            section.section aria-labelledby="claims" {
                div.section-head { h2 #claims { "What the agent says" } span.count { (claims.len()) } }
                ul.plain { @for claim in sorted.into_iter().take(ITEMS_MAX) { (claim_of(shown, claim)) } }
                (rest(claims.len()))
            }
        }
    }
}

fn claim_of(shown: &Shown, claim: &Claim) -> Markup {
    let (class, icon, word) = match &claim.shown {
        Judged::Proven { .. } => ("chip chip-good", icon::check(), "proven"),
        Judged::Seen { .. } => ("chip chip-good", icon::check(), "seen"),
        Judged::Refuted { .. } => ("chip chip-bad", icon::cross(), "refuted"),
        Judged::Unproven => ("chip chip-warn", icon::warning(), "unproven"),
    };
    html! {
        li.claim {
            span class=(class) { (icon) (word) }
            div {
                p { "“" (text::line(&claim.text, SENTENCE_CHARS_MAX)) "”" }
                @match &claim.shown {
                    Judged::Proven { log, line, quote } => p.small.muted {
                        (shown.log(log, Some(*line), &format!("{log}:{line}"))) " "
                        code { (text::line(quote, 200)) }
                    },
                    Judged::Seen { what } => p.small.muted { (text::line(what, SENTENCE_CHARS_MAX)) },
                    Judged::Refuted { why } => p.small.bad { (text::line(why, SENTENCE_CHARS_MAX)) },
                    Judged::Unproven => p.small.muted { "Nothing that was run shows it." },
                }
            }
        }
    }
}

pub fn findings(shown: &Shown) -> Markup {
    let findings = &shown.evidence.findings;
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|finding| Reverse(finding.weight));
    html! {
        @if !findings.is_empty() {
            section.section aria-labelledby="findings" {
                div.section-head { h2 #findings { "What to know" } span.count { (findings.len()) } }
                ul.plain { @for finding in sorted.into_iter().take(ITEMS_MAX) { (finding_of(shown, finding)) } }
                (rest(findings.len()))
            }
        }
    }
}

fn finding_of(shown: &Shown, finding: &Finding) -> Markup {
    let (class, word) = match finding.weight {
        Weight::Objection => ("chip chip-bad", "objection"),
        Weight::Warning => ("chip chip-warn", "warning"),
        Weight::Note => ("chip", "note"),
    };
    html! {
        li.claim {
            span class=(class) { (word) }
            div {
                p { (text::line(&finding.text, SENTENCE_CHARS_MAX)) }
                @if let Some(path) = &finding.path { p.small { (shown.place(path, finding.line)) } }
            }
        }
    }
}

pub fn notes(shown: &Shown) -> Markup {
    let notes = &shown.evidence.notes;
    html! {
        @if !notes.is_empty() {
            section.section aria-labelledby="notes" {
                div.section-head { h2 #notes { "What the evidence can't say" } }
                ul { @for note in notes.iter().take(ITEMS_MAX) { li { (text::line(note, SENTENCE_CHARS_MAX)) } } }
            }
        }
    }
}

fn rest(len: usize) -> Markup {
    html! {
        @if len > ITEMS_MAX { p.muted.small { (len - ITEMS_MAX) " more aren't listed." } }
    }
}
