//! What a story sees of a task from outside, and the files that its person writes into the home.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::world::{World, must, wait_until};

pub fn shown(world: &World, id: &str) -> Value {
    world.run(&["show", "--json", id]).exits(0).object()
}

/// The task's attempt of that number, as `show` has it.
#[track_caller]
pub fn attempt(world: &World, task: &str, number: usize) -> Value {
    shown(world, task)["attempts"][number - 1].clone()
}

#[track_caller]
pub fn wait_for_state(world: &World, task: &str, number: usize, state: &str) {
    let what = format!("attempt {number} {state}");
    wait_until(&what, || attempt(world, task, number)["state"] == state);
}

#[track_caller]
pub fn wait_for_task(world: &World, task: &str, state: &str) {
    wait_until(&format!("task {state}"), || shown(world, task)["state"] == state);
}

/// The events of all the task's attempts, or of one attempt.
pub fn log(world: &World, id: &str) -> Vec<Value> {
    let ran = world.run(&["logs", "--json", id]).exits(0);
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub fn count(log: &[Value], fact: &str) -> usize {
    log.iter().filter(|event| event["fact"] == fact).count()
}

/// `config.toml` or `models.toml`, before or between the program's runs.
pub fn write_home(world: &World, name: &str, text: &str) {
    fs::create_dir_all(world.home()).unwrap();
    fs::write(world.home().join(name), text).unwrap();
}

/// Neither a runner nor a computer, nor a mount of one.
#[track_caller]
pub fn no_computer_is_left(world: &World) {
    wait_until("the last runner's end", || world.runners().is_empty());
    assert_eq!(world.computers(), [] as [&str; 0]);
    nothing_is_mounted(world);
}

#[track_caller]
pub fn nothing_is_mounted(world: &World) {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(!mounts.contains(world.home().join("computers").to_str().unwrap()), "{mounts}");
}

/// What the program prints to that person, who must have success.
#[track_caller]
pub fn as_person(world: &World, person: &str, arguments: &[&str]) -> Value {
    let ran = must(world.command().args(arguments).env("WHIMBREL_PERSON", person));
    let last = String::from_utf8(ran.stdout).unwrap().lines().last().map(str::to_owned);
    serde_json::from_str(&last.unwrap()).unwrap()
}

/// The compressed records below the folder in which the text is, once they are unpacked.
#[expect(clippy::disallowed_methods, reason = "stories look into records with the usual program")]
pub fn unpacked_with(folder: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(unpacked_with(&path, text));
        } else if path.extension().is_some_and(|end| end == "gz") {
            let unpacked = must(Command::new("gzip").arg("-dc").arg(&path)).stdout;
            let is_in = String::from_utf8_lossy(&unpacked).contains(text);
            found.extend(is_in.then_some(path));
        }
    }
    found
}
