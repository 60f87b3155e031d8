//! The attempts beside each other.

use domain::Fact;
use domain::attempt::{Outcome, State};
use maud::{Markup, html};

use crate::look::steps::{Kind, steps};
use crate::look::task::{AttemptLook, TaskLook};
use crate::views::{brief, figure, icon, standing, text};

/// More attempts are rows of a table.
const CARDS_MAX: usize = 6;
/// Objections that a card tells.
const OBJECTIONS_MAX: usize = 2;
const WORDS_CHARS_MAX: usize = 180;

pub fn all(found: &TaskLook) -> Markup {
    let changed = found.attempts.iter().filter(|one| one.change.is_some()).count();
    html! {
        section aria-labelledby="attempts-title" {
            div.section-head {
                h2 #attempts-title { "Attempts" }
                span.count { (found.attempts.len()) }
                @if changed > 1 {
                    a.button.button-small.push href={ "/tasks/" (found.task.id.as_str()) "/compare" } {
                        (icon::compare()) "Compare"
                    }
                }
            }
            @if found.attempts.is_empty() {
                p.empty { "No attempt was made." }
            } @else if found.attempts.len() > CARDS_MAX {
                (table(found))
            } @else {
                div.attempts {
                    @for one in &found.attempts { (card(found, one)) }
                }
            }
        }
    }
}

fn card(found: &TaskLook, one: &AttemptLook) -> Markup {
    let id = &one.attempt.id;
    html! {
        article.card.attempt .first[one.rank == Some(1) && one.eligible] id={ "attempt-" (id.number()) } {
            div.card-head {
                h3 { a href={ "/attempts/" (id.as_str()) } { "Attempt " (id.number()) } }
                (standing::attempt(one.standing()))
                @if let Some(place) = place(found, one) { span.push.muted.small { (place) } }
            }
            p.attempt-meta.muted.small { (meta(found, one)) }
            (standing::chips(&one.chips()))
            (words(one))
            p.attempt-links { (links(one)) }
        }
    }
}

/// `1st`, where there is more than one to be before.
fn place(found: &TaskLook, one: &AttemptLook) -> Option<String> {
    let ranked = found.attempts.iter().filter(|one| one.rank.is_some()).count();
    let rank = one.rank.filter(|_| ranked > 1)?;
    Some(format!("{} of {ranked}", ordinal(rank)))
}

/// `1st`, `2nd`, `3rd`, `4th`, `11th`, `21st`.
pub fn ordinal(number: usize) -> String {
    let ending = match (number % 10, number % 100) {
        (1, tens) if tens != 11 => "st",
        (2, tens) if tens != 12 => "nd",
        (3, tens) if tens != 13 => "rd",
        (_, _) => "th",
    };
    format!("{number}{ending}")
}

fn meta(found: &TaskLook, one: &AttemptLook) -> Markup {
    html! {
        @if let Some(lines) = one.lines() { (standing::lines(lines)) " " }
        @if let Some(took) = one.took_ms(found.now) { span.nowrap { (figure::duration(took)) } " " }
        @if let Some(cost) = figure::cost(&one.spent) {
            span.nowrap { (cost) } " " span.nowrap { (figure::tokens(one.spent.tokens())) " tokens" } " "
        }
        @if one.attempt.runs > 1 { span.nowrap { (one.attempt.runs) " runs" } " " }
        @if let Some(follows) = &one.attempt.follows { span.nowrap { "follows attempt " (follows.number()) } }
    }
}

fn links(one: &AttemptLook) -> Markup {
    let base = format!("/attempts/{}", one.attempt.id);
    html! {
        a href=(base) { "Log" }
        @if one.change.is_some() { a href={ (base) "/diff" } { "Diff" } }
        @if one.evidence.is_some() { a href={ (base) "/evidence" } { "Evidence" } }
    }
}

