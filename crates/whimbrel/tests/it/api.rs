//! Stories of the API: all that a page can do, done by a program; asked twice and done once; cut
//! and resumed without loss.

mod client;
mod schemathesis;

use std::collections::HashSet;

use llm::fake::Turn;
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use self::client::{Heard, Served, token};
use crate::scripted::{Scripted, finish, repair, shell};
use crate::world::{World, must, wait_until};

const V1: &str = "/api/v1";

fn at(path: &str) -> String {
    format!("{V1}{path}")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// The task's attempt of that number, once it has ended.
fn ended(served: &Served, task: &str) -> Value {
    let mut found = Value::Null;
    wait_until("the end", || {
        found = served.get(&at(&format!("/tasks/{task}"))).is(200).json();
        matches!(found["state"].as_str(), Some("offered" | "closed" | "cancelled" | "merged"))
    });
    found
}

/// From a sentence to a merged change, through the API alone.
#[test]
fn a_task_is_delegated_followed_judged_and_merged() {
    let slow = |turn: Turn| turn.after(std::time::Duration::from_millis(300));
    let world = Scripted::for_each(repair().into_iter().map(slow).collect());
    let repository = world.buggy("double");
    let served = Served::start(&world);
    let repo = repository.path().to_str().unwrap();
    let asked = json!({ "text": "double is wrong", "repo": repo });
    let made = served.post(&at("/tasks"), &asked).is(201);
    let task = text(&made.json()["task"]["id"]);
    assert_eq!(made.header("location"), Some(at(&format!("/tasks/{task}"))));

    // Followed, cut after three events, and resumed: nothing is lost, nothing comes twice.
    let stream = at(&format!("/attempts/{task}.1/events/stream"));
    let mut heard: Vec<Heard> = Vec::new();
    let mut listening = served.listen(&stream, &[]);
    for _ in 0..3 {
        heard.extend(listening.next());
    }
    drop(listening);
    let last = format!("Last-Event-ID: {}", heard[2].id.clone().unwrap());
    let mut listening = served.listen(&stream, &[&last]);
    while let Some(next) = listening.next() {
        heard.push(next);
    }
    assert_eq!(heard.pop().unwrap().name.as_deref(), Some("end"));
    let seqs: Vec<u64> = heard.iter().map(|one| one.data["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    let logged = served.get(&at(&format!("/attempts/{task}.1/events?limit=100"))).is(200).json();
    let streamed: Vec<Value> = heard.into_iter().map(|one| one.data).collect();
    assert_eq!(logged["items"], Value::from(streamed));

    let shown = ended(&served, &task);
    assert_eq!((&shown["state"], &shown["waits_for_person"]), (&json!("offered"), &json!(true)));
    let brief = &shown["attempts"][0]["evidence"];
    assert_eq!(brief["holds"], true, "{shown:#}");
    let evidence = served.get(&at(&format!("/attempts/{task}.1/evidence"))).is(200).json();
    assert_eq!(evidence["tests"]["fixed"].as_array().unwrap().len(), 1, "{evidence:#}");
    let diff = served.get(&at(&format!("/attempts/{task}.1/diff"))).is(200);
    assert!(diff.body.contains("+    return x * 2"), "{}", diff.body);
    let logs = served.get(&at(&format!("/attempts/{task}.1/logs"))).is(200).json();
    let log = text(&logs["items"][0]["name"]);
    served.get(&at(&format!("/attempts/{task}.1/logs/{log}"))).is(200);
    served.get(&at(&format!("/attempts/{task}.1/logs/..%2Freport.json"))).is(404);

    let approve = json!({ "attempt": format!("{task}.1"), "kind": "approve", "grace_ms": 0 });
    let given = served.post_once(&at("/verdicts"), "judge", &approve).is(201);
    let verdict = given.header("location").unwrap();
    wait_until("the merge", || served.get(&verdict).is(200).json()["state"]["is"] != "pending");
    let state = served.get(&verdict).json()["state"].clone();
    assert_eq!(state["outcome"]["did"], "merged", "{state}");
    assert_eq!(served.get(&at(&format!("/tasks/{task}"))).json()["state"], "merged");
    assert!(repository.git(&["show", "main:double.py"]).contains("x * 2"));
    let again = served.post_once(&at("/verdicts"), "judge", &approve).is(201);
    assert_eq!(again.json(), given.json());
}

#[test]
fn the_same_key_makes_one_task_however_often_and_at_once() {
    let world = Scripted::new(vec![Turn::Hang]);
    let repository = world.buggy("double");
    let served = Served::start(&world);
    let repo = repository.path().to_str().unwrap();
    let body = json!({ "text": "double is wrong", "repo": repo });
    let ask = || served.post_once(&at("/tasks"), "k-1", &body);
    let answers: Vec<_> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..6).map(|_| scope.spawn(ask)).collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    for answer in &answers {
        assert!(matches!(answer.status, 201 | 409), "{answer:?}");
    }
    let first = ask().is(201);
    assert_eq!(first.header("idempotency-replayed").as_deref(), Some("true"));
    let tasks = served.get(&at("/tasks")).is(200).json();
    assert_eq!(tasks["items"].as_array().unwrap().len(), 1, "{tasks:#}");

    let other = json!({ "text": "something else", "repo": repo });
    let refused = served.post_once(&at("/tasks"), "k-1", &other).is(422).json();
    assert_eq!(refused["type"], "urn:whimbrel:problem:key-reused");
    // Somebody else's key is another one.
    let bens = format!("Authorization: Bearer {}", bens_token(&world));
    let more = ["Idempotency-Key: k-1", &bens];
    let made = served.ask("POST", &at("/tasks"), &more, Some(&body.to_string())).is(201);
    assert_ne!(made.json()["task"]["id"], first.json()["task"]["id"]);
}

fn bens_token(world: &World) -> String {
    let typed = ["token", "create", "bens", "--person", "ben", "--scopes", "read,task", "--json"];
    text(&world.run(&typed).exits(0).object()["secret"])
}

/// The server dies after the task is stored and before anybody hears of it.
#[test]
fn a_request_whose_server_died_is_done_once() {
    let world = Scripted::new(vec![Turn::Hang]);
    let repository = world.buggy("double");
    let repo = repository.path().to_str().unwrap().to_owned();
    let body = json!({ "text": "double is wrong", "repo": repo });
    let served = Served::start(&world);
    let first = text(&served.post_once(&at("/tasks"), "k-2", &body).is(201).json()["task"]["id"]);
    served.running.signal(Signal::SIGKILL);
    let _killed = served.running.ends().code();
    // As if it had died a moment earlier: the key is known, and has no answer.
    forget_answers(&world);
    let served = Served::start(&world);
    let again = text(&served.post_once(&at("/tasks"), "k-2", &body).is(201).json()["task"]["id"]);
    assert_eq!(again, first);
    let tasks = served.get(&at("/tasks")).json();
    assert_eq!(tasks["items"].as_array().unwrap().len(), 1, "{tasks:#}");
}

/// What was asked is still known, what was answered isn't.
#[expect(clippy::disallowed_methods, reason = "no function of ours does that")]
fn forget_answers(world: &World) {
    let script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); \
                  c.execute('update requests set status = null, answer = null'); c.commit()";
    let mut python = std::process::Command::new("python3");
    must(python.args(["-c", script]).arg(world.home().join("whimbrel.db")));
}

#[test]
fn pages_are_complete_while_tasks_are_made() {
    let world = Scripted::new(vec![Turn::Hang]);
    let repository = world.buggy("double");
    let served = Served::start(&world);
    let body = |text: &str| json!({ "text": text, "repo": repository.path().to_str().unwrap() });
    let make = |name: &str| {
        let made = served.post(&at("/tasks"), &body(name)).is(201).json();
        text(&made["task"]["id"])
    };
    let made: HashSet<String> = (0..5).map(|number| make(&format!("task {number}"))).collect();
    let mut found: Vec<String> = Vec::new();
    let mut path = at("/tasks?limit=2");
    loop {
        let page = served.get(&path).is(200);
        let object = page.json();
        found.extend(object["items"].as_array().unwrap().iter().map(|task| text(&task["id"])));
        make("one more, meanwhile");
        let Some(next) = object["next"].as_str() else { break };
        path = at(&format!("/tasks?limit=2&cursor={next}"));
        assert_eq!(page.header("link"), Some(format!("<{path}>; rel=\"next\"")));
    }
    assert_eq!(found.len(), 5, "{found:?}");
    assert_eq!(found.into_iter().collect::<HashSet<_>>(), made);
    let next = text(&served.get(&at("/tasks?limit=2")).json()["next"]);
    let other = served.get(&at(&format!("/tasks?limit=2&state=running&cursor={next}"))).is(400);
    assert_eq!(other.json()["errors"][0]["field"], "cursor");
}

#[test]
fn what_is_wrong_is_a_problem_that_names_it() {
    let world = World::new();
    let served = Served::start(&world);
    let refused = |answer: client::Answered, status: u16, kind: &str| {
        let answer = answer.is(status);
        assert_eq!(answer.header("content-type").as_deref(), Some("application/problem+json"));
        let problem = answer.json();
        assert_eq!(problem["type"], format!("urn:whimbrel:problem:{kind}"), "{problem}");
        assert_eq!(problem["status"], status);
        problem
    };
    let post = |body: &str| served.ask("POST", &at("/tasks"), &[], Some(body));
    let unknown = refused(post(r#"{"text":"x","atempts":2}"#), 422, "unprocessable");
    assert_eq!(unknown["errors"][0]["field"], "atempts");
    let many = refused(post(r#"{"text":"x","attempts":65}"#), 422, "unprocessable");
    assert_eq!(many["errors"][0]["field"], "attempts");
    refused(post("{"), 400, "bad-request");
    refused(served.get(&at("/tasks?limit=101")), 400, "bad-request");
    refused(served.get(&at("/tasks?nonsense=1")), 400, "bad-request");
    refused(served.get(&at("/tasks/nonsense")), 404, "not-found");
    refused(served.get(&at("/nonsense")), 404, "not-found");
    let wrong = served.ask("PUT", &at("/tasks"), &[], Some("{}"));
    assert_eq!(wrong.header("allow").as_deref(), Some("GET,HEAD,POST"));
    refused(wrong, 405, "method-not-allowed");
    let form = ["Content-Type: application/x-www-form-urlencoded"];
    let form = served.ask("POST", &at("/tasks"), &form, Some("text=x"));
    refused(form, 415, "unsupported-media-type");
    let nobody = ["Authorization: Bearer whimbrel_nobody"];
    refused(served.ask("GET", &at("/tasks"), &nobody, None), 401, "unauthorized");
}

#[test]
fn a_token_does_what_its_scopes_say() {
    let world = World::new();
    let repository = world.buggy("double");
    let served = Served::start(&world);
    let repo = json!({ "repo": repository.path().to_str().unwrap() });
    let project = text(&served.post(&at("/projects"), &repo).is(201).json()["id"]);
    let reader = format!("Authorization: Bearer {}", token(&world, "reader", "read"));
    let as_reader = |method: &str, path: &str, body: Option<&str>| {
        served.ask(method, &at(path), &[&reader], body)
    };
    as_reader("GET", "/tasks", None).is(200);
    let who = as_reader("GET", "", None).is(200).json();
    assert_eq!(who["scopes"], json!(["read"]));
    as_reader("POST", "/tasks", Some(r#"{"text":"x"}"#)).is(403);
    as_reader("GET", "/audit", None).is(403);
    let secrets = format!("/projects/{project}/secrets");
    as_reader("PUT", &format!("{secrets}/TOKEN"), Some(r#"{"value":"long enough"}"#)).is(403);
    let set = at(&format!("{secrets}/TOKEN"));
    served.ask("PUT", &set, &[], Some(r#"{"value":"long enough"}"#)).is(204);
    let listed = as_reader("GET", &secrets, None).is(200);
    assert_eq!(listed.json()["items"][0]["name"], "TOKEN");
    assert!(!listed.body.contains("long enough"));

    // With less than everything, a repository that is no project yet stays closed.
    let tasker = format!("Authorization: Bearer {}", token(&world, "tasker", "read,task"));
    let other = world.buggy("other");
    let body = json!({ "text": "x", "repo": other.path().to_str().unwrap() }).to_string();
    served.ask("POST", &at("/tasks"), &[&tasker], Some(&body)).is(403);
    let made = served.post(&at("/tokens"), &json!({ "name": "t", "scopes": ["read"], "days": 1 }));
    let made = made.is(201).json();
    let id = text(&made["id"]);
    let fresh = format!("Authorization: Bearer {}", text(&made["secret"]));
    served.ask("GET", &at("/tasks"), &[&fresh], None).is(200);
    served.ask("DELETE", &at(&format!("/tokens/{id}")), &[], None).is(204);
    served.ask("GET", &at("/tasks"), &[&fresh], None).is(401);
    let audit = served.get(&at("/audit")).is(200).body;
    assert!(audit.contains("TOKEN") && !audit.contains("long enough"), "{audit}");
}

/// Who follows everything hears of each task, and after a cut of those that it missed.
#[test]
fn the_stream_of_everything_goes_on_where_it_was_cut() {
    let world = Scripted::for_each(vec![shell("true"), finish("Nothing", "Nothing.")]);
    let repository = world.buggy("double");
    let served = Served::start(&world);
    let repo = repository.path().to_str().unwrap().to_owned();
    let make = || {
        let made = served.post(&at("/tasks"), &json!({ "text": "look", "repo": repo })).is(201);
        text(&made.json()["task"]["id"])
    };
    let mut listening = served.listen(&at("/events/stream"), &[]);
    let first = make();
    let of_task = |heard: &Heard, id: &str| {
        heard.name.as_deref() == Some("task") && heard.data["task"] == *id
    };
    let heard = std::iter::from_fn(|| listening.next()).find(|heard| of_task(heard, &first));
    let id = heard.unwrap().id.unwrap();
    drop(listening);
    let second = make();
    ended(&served, &second);
    let last = format!("Last-Event-ID: {id}");
    let mut listening = served.listen(&at("/events/stream"), &[&last]);
    let mut attempts = HashSet::new();
    let closed = std::iter::from_fn(|| listening.next()).find(|heard| {
        attempts.extend(heard.data["attempt"].as_str().map(str::to_owned));
        of_task(heard, &second) && heard.data["state"] == "closed"
    });
    assert!(closed.is_some());
    served.ask("GET", &at("/events/stream?after=9999999-1"), &[], None).is(400);
}
