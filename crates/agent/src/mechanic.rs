//! The mechanic as an agent: its progress becomes facts, its end a report.

use async_trait::async_trait;
use computer::Computer;
use domain::Fact;
use mechanic::{Ambiguity, Job, Progress, Repair};
use tokio::sync::mpsc;

use crate::{Agent, Brief, Ending, Error, Log, Report};

/// Failing tests that a line of the log names.
const NAMES_MAX: usize = 5;
/// Suspicious lines that a reason names.
const LINES_MAX: usize = 10;
/// Of a test command's output, what a reason shows.
const OUTPUT_LINES_MAX: usize = 15;
const OUTPUT_BYTES_MAX: usize = 2 * 1024;

/// Repairs without a model; see the crate `mechanic`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mechanic;

#[async_trait]
impl Agent for Mechanic {
    async fn work(
        &self,
        brief: &Brief,
        computer: &dyn Computer,
        log: &dyn Log,
    ) -> Result<Report, Error> {
        let Some(check) = brief.environment.check("test") else {
            return Ok(gave_up(NO_TESTS.into()));
        };
        // The first attempt searches strictly by suspicion; the others shake the order.
        let seed = if brief.attempt.number() == 1 { 0 } else { brief.seed.max(1) };
        let job = Job {
            test_command: check.command.clone(),
            seed,
            time: brief.time,
            text: brief.text.clone(),
        };
        Ok(report(repair(computer, &job, log).await?))
    }
}

const NO_TESTS: &str = "the mechanic works from failing tests, and no test command was found; \
    write one in whimbrel.toml ([checks] test = \"…\"), or use the native agent with a model";

/// Repairs, and logs what it is told meanwhile: telling can't wait, but a log is written with it.
async fn repair(computer: &dyn Computer, job: &Job, log: &dyn Log) -> Result<Repair, Error> {
    let (told, mut heard) = mpsc::unbounded_channel();
    let repairing = async move {
        // A log that can't be written ends the work below; what is told until then is dropped.
        let mut tell = |progress| drop(told.send(progress));
        mechanic::repair(computer, job, &mut tell).await
    };
    let writing = async {
        while let Some(progress) = heard.recv().await {
            log.record(fact(progress)).await?;
        }
        Ok::<(), Error>(())
    };
    let (repaired, written) = tokio::join!(repairing, writing);
    written?;
    Ok(repaired?)
}

fn fact(progress: Progress) -> Fact {
    match progress {
        Progress::FailingTests { failing, passing } => {
            let more = if failing.len() > NAMES_MAX { ", …" } else { "" };
            let names = failing[..failing.len().min(NAMES_MAX)].join(", ");
            let fail = match failing.len() {
                1 => "1 test fails".to_owned(),
                count => format!("{count} tests fail"),
            };
            progress_text(format!("{fail}, {passing} pass: {names}{more}"))
        }
        Progress::Located { lines } => Fact::Located { lines },
        Progress::Tried { tried, found, .. } => progress_text(match found {
            0 => format!("{tried} edits tried"),
            1 => format!("{tried} edits tried, 1 repairs it"),
            _ => format!("{tried} edits tried, {found} repair it"),
        }),
        Progress::Chosen { path, line, before, after, ambiguity } => progress_text(format!(
            "{path}:{line}: `{before}` → `{after}` repairs it{}",
            others(ambiguity)
        )),
        Progress::HalfWay { path, line } => progress_text(format!(
            "an edit at {path}:{line} repairs some tests; looking for a second one on top of it"
        )),
    }
}

/// How far the tests single an edit out.
fn others(ambiguity: Ambiguity) -> String {
    let Ambiguity { others, ways, .. } = ambiguity;
    let ways = match ways {
        0 => String::new(),
        1 => ", and all behave alike".to_owned(),
        ways => format!(", in {ways} ways"),
    };
    match others {
        0 => String::new(),
        1 => format!("; 1 other edit does, too{ways}"),
        others => format!("; {others} other edits do, too{ways}"),
    }
}

fn progress_text(text: String) -> Fact {
    Fact::Progress { text }
}

fn report(repair: Repair) -> Report {
    match repair {
        Repair::Fixed { title, summary, .. } => Report { ending: Ending::Finished, title, summary },
        Repair::NothingFails => gave_up(
            "all tests pass, so the mechanic has nothing to work from; a test that shows the \
             problem would let it begin"
                .into(),
        ),
        Repair::TestsCantRun { why, remedy, output } => {
            let output = stdx::cut::tail(&output, OUTPUT_LINES_MAX, OUTPUT_BYTES_MAX);
            gave_up(format!("the tests can't run: {why}; {remedy}\n{output}"))
        }
        Repair::NotFound { located, effort, planned, reason } => {
            let tried = effort.tried;
            let lines: String = located.iter().take(LINES_MAX).map(suspicious).collect();
            gave_up(format!(
                "{reason} ({tried} of {planned} edits tried). Most suspicious lines:{lines}"
            ))
        }
        Repair::Unsupported { why } => gave_up(why),
    }
}

fn suspicious(line: &domain::event::SuspiciousLine) -> String {
    let score = f64::from(line.score_milli) / 1000.0;
    format!("\n{score:.2}  {}:{}  {}", line.path, line.line, line.text.trim())
}

fn gave_up(reason: String) -> Report {
    Report { ending: Ending::GaveUp { reason }, title: String::new(), summary: String::new() }
}
