//! The change of each attempt and the one pull request: the same as without a kill, and once.

use anyhow::{Context, Result, bail, ensure};
use domain::{AttemptId, Change, task};
use store::Store;

use crate::chaos::model::{COMMIT, TITLE};
use crate::chaos::watch::{Watch, branches};
use crate::chaos::world::{World, git};

/// More pull requests than any world has.
const LISTED_MAX: u32 = 100;

/// Gives the tree of the offered change.
pub(super) fn check(world: &World, watch: &mut Watch, tree: Option<&str>) -> Result<String> {
    let store = watch.store(world)?;
    let mut trees = Vec::new();
    for id in &watch.attempts {
        let change = of(world, &store, id).with_context(|| format!("the change of {id}"))?;
        ensure!(change.commits == [COMMIT, TITLE], "{id} has the commits {:?}", change.commits);
        trees.push(tree_of(world, id, &change)?);
    }
    let expected = tree.unwrap_or(&trees[0]);
    for (id, tree) in watch.attempts.iter().zip(&trees) {
        ensure!(tree == expected, "{id} made the tree {tree}, not {expected}");
    }
    one_pull_request(world, watch, &store)?;
    Ok(expected.to_owned())
}

fn of(world: &World, store: &Store, id: &AttemptId) -> Result<Change> {
    let runtime = world.runtime();
    let change = runtime.block_on(store::change::get(store, id))?;
    let evidence = runtime.block_on(store::evidence::get(store, id))?;
    ensure!(evidence.context("it has no evidence")?.holds(), "its evidence doesn't hold");
    change.context("it has none")
}

/// As our mirror has it, where every attempt's change is.
fn tree_of(world: &World, id: &AttemptId, change: &Change) -> Result<String> {
    let mirrors = std::fs::read_dir(world.home().join("mirrors"))?;
    let mirror = mirrors.flatten().find(|entry| entry.path().join("HEAD").exists());
    let mirror = mirror.context("there is no mirror")?.path();
    let tree = git(&mirror, &["rev-parse", &format!("{}^{{tree}}", change.head)]);
    tree.with_context(|| format!("the change of {id} isn't in the mirror"))
}

fn one_pull_request(world: &World, watch: &Watch, store: &Store) -> Result<()> {
    let runtime = world.runtime();
    let all = runtime.block_on(store::pull_request::list(store, None, LISTED_MAX))?;
    ensure!(all.len() == 1, "{} pull requests", all.len());
    let found = &all[0];
    let task::State::Offered { attempt, pull_request } = &watch.state else {
        bail!("the task is {:?}", watch.state);
    };
    ensure!((attempt, pull_request) == (&found.attempt, &found.id), "{:?} is offered", watch.state);
    let names = branches(world)?;
    ensure!(names == [found.branch.as_str()], "the branches are {names:?}, not {}", found.branch);
    let head = git(&world.repository(), &["rev-parse", &found.branch])?;
    let change = runtime.block_on(store::change::get(store, attempt))?.context("no change")?;
    ensure!(head == found.head.as_str() && head == change.head.as_str(), "the branch is at {head}");
    let range = format!("main..{}", found.branch);
    let subjects = git(&world.repository(), &["log", "--reverse", "--format=%s", &range])?;
    ensure!(subjects == format!("{COMMIT}\n{TITLE}"), "the branch has the commits {subjects:?}");
    git(&world.repository(), &["fsck", "--strict"])?;
    Ok(())
}
