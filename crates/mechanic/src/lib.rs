//! The mechanic: repairs a program without a model.
//!
//! It runs the project's own tests and watches which lines each test runs, ranks the lines that
//! failing tests run, makes small edits there by syntax templates, tries them by the thousand in
//! forked children of the test runner, and commits the simplest one with which every test passes.
//! Which languages there are stands in `languages.rs`. Knows nothing of models, tasks, the store or a forge.

mod baseline;
mod bench;
mod candidate;
mod choice;
mod disk;
mod effort;
mod error;
pub mod jobs;
mod land;
mod languages;
mod mention;
mod order;
mod rank;
mod search;
mod tidy;
mod words;

use std::time::{Duration, Instant};

use computer::Computer;
use domain::event::SuspiciousLine;

use baseline::{Baseline, Verdict};
use bench::{Behaviour, Bench, CantRun, Test};
use candidate::Candidate;
use choice::Choice;
pub use choice::{Ambiguity, Why};
pub use effort::{Effort, Speed};
pub use error::Error;
use land::Draft;
use mention::Mentions;
use search::{Found, Search};
use syntax::Parsed;
use tidy::Tidy;

/// What the mechanic is asked to do.
#[derive(Debug, Clone)]
pub struct Job {
    /// Run by `sh -c` in the repository's root.
    pub test_command: String,
    /// 0 searches strictly by suspicion; every other number shakes the order its own way.
    pub seed: u64,
    pub time: Duration,
    /// What was asked for. Files and names that it mentions are looked at a little sooner; it is
    /// understood no further.
    pub text: String,
}

/// Told while it works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    FailingTests {
        failing: Vec<String>,
        passing: usize,
    },
    /// Most suspicious first.
    Located {
        lines: Vec<SuspiciousLine>,
    },
    /// After each batch, so every few seconds. `planned` is what the time left is likely to
    /// suffice for, at the speed so far; `found` pass all tests.
    Tried {
        tried: usize,
        planned: usize,
        found: usize,
    },
    /// The simplest edit that passes everything, before the project's own command has its say.
    Chosen {
        path: String,
        line: u32,
        before: String,
        after: String,
        /// How far the tests single it out.
        ambiguity: Ambiguity,
    },
    /// Not one edit, but one that repairs some tests and breaks none; a second is looked for.
    HalfWay {
        path: String,
        line: u32,
    },
}

/// How it ended. Only [`Repair::Fixed`] leaves a change in the work tree, as one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repair {
    Fixed {
        /// One line, imperative.
        title: String,
        /// Markdown.
        summary: String,
        /// The files that changed: one, or two where it took two edits.
        paths: Vec<String>,
        diff: String,
        effort: Effort,
    },
    NothingFails,
    TestsCantRun {
        why: String,
        /// What a person can do about it.
        remedy: String,
        /// The end of the test command's output.
        output: String,
    },
    NotFound {
        located: Vec<SuspiciousLine>,
        effort: Effort,
        planned: usize,
        reason: String,
    },
    Unsupported {
        why: String,
    },
}

/// Suspicious lines that are told of.
const LOCATED_MAX: usize = 20;
/// Source files that are read for editing, the most suspicious first.
const FILES_MAX: usize = 60;
/// Edits on top of each other.
const ROUNDS_MAX: usize = 2;
/// Of the edits that pass everything, those whose behaviour is compared, and for how long.
const COMPARED_MAX: usize = 32;
const BEHAVIOUR_TIME: Duration = Duration::from_secs(10);
/// Kept back from the search for the last run of the tests and the commit.
const RESERVE_SHARE: u32 = 10;
/// Of the time, what one watched run may take.
const RECORD_SHARE: u32 = 2;

/// Where progress goes.
pub type Tell<'t> = dyn FnMut(Progress) + Send + 't;

