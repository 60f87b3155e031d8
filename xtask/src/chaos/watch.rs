//! Keeps what any reader could have seen of a task's logs, as it comes.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use domain::attempt::State;
use domain::{AttemptId, Event, Fact, TaskId, task};
use store::Store;

use super::plan::Moment;
use super::world::{World, git};

/// How often it looks.
pub(super) const POLL: Duration = Duration::from_millis(4);
/// So often it reads, whatever the database's file looks like.
const READ_EVERY: Duration = Duration::from_millis(200);
/// A store that can't be read for so long will not be readable.
const BLIND_MAX: Duration = Duration::from_secs(30);

pub(super) struct Watch {
    pub task: TaskId,
    pub attempts: Vec<AttemptId>,
    /// By attempt, in the order of their numbers.
    pub seen: BTreeMap<AttemptId, Vec<Event>>,
    pub state: task::State,
    /// When something new was last seen.
    pub newest: Instant,
    store: Option<Store>,
    blind_since: Option<Instant>,
    /// When it last read, and how the database's log was then.
    read: (Instant, Option<Traces>),
}

/// A file's last change and its length: the same where nothing was written.
type Traces = (std::time::SystemTime, u64);

impl Watch {
    pub fn new(task: TaskId, attempts: u32) -> Self {
        let ids: Vec<_> = (1..=attempts).map(|number| AttemptId::new(&task, number)).collect();
        Self {
            seen: ids.iter().map(|id| (id.clone(), Vec::new())).collect(),
            attempts: ids,
            task,
            state: task::State::Open,
            newest: Instant::now(),
            store: None,
            blind_since: None,
            read: (Instant::now(), None),
        }
    }

    /// Sees what is new, if there is anything: a look at the file is much cheaper than a query,
    /// and may miss only what was written in the same tick of the clock.
    pub fn glance(&mut self, world: &World) -> Result<()> {
        let log = world.home().join("whimbrel.db-wal");
        let now = fs::metadata(log).and_then(|data| Ok((data.modified()?, data.len()))).ok();
        if now.is_some() && now == self.read.1 && self.read.0.elapsed() < READ_EVERY {
            return Ok(());
        }
        self.read = (Instant::now(), now);
        self.look(world)
    }

    /// Sees what is new. A store that can't be read for a moment, as on a full disk, is looked at
    /// again.
    pub fn look(&mut self, world: &World) -> Result<()> {
        match world.runtime().block_on(self.read(world)) {
            Ok(()) => {
                self.blind_since = None;
                Ok(())
            }
            Err(
                error @ (store::Error::Damaged { .. }
                | store::Error::Newer { .. }
                | store::Error::Missing { .. }
                | store::Error::Malformed { .. }),
            ) => Err(error.into()),
            Err(error) => {
                self.store = None;
                let since = *self.blind_since.get_or_insert_with(Instant::now);
                ensure!(since.elapsed() < BLIND_MAX, "{}", llm::words(&error));
                Ok(())
            }
        }
    }

    async fn read(&mut self, world: &World) -> Result<(), store::Error> {
        let store = match &self.store {
            Some(store) => store,
            None => self.store.insert(Store::open(&world.home()).await?),
        };
        for (id, seen) in &mut self.seen {
            let after = seen.last().map_or(0, |event| event.seq);
            let new = store::event::since(store, id, after, u32::MAX).await?;
            if !new.is_empty() {
                self.newest = Instant::now();
            }
            seen.extend(new);
        }
        self.state = store::task::get(store, &self.task).await?.state;
        Ok(())
    }

    /// Closes the database: whoever opens it next may be the first one after a crash.
    pub fn let_go(&mut self, world: &World) {
        if let Some(store) = self.store.take() {
            world.runtime().block_on(store.close());
        }
    }

    pub fn is_over(&self) -> bool {
        match self.state {
            task::State::Open | task::State::Running | task::State::Decided { .. } => false,
            task::State::Offered { .. }
            | task::State::Merged { .. }
            | task::State::Closed { .. }
            | task::State::Cancelled => true,
        }
    }

