//! Over real HTTP, against the scripted server.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::*;
use crate::fake::{ScriptedServer, Turn};
use crate::{Action, Message, Stop, ToolCall, ToolSpec, words};

const WIRES: [(&str, Wire); 4] = [
    ("openai/m", Wire::Responses),
    ("openai-chat/m", Wire::Chat),
    ("anthropic/m", Wire::Messages),
    ("gemini/m", Wire::Gemini),
];

/// Waits of a few milliseconds, so that tests are quick.
const RETRY: RetryPolicy = RetryPolicy { attempts_max: 3, base_ms: 6, wait_ms_max: 10 };

#[derive(Default)]
struct Heard {
    text: String,
    retries: Vec<(String, Duration)>,
    stops: bool,
}

#[async_trait]
impl Watch for Heard {
    async fn text(&mut self, piece: &str) {
        self.text.push_str(piece);
    }

    async fn retried(&mut self, reason: &str, wait: Duration) -> std::ops::ControlFlow<()> {
        self.retries.push((reason.to_owned(), wait));
        if self.stops {
            std::ops::ControlFlow::Break(())
        } else {
            std::ops::ControlFlow::Continue(())
        }
    }
}

fn config(url: &str, model: &str) -> Config {
    let env = |name: &str| match name {
        "WHIMBREL_MODEL_URL" => Some(url.to_owned()),
        "WHIMBREL_MODEL_KEY" => Some("sk-secret".to_owned()),
        _ => None,
    };
    Config::resolve(model, &env, None).unwrap()
}

struct Story {
    result: Result<Reply, Error>,
    heard: Heard,
    server: ScriptedServer,
}

impl Story {
    async fn with(model: &str, turns: Vec<Turn>, left: Duration, heard: Heard) -> Self {
        // Short only where it is waited for, so that a busy machine fails no other test.
        let idle = Duration::from_millis(if turns.contains(&Turn::Hang) { 300 } else { 60_000 });
        let server = ScriptedServer::start(turns).await.unwrap();
        let options = Options { retry: RETRY, idle, ..Options::default() };
        let client = Client::new(config(&server.url(), model), options).unwrap();
        let messages = [Message::user("Go")];
        let parameters = json!({ "type": "object" });
        let tools = [ToolSpec { name: "f".into(), description: "F".into(), parameters }];
        let deadline = Instant::now() + left;
        let request = Request { messages: &messages, tools: &tools, deadline };
        let mut heard = heard;
        let result = client.reply(&request, &mut heard).await;
        Self { result, heard, server }
    }

    async fn tell(model: &str, turns: Vec<Turn>) -> Self {
        Self::with(model, turns, Duration::from_secs(30), Heard::default()).await
    }

    fn error(&self) -> String {
        words(self.result.as_ref().unwrap_err())
    }
}

#[tokio::test]
async fn text_and_calls_come_over_every_wire() {
    for (model, _) in WIRES {
        let calls =
            vec![("f".to_owned(), "{\"x\": 1}".to_owned()), ("g".to_owned(), "{}".to_owned())];
        let turn = Turn::Reply { text: "Grüße, I look".into(), calls };
        let story = Story::tell(model, vec![turn]).await;
        let reply = story.result.unwrap();
        assert_eq!(
            (reply.text.as_str(), story.heard.text.as_str()),
            ("Grüße, I look", "Grüße, I look")
        );
        let names: Vec<(&str, serde_json::Value)> = reply
            .calls
            .iter()
            .map(|ToolCall { name, arguments, .. }| {
                (name.as_str(), serde_json::from_str(arguments).unwrap())
            })
            .collect();
        assert_eq!(names, [("f", json!({ "x": 1 })), ("g", json!({}))], "{model}");
        assert_eq!((reply.model.as_str(), reply.exchange), (model, 1));
        assert_eq!((reply.usage.input_tokens, reply.usage.output_tokens), (100, 10), "{model}");
        assert_eq!(reply.stop, Stop::Done);
    }
}

#[tokio::test]
async fn the_key_goes_where_the_provider_wants_it() {
    for (model, wire) in WIRES {
        let story = Story::tell(model, vec![Turn::say("Hi")]).await;
        let requests = story.server.requests();
        let (name, value) = match wire {
            Wire::Messages => ("x-api-key", "sk-secret"),
            Wire::Gemini => ("x-goog-api-key", "sk-secret"),
            Wire::Responses | Wire::Chat => ("authorization", "Bearer sk-secret"),
        };
        assert_eq!(requests[0].header(name), Some(value));
        let version = (wire == Wire::Messages).then_some("2023-06-01");
        assert_eq!(requests[0].header("anthropic-version"), version);
    }
}

