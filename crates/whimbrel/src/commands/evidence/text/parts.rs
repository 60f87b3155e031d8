//! The parts of evidence, each under a heading, and none where there is nothing to tell.

use domain::evidence::{
    Check, Claim, Evidence, Finding, Mutation, OnBase, Outcome, Run, Shown, Spent, Tests, Weight,
};

use crate::ui::{self, flat};

/// Items in one list; more are counted.
const ITEMS_MAX: usize = 30;
/// Diffs are long.
const MUTANTS_MAX: usize = 5;
const COMMAND_CHARS_MAX: usize = 60;

pub fn of(evidence: &Evidence) -> String {
    [
        checks(evidence),
        tests(&evidence.tests),
        mutants(&evidence.mutation),
        findings(&evidence.findings),
        list("Claims of the summary", &each(&evidence.claims, claim)),
        list("Where the time went", &each(&evidence.spent, spent)),
        list("Notes", &each(&evidence.notes, |note| flat(note))),
    ]
    .concat()
}

fn each<T>(items: &[T], told: impl Fn(&T) -> String) -> Vec<String> {
    items.iter().map(told).collect()
}

/// Items are safe by now, and may have colours.
fn list(heading: &str, items: &[String]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let paint = ui::Paint::stdout();
    let mut text = format!("\n{} ({})\n", paint.bold(heading), items.len());
    for item in items.iter().take(ITEMS_MAX) {
        text.push_str(&format!("  {}\n", ui::wrapped(item, 4)));
    }
    if items.len() > ITEMS_MAX {
        text.push_str(&format!("  … and {} more\n", items.len() - ITEMS_MAX));
    }
    text
}

fn checks(evidence: &Evidence) -> String {
    let (base, head) = (evidence.base.short(), evidence.head.short());
    let mut text = String::new();
    for check in &evidence.checks {
        text.push_str(&format!("\n{}\n", named(check)));
        text.push_str(&ran("base", base, &check.base));
        text.push_str(&ran("head", head, &check.head));
    }
    text
}

fn named(check: &Check) -> String {
    let name = ui::Paint::stdout().bold(&ui::line(&check.name, 20));
    format!("{name}  {}", ui::line(&check.command, COMMAND_CHARS_MAX))
}

fn ran(place: &str, commit: &str, run: &Run) -> String {
    let paint = ui::Paint::stdout();
    let mark = match (run.exit.is_success(), &run.doubt) {
        (true, None) => paint.green("✓"),
        (true, Some(_)) => paint.yellow("?"),
        (false, _) => paint.red("✗"),
    };
    let mut said = format!("{}, {}", run.exit.words(), ui::duration(run.duration_ms));
    match &run.reader {
        Some(reader) => said.push_str(&format!(", {}", ui::line(reader, 20))),
        None => said.push_str(", exit code only"),
    }
    if run.cached {
        said.push_str(", cached");
    }
    let log = paint.dim(&ui::line(&run.log, 60));
    let mut text = format!("  {place} {commit}  {mark} {said:<32} {log}\n");
    if let Some(doubt) = &run.doubt {
        let line = ui::wrapped(&format!("could not tell: {}", flat(doubt)), 6);
        text.push_str(&format!("    {}\n", paint.yellow(&line)));
    }
    text
}

fn tests(tests: &Tests) -> String {
    let paint = ui::Paint::stdout();
    let names = |names: &[String]| each(names, |name| flat(name));
    let added = each(&tests.added, |test| format!("{} ({})", flat(&test.name), on_base(test)));
    let flaky = each(&tests.flaky, |test| {
        format!("{} (passed {} of {} runs)", flat(&test.name), test.passed, test.runs)
    });
    let as_they_were = each(&tests.as_they_were, |test| {
        let said = proof::words::as_it_was(test);
        let said = match test.as_it_was {
            Outcome::Failed | Outcome::Absent => paint.red(&said),
            Outcome::Passed | Outcome::Skipped => said,
        };
        format!("{} ({said})", flat(&test.name))
    });
    [
        list(&paint.red("Broken"), &names(&tests.broken)),
        list(&paint.yellow("As they were at base"), &as_they_were),
        list(&paint.green("Fixed"), &names(&tests.fixed)),
        list(&paint.green("Added"), &added),
        list(&paint.yellow("Flaky"), &flaky),
        list(&paint.yellow("Skipped"), &names(&tests.skipped)),
        list(&paint.yellow("Removed"), &names(&tests.removed)),
    ]
    .concat()
}

fn on_base(test: &domain::evidence::AddedTest) -> String {
    let paint = ui::Paint::stdout();
    let words = proof::words::on_base(test);
    match (test.on_base, test.passes) {
        (OnBase::RedGreen, _) => paint.green(words),
        (_, false) => paint.red(words),
        (OnBase::Empty | OnBase::Red | OnBase::Unknown, true) => paint.yellow(words),
    }
}

fn mutants(mutation: &Mutation) -> String {
    let Mutation { possible, tried, caught, survivors, why } = mutation;
    if *possible == 0 && why.is_none() {
        return String::new();
    }
    let paint = ui::Paint::stdout();
    let mut text = format!(
        "\n{} the tests notice {caught} of {tried} tried, of {possible} possible\n",
        paint.bold("Mutants:")
    );
    if let Some(why) = why {
        text.push_str(&format!("  {}\n", ui::wrapped(&flat(why), 2)));
    }
    for mutant in survivors.iter().take(MUTANTS_MAX) {
        let place = format!("{}:{}", flat(&mutant.path), mutant.line);
        let missed = paint.yellow(&format!("no test notices this at {place}"));
        text.push_str(&format!("  {missed} ({})\n", flat(&mutant.operator)));
        for line in ui::paint_diff(&mutant.diff).lines() {
            text.push_str(&format!("    {line}\n"));
        }
    }
    if survivors.len() > MUTANTS_MAX {
        text.push_str(&format!("  … and {} more\n", survivors.len() - MUTANTS_MAX));
    }
    text
}

/// Objections were told first; they are in their place here all the same.
fn findings(findings: &[Finding]) -> String {
    let paint = ui::Paint::stdout();
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.weight));
    let told: Vec<String> = sorted
        .into_iter()
        .map(|finding| {
            let weight = match finding.weight {
                Weight::Objection => paint.red("objection"),
                Weight::Warning => paint.yellow("warning"),
                Weight::Note => paint.dim("note"),
            };
            format!("{weight} {}", flat(&finding.sentence()))
        })
        .collect();
    list("Findings", &told)
}

fn claim(claim: &Claim) -> String {
    let paint = ui::Paint::stdout();
    let text = flat(&claim.text);
    match &claim.shown {
        Shown::Proven { log, line, quote } => {
            let place = paint.dim(&format!("{}:{line}", flat(log)));
            format!("{} {text}\n{place} {}", paint.green("✓"), flat(quote))
        }
        Shown::Seen { what } => format!("{} {text}\n{}", paint.green("✓"), flat(what)),
        Shown::Refuted { why } => {
            let why = paint.red(&flat(why));
            format!("{} {}\n{why}", paint.red("✗"), paint.bold(&text))
        }
        Shown::Unproven => format!("{} {text}", paint.yellow("? unproven:")),
    }
}

fn spent(spent: &Spent) -> String {
    let own = ui::duration(spent.checks_ms);
    format!("{}: {}, {own} of it the project's own", flat(&spent.step), ui::duration(spent.ms))
}
