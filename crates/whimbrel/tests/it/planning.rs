//! A plan comes first where a person asked for one.

use std::fs;

use llm::fake::Turn;
use serde_json::json;

use crate::scripted::{Scripted, finish, repair, shell};
use crate::watching::{count, log, nothing_is_mounted, shown, wait_for_state, wait_for_task};
use crate::world::wait_until;

fn plan(text: &str) -> Turn {
    let steps = json!([{ "step": "Multiply", "state": "pending" }]);
    Turn::call("plan", &json!({ "text": text, "steps": steps }))
}

fn planned(texts: &[&str]) -> Scripted {
    let mut turns = vec![shell("cat double.py")];
    turns.extend(texts.iter().map(|text| plan(text)));
    turns.extend(repair());
    Scripted::new(turns)
}

/// A task whose plan waits.
fn waiting(world: &Scripted) -> String {
    let repository = world.buggy("double");
    let task = world.delegate_away(&repository, &["--plan"], "double is wrong");
    wait_for_state(world, &task, 1, "paused");
    task
}

#[test]
fn a_plan_waits_without_a_process_and_begins_when_approved() {
    let world = planned(&["It adds where it should multiply."]);
    let task = waiting(&world);
    wait_until("the runner's end", || world.runners().is_empty());
    nothing_is_mounted(&world);

    world.run(&["show", &task]).exits(0).says("its plan waits").says("--approve");
    world.run(&["list"]).exits(0).says("waits for you");
    let ran = world.run(&["plan", &task]).exits(0);
    assert!(ran.stdout.starts_with("It adds where"), "{ran}");
    ran.says("- [ ] Multiply").says("--approve");
    assert_eq!(world.asked(), 2);
    let log_before = log(&world, &task);
    assert_eq!(count(&log_before, "harvested"), 0);

    world.run(&["plan", &task, "--approve"]).exits(0).says("works by it");

    wait_for_task(&world, &task, "offered");
    assert!(world.requests()[2].mentions("A person has approved the plan"));
    world.run(&["plan", &task, "--approve"]).exits(1).says("waits for no plan");
}

#[test]
fn an_edited_plan_is_what_the_agent_goes_by() {
    let world = planned(&["It adds."]);
    let task = waiting(&world);
    let file = world.path().join("plan.md");
    fs::write(&file, "Multiply, and touch nothing else.\n").unwrap();
    world.run(&["plan", &task, "--file", file.to_str().unwrap()]).exits(0);
    wait_for_task(&world, &task, "offered");
    assert!(world.requests()[2].mentions("Multiply, and touch nothing else."));
    assert!(world.requests()[2].mentions("after editing it"));
    world.run(&["plan", &task]).exits(0).says("touch nothing else");
}

#[test]
fn words_about_a_plan_make_another() {
    let world = planned(&["The first.", "The second."]);
    let task = waiting(&world);
    world.run(&["steer", &task, "Think of zero too"]).exits(0);
    wait_until("another plan", || world.run(&["plan", &task]).exits(0).stdout.contains("second"));
    wait_for_state(&world, &task, 1, "paused");
    assert!(world.requests()[2].mentions("Think of zero too"));
    world.run(&["plan", &task, "--approve"]).exits(0);
    wait_for_task(&world, &task, "offered");
}

#[test]
fn whoever_waits_is_told_that_the_plan_waits() {
    let world = planned(&["It adds."]);
    let repository = world.buggy("double");
    let ran = world.delegate(&repository, &["--plan"], "double is wrong").exits(0);
    assert_eq!(ran.object()["attempts"][0]["state"], "paused", "{ran}");
    let task = ran.object()["task"].as_str().unwrap().to_owned();
    world.run(&["cancel", &task]).exits(0);
}

/// Files that were written before the approval are refused with the plan.
#[test]
fn nothing_is_changed_before_the_approval() {
    let mut turns = vec![shell("echo '#' >> double.py"), plan("Too early.")];
    turns.extend([shell("git checkout -q double.py"), plan("In time.")]);
    turns.extend(repair());
    let world = Scripted::new(turns);
    let task = waiting(&world);
    assert!(world.requests()[2].mentions("The plan was not taken"));
    world.run(&["plan", &task]).exits(0).says("In time.");
    world.run(&["plan", &task, "--approve"]).exits(0);
    wait_for_task(&world, &task, "offered");
    let object = shown(&world, &task);
    assert_eq!(object["attempts"][0]["outcome"], "changed");
}

#[test]
fn who_makes_no_plan_has_none_to_show() {
    let world = Scripted::new(vec![finish("Nothing", "No.")]);
    let repository = world.buggy("double");
    let ran = world.delegate(&repository, &[], "double is wrong").exits(3).object();
    let task = ran["task"].as_str().unwrap();
    world.run(&["plan", task]).exits(1).says("has made no plan");
    world.run(&["plan", task, "--approve"]).exits(1);
    let mechanic = world.delegate(&repository, &["--plan", "--agent", "mechanic"], "double");
    mechanic.exits(1).says("the mechanic can't");
}
