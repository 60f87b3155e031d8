//! A task's life as its person sees it, and what it survives: killed runners, killed commands, a
//! cancellation, company.

use llm::fake::Turn;
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::repository::Repository;
use crate::scripted::{Scripted, repair, shell};
use crate::traces::is_running;
use crate::world::{World, wait_until};

/// The model hangs in its first command until the runner is gone; then it does its work.
fn hang_then_repair(mark: &str) -> Scripted {
    let mut turns = vec![hang(mark)];
    turns.extend(repair());
    Scripted::new(turns)
}

/// A command that doesn't end in any story's time, and that is found among all processes.
fn hang(mark: &str) -> Turn {
    shell(&format!("exec sleep 8{mark}"))
}

fn hangs(mark: &str) -> bool {
    is_running(&format!("sleep\08{mark}"))
}

/// Tests that take long enough to be interrupted.
fn slow_checks(repository: &Repository) {
    let checks = "[checks]\ntest = \"sleep 2; python3 -m unittest -v\"\n";
    repository.write("whimbrel.toml", checks).commit("Take time");
}

impl World {
    fn shown(&self, task: &str) -> Value {
        self.run(&["show", "--json", task]).exits(0).object()
    }

    #[track_caller]
    fn wait_for_attempt(&self, task: &str, state: &str) {
        wait_until(state, || self.shown(task)["attempts"][0]["state"] == state);
    }

    /// The task comes to its one pull request, whoever has to carry it there.
    #[track_caller]
    fn comes_to_one_pull_request(&self, task: &str, repository: &Repository) {
        wait_until("the pull request", || self.shown(task)["state"] == "offered");
        assert_eq!(repository.whimbrel_branches().len(), 1);
        assert_eq!(self.run(&["pr", "list", "--json"]).exits(0).stdout.lines().count(), 1);
    }

    fn only_task(&self) -> Option<String> {
        let listed = self.run(&["list", "--json"]).exits(0);
        let first: Value = serde_json::from_str(listed.stdout.lines().next()?).unwrap();
        Some(first["task"].as_str().unwrap().to_owned())
    }

    fn wait_for_the_task(&self) -> String {
        let mut task = None;
        wait_until("the task", || {
            task = self.only_task();
            task.is_some()
        });
        task.unwrap()
    }
}

#[test]
fn without_waiting_the_attempts_go_on_in_the_background() {
    let world = World::new();
    let repository = world.buggy("double");
    let repo = repository.path().to_str().unwrap();
    let ran = world.run(&["delegate", "--repo", repo, "double is wrong"]).exits(0);
    let task = world.only_task().unwrap();
    let ran = ran.says(&format!("whimbrel logs -f {task}"));
    assert!(ran.stderr.contains("1 attempt by mechanic"), "{ran}");

    let followed = world.run(&["logs", "-f", &task]).exits(0).says("proving").says("changed");
    assert!(followed.stdout.lines().count() > 5, "{followed}");

    world.comes_to_one_pull_request(&task, &repository);
    world.nothing_is_left(&[]);
}

