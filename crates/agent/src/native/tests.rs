//! The whole agent against a scripted model over real HTTP, in each of the three wire formats.

use std::sync::Mutex;

use computer::fake::Fake;
use computer::{Backend, Spec};
use domain::attempt::{Limit, Pause, Source};
use domain::{Fact, Limits, TaskId};
use llm::RetryPolicy;
use llm::fake::{Received, ScriptedServer, Turn};
use serde_json::json;

use super::*;
use crate::LogError;

/// Names a built `whimbrel-computer-helper`: then these tests' computers are real ones.
const HELPER_VARIABLE: &str = "WHIMBREL_TEST_COMPUTER_HELPER";

/// Of fakes, or of real computers where a helper is named.
fn backend() -> Box<dyn Backend> {
    let Ok(helper) = std::env::var(HELPER_VARIABLE) else { return Box::new(Fake::new()) };
    let number = stdx::random::random_u64().unwrap();
    let home = std::env::temp_dir().join(format!("whimbrel-agent-test-{number:x}"));
    Box::new(computer::namespaces::Namespaces::new(&home, helper.into()).unwrap())
}

/// A computer with these files in its workspace.
pub(super) async fn computer_with(files: &[(&str, &str)]) -> Box<dyn Computer> {
    let backend = backend();
    let spec = Spec::default();
    let computer = backend.fork(&backend.bare(), &spec).await.unwrap();
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

/// A log in memory, to which persons can add.
#[derive(Default)]
struct Memory {
    facts: Mutex<Vec<Fact>>,
    /// How many facts each write had.
    writes: Mutex<Vec<usize>>,
    /// Fails from this many writes on.
    room: Option<usize>,
    /// Said when the log has that many facts.
    steers: Mutex<Vec<(usize, String)>>,
}

#[async_trait]
impl Log for Memory {
    async fn record_all(&self, new: Vec<Fact>) -> Result<(), LogError> {
        let mut writes = self.writes.lock().unwrap();
        if self.room.is_some_and(|room| writes.len() >= room) {
            return Err(LogError("the disk is full".into()));
        }
        writes.push(new.len());
        let mut facts = self.facts.lock().unwrap();
        facts.extend(new);
        let mut steers = self.steers.lock().unwrap();
        let due = steers.extract_if(.., |(at, _)| *at <= facts.len());
        let by = || "eva".to_owned();
        let due: Vec<Fact> = due.map(|(_, text)| Fact::Steered { by: by(), text }).collect();
        facts.extend(due);
        Ok(())
    }

    async fn steered_since(&self, seq: u64) -> Result<Vec<(u64, String)>, LogError> {
        let facts = self.facts.lock().unwrap();
        let numbered = (1..).zip(facts.iter()).filter(|(at, _)| *at > seq);
        let steered = numbered.filter_map(|(at, fact)| match fact {
            Fact::Steered { text, .. } => Some((at, text.clone())),
            _ => None,
        });
        Ok(steered.collect())
    }
}

/// Facts as the events of an attempt.
pub(super) fn events(attempt: &domain::AttemptId, facts: &[Fact]) -> Vec<domain::Event> {
    let numbered = (1..).zip(facts);
    let event = |(seq, fact): (u64, &Fact)| domain::Event {
        attempt: attempt.clone(),
        seq,
        at: domain::Timestamp(0),
        fact: fact.clone(),
    };
    numbered.map(event).collect()
}

const MODELS: [&str; 3] = ["openai/m", "openai-chat/m", "anthropic/m"];

/// One attempt from its brief to its report.
struct Story {
    result: Result<Report, Error>,
    facts: Vec<Fact>,
    writes: Vec<usize>,
    requests: Vec<Received>,
    computer: Box<dyn Computer>,
}

struct Setting {
    files: Vec<(&'static str, &'static str)>,
    time: Duration,
    limits: Limits,
    mode: Mode,
    plan_first: bool,
    past: Vec<Fact>,
    steers: Vec<(usize, String)>,
    log_room: Option<usize>,
}

impl Default for Setting {
    fn default() -> Self {
        let files = vec![("a.py", "x = 1\n"), ("AGENTS.md", "Use four spaces.\n")];
        Self {
            files,
            time: Duration::from_secs(600),
            limits: Limits::default(),
            mode: Mode::Code,
            plan_first: false,
            past: Vec::new(),
            steers: Vec::new(),
            log_room: None,
        }
    }
}

async fn tell(model: &str, turns: Vec<Turn>, setting: Setting) -> Story {
    let computer = computer_with(&setting.files).await;
    let git = "git init -q . && git add -A && \
               git -c user.name=a -c user.email=a@b commit -q --allow-empty -m base";
    assert!(computer.run(Exec::shell(git)).await.unwrap().status.is_success());
    let server = ScriptedServer::start(turns).await.unwrap();
    let log = Memory {
        facts: Mutex::new(setting.past.clone()),
        room: setting.log_room,
        steers: Mutex::new(setting.steers.clone()),
        ..Memory::default()
    };
    let agent = agent(model, &server.url());
    let result = agent.work(&brief(&setting), computer.as_ref(), &log).await;
    let facts = log.facts.into_inner().unwrap().split_off(setting.past.len());
    let writes = log.writes.into_inner().unwrap();
    Story { result, facts, writes, requests: server.requests(), computer }
}

/// From a model's name to an agent, as the program does it.
fn agent(model: &str, url: &str) -> Box<dyn Agent> {
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
    Box::new(Native::new(Arc::new(client), Options { window_tokens }))
}

fn brief(setting: &Setting) -> Brief {
    let attempt = domain::AttemptId::new(&TaskId::from_random(1), 1);
    Brief {
        text: "Make x two".into(),
        environment: environment_with_a_check(),
        seed: 1,
        time: setting.time,
        mode: setting.mode,
        limits: setting.limits,
        plan_first: setting.plan_first,
        past: events(&attempt, &setting.past),
        other: None,
        attempt,
    }
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
            Fact::Opened { .. } => "opened".into(),
            Fact::Told { .. } => "told".into(),
            Fact::Steered { .. } => "steered".into(),
            Fact::Planned { .. } => "planned".into(),
            other => format!("{other:?}"),
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

const PATCH: &str = "*** Begin Patch\n*** Update File: a.py\n-x = 1\n+x = 2\n*** End Patch";

fn finish() -> Turn {
    Turn::call(
        "finish",
        &json!({ "title": "Make x two", "summary": "It was one.", "how_tested": "" }),
    )
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
            "opened, turn, called shell, called read, answered true, answered true, \
             turn, called patch, answered true, turn, called finish, answered true",
            "{model}"
        );
        assert_eq!(story.writes, [1, 3, 1, 1, 2, 1, 3], "few writes, each before it acts");
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
            "opened, retried, retried, turn, called shell, answered true, \
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
        let limits = Limits { turns: 12, ..Limits::default() };
        let setting = Setting { limits, ..Setting::default() };
        let story = tell(model, vec![Turn::Forever(vec![work()])], setting).await;
        let reason = "it didn't come to an end in 12 turns".to_owned();
        assert_eq!(story.ending(), &Ending::OutOfBudget { limit: Limit::Turns, reason });
        assert!(story.requests[2].mentions("turns and 10 minutes are left"), "told to wrap up");
    }
}

