//! Evidence for a terminal: what speaks against the change first, then a few words, then all of it.

mod parts;

use domain::evidence::{Evidence, Shown};
use proof::chips::{Chip, Tone, chips};

use crate::ui;

/// Objections told in full; more are counted.
const OBJECTIONS_MAX: usize = 20;

pub fn of(evidence: &Evidence) -> String {
    let headline = ui::marked(&proof::markdown::headline_text(evidence));
    let head = [
        against("Why it doesn't hold", &evidence.objections()),
        against("What the summary says and isn't so", &refuted(evidence)),
        format!("{}\n\n{}\n", ui::wrapped(&headline, 0), brief(evidence, 0)),
        risk(evidence),
    ];
    let text = head.concat() + &parts::of(evidence);
    text.trim_end().to_owned()
}

fn refuted(evidence: &Evidence) -> Vec<String> {
    let refuted = evidence.claims.iter().filter_map(|claim| match &claim.shown {
        Shown::Refuted { why } => Some(format!("“{}”: {why}", claim.text)),
        Shown::Proven { .. } | Shown::Seen { .. } | Shown::Unproven => None,
    });
    refuted.collect()
}

/// The chips, on one line where there is room; none is torn apart.
pub fn brief(evidence: &Evidence, indent: usize) -> String {
    let shown: Vec<String> = chips(evidence).iter().map(shown).collect();
    let tied: Vec<String> = shown.iter().map(|chip| chip.replace(' ', "\u{a0}")).collect();
    ui::wrapped(&tied.join("\u{a0}· "), indent).replace('\u{a0}', " ")
}

fn shown(chip: &Chip) -> String {
    let paint = ui::Paint::stdout();
    match chip.tone {
        Tone::Good => paint.green(&chip.text),
        Tone::Plain => chip.text.clone(),
        Tone::Doubt => paint.yellow(&chip.text),
        Tone::Bad => paint.bold(&paint.red(&chip.text)),
    }
}

fn risk(evidence: &Evidence) -> String {
    let risk = &evidence.risk;
    if risk.reasons.is_empty() {
        return String::new();
    }
    let reasons = ui::flat(&risk.reasons.join("; "));
    format!("{}\n", ui::wrapped(&format!("Risk {}: {reasons}", risk.level.word()), 2))
}

fn against(heading: &str, sentences: &[String]) -> String {
    if sentences.is_empty() {
        return String::new();
    }
    let paint = ui::Paint::stdout();
    let mut text = format!("{}\n", paint.bold(&paint.red(heading)));
    for sentence in sentences.iter().take(OBJECTIONS_MAX) {
        let line = ui::wrapped(&format!("✗ {}", ui::flat(sentence)), 4);
        text.push_str(&format!("  {}\n", paint.bold(&line)));
    }
    if sentences.len() > OBJECTIONS_MAX {
        text.push_str(&format!("  … and {} more\n", sentences.len() - OBJECTIONS_MAX));
    }
    text.push('\n');
    text
}
