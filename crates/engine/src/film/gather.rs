//! A film's story, from what the store and the attempt's files say.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use domain::attempt::{Outcome, State};
use domain::evidence::{AddedTest, Level, OnBase};
use domain::{AttemptId, Change, Event, Evidence, Fact, Task};
use film::Story;
use film::story::{Cause, Failing, Mark, Number, Proof, Question, Row, Tone};
use forge::Mirror;

use super::{diff, excerpt};
use crate::{Engine, Error};

/// Of a patch, what is looked at to choose a part of it.
const PATCH_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Of a log, its beginning: a first failure is rarely further down.
const LOG_BYTES_MAX: u64 = 4 * 1024 * 1024;
const ROWS_MAX: usize = 4;

/// What is to be told of an attempt that has ended.
///
/// # Errors
/// [`Error::Unusable`] where it has neither changed nor answered anything.
pub async fn story(engine: &Engine, id: &AttemptId) -> Result<Story, Error> {
    let task = store::task::get(&engine.store, &id.task()).await?;
    let attempt = store::attempt::get(&engine.store, id).await?;
    let project = store::project::get(&engine.store, &task.project).await?;
    let mut story = Story {
        project: project.origin.name().to_owned(),
        asked: task.text.clone(),
        ..Story::default()
    };
    match &attempt.state {
        State::Ended { outcome: Outcome::Answered { answer, .. } } => {
            story.answer = Some(plain(answer));
            story.question = question("Is that it?", String::new());
        }
        State::Ended { .. } | State::Proving => {
            let Some(change) = store::change::get(&engine.store, id).await? else {
                return Err(nothing(id, "it changed and answered nothing"));
            };
            let mirror = Mirror::open(engine.home.path(), &project).await?;
            tell(engine, &mut story, &task, &change, &mirror, id).await?;
        }
        State::Queued | State::Preparing | State::Working | State::Paused { .. } => {
            return Err(nothing(id, "it hasn't ended yet"));
        }
    }
    Ok(story)
}

