//! Commands that are said to a server: by the same words, with the same output, with no more rights
//! than the token has, and through the server's death.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::browser::Served;
use crate::scripted::{Scripted, finish, repair, shell};
use crate::watching::log;
use crate::world::{Ran, World, wait_until};

/// A token of that world's server.
fn token(world: &World, scopes: &str) -> String {
    let ran = world.run(&["token", "create", "story", "--scopes", scopes, "--json"]).exits(0);
    ran.object()["secret"].as_str().unwrap().to_owned()
}

/// Somebody else's machine, whose commands are said to the server.
fn away(served: &Served, token: &str) -> World {
    World::new().with("WHIMBREL_SERVER", &served.address).with("WHIMBREL_TOKEN", token)
}

/// What is printed there is what is printed here.
#[track_caller]
fn same(here: &World, there: &World, arguments: &[&str]) -> Ran {
    let (mine, theirs) = (here.run(arguments).exits(0), there.run(arguments).exits(0));
    assert_eq!(theirs.stdout, mine.stdout, "{arguments:?}");
    theirs
}

#[test]
fn a_servers_tasks_are_as_ones_own() {
    let world = Scripted::for_each(repair());
    let repository = world.buggy("double");
    let served = Served::by(&world);
    let there = away(&served, &token(&world, "read,task,decide,admin"));
    let url = format!("file://{}", repository.path().display());

    let delegated = there.run(&[
        "delegate",
        "--repo",
        &url,
        "--attempts",
        "2",
        "--wait",
        "--json",
        "double is wrong",
    ]);
    let delegated = delegated.exits(0).says("changed").object();
    assert_eq!(delegated["state"], "offered");
    let task = delegated["task"].as_str().unwrap();
    let first = format!("{task}.1");

    for arguments in [
        &["show", task][..],
        &["show", &task[..6]],
        &["show", &first],
        &["show", "--json", task],
        &["show", "--json", &first],
        &["list"],
        &["list", "--json"],
        &["logs", task],
        &["logs", "--json", &first],
        &["diff", task],
        &["diff", "--json", task],
        &["compare", task],
        &["compare", "--json", task],
        &["compare", "--diff", "1", "2", "--json", task],
        &["evidence", task],
        &["evidence", "--json", task],
        &["evidence", "--signed", task],
        &["evidence", "--log", "test-head.log", task],
        &["pr", "list"],
        &["pr", "show", task],
        &["pr", "show", "--json", task],
        &["pr", "diff", task],
    ] {
        same(&world, &there, arguments);
    }
    verified(&world, &there, task);

    let merged = there.run(&["pr", "merge", "--json", task]).exits(0).object();
    assert_eq!(merged["commit"], repository.git(&["rev-parse", "main"]));
    assert!(repository.at("main", "double.py").contains("x * 2"));
    there.run(&["pr", "merge", task]).exits(1);
}

/// The envelope that came from the server, by the key that whoever runs it gave.
fn verified(here: &World, there: &World, task: &str) {
    let logs = there.path().join("logs");
    let signed = there.run(&["evidence", "--signed", task, "--logs", logs.to_str().unwrap()]);
    let file = there.path().join("evidence.json");
    fs::write(&file, signed.exits(0).stdout).unwrap();
    let key = there.path().join("key.pem");
    fs::write(&key, here.run(&["evidence", "key"]).exits(0).stdout).unwrap();
    let [file, key, logs] = [&file, &key, &logs].map(|path| path.to_str().unwrap());
    let ran = there.run(&["evidence", "verify", file, "--key", key, "--logs", logs]);
    ran.exits(0).says("nothing was changed");
}

#[test]
fn a_token_opens_what_it_is_for() {
    let world = Scripted::for_each(repair());
    let repository = world.buggy("double");
    let served = Served::by(&world);
    let task = world.delegate_away(&repository, &[], "double is wrong");

    let nobody = away(&served, "whim_not-a-token-that-anybody-made");
    nobody.run(&["list"]).exits(1).says("token");
    World::new().run(&["--server", &served.address, "list"]).exits(1).says("token");

    let reader = away(&served, &token(&world, "read"));
    reader.run(&["show", &task]).exits(0);
    reader.run(&["cancel", &task]).exits(1).says("task");
    reader.run(&["steer", &task, "more"]).exits(1).says("task");
    let folder = repository.path().to_str().unwrap();
    reader.run(&["delegate", "--repo", folder, "x"]).exits(1).says("this machine's folders");
    reader.run(&["delegate", "--repo", "double", "x"]).exits(1).says("scope");
    reader.run(&["checkout", &task]).exits(2).says("can't be said to a server");
    reader.run(&["--server", &served.address, "doctor"]).exits(2);
    reader.run(&["show", "zzzzzzzz"]).exits(1).says("there is no task");
    let _ended_or_cancelled = world.run(&["cancel", &task]);
}

#[test]
fn a_token_is_kept_for_its_server_and_goes_nowhere_else() {
    let world = World::new();
    let served = Served::by(&world);
    let config = world.path().join("config").to_str().unwrap().to_owned();
    let person = World::new().with("XDG_CONFIG_HOME", &config);
    let typed = person.path().join("typed");
    fs::write(&typed, token(&world, "read")).unwrap();
    let input = || fs::File::open(&typed).unwrap();

    let login = person.run_with_input(&["login", &served.address], input()).exits(0);
    assert!(!login.stdout.contains("whim_") && !login.stderr.contains("whim_"), "{login}");
    let kept = fs::read_dir(format!("{config}/whimbrel/servers")).unwrap().next().unwrap();
    let kept = kept.unwrap().path();
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    person.run(&["--server", &served.address, "list"]).exits(0).says("No tasks yet");

    fs::set_permissions(&kept, fs::Permissions::from_mode(0o644)).unwrap();
    person.run(&["--server", &served.address, "list"]).exits(1).says("others may read");
    person.run_with_input(&["login", "http://192.0.2.1:4747"], input()).exits(1).says("TLS");
    person.run(&["logout", &served.address]).exits(0);
    person.run(&["--server", &served.address, "list"]).exits(1).says("token");
}

/// A log that is followed goes on where it was when its server is there again.
#[test]
fn a_followed_log_survives_its_server() {
    let slow = Duration::from_secs(2);
    let mut turns: Vec<_> =
        (0..4).map(|at| shell(&format!("echo step {at}")).after(slow)).collect();
    turns.push(shell("sed -i 's/x + 2/x * 2/' double.py").after(slow));
    turns.push(finish("Multiply", "Doubling is times two."));
    let world = Scripted::for_each(turns);
    let repository = world.buggy("double");
    let served = Served::by(&world);
    let there = away(&served, &token(&world, "read"));
    let task = world.delegate_away(&repository, &[], "double is wrong");

    let following = there.start(&["logs", "-f", "--json", &task]);
    wait_until("the first step", || following.said().contains("echo step 0"));
    let listened = served.listening().to_owned();
    served.ends(Signal::SIGKILL);
    wait_until("that it is missed", || following.said().contains("is away"));
    let _again = Served::at(&world, &listened);
    let followed = following.ends().exits(0);
    let told: Vec<Value> =
        followed.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told, log(&world, &task)[..told.len()]);
    assert!(followed.stdout.contains("\"ended\""), "{followed}");
}