    /// Whether that has happened. `since` is when the last blow was.
    pub fn has_come(&self, moment: Moment, world: &World, since: Instant) -> bool {
        match moment {
            Moment::After(ms) => since.elapsed() >= Duration::from_millis(ms),
            Moment::Taken(n) => self.count(|fact| matches!(fact, Fact::Taken { .. })) >= n,
            Moment::Forked(n) => self.count(|fact| matches!(fact, Fact::Forked { .. })) >= n,
            Moment::Asked(n) => {
                self.count(|fact| matches!(fact, Fact::Asked { .. })) >= n && self.is_open(is_asked)
            }
            Moment::Turn(n) => self.count(|fact| matches!(fact, Fact::Turn { .. })) >= n,
            Moment::Calling(n) => {
                self.count(|fact| matches!(fact, Fact::Called { .. })) >= n
                    && self.is_open(is_called)
            }
            Moment::Reported(n) => self.count(is_reported) >= n,
            Moment::Bundled(n) => self.is_bundled(n, world),
            Moment::Harvested(n) => self.count(is_harvested) >= n,
            Moment::Proving(n) => self.count(is_proving) >= n,
            Moment::Checked(n) => self.count(|fact| matches!(fact, Fact::Checked { .. })) >= n,
            Moment::Ended(n) => self.count(is_ended) >= n,
            Moment::Decided => matches!(self.state, task::State::Decided { .. }) || self.is_over(),
            Moment::Branched => !branches(world).unwrap_or_default().is_empty(),
            Moment::Offered => self.is_over(),
        }
    }

    fn count(&self, is: fn(&Fact) -> bool) -> usize {
        self.seen.values().flatten().filter(|event| is(&event.fact)).count()
    }

    /// Whether an attempt's newest event is such a one.
    fn is_open(&self, is: fn(&Fact) -> bool) -> bool {
        self.seen.values().filter_map(|log| log.last()).any(|event| is(&event.fact))
    }

    fn is_bundled(&self, n: usize, world: &World) -> bool {
        let attempts = world.home().join("attempts");
        let there = |id: &&AttemptId| attempts.join(id.as_str()).join("change.bundle").exists();
        self.attempts.iter().filter(there).count() >= n
    }

    /// How many runners have taken the attempt since something was last done: more than three
    /// deaths in a row end it, and that isn't the story here.
    pub fn takes_in_vain(&self, attempt: &str) -> usize {
        let logs = self.seen.iter().filter(|(id, _)| id.as_str() == attempt);
        let events = logs.flat_map(|(_, log)| log.iter().rev());
        let since = events.take_while(|event| !event.fact.is_progress());
        since.filter(|event| matches!(event.fact, Fact::Taken { .. })).count()
    }

    /// The number of the attempt's newest event.
    pub fn newest_of(&self, attempt: &str) -> u64 {
        let log = self.seen.iter().find(|(id, _)| id.as_str() == attempt).map(|(_, log)| log);
        log.and_then(|log| log.last()).map_or(0, |event| event.seq)
    }

    /// All that is in the store now, whatever was seen before.
    pub fn logs(&mut self, world: &World) -> Result<BTreeMap<AttemptId, Vec<Event>>> {
        let store = self.store(world)?;
        let mut logs = BTreeMap::new();
        for id in &self.attempts {
            let log = world.runtime().block_on(store::event::all(&store, id))?;
            logs.insert(id.clone(), log);
        }
        Ok(logs)
    }

    /// An open store.
    pub fn store(&mut self, world: &World) -> Result<Store> {
        self.look(world)?;
        let Some(store) = &self.store else { bail!("the store can't be opened") };
        Ok(store.clone())
    }

    /// The attempts' states in few words.
    pub fn words(&self) -> String {
        let state = |log: &Vec<Event>| {
            log.iter().rev().find_map(|event| match &event.fact {
                Fact::Moved { state } => Some(state.name()),
                _other_facts_move_nothing => None,
            })
        };
        let each = self.seen.values().map(|log| state(log).unwrap_or("queued"));
        format!("{}: {}", self.state.name(), each.collect::<Vec<_>>().join(", "))
    }
}

pub(super) fn branches(world: &World) -> Result<Vec<String>> {
    let format = "--format=%(refname:short)";
    let said = git(&world.repository(), &["for-each-ref", format, "refs/heads/whimbrel"]);
    Ok(said.context("can't list branches")?.lines().map(str::to_owned).collect())
}

fn is_asked(fact: &Fact) -> bool {
    matches!(fact, Fact::Asked { .. })
}

fn is_called(fact: &Fact) -> bool {
    matches!(fact, Fact::Called { .. })
}

fn is_reported(fact: &Fact) -> bool {
    matches!(fact, Fact::Reported { .. })
}

fn is_harvested(fact: &Fact) -> bool {
    matches!(fact, Fact::Harvested { .. })
}

fn is_proving(fact: &Fact) -> bool {
    matches!(fact, Fact::Moved { state: State::Proving })
}

fn is_ended(fact: &Fact) -> bool {
    matches!(fact, Fact::Moved { state: State::Ended { .. } })
}
