//! Anthropic's Messages.

use serde_json::{Value, json};

use super::{Said, Stream, named, pieces};

pub(super) fn events(stream: &Stream, said: Said<'_>) -> Vec<String> {
    let mut events = vec![start(stream), json!({ "type": "ping" })];
    for (index, (block, deltas)) in blocks(stream, said).into_iter().enumerate() {
        let start =
            json!({ "type": "content_block_start", "index": index, "content_block": block });
        events.push(start);
        for delta in deltas {
            events.push(json!({ "type": "content_block_delta", "index": index, "delta": delta }));
        }
        events.push(json!({ "type": "content_block_stop", "index": index }));
    }
    events.push(end(stream, said));
    events.push(json!({ "type": "message_stop" }));
    events.iter().map(named).collect()
}

fn start(stream: &Stream) -> Value {
    let usage = stream.usage;
    let fresh =
        usage.input_tokens.saturating_sub(usage.cached_tokens.saturating_add(usage.written_tokens));
    let message = json!({
        "id": stream.id("msg", 0),
        "type": "message",
        "role": "assistant",
        "model": stream.model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": {
            "input_tokens": fresh,
            "cache_creation_input_tokens": usage.written_tokens,
            "cache_read_input_tokens": usage.cached_tokens,
            "output_tokens": 1,
            "service_tier": "standard",
        },
    });
    json!({ "type": "message_start", "message": message })
}

fn end(stream: &Stream, said: Said<'_>) -> Value {
    let usage = stream.usage;
    let stop = if said.calls.is_empty() { "end_turn" } else { "tool_use" };
    json!({
        "type": "message_delta",
        "delta": { "stop_reason": stop, "stop_sequence": null },
        "usage": {
            "output_tokens": usage.output_tokens,
            "output_tokens_details": { "thinking_tokens": usage.reasoning_tokens },
        },
    })
}

/// Each block as it begins, and how it grows.
fn blocks(stream: &Stream, said: Said<'_>) -> Vec<(Value, Vec<Value>)> {
    let thought = stream.thoughts.as_ref().map(|thoughts| {
        let start = json!({ "type": "thinking", "thinking": "", "signature": "" });
        let delta = |piece| json!({ "type": "thinking_delta", "thinking": piece });
        let signature = format!("sealed:{thoughts}");
        let signed = json!({ "type": "signature_delta", "signature": signature });
        (start, pieces(thoughts).into_iter().map(delta).chain([signed]).collect())
    });
    let spoken = (!said.text.is_empty()).then(|| {
        let start = json!({ "type": "text", "text": "" });
        let delta = |piece| json!({ "type": "text_delta", "text": piece });
        (start, pieces(said.text).into_iter().map(delta).collect())
    });
    let asked = said.calls.iter().enumerate().map(|(at, (name, arguments))| {
        let id = stream.id("toolu", at);
        let start = json!({ "type": "tool_use", "id": id, "name": name, "input": {} });
        let delta = |piece| json!({ "type": "input_json_delta", "partial_json": piece });
        (start, pieces(arguments).into_iter().map(delta).collect())
    });
    thought.into_iter().chain(spoken).chain(asked).collect()
}
