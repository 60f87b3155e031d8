//! The search: tries the planned candidates on the failing tests, what survives on the tests that
//! run its lines, what is left on all tests, and goes on a little after the first success to see
//! whether there is a simpler one. Knows nothing of git, of words, or of any language.

mod queue;

use std::time::{Duration, Instant};

use queue::{PATIENCE, Queues};

use crate::Error;
use crate::baseline::Baseline;
use crate::bench::{Answer, Answers, Batch, Bench, Level, Verdict};
use crate::candidate::Candidate;
use crate::disk;
use crate::effort::Effort;

/// What one batch may take, in milliseconds: the first is short, as the first edits are the
/// likeliest; the later ones are long, as each starts the test command again.
const BATCH_TIMES: [u64; 5] = [700, 1500, 4000, 4000, 8000];
/// What a batch on the disk takes at most.
const DISK_TIME: Duration = Duration::from_secs(30);
/// How many more candidates are tried after the first success, and for how long: as long again as
/// it took, within these bounds.
const EXTRA_CANDIDATES: usize = 1500;
const EXTRA_TIME: Duration = Duration::from_secs(2);
const EXTRA_TIME_MAX: Duration = Duration::from_secs(10);
/// Survivors that are tried further at once, the simplest first; the rest waits.
const SURVIVORS_MAX: usize = 48;
/// What trying them takes at most.
const CONFIRM_TIME_MAX: Duration = Duration::from_secs(60);
/// Edits that repair some of the tests, kept for a second round, no two the same tests.
const PARTIAL_MAX: usize = 4;
/// With more failing tests than this, the first failure is all that is asked of a candidate.
const COUNTED_TESTS_MAX: usize = 8;
/// Of the time, while both wait: so much of it goes to those swapped in for one of those loaded anew.
const FRESH_SHARE: u32 = 2;
/// Batches in a row that may come to nothing, before what is in them is given up.
const EMPTY_MAX: usize = 2;

