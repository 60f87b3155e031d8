use expect_test::expect;

use crate::wire::Effort;
use crate::wire::Wire;
use crate::wire::tests::{body, body_of, call, decode, kept, settings, shown};

use super::*;

#[test]
fn a_request_says_everything() {
    expect![[r#"
        include:
          "reasoning.encrypted_content"
        input:
          {"content":[{"text":"Fix it","type":"input_text"},{"detail":"auto","image_url":"data:image/png;base64,iVBORw0KGgo=","type":"input_image"}],"role":"user","type":"message"}
          {"content":"I look.","role":"assistant","type":"message"}
          {"arguments":"{\"command\":\"ls\"}","call_id":"c1","name":"shell","type":"function_call"}
          {"arguments":"{\"malformed\":\"{oops\"}","call_id":"c2","name":"read","type":"function_call"}
          {"call_id":"c1","output":[{"text":"a.py","type":"input_text"},{"detail":"auto","image_url":"data:image/png;base64,iVBORw0KGgo=","type":"input_image"}],"type":"function_call_output"}
          {"call_id":"c2","output":"not JSON","type":"function_call_output"}
        instructions: "You fix."
        model: "m-5"
        store: false
        stream: true
        tools:
          {"description":"Runs it.","name":"shell","parameters":{"properties":{"command":{"type":"string"}},"type":"object"},"strict":false,"type":"function"}
    "#]]
    .assert_eq(&body(Wire::Responses));
}

#[test]
fn only_models_that_reason_are_asked_for_it() {
    assert!(reasons("gpt-5.1") && reasons("o3") && reasons("codex-mini"));
    assert!(!reasons("gpt-4o") && !reasons("gpt-3.5-turbo"));
}

fn completed(extra: &Value) -> Value {
    let mut response = json!({ "usage": {
        "input_tokens": 9, "input_tokens_details": { "cached_tokens": 4, "cache_write_tokens": 3 },
        "output_tokens": 2, "output_tokens_details": { "reasoning_tokens": 1 },
    } });
    for (name, value) in extra.as_object().into_iter().flatten() {
        response[name] = value.clone();
    }
    json!({ "type": "response.completed", "response": response })
}

#[test]
fn reasoning_text_and_calls_are_gathered() {
    let item = |item: Value| json!({ "type": "response.output_item.done", "item": item });
    let reasoning = json!({ "type": "reasoning", "id": "rs_1", "encrypted_content": "xyz" });
    let message =
        json!({ "type": "message", "content": [{ "type": "output_text", "text": "Hi" }] });
    let events = [
        json!({ "type": "response.output_text.delta", "delta": "H" }),
        json!({ "type": "response.output_text.delta", "delta": "i" }),
        item(reasoning.clone()),
        item(json!({ "type": "reasoning", "id": "rs_2" })),
        item(message),
        item(json!({ "type": "function_call", "call_id": "c", "name": "f", "arguments": "{}" })),
        json!({ "type": "response.something_new" }),
        completed(&json!({})),
    ];
    let (reply, heard) = decode(Wire::Responses, &events).unwrap();
    let usage = Usage {
        input_tokens: 9,
        cached_tokens: 4,
        written_tokens: 3,
        output_tokens: 2,
        reasoning_tokens: 1,
    };
    let calls = vec![call("c", "f", "{}")];
    let carried = vec![json!({ "from": "", "text_bytes": 0, "calls": 0, "item": reasoning })];
    let expected = Reply { text: "Hi".into(), calls, carried, usage, ..Reply::default() };
    assert_eq!((reply, heard.as_str()), (Some(expected), "Hi"));
}

#[test]
fn text_that_only_streamed_is_text_too() {
    let events =
        [json!({ "type": "response.output_text.delta", "delta": "Hi" }), completed(&json!({}))];
    assert_eq!(decode(Wire::Responses, &events).unwrap().0.unwrap().text, "Hi");
}

#[test]
fn items_that_only_the_end_tells_are_items_too() {
    let item = json!({ "type": "function_call", "call_id": "c", "name": "f", "arguments": "{}" });
    let events = [completed(&json!({ "output": [item] }))];
    let reply = decode(Wire::Responses, &events).unwrap().0.unwrap();
    assert_eq!(reply.calls, [call("c", "f", "{}")]);
}

#[test]
fn an_incomplete_answer_says_why() {
    for (reason, stop) in [("max_output_tokens", Stop::Length), ("content_filter", Stop::Filtered)]
    {
        let events = [completed(&json!({ "incomplete_details": { "reason": reason } }))];
        assert_eq!(decode(Wire::Responses, &events).unwrap().0.unwrap().stop, stop);
    }
}

#[test]
fn without_its_end_there_is_no_answer() {
    let events = [json!({ "type": "response.output_text.delta", "delta": "Hi" })];
    assert_eq!(decode(Wire::Responses, &events).unwrap().0, None);
}

#[test]
fn failures_are_refusals() {
    let error = json!({ "code": "rate_limit_exceeded", "message": "slow" });
    let events = [json!({ "type": "response.failed", "response": { "error": error } })];
    let Err(Fault::Refused(refusal)) = decode(Wire::Responses, &events) else { panic!() };
    assert_eq!((refusal.code.as_str(), refusal.status), ("rate_limit_exceeded", None));
    let nonsense = decode(Wire::Responses, &[json!("<html>")]);
    assert!(matches!(nonsense, Err(Fault::Unreadable(_))), "{nonsense:?}");
}

#[test]
fn reasoning_and_phases_go_back_where_they_came_from() {
    let item = |item: Value| json!({ "type": "response.output_item.done", "item": item });
    let message = |phase: &str, text: &str| {
        let content = json!([{ "type": "output_text", "text": text }]);
        item(json!({ "type": "message", "phase": phase, "content": content }))
    };
    let reasoning = |id: &str| {
        let mut thought = json!({ "type": "reasoning", "id": id, "summary": [] });
        thought["encrypted_content"] = "xyz".into();
        thought["status"] = "completed".into();
        item(thought)
    };
    let call = |id: &str| {
        item(json!({ "type": "function_call", "call_id": id, "name": "f", "arguments": "{}" }))
    };
    let events = [
        reasoning("rs_1"),
        message("commentary", "First. "),
        reasoning("rs_2"),
        message("final_answer", "Second."),
        call("c1"),
        reasoning("rs_3"),
        call("c2"),
        completed(&json!({})),
    ];
    let turn = kept(Wire::Responses, "p/m-5", &events);
    let settings =
        Settings { effort: Some(Effort::Xhigh), output_tokens_max: Some(9), ..settings() };
    expect![[r#"
        include:
          "reasoning.encrypted_content"
        input:
          {"encrypted_content":"xyz","id":"rs_1","summary":[],"type":"reasoning"}
          {"content":"First. ","phase":"commentary","role":"assistant","type":"message"}
          {"encrypted_content":"xyz","id":"rs_2","summary":[],"type":"reasoning"}
          {"content":"Second.","phase":"final_answer","role":"assistant","type":"message"}
          {"arguments":"{}","call_id":"c1","name":"f","type":"function_call"}
          {"encrypted_content":"xyz","id":"rs_3","summary":[],"type":"reasoning"}
          {"arguments":"{}","call_id":"c2","name":"f","type":"function_call"}
        instructions: ""
        max_output_tokens: 9
        model: "m-5"
        reasoning: {"effort":"xhigh"}
        store: false
        stream: true
        tools:
    "#]]
    .assert_eq(&shown(&body_of(Wire::Responses, &[turn], settings)));
}
