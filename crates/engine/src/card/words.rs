//! A card's words: few, and of plain text.

use domain::evidence::OnBase;
use domain::project::Approval;
use domain::{Change, Evidence};
use proof::chips::{Chip, Tone};
use store::card::Known;

const TITLE_CHARS_MAX: usize = 100;
const ASKED_CHARS_MAX: usize = 200;
const WHY_CHARS_MAX: usize = 280;
/// Of an agent's summary, what its first sentences are looked for in.
const SUMMARY_CHARS_MAX: usize = 4_000;
/// Files that are named; of more their number is told.
const NAMED_MAX: usize = 2;

pub(super) fn title(reported: &str, text: &str) -> String {
    let chosen = if reported.trim().is_empty() { text.trim() } else { reported.trim() };
    stdx::cut::line(chosen, TITLE_CHARS_MAX)
}

/// The task's first paragraph.
pub(super) fn asked(text: &str) -> String {
    stdx::cut::line(&paragraph(text), ASKED_CHARS_MAX)
}

/// The summary's first sentences, as far as there is room for whole ones.
pub(super) fn why(summary: &str) -> String {
    let short: String = summary.chars().take(SUMMARY_CHARS_MAX).collect();
    let text = paragraph(&short);
    // It only announces what follows, as code.
    if text.ends_with(':') {
        return String::new();
    }
    let mut kept = 0;
    for (end, _) in text.match_indices(". ").chain([(text.len(), "")]) {
        let end = (end + 1).min(text.len());
        if text[..end].chars().count() > WHY_CHARS_MAX {
            break;
        }
        kept = end;
    }
    match kept {
        0 => stdx::cut::line(&text, WHY_CHARS_MAX),
        kept => text[..kept].to_owned(),
    }
}

/// The first lines that belong together, as one, without Markdown's marks. Headings say nothing.
fn paragraph(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    let lines = lines.skip_while(|line| line.is_empty() || line.starts_with('#'));
    let words: Vec<String> = lines
        .take_while(|line| !line.is_empty())
        .map(|line| line.replace(['`', '*'], ""))
        .collect();
    words.join(" ").trim_start_matches("- ").to_owned()
}

/// The evidence's, then how large the change is and what it cost.
pub(super) fn chips(known: &Known) -> Vec<Chip> {
    let mut chips = proof::chips::chips(&known.evidence);
    let plain = |text: String| Chip { text, tone: Tone::Plain };
    let (added, removed) = lines(&known.change);
    chips.push(plain(format!("+{added} −{removed}")));
    chips.extend(known.micros.map(|micros| plain(cost(micros))));
    chips
}

fn lines(change: &Change) -> (u64, u64) {
    let sum = |of: fn(&domain::change::FileChange) -> Option<u64>| {
        change.files.iter().filter_map(of).sum()
    };
    (sum(|file| file.added), sum(|file| file.removed))
}

/// `$0.04`; of less than a cent, that it is less.
fn cost(micros: u64) -> String {
    const CENT_MICROS: u64 = 10_000;
    match micros {
        0 => "$0".into(),
        1..CENT_MICROS => "<$0.01".into(),
        _ => format!("${}.{:02}", micros / 1_000_000, micros % 1_000_000 / CENT_MICROS),
    }
}

pub(super) fn approves(approval: Approval, base_branch: &str) -> String {
    match approval {
        Approval::Merge => format!("merges into {base_branch}, proved again if it has moved"),
        Approval::Offer => "opens a pull request".into(),
    }
}

/// What is different from the card before.
pub(super) fn differences(before: &Known, now: &Known) -> Vec<String> {
    let mut told = Vec::new();
    if before.change.head == now.change.head {
        told.push("nothing in the code is different".into());
    }
    told.extend(files(&before.change, &now.change));
    let (was, is) = (lines(&before.change), lines(&now.change));
    if was != is {
        told.push(format!("+{} −{} → +{} −{} lines", was.0, was.1, is.0, is.1));
    }
    told.extend(evidence(&before.evidence, &now.evidence));
    told
}

fn files(before: &Change, now: &Change) -> Option<String> {
    let had = |path: &str| before.files.iter().any(|file| file.path == path);
    let new: Vec<&str> =
        now.files.iter().map(|file| file.path.as_str()).filter(|path| !had(path)).collect();
    match new.len() {
        0 => None,
        1..=NAMED_MAX => Some(format!("also changes {}", new.join(", "))),
        many => Some(format!("changes {many} files more")),
    }
}

fn evidence(before: &Evidence, now: &Evidence) -> Vec<String> {
    let red = |of: &Evidence| {
        of.tests.added.iter().filter(|test| test.on_base == OnBase::RedGreen).count()
    };
    let red_green = |of: &Evidence| format!("{}/{}", red(of), of.tests.added.len());
    let fixed = |of: &Evidence| of.tests.fixed.len().to_string();
    let mutants = |of: &Evidence| format!("{}/{}", of.mutation.caught, of.mutation.tried);
    let risk = |of: &Evidence| of.risk.level.word().to_owned();
    let holds = |of: &Evidence| if of.holds() { "holds" } else { "doesn't hold" }.to_owned();
    let all: [(&str, String, String); 5] = [
        ("the evidence", holds(before), holds(now)),
        ("fixed", fixed(before), fixed(now)),
        ("red→green", red_green(before), red_green(now)),
        ("mutants caught", mutants(before), mutants(now)),
        ("risk", risk(before), risk(now)),
    ];
    let differs = all.into_iter().filter(|(_, was, is)| was != is);
    differs.map(|(what, was, is)| format!("{what} {was} → {is}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_is_whole_sentences_of_the_first_paragraph() {
        assert_eq!(
            why("# Fix\n\nThe `lilt` was off. Now it\nisn't.\n\nMore."),
            "The lilt was off. Now it isn't."
        );
        let long = format!("One. {}. Three.", "x".repeat(400));
        assert_eq!(why(&long), "One.");
        assert_eq!(why(&"y".repeat(500)).chars().count(), WHY_CHARS_MAX);
        assert_eq!(why(""), "");
        assert_eq!(why("In double (double.py, line 2):\n\n    - a"), "");
    }

    #[test]
    fn a_cost_is_told_in_cents() {
        assert_eq!(cost(0), "$0");
        assert_eq!(cost(9_999), "<$0.01");
        assert_eq!(cost(40_000), "$0.04");
        assert_eq!(cost(1_239_999), "$1.23");
    }
}
