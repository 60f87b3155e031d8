//! Evidence for a terminal: what speaks against the change first, then a few words, then all of it.

mod parts;

use domain::evidence::Evidence;
use proof::chips::{Chip, Tone, chips};

use crate::ui;

/// Objections told in full; more are counted.
const OBJECTIONS_MAX: usize = 20;

pub fn of(evidence: &Evidence) -> String {
    let head = [
        ui::wrapped(&ui::marked(&proof::markdown::headline_text(evidence)), 0),
        format!("\n{}\n", ui::wrapped(&brief(evidence), 0)),
        risk(evidence),
        against(evidence),
    ];
    let text = head.concat() + &parts::of(evidence);
    text.trim_end().to_owned()
}

/// The chips on one line.
pub fn brief(evidence: &Evidence) -> String {
    let shown: Vec<String> = chips(evidence).iter().map(shown).collect();
    shown.join(" · ")
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

fn against(evidence: &Evidence) -> String {
    let objections = evidence.objections();
    if objections.is_empty() {
        return String::new();
    }
    let paint = ui::Paint::stdout();
    let mut text = format!("\n{}\n", paint.bold(&paint.red("Why it doesn't hold")));
    for objection in objections.iter().take(OBJECTIONS_MAX) {
        let line = ui::wrapped(&format!("✗ {}", ui::flat(objection)), 4);
        text.push_str(&format!("  {}\n", paint.bold(&line)));
    }
    if objections.len() > OBJECTIONS_MAX {
        text.push_str(&format!("  … and {} more\n", objections.len() - OBJECTIONS_MAX));
    }
    text
}
