use super::*;

/// A conversation with everything in it, for the wires' own tests.
pub(super) fn conversation() -> Vec<Message> {
    let calls = vec![
        ToolCall { id: "c1".into(), name: "shell".into(), arguments: r#"{"command":"ls"}"#.into() },
        ToolCall { id: "c2".into(), name: "read".into(), arguments: "{oops".into() },
    ];
    vec![
        Message::System { text: "You fix.".into() },
        Message::user("Fix it"),
        Message::Assistant { text: "I look.".into(), calls, carried: Vec::new() },
        Message::tool_result("c1", true, "a.py"),
        Message::tool_result("c2", false, "not JSON"),
    ]
}

pub(super) fn tools() -> Vec<crate::ToolSpec> {
    let parameters = json!({ "type": "object", "properties": { "command": { "type": "string" } } });
    vec![crate::ToolSpec { name: "shell".into(), description: "Runs it.".into(), parameters }]
}

pub(super) fn body(wire: Wire) -> String {
    let request = Request { messages: &conversation(), tools: &tools(), deadline: far_future() };
    let settings = Settings { model: "m-5", output_tokens_max: None };
    let body = wire.body(&request, settings);
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
