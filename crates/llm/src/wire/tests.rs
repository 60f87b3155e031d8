use super::*;

/// A conversation with everything in it, for the wires' own tests.
pub(super) fn conversation() -> Vec<Message> {
    let calls = vec![
        ToolCall { id: "c1".into(), name: "shell".into(), arguments: r#"{"command":"ls"}"#.into() },
        ToolCall { id: "c2".into(), name: "read".into(), arguments: "{oops".into() },
    ];
    let image = || vec![Image { media_type: "image/png".into(), base64: PIXEL.into() }];
    vec![
        Message::System { text: "You fix.".into() },
        Message::User { text: "Fix it".into(), images: image() },
        Message::Assistant { text: "I look.".into(), calls, carried: Vec::new() },
        Message::ToolResult { call: "c1".into(), ok: true, text: "a.py".into(), images: image() },
        Message::tool_result("c2", false, "not JSON"),
    ]
}

const PIXEL: &str = "iVBORw0KGgo=";

pub(super) fn tools() -> Vec<crate::ToolSpec> {
    let parameters = json!({ "type": "object", "properties": { "command": { "type": "string" } } });
    vec![crate::ToolSpec { name: "shell".into(), description: "Runs it.".into(), parameters }]
}

pub(super) fn body(wire: Wire) -> String {
    let request = Request { messages: &conversation(), tools: &tools(), deadline: far_future() };
    shown(&wire.body(&request, settings()))
}

pub(super) fn settings() -> Settings<'static> {
    Settings { model: "m-5", asked: "p/m-5", output_tokens_max: None, effort: None, openai: false }
}

/// What a request says of some messages.
pub(super) fn body_of(wire: Wire, messages: &[Message], settings: Settings<'_>) -> Value {
    let request = Request { messages, tools: &[], deadline: far_future() };
    wire.body(&request, settings)
}

/// What the conversation keeps of an answer, as `from` gave it.
pub(super) fn kept(wire: Wire, from: &str, events: &[Value]) -> Message {
    let mut reply = decode(wire, events).unwrap().0.unwrap();
    for carried in &mut reply.carried {
        carried["from"] = from.into();
    }
    Message::from_reply(&reply)
}

pub(super) fn shown(body: &Value) -> String {
    body.as_object().unwrap().iter().map(|(name, value)| field(name, value)).collect()
}

/// A field on a line, and the items of a list each on one.
fn field(name: &str, value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items = items.iter().map(|item| format!("  {item}\n"));
            format!("{name}:\n{}", items.collect::<String>())
        }
        _ => format!("{name}: {value}\n"),
    }
}

fn far_future() -> tokio::time::Instant {
    tokio::time::Instant::now() + std::time::Duration::from_secs(3600)
}

/// Feeds events and gives back what came of it, and the text that was heard on the way.
pub(super) fn decode(wire: Wire, events: &[Value]) -> Result<(Option<Reply>, String), Fault> {
    let mut decoder = wire.decoder(9);
    let mut heard = String::new();
    for event in events {
        let data = event.as_str().map_or_else(|| event.to_string(), str::to_owned);
        heard.extend(decoder.event(&data)?);
    }
    Ok((decoder.finish(), heard))
}

pub(super) fn call(id: &str, name: &str, arguments: &str) -> ToolCall {
    ToolCall { id: id.into(), name: name.into(), arguments: arguments.into() }
}

#[test]
fn every_kind_of_error_body_is_read() {
    let cases = [
        (json!({ "error": { "message": "m", "type": "t", "code": "c" } }), ("c", "m")),
        (json!({ "error": { "message": "m", "type": "t", "code": null } }), ("t", "m")),
        (json!({ "type": "error", "error": { "type": "t", "message": "m" } }), ("t", "m")),
        (json!({ "error": "model 'x' not found" }), ("", "model 'x' not found")),
        (json!("<html>bad gateway</html>"), ("", "<html>bad gateway</html>")),
        (json!({ "type": "error", "code": "c", "message": "m" }), ("c", "m")),
        (json!({ "error": { "code": 429, "message": "m" } }), ("", "m")),
        (json!({ "error": { "code": 429, "message": "m", "status": "S" } }), ("S", "m")),
        (
            json!({ "error": { "status": "S", "message": "m", "details": [{ "reason": "R" }] } }),
            ("R", "m"),
        ),
    ];
    for (body, (code, message)) in cases {
        let refusal = refusal(Some(400), &body);
        assert_eq!((refusal.code.as_str(), refusal.message.as_str()), (code, message), "{body}");
    }
}

#[test]
fn a_providers_words_are_cut_at_a_characters_border() {
    let long = "ä".repeat(MESSAGE_BYTES_MAX);
    assert_eq!(refusal(None, &json!({ "error": long })).message.len(), MESSAGE_BYTES_MAX);
}