#[tokio::test]
async fn what_the_tools_print_has_a_limit() {
    let limits = Limits { output_total_bytes: 100_000, ..Limits::default() };
    let work = || Turn::call("shell", &json!({ "command": "seq 10000" }));
    let turns = vec![Turn::Forever(vec![work()])];
    let story = tell("openai/m", turns, Setting { limits, ..Setting::default() }).await;
    let limit = Limit::Output;
    assert!(matches!(story.ending(), Ending::OutOfBudget { limit: l, .. } if *l == limit));
    assert_eq!(story.requests.len(), 3);
}

#[tokio::test]
async fn a_person_is_heard_before_the_next_question() {
    for model in MODELS {
        let work = Turn::call("shell", &json!({ "command": "true" }));
        let steers = vec![(3, "Leave y alone".to_owned())];
        let setting = Setting { steers, ..Setting::default() };
        let story = tell(model, vec![work, finish()], setting).await;
        assert!(story.requests[1].mentions("Leave y alone"), "{model}");
        assert_eq!(
            story.log(),
            "opened, turn, called shell, steered, answered true, Heard { upto: 4 }, \
             turn, called finish, answered true"
        );
    }
}

#[tokio::test]
async fn a_question_is_answered_with_sources() {
    let sources = |last: u32| json!([{ "path": "a.py", "first_line": 1, "last_line": last }]);
    let answer = |last| json!({ "text": "It is one.", "sources": sources(last) });
    for model in MODELS {
        let turns = vec![
            Turn::call("patch", &json!({ "patch": PATCH })),
            Turn::call("answer", &answer(2)),
            Turn::call("answer", &answer(1)),
        ];
        let story = tell(model, turns, Setting { mode: Mode::Ask, ..Setting::default() }).await;
        let path = "a.py".to_owned();
        let sources = vec![Source { path, first_line: 1, last_line: 1 }];
        let answer = "It is one.".to_owned();
        assert_eq!(story.ending(), &Ending::Answered { answer, sources });
        assert!(story.requests[1].mentions("There is no tool"));
        assert!(story.requests[2].mentions("it has 1 lines"));
        assert_eq!(text_of(story.computer.as_ref(), "a.py").await, "x = 1\n");
    }
}

