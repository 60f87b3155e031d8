//! One card: its film, what is said over it, and the three sheets that
//! come up from below: details, reasons to reject it, feedback. The sheets are `details` elements, so
//! that they open without a script.

use domain::verdict::Reason;
use engine::card::{Card, SinceLast};
use maud::{Markup, html};
use proof::chips::{Chip, Tone};

use super::{Shown, snippet};
use crate::views::{icon, text, verdict as decided};

const TITLE_CHARS_MAX: usize = 110;
const WORDS_CHARS_MAX: usize = 300;
const DIFFERENCE_CHARS_MAX: usize = 120;
/// As far as a phone's card has room without hiding what it shows.
const CHIPS_MAX: usize = 7;

pub fn card(one: &Shown, number: usize, all: usize) -> Markup {
    let card = &one.card;
    let id = card.attempt.as_str();
    let dom = format!("card-{}", id.replace('.', "-"));
    let title = format!("{dom}-title");
    html! {
        li.feed-item #(dom) data-attempt=(id) data-version=(version(card)) {
            article.feed-card aria-labelledby=(title) tabindex="-1" data-approves=(card.approves()) {
                (stage(card))
                div.feed-shade {}
                (top(card, number, all))
                div.feed-intent.is-approve aria-hidden="true" {
                    (icon::check()) strong { "Approve" } span { (card.approves()) }
                }
                div.feed-intent.is-reject aria-hidden="true" {
                    (icon::cross()) strong { "Reject" } span { "asks why, never again" }
                }
                div.feed-over {
                    (failed(card))
                    @if let Some(since) = &card.since_last { (since_last(since)) }
                    h2.feed-title #(title) { (text::title(&card.title, TITLE_CHARS_MAX)) }
                    p.feed-asked { (text::line(why(card), WORDS_CHARS_MAX)) }
                    (chips(&card.chips))
                    (actions(one))
                }
            }
        }
    }
}

/// Changes when something about the card does.
fn version(card: &Card) -> String {
    let failed = card.failed.as_deref().map_or(0, str::len);
    format!("{}-{}-{failed}", card.attempt, card.head.short())
}

fn why(card: &Card) -> &str {
    if card.why.is_empty() { &card.asked } else { &card.why }
}

/// The film is made when it is first asked for; where it can't be, a script puts the code there.
fn stage(card: &Card) -> Markup {
    let id = &card.attempt;
    html! {
        div.feed-stage {
            video.feed-film muted loop playsinline preload="none" controls
                poster={ "/films/" (id) ".jpg" } data-src={ "/films/" (id) ".mp4" }
                aria-label="Film of the change" {
                source src={ "/films/" (id) ".mp4" } type="video/mp4";
                track kind="captions" srclang="en" label="Captions" src={ "/films/" (id) ".vtt" };
            }
            button.feed-play type="button" hidden aria-label="Play the film" { (icon::play()) }
        }
    }
}

fn top(card: &Card, number: usize, all: usize) -> Markup {
    html! {
        div.feed-top {
            span.feed-project { (icon::projects()) (text::line(&card.project_name, 40)) }
            span.feed-place {
                span.visually-hidden { "Card " } span.feed-number { (number) } " / " span.feed-all { (all) }
            }
            span.feed-minutes title="About what the review takes" { (icon::clock()) (minutes(card)) }
        }
    }
}

/// `20 s`, `3 min`
fn minutes(card: &Card) -> String {
    const TENS: f64 = 10.0;
    match card.score.minutes {
        under if under < 1.0 => format!("{:.0} s", (under * 60.0 / TENS).ceil() * TENS),
        minutes => format!("{minutes:.0} min"),
    }
}

fn failed(card: &Card) -> Markup {
    html! {
        @if let Some(why) = &card.failed {
            p.feed-failed { (icon::warning()) span { "Not done: " (text::line(why, WORDS_CHARS_MAX)) } }
        }
    }
}

fn since_last(since: &SinceLast) -> Markup {
    html! {
        div.feed-since {
            @if let Some(feedback) = &since.feedback {
                p { b { (text::line(&feedback.person, 40)) } ": “" (text::line(&feedback.text, 140)) "”" }
            }
            p.feed-since-what {
                (icon::spark()) "Since then: "
                @for (index, difference) in since.differences.iter().enumerate() {
                    @if index > 0 { " · " }
                    (text::line(difference, DIFFERENCE_CHARS_MAX))
                }
                @if since.differences.is_empty() { "the code is different, its figures aren't" }
            }
        }
    }
}

fn chips(chips: &[Chip]) -> Markup {
    html! {
        ul.chips.feed-chips {
            @for chip in chips.iter().take(CHIPS_MAX) { li { (shown_chip(chip)) } }
        }
    }
}

fn shown_chip(chip: &Chip) -> Markup {
    match chip.tone {
        Tone::Good => html! { span.chip.chip-good { (chip.text) } },
        Tone::Plain => html! { span.chip { (chip.text) } },
        Tone::Doubt => html! { span.chip.chip-warn { (chip.text) } },
        Tone::Bad => html! { span.chip.chip-bad { (chip.text) } },
    }
}

