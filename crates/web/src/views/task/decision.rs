//! What a person decides on: the first attempt's change, why it is first, and the verdict.

use domain::project::Approval;
use domain::task::State;
use domain::verdict::{Outcome, Reason, Said, State as VerdictState};
use domain::{AttemptId, Change, PullRequest, Verdict, pull_request};
use maud::{Markup, html};

use crate::look::task::{AttemptLook, TaskLook};
use crate::views::{brief, figure, icon, prose, standing, text};

/// Files of a change that are named.
const FILES_MAX: usize = 8;
const WHY_CHARS_MAX: usize = 400;

pub fn panel(found: &TaskLook) -> Markup {
    let Some(one) = found.chosen() else { return html! {} };
    let id = one.attempt.id.as_str();
    html! {
        section.card.decision aria-labelledby="decision-title" {
            div.card-head {
                (standing::attempt(one.standing()))
                a.small href={ "/attempts/" (id) } { "attempt " (one.attempt.id.number()) }
                @if let Some(lines) = one.lines() { (standing::lines(lines)) }
                @if let Some(pull_request) = &found.pull_request { (branch(pull_request)) }
            }
            h2 #decision-title { (text::title(title(one, found), 200)) }
            (standing::chips(&one.chips()))
            (against(one))
            (verdicts(found))
            @if is_to_be_decided(found) { (forms(found, &one.attempt.id)) }
            div.decision-body {
                div.decision-words {
                    @if let Some(report) = &one.report {
                        (prose::shown(&report.summary))
                        p.muted.tiny { "The agent's own words; not evidence." }
                    }
                }
                aside.decision-side {
                    p.row.decision-links {
                        a.button href={ "/attempts/" (id) "/diff" } { (icon::diff()) "Diff" }
                        a.button href={ "/attempts/" (id) "/evidence" } { (icon::shield()) "Evidence" }
                        a.button href={ "/attempts/" (id) } { (icon::terminal()) "Log" }
                    }
                    @if let Some(change) = &one.change { (files(id, change)) }
                    (why(found))
                }
            }
        }
    }
}

fn title<'a>(one: &'a AttemptLook, found: &'a TaskLook) -> &'a str {
    let reported = one.report.as_ref().map(|report| report.title.trim());
    reported.filter(|title| !title.is_empty()).unwrap_or(&found.task.text)
}

fn branch(pull_request: &PullRequest) -> Markup {
    let state = match &pull_request.state {
        pull_request::State::Open => {
            html! { span.chip.chip-info { (icon::branch()) "pull request open" } }
        }
        pull_request::State::Merged { commit } => {
            html! { span.chip.chip-good { (icon::merged()) "merged as " (commit.short()) } }
        }
        pull_request::State::Closed { .. } => html! { span.chip { (icon::cross()) "closed" } },
    };
    html! {
        span.branch.small.muted {
            span.mono { (brief::line(&pull_request.branch, 80)) }
            " into " span.mono { (brief::line(&pull_request.base_branch, 60)) }
        }
        span.push { (state) }
    }
}

/// Why it doesn't hold, first of all.
fn against(one: &AttemptLook) -> Markup {
    let objections = one.evidence.as_ref().map(domain::Evidence::objections).unwrap_or_default();
    html! {
        @if !objections.is_empty() {
            div.notice.notice-bad {
                (icon::warning())
                ul.plain { @for objection in objections.iter().take(FILES_MAX) { li { (brief::line(objection, WHY_CHARS_MAX)) } } }
            }
        }
    }
}

fn files(attempt: &str, change: &Change) -> Markup {
    html! {
        h3 { (figure::count(change.files.len(), "file")) }
        ul.files {
            @for file in change.files.iter().take(FILES_MAX) {
                li {
                    (text::path(&file.path))
                    @match (file.added, file.removed) {
                        (Some(added), Some(removed)) => (standing::lines((added, removed))),
                        (_, _) => span.muted.small { "binary" },
                    }
                }
            }
        }
        @if change.files.len() > FILES_MAX {
            a.small href={ "/attempts/" (attempt) "/diff" } { (change.files.len() - FILES_MAX) " more" }
        }
    }
}

fn why(found: &TaskLook) -> Markup {
    let reasons = match &found.ranked {
        Some(ranked) if found.attempts.len() > 1 => &ranked.ranking.why[..],
        _nothing_was_compared => &[],
    };
    html! {
        @if !reasons.is_empty() {
            h3 { "Why this one" }
            ul.why { @for reason in reasons { li { (brief::line(reason, WHY_CHARS_MAX)) } } }
        }
    }
}

fn is_pending(verdict: &Verdict) -> bool {
    verdict.state == VerdictState::Pending
}

fn is_to_be_decided(found: &TaskLook) -> bool {
    let open = match &found.task.state {
        State::Offered { .. } => true,
        State::Decided { .. } => found.approval == Approval::Offer,
        State::Open
        | State::Running
        | State::Merged { .. }
        | State::Closed { .. }
        | State::Cancelled => false,
    };
    open && !found.verdicts.iter().any(is_pending)
}

