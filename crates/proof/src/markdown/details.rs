//! The folded parts: checks, tests, surviving mutants, findings, claims, time, notes.

use domain::Evidence;
use domain::evidence::{
    AddedTest, AsItWas, Check, Claim, Finding, Flaky, Mutant, Mutation, Outcome, Run, Shown, Spent,
    Tests, Weight,
};

use super::escape::{code, fenced, plain};
use super::headline::exits;
use crate::rank::count;

/// Items in one list; more are counted.
const ITEMS_MAX: usize = 20;
/// Diffs are long.
const MUTANTS_MAX: usize = 10;

pub(super) fn details(evidence: &Evidence) -> String {
    [
        folded(&format!("Checks: {}", exits(evidence)), &table(&evidence.checks)),
        folded("Tests", &tests(&evidence.tests)),
        folded(&mutants_told(&evidence.mutation), &mutants(&evidence.mutation)),
        folded(&count(evidence.findings.len(), "finding"), &findings(&evidence.findings)),
        folded("Claims of the summary", &list("", &claims(&evidence.claims))),
        folded("Where the time went", &spent(&evidence.spent)),
        folded("Notes", &list("", &each(&evidence.notes, |note| plain(note)))),
    ]
    .concat()
}

/// `summary` is ours; nothing where there is nothing to fold.
fn folded(summary: &str, body: &str) -> String {
    let body = body.trim();
    if body.is_empty() {
        return String::new();
    }
    // The empty lines end the HTML, so that Markdown is read within.
    format!("\n<details><summary>{summary}</summary>\n\n{body}\n\n</details>\n")
}

fn each<T>(items: &[T], told: impl Fn(&T) -> String) -> Vec<String> {
    items.iter().map(told).collect()
}

fn list(title: &str, items: &[String]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let mut text = String::new();
    if !title.is_empty() {
        text.push_str(&format!("\n**{title} ({})**\n\n", items.len()));
    }
    for item in items.iter().take(ITEMS_MAX) {
        text.push_str(&format!("- {item}\n"));
    }
    if items.len() > ITEMS_MAX {
        text.push_str(&format!("- … and {} more\n", items.len() - ITEMS_MAX));
    }
    text
}

fn table(checks: &[Check]) -> String {
    if checks.is_empty() {
        return String::new();
    }
    let rows: String = checks.iter().map(row).collect();
    format!("| check | command | base | head |\n|---|---|---|---|\n{rows}")
}

fn row(check: &Check) -> String {
    let cells = [code(&check.name), code(&check.command), run(&check.base), run(&check.head)];
    // Within a table even a code span must not have a bare bar.
    format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}

fn run(run: &Run) -> String {
    let mark = match (run.exit.is_success(), &run.doubt) {
        (true, None) => "✅",
        (true, Some(_)) => "⚠️",
        (false, _) => "❌",
    };
    let mut text = format!("{mark} {}, {}", run.exit.words(), seconds(run.duration_ms));
    if run.cached {
        text.push_str(", from an earlier run");
    }
    match &run.reader {
        Some(reader) => text.push_str(&format!(", read as {}", cell(reader))),
        None => text.push_str(", exit code only"),
    }
    if let Some(doubt) = &run.doubt {
        text.push_str(&format!("; could not tell: {}", cell(doubt)));
    }
    text
}

/// A row escapes every bar, and one that is escaped twice would end the cell.
fn cell(text: &str) -> String {
    plain(&text.replace('|', "/"))
}

fn seconds(ms: u64) -> String {
    format!("{:.1} s", ms as f64 / 1000.0)
}

fn tests(tests: &Tests) -> String {
    let names = |names: &[String]| each(names, |name| code(name));
    [
        list("Broken", &names(&tests.broken)),
        list("As they were at base", &each(&tests.as_they_were, as_it_was)),
        list("Fixed", &names(&tests.fixed)),
        list("Added", &each(&tests.added, added)),
        list("Flaky", &each(&tests.flaky, flaky)),
        list("Skipped", &names(&tests.skipped)),
        list("Removed", &names(&tests.removed)),
    ]
    .concat()
}

