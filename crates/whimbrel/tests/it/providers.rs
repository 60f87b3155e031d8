//! What providers do to an attempt: a quota that is used up, a model that refuses, keys.

use llm::fake::{ScriptedServer, Turn};
use tokio::runtime::Runtime;

use crate::environments::files_with;
use crate::scripted::{Scripted, repair};
use crate::watching::{attempt, count, log, nothing_is_mounted, shown, wait_for_state};
use crate::watching::{unpacked_with, wait_for_task, write_home};
use crate::world::{World, wait_until};

/// The provider has nothing for longer than the whole task may work.
#[test]
fn a_used_up_quota_pauses_until_it_is_reset() {
    let mut turns = repair();
    turns.insert(1, Turn::rate_limited("9"));
    let world = Scripted::new(turns);
    write_home(&world, "models.toml", "hold_max = \"1s\"\n");
    let repository = world.buggy("double");
    let task = world.delegate_away(&repository, &["--minutes", "0.1"], "double is wrong");
    wait_for_state(&world, &task, 1, "paused");

    wait_until("the runner's end", || world.runners().is_empty());
    nothing_is_mounted(&world);
    world.run(&["show", &task]).exits(0).says("paused for").says("openai-chat's quota");
    let paused = shown(&world, &format!("{task}.1"))["attempt"]["state"].clone();
    assert!(paused["until"].is_number(), "{paused}");

    wait_for_task(&world, &task, "offered");
    assert_eq!(world.asked(), 3);
    let attempt = attempt(&world, &task, 1);
    assert_eq!(attempt["outcome"], "changed", "{attempt:#}");
    assert_eq!(count(&log(&world, &task), "taken"), 2);
}

#[test]
fn by_policy_a_used_up_quota_fails() {
    let world = Scripted::new(vec![Turn::rate_limited("9")]);
    write_home(&world, "models.toml", "hold_max = \"1s\"\nquota = \"fail\"\n");
    let repository = world.buggy("double");
    let ran = world.delegate(&repository, &[], "double is wrong").exits(5);
    ran.says("quota = \\\"fail\\\"");
}

const KEYS: [&str; 2] = ["sk-the-first-key-1234567890", "sk-the-second-key-1234567890"];

/// Two models of two providers, of which the second is asked when the first can't answer. Their
/// keys are told by commands.
struct Two {
    world: World,
    first: ScriptedServer,
    second: ScriptedServer,
    _runtime: Runtime,
}

impl Two {
    fn new(first: Vec<Turn>, second: Vec<Turn>) -> Self {
        let runtime = Runtime::new().unwrap();
        let first = runtime.block_on(ScriptedServer::start(first)).unwrap();
        let second = runtime.block_on(ScriptedServer::start(second)).unwrap();
        let world = World::new().with("WHIMBREL_MODEL", "good");
        let provider = |name: &str, url: String, key: &str| {
            format!("[providers.{name}]\nbase_url = \"{url}/v1\"\nkey_command = \"echo {key}\"\n")
        };
        let text = "[aliases]\ngood = \"first/gpt-x\"\n[fallbacks]\ngood = [\"second/gpt-y\"]\n"
            .to_owned()
            + &provider("first", first.url(), KEYS[0])
            + &provider("second", second.url(), KEYS[1]);
        write_home(&world, "models.toml", &text);
        Self { world, first, second, _runtime: runtime }
    }
}

#[test]
fn a_model_that_refuses_is_replaced_by_the_next() {
    for status in [401, 503] {
        let refuses = vec![Turn::Forever(vec![Turn::status(status)])];
        let two = Two::new(refuses, repair());
        let repository = two.world.buggy("double");
        let ran = two.world.delegate(&repository, &[], "double is wrong").exits(0);
        let task = ran.object()["task"].as_str().unwrap().to_owned();
        assert!(two.first.asked() >= 1 && two.second.asked() == 2, "{status}");
        let log = log(&two.world, &task);
        let turns: Vec<_> = log.iter().filter(|event| event["fact"] == "turn").collect();
        assert!(turns.iter().all(|turn| turn["model"] == "second/gpt-y"), "{turns:#?}");
        two.world.run(&["logs", &task]).exits(0).says("turn of second/gpt-y");
        let given = two.second.requests()[0].header("authorization").unwrap().to_owned();
        assert_eq!(given, format!("Bearer {}", KEYS[1]));
        two.keys_are_only_in_the_file();
    }
}

impl Two {
    /// The person wrote them there.
    fn keys_are_only_in_the_file(&self) {
        let home = self.world.home();
        for key in KEYS {
            assert_eq!(files_with(&home, key), [home.join("models.toml")]);
            assert_eq!(unpacked_with(&home.join("attempts"), key), [] as [std::path::PathBuf; 0]);
        }
        assert!(!unpacked_with(&home.join("attempts"), "double is wrong").is_empty());
    }
}

#[test]
fn a_key_that_a_model_says_is_in_no_log_and_no_record() {
    let mut turns = repair();
    turns.insert(0, crate::scripted::shell(&format!("echo {} >&2", KEYS[0])));
    let two = Two::new(turns, Vec::new());
    let repository = two.world.buggy("double");
    let ran = two.world.delegate(&repository, &[], "double is wrong").exits(0);
    let task = ran.object()["task"].as_str().unwrap().to_owned();
    let log = two.world.run(&["logs", "--json", &task]).exits(0).stdout;
    assert!(!log.contains(KEYS[0]), "{log}");
    let exchanges = two.world.home().join(format!("attempts/{task}.1/exchanges"));
    assert_eq!(unpacked_with(&exchanges, KEYS[0]), [] as [std::path::PathBuf; 0]);
}

#[test]
fn a_key_command_that_fails_says_so_before_anything_begins() {
    let world = World::new().with("WHIMBREL_MODEL", "own/gpt-x");
    let provider =
        "[providers.own]\nbase_url = \"http://127.0.0.1:9/v1\"\nkey_command = \"exit 3\"\n";
    write_home(&world, "models.toml", provider);
    let repository = world.buggy("double");
    let ran = world.delegate(&repository, &[], "double is wrong").exits(1);
    ran.says("key_command of models.toml's [providers.own]").says("3");
    assert_eq!(world.run(&["list", "--json"]).exits(0).stdout, "");
}