/// Markdown without the marks that only stand for looks.
fn plain(markdown: &str) -> String {
    let line = |line: &str| {
        let line = line.trim_start_matches('#').replace("**", "").replace('`', "");
        match line.trim_start().strip_prefix("- ").or(line.trim_start().strip_prefix("* ")) {
            Some(item) => format!("• {item}"),
            None => line.trim().to_owned(),
        }
    };
    markdown.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn nothing(id: &AttemptId, why: &str) -> Error {
    Error::Unusable(format!(
        "there is no film of attempt {id}, since {why}; `whimbrel show {id}` says where it is"
    ))
}

async fn tell(
    engine: &Engine,
    story: &mut Story,
    task: &Task,
    change: &Change,
    mirror: &Mirror,
    id: &AttemptId,
) -> Result<(), Error> {
    let patch = mirror.diff(&change.base, &change.head, PATCH_BYTES_MAX).await?;
    let patches = diff::patches(&String::from_utf8_lossy(&patch.bytes));
    let events = store::event::all(&engine.store, id).await?;
    let evidence = store::evidence::get(&engine.store, id).await?;
    let report = store::report::get(&engine.store, id).await?;
    let spent = store::exchange::spent(&engine.store, store::exchange::Scope::Attempt(id)).await?;
    let foremost = diff::foremost(&patches);
    let others = change.files.len().saturating_sub(1);
    story.change = foremost.map(|patch| patch.change(others));
    if let Some(evidence) = &evidence {
        story.failing = failing(evidence, &engine.home.attempt(id));
        story.proof = (!evidence.checks.is_empty()).then(|| proof(evidence));
    }
    if story.failing.is_some() {
        let cause = foremost.and_then(diff::Patch::cause);
        story.cause = cause.map(|cause| Cause { why: why(&cause, &events), ..cause });
    }
    story.numbers = numbers(change, evidence.as_ref(), spent.micros);
    let title = report.map(|report| report.title).filter(|title| !title.trim().is_empty());
    let about = title.unwrap_or_else(|| task.text.clone()).replace('`', "");
    let holds = evidence.as_ref().is_some_and(Evidence::holds);
    story.question = question(if holds { "Merge it?" } else { "Merge it anyway?" }, about);
    Ok(())
}

fn question(text: &str, about: String) -> Question {
    Question { text: text.into(), about, left: "Reject".into(), right: "Approve".into() }
}

/// The test that the film is about: one that was fixed, one that fails without the change, or else
/// a check that failed.
fn failing(evidence: &Evidence, folder: &Path) -> Option<Failing> {
    let tests = &evidence.tests;
    let added = tests.added.iter().filter(|test| test.on_base == OnBase::RedGreen);
    let mut names = tests.fixed.iter().chain(added.map(|test| &test.name));
    if let Some(name) = names.next() {
        let logs = evidence.checks.iter().map(|check| log(folder, &check.base.log));
        let mut outputs = logs.map(|log| excerpt::of_test(&log, name));
        let output = outputs.find(|output| !output.is_empty()).unwrap_or_default();
        return Some(Failing { name: name.clone(), output, others: names.count() as u64 });
    }
    let is_fixed = |check: &&domain::evidence::Check| check.head.passes() && !check.base.passes();
    let check = evidence.checks.iter().find(is_fixed)?;
    let output = excerpt::of_check(&log(folder, &check.base.log));
    Some(Failing { name: check.command.clone(), output, others: 0 })
}

/// A log that can't be read says nothing: the film goes on without it.
fn log(folder: &Path, name: &str) -> String {
    let mut bytes = Vec::new();
    if Path::new(name).file_name().is_some_and(|file| file == name)
        && let Ok(file) = File::open(folder.join(name))
    {
        // What was read before an error is as good as a log that was cut.
        let _read = file.take(LOG_BYTES_MAX).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What the mechanic thought of that place before it was changed.
fn why(cause: &Cause, events: &[Event]) -> String {
    let located = events.iter().rev().find_map(|event| match &event.fact {
        Fact::Located { lines } => Some(lines),
        _another => None,
    });
    let Some(located) = located else { return String::new() };
    let is_suspect =
        |number: u32| cause.lines.iter().any(|line| line.suspect && line.number == number);
    let rank = located.iter().position(|line| line.path == cause.path && is_suspect(line.line));
    match rank {
        Some(0) => "The line that failing tests run most, and passing tests least.".into(),
        Some(rank) => format!(
            "Number {} of {} suspicious lines: those that failing tests run more than passing ones.",
            rank + 1,
            located.len()
        ),
        None => String::new(),
    }
}

fn proof(evidence: &Evidence) -> Proof {
    let tests = &evidence.tests;
    let mut rows = if tests.known { rows_of_tests(evidence) } else { rows_of_checks(evidence) };
    let shown = rows.len().min(ROWS_MAX);
    let passing = rows[..shown].iter().filter(|row| row.after == Mark::Passed).count() as u64;
    rows.truncate(ROWS_MAX);
    let others = if tests.known { tests.passed_head.saturating_sub(passing) } else { 0 };
    let told = tests.added.iter().filter(|test| test.on_base != OnBase::Unknown).count() as u64;
    let mutation = &evidence.mutation;
    Proof {
        rows,
        more: match others {
            0 => String::new(),
            1 => "and 1 other test passes".into(),
            others => format!("and {others} other tests pass"),
        },
        red_green: (told > 0).then(|| (red_green(&tests.added), told)),
        mutants: (mutation.tried > 0).then_some((mutation.caught, mutation.tried)),
        verdict: proof::markdown::headline_text(evidence).replace("**", ""),
        holds: evidence.holds(),
    }
}

fn red_green(added: &[AddedTest]) -> u64 {
    added.iter().filter(|test| test.on_base == OnBase::RedGreen).count() as u64
}

/// What speaks against it first, then what it fixes, then what it adds.
fn rows_of_tests(evidence: &Evidence) -> Vec<Row> {
    let tests = &evidence.tests;
    let row = |name: &String, before, after| Row { name: name.clone(), before, after };
    let broken = tests.broken.iter().map(|name| row(name, Mark::Passed, Mark::Failed));
    let removed = tests.removed.iter().map(|name| row(name, Mark::Passed, Mark::Absent));
    let fixed = tests.fixed.iter().map(|name| row(name, Mark::Failed, Mark::Passed));
    let added = tests.added.iter().map(|test| {
        let before = match test.on_base {
            OnBase::RedGreen | OnBase::Red => Mark::Failed,
            OnBase::Empty => Mark::Passed,
            OnBase::Unknown => Mark::Absent,
        };
        row(&test.name, before, if test.passes { Mark::Passed } else { Mark::Failed })
    });
    let rows: Vec<Row> = broken.chain(removed).chain(fixed).chain(added).take(ROWS_MAX).collect();
    if rows.is_empty() { rows_of_checks(evidence) } else { rows }
}

fn rows_of_checks(evidence: &Evidence) -> Vec<Row> {
    let mark = |run: &domain::evidence::Run| if run.passes() { Mark::Passed } else { Mark::Failed };
    let row = |check: &domain::evidence::Check| Row {
        name: check.command.clone(),
        before: mark(&check.base),
        after: mark(&check.head),
    };
    evidence.checks.iter().map(row).take(ROWS_MAX).collect()
}

fn numbers(change: &Change, evidence: Option<&Evidence>, micros: u64) -> Vec<Number> {
    let number = |value: String, label: &str, tone| Number { value, label: label.into(), tone };
    let mut numbers = Vec::new();
    if let Some(evidence) = evidence {
        let tests = &evidence.tests;
        let counted = [
            (tests.broken.len(), "broken", Tone::Bad),
            (evidence.cheats().count(), "objections", Tone::Bad),
            (tests.fixed.len(), "fixed", Tone::Good),
        ];
        let counted = counted.into_iter().filter(|(count, ..)| *count > 0);
        numbers.extend(counted.map(|(count, label, tone)| number(count.to_string(), label, tone)));
        let (shown, added) = (red_green(&tests.added), tests.added.len() as u64);
        if added > 0 {
            let tone = if shown == added { Tone::Good } else { Tone::Warn };
            numbers.push(number(format!("{shown}/{added}"), "red→green", tone));
        }
        let mutation = &evidence.mutation;
        if mutation.tried > 0 {
            let tone = if mutation.caught == mutation.tried { Tone::Good } else { Tone::Warn };
            let value = format!("{}/{}", mutation.caught, mutation.tried);
            numbers.push(number(value, "mutants caught", tone));
        }
    }
    numbers.push(number(lines(change), "lines", Tone::Plain));
    if change.files.len() > 1 {
        numbers.push(number(change.files.len().to_string(), "files", Tone::Plain));
    }
    let risk = evidence.map_or(Level::Unknown, |evidence| evidence.risk.level);
    let tone = match risk {
        Level::Unknown => None,
        Level::Low => Some(Tone::Good),
        Level::Medium => Some(Tone::Warn),
        Level::High => Some(Tone::Bad),
    };
    numbers.extend(tone.map(|tone| number(risk.word().into(), "risk", tone)));
    let cost = if micros == 0 { "$0".into() } else { dollars(micros) };
    numbers.push(number(cost, "for models", Tone::Plain));
    numbers
}

fn lines(change: &Change) -> String {
    let sum = |of: fn(&domain::change::FileChange) -> Option<u64>| -> u64 {
        change.files.iter().filter_map(of).sum()
    };
    format!("+{} −{}", sum(|file| file.added), sum(|file| file.removed))
}

/// To the cent, and below a cent that it is below.
fn dollars(micros: u64) -> String {
    match micros / 10_000 {
        0 => "<$0.01".into(),
        cents => format!("${}.{:02}", cents / 100, cents % 100),
    }
}

#[cfg(test)]
mod tests {
    use domain::change::{FileChange, Kind};
    use domain::evidence::Mutation;

    use super::*;

    fn change() -> Change {
        let commit = || "a".repeat(40).parse().expect("a commit");
        let file = |path: &str, added, removed| FileChange {
            path: path.into(),
            kind: Kind::Modified,
            added,
            removed,
        };
        let files = vec![file("a.py", Some(3), Some(1)), file("x.png", None, None)];
        Change { base: commit(), head: commit(), commits: Vec::new(), files }
    }

    fn evidence() -> Evidence {
        let Change { base, head, .. } = change();
        let mut evidence = Evidence::new(base, head);
        evidence.tests.known = true;
        evidence.tests.passed_head = 12;
        evidence.tests.fixed = vec!["t::a".into(), "t::b".into()];
        let added = |name: &str, on_base| AddedTest { name: name.into(), passes: true, on_base };
        evidence.tests.added = vec![added("t::c", OnBase::RedGreen), added("t::d", OnBase::Empty)];
        evidence.mutation = Mutation { possible: 4, tried: 4, caught: 3, ..Mutation::default() };
        evidence.risk.level = Level::Low;
        evidence
    }

    #[test]
    fn the_figures_are_those_of_the_evidence() {
        let numbers = numbers(&change(), Some(&evidence()), 41_000);
        let told: Vec<String> =
            numbers.iter().map(|number| format!("{} {}", number.value, number.label)).collect();
        let expected = [
            "2 fixed",
            "1/2 red→green",
            "3/4 mutants caught",
            "+3 −1 lines",
            "2 files",
            "low risk",
            "$0.04 for models",
        ];
        assert_eq!(told, expected);
        let bare = super::numbers(&change(), None, 0);
        assert_eq!(bare.last().map(|number| number.value.as_str()), Some("$0"));
        assert_eq!((dollars(9_999), dollars(12_340_000)), ("<$0.01".into(), "$12.34".into()));
    }

    #[test]
    fn the_proof_shows_what_turned_green_and_counts_the_rest() {
        let proof = proof(&evidence());
        let rows: Vec<(&str, Mark, Mark)> =
            proof.rows.iter().map(|row| (row.name.as_str(), row.before, row.after)).collect();
        use Mark::{Failed, Passed};
        let expected = [
            ("t::a", Failed, Passed),
            ("t::b", Failed, Passed),
            ("t::c", Failed, Passed),
            ("t::d", Passed, Passed),
        ];
        assert_eq!(rows, expected);
        assert_eq!(proof.more, "and 8 other tests pass");
        assert_eq!((proof.red_green, proof.mutants), (Some((1, 2)), Some((3, 4))));
    }

    #[test]
    fn a_log_is_read_from_the_attempts_own_folder_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("test-base.log"), "FAILED t::a").expect("written");
        assert_eq!(log(folder.path(), "test-base.log"), "FAILED t::a");
        assert_eq!(log(folder.path(), "../secret"), "");
        assert_eq!(log(folder.path(), "none.log"), "");
    }

    #[test]
    fn an_answer_is_read_without_its_marks() {
        assert_eq!(plain("## So\n\n- **it** is `x`"), "So\n\n• it is x");
    }
}
