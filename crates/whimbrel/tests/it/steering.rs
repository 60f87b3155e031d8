//! What a person says to an attempt: at work, proving, ended; and to whom nothing can be said.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use llm::fake::Turn;
use serde_json::json;

use crate::scripted::{Scripted, finish, repair, shell};
use crate::watching::{attempt, count, log, shown, wait_for_state, wait_for_task};
use crate::world::{World, must, wait_until};

/// Long enough for a person's command to be there before the model's answer.
const THINKING: Duration = Duration::from_secs(4);

#[test]
fn words_to_an_agent_at_work_are_in_its_next_request() {
    let mut turns = repair();
    turns.insert(0, shell("cat double.py").after(THINKING));
    let world = Scripted::new(turns);
    let repository = world.buggy("double");
    let task = world.delegate_away(&repository, &[], "double is wrong");
    wait_until("the first request", || world.asked() == 1);

    world.run(&["steer", &task, "Leave the tests alone"]).exits(0).says("asked next");

    wait_for_task(&world, &task, "offered");
    let requests = world.requests();
    assert!(!requests[0].mentions("Leave the tests alone"));
    assert!(requests[1].mentions("Leave the tests alone"), "{:#?}", requests[1].body);
    let log = log(&world, &task);
    assert_eq!((count(&log, "steered"), count(&log, "heard")), (1, 1));
    assert_eq!(shown(&world, &task)["attempts"].as_array().unwrap().len(), 1);
}

/// What the first attempt leaves, and what the one that follows finds of it.
fn followed() -> Vec<Turn> {
    vec![
        shell("echo ours > ~/kept; echo gone > /tmp/gone; sed -i 's/x + 2/x * 2/' double.py"),
        finish("Multiply", "Doubling is times two."),
        shell("cat ~/kept double.py /tmp/gone; echo '# Two times.' >> double.py"),
        finish("Multiply, and say so", "Doubling is times two, and says so."),
    ]
}

#[test]
fn words_to_an_ended_attempt_go_on_from_there_and_renew_its_pull_request() {
    let world = Scripted::new(followed());
    let repository = world.buggy("double");
    let before = world.delegate(&repository, &[], "double is wrong").exits(0).object();
    let task = before["task"].as_str().unwrap().to_owned();

    let ran = world.run(&["steer", &task, "Say so in a comment", "--wait", "--json"]).exits(0);

    let after = ran.object();
    let (first, second) = (&after["attempts"][0], &after["attempts"][1]);
    assert_eq!((&second["follows"], &second["outcome"]), (&first["id"], &json!("changed")));
    let requests = world.requests();
    for words in ["double is wrong", "x * 2", "Say so in a comment"] {
        assert!(requests[2].mentions(words), "{words} isn't in {:#?}", requests[2].body);
    }
    assert!(requests[3].mentions("ours") && requests[3].mentions("return x * 2"));
    assert!(requests[3].mentions("/tmp/gone: No such file"), "{:#?}", requests[3].body);

    let (old, new) = (&before["pull_request"], &after["pull_request"]);
    assert_eq!(old["branch"], new["branch"]);
    assert_ne!(old["head"], new["head"]);
    assert_eq!(new["title"], "Multiply, and say so");
    assert!(!new["body"].as_str().unwrap().contains("attempt 2 of 1"), "{}", new["body"]);
    assert_eq!(repository.whimbrel_branches().len(), 1);
    let branch = new["branch"].as_str().unwrap();
    assert!(repository.at(branch, "double.py").ends_with("# Two times."));
    assert_eq!(world.run(&["pr", "list", "--json"]).exits(0).stdout.lines().count(), 1);
    let first = first["id"].as_str().unwrap();
    world.run(&["show", &task]).exits(0).says(&format!("follows {first}"));
    world.run(&["pr", "merge", &task]).exits(0);
    world.run(&["steer", &task, "More"]).exits(1).says("merged").says("delegate a new one");
}

