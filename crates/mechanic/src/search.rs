//! The search: tries the planned candidates on the failing tests, what survives on all tests, and
//! goes on a little after the first success to see whether there is a simpler one. Knows nothing
//! of git or of words.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::Error;
use crate::baseline::Baseline;
use crate::bench::{Answer, Batch, Bench, Level, Verdict};
use crate::candidate::Candidate;
use crate::disk;

/// What one batch is sized to take.
const BATCH_TIME: Duration = Duration::from_secs(4);
/// What one batch takes at most, whatever its candidates do.
const BATCH_TIME_MAX: Duration = Duration::from_secs(30);
const BATCH_MIN: usize = 16;
const BATCH_MAX: usize = 2000;
/// How many more candidates are tried after the first success, and for how long: as long again as
/// it took, within these bounds.
const EXTRA_CANDIDATES: usize = 1500;
const EXTRA_TIME: Duration = Duration::from_secs(2);
const EXTRA_TIME_MAX: Duration = Duration::from_secs(10);
/// Survivors that are tried on all tests at once, the simplest first; the rest waits.
const SURVIVORS_MAX: usize = 48;
/// What trying them takes at most.
const CONFIRM_TIME_MAX: Duration = Duration::from_secs(60);
/// Edits that repair some of the tests, kept for a second round.
const PARTIAL_MAX: usize = 4;
/// With more failing tests than this, the first failure is all that is asked of a candidate.
const COUNTED_TESTS_MAX: usize = 8;

/// What a search came to.
#[derive(Debug, Default)]
pub struct Found {
    /// Pass all tests, the simplest first.
    pub whole: Vec<Candidate>,
    /// Repair some tests and break none, the one that repairs most first.
    pub partial: Vec<Candidate>,
    pub tried: usize,
    pub planned: usize,
    /// Time was over before the plan was.
    pub out_of_time: bool,
}

/// Told after each batch.
#[derive(Debug, Clone, Copy)]
pub struct Count {
    pub tried: usize,
    /// That there is likely to be time for.
    pub planned: usize,
    pub found: usize,
}

pub struct Search<'c> {
    pub bench: &'c dyn Bench,
    pub disk: disk::At<'c>,
    pub baseline: &'c Baseline,
    pub deadline: Instant,
}

/// The queues, by their place.
const FAST: usize = 0;
const COLD: usize = 1;
const SLOW: usize = 2;
/// How much longer a candidate may take that took too long the first time. Most of those never
/// end, so first all are given little.
const PATIENCE: f64 = 30.0;
const FIRST_PATIENCE: f64 = 3.0;
/// Of the weight of a candidate that took too long.
const SLOW_SHARE: f64 = 0.25;

struct Queue {
    level: Level,
    /// Times the usual allowance.
    patience: f64,
    /// What the weight of its candidates counts here.
    share: f64,
    waiting: VecDeque<Candidate>,
    /// Of the next batch.
    size: usize,
}

struct State {
    queues: Vec<Queue>,
    survivors: Vec<Candidate>,
    partial: Vec<(usize, Candidate)>,
    found: Found,
    /// When the first candidate passed everything, and how many had been tried.
    first: Option<(Instant, usize)>,
    began: Instant,
}