/// Repairs the repository in [`computer::WORKSPACE`], or says why not.
pub async fn repair(
    computer: &dyn Computer,
    job: &Job,
    tell: &mut Tell<'_>,
) -> Result<Repair, Error> {
    let deadline = Instant::now() + job.time - job.time / RESERVE_SHARE;
    let tidy = Tidy::look(computer).await?;
    let mut ended = Repair::Unsupported { why: languages::unsupported() };
    for bench in languages::open(computer, &job.test_command).await? {
        tracing::debug!(language = bench.language(), "watching the tests");
        let recorded = bench.record(job.time / RECORD_SHARE).await?;
        let (watched, output) = (recorded.loaded_tests(), baseline::tail(&recorded.exited.text()));
        let is_first = matches!(ended, Repair::Unsupported { .. });
        match baseline::judge(&*bench, recorded) {
            Verdict::NothingFails => return Ok(Repair::NothingFails),
            Verdict::CantRun(CantRun { why, remedy }) if is_first || watched => {
                ended = Repair::TestsCantRun { why, remedy, output };
            }
            Verdict::CantRun(_) => {}
            Verdict::Failing(baseline) => {
                let mentions = Mentions::of(&job.text);
                let mechanic = Mechanic { computer, bench: &*bench, job, mentions, tidy, deadline };
                return mechanic.repair(baseline, tell).await;
            }
        }
        if watched {
            break;
        }
    }
    Ok(ended)
}

struct Mechanic<'c> {
    computer: &'c dyn Computer,
    bench: &'c dyn Bench,
    job: &'c Job,
    mentions: Mentions,
    tidy: Tidy,
    deadline: Instant,
}

