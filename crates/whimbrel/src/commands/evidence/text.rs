//! Evidence for a terminal.

use domain::evidence::{AddedTest, Check, Evidence, OnBase, Run};

use crate::ui;

/// Names in one list; more are counted.
const NAMES_MAX: usize = 30;

pub fn of(evidence: &Evidence) -> String {
    let paint = ui::Paint::stdout();
    let mut text = format!("{}\n", ui::safe(&proof::markdown::headline(evidence)));
    if !evidence.checks.is_empty() {
        let base = format!("BASE {}", evidence.base.short());
        let head = format!("HEAD {}", evidence.head.short());
        let rows: Vec<Vec<String>> = evidence.checks.iter().flat_map(rows).collect();
        let table = ui::table(&["CHECK", &base, &head, "COMMAND"], &rows);
        text.push_str(&format!("\n{table}\n"));
    }
    let tests = &evidence.tests;
    let plain = |names: &[String]| names.to_vec();
    text.push_str(&list(&paint.green("Fixed"), &plain(&tests.fixed)));
    text.push_str(&list(&paint.red("Broken"), &plain(&tests.broken)));
    let added: Vec<String> = tests.added.iter().map(added).collect();
    text.push_str(&list(&paint.green("Added"), &added));
    text.push_str(&list(&paint.yellow("Removed"), &plain(&tests.removed)));
    text.push_str(&list(&paint.yellow("Notes"), &evidence.notes));
    text.trim_end().to_owned()
}

/// A check and, below it, the names of its logs.
fn rows(check: &Check) -> [Vec<String>; 2] {
    let command = ui::line(&check.command, 60);
    let name = ui::line(&check.name, 20);
    [
        vec![name, ran(&check.base), ran(&check.head), command],
        vec![String::new(), ui::safe(&check.base.log), ui::safe(&check.head.log), String::new()],
    ]
}

fn ran(run: &Run) -> String {
    format!("{}, {}", run.exit.words(), ui::duration(run.duration_ms))
}

fn added(test: &AddedTest) -> String {
    let on_base = match test.on_base {
        OnBase::RedGreen => "fails on base: it tests the change",
        OnBase::Empty => "passes on base too: it says nothing about the change",
        OnBase::Red => "fails on base and at head",
        OnBase::Unknown => "could not be run on base by itself",
    };
    format!("{} ({on_base})", test.name)
}

fn list(heading: &str, names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{heading} ({})\n", names.len());
    for name in names.iter().take(NAMES_MAX) {
        text.push_str(&format!("  {}\n", ui::safe(name).replace('\n', " ")));
    }
    if names.len() > NAMES_MAX {
        text.push_str(&format!("  … and {} more\n", names.len() - NAMES_MAX));
    }
    text
}
