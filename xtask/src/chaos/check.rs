//! What must be true in the end, whatever was killed. Everything that isn't is said.

mod change;
mod cost;
mod log;
mod traces;

use anyhow::{Result, bail};

use super::plan::Plan;
use super::processes::Process;
use super::watch::Watch;
use super::world::World;

/// Gives the offered change's tree. `tree` is what it should be, where that is known; `left` is
/// what runs after everything was told to stop.
pub(super) fn all(
    world: &mut World,
    watch: &mut Watch,
    plan: &Plan,
    tree: Option<&str>,
    left: &[Process],
) -> Result<String> {
    let logs = watch.logs(world)?;
    let mut wrong = Vec::new();
    let mut note = |checked: Result<()>| wrong.extend(checked.err().map(|e| format!("{e:#}")));
    for (id, log) in &logs {
        note(log::check(log, &watch.seen[id]).map_err(|error| error.context(format!("{id}"))));
    }
    note(cost::check(world, watch, &logs, plan));
    let made = change::check(world, watch, tree);
    note(made.as_ref().map(|_| ()).map_err(|error| anyhow::anyhow!("{error:#}")));
    watch.let_go(world);
    note(traces::check(world, watch, left));
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    made
}
