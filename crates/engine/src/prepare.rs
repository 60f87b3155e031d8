//! From a commit to a snapshot, in steps: the *base*, on it the *setup* (the repository, and what
//! the setup's scripts make of it), on that the *commit* where it is a later one, with the
//! maintenance script run. Each is built once for what it is made from, then found again; who
//! needs one that is being built waits for it.

mod base;
mod build;
mod failure;
mod host;
mod key;
mod log;
mod look;
mod plan;
mod prune;
pub mod record;
pub mod refused;
mod repository;
mod script;
mod step;

use std::time::Instant;

use computer::{Backend, Exited, Snapshot, SnapshotId};
use domain::network::Policy;
use domain::{Commit, Limits, Project};
use environment::{Environment, Image};
use forge::Mirror;
use stdx::lock::FileLock;

use self::base::{How, NamedBy};
use self::build::Build;
use self::plan::Plan;
use self::record::{Failed, Kind, Record};
use crate::explain::Tree;
use crate::{Engine, Error, explain};

pub use self::build::shell_word;
pub use self::failure::Failure;
pub use self::look::{Look, State, look};
pub use self::prune::{Age, Kept, Listed, Pruned, check, prune, size, snapshots};
pub(crate) use self::repository::add;
pub use self::step::{Name, Outcome, Part, Progress, Step};

/// Of a failed command of our own, what the error shows.
const FAILURE_LINES_MAX: usize = 20;
const FAILURE_BYTES_MAX: usize = 4 * 1024;

/// Hears what happens.
pub type Tell<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// What is to be prepared.
#[derive(Clone, Copy)]
pub struct Wish<'a> {
    pub project: &'a Project,
    pub mirror: &'a Mirror,
    pub commit: &'a Commit,
    /// As the commit has it.
    pub environment: &'a Environment,
    /// Of the computers that build.
    pub limits: Limits,
    /// Leaves setup and maintenance out, because a person said so.
    pub without_setup: bool,
    /// Finds nothing that was made before.
    pub renew: bool,
    /// The last step that is wanted.
    pub until: Name,
}

/// A snapshot that may be forked, for as long as this is held.
pub struct Prepared {
    pub snapshot: Snapshot,
    pub id: SnapshotId,
    pub steps: Vec<Step>,
    /// Keeps it from being pruned.
    _in_use: Vec<FileLock>,
}

/// Finds or builds the snapshot that `wish` is for.
pub async fn prepare(
    engine: &Engine,
    backend: &dyn Backend,
    wish: &Wish<'_>,
    tell: Tell<'_>,
) -> Result<Prepared, Error> {
    engine.config.allow(wish.environment)?;
    if wish.renew {
        record::next_generation(&engine.home, &wish.project.id)?;
    }
    let environment = effective(wish);
    let tree = explain::tree(wish.mirror, wish.commit).await?;
    let begun = Instant::now();
    let how = How { renew: wish.renew, named_by: NamedBy::Repository };
    let base = base::get(engine, backend, &environment.image, how, &mut *tell).await?;
    let isolation = format!("{:?}", backend.isolation());
    let plan = plan_of(engine, wish, tree, &environment, &base.identity, &isolation)?;
    let mut preparing =
        Preparing { engine, backend, wish, environment: &environment, plan, tell, steps: vec![] };
    preparing.based(&base, begun);
    let in_use = preparing.hold().await?;
    let (snapshot, id) = preparing.snapshot(&base.snapshot).await?;
    record::touch(&engine.home, &id, engine.clock.now())?;
    Ok(Prepared { snapshot, id, steps: preparing.steps, _in_use: in_use })
}

/// The snapshot of an image alone, for computers by hand.
pub async fn bare(
    engine: &Engine,
    backend: &dyn Backend,
    image: &Image,
    tell: Tell<'_>,
) -> Result<Snapshot, Error> {
    let how = How { renew: false, named_by: NamedBy::Person };
    Ok(base::get(engine, backend, image, how, tell).await?.snapshot)
}

