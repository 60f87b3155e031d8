//! What old attempts leave is cleaned up, and never a change that exists nowhere else.

use llm::fake::Turn;
use serde_json::Value;

use crate::scripted::{Scripted, finish, repair, shell};
use crate::watching::{attempt, wait_for_task};
use crate::world::wait_until;

fn gc(world: &Scripted, more: &[&str]) -> Value {
    world.run(&[&["gc", "--json"], more].concat()).exits(0).object()
}

/// `KIND ATTEMPT` of each.
fn items(cleaned: &Value, which: &str) -> Vec<String> {
    let item = |item: &Value| {
        format!("{} {}", item["kind"].as_str().unwrap(), item["of"].as_str().unwrap())
    };
    cleaned[which].as_array().unwrap().iter().map(item).collect()
}

/// What was seen at base, which the next proof makes anew.
const BASES: &str = "records evidence/base";

/// An offered task, whose runner has gone.
fn offered(world: &Scripted) -> String {
    let repository = world.buggy("double");
    let task = world.delegate_away(&repository, &[], "double is wrong");
    wait_for_task(world, &task, "offered");
    wait_until("the runner's end", || world.runners().is_empty());
    task
}

#[test]
fn an_old_computer_goes_and_a_follow_up_begins_with_its_change() {
    let mut turns = repair();
    let more = "cat double.py; echo '# Two times.' >> double.py; git log --oneline";
    turns.extend([shell(more), finish("Multiply, and say so", "It says so.")]);
    let world = Scripted::new(turns);
    let task = offered(&world);
    let computer = format!("computer {task}.1");
    assert_eq!(items(&gc(&world, &["--dry-run"]), "removed"), [] as [&str; 0]);
    let old = [computer.as_str(), BASES];
    assert_eq!(items(&gc(&world, &["--dry-run", "--all"]), "removed"), old);
    assert_eq!(world.computers().len(), 1);
    world.run(&["gc", "--dry-run", "--all"]).exits(0).says("would go").says("would be freed");
    assert_eq!(items(&gc(&world, &["--all"]), "removed"), old);
    assert!(world.computers().is_empty());

    let after = world.run(&["steer", &task, "Say so", "--wait", "--json"]).exits(0).object();

    assert_eq!(after["attempts"][1]["outcome"], "changed", "{after:#}");
    let requests = world.requests();
    assert!(requests[3].mentions("return x * 2"), "{:#?}", requests[3].body);
    assert!(requests[2].mentions("computer"), "{:#?}", requests[2].body);
    let diff = world.run(&["diff", &task]).exits(0).says("+# Two times.").stdout;
    assert!(diff.contains("+    return x * 2"), "{diff}");
}

#[test]
fn of_a_merged_change_nothing_is_kept_but_the_log() {
    let world = Scripted::new(repair());
    let task = offered(&world);
    world.run(&["pr", "merge", &task]).exits(0);
    let removed = items(&gc(&world, &["--all"]), "removed");
    let all = ["computer", "records", "change"].map(|what| format!("{what} {task}.1"));
    assert_eq!(removed[..3], all);
    assert_eq!(removed[3..], [BASES]);
    assert_eq!(items(&gc(&world, &["--all"]), "removed"), [] as [&str; 0]);
    world.run(&["logs", &task]).exits(0).says("changed");
    world.run(&["show", &task]).exits(0).says("merged");
    world.run(&["replay", &format!("{task}.1")]).exits(1).says("its record is gone");
}

#[test]
fn a_change_that_is_nowhere_else_is_kept() {
    let world = Scripted::new(repair());
    let task = offered(&world);
    world.run(&["pr", "close", &task]).exits(0);
    let cleaned = gc(&world, &["--all"]);
    assert_eq!(items(&cleaned, "kept"), [format!("change {task}.1")]);
    assert!(cleaned["kept"][0]["why"].as_str().unwrap().contains("no branch"), "{cleaned:#}");
    world.run(&["diff", &task]).exits(0).says("+    return x * 2");
    let folder = world.path().join("kept");
    world.run(&["checkout", &task, folder.to_str().unwrap()]).exits(0);
}

#[test]
fn a_computer_whose_work_is_nowhere_else_is_kept() {
    let world = Scripted::new(vec![repair().remove(0), Turn::status(401)]);
    let repository = world.buggy("double");
    let ran = world.delegate(&repository, &[], "double is wrong").exits(5).object();
    let task = ran["task"].as_str().unwrap();
    wait_until("the runner's end", || world.runners().is_empty());
    let cleaned = gc(&world, &["--all"]);
    assert!(items(&cleaned, "kept").contains(&format!("computer {task}.1")), "{cleaned:#}");
    assert_eq!(world.computers().len(), 1);
    assert_eq!(attempt(&world, task, 1)["outcome"], "failed");
}

#[test]
fn what_is_at_work_is_left_alone() {
    let world = Scripted::new(vec![repair().remove(0), Turn::Hang]);
    let repository = world.buggy("double");
    let task = world.delegate_away(&repository, &[], "double is wrong");
    wait_until("the second request", || world.asked() == 2);
    let cleaned = gc(&world, &["--all"]);
    assert_eq!(items(&cleaned, "removed"), [] as [&str; 0]);
    assert_eq!(world.computers().len(), 1);
    world.run(&["cancel", &task]).exits(0);
}
