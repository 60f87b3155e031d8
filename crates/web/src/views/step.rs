//! An attempt's log, step by step: a line that says what was done, and what came out, folded.

use domain::attempt::State;
use maud::{Markup, html};

use super::{brief, figure, icon, prose, text};
use crate::look::steps::{Answer, Called, Kind, Log, Step};
use crate::look::task::Standing;

/// Of a command, a path or words in a step's line.
const ABOUT_CHARS_MAX: usize = 240;
/// Of an output that is shown in its place; the rest is on a page of its own.
const OUTPUT_BYTES_MAX: usize = 6 * 1024;
/// Suspicious lines that are shown.
const LINES_MAX: usize = 8;

/// All steps of a window, with the ways to those before and after it.
pub fn log(attempt: &str, log: &Log) -> Markup {
    html! {
        @if log.steps.is_empty() {
            p.empty { "Nothing has happened yet." }
        }
        @if log.first > 1 {
            p.step-more {
                a.button.button-small href={ "/attempts/" (attempt) "?before=" (log.first) "#log" } {
                    (icon::up()) "Earlier steps"
                }
                span.muted.small { (log.first - 1) " events before these" }
            }
        }
        ol.steps {
            @for step in &log.steps { (one(attempt, step)) }
        }
        @if log.last < log.newest {
            p.step-more {
                a.button.button-small href={ "/attempts/" (attempt) "?before=" (log.last + 1 + u64::from(crate::look::steps::WINDOW)) "#log" } {
                    (icon::down()) "Later steps"
                }
                a.button.button-small.button-quiet href={ "/attempts/" (attempt) "#log" } { "Newest" }
            }
        }
    }
}

fn one(attempt: &str, step: &Step) -> Markup {
    let Look { icon, class, line, more } = look(attempt, step);
    let anchor = format!("e{}", step.seq);
    html! {
        li id=(anchor) class={ "step " (class) } {
            span.step-icon { (icon) }
            div.step-body {
                div.step-line { (line) }
                @if let Some(more) = more { (more) }
            }
            a.step-at href={ "#" (anchor) } { span.visually-hidden { "Event " (step.seq) ", " } (figure::clock(step.at)) }
        }
    }
}

/// How a step is drawn.
struct Look {
    icon: Markup,
    class: &'static str,
    line: Markup,
    more: Option<Markup>,
}

fn plain(icon: Markup, class: &'static str, line: Markup) -> Look {
    Look { icon, class, line, more: None }
}

fn look(attempt: &str, step: &Step) -> Look {
    match &step.kind {
        Kind::Called(called) => tool(attempt, step, called),
        Kind::Answered(answer) => Look {
            icon: icon::terminal(),
            class: outcome_class(answer.ok),
            line: html! { span.muted { "came of a call in an earlier part" } },
            more: Some(output(attempt, answer)),
        },
        Kind::Executed { command, exit, duration_ms, answer } => Look {
            icon: icon::terminal(),
            class: outcome_class(answer.ok),
            line: html! {
                code.about { (brief::line(command, ABOUT_CHARS_MAX)) }
                span.muted.small { (brief::line(exit, 60)) ", " (figure::duration(*duration_ms)) }
            },
            more: Some(output(attempt, answer)),
        },
        Kind::Said { text } => {
            Look { more: Some(prose::shown(text)), ..plain(icon::speech(), "step-said", html! {}) }
        }
        Kind::Turn { .. } => turn(&step.kind),
        Kind::Moved(state) => moved(state),
        Kind::Progress(texts) => progress(texts),
        Kind::Person { .. } | Kind::Told { .. } | Kind::Plan { .. } | Kind::PlanApproved { .. } => {
            words(&step.kind)
        }
        Kind::Compacted { .. } | Kind::Reported { .. } => words(&step.kind),
        Kind::Located(lines) => located(lines),
        Kind::Harvested(change) => harvested(attempt, change),
        Kind::Checked { .. } => checked(&step.kind),
        Kind::Network { what, refused } => plain(
            icon::globe(),
            "step-warn",
            html! {
                "Network refused: " code.about { (brief::line(what, ABOUT_CHARS_MAX)) }
                span.muted.small { (brief::line(refused, ABOUT_CHARS_MAX)) }
            },
        ),
        Kind::Retried { reason, wait_ms } => plain(
            icon::clock(),
            "step-warn",
            html! {
                "The model's provider: " (brief::line(reason, ABOUT_CHARS_MAX))
                span.muted.small { "again in " (figure::duration(*wait_ms)) }
            },
        ),
        Kind::Warned { text } => plain(icon::warning(), "step-warn", html! { (text::shown(text)) }),
        Kind::Aside(words) => {
            plain(icon::machine(), "step-quiet", html! { (brief::line(words, ABOUT_CHARS_MAX)) })
        }
    }
}

