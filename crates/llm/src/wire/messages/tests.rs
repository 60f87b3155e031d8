use expect_test::expect;

use crate::ToolCall;
use crate::wire::Wire;
use crate::wire::tests::{body, body_of, call, decode, kept, settings, shown};

use super::*;

#[test]
fn a_request_says_everything() {
    expect![[r#"
        max_tokens: 32000
        messages:
          {"content":[{"text":"Fix it","type":"text"},{"cache_control":{"type":"ephemeral"},"source":{"data":"iVBORw0KGgo=","media_type":"image/png","type":"base64"},"type":"image"}],"role":"user"}
          {"content":[{"text":"I look.","type":"text"},{"id":"c1","input":{"command":"ls"},"name":"shell","type":"tool_use"},{"id":"c2","input":{"malformed":"{oops"},"name":"read","type":"tool_use"}],"role":"assistant"}
          {"content":[{"content":[{"text":"a.py","type":"text"},{"source":{"data":"iVBORw0KGgo=","media_type":"image/png","type":"base64"},"type":"image"}],"is_error":false,"tool_use_id":"c1","type":"tool_result"},{"cache_control":{"type":"ephemeral"},"content":"not JSON","is_error":true,"tool_use_id":"c2","type":"tool_result"}],"role":"user"}
        model: "m-5"
        stream: true
        system:
          {"cache_control":{"type":"ephemeral"},"text":"You fix.","type":"text"}
        tools:
          {"cache_control":{"type":"ephemeral"},"description":"Runs it.","input_schema":{"properties":{"command":{"type":"string"}},"type":"object"},"name":"shell"}
    "#]]
    .assert_eq(&body(Wire::Messages));
}

#[test]
fn empty_text_is_left_out_and_roles_take_turns() {
    let user = |text: &str| Message::user(text);
    let silent = Message::Assistant { text: " ".into(), calls: Vec::new(), carried: Vec::new() };
    let turns = conversation(&[user("a"), silent, user("b")], "p/m");
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
            "usage": { "output_tokens": 42, "output_tokens_details": { "thinking_tokens": 30 } },
        }),
        json!({ "type": "message_stop" }),
    ]
}

#[test]
fn blocks_are_put_together() {
    let (reply, heard) = decode(Wire::Messages, &answer()).unwrap();
    let thought = json!({ "type": "thinking", "thinking": "Hm", "signature": "sig" });
    let carried = json!({ "from": "", "text_bytes": 0, "calls": 0, "item": thought });
    let expected = Reply {
        text: "I look".into(),
        calls: vec![call("t", "f", "{\"x\":1}"), call("u", "g", "{}")],
        carried: vec![carried],
        usage: Usage {
            input_tokens: 30,
            cached_tokens: 20,
            written_tokens: 7,
            output_tokens: 42,
            reasoning_tokens: 30,
        },
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

#[test]
fn thoughts_go_back_where_they_stood() {
    let mut events = answer();
    events.insert(events.len() - 2, start(4, json!({ "type": "redacted_thinking", "data": "x" })));
    events.insert(
        events.len() - 2,
        start(5, json!({ "type": "tool_use", "id": "v", "name": "h", "input": { "y": 2 } })),
    );
    let turn = kept(Wire::Messages, "p/m-5", &events);
    expect![[r#"
        max_tokens: 32000
        messages:
          {"content":[{"cache_control":{"type":"ephemeral"},"text":"Go","type":"text"}],"role":"user"}
          {"content":[{"signature":"sig","thinking":"Hm","type":"thinking"},{"text":"I look","type":"text"},{"id":"t","input":{"x":1},"name":"f","type":"tool_use"},{"id":"u","input":{},"name":"g","type":"tool_use"},{"data":"x","type":"redacted_thinking"},{"id":"v","input":{"y":2},"name":"h","type":"tool_use"}],"role":"assistant"}
        model: "m-5"
        stream: true
    "#]].assert_eq(&shown(&body_of(
        Wire::Messages,
        &[Message::user("Go"), turn],
        settings(),
    )));
}

#[test]
fn there_are_never_more_than_four_markers() {
    let turn = |id: &str| {
        let calls = vec![ToolCall { id: id.into(), name: "f".into(), arguments: "{}".into() }];
        [
            Message::Assistant { text: String::new(), calls, carried: Vec::new() },
            Message::tool_result(id, true, "done"),
        ]
    };
    let mut messages = vec![Message::System { text: "Be".into() }, Message::user("Go")];
    messages.extend(["a", "b", "c", "d"].into_iter().flat_map(turn));
    let deadline = tokio::time::Instant::now();
    let tools = crate::wire::tests::tools();
    let body = super::body(&Request { messages: &messages, tools: &tools, deadline }, settings());
    assert_eq!(body.to_string().matches("cache_control").count(), 4);
    let marked = |at: usize| body["messages"][at]["content"][0].get("cache_control").is_some();
    assert_eq!((0..9).filter(|at| marked(*at)).collect::<Vec<_>>(), [6, 8]);
}

#[test]
fn effort_is_said_as_each_generation_wants_it() {
    let say = |model, effort, messages: &[Message]| {
        let settings = Settings { model, effort: Some(effort), ..settings() };
        let body = body_of(Wire::Messages, messages, settings);
        json!([body["thinking"], body["output_config"], body["max_tokens"]]).to_string()
    };
    let user = [Message::user("Go")];
    expect![[r#"[{"budget_tokens":24000,"type":"enabled"},null,56000]"#]].assert_eq(&say(
        "claude-sonnet-4-5",
        Effort::High,
        &user,
    ));
    expect![[r#"[null,{"effort":"max"},32000]"#]].assert_eq(&say(
        "claude-opus-5",
        Effort::Max,
        &user,
    ));
    expect![[r#"[null,{"effort":"low"},32000]"#]].assert_eq(&say(
        "claude-opus-5",
        Effort::Minimal,
        &user,
    ));
    // Another model began this turn, so this one can't think within it.
    let calls = vec![call("c", "f", "{}")];
    let begun = Message::Assistant { text: String::new(), calls, carried: Vec::new() };
    let begun = [Message::user("Go"), begun, Message::tool_result("c", true, "done")];
    expect!["[null,null,32000]"].assert_eq(&say("claude-sonnet-4-5", Effort::High, &begun));
}
