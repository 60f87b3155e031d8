//! Deciding about changes: approve, reject, feedback; taking it back; and that each is carried out
//! once, whatever is killed meanwhile.

use std::sync::Arc;

use domain::project::{Approval, Origin, Settings};
use domain::verdict::{Said, State, Via};
use domain::{AttemptId, ProjectId, SystemClock, Verdict, VerdictId};
use engine::verdict::Wish;
use engine::{Engine, Home};
use llm::fake::Turn;
use nix::sys::signal::{Signal, kill};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::repository::Repository;
use crate::scripted::{Scripted, finish, shell};
use crate::watching::{shown, wait_for_task};
use crate::world::{Running, World, wait_until};

/// Longer than a story takes.
const LONG_MS: u64 = 60_000;

/// The store and what is above it, as the server has them.
struct Inside {
    runtime: Runtime,
    engine: Engine,
}

impl Inside {
    fn of(world: &World, person: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let program = env!("CARGO_BIN_EXE_whimbrel").into();
        let opened =
            Engine::open(Home::at(world.home()), program, Arc::new(SystemClock), person.into());
        let engine = runtime.block_on(opened).unwrap();
        Self { runtime, engine }
    }

    fn give(&self, attempt: &AttemptId, said: Said, grace_ms: u64) -> Verdict {
        let wish = Wish { attempt: attempt.clone(), said, via: Via::Feed, grace_ms };
        self.runtime.block_on(engine::verdict::give(&self.engine, wish)).unwrap()
    }

    fn verdict(&self, id: &VerdictId) -> Verdict {
        self.runtime.block_on(store::verdict::get(&self.engine.store, id)).unwrap()
    }

    /// From now on approvals of the repository's changes only open pull requests.
    fn only_offer(&self, repository: &Repository) {
        let path = repository.path().canonicalize().unwrap();
        let origin = Origin::Path(path.to_str().unwrap().to_owned());
        self.runtime.block_on(async {
            let store = &self.engine.store;
            let id = ProjectId::from_random(1);
            let project = store::project::find_or_create(store, &origin, &id).await.unwrap();
            let settings = Settings { approval: Approval::Offer };
            store::project::put_settings(store, &project.id, &settings).await.unwrap();
        });
    }
}

/// A pull request that repairs `double.py`, made without a model.
fn offered(world: &World, repository: &Repository) -> (String, AttemptId) {
    let object = world.delegate(repository, &[], "double is wrong").exits(0).object();
    let id = |value: &Value| value.as_str().unwrap().to_owned();
    (id(&object["task"]), id(&object["attempts"][0]["id"]).parse().unwrap())
}

