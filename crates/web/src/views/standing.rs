//! How tasks and attempts stand, in a word and a colour; and a task's attempts at a glance.

use domain::task::State;
use maud::{Markup, html};
use proof::chips::{Chip, Tone};

use super::figure::count;
use super::icon;
use crate::look::task::Standing;

/// Why a task is closed that ended in an answer, as the engine says it.
pub const ANSWERED: &str = "answered";

/// Attempts that are drawn one by one; of more only their numbers are told.
const DOTS_MAX: usize = 64;

pub fn chip_class(standing: Standing) -> &'static str {
    match standing {
        Standing::Holds | Standing::Answered => "chip chip-good",
        Standing::Doubtful | Standing::Paused | Standing::OutOfTime | Standing::OutOfBudget => {
            "chip chip-warn"
        }
        Standing::Failed => "chip chip-bad",
        Standing::Working | Standing::Preparing => "chip chip-accent",
        Standing::Proving => "chip chip-info",
        Standing::Queued | Standing::NoChange | Standing::Cancelled | Standing::NotNeeded => "chip",
    }
}

fn standing_icon(standing: Standing) -> Markup {
    match standing {
        Standing::Holds | Standing::Answered => icon::check(),
        Standing::Doubtful | Standing::OutOfTime | Standing::OutOfBudget => icon::warning(),
        Standing::Failed => icon::cross(),
        Standing::Working | Standing::Preparing => {
            html! { span.spin { (icon::turning()) } }
        }
        Standing::Proving => icon::shield(),
        Standing::Paused => icon::pause(),
        Standing::Queued => icon::clock(),
        Standing::NoChange | Standing::Cancelled | Standing::NotNeeded => icon::dash(),
    }
}

pub fn attempt(standing: Standing) -> Markup {
    html! { span class=(chip_class(standing)) { (standing_icon(standing)) (standing.words()) } }
}

pub fn task(state: &State) -> Markup {
    let (class, icon, words) = match state {
        State::Open => ("chip", icon::clock(), "open"),
        State::Running => {
            ("chip chip-accent", html! { span.spin { (icon::turning()) } }, "running")
        }
        State::Decided { .. } => ("chip chip-info", icon::check(), "decided"),
        State::Offered { .. } => ("chip chip-info", icon::branch(), "offered"),
        State::Merged { .. } => ("chip chip-good", icon::merged(), "merged"),
        State::Closed { reason } if reason == ANSWERED => {
            ("chip chip-good", icon::check(), "answered")
        }
        State::Closed { .. } => ("chip", icon::cross(), "closed"),
        State::Cancelled => ("chip", icon::dash(), "cancelled"),
    };
    html! { span class=(class) { (icon) (words) } }
}

/// The evidence in a few words.
pub fn chips(chips: &[Chip]) -> Markup {
    let class = |tone| match tone {
        Tone::Good => "chip chip-good",
        Tone::Plain => "chip",
        Tone::Doubt => "chip chip-warn",
        Tone::Bad => "chip chip-bad",
    };
    html! {
        @if !chips.is_empty() {
            ul.chips {
                @for chip in chips { li class=(class(chip.tone)) { (chip.text) } }
            }
        }
    }
}

/// `+12 −3`.
pub fn lines((added, removed): (u64, u64)) -> Markup {
    html! {
        span.lines.mono.nowrap {
            span.good { "+" (added) } " " span.bad { "−" (removed) }
        }
    }
}

fn dot_class(standing: Standing) -> &'static str {
    match standing {
        Standing::Holds | Standing::Answered => "dot dot-good",
        Standing::Doubtful | Standing::Paused | Standing::OutOfTime | Standing::OutOfBudget => {
            "dot dot-warn"
        }
        Standing::Failed => "dot dot-bad",
        Standing::Working | Standing::Preparing => "dot dot-working",
        Standing::Proving => "dot dot-proving",
        Standing::Queued => "dot",
        Standing::NoChange | Standing::Cancelled | Standing::NotNeeded => "dot dot-none",
    }
}

/// One square for each attempt.
pub fn dots(standings: &[Standing]) -> Markup {
    let words = tally(standings);
    html! {
        span.dots role="img" aria-label=(words) title=(words) {
            @if standings.len() <= DOTS_MAX {
                @for standing in standings { span class=(dot_class(*standing)) {} }
            } @else {
                (count(standings.len(), "attempt"))
            }
        }
    }
}

/// `4 attempts: 2 hold, 1 working, 1 failed`, in the order in which they come.
fn tally(standings: &[Standing]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for standing in standings {
        let words = standing.words();
        match counts.iter_mut().find(|(found, _)| *found == words) {
            Some((_, count)) => *count += 1,
            None => counts.push((words, 1)),
        }
    }
    let parts: Vec<String> =
        counts.iter().map(|(words, count)| format!("{count} {words}")).collect();
    format!("{}: {}", count(standings.len(), "attempt"), parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_told_by_how_they_stand() {
        let standings = [Standing::Holds, Standing::Failed, Standing::Holds, Standing::Working];
        assert_eq!(tally(&standings), "4 attempts: 2 holds, 1 failed, 1 working");
        let markup = dots(&standings).into_string();
        assert_eq!(markup.matches("class=\"dot ").count(), 4);
    }
}