#[tokio::test]
async fn troubles_that_pass_are_waited_out() {
    let troubles = [
        Turn::status(429),
        Turn::status(500),
        Turn::status(529),
        Turn::CutStream,
        Turn::Nonsense,
        Turn::Hang,
    ];
    for (model, _) in WIRES {
        for trouble in &troubles {
            let story = Story::tell(model, vec![trouble.clone(), Turn::say("Hi")]).await;
            assert_eq!(story.result.as_ref().unwrap().text, "Hi", "{model} after {trouble:?}");
            let [(reason, wait)] = &story.heard.retries[..] else { panic!("one retry") };
            assert!(!reason.is_empty() && *wait <= Duration::from_millis(10), "{reason}: {wait:?}");
        }
    }
}

#[tokio::test]
async fn a_retry_after_is_honoured() {
    let headers = vec![("retry-after-ms".to_owned(), "37".to_owned())];
    let limited = Turn::Raw { status: 429, headers, body: "{}".into() };
    let story = Story::tell("openai/m", vec![limited, Turn::say("Hi")]).await;
    assert_eq!(story.heard.retries[0].1, Duration::from_millis(37));
    let story = Story::tell("openai/m", vec![Turn::rate_limited("0.02"), Turn::say("Hi")]).await;
    assert_eq!(story.heard.retries[0].1, Duration::from_millis(20));
}

#[tokio::test]
async fn a_wait_that_outlives_the_deadline_gives_up_at_once() {
    let story = Story::tell("anthropic/m", vec![Turn::rate_limited("50")]).await;
    assert!(story.error().contains("asks to wait 50 s, but only "), "{}", story.error());
    assert_eq!(story.heard.retries.len(), 0);
}

#[tokio::test]
async fn no_back_off_goes_beyond_the_deadline() {
    let turns = vec![Turn::Forever(vec![Turn::status(500)])];
    let server = ScriptedServer::start(turns).await.unwrap();
    let retry = RetryPolicy { attempts_max: 9, base_ms: 1 << 40, wait_ms_max: 1 << 40 };
    let options = Options { retry, ..Options::default() };
    let client = Client::new(config(&server.url(), "openai/m"), options).unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let request = Request { messages: &[], tools: &[], deadline };
    let error = client.reply(&request, &mut crate::Unwatched).await.unwrap_err();
    assert!(words(&error).starts_with("asked 1 times"), "{error:?}");
    assert!(Instant::now() < deadline, "it didn't wait");
}

#[tokio::test]
async fn tries_are_bounded() {
    let story = Story::tell("openai/m", vec![Turn::Forever(vec![Turn::status(503)])]).await;
    assert_eq!(
        story.error(),
        "asked 3 times without an answer: the provider can't answer now (503 api_error): scripted 503"
    );
    assert_eq!(story.server.requests().len(), 3);
}

