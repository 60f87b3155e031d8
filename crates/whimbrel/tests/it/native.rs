//! Delegating to the native agent: a scripted model over real HTTP, in each provider's wire format.

use llm::fake::{ScriptedServer, Turn};
use serde_json::{Value, json};

use crate::environments::files_with;
use crate::repository::Repository;
use crate::scripted::{finish, shell};
use crate::world::{Ran, World};

const KEY: &str = "sk-a-secret-that-must-not-be-seen-1234567890";

/// `provider/model` for each wire format.
const WIRES: [&str; 3] = ["openai/gpt-x", "openai-chat/gpt-x", "anthropic/claude-x"];

fn project(world: &World) -> Repository {
    let repository = world.repository("greeter");
    repository
        .write("greeter.py", "def greet(name):\n    return 'Hello ' + name\n")
        .write(
            "test_greeter.py",
            "from greeter import greet\n\n\ndef test_greet():\n    \
             assert greet('Ada') == 'Hello Ada'\n",
        )
        .write("AGENTS.md", "Always greet in uppercase letters, says the house style.\n")
        .commit("Add a greeter");
    repository
}

/// Edits, tests, finishes: what a good model does.
fn good_turns() -> Vec<Turn> {
    let edit = "printf '\\n\\ndef part(name):\\n    return \"Bye \" + name\\n' >> greeter.py \
                && printf '\\n\\ndef test_part():\\n    from greeter import part\\n    \
                assert part(\"Ada\") == \"Bye Ada\"\\n' >> test_greeter.py";
    vec![
        shell("cat greeter.py"),
        shell(edit),
        shell("python3 -m pytest -q"),
        finish("Add a parting", "Adds `part`, with a test."),
    ]
}

struct Story {
    world: World,
    repository: Repository,
    server: ScriptedServer,
    wire: &'static str,
}

impl Story {
    async fn new(wire: &'static str, turns: Vec<Turn>) -> Self {
        let server = ScriptedServer::start(turns).await.unwrap();
        let world =
            World::new().with("WHIMBREL_MODEL_URL", server.url()).with("WHIMBREL_MODEL_KEY", KEY);
        let repository = project(&world);
        Self { world, repository, server, wire }
    }

    fn delegate(&self, more: &[&str]) -> Ran {
        let mut arguments = vec!["--agent", "native", "--model", self.wire];
        arguments.extend(more);
        self.world.delegate(&self.repository, &arguments, "Add a parting, with a test")
    }

