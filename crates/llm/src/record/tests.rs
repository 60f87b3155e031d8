use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::*;
use crate::fake::{ScriptedServer, Turn};
use crate::{
    Asking, Config, Gateway, Ledger, Model, Options, Request, RetryPolicy, Spent, Unwatched,
};

/// Counts from any number, as a ledger does that remembers what a process before it did.
struct Counting(std::sync::atomic::AtomicU32);

#[async_trait::async_trait]
impl Ledger for Counting {
    async fn open(&self, _asking: &Asking) -> Result<u32, Error> {
        Ok(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
    }

    async fn close(&self, _exchange: u32, _spent: &Spent) -> Result<(), Error> {
        Ok(())
    }
}

/// A loop that does what it is told, over and over: like an agent, but it can't do anything.
async fn converse(model: &dyn Model, turns: usize, result: &str) -> Vec<Message> {
    let mut messages = vec![Message::System { text: "Be".into() }, Message::user("Go")];
    for _ in 0..turns {
        let Ok(reply) = ask(model, &messages).await else { break };
        let call = reply.calls.first().map(|call| call.id.clone());
        messages.push(Message::from_reply(&reply));
        messages.extend(call.map(|call| Message::tool_result(call, true, result)));
    }
    messages
}

async fn ask(model: &dyn Model, messages: &[Message]) -> Result<Reply, Error> {
    let parameters = json!({ "type": "object" });
    let tools = [ToolSpec { name: "f".into(), description: "F".into(), parameters }];
    let deadline = Instant::now() + Duration::from_secs(60);
    model.reply(&Request { messages, tools: &tools, deadline }, &mut Unwatched).await
}

fn script() -> Vec<Turn> {
    let call = |x: u64| Turn::call("f", &json!({ "x": x })).thinking("deep thoughts");
    vec![call(1), Turn::status(503), call(2), Turn::CutStream, call(3), Turn::say("Done")]
}

struct Recorded {
    folder: tempfile::TempDir,
    server: ScriptedServer,
    next: u32,
}

impl Recorded {
    async fn new(turns: Vec<Turn>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = ScriptedServer::start(turns).await.unwrap();
        Self { folder, server, next: 1 }
    }

    /// A process that writes into the folder, from the next number on.
    fn gateway(&self) -> Gateway {
        let url = self.server.url();
        let env = |name: &str| match name {
            "WHIMBREL_MODEL_URL" => Some(url.clone()),
            "WHIMBREL_MODEL_KEY" => Some("sk-secret".to_owned()),
            _ => None,
        };
        let config = Config::resolve("anthropic/m", &env, None).unwrap();
        let retry = RetryPolicy { attempts_max: 3, base_ms: 1, wait_ms_max: 2 };
        let options = Options { retry, ..Options::default() };
        let ledger = Arc::new(Counting(self.next.into()));
        let recorder = Recorder::new(self.folder.path(), Vec::new()).unwrap();
        Gateway::new(vec![config], options, ledger).unwrap().recording(recorder)
    }