#[tokio::test]
async fn what_asking_again_cannot_help_is_asked_once() {
    for (status, says) in
        [(401, "refuses the key"), (404, "doesn't know"), (400, "refuses the request")]
    {
        let story = Story::tell("openai/m", vec![Turn::Forever(vec![Turn::status(status)])]).await;
        assert!(story.error().contains(says), "{}", story.error());
        assert_eq!(story.server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_key_that_the_provider_repeats_is_not_repeated() {
    let body = r#"{"error": {"message": "Incorrect API key provided: sk-secret"}}"#.to_owned();
    let turn = Turn::Raw { status: 401, headers: Vec::new(), body };
    let story = Story::tell("openai/m", vec![turn]).await;
    let expected = "the provider refuses the key (401): Incorrect API key provided: [key]; check \
                    OPENAI_API_KEY, WHIMBREL_MODEL_KEY, WHIMBREL_MODEL_KEY_FILE, or a key in \
                    models.toml's [providers.openai]";
    assert_eq!(story.error(), expected);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let headers = vec![("location".to_owned(), "http://127.0.0.1:1/v1/responses".to_owned())];
    let turn = Turn::Raw { status: 307, headers, body: String::new() };
    let story = Story::tell("openai/m", vec![turn]).await;
    assert!(story.error().contains("307"), "{}", story.error());
}

#[tokio::test]
async fn nobody_there_is_tried_again_and_told() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let options = Options { retry: RETRY, ..Options::default() };
    let client = Client::new(config(&url, "openai/m"), options).unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    let request = Request { messages: &[], tools: &[], deadline };
    let mut heard = Heard::default();
    let error = words(&client.reply(&request, &mut heard).await.unwrap_err());
    assert!(
        error.starts_with("asked 3 times without an answer: can't reach http://127"),
        "{error}"
    );
    assert_eq!(heard.retries.len(), 2);
}

#[tokio::test]
async fn an_encrypted_address_that_isnt_encrypted_is_no_answer() {
    let server = ScriptedServer::start([Turn::say("Hi")]).await.unwrap();
    let url = server.url().replace("http://", "https://");
    let connect = Duration::from_millis(200);
    let options = Options { retry: RETRY, connect, ..Options::default() };
    let client = Client::new(config(&url, "openai/m"), options).unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    let request = Request { messages: &[], tools: &[], deadline };
    let error = words(&client.reply(&request, &mut Heard::default()).await.unwrap_err());
    assert!(error.contains("can't reach https://127"), "{error}");
    assert_eq!(server.requests(), []);
}

#[tokio::test]
async fn a_script_can_be_played_to_each_conversation() {
    let turns = [Turn::say("first"), Turn::say("second")];
    for (model, _) in WIRES {
        let server = ScriptedServer::start_for_each(turns.clone()).await.unwrap();
        let client = Client::new(config(&server.url(), model), Options::default()).unwrap();
        let mut conversation = vec![Message::user("Go")];
        let mut said = Vec::new();
        for _ in 0..2 {
            // Asked twice, as two attempts would.
            for _ in 0..2 {
                let deadline = Instant::now() + Duration::from_secs(30);
                let request = Request { messages: &conversation, tools: &[], deadline };
                said.push(client.reply(&request, &mut crate::Unwatched).await.unwrap());
            }
            conversation.extend(said.last().map(Message::from_reply));
            conversation.push(Message::user("Go on"));
        }
        let texts: Vec<&str> = said.iter().map(|reply| reply.text.as_str()).collect();
        assert_eq!(texts, ["first", "first", "second", "second"], "{model}");
    }
}

#[tokio::test]
async fn the_deadline_ends_an_answer_that_never_comes() {
    let left = Duration::from_millis(100);
    let story = Story::with("openai/m", vec![Turn::Hang], left, Heard::default()).await;
    assert!(matches!(story.result, Err(Error::Deadline)), "{}", story.error());
}

#[tokio::test]
async fn who_watches_can_stop_the_retries() {
    let heard = Heard { stops: true, ..Heard::default() };
    let turns = vec![Turn::status(500), Turn::say("Hi")];
    let story = Story::with("openai/m", turns, Duration::from_secs(30), heard).await;
    assert!(matches!(story.result, Err(Error::Stopped)));
    assert_eq!(story.server.requests().len(), 1);
}

#[tokio::test]
async fn a_conversation_that_is_too_long_says_so() {
    let body =
        r#"{"error": {"message": "too long", "code": "context_length_exceeded"}}"#.to_owned();
    let turn = Turn::Raw { status: 400, headers: Vec::new(), body };
    let story = Story::tell("openai-chat/m", vec![turn]).await;
    assert_eq!(story.result.unwrap_err().action(), Action::Shorten);
}

/// The path that a model is asked at.
async fn path(model: &str, env: &[(&str, &str)]) -> (String, Option<String>) {
    let server = ScriptedServer::start([Turn::say("Hi")]).await.unwrap();
    let url = server.url();
    let env = |name: &str| match name {
        "WHIMBREL_MODEL_URL" => Some(url.clone()),
        "WHIMBREL_MODEL_KEY" => Some("sk-secret".to_owned()),
        _ => env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()),
    };
    let config = Config::resolve(model, &env, None).unwrap();
    let client = Client::new(config, Options::default()).unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    let messages = [Message::user("Go")];
    let request = Request { messages: &messages, tools: &[], deadline };
    client.reply(&request, &mut crate::Unwatched).await.unwrap();
    let asked = server.requests().remove(0);
    (asked.path.clone(), asked.header("api-key").map(str::to_owned))
}

#[tokio::test]
async fn each_provider_is_asked_at_its_own_path() {
    let key = Some("sk-secret".to_owned());
    assert_eq!(path("openai/m", &[]).await.0, "/v1/responses");
    assert_eq!(path("local/m", &[]).await.0, "/v1/chat/completions");
    assert_eq!(path("anthropic/m", &[]).await.0, "/v1/messages");
    let gemini = "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse";
    assert_eq!(path("gemini/gemini-2.5-pro", &[]).await.0, gemini);
    assert_eq!(path("azure/gpt", &[]).await, ("/openai/v1/responses".to_owned(), key.clone()));
    let preview = [("OPENAI_API_VERSION", "preview")];
    let versioned = "/openai/v1/responses?api-version=preview".to_owned();
    assert_eq!(path("azure/gpt", &preview).await, (versioned, key.clone()));
    let dated = [("OPENAI_API_VERSION", "2024-10-21")];
    let deployed = "/openai/deployments/gpt/chat/completions?api-version=2024-10-21".to_owned();
    assert_eq!(path("azure/gpt", &dated).await, (deployed, key));
}

#[tokio::test]
async fn thoughts_travel_through_a_conversation() {
    for (model, _) in WIRES {
        let turns = [
            Turn::call("f", &json!({ "x": 1 })).thinking("abcdefgh"),
            Turn::say("Done").thinking("ijklmnop"),
        ];
        let server = ScriptedServer::start_for_each(turns).await.unwrap();
        let client = Client::new(config(&server.url(), model), Options::default()).unwrap();
        let mut conversation = vec![Message::user("Go")];
        for _ in 0..2 {
            let deadline = Instant::now() + Duration::from_secs(30);
            let request = Request { messages: &conversation, tools: &[], deadline };
            let reply = client.reply(&request, &mut crate::Unwatched).await.unwrap();
            let results = reply.calls.iter().map(|call| Message::tool_result(&call.id, true, "ok"));
            let results: Vec<Message> = results.collect();
            conversation.push(Message::from_reply(&reply));
            conversation.extend(results);
        }
        assert!(server.requests()[1].mentions("abcdefgh"), "{model}");
        // The whole conversation can be written down and read again.
        let text = serde_json::to_string(&conversation).unwrap();
        let read: Vec<Message> = serde_json::from_str(&text).unwrap();
        assert_eq!(read, conversation);
    }
}

#[tokio::test]
async fn every_kind_of_token_is_counted_over_every_wire() {
    let usage = Usage {
        input_tokens: 1_000,
        cached_tokens: 600,
        written_tokens: 300,
        output_tokens: 50,
        reasoning_tokens: 20,
    };
    for (model, wire) in WIRES {
        let story = Story::tell(model, vec![Turn::say("Hi").using(usage)]).await;
        // Google doesn't tell what it wrote to its cache.
        let written_tokens = if wire == Wire::Gemini { 0 } else { 300 };
        assert_eq!(story.result.unwrap().usage, Usage { written_tokens, ..usage }, "{model}");
    }
}

/// What somebody else calls a cost may be in any currency, or a joke.
#[tokio::test]
async fn only_openrouters_own_figure_is_believed() {
    let body = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}],\
                \"usage\":{\"prompt_tokens\":5,\"cost\":0.5}}\n\ndata: [DONE]\n\n";
    for (model, cost_micros) in [("openrouter/m", Some(500_000)), ("local/m", None)] {
        let turn = Turn::Raw { status: 200, headers: Vec::new(), body: body.into() };
        let reply = Story::tell(model, vec![turn]).await.result.unwrap();
        assert_eq!((reply.text.as_str(), reply.cost_micros), ("Hi", cost_micros), "{model}");
    }
}

#[tokio::test]
async fn a_wish_for_no_wait_is_none() {
    let turns = vec![Turn::Forever(vec![Turn::rate_limited("0")])];
    let story = Story::tell("openai/m", turns).await;
    assert!(
        story.heard.retries.iter().any(|(_, wait)| !wait.is_zero()),
        "{:?}",
        story.heard.retries
    );
}

/// Numbers that a provider makes up can't break the accounts.
#[tokio::test]
async fn absurd_numbers_of_tokens_are_survived() {
    let many = u64::MAX;
    let usage = Usage {
        input_tokens: many,
        cached_tokens: many,
        written_tokens: 0,
        output_tokens: many,
        reasoning_tokens: many,
    };
    for (model, _) in WIRES {
        let story = Story::tell(model, vec![Turn::say("Hi").using(usage)]).await;
        assert!(story.result.unwrap().usage.output_tokens > 0, "{model}");
    }
}