fn added(test: &AddedTest) -> String {
    format!("{} ({})", code(&test.name), crate::words::on_base(test))
}

fn flaky(flaky: &Flaky) -> String {
    format!("{} (passed {} of {} runs)", code(&flaky.name), flaky.passed, flaky.runs)
}

fn as_it_was(test: &AsItWas) -> String {
    let said = crate::words::as_it_was(test);
    match test.as_it_was {
        Outcome::Failed | Outcome::Absent => format!("{} (**{said}**)", code(&test.name)),
        Outcome::Passed | Outcome::Skipped => format!("{} ({said})", code(&test.name)),
    }
}

fn mutants_told(mutation: &Mutation) -> String {
    let Mutation { possible, tried, caught, survivors: _, why: _ } = mutation;
    format!("Mutants: {caught} of {tried} caught, of {possible} possible")
}

/// Each that no test noticed, as a diff.
fn mutants(mutation: &Mutation) -> String {
    let mut text = String::new();
    if let Some(why) = &mutation.why {
        text.push_str(&format!("{}\n", plain(why)));
    }
    for mutant in mutation.survivors.iter().take(MUTANTS_MAX) {
        text.push_str(&survivor(mutant));
    }
    if let Some(more) = mutation.survivors.len().checked_sub(MUTANTS_MAX).filter(|more| *more > 0) {
        text.push_str(&format!("\n… and {more} more.\n"));
    }
    if text.is_empty() && mutation.tried > 0 {
        text.push_str("The tests notice each of them.\n");
    }
    text
}

fn survivor(mutant: &Mutant) -> String {
    let place = code(&format!("{}:{}", mutant.path, mutant.line));
    let operator = plain(&mutant.operator);
    let diff = fenced("diff", &mutant.diff);
    format!("\nNo test notices this at {place} ({operator}):\n\n{diff}")
}

fn findings(findings: &[Finding]) -> String {
    let of = |weight: Weight| {
        let found = findings.iter().filter(|finding| finding.weight == weight);
        found.map(finding).collect::<Vec<String>>()
    };
    [
        list("Objections", &of(Weight::Objection)),
        list("Warnings", &of(Weight::Warning)),
        list("Notes", &of(Weight::Note)),
    ]
    .concat()
}

fn finding(finding: &Finding) -> String {
    let text = plain(&finding.text);
    match (&finding.path, finding.line) {
        (Some(path), Some(line)) => format!("{}: {text}", code(&format!("{path}:{line}"))),
        (Some(path), None) => format!("{}: {text}", code(path)),
        (None, _) => text,
    }
}

fn claims(claims: &[Claim]) -> Vec<String> {
    each(claims, |claim| {
        let text = plain(&claim.text);
        match &claim.shown {
            Shown::Proven { log, line, quote } => {
                format!("✅ “{text}”: {} has {}", code(&format!("{log}:{line}")), code(quote))
            }
            Shown::Seen { what } => format!("✅ “{text}”: {}", plain(what)),
            Shown::Refuted { why } => format!("❌ “{text}”: {}", plain(why)),
            Shown::Unproven => format!("❔ “{text}”: nothing that was run shows it"),
        }
    })
}

fn spent(spent: &[Spent]) -> String {
    if spent.is_empty() {
        return String::new();
    }
    let row = |spent: &Spent| {
        let step = code(&spent.step).replace('|', "\\|");
        format!("| {step} | {} | {} |\n", seconds(spent.ms), seconds(spent.checks_ms))
    };
    let rows: String = spent.iter().take(ITEMS_MAX).map(row).collect();
    format!("| step | time | of it the project's own commands |\n|---|---|---|\n{rows}")
}
