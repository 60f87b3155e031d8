//! Old attempts are cleaned up by rule: what they left on the disk goes when it is old enough, or
//! sooner when the disk is nearly full, the oldest first. Never a change that exists nowhere else.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use computer::Backend;
use domain::attempt::{Outcome, State};
use domain::{Attempt, AttemptId, Task, Timestamp, task};
use forge::Mirror;
use serde::{Deserialize, Serialize};
use stdx::machine;

use crate::admit::Machine;
use crate::kept::AtBase;
use crate::{Engine, Error, group, place};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Tasks that one cleaning looks at, the oldest of them.
const TASKS_MAX: u32 = 10_000;

/// The `[keep]` table of `config.toml`, in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keep {
    /// Computers of ended attempts, on which a follow-up could go on.
    pub computer_days: u64,
    /// Of tasks that are over: what was executed, exchanged with models and logged by programs.
    pub record_days: u64,
}

impl Default for Keep {
    fn default() -> Self {
        Self { computer_days: 7, record_days: 30 }
    }
}

/// What is old, and when there is too little room to wait for that.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    keep: Keep,
    machine: Machine,
}

impl Rule {
    pub fn of(engine: &Engine) -> Self {
        Self { keep: engine.config.keep, machine: engine.config.machine }
    }

    /// Everything that may go, whatever its age.
    pub fn everything() -> Self {
        Self { keep: Keep { computer_days: 0, record_days: 0 }, machine: Machine::default() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The files of an attempt's computer.
    Computer,
    /// An attempt's records: executions, exchanges, logs of programs.
    Records,
    /// The change itself, which the origin has.
    Change,
    /// Films, which are made again when somebody wants to see them.
    Film,
}

/// Something that goes, or stays though it is old.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    pub kind: Kind,
    /// The attempt, or a computer's name that no attempt has.
    pub of: String,
    pub bytes: u64,
    pub why: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Cleaned {
    pub removed: Vec<Item>,
    /// Old, but kept: with the reason.
    pub kept: Vec<Item>,
}

impl Cleaned {
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty()
    }

    pub fn bytes(&self) -> u64 {
        self.removed.iter().map(|item| item.bytes).sum()
    }
}

/// Removes what the rule says, or with `dry_run` only says what that would be.
pub async fn clean(engine: &Engine, rule: Rule, dry_run: bool) -> Result<Cleaned, Error> {
    let mut cleaning = Cleaning {
        engine,
        rule,
        dry_run,
        now: engine.clock.now(),
        tasks: BTreeMap::new(),
        cleaned: Cleaned::default(),
    };
    cleaning.look().await?;
    if !dry_run {
        group::sweep();
    }
    cleaning.computers().await?;
    cleaning.records().await?;
    cleaning.at_base()?;
    cleaning.films()?;
    Ok(cleaning.cleaned)
}

struct Cleaning<'a> {
    engine: &'a Engine,
    rule: Rule,
    dry_run: bool,
    now: Timestamp,
    tasks: BTreeMap<domain::TaskId, (Task, Vec<Attempt>)>,
    cleaned: Cleaned,
}