fn outcome_class(ok: bool) -> &'static str {
    if ok { "step-tool" } else { "step-tool step-bad" }
}

fn tool_icon(tool: &str) -> Markup {
    match tool {
        "shell" => icon::terminal(),
        "read" => icon::file(),
        "patch" | "edit" | "apply_patch" => icon::edit(),
        "search" => icon::search(),
        "plan" => icon::plan(),
        "finish" | "answer" => icon::check(),
        _another => icon::spark(),
    }
}

fn tool(attempt: &str, step: &Step, called: &Called) -> Look {
    let Called { tool, about, arguments, answer, .. } = called;
    let class = answer.as_ref().map_or("step-tool step-open", |answer| outcome_class(answer.ok));
    let line = html! {
        span.tool { (brief::line(tool, 40)) }
        code.about { (brief::line(about, ABOUT_CHARS_MAX)) }
        @match answer {
            Some(answer) => {
                @if !answer.ok { span.chip.chip-bad { "failed" } }
                span.muted.small.nowrap { (figure::duration(answer.at.since_ms(step.at))) }
            }
            None => span.chip.chip-accent { span.spin { (icon::turning()) } "runs" },
        }
    };
    let has_more = arguments.len() > ABOUT_CHARS_MAX || about.contains('\n');
    let more = html! {
        @if has_more {
            details {
                summary { "What it was given " span.muted { (figure::bytes(length(arguments))) } }
                pre tabindex="0" dir="auto" { (text::shown(&stdx::cut::middle(&readable(arguments), OUTPUT_BYTES_MAX))) }
            }
        }
        @if let Some(answer) = answer { (output(attempt, answer)) }
    };
    Look { icon: tool_icon(tool), class, line, more: Some(more) }
}

/// JSON with its texts as they are meant: a patch in one line can't be read.
fn readable(arguments: &str) -> String {
    let Ok(serde_json::Value::Object(object)) = serde_json::from_str(arguments) else {
        return arguments.to_owned();
    };
    let part = |(name, value): (&String, &serde_json::Value)| match value.as_str() {
        Some(text) if text.contains('\n') => format!("{name}:\n{text}"),
        Some(text) => format!("{name}: {text}"),
        None => format!("{name}: {value}"),
    };
    object.iter().map(part).collect::<Vec<_>>().join("\n")
}

fn output(attempt: &str, answer: &Answer) -> Markup {
    let Answer { seq, output, printed_bytes, pictures, .. } = answer;
    let lines = output.lines().count();
    html! {
        @if output.trim().is_empty() {
            @if *pictures == 0 { p.muted.small.nothing { "printed nothing" } }
        } @else if lines <= 2 && output.len() <= 200 {
            pre.short tabindex="0" dir="auto" { (text::shown(output.trim_end())) }
        } @else {
            details {
                summary {
                    span.first.mono { (brief::line(output, 110)) }
                    span.muted.nowrap { (figure::count(lines, "line")) ", " (figure::bytes(length(output))) }
                }
                pre tabindex="0" dir="auto" { (text::shown(&stdx::cut::middle(output.trim_end(), OUTPUT_BYTES_MAX))) }
                @if output.len() > OUTPUT_BYTES_MAX {
                    a.small href={ "/attempts/" (attempt) "/events/" (seq) } { "All of it, with numbered lines" }
                }
                @if *printed_bytes > length(output) {
                    p.muted.small { (figure::bytes(*printed_bytes)) " were printed; the rest isn't kept." }
                }
            }
        }
        @if *pictures > 0 { p.muted.small { (figure::count(*pictures, "picture")) " for the model" } }
    }
}

fn length(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX)
}

fn turn(kind: &Kind) -> Look {
    let Kind::Turn { model, input_tokens, cached_tokens, output_tokens, duration_ms, cost_micros } =
        kind
    else {
        return plain(icon::spark(), "step-quiet", html! {});
    };
    let line = html! {
        (brief::line(model, 60))
        span.muted.small {
            (figure::tokens(*input_tokens)) " in"
            @if *cached_tokens > 0 { " (" (figure::tokens(*cached_tokens)) " cached)" }
            ", " (figure::tokens(*output_tokens)) " out, " (figure::duration(*duration_ms))
            @if let Some(micros) = cost_micros { ", " (figure::usd(*micros)) }
        }
    };
    plain(icon::spark(), "step-quiet step-turn", line)
}