/// The agent has gone when its work is proven, so it can't hear; the words aren't lost.
#[test]
fn words_that_come_while_it_is_proven_are_followed() {
    let world = Scripted::new(followed());
    let repository = world.buggy("double");
    let checks = "[checks]\ntest = \"sleep 2; python3 -m unittest -v\"\n";
    repository.write("whimbrel.toml", checks).commit("Take time");
    let task = world.delegate_away(&repository, &[], "double is wrong");
    wait_for_state(&world, &task, 1, "proving");

    world.run(&["steer", &task, "Say so in a comment"]).exits(0).says("when that is done");

    wait_until("a second attempt", || attempt(&world, &task, 2)["outcome"] == "changed");
    wait_for_task(&world, &task, "offered");
    assert!(world.requests()[2].mentions("Say so in a comment"));
    assert_eq!(repository.whimbrel_branches().len(), 1);
}

/// The last attempt of a line is meant where only the task is named.
#[test]
fn a_task_can_be_followed_again_and_again() {
    let mut turns = followed();
    turns.extend([shell("echo '# Three.' >> double.py"), finish("Three", "It is three.")]);
    let world = Scripted::new(turns);
    let repository = world.buggy("double");
    let task = world.delegate_away(&repository, &[], "double is wrong");
    wait_for_task(&world, &task, "offered");
    world.run(&["steer", &task, "Second", "--wait"]).exits(0);
    world.run(&["steer", &task, "Third", "--wait"]).exits(0);
    let object = shown(&world, &task);
    assert_eq!(object["attempts"][2]["follows"], object["attempts"][1]["id"], "{object:#}");
    let branch = object["pull_request"]["branch"].as_str().unwrap();
    assert!(repository.at(branch, "double.py").ends_with("# Two times.\n# Three."));
}

/// What is offered stays so.
#[test]
fn a_follow_up_that_breaks_what_worked_is_not_offered() {
    let mut turns = repair();
    turns.extend([shell("echo 'x = (' >> double.py"), finish("Break", "It is broken.")]);
    let world = Scripted::new(turns);
    let repository = world.buggy("double");
    let before = world.delegate(&repository, &[], "double is wrong").exits(0).object();
    let task = before["task"].as_str().unwrap();
    let after = world.run(&["steer", task, "Break it", "--wait", "--json"]).exits(0).object();
    assert_eq!(after["attempts"][1]["evidence"]["holds"], false, "{after:#}");
    assert_eq!(
        (&after["state"], &after["pull_request"]["head"]),
        (&json!("offered"), &before["pull_request"]["head"])
    );
    assert_eq!(repository.whimbrel_branches().len(), 1);
}

/// While it works nothing is decided of the pull request, which a cancellation leaves as it was.
#[test]
fn a_follow_up_can_be_cancelled_and_another_begun() {
    let mut turns = repair();
    turns.extend([Turn::Hang, shell("echo '# Two.' >> double.py"), finish("Two", "It is two.")]);
    let world = Scripted::new(turns);
    let repository = world.buggy("double");
    let before = world.delegate(&repository, &[], "double is wrong").exits(0).object();
    let task = before["task"].as_str().unwrap();
    world.run(&["steer", task, "Say so"]).exits(0);
    wait_until("the follow-up's request", || world.asked() == 3);
    let main = repository.git(&["rev-parse", "main"]);
    world.run(&["pr", "merge", task]).exits(1).says("whimbrel cancel");
    world.run(&["pr", "close", task]).exits(1).says("whimbrel cancel");
    assert_eq!(main, repository.git(&["rev-parse", "main"]));

    world.run(&["cancel", task]).exits(0).says("is offered as before");

    let after = shown(&world, task);
    assert_eq!(
        (&after["state"], &after["attempts"][1]["outcome"]),
        (&json!("offered"), &json!("cancelled"))
    );
    assert_eq!(after["pull_request"], before["pull_request"]);
    let again = world.run(&["steer", task, "Say two", "--wait", "--json"]).exits(0).object();
    assert_eq!(again["attempts"][2]["follows"], before["attempts"][0]["id"], "{again:#}");
    world.run(&["diff", task]).exits(0).says("x * 2").says("# Two.");
    world.run(&["pr", "merge", task]).exits(0);
}

