//! A batch of edits tried: one build with all of them behind a switch, again and again without
//! those that the compiler complains of, then the tests once for each. What no function's body
//! holds has a build of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::cargo::{self, Built, Complaint, Program};
use super::programs::{self, Ended, Group, KILLED, OUT_OF_STEPS, Plan, Row};
use super::schemata::{Arm, Form, Switched};
use super::{Learned, Rust, Spent};
use crate::Error;
use crate::bench::{Answer, Answers, Batch, Level, Verdict};

/// Edits behind one switch: few in a batch that is to be short, as the compiler takes longer for
/// more. The rest isn't tried.
const ARMS_FEW: usize = 120;
const ARMS_MANY: usize = 400;
const FEW_TIME: Duration = Duration::from_secs(3);
/// A build takes its time, however short the batch is to be.
const BATCH_TIME_MIN: Duration = Duration::from_secs(30);
/// Builds of one batch, each without what the last one's compiler complained of.
const BUILDS_MAX: usize = 10;
/// A test may take so long at least, whatever it took when it was watched.
const LIMIT_MIN: f64 = 0.5;
const LIMIT_MAX: f64 = 60.0;
/// For a machine that became busy.
const LIMIT_MORE: f64 = 0.5;
/// Rounds of loops that a process may go, for each time its own time that it may take.
const STEPS: f64 = 5_000_000.0;
/// What the last run of the batch's time is kept for.
const BUILD_SHARE: f64 = 0.8;

pub async fn run(bench: &Rust<'_>, learned: &Learned, batch: &Batch<'_>) -> Result<Answers, Error> {
    let mut trial = Trial::new(bench, learned, batch);
    if learned.programs.is_empty() || trial.groups.is_empty() {
        return Ok(Answers::none(batch));
    }
    trial.together().await?;
    if batch.level == Level::Fresh {
        trial.one_by_one().await?;
    }
    trial.restore().await?;
    bench.spend(trial.spent);
    Ok(trial.answers)
}

struct Trial<'t> {
    bench: &'t Rust<'t>,
    learned: &'t Learned,
    batch: &'t Batch<'t>,
    groups: Vec<Group<'t>>,
    answers: Answers,
    /// Of the candidates, by place: what must have a build of its own.
    alone: Vec<usize>,
    deadline: Instant,
    arms_max: usize,
    spent: Spent,
}

impl<'t> Trial<'t> {
    fn new(bench: &'t Rust<'t>, learned: &'t Learned, batch: &'t Batch<'t>) -> Self {
        Self {
            bench,
            learned,
            batch,
            groups: groups(learned, batch),
            answers: Answers::none(batch),
            alone: Vec::new(),
            deadline: Instant::now() + batch.time.max(BATCH_TIME_MIN),
            arms_max: if batch.time < FEW_TIME { ARMS_FEW } else { ARMS_MANY },
            spent: Spent { candidates: batch.candidates.len(), ..Spent::default() },
        }
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Everything that can stand behind the switch.
    async fn together(&mut self) -> Result<(), Error> {
        let mut arms: BTreeMap<&str, Vec<Arm<'t>>> = BTreeMap::new();
        for (place, candidate) in self.batch.candidates.iter().take(self.arms_max).enumerate() {
            let edit = &candidate.edit;
            match self.learned.files.get(&candidate.path) {
                Some(file) if file.schema.can(edit) => {
                    let arm = Arm { number: place + 1, edit };
                    arms.entry(candidate.path.as_str()).or_default().push(arm);
                }
                Some(_) => self.alone.push(place),
                None => {}
            }
        }
        let built = self.weed(&mut arms).await?;
        let numbers = if built.is_success { numbers(&arms) } else { BTreeSet::new() };
        if built.is_success {
            let all: Vec<usize> = [0].into_iter().chain(numbers.iter().copied()).collect();
            self.try_numbers(&all).await?;
        }
        for place in &self.alone {
            if let Some(answer) = self.answers.each.get_mut(*place) {
                *answer = Answer::of(Verdict::Cold);
            }
        }
        Ok(())
    }

    /// Builds until the compiler is content, with fewer arms each time.
    async fn weed(&mut self, arms: &mut BTreeMap<&'t str, Vec<Arm<'t>>>) -> Result<Built, Error> {
        let mut built = Built::default();
        let mut form = Form::Called;
        for _ in 0..BUILDS_MAX {
            let switched = self.switched(arms, form);
            let texts = self.learned.files.iter().map(|(path, file)| {
                let text = switched.get(path.as_str()).map_or(&file.text, |one| &one.text);
                (path.as_str(), text.as_str())
            });
            self.keep_only(arms, &switched);
            built = self.build(texts.collect()).await?;
            if built.is_success || self.left().is_zero() {
                break;
            }
            let refused = refused(&built.complaints, &switched, form);
            tracing::debug!(refused = refused.len(), first = ?built.complaints.first(), "weeded");
            if refused.is_empty() && form == Form::Called {
                form = Form::Plain;
                continue;
            }
            if refused.is_empty() {
                // Nobody can say whose fault it is.
                self.alone.extend(numbers(arms).into_iter().map(|number| number - 1));
                arms.clear();
            }
            for number in &refused {
                self.refuse(number - 1);
            }
            arms.values_mut().for_each(|arms| arms.retain(|arm| !refused.contains(&arm.number)));
        }
        Ok(built)
    }

    fn switched(
        &self,
        arms: &BTreeMap<&'t str, Vec<Arm<'t>>>,
        form: Form,
    ) -> BTreeMap<&'t str, Switched> {
        let with_arms = arms.iter().filter(|(_, arms)| !arms.is_empty());
        with_arms
            .filter_map(|(path, arms)| {
                let file = self.learned.files.get(*path)?;
                Some((*path, file.schema.switched(arms, form)))
            })
            .collect()
    }

