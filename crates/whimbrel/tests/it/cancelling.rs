//! A task can be cancelled wherever it is, at once, and leaves nothing.

use std::time::{Duration, Instant};

use llm::fake::Turn;
use serde_json::json;

use crate::scripted::{Scripted, repair, shell};
use crate::traces::is_running;
use crate::watching::{
    attempt, no_computer_is_left, shown, wait_for_state, wait_for_task, write_home,
};
use crate::world::{World, wait_until};

/// Two seconds are promised; a machine that is busy with other stories gets some more.
const CANCEL_TIME: Duration = Duration::from_secs(6);

/// Cancels it, in time, with nothing left.
#[track_caller]
fn cancels(world: &World, task: &str) {
    let started = Instant::now();
    world.run(&["cancel", task]).exits(0).says("Cancelled");
    let took = started.elapsed();
    assert!(took < CANCEL_TIME, "{took:?}");
    no_computer_is_left(world);
    let object = shown(world, task);
    assert_eq!(object["state"], "cancelled");
    for attempt in object["attempts"].as_array().unwrap() {
        assert_eq!(attempt["outcome"], "cancelled", "{object:#}");
    }
}

#[test]
fn while_it_waits_for_room() {
    let world = Scripted::new(vec![Turn::Hang]);
    write_home(&world, "config.toml", "[machine]\nattempts_max = 1\n");
    let repository = world.buggy("double");
    let first = world.delegate_away(&repository, &[], "double is wrong");
    wait_until("the first one's request", || world.asked() == 1);
    let second = world.delegate_away(&repository, &[], "double is wrong");
    wait_until("a reason", || attempt(&world, &second, 1)["waits"].is_string());
    let started = Instant::now();
    world.run(&["cancel", &second]).exits(0);
    assert!(started.elapsed() < CANCEL_TIME);
    assert_eq!(attempt(&world, &second, 1)["outcome"], "cancelled");
    assert_eq!(attempt(&world, &first, 1)["state"], "working");
    cancels(&world, &first);
}

#[test]
fn while_a_slow_setup_runs() {
    let world = Scripted::new(repair());
    let repository = world.buggy("double");
    let setup = "[environment]\nsetup = \"exec sleep 8201\"\n";
    repository.write("whimbrel.toml", setup).commit("Take time");
    let task = world.delegate_away(&repository, &[], "double is wrong");
    wait_until("the setup", || is_running("sleep\08201"));
    cancels(&world, &task);
    assert!(!is_running("sleep\08201"), "the setup is alive");
}

#[test]
fn while_its_model_hangs() {
    let world = Scripted::new(vec![Turn::Hang]);
    let repository = world.buggy("double");
    let task = world.delegate_away(&repository, &[], "double is wrong");
    wait_until("the request", || world.asked() == 1);
    cancels(&world, &task);
}

#[test]
fn while_its_tool_runs() {
    let world = Scripted::new(vec![shell("setsid sleep 8202 & exec sleep 8203")]);
    let repository = world.buggy("double");
    let task = world.delegate_away(&repository, &[], "double is wrong");
    wait_until("the tool", || is_running("sleep\08202") && is_running("sleep\08203"));
    cancels(&world, &task);
    assert!(!is_running("sleep\08202") && !is_running("sleep\08203"), "a program is alive");
}

#[test]
fn while_its_plan_waits() {
    let plan = json!({ "text": "Multiply.", "steps": [{ "step": "Mend", "state": "pending" }] });
    let world = Scripted::new(vec![Turn::call("plan", &plan)]);
    let repository = world.buggy("double");
    let task = world.delegate_away(&repository, &["--plan"], "double is wrong");
    wait_for_state(&world, &task, 1, "paused");
    cancels(&world, &task);
}

#[test]
fn while_its_quota_is_used_up() {
    let world = Scripted::new(vec![Turn::rate_limited("600")]);
    write_home(&world, "models.toml", "hold_max = \"1s\"\n");
    let repository = world.buggy("double");
    let task = world.delegate_away(&repository, &[], "double is wrong");
    wait_for_state(&world, &task, 1, "paused");
    cancels(&world, &task);
}

#[test]
fn while_it_is_proven() {
    let world = Scripted::new(repair());
    let repository = world.buggy("double");
    let checks = "[checks]\ntest = \"exec sleep 8204\"\n";
    repository.write("whimbrel.toml", checks).commit("Take time");
    let task = world.delegate_away(&repository, &[], "double is wrong");
    wait_until("the check", || is_running("sleep\08204"));
    cancels(&world, &task);
    assert!(!is_running("sleep\08204"), "the check is alive");
    assert!(repository.whimbrel_branches().is_empty());
}

#[test]
fn once_it_was_offered_its_branch_goes() {
    let world = Scripted::new(repair());
    let repository = world.buggy("double");
    let task = world.delegate_away(&repository, &[], "double is wrong");
    wait_for_task(&world, &task, "offered");
    world.run(&["cancel", &task]).exits(1).says("nothing to cancel");
    world.run(&["pr", "close", &task]).exits(0);
    assert!(repository.whimbrel_branches().is_empty());
}