#[test]
fn everything_about_a_task_can_be_read_as_text_and_as_json() {
    let world = World::new();
    let repository = world.buggy("double");
    let ran = world.delegate(&repository, &["--attempts", "2"], "double is wrong").exits(0);
    let task = ran.object()["task"].as_str().unwrap().to_owned();
    let attempt = format!("{task}.1");
    let json = |arguments: &[&str]| world.run(&[arguments, &["--json"]].concat()).exits(0).object();

    world
        .run(&["list"])
        .exits(0)
        .says(&task)
        .says("offered")
        .says("2 of 2")
        .says("double is wrong");
    assert_eq!(json(&["list"])["state"], "offered");

    world.run(&["show", &task[..4]]).exits(0).says(&task).says("Pull request (open)");
    assert_eq!(json(&["show", &task])["settings"]["agent"], "mechanic");
    world.run(&["show", &attempt]).exits(0).says("+1 -1  double.py");
    assert_eq!(json(&["show", &attempt])["change"]["files"][0]["path"], "double.py");

    world.run(&["compare", &task]).exits(0).says("RANK").says("Why attempt 1 is first").says("yes");
    let compared = json(&["compare", &task]);
    assert_eq!(compared["ranking"].as_array().unwrap().len(), 2);
    assert!(!compared["why"].as_array().unwrap().is_empty(), "{compared}");

    world.run(&["diff", &task]).exits(0).says("+    return x * 2");
    assert_eq!(json(&["diff", &attempt])["attempt"], attempt.as_str());

    world.run(&["evidence", &task]).exits(0).says("holds").says("test_double.Double.test_ten");
    let evidence = json(&["evidence", &attempt]);
    assert_eq!(evidence["holds"], true);
    let log = evidence["evidence"]["checks"][0]["head"]["log"].as_str().unwrap().to_owned();
    world.run(&["evidence", &attempt, "--log", &log]).exits(0).says("OK");
    for name in ["nothing.log", "../../whimbrel.db", "/etc/passwd", "runner.txt"] {
        world.run(&["evidence", &attempt, "--log", name]).exits(1).says("lists them");
    }

    world
        .run(&["logs", &attempt])
        .exits(0)
        .says("isolation L2; memory by")
        .says("most suspicious")
        .says("check test at head");
    let first = world.run(&["logs", "--json", &attempt]).exits(0);
    let first: Value = serde_json::from_str(first.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(first["fact"], "created");
    assert_eq!(first["seq"], 1);
}

#[test]
fn ids_that_name_nothing_or_too_much_are_told_apart() {
    let world = World::new();
    for arguments in [["show", "zzzzzzzz"], ["logs", "zzzzzzzz.1"], ["cancel", "zzzzzzzz"]] {
        world.run(&arguments).exits(1).says("there is no task").says("whimbrel list");
    }
    let repository = world.buggy("double");
    let one = world.delegate(&repository, &[], "double is wrong").exits(0).object();
    let one = one["task"].as_str().unwrap();
    world.run(&["show", &format!("{one}.2")]).exits(1).says("has no attempt").says("it has 1");
    world.run(&["show", &format!("{one}.x")]).exits(1).says("has no attempt");
    world.run(&["show", ""]).exits(1).says("there is no task");
    let others = a_task_beside(&world, one);
    world.run(&["show", &one[..7]]).exits(1).says("several").says(one).says(&others);
    world.run(&["show", one]).exits(0);
}

/// Stores a copy of the task under an id that differs in the last character. Gives that id.
fn a_task_beside(world: &World, id: &str) -> String {
    let other = format!("{}{}", &id[..7], if id.ends_with('2') { '3' } else { '2' });
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let store = store::Store::open(&world.home()).await.unwrap();
        let task = store::task::get(&store, &id.parse().unwrap()).await.unwrap();
        let task = domain::Task { id: other.parse().unwrap(), ..task };
        store::task::create(&store, &task, &[]).await.unwrap();
    });
    other
}

#[test]
fn a_cancelled_task_ends_at_once_with_its_computer() {
    let world = Scripted::new(vec![hang("101")]);
    let repository = world.buggy("double");
    let waiting = world.start_delegate(&repository, &[], "double is wrong");
    wait_until("the command", || hangs("101"));
    let task = world.wait_for_the_task();
    let computers = world.computers();
    assert_eq!(computers.len(), 1);

    world.run(&["cancel", &task]).exits(0).says("Cancelled");

    assert!(!hangs("101"), "its program is alive");
    let object = waiting.ends().exits(6).object();
    assert_eq!((&object["state"], &object["pull_request"]), (&json!("cancelled"), &Value::Null));
    assert_eq!(object["attempts"][0]["outcome"], "cancelled");
    world.nothing_is_left(&computers);
    world.run(&["cancel", &task]).exits(1).says("cancelled already");
    assert!(repository.whimbrel_branches().is_empty());
}

#[test]
fn a_runner_that_dies_at_work_is_followed_by_another() {
    let world = hang_then_repair("102");
    let repository = world.buggy("double");
    let task = world.delegate_away(&repository, &[], "double is wrong");
    wait_until("the command", || hangs("102"));
    let computers = world.computers();

    world.kill_the_runner();

    wait_until("the computer's end", || !hangs("102"));
    world.comes_to_one_pull_request(&task, &repository);
    let log = world.run(&["logs", "--json", &task]).exits(0).stdout;
    assert_eq!(log.lines().filter(|line| line.contains("\"taken\"")).count(), 2, "{log}");
    world.nothing_is_left(&computers);
}