    fn record(&self) -> Record {
        Record::open(self.folder.path()).unwrap()
    }
}

#[tokio::test]
async fn a_conversation_is_recorded_as_it_grows() {
    let recorded = Recorded::new(script()).await;
    let said = converse(&recorded.gateway(), 4, "ok").await;
    let record = recorded.record();
    let shape: Vec<_> =
        record.exchanges.iter().map(|x| (x.exchange, x.after, x.kept, x.messages.len())).collect();
    assert_eq!(
        shape,
        [
            (1, None, 0, 2),
            (2, Some(1), 2, 2),
            (3, Some(2), 4, 0),
            (4, Some(3), 4, 2),
            (5, Some(4), 6, 0),
            (6, Some(5), 6, 2),
        ]
    );
    let tools = record.exchanges.iter().map(|exchange| exchange.tools.is_some());
    assert_eq!(tools.collect::<Vec<_>>(), [true, false, false, false, false, false]);
    let last = record.exchanges.last().unwrap();
    assert_eq!(record.conversation(last), said[..said.len() - 1]);
    assert_eq!((last.usage.input_tokens, last.model.as_str()), (100, "anthropic/m"));
    assert!(matches!(record.exchanges[1].outcome, Outcome::Failed { shorten: false, .. }));
}

#[tokio::test]
async fn a_record_plays_again_to_the_same_end() {
    let recorded = Recorded::new(script()).await;
    let said = converse(&recorded.gateway(), 4, "ok").await;
    let replay = Replay::new(recorded.record(), OnDeparture::Stop);
    assert_eq!((replay.name(), replay.turns_left()), ("anthropic/m", 4));
    assert_eq!(converse(&replay, 4, "ok").await, said);
    assert_eq!((replay.departures(), replay.turns_left()), (Vec::new(), 0));
    assert!(matches!(ask(&replay, &said).await, Err(Error::RecordOver { turns: 4 })));
}

#[tokio::test]
async fn a_departure_is_told_where_it_begins() {
    let recorded = Recorded::new(script()).await;
    converse(&recorded.gateway(), 4, "ok").await;
    let replay = Replay::new(recorded.record(), OnDeparture::Stop);
    assert_eq!(converse(&replay, 4, "OK!").await.len(), 4, "it stops at the second turn");
    let [departure] = &replay.departures()[..] else { panic!("one departure") };
    assert_eq!(
        (departure.exchange, departure.message_index, departure.what),
        (3, 3, What::Differs)
    );
    assert!(departure.expected.contains("\"text\":\"ok\""), "{departure}");
    assert!(departure.found.contains("\"text\":\"OK!\""), "{departure}");
    let lenient = Replay::new(recorded.record(), OnDeparture::GoOn);
    assert_eq!(converse(&lenient, 4, "OK!").await.len(), 9, "it goes to the end");
    let places: Vec<_> =
        lenient.departures().iter().map(|at| (at.exchange, at.message_index)).collect();
    assert_eq!(places, [(3, 3), (5, 5), (6, 7)], "each is told once");
}

#[tokio::test]
async fn missing_and_surplus_messages_are_told_apart() {
    let recorded = Recorded::new(script()).await;
    converse(&recorded.gateway(), 2, "ok").await;
    let replay = Replay::new(recorded.record(), OnDeparture::GoOn);
    ask(&replay, &[Message::System { text: "Be".into() }]).await.unwrap();
    let more: Vec<Message> = ["Go", "on", "and", "on", "!"].map(Message::user).into();
    ask(&replay, &more).await.unwrap();
    let what: Vec<What> = replay.departures().iter().map(|departure| departure.what).collect();
    assert_eq!(what[0], What::Missing);
    assert_eq!(*what.last().unwrap(), What::Surplus);
}

/// A process dies after it was answered and before it used the answer; the next one begins with
/// a number that leaves a gap, and asks the same again.
#[tokio::test]
async fn processes_that_die_leave_records_that_play() {
    let turns = vec![
        Turn::call("f", &json!({ "lost": true })),
        Turn::call("f", &json!({ "x": 1 })),
        Turn::say("Done"),
    ];
    let mut recorded = Recorded::new(turns).await;
    let messages = [Message::System { text: "Be".into() }, Message::user("Go")];
    ask(&recorded.gateway(), &messages).await.unwrap();
    std::fs::write(recorded.folder.path().join("00002.json.tmp"), "torn").unwrap();
    recorded.next = 5;
    let said = converse(&recorded.gateway(), 2, "ok").await;
    let record = recorded.record();
    let numbers: Vec<u32> = record.exchanges.iter().map(|exchange| exchange.exchange).collect();
    assert_eq!(numbers, [1, 5, 6]);
    let replay = Replay::new(record, OnDeparture::Stop);
    assert_eq!(converse(&replay, 2, "ok").await, said);
}

#[tokio::test]
async fn a_conversation_that_was_shortened_is_recorded_whole() {
    let too_long = Turn::Raw {
        status: 400,
        headers: Vec::new(),
        body: r#"{"error": {"message": "prompt is too long: 9 > 8"}}"#.into(),
    };
    let recorded = Recorded::new(vec![too_long, Turn::say("Short")]).await;
    let gateway = recorded.gateway();
    let long = ["a", "b", "c"].map(Message::user);
    assert!(matches!(ask(&gateway, &long).await, Err(Error::ContextTooLong { .. })));
    ask(&gateway, &long[1..]).await.unwrap();
    let record = recorded.record();
    assert_eq!((record.exchanges[1].after, record.exchanges[1].messages.len()), (None, 2));
    let replay = Replay::new(record, OnDeparture::Stop);
    assert!(matches!(ask(&replay, &long).await, Err(Error::ContextTooLong { .. })));
    assert_eq!(ask(&replay, &long[1..]).await.unwrap().text, "Short");
}

#[tokio::test]
async fn a_record_that_cannot_be_written_ends_no_turn() {
    let recorded = Recorded::new(vec![Turn::say("a"), Turn::say("b")]).await;
    let gateway = recorded.gateway();
    std::fs::remove_dir_all(recorded.folder.path()).unwrap();
    ask(&gateway, &[Message::user("Go")]).await.unwrap();
    assert!(gateway.unrecorded().unwrap().starts_with("exchange 1: No such file"));
    std::fs::create_dir(recorded.folder.path()).unwrap();
    ask(&gateway, &[Message::user("Go"), Message::user("on")]).await.unwrap();
    assert_eq!(recorded.record().exchanges[0].after, None, "nothing builds on what isn't there");
}

#[test]
fn a_broken_record_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("00001.json.gz");
    let told = || crate::words(&Record::open(folder.path()).unwrap_err());
    std::fs::write(&path, "not gzip").unwrap();
    assert!(told().contains("00001.json.gz"), "{}", told());
    std::fs::remove_file(&path).unwrap();
    std::fs::remove_dir(folder.path()).unwrap();
    assert!(told().starts_with("can't read the record"), "{}", told());
}

#[tokio::test]
async fn who_watches_a_replay_hears_its_text() {
    struct Ears(String);
    #[async_trait::async_trait]
    impl crate::Watch for Ears {
        async fn text(&mut self, piece: &str) {
            self.0.push_str(piece);
        }
        async fn retried(&mut self, _reason: &str, _wait: Duration) -> ControlFlow<()> {
            ControlFlow::Break(())
        }
    }
    let recorded = Recorded::new(vec![Turn::say("Hello there")]).await;
    converse(&recorded.gateway(), 1, "").await;
    let replay = Replay::new(recorded.record(), OnDeparture::GoOn);
    let mut ears = Ears(String::new());
    let deadline = Instant::now();
    let request = Request { messages: &[], tools: &[], deadline };
    replay.reply(&request, &mut ears).await.unwrap();
    assert_eq!(ears.0, "Hello there");
}