#[test]
fn a_closed_pull_request_is_opened_again_by_what_follows() {
    let world = Scripted::new(followed());
    let repository = world.buggy("double");
    let before = world.delegate(&repository, &[], "double is wrong").exits(0).object();
    let task = before["task"].as_str().unwrap();
    world.run(&["pr", "close", task, "--reason", "It should say so"]).exits(0);
    assert!(repository.whimbrel_branches().is_empty());
    let after = world.run(&["steer", task, "Say so", "--wait", "--json"]).exits(0).object();
    assert_eq!(after["state"], "offered");
    assert_eq!(after["pull_request"]["branch"], before["pull_request"]["branch"]);
    assert_eq!(repository.whimbrel_branches().len(), 1);
    assert_eq!(world.run(&["pr", "list", "--json"]).exits(0).stdout.lines().count(), 1);
}

#[test]
fn what_ended_without_a_change_can_be_told_more() {
    let mut turns = vec![finish("Nothing", "Nothing is wrong.")];
    turns.extend(repair());
    let world = Scripted::new(turns);
    let repository = world.buggy("double");
    let ran = world.delegate(&repository, &[], "double is wrong").exits(3).object();
    let task = ran["task"].as_str().unwrap();
    world.run(&["steer", task, "Look at the sign", "--wait"]).exits(0).says("Pull request:");
}

#[test]
fn nobody_hears_who_was_cancelled_or_is_a_mechanic() {
    let world = Scripted::new(vec![Turn::Hang]);
    let repository = world.buggy("double");
    let task = world.delegate_away(&repository, &[], "double is wrong");
    wait_until("the request", || world.asked() == 1);
    world.run(&["cancel", &task]).exits(0);
    world.run(&["steer", &task, "Go on"]).exits(1).says("cancelled").says("delegate a new one");
    world.run(&["steer", &task, "  "]).exits(1).says("empty");

    let world = World::new();
    let repository = world.buggy("double");
    let task = world.delegate(&repository, &[], "double is wrong").exits(0).object();
    let task = task["task"].as_str().unwrap();
    world.run(&["steer", task, "Go on"]).exits(1).says("the mechanic has no model");
}

#[test]
fn who_is_attached_sees_what_happens_and_is_heard() {
    let mut turns = repair();
    turns.insert(0, shell("cat double.py").after(THINKING));
    let world = Scripted::new(turns);
    let repository = world.buggy("double");
    let task = world.delegate_away(&repository, &[], "double is wrong");
    wait_until("the first request", || world.asked() == 1);
    let mut input = tempfile::tempfile().unwrap();
    writeln!(input, "Leave the tests alone\n").unwrap();
    std::io::Seek::rewind(&mut input).unwrap();

    let ran = world.run_with_input(&["attach", &task], input).exits(0);

    assert!(ran.stdout.contains("says: Leave the tests alone"), "{ran}");
    assert!(ran.stdout.contains("proving") && ran.stdout.contains("changed"), "{ran}");
    assert!(world.requests()[1].mentions("Leave the tests alone"));
}

#[test]
fn who_attaches_to_an_ended_attempt_with_words_begins_another() {
    let world = Scripted::new(followed());
    let repository = world.buggy("double");
    let task = world.delegate_away(&repository, &[], "double is wrong");
    wait_for_task(&world, &task, "offered");
    let mut input = tempfile::tempfile().unwrap();
    writeln!(input, "Say so in a comment").unwrap();
    std::io::Seek::rewind(&mut input).unwrap();
    let ran = world.run_with_input(&["attach", &task], input).exits(0);
    assert!(ran.stdout.contains("says: Say so in a comment"), "{ran}");
    assert_eq!(attempt(&world, &task, 2)["outcome"], "changed", "{ran}");
}

/// A terminal's input doesn't end by itself.
#[test]
fn who_is_attached_is_let_go_when_it_ended() {
    let world = Scripted::new(repair());
    let repository = world.buggy("double");
    let task = world.delegate_away(&repository, &[], "double is wrong");
    let mut command = world.command();
    command.args(["attach", &task]).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut attached = command.spawn().unwrap();
    let held_open = attached.stdin.take();
    wait_until("the end", || attached.try_wait().unwrap().is_some());
    drop(held_open);
    assert_eq!(attached.wait().unwrap().code(), Some(0));
    must(world.command().args(["attach", &task]));
}