impl Cleaning<'_> {
    async fn look(&mut self) -> Result<(), Error> {
        let all = store::task::Filter::default();
        for task in store::task::list(&self.engine.store, &all, TASKS_MAX).await? {
            let attempts = store::attempt::of_task(&self.engine.store, &task.id).await?;
            self.tasks.insert(task.id.clone(), (task, attempts));
        }
        Ok(())
    }

    fn is_old(&self, ended: Option<Timestamp>, days: u64) -> bool {
        ended.is_some_and(|ended| self.now.since_ms(ended) >= days * DAY_MS)
    }

    /// The oldest first, since those go first where there is too little room.
    async fn computers(&mut self) -> Result<(), Error> {
        let backend = self.engine.backend().await?;
        let mut found = Vec::new();
        for durable in backend.durables().await? {
            if durable.driven {
                continue;
            }
            let newest = self.newest_of(&durable.name);
            let ended = newest.map_or(Some(Timestamp(0)), |attempt| attempt.ended);
            found.push((ended, durable, newest.cloned()));
        }
        found.sort_by_key(|(ended, ..)| *ended);
        for (ended, durable, newest) in found {
            let item = |why: String| Item {
                kind: Kind::Computer,
                of: durable.name.clone(),
                bytes: durable.bytes,
                why,
            };
            let Some(why) = self.why_computer(ended, newest.as_ref()) else { continue };
            if let Some(attempt) = &newest
                && let Some(needed) = self.needed(attempt).await?
            {
                self.cleaned.kept.push(item(needed));
                continue;
            }
            if !self.dry_run {
                backend.discard(&durable.name).await?;
            }
            self.cleaned.removed.push(item(why));
        }
        Ok(())
    }

    /// The last attempt of the line that works on that computer.
    fn newest_of(&self, name: &str) -> Option<&Attempt> {
        let first: AttemptId = name.parse().ok()?;
        let (_, attempts) = self.tasks.get(&first.task())?;
        let mut newest = attempts.iter().find(|attempt| place::name(&attempt.id) == name)?;
        for attempt in attempts {
            if attempt.follows.as_ref() == Some(&newest.id) {
                newest = attempt;
            }
        }
        Some(newest)
    }

    fn why_computer(&self, ended: Option<Timestamp>, newest: Option<&Attempt>) -> Option<String> {
        let Some(attempt) = newest else { return Some("it belongs to no attempt".into()) };
        if !attempt.state.is_ended() {
            return None;
        }
        let days = self.rule.keep.computer_days;
        if self.is_old(ended, days) {
            return Some(format!("it {}", ended_before(days)));
        }
        let room = machine::room(self.engine.home.path());
        (room.disk_free_bytes < self.rule.machine.floor_of(&room))
            .then(|| "the disk is nearly full".into())
    }

    /// Why the attempt's computer is still the only place of its work.
    async fn needed(&self, attempt: &Attempt) -> Result<Option<String>, Error> {
        let State::Ended { outcome } = &attempt.state else { return Ok(None) };
        let over = match outcome {
            Outcome::Changed | Outcome::Answered { .. } | Outcome::NoChange { .. } => true,
            Outcome::Cancelled | Outcome::NotNeeded { .. } => true,
            Outcome::Failed { .. } | Outcome::OutOfTime | Outcome::OutOfBudget { .. } => {
                store::change::get(&self.engine.store, &attempt.id).await?.is_some()
                    || self.has_said_that_nothing_changed(attempt).await?
            }
        };
        Ok((!over).then(|| "its work is nowhere else: look with `whimbrel steer` or cancel".into()))
    }

    async fn has_said_that_nothing_changed(&self, attempt: &Attempt) -> Result<bool, Error> {
        // An attempt that never had a computer to work on has left nothing there.
        let events = store::event::all(&self.engine.store, &attempt.id).await?;
        Ok(!events.iter().any(|event| event.fact.is_progress()))
    }

    async fn records(&mut self) -> Result<(), Error> {
        let days = self.rule.keep.record_days;
        let over: Vec<(Task, Vec<Attempt>)> = self
            .tasks
            .values()
            .filter(|(task, attempts)| {
                is_over(task) && attempts.iter().all(|attempt| self.is_old(attempt.ended, days))
            })
            .cloned()
            .collect();
        for (task, attempts) in over {
            for attempt in attempts {
                self.records_of(&task, &attempt, days).await?;
            }
        }
        Ok(())
    }

    /// What proofs saw at base, which is only kept to save time.
    fn at_base(&mut self) -> Result<(), Error> {
        let days = self.rule.keep.record_days;
        let before = Timestamp(self.now.0.saturating_sub_unsigned(days * DAY_MS));
        let (paths, bytes) = AtBase::of(&self.engine.home).older_than(before);
        if paths.is_empty() {
            return Ok(());
        }
        if !self.dry_run {
            paths.iter().try_for_each(|path| remove(path))?;
        }
        let why = format!("seen at base more than {days} days ago");
        let of = "evidence/base".to_owned();
        self.cleaned.removed.push(Item { kind: Kind::Records, of, bytes, why });
        Ok(())
    }

    fn films(&mut self) -> Result<(), Error> {
        let days = self.rule.keep.record_days;
        let before = Timestamp(self.now.0.saturating_sub_unsigned(days * DAY_MS));
        let (paths, bytes) = crate::film::older_than(&self.engine.home, before);
        if paths.is_empty() {
            return Ok(());
        }
        if !self.dry_run {
            paths.iter().try_for_each(|path| remove(path))?;
        }
        let why = match days {
            0 => "made again when they are wanted".into(),
            days => format!("made more than {days} days ago"),
        };
        self.cleaned.removed.push(Item { kind: Kind::Film, of: "films".into(), bytes, why });
        Ok(())
    }

    async fn records_of(&mut self, task: &Task, attempt: &Attempt, days: u64) -> Result<(), Error> {
        let home = &self.engine.home;
        let why = format!("its task {}", ended_before(days));
        let records = [home.executions(&attempt.id), home.exchanges(&attempt.id)];
        let bytes: u64 = records.iter().map(|path| size(path)).sum();
        if bytes > 0 {
            if !self.dry_run {
                records.iter().try_for_each(|path| remove(path))?;
            }
            let of = attempt.id.to_string();
            self.cleaned.removed.push(Item { kind: Kind::Records, of, bytes, why: why.clone() });
        }
        self.change_of(task, attempt, why).await
    }

    async fn change_of(
        &mut self,
        task: &Task,
        attempt: &Attempt,
        why: String,
    ) -> Result<(), Error> {
        let bundle = self.engine.home.bundle(&attempt.id);
        let bytes = size(&bundle);
        let change = store::change::get(&self.engine.store, &attempt.id).await?;
        let (Some(change), true) = (change, bytes > 0) else { return Ok(()) };
        let project = store::project::get(&self.engine.store, &task.project).await?;
        let mirror = Mirror::open(self.engine.home.path(), &project).await?;
        let of = attempt.id.to_string();
        mirror.fetch().await?;
        if !mirror.is_in_origin(&change.head).await? {
            let why = "its change is in no branch of the origin".into();
            self.cleaned.kept.push(Item { kind: Kind::Change, of, bytes, why });
            return Ok(());
        }
        if !self.dry_run {
            remove(&bundle)?;
            mirror.forget(&attempt.id).await?;
        }
        self.cleaned.removed.push(Item { kind: Kind::Change, of, bytes, why });
        Ok(())
    }
}

fn ended_before(days: u64) -> String {
    match days {
        0 => "has ended".into(),
        1 => "ended more than a day ago".into(),
        days => format!("ended more than {days} days ago"),
    }
}

fn is_over(task: &Task) -> bool {
    match &task.state {
        task::State::Merged { .. } | task::State::Closed { .. } | task::State::Cancelled => true,
        task::State::Open
        | task::State::Running
        | task::State::Decided { .. }
        | task::State::Offered { .. } => false,
    }
}

/// Of our own files; nothing that a computer could write lies there.
fn size(path: &Path) -> u64 {
    let Ok(found) = fs::symlink_metadata(path) else { return 0 };
    if !found.is_dir() {
        return found.len();
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| size(&entry.path())).sum()
}

fn remove(path: &Path) -> Result<(), Error> {
    let gone = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match gone {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        gone => gone.map_err(|source| Error::Write { path: PathBuf::from(path), source }),
    }
}