    /// What the steps stand in the way of has a build of its own.
    fn keep_only(
        &mut self,
        arms: &mut BTreeMap<&'t str, Vec<Arm<'t>>>,
        switched: &BTreeMap<&'t str, Switched>,
    ) {
        let there: BTreeSet<usize> = switched.values().flat_map(Switched::numbers).collect();
        for arms in arms.values_mut() {
            let torn = arms.iter().filter(|arm| !there.contains(&arm.number));
            self.alone.extend(torn.map(|arm| arm.number - 1));
            arms.retain(|arm| there.contains(&arm.number));
        }
    }

    fn refuse(&mut self, place: usize) {
        if let Some(answer) = self.answers.each.get_mut(place) {
            *answer = Answer::of(Verdict::Syntax);
        }
    }

    async fn build(&mut self, texts: Vec<(&str, &str)>) -> Result<Built, Error> {
        let began = Instant::now();
        let Rust { computer, tree, .. } = self.bench;
        let Learned { call, workspace, .. } = self.learned;
        tree.set(*computer, workspace, texts.into_iter(), 1).await?;
        let only = self.only();
        let time = self.left().mul_f64(BUILD_SHARE);
        let built = cargo::build(*computer, call, workspace, only, time).await;
        self.spent.building += began.elapsed();
        self.spent.builds += 1;
        built
    }