fn plan(text: &str) -> Turn {
    let steps = json!([{ "step": "Make x two", "state": "pending" }]);
    Turn::call("plan", &json!({ "text": text, "steps": steps }))
}

#[tokio::test]
async fn the_plan_comes_first_and_is_gone_by() {
    for model in MODELS {
        let patch = || Turn::call("patch", &json!({ "patch": PATCH }));
        let sneak = Turn::call("shell", &json!({ "command": "echo >sneaked" }));
        let clean = Turn::call("shell", &json!({ "command": "rm sneaked" }));
        let turns = vec![patch(), sneak, plan("Early."), clean, plan("So it goes.")];
        let setting = || Setting { plan_first: true, ..Setting::default() };
        let story = tell(model, turns, setting()).await;
        assert_eq!(story.ending(), &Ending::Paused { until: None, why: Pause::Plan });
        assert!(story.requests[1].mentions("the plan has to be approved first"));
        assert!(story.requests[3].mentions("The plan was not taken"));
        let mut past = story.facts;
        assert!(matches!(past.last(), Some(Fact::Planned { text }) if text.starts_with("So it")));

        let again = Setting { past: past.clone(), ..setting() };
        let story = tell(model, Vec::new(), again).await;
        assert_eq!(story.ending(), &Ending::Paused { until: None, why: Pause::Plan });
        assert_eq!(story.log(), "", "nobody said anything");

        let text = "Make x three, not two.".to_owned();
        past.push(Fact::PlanApproved { by: "eva".into(), text, edited: true });
        let story = tell(model, vec![patch(), finish()], Setting { past, ..setting() }).await;
        assert_eq!(story.ending(), &Ending::Finished);
        assert!(story.requests[0].mentions("Make x three, not two."));
        assert_eq!(text_of(story.computer.as_ref(), "a.py").await, "x = 2\n");
    }
}

#[tokio::test]
async fn a_restart_goes_on_from_the_last_step() {
    for model in MODELS {
        let whole = tell(model, good_work(), Setting::default()).await;
        let mut kept = 0;
        // A write is whole or isn't there.
        for write in &whole.writes[..whole.writes.len() - 1] {
            kept += write;
            let past = whole.facts[..kept].to_vec();
            let done = past.iter().filter(|fact| matches!(fact, Fact::Turn { .. })).count();
            let turns: Vec<Turn> = good_work().into_iter().skip(done).chain([finish()]).collect();
            let count = |is: fn(&&Fact) -> bool| past.iter().filter(is).count();
            let called = count(|fact| matches!(fact, Fact::Called { .. }));
            let is_cut = called > count(|fact| matches!(fact, Fact::Answered { .. }));
            let story = tell(model, turns, Setting { past, ..Setting::default() }).await;
            assert_eq!(story.ending(), &Ending::Finished, "{model} {kept}");
            let first = &story.requests[0];
            assert!(first.mentions("The work was interrupted here"), "{model} {kept}");
            assert_eq!(first.mentions("There is no result"), is_cut, "{model} {kept}");
        }
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
    // The opening, then the retry, then the turn with its call: each is the first without room.
    for (room, requests) in [(0, 0), (1, 1), (2, 2)] {
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

/// Over a model in memory, which says what no server's answer makes a client say.
async fn tell_in_memory(error: llm::Error) -> Result<Report, Error> {
    let computer = computer_with(&[]).await;
    let model = Arc::new(llm::fake::ScriptedModel::new([Err(error)]));
    let agent = Native::new(model, Options::default());
    agent.work(&brief(&Setting::default()), computer.as_ref(), &Memory::default()).await
}

#[tokio::test]
async fn a_quota_pauses_and_a_budget_ends_the_work() {
    let (provider, message) = ("p".to_owned(), "come back".to_owned());
    let until = domain::Timestamp(7);
    let why = Pause::Quota { provider: provider.clone(), message: message.clone() };
    let quota = llm::Error::QuotaUsedUp { provider, message, until };
    let ending = tell_in_memory(quota).await.unwrap().ending;
    assert_eq!(ending, Ending::Paused { until: Some(until), why });
    let (limit, reason) = (Limit::Money, "the day's money is spent".to_owned());
    let budget = llm::Error::OutOfBudget { limit, reason: reason.clone() };
    let ending = tell_in_memory(budget).await.unwrap().ending;
    assert_eq!(ending, Ending::OutOfBudget { limit, reason });
}
