//! OpenAI's Chat Completions, with thoughts as DeepSeek and others tell them.

use serde_json::{Value, json};

use super::{CREATED, Said, Stream, data, pieces};

pub(super) fn events(stream: &Stream, said: Said<'_>) -> Vec<String> {
    let mut chunks: Vec<Value> =
        deltas(stream, said).into_iter().map(|delta| chunk(stream, delta, Value::Null)).collect();
    let reason = if said.calls.is_empty() { "stop" } else { "tool_calls" };
    chunks.push(chunk(stream, json!({}), reason.into()));
    let mut last = chunk(stream, json!({}), Value::Null);
    last["choices"] = json!([]);
    last["usage"] = usage(stream);
    chunks.push(last);
    chunks.iter().map(data).chain(["data: [DONE]\n\n".to_owned()]).collect()
}

fn deltas(stream: &Stream, said: Said<'_>) -> Vec<Value> {
    let mut deltas = vec![json!({ "role": "assistant", "content": "", "refusal": null })];
    let thoughts = pieces(stream.thoughts.as_deref().unwrap_or_default());
    deltas.extend(thoughts.iter().map(|piece| json!({ "reasoning_content": piece })));
    deltas.extend(pieces(said.text).iter().map(|piece| json!({ "content": piece })));
    for (at, (name, arguments)) in said.calls.iter().enumerate() {
        let (id, function) = (stream.id("call", at), json!({ "name": name, "arguments": "" }));
        let begin = json!({ "index": at, "id": id, "type": "function", "function": function });
        deltas.push(json!({ "tool_calls": [begin] }));
        for piece in pieces(arguments) {
            let more = json!({ "index": at, "function": { "arguments": piece } });
            deltas.push(json!({ "tool_calls": [more] }));
        }
    }
    deltas
}

fn chunk(stream: &Stream, delta: Value, finish: Value) -> Value {
    let choice = json!({ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish });
    json!({
        "id": stream.id("chatcmpl", 0),
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": stream.model,
        "service_tier": "default",
        "system_fingerprint": null,
        "choices": [choice],
        "usage": null,
    })
}

fn usage(stream: &Stream) -> Value {
    let usage = stream.usage;
    json!({
        "prompt_tokens": usage.input_tokens,
        "prompt_tokens_details": {
            "cached_tokens": usage.cached_tokens,
            "cache_write_tokens": usage.written_tokens,
            "audio_tokens": 0,
        },
        "completion_tokens": usage.output_tokens,
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
        "total_tokens": usage.input_tokens.saturating_add(usage.output_tokens),
    })
}