/// What was decided so far.
fn verdicts(found: &TaskLook) -> Markup {
    html! {
        @for verdict in &found.verdicts {
            @let (class, icon) = tone(verdict);
            div class={ "notice " (class) } {
                (icon)
                div.row-between {
                    p { (told(verdict)) " " (figure::ago(found.now, verdict.at)) }
                    @if is_pending(verdict) {
                        form method="post" action={ "/verdicts/" (verdict.id.as_str()) "/withdraw" } {
                            input type="hidden" name="back" value={ "/tasks/" (found.task.id.as_str()) };
                            button.button.button-small type="submit" { "Undo" }
                        }
                    }
                }
            }
        }
    }
}

fn tone(verdict: &Verdict) -> (&'static str, Markup) {
    match &verdict.state {
        VerdictState::Pending => ("", html! { span.spin { (icon::turning()) } }),
        VerdictState::Withdrawn => ("", icon::dash()),
        VerdictState::CarriedOut { .. } => ("notice-good", icon::check()),
        VerdictState::Failed { .. } => ("notice-bad", icon::warning()),
    }
}

fn told(verdict: &Verdict) -> Markup {
    let did = match &verdict.said {
        Said::Approve => "approved it",
        Said::Reject { .. } => "rejected it",
        Said::Feedback { .. } => "asked for changes",
    };
    html! {
        strong { (brief::line(&verdict.person, 60)) } " " (did)
        @match &verdict.said {
            Said::Reject { reason, words } => {
                ": " (reason.words()) @if !words.is_empty() { ", " q { (brief::line(words, WHY_CHARS_MAX)) } }
            }
            Said::Feedback { text } => { ": " q { (brief::line(text, WHY_CHARS_MAX)) } }
            Said::Approve => {}
        }
        @match &verdict.state {
            VerdictState::Pending => ". It is carried out in a moment.",
            VerdictState::Withdrawn => ", and took it back.",
            VerdictState::CarriedOut { outcome } => (carried_out(outcome)),
            VerdictState::Failed { why } => { ". It couldn't be carried out: " (brief::line(why, WHY_CHARS_MAX)) }
        }
    }
}

fn carried_out(outcome: &Outcome) -> Markup {
    html! {
        @match outcome {
            Outcome::Offered { .. } => "; the pull request is open.",
            Outcome::Merged { commit } => { "; merged as " span.mono { (commit.short()) } "." }
            Outcome::Closed => "; it is closed.",
            Outcome::Followed { attempt } => {
                "; " a href={ "/attempts/" (attempt.as_str()) } { "attempt " (attempt.number()) } " goes on from it."
            }
        }
    }
}

fn forms(found: &TaskLook, attempt: &AttemptId) -> Markup {
    let action = format!("/attempts/{attempt}/verdict");
    let back = format!("/tasks/{}", found.task.id);
    let approve = match (found.approval, &found.task.state) {
        (Approval::Offer, State::Decided { .. }) => "Approve and open the pull request",
        (_, _) => "Approve and merge",
    };
    let hidden = |kind: &str| {
        html! {
            input type="hidden" name="kind" value=(kind);
            input type="hidden" name="back" value=(back);
        }
    };
    html! {
        div.verdict role="group" aria-label="Your verdict" {
            form method="post" action=(action) {
                (hidden("approve"))
                button.button.button-primary type="submit" data-key="a" { (icon::check()) (approve) }
            }
            details.verdict-more name="verdict" {
                summary.button.button-danger data-key="r" { (icon::cross()) "Reject" }
                form.card.stack method="post" action=(action) {
                    (hidden("reject"))
                    div.field {
                        label for="reject-words" { "What you want to add" }
                        input #reject-words type="text" name="words" maxlength="2000" autocomplete="off";
                    }
                    fieldset {
                        legend { "Why" }
                        div.row {
                            @for reason in Reason::ALL {
                                button.button.button-small type="submit" name="reason" value=(name_of(reason)) { (reason.words()) }
                            }
                        }
                    }
                }
            }
            @if found.task.settings.agent.has_model() {
                details.verdict-more name="verdict" {
                    summary.button data-key="f" { (icon::speech()) "Ask for changes" }
                    form.card.stack method="post" action=(action) {
                        (hidden("feedback"))
                        div.field {
                            label for="feedback-text" { "What is to be changed" }
                            textarea #feedback-text name="text" rows="4" required maxlength="65536" {}
                            p.field-hint { "A follow-up attempt begins with it, on the same computer." }
                        }
                        div.row { button.button.button-primary type="submit" { (icon::send()) "Start a follow-up" } }
                    }
                }
            }
        }
    }
}

/// As a form sends it.
fn name_of(reason: Reason) -> &'static str {
    match reason {
        Reason::Wrong => "wrong",
        Reason::Unwanted => "unwanted",
        Reason::TooBig => "too_big",
        Reason::Style => "style",
        Reason::Unproven => "unproven",
        Reason::Other => "other",
    }
}