    /// The one program that has all wanted tests.
    fn only(&self) -> Option<&'t Program> {
        let first = self.groups.first()?.program;
        (self.groups.len() == 1).then_some(first)
    }

    async fn try_numbers(&mut self, numbers: &[usize]) -> Result<(), Error> {
        let began = Instant::now();
        let seconds = self.batch.tests.iter().filter_map(|test| self.learned.tests.get(*test));
        let seconds: f64 = seconds.map(|known| known.seconds).sum();
        let limit = (self.batch.patience * seconds).clamp(LIMIT_MIN, LIMIT_MAX) + LIMIT_MORE;
        let row = |number: &usize| Row { number: *number, groups: self.groups.clone() };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a limit")]
        let plan = Plan {
            rows: numbers.iter().map(row).collect(),
            limit: Duration::from_secs_f64(limit),
            time: self.left().max(Duration::from_secs(1)),
            steps: (STEPS * self.batch.patience.max(1.0)) as u64,
            hits: false,
            stop: self.batch.stop_at_failure,
        };
        let ended = programs::run(self.bench.computer, &plan).await?;
        self.spent.running += began.elapsed();
        for number in numbers {
            let Some(ended) = ended.get(number) else { continue };
            let answer = self.answer(ended);
            match number.checked_sub(1) {
                None => self.answers.without_edit = Some(answer),
                Some(place) => self.answers.each[place] = answer,
            }
        }
        Ok(())
    }

    fn answer(&self, ended: &Ended) -> Answer {
        let mut passed = Vec::new();
        for (place, test) in self.batch.tests.iter().enumerate() {
            let Some(known) = self.learned.tests.get(*test) else { continue };
            let program = self.learned.programs.get(known.program);
            let group = self.groups.iter().position(|group| Some(group.program) == program);
            let group = group.and_then(|group| ended.groups.get(&group));
            if group.is_some_and(|(status, names)| *status == 0 || names.contains(&known.name)) {
                passed.push(place);
            }
        }
        let has = |wanted: i32| ended.groups.values().any(|(status, _)| *status == wanted);
        let verdict = match () {
            () if passed.len() == self.batch.tests.len() => Verdict::Passed,
            () if has(KILLED) || has(OUT_OF_STEPS) => Verdict::Timeout,
            () => Verdict::Failed,
        };
        Answer { verdict, passed }
    }

    /// The edit in its file, and nothing else changed.
    async fn one_by_one(&mut self) -> Result<(), Error> {
        for place in std::mem::take(&mut self.alone) {
            let Some(candidate) = self.batch.candidates.get(place) else { continue };
            let Some(file) = self.learned.files.get(&candidate.path) else { continue };
            if self.left().is_zero() {
                self.answers.each[place] = Answer::of(Verdict::Untried);
                continue;
            }
            let Some(edited) = candidate.apply(&file.text) else { continue };
            let texts = self.learned.files.iter().map(|(path, file)| {
                let is_edited = *path == candidate.path;
                (path.as_str(), if is_edited { edited.as_str() } else { file.text.as_str() })
            });
            let built = self.build(texts.collect()).await?;
            self.answers.each[place] = Answer::of(Verdict::Syntax);
            if built.is_success {
                self.answers.each[place] = Answer::of(Verdict::Untried);
                self.try_numbers(&[place + 1]).await?;
            }
        }
        Ok(())
    }

    /// The copy as the work tree is.
    async fn restore(&self) -> Result<(), Error> {
        let texts =
            self.learned.files.iter().map(|(path, file)| (path.as_str(), file.text.as_str()));
        let Rust { computer, tree, .. } = self.bench;
        tree.set(*computer, &self.learned.workspace, texts, 1).await
    }
}

fn numbers(arms: &BTreeMap<&str, Vec<Arm<'_>>>) -> BTreeSet<usize> {
    arms.values().flatten().map(|arm| arm.number).collect()
}

/// The arms that the compiler complains of. A complaint is about one, the likeliest. What is said
/// of lifetimes and moves is true only of the plain form.
fn refused(
    complaints: &[Complaint],
    switched: &BTreeMap<&str, Switched>,
    form: Form,
) -> BTreeSet<usize> {
    let arm = |(path, place): &(String, usize)| switched.get(path.as_str())?.arm(*place);
    let counts = |complaint: &&Complaint| form == Form::Plain || !complaint.is_of_borrows;
    let complaints = complaints.iter().filter(counts);
    complaints.filter_map(|complaint| complaint.places.iter().find_map(arm)).collect()
}

/// The wanted tests of each program; all of a program's without their names.
fn groups<'t>(learned: &'t Learned, batch: &Batch<'_>) -> Vec<Group<'t>> {
    let mut wanted: BTreeMap<usize, Vec<&'t str>> = BTreeMap::new();
    for known in batch.tests.iter().filter_map(|test| learned.tests.get(*test)) {
        wanted.entry(known.program).or_default().push(&known.name);
    }
    let group = |(place, names): (usize, Vec<&'t str>)| {
        Some(Group { program: learned.programs.get(place)?, names })
    };
    wanted.into_iter().filter_map(group).collect()
}
