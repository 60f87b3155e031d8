//! A project, for its people: what its environment is at the newest commit known here, what was
//! prepared of it, what they chose. Nothing here asks the origin but [`refresh`].

use std::time::Duration;

use domain::audit::Action;
use domain::project::{Approval, Settings};
use domain::task::Base;
use domain::{Project, ProjectId};
use environment::Environment;
use forge::Mirror;
use tokio::time::timeout;

use crate::prepare::record::{self, Failed, Record};
use crate::prepare::{self, Listed, Look, Name, Wish};
use crate::{Engine, Error, audit, explain};

/// For a person who waits for an origin.
const REFRESH_TIME: Duration = Duration::from_secs(60);
/// For a page that shows what preparing would do.
const LOOK_TIME: Duration = Duration::from_secs(10);

/// What can be read of a project at one commit.
pub struct Ground {
    pub project: Project,
    pub base: Base,
    pub environment: Environment,
    /// Why the operator doesn't let it be built as it asks to be.
    pub refused: Option<String>,
    mirror: Mirror,
}

impl Ground {
    fn wish(&self) -> Wish<'_> {
        Wish {
            project: &self.project,
            mirror: &self.mirror,
            commit: &self.base.commit,
            environment: &self.environment,
            limits: self.environment.limits,
            without_setup: false,
            renew: false,
            until: Name::Commit,
        }
    }

    /// The steps that preparing it would take, and why.
    pub async fn looks(&self, engine: &Engine) -> Result<Vec<Look>, Error> {
        let looking = async {
            let backend = engine.backend().await?;
            prepare::look(engine, &backend, &self.wish()).await
        };
        timeout(LOOK_TIME, looking).await.unwrap_or_else(|_| Err(late("looking at it", LOOK_TIME)))
    }
}

/// As it was when its origin was last fetched from. None where that was never done, or where there
/// was nothing to fetch.
pub async fn ground(engine: &Engine, project: &Project) -> Result<Option<Ground>, Error> {
    let Some(mirror) = Mirror::existing(engine.home.path(), project) else { return Ok(None) };
    let Ok(base) = mirror.fetched().await?.base(None) else { return Ok(None) };
    let environment = explain::at(&mirror, &base.commit).await?;
    let refused = engine.config.allow(&environment).err().map(|error| error.to_string());
    Ok(Some(Ground { project: project.clone(), base, environment, refused, mirror }))
}

/// Asks the origin what there is now. Gives the newest commit of its current branch.
pub async fn refresh(engine: &Engine, project: &Project) -> Result<Base, Error> {
    let asking = async {
        let mirror = Mirror::open(engine.home.path(), project).await?;
        Ok(mirror.fetch().await?.base(None)?)
    };
    let asked = timeout(REFRESH_TIME, asking).await;
    asked.unwrap_or_else(|_| Err(late("asking the origin", REFRESH_TIME)))
}

fn late(what: &str, limit: Duration) -> Error {
    Error::Unusable(format!("{what} took longer than {} s; try again later", limit.as_secs()))
}

/// Keeps what its people chose.
pub async fn choose(engine: &Engine, id: &ProjectId, settings: &Settings) -> Result<(), Error> {
    store::project::put_settings(&engine.store, id, settings).await?;
    let details = match settings.approval {
        Approval::Merge => "an approval merges",
        Approval::Offer => "an approval opens the pull request",
    };
    audit::record(engine, Action::SettingsChanged, id, details).await
}

/// What was prepared of it, the newest first, at most `limit`.
pub fn prepared(engine: &Engine, id: &ProjectId, limit: usize) -> Result<Vec<Record>, Error> {
    let mut records = record::all(&engine.home)?;
    records.retain(|record| record.project == *id);
    records.truncate(limit);
    Ok(records)
}

/// How the steps of those keys failed when they were last tried.
pub fn failures(engine: &Engine, looks: &[Look]) -> Vec<Failed> {
    let key = |look: &Look| computer::SnapshotId::parse(look.key.as_deref()?);
    let keys = looks.iter().filter_map(key);
    keys.filter_map(|key| record::failure(&engine.home, &key)).collect()
}

/// What its snapshots take of the disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Disk {
    pub snapshots: usize,
    /// Of their layers, each once.
    pub bytes: u64,
}

pub async fn disk(engine: &Engine, id: &ProjectId) -> Result<Disk, Error> {
    let backend = engine.backend().await?;
    let all = prepare::snapshots(engine, backend.namespaces()?).await?;
    let of_project = |snapshot: &&Listed| snapshot.project.as_ref() == Some(id);
    let own: Vec<&Listed> = all.iter().filter(of_project).collect();
    Ok(Disk { snapshots: own.len(), bytes: prepare::size(own.into_iter()) })
}

/// The log of the step that made that snapshot, if it is the project's: where it is, and what it is
/// of.
pub fn log(engine: &Engine, id: &ProjectId, key: &str) -> Option<(Record, std::path::PathBuf)> {
    computer::SnapshotId::parse(key)?;
    let record = record::get(&engine.home, key).filter(|record| record.project == *id)?;
    let path = record.step.log.clone()?;
    // Only what lies among the project's own records is shown, whatever a record says.
    let inside = path.canonicalize().ok()?;
    let folder = engine.home.environments().join(key).canonicalize().ok()?;
    inside.starts_with(folder).then_some((record, inside))
}
