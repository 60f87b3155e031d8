//! A forge in memory, for tests of who uses one. It keeps the promises of [`Forge`], without git:
//! a merge commit's name is made up, and its history is remembered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use domain::Commit;

use crate::{Error, Forge, Merge, Prepared};

#[derive(Debug, Default)]
pub struct Fake {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    branches: BTreeMap<String, Commit>,
    /// What each commit that was merged here has in its history.
    histories: BTreeMap<Commit, BTreeSet<Commit>>,
    /// Heads that conflict with everything, and in which files.
    conflicts: BTreeMap<Commit, Vec<String>>,
    merges: u32,
}

impl Fake {
    /// With one branch.
    pub fn new(branch: &str, commit: &Commit) -> Self {
        let fake = Self::default();
        fake.set(branch, commit);
        fake
    }

    /// Moves a branch, as somebody else would.
    pub fn set(&self, branch: &str, commit: &Commit) {
        self.state().branches.insert(branch.to_owned(), commit.clone());
    }

    pub fn branch(&self, branch: &str) -> Option<Commit> {
        self.state().branches.get(branch).cloned()
    }

    /// From now on `head` conflicts in `files`.
    pub fn conflict(&self, head: &Commit, files: &[&str]) {
        let files = files.iter().map(|&file| file.to_owned()).collect();
        self.state().conflicts.insert(head.clone(), files);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of the lock panics")
    }
}

impl State {
    fn has(&self, tip: &Commit, commit: &Commit) -> bool {
        tip == commit || self.histories.get(tip).is_some_and(|history| history.contains(commit))
    }

    fn tip(&self, branch: &str) -> Result<Commit, Error> {
        self.branches.get(branch).cloned().ok_or_else(|| Error::NoBranch {
            origin: "the fake".into(),
            branch: branch.to_owned(),
            known: self.branches.keys().cloned().collect::<Vec<_>>().join(", "),
        })
    }

    fn merge(&mut self, tip: &Commit, head: &Commit) -> Commit {
        self.merges += 1;
        let commit: Commit =
            format!("{:040x}", self.merges).parse().expect("it is forty hexadecimal digits");
        let mut history = BTreeSet::from([tip.clone(), head.clone()]);
        history.extend(self.histories.get(tip).into_iter().flatten().cloned());
        self.histories.insert(commit.clone(), history);
        commit
    }
}

fn moved(branch: &str, expected: &Commit, found: Option<&Commit>) -> Error {
    let (branch, expected) = (branch.to_owned(), expected.clone());
    Error::BranchMoved { branch, expected, found: found.cloned() }
}

#[async_trait]
impl Forge for Fake {
    async fn offer(&self, branch: &str, head: &Commit) -> Result<(), Error> {
        let mut state = self.state();
        let found = state.branches.entry(branch.to_owned()).or_insert_with(|| head.clone());
        if found == head {
            return Ok(());
        }
        let (branch, found, head) = (branch.to_owned(), found.clone(), head.clone());
        Err(Error::BranchTaken { branch, found, head })
    }

    async fn renew(&self, branch: &str, from: &Commit, to: &Commit) -> Result<(), Error> {
        let mut state = self.state();
        match state.branches.get(branch) {
            Some(found) if found != from && found != to => Err(moved(branch, from, Some(found))),
            _ours_or_gone => {
                state.branches.insert(branch.to_owned(), to.clone());
                Ok(())
            }
        }
    }

    async fn verify(&self, branch: &str, head: &Commit) -> Result<(), Error> {
        match self.state().branches.get(branch) {
            Some(found) if found == head => Ok(()),
            found => Err(moved(branch, head, found)),
        }
    }

    async fn prepare_merge(&self, merge: &Merge) -> Result<Prepared, Error> {
        let mut state = self.state();
        let base_branch = merge.base.branch.clone();
        if let Some(files) = state.conflicts.get(&merge.head).cloned() {
            return Err(Error::Conflicts { base_branch, files });
        }
        let base_tip = state.tip(&base_branch)?;
        let merged = state.has(&base_tip, &merge.head);
        let commit = if merged { base_tip.clone() } else { state.merge(&base_tip, &merge.head) };
        let moved = base_tip != merge.base.commit;
        Ok(Prepared { base_branch, base_tip, commit, moved })
    }

    async fn publish_merge(&self, prepared: &Prepared) -> Result<(), Error> {
        let mut state = self.state();
        let tip = state.tip(&prepared.base_branch)?;
        if state.has(&tip, &prepared.commit) {
            return Ok(());
        }
        if tip != prepared.base_tip {
            return Err(Error::BaseMoved { base_branch: prepared.base_branch.clone() });
        }
        state.branches.insert(prepared.base_branch.clone(), prepared.commit.clone());
        Ok(())
    }

    async fn close(&self, branch: &str, head: &Commit) -> Result<(), Error> {
        let mut state = self.state();
        match state.branches.get(branch) {
            None => Ok(()),
            Some(found) if found != head => Err(moved(branch, head, Some(found))),
            Some(_) => {
                state.branches.remove(branch);
                Ok(())
            }
        }
    }
}
