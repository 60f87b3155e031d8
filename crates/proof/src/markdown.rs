//! Evidence for people: the section of a pull request's description. What speaks against the
//! change comes first, then a few words, and the rest is folded. Names of tests and commands are
//! hostile, and so are sentences that quote a change: see [`escape`].

mod details;
mod escape;
mod headline;

use domain::Evidence;
use domain::evidence::{Claim, Shown};

use self::details::details;
pub use self::escape::{code, plain};
pub use self::headline::{headline, headline_text};
use crate::chips::{Chip, Tone, chips};

/// Objections told in full; more are counted.
const OBJECTIONS_MAX: usize = 10;

/// Where the signed evidence is to be had, for the section's last line.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    pub attempt: &'a domain::AttemptId,
    pub key: &'a crate::seal::PublicKey,
}

/// The whole section, from its heading on.
pub fn section(evidence: &Evidence, signed: Option<Signed<'_>>) -> String {
    let mut text = String::from("## Evidence\n\n");
    text.push_str(&against(evidence));
    text.push_str(&format!("{}\n\n{}\n", headline(evidence), chips_line(evidence)));
    text.push_str(&risk(evidence));
    text.push_str(&details(evidence));
    let (base, head) = (code(evidence.base.short()), code(evidence.head.short()));
    text.push_str(&format!(
        "\nRun by whimbrel in clean computers without the agent, at base {base} and at head {head}.\n"
    ));
    text.push_str(&signed.map(seal).unwrap_or_default());
    text
}

/// Why it doesn't hold, and what the agent said that isn't so.
fn against(evidence: &Evidence) -> String {
    let objections = evidence.objections();
    let refuted: Vec<String> = evidence.claims.iter().filter_map(refuted).collect();
    let mut text = String::new();
    if !evidence.holds() {
        text.push_str("**This does not hold.**\n\n");
    }
    let lines = objections.iter().map(|objection| plain(objection)).chain(refuted);
    let lines: Vec<String> = lines.collect();
    for line in lines.iter().take(OBJECTIONS_MAX) {
        text.push_str(&format!("- **{line}**\n"));
    }
    if let Some(more) = lines.len().checked_sub(OBJECTIONS_MAX).filter(|more| *more > 0) {
        text.push_str(&format!("- **… and {more} more**\n"));
    }
    if !lines.is_empty() {
        text.push('\n');
    }
    text
}

fn refuted(claim: &Claim) -> Option<String> {
    let Shown::Refuted { why } = &claim.shown else { return None };
    Some(format!("The summary says “{}”, but {}", plain(&claim.text), plain(why)))
}

fn chips_line(evidence: &Evidence) -> String {
    let shown: Vec<String> = chips(evidence).iter().map(shown).collect();
    shown.join(" · ")
}

fn shown(chip: &Chip) -> String {
    match chip.tone {
        Tone::Bad => format!("❌ **{}**", chip.text),
        Tone::Doubt => format!("⚠️ {}", chip.text),
        Tone::Good => format!("✅ {}", chip.text),
        Tone::Plain => chip.text.clone(),
    }
}

fn risk(evidence: &Evidence) -> String {
    let risk = &evidence.risk;
    if risk.reasons.is_empty() {
        return String::new();
    }
    let reasons: Vec<String> = risk.reasons.iter().map(|reason| plain(reason)).collect();
    format!("\nRisk **{}**: {}.\n", risk.level.word(), reasons.join("; "))
}

fn seal(signed: Signed<'_>) -> String {
    let Signed { attempt, key } = signed;
    format!(
        "\nSigned with key `{key}`. To verify it: `whimbrel evidence {attempt} --signed > \
         evidence.json`, then `whimbrel evidence verify evidence.json --key {key}`.\n"
    )
}

#[cfg(test)]
mod tests;
