//! For tests: a repository in fake computers, and changes to it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use computer::fake::Fake;
use computer::{Backend, Computer, Exec, Snapshot, SnapshotId, Spec, WORKSPACE};
use domain::change::{FileChange, Kind};
use domain::{Change, Commit};
use environment::{Check, Proving};

use crate::Job;

pub(crate) const TIME: Duration = Duration::from_secs(60);
pub(crate) const PYTEST: &str = "python3 -m pytest -q";

type Files<'a> = &'a [(&'a str, &'a str)];

/// A repository's first commit, as a snapshot has it.
pub(crate) struct Ground {
    pub fake: Fake,
    pub snapshot: Snapshot,
    pub spec: Spec,
    pub base: Commit,
    folder: tempfile::TempDir,
}

/// A change to it, as an attempt leaves it.
pub(crate) struct Made {
    pub change: Change,
    pub bundle: PathBuf,
}

impl Ground {
    pub async fn new(files: Files<'_>) -> Self {
        let (fake, spec) = (Fake::new(), Spec::default());
        let computer = fake.fork(&fake.bare(), &spec).await.unwrap();
        let init = "git init -q -b main && git config user.name A && git config user.email a@b";
        sh(&*computer, init).await;
        let base = commit(&*computer, files).await;
        sh(&*computer, "git checkout -q --detach main").await;
        let snapshot = computer.seal(SnapshotId::from_digest(&[1])).await.unwrap();
        Self { fake, snapshot, spec, base, folder: tempfile::tempdir().unwrap() }
    }

    pub async fn change(&self, name: &str, files: Files<'_>) -> Made {
        let computer = self.fake.fork(&self.snapshot, &self.spec).await.unwrap();
        sh(&*computer, "git checkout -q -b whimbrel").await;
        let head = commit(&*computer, files).await;
        let bundle = self.folder.path().join(format!("{name}.bundle"));
        sh(&*computer, &format!("git bundle create -q {} main..whimbrel", bundle.display())).await;
        let file = |(path, text): &(&str, &str)| FileChange {
            path: (*path).into(),
            kind: Kind::Modified,
            added: Some(text.lines().count() as u64),
            removed: Some(0),
        };
        let files = files.iter().map(file).collect();
        let change = Change { base: self.base.clone(), head, commits: vec!["c".into()], files };
        Made { change, bundle }
    }

    pub fn job<'a>(&self, made: &'a Made, checks: &'a [Check]) -> Job<'a> {
        Job {
            base: self.base.clone(),
            head: made.change.head.clone(),
            change: &made.change,
            bundle: &made.bundle,
            checks,
            time: TIME,
            proving: Proving { mutation_ms: 0, ..Proving::default() },
            summary: "",
            width: 1,
            kept: None,
        }
    }
}

pub(crate) fn checks(command: &str) -> Vec<Check> {
    vec![Check { name: "test".into(), command: command.into() }]
}

async fn sh(computer: &dyn Computer, command: &str) -> String {
    let exited = computer.run(Exec::shell(command).timeout(TIME)).await.unwrap();
    assert!(exited.status.is_success(), "{command}: {}", exited.text());
    exited.stdout.text()
}

async fn commit(computer: &dyn Computer, files: Files<'_>) -> Commit {
    for (path, text) in files {
        computer.write(&Path::new(WORKSPACE).join(path), text.as_bytes(), 0o644).await.unwrap();
    }
    sh(computer, "git add -A && git commit -q -m c").await;
    sh(computer, "git rev-parse HEAD").await.trim().parse().unwrap()
}