    /// The log of the first attempt, as JSON lines.
    fn log(&self, object: &Value) -> Vec<Value> {
        let attempt = object["attempts"][0]["id"].as_str().unwrap();
        let ran = self.world.run(&["logs", "--json", attempt]).exits(0);
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn count(log: &[Value], fact: &str) -> usize {
    log.iter().filter(|event| event["fact"] == fact).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_makes_a_pull_request_in_each_wire_format() {
    for wire in WIRES {
        let story = Story::new(wire, good_turns()).await;
        let ran = story.delegate(&[]).exits(0);

        let object = ran.object();
        let evidence = &object["attempts"][0]["evidence"];
        assert_eq!(evidence["added"], json!(["test_greeter.py::test_part"]), "{wire} {ran}");
        assert_eq!(evidence["holds"], true);
        assert_eq!(object["pull_request"]["title"], "Add a parting");
        let body = object["pull_request"]["body"].as_str().unwrap();
        assert!(body.starts_with("Adds `part`, with a test."), "{body}");

        let requests = story.server.requests();
        assert_eq!(requests.len(), 4, "{wire}");
        let first = serde_json::to_string(&requests[0].body).unwrap();
        assert!(first.contains("house style"), "{wire}: AGENTS.md isn't in the prompt");
        assert!(first.contains("Add a parting, with a test"), "{wire}");
        story.assert_the_key_is_nowhere();
    }
}

impl Story {
    /// Neither in the home (database, logs, snapshots) nor in what is printed.
    fn assert_the_key_is_nowhere(&self) {
        let found = files_with(&self.world.home(), KEY);
        assert!(found.is_empty(), "the key is in {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_model_sees_what_its_tools_did_inside_and_no_key() {
    let turns =
        vec![shell("env; cat /etc/shadow; id -u; ls /root /home"), finish("Nothing", "No.")];
    let story = Story::new("anthropic/claude-x", turns).await;
    let ran = story.delegate(&[]).exits(3);
    assert_eq!(ran.object()["attempts"][0]["outcome"], "no_change", "{ran}");
    let seen = serde_json::to_string(&story.server.requests()[1].body).unwrap();
    assert!(seen.contains("HOME=/home/agent"), "{seen}");
    assert!(!seen.contains(KEY) && !seen.contains("root:$") && !seen.contains("root:*"), "{seen}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_breaks_the_tests_is_never_offered_whatever_the_model_says() {
    let turns = vec![
        shell("sed -i 's/Hello/Bye/' greeter.py"),
        finish("Improve the greeting", "All tests pass."),
    ];
    let story = Story::new("openai/gpt-x", turns).await;
    let ran = story.delegate(&[]).exits(4);
    let evidence = &ran.object()["attempts"][0]["evidence"];
    assert_eq!(evidence["holds"], false);
    assert_eq!(evidence["broken"], json!(["test_greeter.py::test_greet"]), "{ran}");
    assert!(story.repository.whimbrel_branches().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rate_limit_is_waited_out() {
    for wire in WIRES {
        let mut turns = vec![Turn::rate_limited("1"), Turn::status(429)];
        turns.extend(good_turns());
        let story = Story::new(wire, turns).await;
        let ran = story.delegate(&[]).exits(0);
        let log = story.log(&ran.object());
        assert_eq!(count(&log, "retried"), 2, "{wire} {log:#?}");
        let waits: Vec<u64> = log
            .iter()
            .filter(|event| event["fact"] == "retried")
            .map(|event| event["wait_ms"].as_u64().unwrap())
            .collect();
        // Lengthened by up to a tenth, so that attempts which were refused together come apart.
        assert!((1000..=1100).contains(&waits[0]), "Retry-After is obeyed: {waits:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_server_and_a_cut_stream_are_asked_again() {
    for wire in WIRES {
        let mut turns = vec![Turn::status(500), Turn::CutStream];
        turns.extend(good_turns());
        let story = Story::new(wire, turns).await;
        let ran = story.delegate(&[]).exits(0);
        assert_eq!(count(&story.log(&ran.object()), "retried"), 2, "{wire}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_tool_and_malformed_arguments_are_told_to_the_model() {
    for wire in WIRES {
        let mut turns = vec![
            Turn::call("teleport", &json!({ "to": "production" })),
            Turn::malformed_call("shell", "{\"command\": "),
            Turn::call("shell", &json!({ "cmd": ["ls"] })),
        ];
        turns.extend(good_turns());
        let story = Story::new(wire, turns).await;
        let ran = story.delegate(&[]).exits(0);
        let log = story.log(&ran.object());
        let refused = log.iter().filter(|e| e["fact"] == "answered" && e["ok"] == false).count();
        assert_eq!(refused, 3, "{wire} {log:#?}");
        let told = serde_json::to_string(&story.server.requests()[1].body).unwrap();
        assert!(told.contains("teleport"), "{wire}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_ends_the_attempt_with_a_reason() {
    for wire in WIRES {
        let story = Story::new(wire, vec![Turn::Forever(vec![Turn::say("lorem ipsum")])]).await;
        let ran = story.delegate(&[]).exits(3);
        let reason = ran.object()["attempts"][0]["reason"].as_str().unwrap().to_owned();
        assert!(!reason.is_empty(), "{wire} {ran}");
        assert!(story.server.requests().len() < 30, "{wire}: it was asked for ever");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_never_finishes_runs_out_of_time() {
    let story = Story::new("anthropic/claude-x", vec![Turn::Hang]).await;
    let ran = story.delegate(&["--minutes", "0.1"]).exits(3);
    assert_eq!(ran.object()["attempts"][0]["outcome"], "out_of_time", "{ran}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_calls_tools_for_ever_is_stopped() {
    let story = Story::new("openai-chat/gpt-x", vec![Turn::Forever(vec![shell("ls")])]).await;
    let ran = story.delegate(&["--minutes", "1"]).exits(3);
    let attempt = ran.object()["attempts"][0].clone();
    assert_ne!(attempt["outcome"], "changed", "{ran}");
    assert!(!attempt["reason"].as_str().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_key_fails_at_once_and_says_what_to_do() {
    for wire in WIRES {
        let story = Story::new(wire, vec![Turn::status(401)]).await;
        let ran = story.delegate(&[]).exits(5);
        let reason = ran.object()["attempts"][0]["reason"].as_str().unwrap().to_owned();
        assert!(reason.contains("key") || reason.contains("KEY"), "{wire}: {reason}");
        assert_eq!(story.server.requests().len(), 1, "{wire}: a refused key was tried again");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_description_follows_the_repositorys_template() {
    let story = Story::new("openai/gpt-x", good_turns()).await;
    story
        .repository
        .write(".github/pull_request_template.md", "## Why\n\n## How it was tested\n")
        .commit("Add a template");
    story.delegate(&[]).exits(0);
    let first = serde_json::to_string(&story.server.requests()[0].body).unwrap();
    assert!(first.contains("How it was tested"), "{first}");
}

#[test]
fn a_native_agent_without_a_model_says_how_to_name_one() {
    let world = World::new();
    let repository = project(&world);
    let ran = world.delegate(&repository, &["--agent", "native"], "Add a parting");
    ran.exits(1).says("--model").says("WHIMBREL_MODEL");
}