/// What a search came to.
#[derive(Debug, Default)]
pub struct Found {
    /// Pass all tests, the simplest first.
    pub whole: Vec<Candidate>,
    /// Repair some tests and break none, the one that repairs most first.
    pub partial: Vec<Candidate>,
    pub effort: Effort,
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

struct State {
    /// The fastest that shows the tests fail as the test command itself does.
    level: Level,
    /// Whether that was seen.
    proven: bool,
    queues: Queues,
    survivors: Vec<Candidate>,
    /// With the tests that each repairs.
    partial: Vec<(Vec<usize>, Candidate)>,
    found: Found,
    /// When the first candidate passed everything, and how many had been tried.
    first: Option<(Instant, usize)>,
    began: Instant,
    batches: usize,
    /// What the last batch took besides its own time.
    startup: Duration,
    empty: usize,
}

impl Search<'_> {
    pub async fn run(
        &self,
        plan: Vec<Candidate>,
        tell: &mut (dyn FnMut(Count) + Send),
    ) -> Result<Found, Error> {
        let mut state = State::new(plan);
        while !self.left().is_zero() && !state.has_enough() {
            if !self.try_next(&mut state).await? {
                break;
            }
            self.confirm(&mut state).await?;
            tell(state.count(self.left()));
        }
        self.finish(state).await
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn failing_batch<'b>(
        &'b self,
        level: Level,
        candidates: Vec<&'b Candidate>,
        hung: usize,
    ) -> Batch<'b> {
        let count = self.baseline.failing.len();
        Batch {
            level,
            tests: self.baseline.failing.iter().map(String::as_str).collect(),
            candidates,
            patience: PATIENCE[hung],
            dedupe: hung == 0,
            failing: true,
            stop_at_failure: count == 1 || count > COUNTED_TESTS_MAX,
            time: self.left().min(batch_time(usize::MAX)),
        }
    }

    /// `false` where nothing waits any more.
    async fn try_next(&self, state: &mut State) -> Result<bool, Error> {
        let effort = &state.found.effort;
        let swapped = FRESH_SHARE * effort.fresh.took > effort.swapped.took;
        let Some((level, hung, candidates)) = state.queues.take(swapped) else { return Ok(false) };
        let began = Instant::now();
        let answers = self.answers(state, level, hung, &candidates).await?;
        if !state.proven && !answers.are_sound() && level != Level::Disk {
            state.step_down(candidates);
            return Ok(true);
        }
        state.proven = true;
        let untried = |one: &&Answer| matches!(one.verdict, Verdict::Untried);
        let tried = answers.each.len() - answers.each.iter().filter(untried).count();
        let took = began.elapsed();
        tracing::debug!(?level, hung, tried, of = answers.each.len(), ?took, served = ?answers.served);
        state.found.effort.note(level, tried, took, answers.served);
        state.empty = if tried == 0 { state.empty + 1 } else { 0 };
        let given_up = state.empty >= EMPTY_MAX;
        let mut rest = Vec::new();
        for (candidate, answer) in candidates.into_iter().zip(answers.each) {
            match answer.verdict {
                Verdict::Untried if !given_up => rest.push(candidate),
                Verdict::Cold if level == Level::Swapped => state.queues.cold(candidate),
                Verdict::Timeout => state.queues.hung(level, hung, candidate),
                Verdict::Passed => state.survivors.push(candidate),
                Verdict::Failed => state.note_failed(candidate, answer.passed),
                Verdict::Same => state.found.effort.same += 1,
                Verdict::Untried | Verdict::Cold | Verdict::Crashed | Verdict::Syntax => {}
            }
        }
        state.queues.give_back(level, hung, rest);
        Ok(true)
    }

    async fn answers(
        &self,
        state: &mut State,
        level: Level,
        hung: usize,
        candidates: &[Candidate],
    ) -> Result<Answers, Error> {
        if level == Level::Disk {
            let until = self.deadline.min(Instant::now() + DISK_TIME);
            let each = disk::answers(self.disk, candidates, self.baseline.took, until).await?;
            return Ok(Answers { each, without_edit: None, served: None });
        }
        let mut batch = self.failing_batch(level, candidates.iter().collect(), hung);
        // What takes long to start isn't started for a moment.
        let time = state.startup.clamp(batch_time(state.batches), batch_time(usize::MAX));
        batch.time = self.left().min(time);
        state.batches += 1;
        let (time, began) = (batch.time, Instant::now());
        let answers = self.bench.try_batch(&batch).await;
        state.startup = began.elapsed().saturating_sub(time);
        answers
    }

    /// Tries what repairs the failing tests further, the simplest first: swapped in, on the tests
    /// that run its lines; then loaded anew, on all tests.
    async fn confirm(&self, state: &mut State) -> Result<(), Error> {
        state.survivors.sort_by(simplest_first);
        let few = state.survivors.len().min(SURVIVORS_MAX);
        let survivors: Vec<Candidate> = state.survivors.drain(..few).collect();
        if survivors.is_empty() {
            return Ok(());
        }
        let all = [&self.baseline.failing[..], &self.baseline.passing[..]].concat();
        let effort = &mut state.found.effort;
        let passing = match state.level {
            Level::Swapped => {
                let (early, late): (Vec<_>, Vec<_>) =
                    survivors.into_iter().partition(|each| each.imported);
                let near = self.baseline.near(&late);
                let mut likely = self.trying(effort, Level::Swapped, late, &near).await?;
                likely.extend(early);
                // A main script is read by the process itself: nobody can give it another text.
                let (main, likely): (Vec<_>, Vec<_>) =
                    likely.into_iter().partition(|each| self.is_main(each));
                let mut passing = self.trying(effort, Level::Fresh, likely, &all).await?;
                passing.extend(main);
                passing
            }
            Level::Fresh => self.trying(effort, Level::Fresh, survivors, &all).await?,
            // On the disk the whole command ran already.
            Level::Disk => survivors,
        };
        if !passing.is_empty() {
            state.first.get_or_insert((Instant::now(), state.found.effort.tried));
            state.found.effort.first.get_or_insert(state.began.elapsed());
        }
        state.found.whole.extend(passing);
        Ok(())
    }

    fn is_main(&self, candidate: &Candidate) -> bool {
        self.baseline.main.as_ref() == Some(&candidate.path)
    }

    /// Those that pass `tests`, or that only a fresh process can tell of.
    async fn trying(
        &self,
        effort: &mut Effort,
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
            patience: PATIENCE[PATIENCE.len() - 1],
            dedupe: false,
            failing: false,
            stop_at_failure: true,
            time: self.left().min(CONFIRM_TIME_MAX),
        };
        let began = Instant::now();
        let answers = self.bench.try_batch(&batch).await?;
        effort.note_confirmed(all.len(), began.elapsed());
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
            let (effort, tests) = (&mut state.found.effort, &self.baseline.passing);
            state.found.partial = self.trying(effort, Level::Fresh, partial, tests).await?;
        }
        Ok(state.found)
    }
}

