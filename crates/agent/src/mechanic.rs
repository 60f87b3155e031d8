//! The mechanic as an agent: its progress becomes facts, its end a report.

use async_trait::async_trait;
use computer::Computer;
use domain::task::AgentName;
use domain::{AttemptId, Fact};
use mechanic::jobs::{self, Choice, Ended, Name, Order};
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

/// Repairs without a model, or does another of its jobs; see the crate `mechanic`.
#[derive(Debug, Clone, Copy)]
pub struct Mechanic {
    named: AgentName,
}

impl Mechanic {
    /// The one of that name. Plain `mechanic` looks in the sentence for which job it is.
    pub fn named(named: AgentName) -> Self {
        Self { named }
    }
}

/// Whether the task is about another attempt's change.
pub fn wants_another(agent: AgentName, text: &str) -> bool {
    !agent.has_model() && choice(agent, text).job == Name::Minimise
}

/// The first attempt that a sentence names: `k3v9x2ab.2`.
pub fn attempt_named(text: &str) -> Option<AttemptId> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
    words.map(|word| word.trim_matches('.')).find_map(|word| word.parse().ok())
}

/// By the agent's name, else by the sentence.
fn choice(agent: AgentName, text: &str) -> Choice {
    let job = match agent {
        AgentName::MechanicLint => Name::Lint,
        AgentName::MechanicBisect => Name::Bisect,
        AgentName::MechanicMinimise => Name::Minimise,
        AgentName::Mechanic | AgentName::Native => {
            return jobs::choose(text, attempt_named(text).is_some());
        }
    };
    Choice { job, words: None }
}

#[async_trait]
impl Agent for Mechanic {
    async fn work(
        &self,
        brief: &Brief,
        computer: &dyn Computer,
        log: &dyn Log,
    ) -> Result<Report, Error> {
        let choice = choice(self.named, &brief.text);
        let is_chosen = self.named == AgentName::Mechanic;
        if is_chosen && choice.job != Name::Repair {
            log.record(progress_text(chosen(&choice))).await?;
        }
        let report = match choice.job {
            Name::Repair => self.repair(brief, computer, log).await?,
            Name::Lint | Name::Bisect | Name::Minimise => {
                one_job(choice.job, brief, computer, log).await?
            }
        };
        Ok(if is_chosen { with_choice(report, &choice, &brief.text) } else { report })
    }
}

impl Mechanic {
    async fn repair(
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

/// Which job the sentence chose, and by which of its words.
fn chosen(choice: &Choice) -> String {
    let job = choice.job.as_str();
    match &choice.words {
        Some(words) => {
            format!("The mechanic chose the job {job}, because the task says \"{words}\".")
        }
        None => format!(
            "The mechanic chose the job {job}, as it does where a task's words name no other of \
             its jobs (lint, bisect, minimise)."
        ),
    }
}

/// What the report says, and how the job was chosen. Where nothing came of it and the sentence asks
/// for what no job does, that comes first.
fn with_choice(report: Report, choice: &Choice, text: &str) -> Report {
    let chosen = chosen(choice);
    let Report { ending, title, summary } = report;
    match ending {
        Ending::Finished => {
            let summary = format!("{}\n\n{chosen}\n", summary.trim_end());
            Report { ending, title, summary }
        }
        Ending::Answered { answer, sources } => {
            let answer = format!("{}\n\n{chosen}\n", answer.trim_end());
            Report { ending: Ending::Answered { answer, sources }, title, summary }
        }
        Ending::GaveUp { reason } => {
            let beyond = jobs::beyond(text).filter(|_| choice.job == Name::Repair);
            gave_up(match (beyond, &choice.words) {
                (Some(verb), _) => format!("{} {reason}", cannot(verb)),
                (None, Some(_)) => format!("{reason}\n{chosen}"),
                (None, None) => reason,
            })
        }
        Ending::Paused { .. } | Ending::OutOfTime | Ending::OutOfBudget { .. } => {
            Report { ending, title, summary }
        }
    }
}

fn cannot(verb: &str) -> String {
    format!(
        "The task asks to {verb} something, and none of the mechanic's jobs (repair, lint, bisect, \
         minimise) does that; the native agent with a model could. It looked for something to repair \
         instead:"
    )
}

/// Lint, bisect or minimise, told in the log as it goes.
async fn one_job(
    job: Name,
    brief: &Brief,
    computer: &dyn Computer,
    log: &dyn Log,
) -> Result<Report, Error> {
    let check = |check: &environment::Check| jobs::Check {
        name: check.name.clone(),
        command: check.command.clone(),
    };
    let checks: Vec<jobs::Check> = brief.environment.checks.iter().map(check).collect();
    let other = brief.other.as_ref().map(|other| jobs::Other {
        name: other.attempt.to_string(),
        title: other.title.clone(),
        head: other.head.clone(),
    });
    let order = Order { text: &brief.text, checks: &checks, other, time: brief.time };
    let (told, mut heard) = mpsc::unbounded_channel();
    let working = async move {
        // As with a repair, a log that can't be written ends the work below.
        let mut say = |text| drop(told.send(text));
        match job {
            Name::Lint => jobs::lint(computer, &order, &mut say).await,
            Name::Bisect => jobs::bisect(computer, &order, &mut say).await,
            Name::Minimise => jobs::minimise(computer, &order, &mut say).await,
            Name::Repair => Ok(Ended::Nothing { reason: "a repair is no job of these".into() }),
        }
    };
    let writing = async {
        while let Some(text) = heard.recv().await {
            log.record(progress_text(text)).await?;
        }
        Ok::<(), Error>(())
    };
    let (ended, written) = tokio::join!(working, writing);
    written?;
    Ok(match ended? {
        Ended::Changed { title, summary } => Report { ending: Ending::Finished, title, summary },
        Ended::Answered { answer } => {
            let ending = Ending::Answered { answer, sources: Vec::new() };
            Report { ending, title: String::new(), summary: String::new() }
        }
        Ended::Nothing { reason } => gave_up(reason),
    })
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
