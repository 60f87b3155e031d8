//! Reads what our own reporters write: one object of JSON a line, each with the run's nonce and
//! the number of the process that wrote it. A stream begins, tells when a test starts and what
//! became of it, and ends; so what crashed in the middle is known to have.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Outcome, Report, cut};

#[derive(Debug, Deserialize)]
struct Line {
    nonce: String,
    process: u64,
    #[serde(flatten)]
    said: Said,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
enum Said {
    Begin {
        runner: String,
    },
    Start {
        id: String,
    },
    Passed {
        id: String,
    },
    Skipped {
        id: String,
    },
    Failed {
        id: String,
    },
    /// What holds tests and couldn't be loaded or set up.
    Unreachable {
        id: String,
    },
    /// A test that failed and was then called passed.
    Changed {
        id: String,
    },
    /// `partial` where not every test had its turn.
    End {
        partial: bool,
    },
}

/// The runners that our reporters are for; anything else is not of ours.
const RUNNERS: [&str; 6] = ["pytest", "unittest", "node", "jest", "vitest", "mocha"];

/// Of the run whose nonce this is.
pub(crate) fn read(text: &str, nonce: &str) -> Report {
    let mut streams: BTreeMap<u64, Stream> = BTreeMap::new();
    let mut report = Report::default();
    let mut foreign = 0_u64;
    let whole = text.ends_with('\n') || text.is_empty();
    let count = text.lines().count();
    for (at, line) in text.lines().enumerate() {
        match serde_json::from_str::<Line>(line) {
            Ok(line) if line.nonce == nonce => {
                streams.entry(line.process).or_default().take(line.said, &mut report);
            }
            // The last one may be half written.
            Err(_) if at + 1 == count && !whole => {}
            Ok(_) | Err(_) => foreign += 1,
        }
    }
    if foreign > 0 {
        report.is_forged = true;
        report.doubt(format!("{foreign} lines of its report weren't written by its reporter"));
    }
    streams.into_values().for_each(|stream| stream.close(&mut report));
    report
}

/// What one process wrote.
#[derive(Debug, Default)]
struct Stream {
    runner: String,
    open: BTreeSet<String>,
    ended: bool,
}

impl Stream {
    fn take(&mut self, said: Said, report: &mut Report) {
        match said {
            Said::Begin { runner } => self.begin(&runner, report),
            Said::Start { id } => {
                self.open.insert(id);
            }
            Said::Passed { id } => self.result(&id, Outcome::Passed, report),
            Said::Skipped { id } => self.result(&id, Outcome::Skipped, report),
            Said::Failed { id } => self.result(&id, Outcome::Failed, report),
            Said::Unreachable { id } => report.record_unreachable(&id),
            Said::Changed { id } => {
                report.is_forged = true;
                let id = cut(&id);
                report.doubt(format!("{id} failed and something called it passed afterwards"));
            }
            Said::End { partial } => {
                self.ended = true;
                report.stopped_early |= partial;
            }
        }
    }

    fn begin(&mut self, runner: &str, report: &mut Report) {
        let known = RUNNERS.iter().find(|known| **known == runner);
        self.runner = known.map_or("a runner", |known| *known).to_owned();
        self.ended = false;
        report.merge(Report::of(&self.runner));
    }

    fn result(&mut self, id: &str, outcome: Outcome, report: &mut Report) {
        self.open.remove(id);
        report.record(id, outcome);
    }

    /// A test that was running when its runner went away failed, whatever ended it.
    fn close(self, report: &mut Report) {
        if self.ended {
            return;
        }
        report.stopped_early = true;
        let runner = &self.runner;
        for id in &self.open {
            report.record(id, Outcome::Failed);
        }
        let first = self.open.first().map(|id| cut(id));
        let during = first.map_or_else(String::new, |id| format!(" while {id} ran"));
        report.doubt(format!("{runner} went away in the middle{during}"));
    }
}