#[test]
fn arguments_that_are_no_object_become_one() {
    assert_eq!(object_arguments(""), json!({}));
    assert_eq!(object_arguments("{\"a\":1}"), json!({ "a": 1 }));
    assert_eq!(object_arguments("[1]"), json!({ "malformed": "[1]" }));
    assert_eq!(object_arguments("{oops"), json!({ "malformed": "{oops" }));
}

#[test]
fn an_error_may_say_itself_when_to_come_back() {
    let after = |error: Value| refusal(Some(429), &json!({ "error": error })).after;
    let details = json!([{ "@type": "…RetryInfo", "retryDelay": "34.5s" }]);
    assert_eq!(after(json!({ "details": details })), Some(Duration::from_millis(34_500)));
    let plan = json!({ "type": "usage_limit_reached", "resets_in_seconds": 3600 });
    assert_eq!(after(plan), Some(Duration::from_secs(3600)));
    assert_eq!(after(json!({ "details": [{ "retryDelay": "-1s" }], "message": "m" })), None);
}

#[test]
fn a_turn_keeps_the_order_in_which_it_was_written() {
    let carried = |text_bytes, calls, item: &str| Carried {
        from: "p/m".into(),
        text_bytes,
        calls,
        item: item.into(),
    };
    let calls = [call("a", "f", "{}"), call("b", "g", "{}")];
    let all = vec![carried(0, 0, "one"), carried(2, 0, "two"), carried(5, 1, "three")];
    let shown = pieces("Hi, x", &calls, all).into_iter().map(|piece| match piece {
        Piece::Carried(item) => item.to_string(),
        Piece::Text(text) => text.to_owned(),
        Piece::Call(call) => call.id.clone(),
    });
    assert_eq!(
        shown.collect::<Vec<_>>(),
        ["\"one\"", "Hi", "\"two\"", ", x", "a", "\"three\"", "b"]
    );
    // Nonsense from an old log can't break it.
    let odd = vec![carried(999, 99, "one"), carried(1, 0, "two")];
    assert_eq!(pieces("ä", &calls, odd).len(), 5);
}

#[test]
fn nobody_gets_what_somebody_else_wrote() {
    let item =
        Carried { from: "p/m-5".into(), text_bytes: 0, calls: 0, item: json!("secret-item") };
    let carried = vec![item.into_value(), json!("from an older version")];
    let messages = [
        Message::user("Go"),
        Message::Assistant { text: "Yes".into(), calls: Vec::new(), carried },
    ];
    for wire in [Wire::Responses, Wire::Chat, Wire::Messages, Wire::Gemini] {
        let settings = Settings { asked: "q/m-5", ..settings() };
        let body = body_of(wire, &messages, settings).to_string();
        assert!(!body.contains("secret-item") && !body.contains("older"), "{body}");
    }
}

/// However a stream is cut and whatever is lost of it, a decoder doesn't panic, and only the
/// whole stream is an answer.
#[test]
fn cut_and_mangled_streams_are_never_answers_by_accident() {
    for wire in [Wire::Responses, Wire::Chat, Wire::Messages, Wire::Gemini] {
        let stream = crate::fake::stream(wire);
        let whole = read(wire, &stream).unwrap();
        assert_eq!(whole.text, "Grüße, I look", "{wire:?}");
        for end in 0..stream.len() - 1 {
            if let Some(reply) = read(wire, &stream[..end]) {
                // What ended before its end was told must have told everything else.
                assert_eq!((reply.text, reply.calls), (whole.text.clone(), whole.calls.clone()));
            }
        }
        for seed in 0..2_000 {
            read(wire, &mangled(&stream, seed));
        }
    }
}

fn read(wire: Wire, stream: &[u8]) -> Option<Reply> {
    let mut parser = crate::sse::Parser::default();
    let mut decoder = wire.decoder(1);
    let mut events = parser.push(stream).ok()?;
    events.extend(parser.finish());
    for event in events {
        if decoder.is_over() {
            break;
        }
        decoder.event(&event).ok()?;
    }
    decoder.finish()
}

/// A few bytes changed, dropped or doubled.
fn mangled(stream: &[u8], seed: u64) -> Vec<u8> {
    let mut bytes = stream.to_vec();
    for step in 0..=seed % 4 {
        let chance = crate::retry::chance(seed, step);
        let at = (chance >> 8) as usize % bytes.len();
        match chance % 4 {
            0 => bytes[at] = (chance >> 40) as u8,
            1 => drop(bytes.remove(at)),
            2 => bytes.truncate(at + 1),
            _ => bytes.extend_from_within(at..),
        }
    }
    bytes
}
