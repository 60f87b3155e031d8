//! Facts in words.

use domain::attempt::{Pause, State};
use domain::{Clock, Fact, SystemClock, Timestamp};

use crate::ui;

/// Suspicious lines that a log shows.
const LINES_MAX: usize = 10;

pub fn is_end(fact: &Fact) -> bool {
    matches!(fact, Fact::Moved { state: State::Ended { .. } })
}

/// For one line of progress; `None` where the fact is no news to whoever waits.
pub fn short(fact: &Fact) -> Option<String> {
    match fact {
        Fact::Created
        | Fact::Taken { .. }
        | Fact::Isolated { .. }
        | Fact::Forked { .. }
        | Fact::Opened { .. }
        | Fact::Told { .. }
        | Fact::Asked { .. }
        | Fact::Heard { .. }
        | Fact::Answered { .. }
        | Fact::Turn { .. }
        | Fact::Network { refused: None, .. } => None,
        Fact::Called { tool, arguments, .. } => Some(format!("{tool} {arguments}")),
        Fact::Located { lines } => {
            let first = lines.first()?;
            Some(format!("most suspicious: {}:{}", first.path, first.line))
        }
        Fact::Moved { .. }
        | Fact::Resumed { .. }
        | Fact::Steered { .. }
        | Fact::Planned { .. }
        | Fact::PlanApproved { .. }
        | Fact::Compacted { .. }
        | Fact::Progress { .. }
        | Fact::Said { .. }
        | Fact::Executed { .. }
        | Fact::Network { refused: Some(_), .. }
        | Fact::Retried { .. }
        | Fact::Reported { .. }
        | Fact::Harvested { .. }
        | Fact::Checked { .. }
        | Fact::Warned { .. } => Some(full(fact)),
    }
}

pub fn full(fact: &Fact) -> String {
    match fact {
        Fact::Created => "queued".into(),
        Fact::Moved { state } => moved(state),
        Fact::Taken { run, process } => format!("run {run}, started by process {process}"),
        Fact::Isolated { by, isolation: _, level, held } if held.is_empty() => {
            format!("computers are made by {by}, isolation {level}")
        }
        Fact::Isolated { by, isolation: _, level, held } => {
            format!("computers are made by {by}, isolation {level}; {held}")
        }
        Fact::Forked { computer } => format!("works on the computer {computer}"),
        Fact::Resumed { computer } => {
            format!("goes on with the files of the computer {computer}; its programs are gone")
        }
        Fact::Opened { .. } => "the agent is told its task".into(),
        Fact::Told { text } => format!("the agent is told: {text}"),
        Fact::Steered { by, text } => format!("{by} says: {text}"),
        Fact::Heard { upto } => format!("the agent is told what was said up to event {upto}"),
        Fact::Planned { text } => format!("plans:\n{}", text.trim_end()),
        Fact::PlanApproved { by, text, edited: true } => {
            format!("{by} approves another plan:\n{}", text.trim_end())
        }
        Fact::PlanApproved { by, text: _, edited: false } => format!("{by} approves the plan"),
        Fact::Asked { exchange, model, estimated_input_tokens } => {
            format!("request {exchange} to {model}, about {estimated_input_tokens} tokens")
        }
        Fact::Compacted { summary, kept_after: _, workspace: _ } => {
            format!("the conversation is shortened:\n{}", summary.trim_end())
        }
        Fact::Progress { text } | Fact::Said { text } => text.clone(),
        Fact::Called { tool, arguments, .. } => format!("calls {tool} {arguments}"),
        Fact::Answered { ok, output, images, .. } => {
            let pictures = if images.is_empty() { "" } else { " with a picture" };
            let what = if *ok { "answer" } else { "failed" };
            format!("{what}{pictures}\n{}", output.trim_end())
        }
        Fact::Executed { command, exit, duration_ms, output } => {
            format!(
                "ran {command}: {exit} in {}\n{}",
                ui::duration(*duration_ms),
                output.trim_end()
            )
        }
        Fact::Network { .. } => network(fact),
        Fact::Turn { .. } => turn(fact),
        Fact::Retried { reason, wait_ms } => {
            format!("the model's provider: {reason}; again in {}", ui::duration(*wait_ms))
        }
        Fact::Located { lines } => located(lines),
        Fact::Reported { title, summary } => format!("reports: {title}\n{summary}"),
        Fact::Harvested { change } => format!(
            "change of {} in {}",
            ui::count(usize::try_from(change.lines()).unwrap_or(usize::MAX), "line"),
            ui::count(change.files.len(), "file")
        ),
        Fact::Checked { check, at, exit, duration_ms } => {
            format!("check {check} at {at}: {exit} in {}", ui::duration(*duration_ms))
        }
        Fact::Warned { text } => format!("warning: {text}"),
    }
}

