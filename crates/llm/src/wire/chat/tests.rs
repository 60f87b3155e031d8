use expect_test::expect;

use crate::wire::Effort;
use crate::wire::Wire;
use crate::wire::tests::{body, body_of, call, decode, kept, settings, shown};

use super::*;

#[test]
fn a_request_says_everything() {
    expect![[r#"
        messages:
          {"content":"You fix.","role":"system"}
          {"content":[{"text":"Fix it","type":"text"},{"image_url":{"url":"data:image/png;base64,iVBORw0KGgo="},"type":"image_url"}],"role":"user"}
          {"content":"I look.","role":"assistant","tool_calls":[{"function":{"arguments":"{\"command\":\"ls\"}","name":"shell"},"id":"c1","type":"function"},{"function":{"arguments":"{\"malformed\":\"{oops\"}","name":"read"},"id":"c2","type":"function"}]}
          {"content":"a.py","role":"tool","tool_call_id":"c1"}
          {"content":"not JSON","role":"tool","tool_call_id":"c2"}
          {"content":[{"text":"What the call c1 showed:","type":"text"},{"image_url":{"url":"data:image/png;base64,iVBORw0KGgo="},"type":"image_url"}],"role":"user"}
        model: "m-5"
        stream: true
        stream_options: {"include_usage":true}
        tools:
          {"function":{"description":"Runs it.","name":"shell","parameters":{"properties":{"command":{"type":"string"}},"type":"object"}},"type":"function"}
    "#]]
    .assert_eq(&body(Wire::Chat));
}

fn delta(delta: Value) -> Value {
    json!({ "choices": [{ "delta": delta, "finish_reason": null }] })
}

fn finish(reason: &str) -> Value {
    json!({ "choices": [{ "delta": {}, "finish_reason": reason }] })
}

fn calls(events: &[Value]) -> Vec<ToolCall> {
    let (reply, _) = decode(Wire::Chat, events).unwrap();
    reply.unwrap().calls
}

#[test]
fn calls_in_pieces_are_put_together_by_their_index() {
    let events = [
        delta(json!({ "role": "assistant", "content": null })),
        delta(json!({ "tool_calls": [
            { "index": 0, "id": "a", "function": { "name": "f", "arguments": "" } },
        ] })),
        delta(json!({ "tool_calls": [{ "index": 0, "function": { "arguments": "{\"x\"" } }] })),
        delta(json!({ "tool_calls": [
            { "index": 1, "id": "b", "function": { "name": "g", "arguments": "{}" } },
            { "index": 0, "function": { "arguments": ":1}" } },
        ] })),
        finish("tool_calls"),
        json!({ "choices": [], "usage": { "prompt_tokens": 5, "completion_tokens": 3 } }),
        json!("[DONE]"),
    ];
    assert_eq!(calls(&events), [call("a", "f", "{\"x\":1}"), call("b", "g", "{}")]);
    let usage = decode(Wire::Chat, &events).unwrap().0.unwrap().usage;
    assert_eq!((usage.input_tokens, usage.output_tokens), (5, 3));
}

#[test]
fn whole_calls_without_index_id_or_string_are_read() {
    let events = [
        delta(json!({ "tool_calls": [
            { "function": { "name": "f", "arguments": { "x": 1 } } },
            { "function": { "name": "g", "arguments": "{}" } },
        ] })),
        finish("stop"),
    ];
    assert_eq!(calls(&events), [call("call_9_0", "f", "{\"x\":1}"), call("call_9_1", "g", "{}")]);
}

#[test]
fn calls_that_all_have_index_0_are_told_apart_by_their_ids() {
    let one = |id: &str| {
        let function = json!({ "name": "f", "arguments": "{}" });
        delta(json!({ "tool_calls": [{ "index": 0, "id": id, "function": function }] }))
    };
    let events = [one("a"), one("b"), finish("tool_calls")];
    assert_eq!(calls(&events), [call("a", "f", "{}"), call("b", "f", "{}")]);
}

#[test]
fn an_end_is_a_finish_reason_or_done_after_words() {
    let said = delta(json!({ "content": "Hi" }));
    let ends = |events: &[Value]| decode(Wire::Chat, events).unwrap().0.is_some();
    assert!(ends(&[said.clone(), finish("stop")]), "Ollama's and others' way");
    assert!(ends(&[said.clone(), json!("[DONE]")]));
    assert!(!ends(std::slice::from_ref(&said)), "cut");
    assert!(!ends(&[json!("[DONE]")]), "nothing was said");
}

#[test]
fn the_reason_for_the_end_is_kept() {
    let stop = |reason| decode(Wire::Chat, &[finish(reason)]).unwrap().0.unwrap().stop;
    assert_eq!([stop("length"), stop("content_filter")], [Stop::Length, Stop::Filtered]);
    assert_eq!([stop("stop"), stop("function_call")], [Stop::Done, Stop::Done]);
}

#[test]
fn an_error_in_the_stream_is_a_refusal() {
    let events = [json!({ "error": { "code": 502, "message": "upstream" }, "choices": [] })];
    let Err(Fault::Refused(refusal)) = decode(Wire::Chat, &events) else { panic!() };
    assert_eq!(refusal.message, "upstream");
}

#[test]
fn there_is_a_limit_to_calls() {
    let many = (0..CALLS_MAX + 5).map(|at| {
        delta(json!({ "tool_calls": [{ "index": at, "id": at.to_string(), "function": {} }] }))
    });
    let events: Vec<Value> = many.chain([finish("tool_calls")]).collect();
    assert_eq!(calls(&events).len(), CALLS_MAX);
}

#[test]
fn reasoning_goes_back_in_the_field_it_came_in() {
    let deepseek = [
        delta(json!({ "reasoning_content": "Hm, " })),
        delta(json!({ "reasoning_content": "yes" })),
        delta(json!({ "content": "Hi" })),
        finish("stop"),
    ];
    let detail = |index: u64, text: &str, signature: Value| {
        json!({ "reasoning": text, "reasoning_details": [{
            "type": "reasoning.text", "index": index, "text": text, "signature": signature,
        }] })
    };
    let openrouter = [
        delta(detail(0, "Hm, ", Value::Null)),
        delta(detail(0, "yes", "sig".into())),
        delta(detail(1, "Oh", Value::Null)),
        delta(
            json!({ "tool_calls": [{ "id": "c", "function": { "name": "f", "arguments": "{}" } }] }),
        ),
        finish("tool_calls"),
    ];
    let ollama =
        [delta(json!({ "reasoning": "Hm" })), delta(json!({ "content": "Hi" })), finish("stop")];
    let turns = [&deepseek[..], &openrouter[..], &ollama[..]];
    let turns: Vec<Message> = turns.map(|events| kept(Wire::Chat, "p/m-5", events)).into();
    let settings = Settings { effort: Some(Effort::Low), output_tokens_max: Some(9), ..settings() };
    expect![[r#"
        max_tokens: 9
        messages:
          {"content":"Hi","reasoning_content":"Hm, yes","role":"assistant"}
          {"content":"","reasoning_details":[{"index":0,"signature":"sig","text":"Hm, yes","type":"reasoning.text"},{"index":1,"signature":null,"text":"Oh","type":"reasoning.text"}],"role":"assistant","tool_calls":[{"function":{"arguments":"{}","name":"f"},"id":"c","type":"function"}]}
          {"content":"Hi","reasoning":"Hm","role":"assistant"}
        model: "m-5"
        reasoning_effort: "low"
        stream: true
        stream_options: {"include_usage":true}
    "#]].assert_eq(&shown(&body_of(Wire::Chat, &turns, settings)));
}

#[test]
fn every_providers_usage_is_read() {
    let usage = |usage: Value| {
        let last = json!({ "choices": [], "usage": usage });
        let reply = decode(Wire::Chat, &[finish("stop"), last]).unwrap().0.unwrap();
        (reply.usage, reply.cost_micros)
    };
    let openai = usage(json!({
        "prompt_tokens": 9, "prompt_tokens_details": { "cached_tokens": 4, "cache_write_tokens": 2 },
        "completion_tokens": 5, "completion_tokens_details": { "reasoning_tokens": 3 },
    }));
    let all = Usage {
        input_tokens: 9,
        cached_tokens: 4,
        written_tokens: 2,
        output_tokens: 5,
        reasoning_tokens: 3,
    };
    assert_eq!(openai, (all, None));
    let deepseek = usage(json!({ "prompt_tokens": 9, "prompt_cache_hit_tokens": 4 }));
    assert_eq!(deepseek.0.cached_tokens, 4);
    assert_eq!(usage(json!({ "cost": 0.0012345 })).1, Some(1_235));
    assert_eq!(usage(json!({ "cost": -1 })).1, None);
}