fn cards(world: &World) -> Vec<Value> {
    let listed = world.run(&["feed", "--json"]).exits(0).stdout;
    listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn serve(world: &World) -> Running {
    let serving = world.start(&["serve", "--listen", "127.0.0.1:0"]);
    wait_until("its words", || serving.said().contains("whimbrel serves"));
    serving
}

fn merges(repository: &Repository) -> usize {
    repository.git(&["log", "--merges", "--format=%H", "main"]).lines().count()
}

#[test]
fn an_approved_card_is_merged_in_the_persons_name() {
    let world = World::new().with("WHIMBREL_PERSON", "ada");
    let repository = world.buggy("double");
    let (task, attempt) = offered(&world, &repository);
    let shown_cards = cards(&world);
    assert_eq!(shown_cards.len(), 1);
    assert_eq!(shown_cards[0]["attempt"], attempt.as_str());
    assert!(shown_cards[0]["approves"].as_str().unwrap().contains("merges into main"));
    world.run(&["feed"]).exits(0).says("double").says("1 fixed").says("+1 −1");

    world.run(&["approve", &task, "--wait"]).exits(0).says("Merged as");

    assert!(repository.at("main", "double.py").contains("* 2"));
    assert!(repository.git(&["log", "-1", "--format=%B", "main"]).contains("Approved-by: ada"));
    assert_eq!(shown(&world, &task)["state"], "merged");
    world.run(&["feed"]).exits(0).says("Nothing waits for you");
    world.run(&["approve", &task]).exits(1).says("merged");
}

#[test]
fn where_the_project_only_offers_nothing_is_offered_before_it_is_approved() {
    let world = World::new();
    let repository = world.buggy("double");
    Inside::of(&world, "ada").only_offer(&repository);
    let object = world.delegate(&repository, &[], "double is wrong").exits(0).object();
    let task = object["task"].as_str().unwrap();
    assert_eq!(object["state"], "decided");
    assert!(repository.whimbrel_branches().is_empty());
    assert_eq!(cards(&world)[0]["approves"], "opens a pull request");

    world.run(&["approve", task, "--wait"]).exits(0).says("is open");

    assert_eq!(shown(&world, task)["state"], "offered");
    assert_eq!(repository.whimbrel_branches().len(), 1);
    assert_eq!(cards(&world), Vec::<Value>::new());
    world.run(&["approve", task]).exits(1).says("whimbrel pr merge");
    world.run(&["pr", "merge", task]).exits(0);
}

#[test]
fn a_rejected_card_is_closed_and_the_same_never_comes_again() {
    let world = World::new();
    let repository = world.buggy("double");
    let (task, _attempt) = offered(&world, &repository);
    let ran = world.run(&["reject", &task, "--reason", "style", "We write it by adding", "--wait"]);
    ran.exits(0).says("isn't shown again");

    let object = shown(&world, &task);
    assert_eq!(object["state"], "closed");
    assert!(object["reason"].as_str().unwrap().contains("We write it by adding"), "{object}");
    assert!(repository.whimbrel_branches().is_empty());
    // The same patch on another base.
    repository.write("notes.txt", "one\n").commit("Add notes");
    let (again, _attempt) = offered(&world, &repository);
    assert_eq!(shown(&world, &again)["state"], "offered");
    assert_eq!(cards(&world), Vec::<Value>::new());
}

#[test]
fn feedback_comes_back_as_a_card_that_says_what_changed() {
    let world = Scripted::new(vec![
        shell("sed -i 's/x + 2/x * 2/' double.py"),
        finish("Multiply", "Doubling is times two."),
        shell("echo two > NOTES"),
        finish("Multiply, with notes", "Doubling is times two, and is noted."),
    ]);
    let repository = world.buggy("double");
    let task = world.delegate_away(&repository, &[], "double is wrong");
    wait_for_task(&world, &task, "offered");

    world.run(&["feedback", &task, "Add notes", "--wait"]).exits(0).says("goes on from there");

    wait_until("a card of the second attempt", || {
        cards(&world).first().is_some_and(|card| card["attempt"] == format!("{task}.2"))
    });
    let card = cards(&world).remove(0);
    let since = &card["since_last"];
    assert_eq!(since["attempt"], format!("{task}.1"), "{card:#}");
    assert_eq!(since["feedback"]["text"], "Add notes");
    let differences = since["differences"].as_array().unwrap();
    assert!(differences.contains(&json!("also changes NOTES")), "{card:#}");
    assert!(world.requests()[2].mentions("Add notes"));
}

#[test]
fn what_is_taken_back_in_time_does_nothing() {
    let world = World::new();
    let repository = world.buggy("double");
    let (task, attempt) = offered(&world, &repository);
    let inside = Inside::of(&world, "ada");
    let given = inside.give(&attempt, Said::Approve, LONG_MS);
    let other = Inside::of(&world, "bob");
    let withdraw = engine::verdict::withdraw(&other.engine, &given.id);
    assert!(other.runtime.block_on(withdraw).is_err(), "it isn't bob's");
    let withdraw = engine::verdict::withdraw(&inside.engine, &given.id);
    assert_eq!(inside.runtime.block_on(withdraw).unwrap().state, State::Withdrawn);
    let carried = engine::verdict::carry_out(&inside.engine, &given.id);
    assert_eq!(inside.runtime.block_on(carried).unwrap().state, State::Withdrawn);
    assert_eq!((shown(&world, &task)["state"].clone(), merges(&repository)), (json!("offered"), 0));
    assert_eq!(cards(&world).len(), 1);
}

#[test]
fn what_is_taken_back_before_it_arrives_does_nothing_when_it_does() {
    let world = World::new();
    let repository = world.buggy("double");
    let (_task, attempt) = offered(&world, &repository);
    let inside = Inside::of(&world, "ada");
    let said = || Said::Feedback { text: " More tests. ".into() };
    let wish = |said| Wish { attempt: attempt.clone(), said, via: Via::Feed, grace_ms: 0 };
    let give = |said| engine::verdict::give_once(&inside.engine, wish(said), "key-1");
    let withdraw = |said| engine::verdict::withdraw_once(&inside.engine, wish(said), "key-1");
    for taken in [withdraw(said()), withdraw(said())] {
        assert_eq!(inside.runtime.block_on(taken).unwrap().state, State::Withdrawn);
    }
    let arrived = inside.runtime.block_on(give(said())).unwrap();
    assert_eq!(arrived.state, State::Withdrawn);
    let carried = engine::verdict::carry_out(&inside.engine, &arrived.id);
    assert_eq!(inside.runtime.block_on(carried).unwrap().state, State::Withdrawn);
    let other = inside.runtime.block_on(withdraw(Said::Approve));
    assert!(other.is_err(), "the key is of another decision");
    assert_eq!(cards(&world).len(), 1);
}

#[test]
fn one_that_is_sent_twice_is_made_once() {
    let world = World::new();
    let repository = world.buggy("double");
    let (task, attempt) = offered(&world, &repository);
    let inside = Inside::of(&world, "ada");
    let once = |said: Said| {
        let wish = Wish { attempt: attempt.clone(), said, via: Via::Feed, grace_ms: 0 };
        inside.runtime.block_on(engine::verdict::give_once(&inside.engine, wish, "key-1"))
    };
    let first = once(Said::Approve).unwrap();
    let _serving = serve(&world);
    wait_for_task(&world, &task, "merged");
    let again = once(Said::Approve).unwrap();
    assert_eq!(first.id, again.id);
    assert!(once(Said::Feedback { text: "More".into() }).is_err(), "the key is used");
    assert_eq!(merges(&repository), 1);
}

#[test]
fn a_verdict_outlives_the_server_that_took_it() {
    const GRACE_MS: u64 = 1_500;
    let world = World::new();
    let repository = world.buggy("double");
    let (task, attempt) = offered(&world, &repository);
    world.stop_the_engine();
    let serving = serve(&world);
    let inside = Inside::of(&world, "ada");
    let given = inside.give(&attempt, Said::Approve, GRACE_MS);
    serving.signal(Signal::SIGKILL);
    drop(serving);
    let due = given.due;
    wait_until("its time", || domain::Clock::now(&SystemClock) > due);
    assert_eq!(inside.verdict(&given.id).state, State::Pending);

    let _serving = serve(&world);

    wait_for_task(&world, &task, "merged");
    wait_until("its end", || inside.verdict(&given.id).state.name() == "carried_out");
    assert_eq!(merges(&repository), 1);
}

/// It is killed again and again while the merge is proved on a base that has moved.
#[test]
fn a_killed_merge_is_made_once_by_another_process() {
    let world = World::new();
    let repository = world.buggy("double");
    let checks = "[checks]\ntest = \"sleep 2; python3 -m unittest -v\"\n";
    repository.write("whimbrel.toml", checks).commit("Take time");
    let (task, attempt) = offered(&world, &repository);
    repository.write("notes.txt", "one\n").commit("Add notes");
    world.stop_the_engine();
    let _serving = serve(&world);
    let inside = Inside::of(&world, "ada");
    let given = inside.give(&attempt, Said::Approve, 0);
    for _ in 0..2 {
        let mut decider = None;
        wait_until("a process", || {
            decider = world.deciders().into_iter().next();
            decider.is_some()
        });
        kill(decider.unwrap(), Signal::SIGKILL).unwrap();
        wait_until("its death", || !world.deciders().contains(&decider.unwrap()));
    }
    wait_for_task(&world, &task, "merged");
    wait_until("its end", || inside.verdict(&given.id).state.name() == "carried_out");
    assert_eq!(merges(&repository), 1);
    assert!(repository.at("main", "notes.txt").contains("one"));
}

#[test]
fn a_merge_that_would_break_the_base_comes_back_as_a_card_that_says_why() {
    let world = World::new();
    let repository = world.buggy("double");
    let (task, _attempt) = offered(&world, &repository);
    repository.write("double.py", "def double(x):\n    return x + x\n").commit("Another way");

    world.run(&["approve", &task, "--wait"]).exits(7).says("could not be done");

    let card = cards(&world).remove(0);
    assert!(card["failed"].as_str().unwrap().contains("double.py"), "{card:#}");
    world.run(&["reject", &task, "--wait"]).exits(0);
    assert_eq!(shown(&world, &task)["state"], "closed");
}

/// Feedback whose process dies after it was said is not said twice.
#[test]
fn feedback_is_given_once() {
    let mut turns = vec![
        shell("sed -i 's/x + 2/x * 2/' double.py"),
        finish("Multiply", "Doubling is times two."),
    ];
    turns.push(Turn::Hang);
    let world = Scripted::new(turns);
    let repository = world.buggy("double");
    let task = world.delegate_away(&repository, &[], "double is wrong");
    wait_for_task(&world, &task, "offered");
    let inside = Inside::of(&world, "ada");
    let attempt: AttemptId = format!("{task}.1").parse().unwrap();
    let given = inside.give(&attempt, Said::Feedback { text: "Add notes".into() }, 0);
    // As if it had been killed right after it.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let said = engine::steer::steer(&inside.engine, &attempt, "Add notes");
            inside.runtime.block_on(said).unwrap();
        });
    });
    let _serving = serve(&world);
    wait_until("its end", || inside.verdict(&given.id).state.name() == "carried_out");
    assert_eq!(shown(&world, &task)["attempts"].as_array().unwrap().len(), 2);
    world.run(&["cancel", &task]).exits(0);
}