impl Search<'_> {
    pub async fn run(
        &self,
        plan: Vec<Candidate>,
        tell: &mut (dyn FnMut(Count) + Send),
    ) -> Result<Found, Error> {
        let level = self.level(&plan).await?;
        let mut state = State::new(plan, level);
        while let Some(queue) = state.next_queue() {
            if self.left().is_zero() || state.has_enough() {
                break;
            }
            self.try_next(&mut state, queue).await?;
            self.confirm(&mut state, level).await?;
            tell(state.count(self.left()));
        }
        self.finish(state).await
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// The fastest way of trying that shows the tests fail as the test command itself does.
    async fn level(&self, plan: &[Candidate]) -> Result<Level, Error> {
        let Some(first) = plan.first() else { return Ok(Level::Swapped) };
        for level in [Level::Swapped, Level::Fresh] {
            let batch = self.failing_batch(level, vec![first], PATIENCE);
            let answers = self.bench.try_batch(&batch).await?;
            if answers.are_sound() {
                return Ok(level);
            }
            tracing::debug!(?level, ?answers, "the fork server doesn't show the failures");
        }
        Ok(Level::Disk)
    }

    fn failing_batch<'b>(
        &'b self,
        level: Level,
        candidates: Vec<&'b Candidate>,
        patience: f64,
    ) -> Batch<'b> {
        let count = self.baseline.failing.len();
        Batch {
            level,
            tests: self.baseline.failing.iter().map(String::as_str).collect(),
            candidates,
            patience,
            stop_at_failure: count == 1 || count > COUNTED_TESTS_MAX,
            time: self.left().min(BATCH_TIME_MAX),
        }
    }

    async fn try_next(&self, state: &mut State, queue: usize) -> Result<(), Error> {
        let began = Instant::now();
        let candidates = state.queues[queue].take();
        let answers = self.answers(&state.queues[queue], &candidates).await?;
        state.queues[queue].resize(began.elapsed());
        let nothing_tried = answers.iter().all(|answer| answer.verdict == Verdict::Untried);
        for (candidate, answer) in candidates.into_iter().zip(answers).rev() {
            match answer.verdict {
                Verdict::Untried if !nothing_tried => {
                    state.queues[queue].waiting.push_front(candidate);
                }
                Verdict::Cold => state.requeue(COLD, candidate),
                Verdict::Timeout if queue != SLOW => state.requeue(SLOW, candidate),
                Verdict::Passed => state.note_survivor(candidate),
                Verdict::Failed => state.note_failed(candidate, answer.passed.len()),
                Verdict::Untried
                | Verdict::Timeout
                | Verdict::Crashed
                | Verdict::Syntax
                | Verdict::Same => {
                    state.found.tried += 1;
                }
            }
        }
        Ok(())
    }

    async fn answers(&self, queue: &Queue, candidates: &[Candidate]) -> Result<Vec<Answer>, Error> {
        if queue.level == Level::Disk {
            return disk::answers(self.disk, candidates, self.baseline.took, self.deadline).await;
        }
        let batch = self.failing_batch(queue.level, candidates.iter().collect(), queue.patience);
        Ok(self.bench.try_batch(&batch).await?.each)
    }

    /// Tries what repairs the failing tests on all tests, the simplest first.
    async fn confirm(&self, state: &mut State, level: Level) -> Result<(), Error> {
        state.survivors.sort_by(simplest_first);
        let few = state.survivors.len().min(SURVIVORS_MAX);
        let survivors: Vec<Candidate> = state.survivors.drain(..few).collect();
        if survivors.is_empty() {
            return Ok(());
        }
        let tests = [&self.baseline.failing[..], &self.baseline.passing[..]].concat();
        let passing = match level {
            Level::Swapped => {
                let (early, late) = survivors.into_iter().partition(|each| each.imported);
                let mut likely = self.trying(Level::Swapped, late, &tests).await?;
                likely.extend::<Vec<Candidate>>(early);
                // Python reads its main script itself, so nobody can give it another text.
                let (main, likely) = likely.into_iter().partition(|each| self.is_main(each));
                let mut passing = self.trying(Level::Fresh, likely, &tests).await?;
                passing.extend::<Vec<Candidate>>(main);
                passing
            }
            Level::Fresh => self.trying(Level::Fresh, survivors, &tests).await?,
            // On the disk the whole command ran already.
            Level::Disk => survivors,
        };
        if !passing.is_empty() {
            state.first.get_or_insert((Instant::now(), state.found.tried));
        }
        state.found.whole.extend(passing);
        Ok(())
    }

    fn is_main(&self, candidate: &Candidate) -> bool {
        self.baseline.main.as_ref() == Some(&candidate.path)
    }

    /// Those that pass `tests`, or that only a cold server can tell of.
    async fn trying(
        &self,
        level: Level,
        all: Vec<Candidate>,
        tests: &[String],
    ) -> Result<Vec<Candidate>, Error> {
        if all.is_empty() {
            return Ok(all);
        }
        let batch = Batch {
            level,
            tests: tests.iter().map(String::as_str).collect(),
            candidates: all.iter().collect(),
            patience: PATIENCE,
            stop_at_failure: true,
            time: self.left().min(CONFIRM_TIME_MAX),
        };
        let answers = self.bench.try_batch(&batch).await?;
        let kept = |(_, answer): &(Candidate, Answer)| {
            matches!(answer.verdict, Verdict::Passed | Verdict::Cold)
        };
        Ok(all.into_iter().zip(answers.each).filter(kept).map(|(candidate, _)| candidate).collect())
    }

    async fn finish(&self, mut state: State) -> Result<Found, Error> {
        state.found.out_of_time = self.left().is_zero();
        state.found.whole.sort_by(simplest_first);
        if state.found.whole.is_empty() && !state.partial.is_empty() && !self.left().is_zero() {
            let partial = state.partial.into_iter().map(|(_, candidate)| candidate).collect();
            state.found.partial =
                self.trying(Level::Fresh, partial, &self.baseline.passing).await?;
        }
        Ok(state.found)
    }
}

