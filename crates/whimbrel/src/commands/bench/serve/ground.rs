//! Repositories for the tasks: small, and real, since pages ask git about changes.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use domain::change::{Change, FileChange, Kind};
use domain::project::Origin;
use domain::{Commit, Project, ProjectId};
use engine::Engine;
use forge::Mirror;

use crate::commands::bench::process;

/// A project, with the commit that tasks start from and one that changes it.
pub struct Ground {
    pub project: Project,
    pub base: Commit,
    pub head: Commit,
}

pub async fn make(engine: &Engine, folder: &Path, number: u64) -> Result<Ground> {
    let path = folder.join(format!("project-{number}"));
    fs::create_dir_all(&path).with_context(|| format!("can't make {}", path.display()))?;
    git(&path, &["init", "-q", "-b", "main", "."])?;
    let base = commit(&path, "settle(v) = v > 0\n", "Add the spring")?;
    git(&path, &["switch", "-q", "-c", "change"])?;
    let head = commit(&path, "settle(v) = abs(v) > 0\n", "Let the spring settle")?;
    git(&path, &["switch", "-q", "main"])?;
    let origin = Origin::Path(path.display().to_string());
    let new_id = ProjectId::from_random(number + 1);
    let project = store::project::find_or_create(&engine.store, &origin, &new_id).await?;
    Mirror::open(engine.home.path(), &project).await?.fetch().await?;
    Ok(Ground { project, base, head })
}

impl Ground {
    pub fn change(&self) -> Change {
        let file = FileChange {
            path: "spring.txt".into(),
            kind: Kind::Modified,
            added: Some(1),
            removed: Some(1),
        };
        Change {
            base: self.base.clone(),
            head: self.head.clone(),
            commits: vec!["Let the spring settle".into()],
            files: vec![file],
        }
    }
}

fn commit(path: &Path, text: &str, subject: &str) -> Result<Commit> {
    fs::write(path.join("spring.txt"), text)?;
    git(path, &["add", "."])?;
    let identity = ["-c", "user.name=bench", "-c", "user.email=bench@invalid"];
    let making = ["-c", "commit.gpgsign=false", "commit", "-qm", subject];
    git(path, &[&identity[..], &making].concat())?;
    Ok(git(path, &["rev-parse", "HEAD"])?.trim().parse()?)
}

fn git(path: &Path, arguments: &[&str]) -> Result<String> {
    process::output(&[&["git"], arguments].concat(), path)
}
