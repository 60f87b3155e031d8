//! Facts in words.

use domain::Fact;
use domain::attempt::State;

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
        | Fact::Answered { .. }
        | Fact::Turn { .. }
        | Fact::Network { refused: None, .. } => None,
        Fact::Called { tool, arguments, .. } => Some(format!("{tool} {arguments}")),
        Fact::Located { lines } => {
            let first = lines.first()?;
            Some(format!("most suspicious: {}:{}", first.path, first.line))
        }
        Fact::Moved { .. }
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
        Fact::Progress { text } | Fact::Said { text } => text.clone(),
        Fact::Called { tool, arguments, .. } => format!("calls {tool} {arguments}"),
        Fact::Answered { ok, output, .. } => {
            format!("{}\n{}", if *ok { "answer" } else { "refused" }, output.trim_end())
        }
        Fact::Executed { command, exit, duration_ms, output } => {
            format!(
                "ran {command}: {exit} in {}\n{}",
                ui::duration(*duration_ms),
                output.trim_end()
            )
        }
        Fact::Network { method, host, port, refused, bytes_in, bytes_out, duration_ms } => {
            let what = format!("network: {method} {host}:{port}");
            match refused {
                Some(why) => format!("{what} refused: {why}"),
                None => format!(
                    "{what}, {bytes_out} bytes out, {bytes_in} in, {}",
                    ui::duration(*duration_ms)
                ),
            }
        }
        Fact::Turn { model, input_tokens, output_tokens, duration_ms, .. } => format!(
            "turn of {model}: {input_tokens} tokens in, {output_tokens} out, {}",
            ui::duration(*duration_ms)
        ),
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
        State::Paused { why, .. } => format!("paused: {why}"),
        State::Queued | State::Preparing | State::Working | State::Proving => state.name().into(),
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