#[test]
fn a_runner_that_dies_while_it_proves_is_followed_by_one_that_only_proves() {
    let world = Scripted::new(repair());
    let repository = world.buggy("double");
    slow_checks(&repository);
    let waiting = world.start_delegate(&repository, &[], "double is wrong");
    let task = world.wait_for_the_task();
    world.wait_for_attempt(&task, "proving");

    world.kill_the_runner();

    let object = waiting.ends().exits(0).object();
    assert_eq!(object["attempts"][0]["outcome"], "changed");
    assert_eq!(world.asked(), 2, "the work was done twice");
    world.comes_to_one_pull_request(&task, &repository);
    world.nothing_is_left(&[]);
}

#[test]
fn an_attempt_that_kills_its_runners_is_given_up() {
    let world = Scripted::new(vec![Turn::Forever(vec![hang("103")])]);
    let repository = world.buggy("double");
    let waiting = world.start_delegate(&repository, &[], "double is wrong");
    for _ in 0..5 {
        wait_until("the command", || hangs("103"));
        world.kill_the_runner();
        wait_until("the computer's end", || !hangs("103"));
    }
    let object = waiting.ends().exits(5).object();
    let reason = object["attempts"][0]["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("died 5 times") && reason.contains("runner.log"), "{reason}");
    world.nothing_is_left(&[]);
}

/// Ctrl-C reaches the whole foreground group; the attempts are in sessions of their own.
#[test]
fn a_waiting_command_that_ends_takes_nothing_with_it() {
    for signal in [Signal::SIGKILL, Signal::SIGINT] {
        let world = Scripted::new(repair());
        let repository = world.buggy("double");
        slow_checks(&repository);
        let waiting = world.start_delegate(&repository, &[], "double is wrong");
        wait_until("a runner", || !world.runners().is_empty());
        waiting.signal(signal);
        let said = waiting.ends();
        assert!(!said.stdout.contains("pull_request"), "{said}");
        // Nobody asks whimbrel meanwhile, so nobody but the runner can have done it.
        wait_until("the branch", || !repository.whimbrel_branches().is_empty());
        let task = world.wait_for_the_task();
        world.comes_to_one_pull_request(&task, &repository);
    }
}

/// What runs goes on as the version that it began as.
#[test]
fn an_upgrade_in_the_middle_touches_no_attempt() {
    let mut world = World::new();
    let program = world.copy_the_program();
    let repository = world.buggy("double");
    let waiting = world.start_delegate(&repository, &[], "double is wrong");
    wait_until("a runner", || !world.runners().is_empty());
    std::fs::remove_file(&program).unwrap();
    std::fs::write(&program, "another version").unwrap();
    let object = waiting.ends().exits(0).object();
    assert_eq!(object["attempts"][0]["outcome"], "changed");
}

#[test]
fn two_tasks_at_once_on_one_repository_become_two_pull_requests() {
    let world = Scripted::for_each(repair());
    let repository = world.buggy("double");
    let first = world.start_delegate(&repository, &[], "double is wrong");
    let second = world.start_delegate(&repository, &[], "double is wrong");
    let (first, second) = (first.ends().exits(0).object(), second.ends().exits(0).object());
    assert_ne!(first["task"], second["task"]);
    assert_eq!(repository.whimbrel_branches().len(), 2);
    // The same change, merged twice: the second finds it there.
    for object in [first, second] {
        world.run(&["pr", "merge", object["task"].as_str().unwrap()]).exits(0);
    }
    world.nothing_is_left(&[]);
}

#[test]
fn of_four_attempts_one_is_offered_with_the_reason() {
    let world = World::new();
    let repository = world.buggy("double");
    let ran = world.delegate(&repository, &["--attempts", "4"], "double is wrong").exits(0);
    let object = ran.object();
    let attempts = object["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 4);
    assert!(attempts.iter().all(|attempt| attempt["outcome"] == "changed"), "{ran}");
    assert_eq!(repository.whimbrel_branches().len(), 1);
    let body = object["pull_request"]["body"].as_str().unwrap();
    assert!(body.contains("## Why this attempt"), "{body}");
    world.nothing_is_left(&[]);
}
