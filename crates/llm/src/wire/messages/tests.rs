use expect_test::expect;

use crate::wire::Wire;
use crate::wire::tests::{body, call, decode};

use super::*;

#[test]
fn a_request_says_everything() {
    expect![[r#"
        max_tokens: 16384
        messages:
          {"content":[{"text":"Fix it","type":"text"}],"role":"user"}
          {"content":[{"text":"I look.","type":"text"},{"id":"c1","input":{"command":"ls"},"name":"shell","type":"tool_use"},{"id":"c2","input":{"malformed":"{oops"},"name":"read","type":"tool_use"}],"role":"assistant"}
          {"content":[{"content":"a.py","is_error":false,"tool_use_id":"c1","type":"tool_result"},{"cache_control":{"type":"ephemeral"},"content":"not JSON","is_error":true,"tool_use_id":"c2","type":"tool_result"}],"role":"user"}
        model: "m-5"
        stream: true
        system:
          {"cache_control":{"type":"ephemeral"},"text":"You fix.","type":"text"}
        tools:
          {"description":"Runs it.","input_schema":{"properties":{"command":{"type":"string"}},"type":"object"},"name":"shell"}
    "#]]
    .assert_eq(&body(Wire::Messages));
}

#[test]
fn empty_text_is_left_out_and_roles_take_turns() {
    let user = |text: &str| Message::user(text);
    let silent = Message::Assistant { text: " ".into(), calls: Vec::new(), carried: Vec::new() };
    let turns = conversation(&[user("a"), silent, user("b")]);
    expect![[r#"[{"content":[{"text":"a","type":"text"},{"cache_control":{"type":"ephemeral"},"text":"b","type":"text"}],"role":"user"}]"#]]
    .assert_eq(&turns.to_string());
}

fn start(index: u64, block: Value) -> Value {
    json!({ "type": "content_block_start", "index": index, "content_block": block })
}

fn delta(index: u64, delta: Value) -> Value {
    json!({ "type": "content_block_delta", "index": index, "delta": delta })
}

fn answer() -> Vec<Value> {
    let usage = json!({
        "input_tokens": 3, "cache_read_input_tokens": 20, "cache_creation_input_tokens": 7,
        "output_tokens": 1,
    });
    vec![
        json!({ "type": "message_start", "message": { "usage": usage } }),
        json!({ "type": "ping" }),
        start(0, json!({ "type": "thinking", "thinking": "" })),
        delta(0, json!({ "type": "thinking_delta", "thinking": "Hm" })),
        delta(0, json!({ "type": "signature_delta", "signature": "sig" })),
        start(1, json!({ "type": "text", "text": "" })),
        delta(1, json!({ "type": "text_delta", "text": "I " })),
        delta(1, json!({ "type": "text_delta", "text": "look" })),
        start(2, json!({ "type": "tool_use", "id": "t", "name": "f", "input": {} })),
        delta(2, json!({ "type": "input_json_delta", "partial_json": "{\"x\"" })),
        delta(2, json!({ "type": "input_json_delta", "partial_json": ":1}" })),
        start(3, json!({ "type": "tool_use", "id": "u", "name": "g", "input": {} })),
        json!({ "type": "content_block_stop", "index": 3 }),
        json!({
            "type": "message_delta",
            "delta": { "stop_reason": "tool_use" },
            "usage": { "output_tokens": 42 },
        }),
        json!({ "type": "message_stop" }),
    ]
}

#[test]
fn blocks_are_put_together() {
    let (reply, heard) = decode(Wire::Messages, &answer()).unwrap();
    let thought = json!({ "type": "thinking", "thinking": "Hm", "signature": "sig" });
    let expected = Reply {
        text: "I look".into(),
        calls: vec![call("t", "f", "{\"x\":1}"), call("u", "g", "{}")],
        carried: vec![thought],
        usage: Usage { input_tokens: 30, cached_tokens: 20, output_tokens: 42, ..Usage::default() },
        ..Reply::default()
    };
    assert_eq!((reply, heard.as_str()), (Some(expected), "I look"));
}

#[test]
fn without_message_stop_there_is_no_answer() {
    let events = answer();
    assert_eq!(decode(Wire::Messages, &events[..events.len() - 1]).unwrap().0, None);
}

#[test]
fn an_error_in_the_stream_is_a_refusal() {
    let error = json!({ "type": "overloaded_error", "message": "Overloaded" });
    let result = decode(Wire::Messages, &[json!({ "type": "error", "error": error })]);
    let Err(Fault::Refused(refusal)) = result else { panic!() };
    assert_eq!(
        (refusal.code.as_str(), refusal.message.as_str()),
        ("overloaded_error", "Overloaded")
    );
}

#[test]
fn reasons_to_stop_are_told_apart() {
    assert_eq!(
        [stop("max_tokens"), stop("refusal"), stop("end_turn")],
        [Stop::Length, Stop::Filtered, Stop::Done]
    );
}
