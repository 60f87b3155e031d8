//! Everything is restarted while many attempts run: all end as they would have.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use domain::Fact;
use nix::sys::signal::Signal;

use super::check;
use super::plan::{Moment, Plan};
use super::processes::{self, Kind, Process};
use super::watch::{POLL, Watch};
use super::world::World;

const SILENCE_MAX: Duration = Duration::from_secs(120);

/// First the server alone is stopped and started anew, which no attempt may notice; then
/// everything is killed at once, as when the machine restarts. Gives what was measured.
///
/// # Errors
/// Where an attempt ended otherwise than without all that, or anything [`check`] wants is wrong.
pub fn restart(program: &Path, attempts: u32, keep: bool) -> Result<String> {
    let plan = Plan { attempts, seed: u64::from(attempts), ..Plan::calm() };
    let mut world = World::new(program, &plan)?;
    let result = play(&mut world, &plan);
    result.map_err(|error| {
        let complaints = world.complaints();
        if keep {
            world.keep();
        }
        error.context(format!("restart with {attempts} attempts\n{complaints}"))
    })
}

fn play(world: &mut World, plan: &Plan) -> Result<String> {
    let attempts = plan.attempts;
    let started = Instant::now();
    world.serve()?;
    let task = world.delegate(attempts, &["--memory", "64MiB"])?;
    let mut watch = Watch::new(task, attempts);
    let many = usize::try_from(attempts)?;
    wait_for(world, &mut watch, Moment::Turn(many))?;
    let before = world.runners();
    restart_the_server(world)?;
    let after = world.runners();
    let at_work = before.iter().filter(|runner| after.contains(runner)).count();
    wait_for(world, &mut watch, Moment::Turn(2 * many))?;
    ensure!(most_takes(&watch) == 1, "a runner was started anew because the server was");

    watch.let_go(world);
    let killed: Vec<Process> = world.processes();
    let killed: Vec<Process> =
        killed.into_iter().filter(|process| process.kind != Kind::Other).collect();
    killed.iter().for_each(|process| processes::send(process, Signal::SIGKILL));
    world.reap();
    world.serve()?;
    wait_for(world, &mut watch, Moment::Offered)?;
    let time = started.elapsed();
    watch.let_go(world);
    let left = world.stop();
    // Requests may be lost, so it isn't as calm as its plan.
    let blown = Plan { blows: Plan::of(1).blows, ..plan.clone() };
    check::all(world, &mut watch, &blown, None, &left)?;
    Ok(format!(
        "restart: {attempts} attempts, {} runners at work when the server was restarted and {at_work} \
         after it, {} processes killed at once; all {attempts} ended changed, {:.0} s",
        before.len(),
        killed.len(),
        time.as_secs_f64()
    ))
}

/// Stops it as an upgrade does, and starts it anew.
fn restart_the_server(world: &mut World) -> Result<()> {
    for engine in world.engines() {
        processes::send(&engine, Signal::SIGTERM);
    }
    let started = Instant::now();
    while !world.engines().is_empty() {
        ensure!(started.elapsed() < SILENCE_MAX, "the server doesn't stop");
        world.reap();
        std::thread::sleep(POLL);
    }
    world.serve()
}

fn most_takes(watch: &Watch) -> usize {
    let takes = |log: &Vec<domain::Event>| {
        log.iter().filter(|event| matches!(event.fact, Fact::Taken { .. })).count()
    };
    watch.seen.values().map(takes).max().unwrap_or(0)
}

fn wait_for(world: &mut World, watch: &mut Watch, moment: Moment) -> Result<()> {
    let since = Instant::now();
    loop {
        watch.glance(world)?;
        if watch.has_come(moment, world, since) {
            return Ok(());
        }
        if watch.newest.elapsed() > SILENCE_MAX {
            bail!("{moment:?} doesn't come: {}", watch.words());
        }
        std::thread::sleep(POLL);
    }
}
