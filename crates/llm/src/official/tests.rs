use std::collections::BTreeMap;
use std::time::Duration;

use expect_test::expect;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::python;
use crate::fake::{ScriptedServer, Turn};
use crate::{
    Client, Config, Effort, Image, Message, Model, Options, Request, ToolSpec, Unwatched, Usage,
};

const WIRES: [(&str, &str); 4] = [
    ("responses", "openai/gpt-5"),
    ("chat", "openai-chat/gpt-5"),
    ("messages", "anthropic/claude-sonnet-4-5"),
    ("gemini", "gemini/gemini-3-pro-preview"),
];

/// Thoughts, text and two calls.
fn turn() -> Turn {
    let calls = vec![
        ("f".to_owned(), json!({ "x": 1 }).to_string()),
        ("f".to_owned(), json!({ "x": 2 }).to_string()),
    ];
    let usage = Usage {
        input_tokens: 1_000,
        cached_tokens: 600,
        written_tokens: 300,
        output_tokens: 50,
        reasoning_tokens: 20,
    };
    Turn::Reply { text: "Grüße, I look".into(), calls }.thinking("abcdefgh").using(usage)
}

fn image() -> Vec<Image> {
    let base64 = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    vec![Image { media_type: "image/png".into(), base64: base64.into() }]
}

/// Everything that a conversation can have in it, through a server: what was sent in each turn.
async fn conversation(model: &str) -> Vec<Value> {
    let turns = [turn(), turn(), Turn::say("Done").thinking("ijkl")];
    let server = ScriptedServer::start(turns).await.unwrap();
    let url = server.url();
    let env = |name: &str| match name {
        "WHIMBREL_MODEL_URL" => Some(url.clone()),
        "WHIMBREL_MODEL_KEY" => Some("sk-secret".to_owned()),
        _ => None,
    };
    let config = Config {
        effort: Some(Effort::High),
        output_tokens_max: Some(30_000),
        ..Config::resolve(model, &env, None).unwrap()
    };
    let client = Client::new(config, Options::default()).unwrap();
    let mut messages = vec![
        Message::System { text: "You fix.".into() },
        Message::User { text: "Like this".into(), images: image() },
        Message::User { text: String::new(), images: image() },
    ];
    for _ in 0..3 {
        speak(&client, &mut messages).await;
        messages.push(Message::user("And then?"));
    }
    server.requests().into_iter().map(|request| request.body).collect()
}

async fn speak(client: &Client, messages: &mut Vec<Message>) {
    let parameters = json!({ "type": "object", "properties": { "x": { "type": "integer" } } });
    let tools = [ToolSpec { name: "f".into(), description: "Looks.".into(), parameters }];
    let deadline = Instant::now() + Duration::from_secs(60);
    let request = Request { messages, tools: &tools, deadline };
    let reply = client.reply(&request, &mut Unwatched).await.unwrap();
    let results = reply.calls.iter().zip([true, false]).map(|(call, ok)| Message::ToolResult {
        call: call.id.clone(),
        ok,
        text: "seen".into(),
        images: if ok { image() } else { Vec::new() },
    });
    let results: Vec<Message> = results.collect();
    messages.push(Message::from_reply(&reply));
    messages.extend(results);
}

async fn run(script: &'static str, input: Value) -> Result<String, String> {
    spawn_blocking(move || python::run(script, &input.to_string())).await.unwrap()
}

#[tokio::test]
async fn requests_are_what_the_makers_types_allow() {
    let mut bodies = BTreeMap::new();
    for (wire, model) in WIRES {
        let sent = conversation(model).await;
        let text = Value::from(sent.clone()).to_string();
        assert!(text.contains("abcdefgh"), "thoughts are sent back: {text}");
        bodies.insert(wire, sent);
    }
    let said = run(include_str!("validate.py"), json!(bodies)).await.unwrap();
    expect![[r#"
        chat: 3 requests are what its maker allows
        gemini: 3 requests are what its maker allows
        messages: 3 requests are what its maker allows
        responses: 3 requests are what its maker allows
    "#]]
    .assert_eq(&said);
}

/// The check itself can fail.
#[tokio::test]
async fn a_request_with_a_mistake_is_not_allowed() {
    let mistake = json!({ "messages": [{
        "model": "m", "max_tokens": 9, "stream": true,
        "messages": [{ "role": "user", "content": [{ "type": "text", "txt": "Go" }] }],
    }] });
    let complaint = run(include_str!("validate.py"), mistake).await.unwrap_err();
    assert!(complaint.starts_with("messages 0: "), "{complaint}");
    assert!(
        complaint.contains("TextBlockParam.txt\n  Extra inputs are not permitted"),
        "{complaint}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_makers_clients_understand_the_scripted_server() {
    let mut servers = Vec::new();
    let mut urls = BTreeMap::new();
    for (wire, _) in WIRES {
        let server = ScriptedServer::start([turn()]).await.unwrap();
        urls.insert(wire, server.url());
        servers.push(server);
    }
    let seen = run(include_str!("converse.py"), json!(urls)).await.unwrap();
    expect_test::expect_file!["seen.txt"].assert_eq(&seen);
}
