//! How a preparation goes, on standard error: a line for each step with its time and the reason,
//! and between them what its scripts print.

use engine::prepare::{Name, Outcome, Progress, Step};

use crate::ui;

/// Longer lines are cut; a flood without a line break is shown piece by piece.
const LINE_BYTES_MAX: usize = 4 * 1024;
/// As wide as the longest name and the longest outcome.
const NAME_WIDTH: usize = 6;
const OUTCOME_WIDTH: usize = 7;

/// Shows one preparation.
pub struct Steps {
    /// The beginning of a line whose end isn't there yet.
    line: Vec<u8>,
    silent: bool,
}

impl Steps {
    /// `silent` shows only what is waited for long: the steps that have to be made.
    pub fn new(silent: bool) -> Self {
        Self { line: Vec::new(), silent }
    }

    pub fn tell(&mut self, progress: Progress) {
        match progress {
            Progress::Waiting { step } => {
                Self::line_of(step, "wait", "somebody else makes the same; waiting for it");
            }
            Progress::Started { step, why } => Self::line_of(step, "miss", &why),
            Progress::Part { name, .. } => self.part(&name),
            Progress::Output { bytes, .. } => self.output(&bytes),
            Progress::Ended(step) => self.ended(&step),
        }
    }

    fn line_of(name: Name, outcome: &str, text: &str) {
        let paint = ui::Paint::stderr();
        let name = paint.bold(&format!("{name:NAME_WIDTH$}"));
        let outcome = format!("{outcome:OUTCOME_WIDTH$}");
        let outcome = match outcome.trim_end() {
            "hit" | "built" => paint.green(&outcome),
            "miss" | "wait" => paint.yellow(&outcome),
            _ => paint.dim(&outcome),
        };
        ui::err(&format!("{name} {outcome} {}", ui::safe(text)));
    }

    fn part(&mut self, name: &str) {
        self.flush();
        ui::err(&ui::Paint::stderr().dim(&format!("  {}", ui::safe(name))));
    }

    fn ended(&mut self, step: &Step) {
        self.flush();
        let time = ui::duration(step.duration_ms);
        match &step.outcome {
            Outcome::Built { .. } if step.name == Name::Base => {
                Self::line_of(step.name, "built", &format!("{time}: {}", step.outcome.why()));
            }
            Outcome::Built { .. } => Self::line_of(step.name, "built", &time),
            Outcome::Hit { .. } | Outcome::Skipped { .. } if self.silent => {}
            Outcome::Hit { why } => Self::line_of(step.name, "hit", why),
            Outcome::Skipped { why } => Self::line_of(step.name, "–", why),
        }
    }

    /// Whole lines, indented, without what a terminal would obey.
    fn output(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if matches!(byte, b'\n' | b'\r') || self.line.len() == LINE_BYTES_MAX {
                self.flush();
            }
            if !matches!(byte, b'\n' | b'\r') {
                self.line.push(byte);
            }
        }
    }

    fn flush(&mut self) {
        if self.line.is_empty() {
            return;
        }
        let line = String::from_utf8_lossy(&self.line).into_owned();
        self.line.clear();
        ui::err(&format!("  {} {}", ui::Paint::stderr().dim("|"), ui::safe(&uncoloured(&line))));
    }
}

/// Without a terminal's colours, which tools like to print even into a pipe.
fn uncoloured(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        let end = after.find(|c: char| ('@'..='~').contains(&c)).map_or(after.len(), |at| at + 1);
        rest = &after[end..];
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::uncoloured;

    #[test]
    fn colours_go_and_words_stay() {
        assert_eq!(uncoloured("\u{1b}[1;32mok\u{1b}[0m done\u{1b}[K"), "ok done");
        assert_eq!(uncoloured("plain \u{1b}[3"), "plain ");
    }
}