fn moved(state: &State) -> String {
    match state {
        State::Ended { outcome } => {
            let name = outcome.name().replace('_', " ");
            outcome.reason().map_or(name.clone(), |reason| format!("{name}: {reason}"))
        }
        State::Paused { until, why } => paused(*until, why),
        State::Queued | State::Preparing | State::Working | State::Proving => state.name().into(),
    }
}

fn network(fact: &Fact) -> String {
    let Fact::Network { method, host, port, refused, bytes_in, bytes_out, duration_ms } = fact
    else {
        return String::new();
    };
    let what = format!("network: {method} {host}:{port}");
    let took = ui::duration(*duration_ms);
    match refused {
        Some(why) => format!("{what} refused: {why}"),
        None => format!("{what}, {bytes_out} bytes out, {bytes_in} in, {took}"),
    }
}

/// What a turn read, wrote and cost.
fn turn(fact: &Fact) -> String {
    let Fact::Turn {
        model,
        input_tokens,
        cached_tokens,
        output_tokens,
        reasoning_tokens,
        duration_ms,
        cost_micros,
        ..
    } = fact
    else {
        return String::new();
    };
    let part = |count: &u64, what: &str| match count {
        0 => String::new(),
        count => format!(" ({count} {what})"),
    };
    format!(
        "turn of {model}: {input_tokens} tokens in{}, {output_tokens} out{}, {}, {}",
        part(cached_tokens, "cached"),
        part(reasoning_tokens, "thought"),
        ui::duration(*duration_ms),
        cost(*cost_micros),
    )
}

/// An unknown price is never 0.
pub fn cost(micros: Option<u64>) -> String {
    micros.map_or_else(|| "price unknown".into(), engine::budget::usd)
}

/// `paused until 14:05 UTC, in 1 h 20 min: …`
pub fn paused(until: Option<Timestamp>, why: &Pause) -> String {
    let why = ui::safe(&why.words());
    match until {
        None => format!("paused: {why}"),
        Some(until) => {
            let left = ui::duration(until.since_ms(SystemClock.now()));
            format!("paused for {left} more: {why}")
        }
    }
}

fn located(lines: &[domain::event::SuspiciousLine]) -> String {
    let shown = lines.iter().take(LINES_MAX).map(|line| {
        let score = f64::from(line.score_milli) / 1000.0;
        format!("\n{score:.2}  {}:{}  {}", line.path, line.line, line.text.trim())
    });
    format!("most suspicious lines:{}", shown.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(refused: Option<&str>) -> Fact {
        Fact::Network {
            method: "CONNECT".into(),
            host: "crates.io".into(),
            port: 443,
            refused: refused.map(str::to_owned),
            bytes_in: 2048,
            bytes_out: 517,
            duration_ms: 41,
        }
    }

    #[test]
    fn a_request_is_one_line_and_only_a_refusal_is_news() {
        let went_through = "network: CONNECT crates.io:443, 517 bytes out, 2048 in, 41 ms";
        assert_eq!(full(&request(None)), went_through);
        assert_eq!(short(&request(None)), None);
        let refused = "network: CONNECT crates.io:443 refused: the host is not listed";
        assert_eq!(full(&request(Some("the host is not listed"))), refused);
        assert_eq!(short(&request(Some("the host is not listed"))).as_deref(), Some(refused));
    }
}
