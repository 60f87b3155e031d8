//! Limits end an attempt with a reason of their own, and keep what it did; budgets hold over many
//! attempts and tasks.

use llm::fake::Turn;
use serde_json::{Value, json};

use crate::repository::Repository;
use crate::scripted::{Scripted, finish, repair, shell};
use crate::watching::{as_person, attempt, log, shown, wait_for_task, write_home};

/// Each of the scripted model's turns writes ten tokens: a dollar.
const A_DOLLAR_A_TURN: &str = "\
[models.\"openai-chat/gpt-x\"]
price = { input = 0.0, output = 100000.0 }
";

/// Repairs it, and then never comes to an end.
fn endless() -> Vec<Turn> {
    let other = shell("cat /proc/sys/kernel/random/uuid");
    vec![repair().remove(0), Turn::Forever(vec![other])]
}

/// It ends so, with that reason, and its work can be looked at. Gives the attempt.
#[track_caller]
fn is_stopped(world: &Scripted, more: &[&str], outcome: &str, words: &str) -> Value {
    let repository = world.buggy("double");
    let ran = world.delegate(&repository, more, "double is wrong").exits(3);
    let object = ran.object();
    let stopped = object["attempts"][0].clone();
    assert_eq!(stopped["outcome"], outcome, "{ran}");
    assert!(stopped["reason"].as_str().unwrap_or_default().contains(words), "{ran}");
    assert!(repository.whimbrel_branches().is_empty());
    let id = stopped["id"].as_str().unwrap();
    world.run(&["diff", id]).exits(0).says("+    return x * 2");
    let folder = world.path().join("looked-at");
    world.run(&["checkout", id, folder.to_str().unwrap()]).exits(0);
    assert!(std::fs::read_to_string(folder.join("double.py")).unwrap().contains("x * 2"));
    shown(world, id)["attempt"].clone()
}

fn limit(attempt: &Value) -> &Value {
    &attempt["state"]["outcome"]["limit"]
}

#[test]
fn time() {
    let mut turns = repair();
    turns[1] = Turn::Hang;
    is_stopped(&Scripted::new(turns), &["--minutes", "0.1"], "out_of_time", "");
}

#[test]
fn money() {
    let world = Scripted::new(endless());
    write_home(&world, "models.toml", A_DOLLAR_A_TURN);
    let stopped = is_stopped(&world, &["--usd", "2.5"], "out_of_budget", "3.00");
    assert_eq!((limit(&stopped), world.asked()), (&json!("money"), 3));
    let id = stopped["id"].as_str().unwrap();
    assert_eq!(shown(&world, id)["spent"]["usd"], 3.0);
    world.run(&["show", id]).exits(0).says("330 tokens, $3.00");
    world.run(&["logs", id]).exits(0).says("$1.00");
}

#[test]
fn tokens() {
    let world = Scripted::new(endless());
    let stopped = is_stopped(&world, &["--tokens", "300"], "out_of_budget", "330 tokens");
    assert_eq!((limit(&stopped), world.asked()), (&json!("tokens"), 3));
}

#[test]
fn going_round_in_circles() {
    let world = Scripted::new(vec![repair().remove(0), Turn::Forever(vec![shell("ls")])]);
    let stopped = is_stopped(&world, &[], "out_of_budget", "with the same result");
    assert_eq!(limit(&stopped), "progress");
    assert!(world.asked() < 20, "{}", world.asked());
}

/// The first task spends the budget; the second one's first request doesn't leave.
#[track_caller]
fn second_is_refused(world: &Scripted, scope: &str) {
    write_home(world, "models.toml", A_DOLLAR_A_TURN);
    write_home(world, "config.toml", &format!("[budget.{scope}]\nusd = 2.0\n"));
    let repository = world.buggy("double");
    world.delegate(&repository, &[], "double is wrong").exits(0);
    assert_eq!(world.asked(), 2);
    let ran = world.delegate(&repository, &[], "double is wrong").exits(3);
    let refused = &ran.object()["attempts"][0];
    assert_eq!(refused["outcome"], "out_of_budget", "{ran}");
    let reason = refused["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("$2.00 of its $2.00 today"), "{reason}");
    assert!(reason.contains(&format!("[budget.{scope}]")), "{reason}");
    assert_eq!(world.asked(), 2);
}

fn repairs() -> Scripted {
    Scripted::for_each(repair())
}

#[test]
fn everybodys_budget_of_a_day() {
    let world = repairs();
    second_is_refused(&world, "day");
    let other = world.buggy("other");
    let task = delegate_as(&world, "bob", &other);
    wait_for_task(&world, &task, "closed");
    assert_eq!(attempt(&world, &task, 1)["outcome"], "out_of_budget");
}

#[test]
fn a_projects_budget_of_a_day() {
    let world = repairs();
    second_is_refused(&world, "project_day");
    let other = world.buggy("other");
    world.delegate(&other, &[], "double is wrong").exits(0);
}

#[test]
fn a_persons_budget_of_a_day() {
    let world = repairs();
    second_is_refused(&world, "person_day");
    let other = world.buggy("other");
    let task = delegate_as(&world, "bob", &other);
    wait_for_task(&world, &task, "offered");
}

fn delegate_as(world: &Scripted, person: &str, repository: &Repository) -> String {
    let repo = repository.path().to_str().unwrap();
    let delegate = ["delegate", "--repo", repo, "--json", "double is wrong"];
    as_person(world, person, &delegate)["task"].as_str().unwrap().to_owned()
}

#[test]
fn a_tasks_budget_over_all_its_attempts() {
    let turns = vec![shell("true"), shell("ls"), shell("cat double.py"), finish("No", "No.")];
    let world = Scripted::for_each(turns);
    write_home(&world, "models.toml", A_DOLLAR_A_TURN);
    write_home(&world, "config.toml", "[budget.task]\nusd = 3.0\n[machine]\nattempts_max = 1\n");
    let repository = world.buggy("double");
    let ran = world.delegate(&repository, &["-n", "2"], "double is wrong").exits(3);
    let object = ran.object();
    for attempt in object["attempts"].as_array().unwrap() {
        let reason = attempt["reason"].as_str().unwrap();
        assert!(reason.contains("[budget.task]"), "{reason}");
    }
    assert_eq!(world.asked(), 3, "{ran}");
}

#[test]
fn an_unknown_price_is_never_nothing() {
    let world = repairs();
    let repository = world.buggy("double");
    let object = world.delegate(&repository, &[], "double is wrong").exits(0).object();
    let task = object["task"].as_str().unwrap();
    assert_eq!(object["attempts"][0]["spent"]["usd"], Value::Null);
    world.run(&["show", task]).exits(0).says("220 tokens, price unknown");
    world.run(&["logs", task]).exits(0).says("price unknown");
    let log = log(&world, task);
    let turn = log.iter().find(|event| event["fact"] == "turn").unwrap();
    assert_eq!(turn["cost_micros"], Value::Null);
}

#[test]
fn who_has_a_budget_is_told_of_an_unknown_price() {
    let world = repairs();
    let repository = world.buggy("double");
    let ran = world.delegate(&repository, &["--usd", "1"], "double is wrong").exits(0);
    ran.says("openai-chat/gpt-x costs isn't known");
}
