//! Google's Gemini.

use serde_json::{Value, json};

use super::{Said, Stream, data, pieces};

pub(super) fn events(stream: &Stream, said: Said<'_>) -> Vec<String> {
    let mut parts: Vec<Value> =
        pieces(said.text).into_iter().map(|piece| json!({ "text": piece })).collect();
    parts.extend(said.calls.iter().enumerate().map(|(at, call)| call_part(stream, at, call)));
    if parts.is_empty() {
        parts.push(json!({ "text": "" }));
    }
    sign(&mut parts, stream);
    let last = parts.len() - 1;
    let chunk = |(at, part): (usize, Value)| chunk(stream, part, at == last);
    parts.into_iter().enumerate().map(chunk).map(|chunk| data(&chunk)).collect()
}

fn call_part(stream: &Stream, at: usize, (name, arguments): &(String, String)) -> Value {
    // Gemini's calls are objects: what isn't one can't be said in this format.
    let args: Value = serde_json::from_str(arguments).unwrap_or_else(|_| json!({}));
    json!({ "functionCall": { "id": stream.id("call", at), "name": name, "args": args } })
}

/// The first call, else the last text, has the signature.
fn sign(parts: &mut [Value], stream: &Stream) {
    let Some(thoughts) = &stream.thoughts else { return };
    let call = parts.iter().position(|part| part.get("functionCall").is_some());
    let at = call.unwrap_or(parts.len() - 1);
    // The format has bytes here, as base64.
    let letters = thoughts.chars().filter(char::is_ascii_alphanumeric);
    let mut signature: String = letters.collect();
    signature.truncate(signature.len() / 4 * 4);
    parts[at]["thoughtSignature"] = signature.into();
}

fn chunk(stream: &Stream, part: Value, is_last: bool) -> Value {
    let usage = stream.usage;
    let content = json!({ "role": "model", "parts": [part] });
    let mut candidate = json!({ "content": content, "index": 0 });
    if is_last {
        candidate["finishReason"] = "STOP".into();
    }
    json!({
        "candidates": [candidate],
        "usageMetadata": {
            "promptTokenCount": usage.input_tokens,
            "cachedContentTokenCount": usage.cached_tokens,
            "candidatesTokenCount": usage.output_tokens.saturating_sub(usage.reasoning_tokens),
            "thoughtsTokenCount": usage.reasoning_tokens,
            "totalTokenCount": usage.input_tokens.saturating_add(usage.output_tokens),
        },
        "modelVersion": stream.model,
        "responseId": stream.id("resp", 0),
    })
}

/// Google's names for what went wrong.
pub(super) fn status(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        503 | 529 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        500.. => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    }
}
