//! OpenAI's Responses.

use serde_json::{Value, json};

use super::{CREATED, Said, Stream, named, pieces};

pub(super) fn events(stream: &Stream, said: Said<'_>) -> Vec<String> {
    let mut story = Story { stream, events: Vec::new(), output: Vec::new() };
    let begun = story.response("in_progress", Value::Null);
    story.tell("response.created", json!({ "response": begun }));
    story.tell("response.in_progress", json!({ "response": begun }));
    story.reasoning();
    story.message(said.text);
    for (at, (name, arguments)) in said.calls.iter().enumerate() {
        story.call(at, name, arguments);
    }
    let done = story.response("completed", story.usage());
    story.tell("response.completed", json!({ "response": done }));
    story.events.iter().map(named).collect()
}

/// A stream as it grows.
struct Story<'a> {
    stream: &'a Stream,
    events: Vec<Value>,
    /// The items that are complete.
    output: Vec<Value>,
}

impl Story<'_> {
    fn tell(&mut self, kind: &str, mut event: Value) {
        event["type"] = kind.into();
        event["sequence_number"] = self.events.len().into();
        self.events.push(event);
    }

    fn response(&self, status: &str, usage: Value) -> Value {
        json!({
            "id": self.stream.id("resp", 0),
            "object": "response",
            "created_at": CREATED,
            "status": status,
            "error": null,
            "incomplete_details": null,
            "instructions": null,
            "max_output_tokens": null,
            "metadata": {},
            "model": self.stream.model,
            "output": self.output,
            "parallel_tool_calls": true,
            "previous_response_id": null,
            "reasoning": { "effort": null, "summary": null },
            "store": false,
            "temperature": 1.0,
            "text": { "format": { "type": "text" } },
            "tool_choice": "auto",
            "tools": [],
            "top_p": 1.0,
            "truncation": "disabled",
            "usage": usage,
            "user": null,
        })
    }

    fn usage(&self) -> Value {
        let usage = self.stream.usage;
        json!({
            "input_tokens": usage.input_tokens,
            "input_tokens_details": {
                "cached_tokens": usage.cached_tokens,
                "cache_write_tokens": usage.written_tokens,
            },
            "output_tokens": usage.output_tokens,
            "output_tokens_details": { "reasoning_tokens": usage.reasoning_tokens },
            "total_tokens": usage.input_tokens.saturating_add(usage.output_tokens),
        })
    }

    fn begin(&mut self, item: Value) {
        let at = self.output.len();
        self.tell("response.output_item.added", json!({ "output_index": at, "item": item }));
    }

    fn end(&mut self, item: Value) {
        let at = self.output.len();
        self.tell("response.output_item.done", json!({ "output_index": at, "item": item }));
        self.output.push(item);
    }

    fn reasoning(&mut self) {
        let Some(thoughts) = self.stream.thoughts.as_ref() else { return };
        let item = |encrypted: Value| {
            let id = self.stream.id("rs", 0);
            json!({ "id": id, "type": "reasoning", "summary": [], "encrypted_content": encrypted })
        };
        let (begun, done) = (item(Value::Null), item(format!("sealed:{thoughts}").into()));
        self.begin(begun);
        self.end(done);
    }

    fn message(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let (id, at) = (self.stream.id("msg", 0), self.output.len());
        let part = |text: &str| {
            let none: [Value; 0] = [];
            json!({ "type": "output_text", "text": text, "annotations": none, "logprobs": none })
        };
        let item = |status: &str, content: Vec<Value>| {
            json!({
                "id": id,
                "type": "message",
                "status": status,
                "role": "assistant",
                "content": content,
            })
        };
        let place = json!({ "item_id": id, "output_index": at, "content_index": 0 });
        self.begin(item("in_progress", Vec::new()));
        self.tell("response.content_part.added", with(&place, json!({ "part": part("") })));
        for piece in pieces(text) {
            let delta = with(&place, json!({ "delta": piece, "logprobs": [] }));
            self.tell("response.output_text.delta", delta);
        }
        let done = with(&place, json!({ "text": text, "logprobs": [] }));
        self.tell("response.output_text.done", done);
        self.tell("response.content_part.done", with(&place, json!({ "part": part(text) })));
        self.end(item("completed", vec![part(text)]));
    }

    fn call(&mut self, number: usize, name: &str, arguments: &str) {
        let (id, at) = (self.stream.id("fc", number), self.output.len());
        let call_id = self.stream.id("call", number);
        let item = |status: &str, arguments: &str| {
            json!({
                "id": id,
                "type": "function_call",
                "status": status,
                "call_id": call_id,
                "name": name,
                "arguments": arguments,
            })
        };
        let place = json!({ "item_id": id, "output_index": at });
        self.begin(item("in_progress", ""));
        for piece in pieces(arguments) {
            let delta = with(&place, json!({ "delta": piece }));
            self.tell("response.function_call_arguments.delta", delta);
        }
        let done = with(&place, json!({ "name": name, "arguments": arguments }));
        self.tell("response.function_call_arguments.done", done);
        self.end(item("completed", arguments));
    }
}

/// Both objects' fields.
fn with(place: &Value, more: Value) -> Value {
    let mut both = place.clone();
    if let (Some(both), Value::Object(more)) = (both.as_object_mut(), more) {
        both.extend(more);
    }
    both
}