impl Mechanic<'_> {
    async fn repair(&self, mut baseline: Baseline, tell: &mut Tell<'_>) -> Result<Repair, Error> {
        tell(Progress::FailingTests {
            failing: baseline.failing.clone(),
            passing: baseline.passing.len(),
        });
        let sources = self.sources(&mut baseline).await?;
        let located = located(&baseline, &sources);
        tell(Progress::Located { lines: located.clone() });
        let mentioned = self.mentioned(&sources);
        let mut draft = Draft::new(self.computer, &baseline, located, mentioned);
        let ended = self.rounds(&mut draft, baseline, sources, tell).await;
        self.tidy.restore(self.computer, &draft.own()).await?;
        match ended {
            Ok(Some(repair)) => Ok(repair),
            Ok(None) => {
                draft.restore().await?;
                Ok(draft.not_found())
            }
            Err(error) => {
                draft.restore().await?;
                Err(error)
            }
        }
    }

    /// Looks for one edit; then for a second on top of one that helped.
    async fn rounds(
        &self,
        draft: &mut Draft<'_>,
        mut baseline: Baseline,
        mut sources: Vec<Parsed>,
        tell: &mut Tell<'_>,
    ) -> Result<Option<Repair>, Error> {
        for round in 1..=ROUNDS_MAX {
            let found = self.search(&baseline, &sources, draft.effort.tried, tell).await?;
            draft.note(&found);
            let partial = found.partial;
            let choice = self.choose(&baseline, found.whole).await?;
            if let Some(repair) = self.land(draft, &choice, tell).await? {
                return Ok(Some(repair));
            }
            let Some(partial) = partial.first().filter(|_| round < ROUNDS_MAX) else { break };
            tell(Progress::HalfWay { path: partial.path.clone(), line: partial.edit.line });
            draft.add(partial).await?;
            let left = self.deadline.saturating_duration_since(Instant::now());
            let recorded = self.bench.record(left).await?;
            let Verdict::Failing(mut next) = baseline::judge(self.bench, recorded) else { break };
            sources = self.sources(&mut next).await?;
            baseline = next;
        }
        Ok(None)
    }

    async fn search(
        &self,
        baseline: &Baseline,
        sources: &[Parsed],
        tried_before: usize,
        tell: &mut Tell<'_>,
    ) -> Result<Found, Error> {
        let failed: Vec<&Test> = baseline.failed().collect();
        let hints = self.bench.hints(&failed);
        let mentions = &self.mentions;
        let clues = order::Clues { sources, baseline, mentions, hints: &hints };
        let plan = order::plan(&clues, self.job.seed);
        let disk = disk::At { computer: self.computer, bench: self.bench };
        let search = Search { bench: self.bench, disk, baseline, deadline: self.deadline };
        let mut told = |count: search::Count| {
            tell(Progress::Tried {
                tried: tried_before + count.tried,
                planned: tried_before + count.planned,
                found: count.found,
            });
        };
        search.run(plan, &mut told).await
    }

    /// Which of the edits that pass everything is the one to take.
    async fn choose(&self, baseline: &Baseline, whole: Vec<Candidate>) -> Result<Choice, Error> {
        let mut behaviour = Behaviour::default();
        if whole.len() > 1 {
            let few = &whole[..whole.len().min(COMPARED_MAX)];
            let tests = baseline.near(few);
            behaviour = self.bench.behaviour(few, &tests, BEHAVIOUR_TIME).await?;
        }
        Ok(Choice::of(whole, &behaviour))
    }

    /// Puts the simplest edit that the project's own command agrees with into a commit.
    async fn land(
        &self,
        draft: &mut Draft<'_>,
        choice: &Choice,
        tell: &mut Tell<'_>,
    ) -> Result<Option<Repair>, Error> {
        for (place, candidate) in choice.ranked.iter().enumerate().take(land::ATTEMPTS_MAX) {
            self.tidy.restore(self.computer, &draft.own()).await?;
            draft.compare(choice, place).await?;
            let told = draft.add(candidate).await?;
            let words::Told { path, line, before, after, .. } = told;
            let ambiguity = choice.ambiguity(place);
            tell(Progress::Chosen { path, line, before, after, ambiguity });
            let ran = disk::run(self.computer, self.bench, self.job.time).await?;
            if ran.status.is_success() {
                return draft.commit(&self.job.test_command).await.map(Some);
            }
            draft.undo().await?;
        }
        Ok(None)
    }

    /// What the task's text names of what is looked at.
    fn mentioned(&self, sources: &[Parsed]) -> Vec<String> {
        let names = |source: &Parsed| {
            let functions = source.functions();
            functions.into_iter().map(|function| function.name).collect::<Vec<_>>()
        };
        let all: Vec<(&str, Vec<String>)> =
            sources.iter().map(|source| (source.path.as_str(), names(source))).collect();
        let places = all.iter().flat_map(|(path, names)| {
            let functions = names.iter().map(move |name| (*path, Some(name.as_str())));
            functions.chain([(*path, None)])
        });
        self.mentions.among(places)
    }

    /// The files with suspicious lines, parsed. Lines of tests are suspicious no longer.
    async fn sources(&self, baseline: &mut Baseline) -> Result<Vec<Parsed>, Error> {
        let mut paths: Vec<String> = Vec::new();
        let suspicious = baseline.ranking.sorted().into_iter().map(|(path, _, _)| path);
        let all = suspicious.chain(baseline.imported.keys().map(String::as_str));
        for path in all.filter(|path| self.bench.edits(path)) {
            if paths.len() < FILES_MAX && !paths.iter().any(|known| known == path) {
                paths.push(path.to_owned());
            }
        }
        let mut sources = Vec::new();
        for path in paths {
            let bytes = self.computer.read(&disk::inside(&path), disk::FILE_BYTES_MAX).await;
            // A file that is too large or no UTF-8 is left out of the search, not a failure of it.
            let text = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
            sources.extend(text.and_then(|text| Parsed::new(&path, text)));
        }
        for source in sources.iter().filter(|source| baseline.mixed.contains(&source.path)) {
            baseline.ranking.leave_out(&source.path, &self.bench.tests_within(source));
        }
        Ok(sources)
    }
}

fn located(baseline: &Baseline, sources: &[Parsed]) -> Vec<SuspiciousLine> {
    let text = |path: &str, line| {
        let source = sources.iter().find(|source| source.path == path);
        source.map_or(String::new(), |source| source.line(line).to_owned())
    };
    let ranked = baseline.ranking.sorted().into_iter().take(LOCATED_MAX);
    ranked
        .map(|(path, line, score)| SuspiciousLine {
            path: path.to_owned(),
            line,
            score_milli: milli(score),
            text: text(path, line),
        })
        .collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1")]
fn milli(score: f64) -> u32 {
    (score.clamp(0.0, 1.0) * 1000.0).round() as u32
}

#[cfg(test)]
mod tests;