fn moved(state: &State) -> Look {
    let standing = match state {
        State::Queued => Standing::Queued,
        State::Preparing => Standing::Preparing,
        State::Working => Standing::Working,
        State::Paused { .. } => Standing::Paused,
        State::Proving => Standing::Proving,
        State::Ended { outcome } => {
            let reason = outcome.reason();
            let line = html! { strong { "Ended: " (outcome.name().replace('_', " ")) } };
            let more = reason.map(|reason| html! { p.pre-line.small { (text::shown(&stdx::cut::middle(&reason, OUTPUT_BYTES_MAX))) } });
            return Look { more, ..plain(icon::stop(), "step-state", line) };
        }
    };
    let line = html! {
        strong { (standing.words()) }
        @if let State::Paused { why, .. } = state { span.muted { (brief::line(&why.words(), ABOUT_CHARS_MAX)) } }
    };
    plain(icon::forth(), "step-state", line)
}

/// The last one is what counts; those before it are folded where there are many.
fn progress(texts: &[String]) -> Look {
    const SHOWN_MAX: usize = 3;
    let hidden = texts.len().saturating_sub(SHOWN_MAX);
    let line = |said: &String| html! { p { (text::shown(said)) } };
    let more = html! {
        div.progress-lines {
            @if hidden > 0 {
                details {
                    summary { (hidden) " more before" }
                    @for said in &texts[..hidden] { (line(said)) }
                }
            }
            @for said in &texts[hidden..] { (line(said)) }
        }
    };
    Look { more: Some(more), ..plain(icon::machine(), "step-progress", html! {}) }
}

fn words(kind: &Kind) -> Look {
    match kind {
        Kind::Person { by, text } => Look {
            more: Some(html! { blockquote.pre-line { (text::shown(text)) } }),
            ..plain(
                icon::person(),
                "step-person",
                html! { strong { (brief::line(by, 60)) } " said" },
            )
        },
        Kind::Told { text } => Look {
            more: Some(html! { p.small.pre-line { (text::shown(text)) } }),
            ..plain(icon::info(), "step-quiet", html! { "whimbrel told the agent" })
        },
        Kind::Plan { text } => Look {
            more: Some(prose::shown(text)),
            ..plain(icon::plan(), "step-said", html! { strong { "Plan" } })
        },
        Kind::PlanApproved { by, text } => Look {
            more: text.as_deref().map(prose::shown),
            ..plain(
                icon::check(),
                "step-person",
                html! { strong { (brief::line(by, 60)) } " approved " (if text.is_some() { "another plan" } else { "the plan" }) },
            )
        },
        Kind::Compacted { summary } => Look {
            more: Some(
                html! { details { summary { "What it was shortened to" } (prose::shown(summary)) } },
            ),
            ..plain(icon::compare(), "step-quiet", html! { "The conversation was shortened" })
        },
        Kind::Reported { title, summary } => Look {
            more: Some(
                html! { (prose::shown(summary)) p.muted.small { "The agent's own words; not evidence." } },
            ),
            ..plain(
                icon::speech(),
                "step-said",
                html! { strong { (brief::line(title, ABOUT_CHARS_MAX)) } },
            )
        },
        _no_words => plain(icon::info(), "step-quiet", html! {}),
    }
}

fn located(lines: &[domain::event::SuspiciousLine]) -> Look {
    let more = html! {
        div.table-wrap.suspects tabindex="0" role="group" aria-label="Suspicious lines" {
            table.table {
                tbody {
                    @for line in lines.iter().take(LINES_MAX) {
                        tr {
                            td.number { (line.score_milli / 10) "%" }
                            td { (text::path(&line.path)) ":" (line.line) }
                            td { code { (brief::line(line.text.trim(), 120)) } }
                        }
                    }
                }
            }
        }
        @if lines.len() > LINES_MAX { p.muted.small { (lines.len() - LINES_MAX) " more" } }
    };
    Look {
        more: Some(more),
        ..plain(icon::search(), "step-progress", html! { strong { "Most suspicious lines" } })
    }
}

fn harvested(attempt: &str, change: &domain::Change) -> Look {
    let line = html! {
        strong { "Change" }
        (figure::count(change.files.len(), "file")) ", "
        (figure::count(usize::try_from(change.lines()).unwrap_or(usize::MAX), "line"))
        a.small href={ "/attempts/" (attempt) "/diff" } { "Show the diff" }
    };
    plain(icon::diff(), "step-state", line)
}

fn checked(kind: &Kind) -> Look {
    let Kind::Checked { check, side, exit, duration_ms } = kind else {
        return plain(icon::shield(), "step-quiet", html! {});
    };
    let good = exit == "exit 0";
    let icon = if good { icon::check() } else { icon::cross() };
    let line = html! {
        "Check " code { (brief::line(check, 60)) } " at " (brief::line(side, 30))
        span.chip.chip-good[good].chip-warn[!good] { (brief::line(exit, 60)) }
        span.muted.small.nowrap { (figure::duration(*duration_ms)) }
    };
    plain(icon, "step-check", line)
}

#[cfg(test)]
mod tests;
