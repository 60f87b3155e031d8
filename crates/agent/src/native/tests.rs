//! The whole agent against a scripted model over real HTTP, in each of the three wire formats.

use std::sync::Mutex;

use computer::fake::Fake;
use computer::{Backend as _, Spec};
use domain::{Fact, TaskId};
use llm::RetryPolicy;
use llm::fake::{Received, ScriptedServer, Turn};
use serde_json::json;

use super::*;
use crate::LogError;

/// A fake computer with these files in its workspace.
pub(super) async fn computer_with(files: &[(&str, &str)]) -> Box<dyn Computer> {
    let fake = Fake::new();
    let spec = Spec::default();
    let computer = fake.fork(&fake.bare(), &spec).await.unwrap();
    for (path, text) in files {
        let path = Path::new(WORKSPACE).join(path);
        computer.write(&path, text.as_bytes(), 0o644).await.unwrap();
    }
    computer
}

pub(super) async fn text_of(computer: &dyn Computer, path: &str) -> String {
    let bytes = computer.read(&Path::new(WORKSPACE).join(path), 1 << 20).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

#[derive(Default)]
struct Memory {
    facts: Mutex<Vec<Fact>>,
    /// Fails from this many facts on.
    room: Option<usize>,
}

#[async_trait]
impl Log for Memory {
    async fn record(&self, fact: Fact) -> Result<(), LogError> {
        let mut facts = self.facts.lock().unwrap();
        if self.room.is_some_and(|room| facts.len() >= room) {
            return Err(LogError("the disk is full".into()));
        }
        facts.push(fact);
        Ok(())
    }
}

const MODELS: [&str; 3] = ["openai/m", "openai-chat/m", "anthropic/m"];

/// One attempt from its brief to its report.
struct Story {
    result: Result<Report, Error>,
    facts: Vec<Fact>,
    requests: Vec<Received>,
    computer: Box<dyn Computer>,
}

struct Setting {
    files: Vec<(&'static str, &'static str)>,
    time: Duration,
    turns_max: u32,
    log_room: Option<usize>,
}

impl Default for Setting {
    fn default() -> Self {
        let files = vec![("a.py", "x = 1\n"), ("AGENTS.md", "Use four spaces.\n")];
        Self { files, time: Duration::from_secs(600), turns_max: 200, log_room: None }
    }
}

async fn tell(model: &str, turns: Vec<Turn>, setting: Setting) -> Story {
    let computer = computer_with(&setting.files).await;
    let git = "git init -q . && git add -A && \
               git -c user.name=a -c user.email=a@b commit -q --allow-empty -m base";
    assert!(computer.run(Exec::shell(git)).await.unwrap().status.is_success());
    let server = ScriptedServer::start(turns).await.unwrap();
    let log = Memory { room: setting.log_room, ..Memory::default() };
    let agent = agent(model, &server.url(), setting.turns_max);
    let result = agent.work(&brief(setting.time), computer.as_ref(), &log).await;
    let facts = log.facts.into_inner().unwrap();
    Story { result, facts, requests: server.requests(), computer }
}

/// From a model's name to an agent, as the program does it.
fn agent(model: &str, url: &str, turns_max: u32) -> Box<dyn Agent> {
    let env = |name: &str| match name {
        "WHIMBREL_MODEL_URL" => Some(url.to_owned()),
        "WHIMBREL_MODEL_KEY" => Some("sk-secret".to_owned()),
        _ => None,
    };
    let config = llm::Config::resolve(model, &env, None).unwrap();
    let window_tokens = config.window_tokens;
    let retry = RetryPolicy { attempts_max: 3, base_ms: 2, wait_ms_max: 5 };
    let options = llm::Options { retry, ..llm::Options::default() };
    let client = llm::Client::new(config, options).unwrap();
    let options = Options { turns_max, window_tokens, ..Options::default() };
    Box::new(Native::new(Arc::new(client), options))
}

fn brief(time: Duration) -> Brief {
    let environment = environment_with_a_check();
    let attempt = domain::AttemptId::new(&TaskId::from_random(1), 1);
    Brief { attempt, text: "Make x two".into(), environment, seed: 1, time }
}

fn environment_with_a_check() -> environment::Environment {
    environment::Environment {
        checks: vec![environment::Check { name: "test".into(), command: "make test".into() }],
        ..environment::Environment::default()
    }
}

impl Story {
    fn ending(&self) -> &Ending {
        &self.result.as_ref().unwrap().ending
    }

    /// The log, a word a fact.
    fn log(&self) -> String {
        let words = self.facts.iter().map(|fact| match fact {
            Fact::Called { tool, .. } => format!("called {tool}"),
            Fact::Answered { ok, .. } => format!("answered {ok}"),
            Fact::Turn { .. } => "turn".into(),
            Fact::Said { text } => format!("said {text}"),
            Fact::Retried { .. } => "retried".into(),
            other => format!("{other:?}"),
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

const PATCH: &str = "*** Begin Patch\n*** Update File: a.py\n-x = 1\n+x = 2\n*** End Patch";

fn finish() -> Turn {
    Turn::call("finish", &json!({ "title": "Make x two", "summary": "It was one." }))
}

fn good_work() -> Vec<Turn> {
    vec![
        Turn::calls([
            ("shell", json!({ "command": "cat a.py" })),
            ("read", json!({ "path": "a.py" })),
        ]),
        Turn::call("patch", &json!({ "patch": PATCH })),
        finish(),
    ]
}

#[tokio::test]
async fn a_change_is_made_over_every_wire() {
    for model in MODELS {
        let story = tell(model, good_work(), Setting::default()).await;
        let report = story.result.as_ref().unwrap();
        assert_eq!((&report.ending, report.title.as_str()), (&Ending::Finished, "Make x two"));
        assert_eq!(text_of(story.computer.as_ref(), "a.py").await, "x = 2\n");
        assert_eq!(
            story.log(),
            "turn, called shell, answered true, called read, answered true, \
             turn, called patch, answered true, turn, called finish, answered true",
            "{model}"
        );
        let [first, second, third] = &story.requests[..] else { panic!("three turns") };
        for told in ["Make x two", "Use four spaces.", "make test"] {
            assert!(first.mentions(told), "{model} isn't told {told}");
        }
        assert!(second.mentions("x = 1\n[exit status 0]") && second.mentions("     1\tx = 1\n"));
        assert!(third.mentions("changed a.py\n"));
    }
}

#[tokio::test]
async fn troubles_of_the_provider_are_logged_and_waited_out() {
    let troubles = vec![
        Turn::rate_limited("0.001"),
        Turn::status(429),
        Turn::call("shell", &json!({ "command": "echo > b.py" })),
        Turn::status(500),
        Turn::CutStream,
        finish(),
    ];
    for model in MODELS {
        let story = tell(model, troubles.clone(), Setting::default()).await;
        assert_eq!(story.ending(), &Ending::Finished);
        assert_eq!(
            story.log(),
            "retried, retried, turn, called shell, answered true, \
             retried, retried, turn, called finish, answered true",
            "{model}"
        );
    }
}

#[tokio::test]
async fn wrong_calls_are_told_and_survived_over_every_wire() {
    let turns = vec![
        Turn::call("browse", &json!({ "url": "x" })),
        Turn::malformed_call("shell", "{\"command\": "),
        Turn::malformed_call("read", "[1]"),
        finish(),
    ];
    for model in MODELS {
        let story = tell(model, turns.clone(), Setting::default()).await;
        assert_eq!(story.ending(), &Ending::Finished, "{model}");
        let told = ["There is no tool", "The arguments of shell", "The arguments of read"];
        for (request, told) in story.requests[1..].iter().zip(told) {
            assert!(request.mentions(told), "{model} isn't told {told}");
        }
    }
}

#[tokio::test]
async fn a_model_that_talks_nonsense_is_given_up() {
    for model in MODELS {
        let turns = vec![Turn::Forever(vec![Turn::say("wibble"), Turn::say("wobble")])];
        let story = tell(model, turns, Setting::default()).await;
        let reason = "it changed nothing and said: wibble".to_owned();
        assert_eq!(story.ending(), &Ending::GaveUp { reason }, "{model}");
    }
}

#[tokio::test]
async fn a_stream_of_nonsense_ends_after_its_retries() {
    for model in MODELS {
        let story =
            tell(model, vec![Turn::Forever(vec![Turn::Nonsense])], Setting::default()).await;
        let error = story.result.unwrap_err().to_string();
        let begins = "the model can't be used: asked 3 times without an answer: ";
        assert!(error.starts_with(begins), "{error}");
        assert_eq!(story.requests.len(), 3);
    }
}

#[tokio::test]
async fn a_model_that_never_finishes_is_ended_by_its_turns() {
    let work = || Turn::call("shell", &json!({ "command": "date +%N" }));
    for model in MODELS {
        let setting = Setting { turns_max: 12, ..Setting::default() };
        let story = tell(model, vec![Turn::Forever(vec![work()])], setting).await;
        let reason = "it didn't come to an end in 12 turns".to_owned();
        assert_eq!(story.ending(), &Ending::GaveUp { reason });
        assert!(story.requests[2].mentions("turns and 10 minutes are left"), "told to wrap up");
    }
}

#[tokio::test]
async fn the_time_ends_a_model_that_hangs_and_a_command_that_does() {
    let sleep = Turn::call("shell", &json!({ "command": "sleep 60" }));
    for turns in [vec![Turn::Hang], vec![sleep]] {
        let setting = Setting { time: Duration::from_secs(2), ..Setting::default() };
        let story = tell("openai/m", turns, setting).await;
        assert_eq!(story.ending(), &Ending::OutOfTime, "{}", story.log());
    }
}

#[tokio::test]
async fn a_refused_key_ends_at_once_and_is_not_shown() {
    let story = tell("anthropic/m", vec![Turn::status(401)], Setting::default()).await;
    let error = story.result.unwrap_err().to_string();
    assert!(error.contains("ANTHROPIC_API_KEY") && !error.contains("sk-secret"), "{error}");
}

#[tokio::test]
async fn what_cannot_be_logged_does_not_happen() {
    let turns = || {
        let touch = Turn::call("shell", &json!({ "command": "touch done" }));
        vec![Turn::status(500), touch, finish()]
    };
    // The retry, then the turn, then the call: each is the first that has no room.
    for (room, requests) in [(0, 1), (1, 2), (2, 2)] {
        let setting = Setting { log_room: Some(room), ..Setting::default() };
        let story = tell("openai/m", turns(), setting).await;
        assert!(matches!(story.result, Err(Error::Log(_))), "{room}");
        assert_eq!(story.requests.len(), requests, "{room}");
        let listed = story.computer.run(Exec::shell("ls")).await.unwrap().text();
        assert!(!listed.contains("done"), "{room}");
    }
}

#[tokio::test]
async fn the_pull_request_template_is_told() {
    let files =
        vec![(".github/PULL_REQUEST_TEMPLATE.md", "## Why it is so\n"), ("web/AGENTS.md", "x")];
    let story = tell("openai/m", vec![finish()], Setting { files, ..Setting::default() }).await;
    assert!(story.requests[0].mentions("## Why it is so"));
    assert!(story.requests[0].mentions("- web/AGENTS.md"));
}
