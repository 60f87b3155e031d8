//! Questions: answered from files and lines that are there, and nothing is changed.

use llm::fake::Turn;
use serde_json::{Value, json};

use crate::repository::Repository;
use crate::scripted::{Scripted, shell};
use crate::watching::{log, shown};
use crate::world::{Ran, World};

fn answer(text: &str, sources: &[(&str, u32, u32)]) -> Turn {
    let source = |(path, first_line, last_line): &(&str, u32, u32)| json!({ "path": path, "first_line": first_line, "last_line": last_line });
    let sources: Vec<Value> = sources.iter().map(source).collect();
    Turn::call("answer", &json!({ "text": text, "sources": sources }))
}

fn ask(world: &World, repository: &Repository, more: &[&str]) -> Ran {
    let repo = repository.path().to_str().unwrap();
    let arguments = [&["ask", "--repo", repo, "What does double add?"], more].concat();
    world.run(&arguments)
}

#[test]
fn an_answer_has_its_sources_and_changes_nothing() {
    let more = answer("It halves nothing.", &[]);
    let turns = vec![shell("cat double.py"), answer("It adds 2.", &[("double.py", 1, 2)]), more];
    let world = Scripted::new(turns);
    let repository = world.buggy("double");
    let before = repository.fingerprint();
    let ran = ask(&world, &repository, &[]).exits(0);
    assert!(ran.stdout.contains("It adds 2.\n  double.py:1-2"), "{ran}");
    assert_eq!(before, repository.fingerprint());
    assert!(repository.whimbrel_branches().is_empty());
    let listed = world.run(&["list", "--json"]).exits(0).object();
    let task = listed["task"].as_str().unwrap();
    let object = shown(&world, task);
    assert_eq!(object["attempts"][0]["outcome"], "answered");
    assert_eq!(object["attempts"][0]["sources"][0]["path"], "double.py");
    assert_eq!(object["pull_request"], Value::Null);
    world.run(&["show", task]).exits(0).says("It adds 2.");
    world.run(&["list"]).exits(0).says("answered");
    world.run(&["diff", task]).exits(1).says("has changed nothing");
    let ran = world.run(&["steer", task, "And halve?", "--wait"]).exits(0);
    assert!(ran.stdout.contains("It halves nothing."), "{ran}");
}

#[test]
fn json_has_the_answer_too() {
    let world = Scripted::new(vec![answer("It adds 2.", &[("double.py", 2, 2)])]);
    let repository = world.buggy("double");
    let object = ask(&world, &repository, &["--json"]).exits(0).object();
    let attempt = &object["attempts"][0];
    assert_eq!(attempt["outcome"], "answered", "{object:#}");
    assert_eq!(attempt["answer"], "It adds 2.", "{object:#}");
    let source = json!({ "path": "double.py", "first_line": 2, "last_line": 2 });
    assert_eq!(attempt["sources"], json!([source]));
}

/// A file that only the agent's own computer has is no source; the model is told at once of what
/// isn't there at all.
#[test]
fn a_source_that_isnt_there_is_left_out_with_a_warning() {
    let sources = [("double.py", 1, 1), ("made_up.py", 1, 1)];
    let turns = vec![
        answer("It adds 2.", &[("nowhere.py", 1, 1)]),
        shell("echo lie > made_up.py && echo '#' >> double.py"),
        answer("It adds 2.", &sources),
    ];
    let world = Scripted::new(turns);
    let repository = world.buggy("double");
    let object = ask(&world, &repository, &["--json"]).exits(0).object();
    assert_eq!(object["attempts"][0]["sources"].as_array().unwrap().len(), 1, "{object:#}");
    assert!(world.requests()[1].mentions("nowhere.py: there is no such file"));
    let log = log(&world, object["task"].as_str().unwrap());
    let warned = log.iter().any(|event| {
        event["fact"] == "warned" && event["text"].as_str().unwrap().contains("made_up.py:1-1")
    });
    assert!(warned, "{log:#?}");
    assert!(repository.whimbrel_branches().is_empty());
}

/// Whatever was written in there stays there.
#[test]
fn writing_leads_nowhere() {
    let turns = vec![
        shell("sed -i 's/x + 2/x * 2/' double.py && git commit -qam mended && echo written"),
        answer("I mended it.", &[("double.py", 1, 1)]),
    ];
    let world = Scripted::new(turns);
    let repository = world.buggy("double");
    let before = repository.fingerprint();
    let object = ask(&world, &repository, &["--json"]).exits(0).object();
    assert_eq!(before, repository.fingerprint());
    assert_eq!(object["pull_request"], Value::Null);
    let attempt = object["attempts"][0]["id"].as_str().unwrap();
    assert_eq!(shown(&world, attempt)["change"], Value::Null);
}

#[test]
fn a_question_without_a_model_says_what_is_missing() {
    let world = World::new();
    let repository = world.buggy("double");
    ask(&world, &repository, &[]).exits(1).says("--model");
}

#[test]
fn detached_it_is_answered_later() {
    let world = Scripted::new(vec![answer("It adds 2.", &[("double.py", 1, 1)])]);
    let repository = world.buggy("double");
    let ran = ask(&world, &repository, &["--detach", "--json"]).exits(0).object();
    let task = ran["task"].as_str().unwrap();
    crate::watching::wait_for_task(&world, task, "closed");
    world.run(&["show", task]).exits(0).says("It adds 2.");
}
