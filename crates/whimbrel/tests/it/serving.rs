//! The engine as a process: who leads, how it stops, what its death means to attempts, and what
//! waits when it can't start everything.

use std::path::Path;
use std::time::{Duration, Instant};

use llm::fake::Turn;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::scripted::{Scripted, repair, shell};
use crate::watching::{as_person, attempt, shown, wait_for_task, write_home};
use crate::world::{Running, World, wait_until};

/// The engine that leads, and whether a person started it.
fn leader(world: &World) -> Option<(Pid, bool)> {
    let text = std::fs::read_to_string(world.home().join("locks/engine")).ok()?;
    let (pid, kind) = text.split_once(' ')?;
    let alive = Path::new("/proc").join(pid).join("fd").exists();
    alive.then(|| (Pid::from_raw(pid.parse().unwrap()), kind == "foreground"))
}

fn serve(world: &World) -> Running {
    let serving = world.start(&["serve", "--listen", "127.0.0.1:0"]);
    wait_until("the lead", || leader(world).is_some_and(|(_, foreground)| foreground));
    serving
}

#[test]
fn a_persons_engine_takes_the_place_of_one_in_the_background() {
    let world = Scripted::new(vec![Turn::Hang]);
    let repository = world.buggy("double");
    let task = world.delegate_away(&repository, &[], "double is wrong");
    let (background, foreground) = leader(&world).unwrap();
    assert!(!foreground);
    let serving = serve(&world);
    assert_ne!(leader(&world).unwrap().0, background);
    wait_until("its words", || serving.said().contains("whimbrel serves"));
    world.run(&["serve", "--listen", "127.0.0.1:0"]).exits(1).says("runs for").says("already");
    world.run(&["cancel", &task]).exits(0);

    serving.signal(Signal::SIGTERM);
    serving.ends().exits(0).says("Stopping");
    assert_eq!(leader(&world), None);
}

/// Another one would wait for the look that is under way.
#[test]
fn the_second_signal_ends_it_at_once() {
    let world = World::new();
    let serving = serve(&world);
    wait_until("its words", || serving.said().contains("whimbrel serves"));
    let started = Instant::now();
    serving.signal(Signal::SIGINT);
    serving.signal(Signal::SIGTERM);
    let code = serving.ends().code();
    assert!(code == Some(0) || code == Some(130), "{code:?}");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn its_death_touches_no_attempt_and_a_runner_starts_another() {
    let mut turns = repair();
    turns[1] = turns[1].clone().after(Duration::from_secs(8));
    let world = Scripted::new(turns);
    let repository = world.buggy("double");
    let task = world.delegate_away(&repository, &[], "double is wrong");
    wait_until("the second request", || world.asked() == 2);
    let runners = world.runners();
    let (killed, _) = leader(&world).unwrap();

    kill(killed, Signal::SIGKILL).unwrap();

    wait_until("another engine", || leader(&world).is_some_and(|(pid, _)| pid != killed));
    assert_eq!(world.runners(), runners);
    wait_until("the branch", || !repository.whimbrel_branches().is_empty());
    let object = shown(&world, &task);
    assert_eq!(object["state"], "offered");
    assert_eq!(world.asked(), 2);
}

#[test]
fn what_waits_says_for_what_and_begins_when_there_is_room() {
    let world = Scripted::for_each(repair());
    write_home(&world, "config.toml", "[machine]\nattempts_max = 1\n");
    let repository = world.buggy("double");
    let ran = world.delegate(&repository, &["-n", "3"], "double is wrong").exits(0);
    assert_eq!(ran.object()["attempts"].as_array().unwrap().len(), 3);

    let world = Scripted::new(vec![Turn::Hang]);
    write_home(&world, "config.toml", "[machine]\nattempts_max = 1\n");
    let repository = world.buggy("double");
    let task = world.delegate_away(&repository, &["-n", "3"], "double is wrong");
    wait_until("a reason", || attempt(&world, &task, 3)["waits"].is_string());
    let waits = attempt(&world, &task, 2)["waits"].clone();
    assert_eq!(waits, "a place: 1 run, which is the most");
    world.run(&["show", &task]).exits(0).says("queued; waits for a place: 1 run");
    world.run(&["cancel", &task]).exits(0);
}

/// Ada came first with many; Bob isn't starved by them.
#[test]
fn persons_take_turns() {
    let slow = |turn: Turn| turn.after(Duration::from_secs(1));
    let world = Scripted::for_each(repair().into_iter().map(slow).collect());
    write_home(&world, "config.toml", "[machine]\nattempts_max = 1\n");
    let repository = world.buggy("double");
    let repo = repository.path().to_str().unwrap();
    let delegate = |person: &str, n: &str| {
        let typed = ["delegate", "--repo", repo, "--json", "-n", n, "double is wrong"];
        as_person(&world, person, &typed)["task"].as_str().unwrap().to_owned()
    };
    let (adas, bobs) = (delegate("ada", "5"), delegate("bob", "1"));
    wait_for_task(&world, &bobs, "offered");
    let adas = shown(&world, &adas);
    let ended = adas["attempts"].as_array().unwrap().iter().filter(|a| a["state"] == "ended");
    assert!(ended.count() <= 3, "{adas:#}");
}

#[test]
fn without_the_key_an_engine_lets_it_wait_and_says_so() {
    let mut turns = repair();
    turns.insert(0, shell("cat double.py").after(Duration::from_secs(3)));
    let world = Scripted::for_each(turns);
    write_home(&world, "config.toml", "[machine]\nattempts_max = 1\n");
    let mut command = world.command();
    command.args(["serve", "--listen", "127.0.0.1:0"]).env_remove("WHIMBREL_MODEL_KEY");
    let mut serving = command.stderr(std::process::Stdio::null()).spawn().unwrap();
    wait_until("the lead", || leader(&world).is_some_and(|(_, foreground)| foreground));
    let repository = world.buggy("double");
    let first = world.delegate_away(&repository, &[], "double is wrong");
    let second = world.delegate_away(&repository, &[], "double is wrong");
    let waits = || attempt(&world, &second, 1)["waits"].as_str().unwrap_or_default().to_owned();
    wait_until("a reason", || waits().contains("a key for openai-chat/gpt-x"));
    wait_until("the first one's end", || !repository.whimbrel_branches().is_empty());
    wait_for_task(&world, &second, "offered");
    assert_eq!(shown(&world, &first)["state"], "offered");
    serving.kill().unwrap();
    serving.wait().unwrap();
}