/// The environment without what is to be left out.
fn effective(wish: &Wish<'_>) -> Environment {
    let environment = wish.environment.clone();
    if !wish.without_setup {
        return environment;
    }
    Environment {
        setup: Vec::new(),
        maintenance: None,
        secrets: Vec::new(),
        network: Policy::None,
        ..environment
    }
}

/// Hashing the tree and asking git for scripts blocks; whoever waits meanwhile should be served.
fn plan_of(
    engine: &Engine,
    wish: &Wish<'_>,
    tree: Tree<'_>,
    environment: &Environment,
    base: &base::Identity,
    isolation: &str,
) -> Result<Plan, Error> {
    let plan = explain::blocking(|| {
        Plan::make(&engine.home, wish.project, &tree, environment, base, isolation)
    })?;
    tree.whole()?;
    Ok(plan)
}

struct Preparing<'a> {
    engine: &'a Engine,
    backend: &'a dyn Backend,
    wish: &'a Wish<'a>,
    environment: &'a Environment,
    plan: Plan,
    tell: Tell<'a>,
    steps: Vec<Step>,
}

impl Preparing<'_> {
    fn based(&mut self, base: &base::Base, begun: Instant) {
        let why = base.why.clone();
        let outcome = if base.pulled { Outcome::Built { why } } else { Outcome::Hit { why } };
        let key = base.identity.as_str().to_owned();
        self.end(Step {
            name: Name::Base,
            key,
            outcome,
            duration_ms: ms_since(begun),
            parts: Vec::new(),
            log: None,
        });
    }

    fn end(&mut self, step: Step) {
        (self.tell)(Progress::Ended(step.clone()));
        self.steps.push(step);
    }

    /// Before anything is looked for: what is found afterwards stays.
    async fn hold(&self) -> Result<Vec<FileLock>, Error> {
        let mut held = Vec::new();
        for id in [&self.plan.setup, &self.plan.commit] {
            held.push(self.engine.home.share(&prune::use_lock(id.as_str())).await?);
        }
        Ok(held)
    }

    async fn snapshot(&mut self, base: &Snapshot) -> Result<(Snapshot, SnapshotId), Error> {
        let (setup_id, commit_id) = (self.plan.setup.clone(), self.plan.commit.clone());
        match self.wish.until {
            Name::Base => return Ok((base.clone(), setup_id)),
            Name::Setup => return Ok((self.setup(base).await?, setup_id)),
            Name::Commit => {}
        }
        if let Some(found) = self.backend.find(&commit_id) {
            let why = format!("{} was prepared before", self.wish.commit.short());
            self.hit(Name::Setup, &setup_id, "it lies below the commit's".into());
            self.hit(Name::Commit, &commit_id, why);
            return Ok((found, commit_id));
        }
        let setup = self.setup(base).await?;
        let made = record::get(&self.engine.home, self.plan.setup.as_str());
        if made.as_ref().is_some_and(|record| record.commit == *self.wish.commit) {
            self.skip_commit();
            return Ok((setup, setup_id));
        }
        Ok((self.commit(&setup, made.as_ref()).await?, commit_id))
    }

    fn hit(&mut self, name: Name, id: &SnapshotId, why: String) {
        self.end(Step {
            name,
            key: id.to_string(),
            outcome: Outcome::Hit { why },
            duration_ms: 0,
            parts: Vec::new(),
            log: None,
        });
    }

    fn skip_commit(&mut self) {
        self.end(Step {
            name: Name::Commit,
            key: self.plan.setup.to_string(),
            outcome: Outcome::Skipped { why: "the setup was made at this commit".into() },
            duration_ms: 0,
            parts: Vec::new(),
            log: None,
        });
    }

    async fn setup(&mut self, base: &Snapshot) -> Result<Snapshot, Error> {
        let id = self.plan.setup.clone();
        let home = &self.engine.home;
        let hit = |plan: &Plan, environment: &Environment| {
            plan.why_hit(environment, record::get(home, id.as_str()).as_ref())
        };
        // One without its record may just be being made: on which snapshot an attempt works must
        // not depend on who looks when, or it couldn't be gone on with.
        if let Some(found) = self.backend.find(&id)
            && record::get(home, id.as_str()).is_some()
        {
            record::touch(home, &id, self.engine.clock.now())?;
            self.hit(Name::Setup, &id, hit(&self.plan, self.environment));
            return Ok(found);
        }
        let _lock = self.lock(Name::Setup, &id).await?;
        if let Some(found) = self.backend.find(&id) {
            self.hit(Name::Setup, &id, hit(&self.plan, self.environment));
            return Ok(found);
        }
        let why = self.plan.why_missed(home, self.wish.project)?;
        self.build(Name::Setup, &id, why, Build::Setup { base }).await
    }

    async fn commit(&mut self, setup: &Snapshot, made: Option<&Record>) -> Result<Snapshot, Error> {
        let id = self.plan.commit.clone();
        let _lock = self.lock(Name::Commit, &id).await?;
        if let Some(found) = self.backend.find(&id) {
            self.hit(Name::Commit, &id, "somebody else has just made it".into());
            return Ok(found);
        }
        let at = made.map(|record| &record.commit);
        let why = plan::why_commit(self.wish.commit, at);
        self.build(Name::Commit, &id, why, Build::Commit { setup, at }).await
    }

    /// The lock of whoever makes that snapshot. Says so when it has to be waited for, and fails
    /// as the one that was waited for did.
    async fn lock(&mut self, step: Name, id: &SnapshotId) -> Result<FileLock, Error> {
        let (home, name) = (&self.engine.home, format!("make-{id}"));
        if let Some(lock) = home.try_lock(&name)? {
            return Ok(lock);
        }
        let since = self.engine.clock.now();
        (self.tell)(Progress::Waiting { step });
        let lock = home.lock(&name).await?;
        match record::failure(home, id) {
            Some(Failed { at, failure }) if at >= since => Err(Error::Step(Box::new(failure))),
            Some(_) | None => Ok(lock),
        }
    }

    async fn build(
        &mut self,
        name: Name,
        id: &SnapshotId,
        why: String,
        build: Build<'_>,
    ) -> Result<Snapshot, Error> {
        (self.tell)(Progress::Started { step: name, why: why.clone() });
        let begun = Instant::now();
        let yard = build::Yard {
            engine: self.engine,
            backend: self.backend,
            wish: self.wish,
            environment: self.environment,
            step: name,
            id,
        };
        let made = match yard.make(build, self.tell).await {
            Ok(made) => made,
            Err(error) => return Err(self.failed(id, error)),
        };
        let duration_ms = ms_since(begun);
        let outcome = Outcome::Built { why };
        let key = id.to_string();
        let step = Step { name, key, outcome, duration_ms, parts: made.parts, log: made.log };
        record::put(&self.engine.home, id, &self.record(id, step.clone()))?;
        self.end(step);
        Ok(made.snapshot)
    }

    /// Remembers a failure of the repository's own, for those who wait.
    fn failed(&self, id: &SnapshotId, error: Error) -> Error {
        if let Error::Step(failure) = &error {
            let at = self.engine.clock.now();
            let failed = Failed { at, failure: (**failure).clone() };
            // Whoever waits tries it again where this can't be written.
            let _told_by_the_error_itself = record::put_failure(&self.engine.home, id, &failed);
        }
        error
    }

    fn record(&self, id: &SnapshotId, step: Step) -> Record {
        let kind = match step.name {
            Name::Base | Name::Setup => Kind::Setup { ingredients: self.plan.ingredients.clone() },
            Name::Commit => Kind::Commit { setup: self.plan.setup.to_string() },
        };
        Record {
            key: id.to_string(),
            project: self.wish.project.id.clone(),
            origin: forge::origin::shown(&self.wish.project.origin),
            commit: self.wish.commit.clone(),
            created: self.engine.clock.now(),
            kind,
            step,
        }
    }
}

fn ms_since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn expect_success(what: &str, ran: &Exited) -> Result<(), Error> {
    if ran.status.is_success() {
        return Ok(());
    }
    Err(Error::Prepare {
        what: what.to_owned(),
        how: ran.status.words(),
        output: stdx::cut::tail(&ran.text(), FAILURE_LINES_MAX, FAILURE_BYTES_MAX),
    })
}
