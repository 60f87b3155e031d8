//! What is left on the machine after everything was told to stop: nothing.

use std::fs;

use anyhow::{Result, ensure};
use domain::AttemptId;

use crate::chaos::processes::{self, Process};
use crate::chaos::watch::Watch;
use crate::chaos::world::World;

pub(super) fn check(world: &World, watch: &Watch, left: &[Process]) -> Result<()> {
    ensure!(left.is_empty(), "still running: {left:?}");
    let ids: Vec<String> = watch.attempts.iter().map(AttemptId::to_string).collect();
    computers_rest(world, &ids)?;
    let mounts = processes::mounts_below(&world.home());
    ensure!(mounts.is_empty(), "mounts are left: {mounts:?}");
    // A runner that was killed when all else was gone leaves an empty group, which the next engine
    // or this removes.
    world.run(&["gc"])?;
    let groups = processes::groups_of(&ids);
    ensure!(groups.is_empty(), "control groups are left: {groups:?}");
    Ok(())
}

/// Only the attempts' own are there, for follow-ups, and nobody drives one.
fn computers_rest(world: &World, attempts: &[String]) -> Result<()> {
    let computers = fs::read_dir(world.home().join("computers")).into_iter().flatten().flatten();
    for computer in computers {
        let name = computer.file_name().to_string_lossy().into_owned();
        ensure!(attempts.contains(&name), "the computer {name} is left");
        let lock = fs::File::open(computer.path().join("lock"))?;
        ensure!(lock.try_lock().is_ok(), "the computer {name} is driven");
    }
    Ok(())
}