/// What there is to say about it in a line or two.
fn words(one: &AttemptLook) -> Markup {
    let objections = one.evidence.as_ref().map(domain::Evidence::objections).unwrap_or_default();
    html! {
        @if let Some(report) = &one.report {
            p.attempt-title { (text::title(&report.title, WORDS_CHARS_MAX)) }
        }
        @if !objections.is_empty() {
            ul.objections {
                @for objection in objections.iter().take(OBJECTIONS_MAX) { li { (brief::line(objection, WORDS_CHARS_MAX)) } }
                @if objections.len() > OBJECTIONS_MAX { li { (objections.len() - OBJECTIONS_MAX) " more" } }
            }
        }
        @match &one.attempt.state {
            State::Ended { outcome: Outcome::Answered { .. } | Outcome::Changed } => {}
            State::Ended { outcome } => {
                @if let Some(reason) = outcome.reason() { p.small.muted { (brief::line(&reason, WORDS_CHARS_MAX)) } }
            }
            State::Paused { why, .. } => { p.small { (brief::line(&why.words(), WORDS_CHARS_MAX)) } }
            State::Queued | State::Preparing | State::Working | State::Proving => {
                @if let Some(waits) = &one.attempt.waits { p.small.muted { "Waits: " (brief::line(waits, WORDS_CHARS_MAX)) } }
                @else if let Some(latest) = &one.latest { (at_work(one, latest)) }
            }
        }
    }
}

/// The newest thing that happened, in a line.
fn at_work(one: &AttemptLook, latest: &Fact) -> Markup {
    let event = domain::Event {
        attempt: one.attempt.id.clone(),
        seq: 1,
        at: one.attempt.created,
        fact: latest.clone(),
    };
    let step = steps(vec![event]).into_iter().next();
    let said = match step.map(|step| step.kind) {
        Some(Kind::Called(called)) => format!("{} {}", called.tool, called.about),
        Some(Kind::Said { text } | Kind::Told { text } | Kind::Warned { text }) => text,
        Some(Kind::Progress(texts)) => texts.concat(),
        Some(Kind::Checked { check, side, exit, .. }) => format!("check {check} at {side}: {exit}"),
        Some(Kind::Answered(answer)) => stdx::cut::tail(&answer.output, 1, WORDS_CHARS_MAX),
        Some(Kind::Retried { reason, .. }) => reason,
        Some(_) | None => return html! {},
    };
    html! { p.latest.small.muted { (brief::line(&said, WORDS_CHARS_MAX)) } }
}

fn table(found: &TaskLook) -> Markup {
    html! {
        div.table-wrap tabindex="0" role="group" aria-label="Attempts" {
            table.table.attempts-table {
                thead { tr {
                    th scope="col" { "Attempt" } th scope="col" { "State" } th scope="col" { "Place" }
                    th scope="col" { "Evidence" } th.number scope="col" { "Size" }
                    th.number scope="col" { "Time" } th.number scope="col" { "Cost" } th scope="col" { "More" }
                } }
                tbody {
                    @for one in found.best_first() {
                        tr id={ "attempt-" (one.attempt.id.number()) } {
                            th scope="row" { a href={ "/attempts/" (one.attempt.id.as_str()) } { (one.attempt.id.number()) } }
                            td { (standing::attempt(one.standing())) }
                            td { (place(found, one).unwrap_or_default()) }
                            td { (standing::chips(&one.chips())) }
                            td.number { @if let Some(lines) = one.lines() { (standing::lines(lines)) } }
                            td.number { @if let Some(took) = one.took_ms(found.now) { (figure::duration(took)) } }
                            td.number { (figure::cost(&one.spent).unwrap_or_default()) }
                            td.attempt-links { (links(one)) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_as_they_are_spoken() {
        let words: Vec<String> = [1, 2, 3, 4, 11, 12, 21, 64].map(ordinal).into();
        assert_eq!(words, ["1st", "2nd", "3rd", "4th", "11th", "12th", "21st", "64th"]);
    }
}