impl State {
    fn new(plan: Vec<Candidate>, level: Level) -> Self {
        let planned = plan.len();
        let cold = |candidate: &Candidate| level == Level::Swapped && candidate.imported;
        let (cold, fast): (Vec<_>, Vec<_>) = plan.into_iter().partition(cold);
        Self {
            queues: vec![
                Queue::new(level, fast, FIRST_PATIENCE, 1.0),
                Queue::new(Level::Fresh, cold, FIRST_PATIENCE, 1.0),
                Queue::new(level, Vec::new(), PATIENCE, SLOW_SHARE),
            ],
            survivors: Vec::new(),
            partial: Vec::new(),
            found: Found { planned, ..Found::default() },
            first: None,
            began: Instant::now(),
        }
    }

    /// The queue whose next candidate is the likelier one.
    fn next_queue(&self) -> Option<usize> {
        let weight = |index: &usize| self.queues[*index].weight();
        let waiting = [FAST, COLD, SLOW].into_iter().filter(|index| weight(index).is_some());
        waiting
            .max_by(|a, b| weight(a).partial_cmp(&weight(b)).unwrap_or(std::cmp::Ordering::Equal))
    }

    fn requeue(&mut self, queue: usize, candidate: Candidate) {
        let waiting = &mut self.queues[queue].waiting;
        let at = waiting.partition_point(|other| other.weight() > candidate.weight());
        waiting.insert(at, candidate);
    }

    fn note_survivor(&mut self, candidate: Candidate) {
        self.found.tried += 1;
        self.survivors.push(candidate);
    }

    fn note_failed(&mut self, candidate: Candidate, passed: usize) {
        self.found.tried += 1;
        if passed > 0 {
            self.partial.push((passed, candidate));
            self.partial.sort_by(|a, b| b.0.cmp(&a.0).then(simplest_first(&a.1, &b.1)));
            self.partial.truncate(PARTIAL_MAX);
        }
    }

    fn has_enough(&self) -> bool {
        self.first.is_some_and(|(when, tried)| {
            let extra = (when - self.began).clamp(EXTRA_TIME, EXTRA_TIME_MAX);
            when.elapsed() > extra || self.found.tried > tried + EXTRA_CANDIDATES
        })
    }

    fn count(&self, left: Duration) -> Count {
        let Found { tried, planned, .. } = self.found;
        let fitting = fitting(tried, self.began.elapsed(), left);
        let enough = self.first.map_or(usize::MAX, |(_, first)| first + EXTRA_CANDIDATES);
        let planned = planned.min(fitting).min(enough).max(tried);
        Count { tried, planned, found: self.found.whole.len() }
    }
}

impl Queue {
    fn new(level: Level, waiting: Vec<Candidate>, patience: f64, share: f64) -> Self {
        let size = if level == Level::Swapped { 4 * BATCH_MIN } else { BATCH_MIN };
        Self { level, patience, share, waiting: waiting.into(), size }
    }

    fn weight(&self) -> Option<f64> {
        self.waiting.front().map(|candidate| self.share * candidate.weight())
    }

    fn take(&mut self) -> Vec<Candidate> {
        let count = self.size.min(self.waiting.len());
        self.waiting.drain(..count).collect()
    }

    /// Makes the next batch as large as fits the time of one, judging by how long this one took.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a batch's size is small"
    )]
    fn resize(&mut self, took: Duration) {
        let ratio = BATCH_TIME.as_secs_f64() / took.as_secs_f64().max(0.01);
        let size = self.size as f64 * ratio.clamp(0.25, 4.0);
        self.size = (size as usize).clamp(BATCH_MIN, BATCH_MAX);
    }
}

/// How many candidates there is time for, at the speed so far.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "an estimate that saturates"
)]
fn fitting(tried: usize, took: Duration, left: Duration) -> usize {
    let more = tried as f64 * left.as_secs_f64() / took.as_secs_f64().max(0.01);
    tried.saturating_add(more as usize)
}

fn simplest_first(a: &Candidate, b: &Candidate) -> std::cmp::Ordering {
    a.cost().total_cmp(&b.cost()).then(b.weight().total_cmp(&a.weight()))
}
