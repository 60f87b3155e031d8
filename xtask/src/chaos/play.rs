//! Plays one plan from the task to its pull request, and looks at what came of it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::check;
use super::plan::{Blow, Moment, Plan};
use super::strike::{Count, Hand};
use super::watch::{POLL, Watch};
use super::world::World;

/// Nothing takes so long; then it hangs.
const SILENCE_MAX: Duration = Duration::from_secs(60);
const PLAY_MAX: Duration = Duration::from_secs(240);
/// After so much silence it is looked whether anybody is left to go on.
const LOOK_AFTER: Duration = Duration::from_secs(1);

/// A plan that came to its right end.
#[derive(Debug)]
pub(super) struct Played {
    pub time: Duration,
    /// Of the offered change.
    pub tree: String,
    pub count: Count,
    /// From each blow to the next event of the attempt whose runner was struck.
    pub recoveries: Vec<Duration>,
    pub deeds: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Failed {
    pub error: anyhow::Error,
    /// What was done, and when.
    pub deeds: Vec<String>,
    pub complaints: String,
    /// Where it is, if it was kept.
    pub folder: Option<PathBuf>,
}

struct Play<'a> {
    world: World,
    watch: Watch,
    plan: &'a Plan,
    started: Instant,
    deeds: Vec<String>,
    count: Count,
    recoveries: Vec<Duration>,
    /// When the last blow was.
    struck: Instant,
    /// Attempts whose runners were struck: when, and the number of their newest event then.
    struck_attempts: Vec<(String, Instant, u64)>,
}

/// Plays it; `tree` is what an undisturbed run makes, where one is known.
pub(super) fn play(
    program: &Path,
    plan: &Plan,
    tree: Option<&str>,
    keep: bool,
) -> Result<Played, Failed> {
    let early = |error| Failed { error, deeds: vec![], complaints: String::new(), folder: None };
    let mut play = Play::begin(program, plan).map_err(early)?;
    let result = play.run_to_the_end(tree);
    result.map_err(|error| {
        let folder = keep.then(|| play.world.path().to_owned());
        let complaints = play.world.complaints();
        if keep {
            play.world.keep();
        }
        Failed { error, deeds: std::mem::take(&mut play.deeds), complaints, folder }
    })
}

impl<'a> Play<'a> {
    fn begin(program: &Path, plan: &'a Plan) -> Result<Self> {
        let world = World::new(program, plan)?;
        let started = Instant::now();
        let task = world.delegate(plan.attempts, &["--memory", "512MiB"])?;
        Ok(Self {
            watch: Watch::new(task, plan.attempts),
            world,
            plan,
            started,
            deeds: Vec::new(),
            count: Count::default(),
            recoveries: Vec::new(),
            struck: started,
            struck_attempts: Vec::new(),
        })
    }

    fn run_to_the_end(&mut self, tree: Option<&str>) -> Result<Played> {
        for blow in &self.plan.blows {
            if self.wait_for(blow.when)? {
                self.blow(blow)?;
            } else {
                self.note(&format!("missed {blow}"));
            }
        }
        self.wait_for(Moment::Offered)?;
        let time = self.started.elapsed();
        self.note("the end");
        self.watch.let_go(&self.world);
        let left = self.world.stop();
        let tree = check::all(&mut self.world, &mut self.watch, self.plan, tree, &left)?;
        let recoveries = std::mem::take(&mut self.recoveries);
        let deeds = std::mem::take(&mut self.deeds);
        Ok(Played { time, tree, count: self.count, recoveries, deeds })
    }

    fn blow(&mut self, blow: &Blow) -> Result<()> {
        std::thread::sleep(Duration::from_micros(blow.late_us));
        let before = self.watch.words();
        self.note(&format!("{blow} [{before}]"));
        let choice = usize::try_from(self.plan.seed ^ blow.late_us).unwrap_or(0);
        let mut hand = Hand { world: &mut self.world, watch: &mut self.watch, choice };
        let done = hand.strike(blow).with_context(|| format!("{blow}"))?;
        self.count.add(done.count);
        done.words.iter().for_each(|words| self.note(words));
        self.struck = Instant::now();
        for attempt in done.attempts {
            let newest = self.watch.newest_of(&attempt);
            self.struck_attempts.retain(|(struck, ..)| *struck != attempt);
            self.struck_attempts.push((attempt, self.struck, newest));
        }
        Ok(())
    }

    fn note(&mut self, words: &str) {
        self.deeds.push(format!("{:7.3} s  {words}", self.started.elapsed().as_secs_f64()));
    }

    /// Whether it came; not if all is over before.
    fn wait_for(&mut self, moment: Moment) -> Result<bool> {
        loop {
            self.watch.glance(&self.world)?;
            self.note_recovery();
            if self.watch.has_come(moment, &self.world, self.struck) {
                return Ok(true);
            }
            if self.watch.is_over() {
                return Ok(false);
            }
            self.look_after_it(moment)?;
            std::thread::sleep(POLL);
        }
    }

    fn note_recovery(&mut self) {
        let (watch, recoveries) = (&self.watch, &mut self.recoveries);
        self.struck_attempts.retain(|(attempt, when, newest)| {
            let is_silent = watch.newest_of(attempt) == *newest;
            if !is_silent {
                recoveries.push(when.elapsed());
            }
            is_silent
        });
    }

    /// A person looks where nobody is left to go on; where somebody is, it mustn't hang.
    fn look_after_it(&mut self, moment: Moment) -> Result<()> {
        let silence = self.watch.newest.max(self.struck).elapsed();
        if silence > SILENCE_MAX || self.started.elapsed() > PLAY_MAX {
            bail!(
                "{moment:?} doesn't come, {:.0} s after the last event: {}",
                silence.as_secs_f64(),
                self.watch.words()
            );
        }
        if silence > LOOK_AFTER && self.world.processes().is_empty() {
            self.note("nobody is left; looking");
            self.world.run(&["list"])?;
        }
        Ok(())
    }
}