fn actions(one: &Shown) -> Markup {
    let card = &one.card;
    let verdict = format!("/attempts/{}/verdict", card.attempt);
    html! {
        div.feed-actions {
            (reject(&verdict))
            (feedback(card, &verdict))
            (more(one))
            form.feed-approve method="post" action=(verdict) {
                input type="hidden" name="kind" value="approve";
                input type="hidden" name="back" value="/feed";
                button.feed-action.is-approve type="submit" {
                    span.feed-action-disc { (icon::check()) } span { "Approve" }
                }
                span.visually-hidden { "It " (card.approves()) "." }
            }
        }
    }
}

fn reject(verdict: &str) -> Markup {
    html! {
        details.feed-sheet.is-reject name="sheet" {
            summary.feed-action.is-reject { span.feed-action-disc { (icon::cross()) } span { "Reject" } }
            form.feed-sheet-in method="post" action=(verdict) {
                h3 { "Why not?" }
                p.muted.small { "One tap rejects it. The same isn't shown again." }
                input type="hidden" name="kind" value="reject";
                input type="hidden" name="back" value="/feed";
                label.field { span.label { "More about it, if you like" }
                    input type="text" name="words" maxlength="500" autocomplete="off"; }
                div.feed-reasons {
                    @for reason in Reason::ALL {
                        button.button type="submit" name="reason" value=(reason.name()) { (reason.words()) }
                    }
                }
            }
        }
    }
}

fn feedback(card: &Card, verdict: &str) -> Markup {
    html! {
        details.feed-sheet.is-feedback name="sheet" {
            summary.feed-action { span.feed-action-disc { (icon::speech()) } span { "Feedback" } }
            @if card.hears {
                form.feed-sheet-in method="post" action=(verdict) {
                    h3 { "What should be different?" }
                    p.muted.small { "A new attempt goes on from this one, and comes back with what changed." }
                    input type="hidden" name="kind" value="feedback";
                    input type="hidden" name="back" value="/feed";
                    label.field { span.visually-hidden { "Feedback" }
                        textarea name="text" rows="4" required maxlength="20000"
                            placeholder="Good, but also cover the empty list" {} }
                    div.row {
                        button.button.button-quiet.feed-speak type="button" hidden aria-pressed="false" {
                            (icon::speech()) span { "Speak" }
                        }
                        button.button.button-primary.push type="submit" { (icon::send()) "Send" }
                    }
                }
            } @else {
                div.feed-sheet-in {
                    h3 { "The mechanic understands no words" }
                    p.muted { "It repairs without a model. Reject this, and delegate the task to an agent with one." }
                }
            }
        }
    }
}

fn more(one: &Shown) -> Markup {
    let card = &one.card;
    let id = &card.attempt;
    html! {
        details.feed-sheet.is-more name="sheet" {
            summary.feed-action { span.feed-action-disc { (icon::diff()) } span { "Details" } }
            div.feed-sheet-in {
                h3 { (text::title(&card.title, TITLE_CHARS_MAX)) }
                p.feed-quote { (text::line(&card.asked, WORDS_CHARS_MAX)) }
                @if !card.why.is_empty() { p { (text::line(&card.why, WORDS_CHARS_MAX)) } }
                ul.chips { @for chip in &card.chips { li { (shown_chip(chip)) } } }
                p.small.muted { "Approving " (text::line(&card.approves(), WORDS_CHARS_MAX)) "." }
                div.feed-links {
                    a.button href={ "/attempts/" (id) "/diff" } { (icon::diff()) "The diff" }
                    a.button href={ "/attempts/" (id) "/evidence" } { (icon::shield()) "The evidence" }
                    a.button href={ "/tasks/" (card.task) } { (icon::plan()) "The task" }
                    a.button href={ "/films/" (id) ".mp4" } { (icon::play()) "The film" }
                }
                @if !one.code.is_empty() { div.feed-more-code { (snippet::shown(&one.code)) } }
            }
        }
    }
}

pub fn pending(card: &Card) -> Markup {
    html! {
        li {
            b { (text::title(&card.title, TITLE_CHARS_MAX)) }
            @if let Some(verdict) = &card.pending {
                span.muted { (decided::words(verdict)) " by " (text::line(&verdict.person, 40)) ", being carried out" }
            }
        }
    }
}

/// What the script shows: the note that can be undone, and the keys.
pub fn furniture() -> Markup {
    let keys = [
        ("→", "approve"),
        ("←", "reject"),
        ("Space", "pause, give feedback"),
        ("Enter", "details"),
        ("↓ ↑", "next, previous (also j k)"),
        ("u", "undo"),
        ("?", "these keys"),
    ];
    html! {
        div.feed-toast #feed-toast hidden {
            svg.feed-ring viewBox="0 0 36 36" aria-hidden="true" {
                circle.feed-ring-track cx="18" cy="18" r="15" {}
                circle.feed-ring-left cx="18" cy="18" r="15" pathLength="100" {}
            }
            span #feed-toast-words {}
            button.button.button-small #feed-undo type="button" { "Undo" }
        }
        p.feed-offline #feed-offline hidden role="status" {}
        dialog.feed-keys #feed-keys aria-label="Keys" {
            h2 { "Keys" }
            dl { @for (key, does) in keys { dt { kbd { (key) } } dd { (does) } } }
            form method="dialog" { button.button type="submit" { "Close" } }
        }
    }
}