impl State {
    fn new(plan: Vec<Candidate>) -> Self {
        Self {
            level: Level::Swapped,
            proven: false,
            found: Found { planned: plan.len(), ..Found::default() },
            queues: Queues::new(Level::Swapped, plan),
            survivors: Vec::new(),
            partial: Vec::new(),
            first: None,
            began: Instant::now(),
            batches: 0,
            startup: Duration::ZERO,
            empty: 0,
        }
    }

    /// Begins again at the next level, with the batch that couldn't be tried and all others.
    fn step_down(&mut self, candidates: Vec<Candidate>) {
        tracing::debug!(level = ?self.level, "this level doesn't show the failures");
        self.level = if self.level == Level::Swapped { Level::Fresh } else { Level::Disk };
        let mut plan = self.queues.drain();
        plan.extend(candidates);
        plan.sort_by(|a, b| a.score().total_cmp(&b.score()));
        self.queues = Queues::new(self.level, plan);
    }

    /// Of those that repair the same tests, the simplest is kept.
    fn note_failed(&mut self, candidate: Candidate, passed: Vec<usize>) {
        if passed.is_empty() {
            return;
        }
        self.partial.push((passed, candidate));
        let most = |a: &(Vec<usize>, Candidate), b: &(Vec<usize>, Candidate)| {
            let same = a.0.cmp(&b.0).then(simplest_first(&a.1, &b.1));
            b.0.len().cmp(&a.0.len()).then(same)
        };
        self.partial.sort_by(most);
        self.partial.dedup_by(|next, kept| next.0 == kept.0);
        self.partial.truncate(PARTIAL_MAX);
    }

    fn has_enough(&self) -> bool {
        self.first.is_some_and(|(when, tried)| {
            let extra = (when - self.began).clamp(EXTRA_TIME, EXTRA_TIME_MAX);
            when.elapsed() > extra || self.found.effort.tried > tried + EXTRA_CANDIDATES
        })
    }

    fn count(&self, left: Duration) -> Count {
        let tried = self.found.effort.tried;
        let fitting = fitting(tried, self.began.elapsed(), left);
        let enough = self.first.map_or(usize::MAX, |(_, first)| first + EXTRA_CANDIDATES);
        let planned = self.found.planned.min(fitting).min(enough).max(tried);
        Count { tried, planned, found: self.found.whole.len() }
    }
}

/// Of the batch with this number.
fn batch_time(number: usize) -> Duration {
    Duration::from_millis(BATCH_TIMES[number.min(BATCH_TIMES.len() - 1)])
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

pub fn simplest_first(a: &Candidate, b: &Candidate) -> std::cmp::Ordering {
    a.cost().total_cmp(&b.cost()).then(a.score().total_cmp(&b.score()))
}
