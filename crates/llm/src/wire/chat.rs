//! OpenAI's Chat Completions, as OpenAI, Ollama, llama.cpp, vLLM and OpenRouter speak it. They
//! differ in what they leave out, so this reads more than the format allows: calls without an
//! index or an id, whole calls in one piece, arguments as an object, no usage, no `[DONE]`.
//!
//! Format: <https://platform.openai.com/docs/api-reference/chat-streaming>.

use serde_json::{Value, json};

use super::{CALLS_MAX, Decode, Fault, Gathered, Settings, number, object_arguments, parse};
use super::{refusal, text};
use crate::message::{Message, Reply, Request, Stop, ToolCall, ToolSpec, Usage};

/// One call's arguments; what is beyond is dropped and the arguments are malformed.
const ARGUMENTS_BYTES_MAX: usize = 8 * 1024 * 1024;

pub(super) fn body(request: &Request<'_>, settings: Settings<'_>) -> Value {
    let mut body = json!({
        "model": settings.model,
        "messages": request.messages.iter().map(message).collect::<Vec<_>>(),
        "stream": true,
        "stream_options": { "include_usage": true },
    });
    // An empty list of tools is an error to some servers.
    if !request.tools.is_empty() {
        body["tools"] = request.tools.iter().map(tool).collect();
    }
    if let Some(tokens) = settings.output_tokens_max {
        body["max_tokens"] = tokens.into();
    }
    body
}

fn tool(spec: &ToolSpec) -> Value {
    json!({
        "type": "function",
        "function": {
            "name": spec.name,
            "description": spec.description,
            "parameters": spec.parameters,
        },
    })
}

fn message(message: &Message) -> Value {
    match message {
        Message::System { text } => json!({ "role": "system", "content": text }),
        Message::User { text, .. } => json!({ "role": "user", "content": text }),
        Message::ToolResult { call, text, .. } => {
            json!({ "role": "tool", "tool_call_id": call, "content": text })
        }
        Message::Assistant { text, calls, .. } if calls.is_empty() => {
            json!({ "role": "assistant", "content": text })
        }
        Message::Assistant { text, calls, .. } => {
            let calls: Vec<Value> = calls.iter().map(call).collect();
            json!({ "role": "assistant", "content": text, "tool_calls": calls })
        }
    }
}

fn call(call: &ToolCall) -> Value {
    let arguments = object_arguments(&call.arguments).to_string();
    json!({
        "id": call.id,
        "type": "function",
        "function": { "name": call.name, "arguments": arguments },
    })
}

#[derive(Debug)]
pub(super) struct Decoder {
    turn: usize,
    gathered: Gathered,
    calls: Vec<PartialCall>,
    done: bool,
}

#[derive(Debug, Default)]
struct PartialCall {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

impl Decoder {
    pub(super) fn new(turn: usize) -> Self {
        Self { turn, gathered: Gathered::default(), calls: Vec::new(), done: false }
    }
}

impl Decode for Decoder {
    fn event(&mut self, data: &str) -> Result<Option<String>, Fault> {
        if data.trim() == "[DONE]" {
            self.done = true;
            return Ok(None);
        }
        let chunk = parse(data)?;
        if chunk.get("error").is_some_and(|error| !error.is_null()) {
            return Err(Fault::Refused(refusal(None, &chunk)));
        }
        self.usage(&chunk);
        // The last chunk has the usage and no choice.
        Ok(chunk.pointer("/choices/0").and_then(|choice| self.choice(choice)))
    }

    fn is_over(&self) -> bool {
        self.done
    }

    fn finish(mut self: Box<Self>) -> Option<Reply> {
        for (at, call) in std::mem::take(&mut self.calls).into_iter().enumerate() {
            let made = format!("call_{}_{at}", self.turn);
            let id = if call.id.is_empty() { made } else { call.id };
            self.gathered.add_call(&id, &call.name, call.arguments);
        }
        let said_something = self.done && !self.gathered.is_silent();
        let stop = self.gathered.stop.or(said_something.then_some(Stop::Done));
        Gathered { stop, ..self.gathered }.into_reply()
    }
}

impl Decoder {
    fn usage(&mut self, chunk: &Value) {
        if chunk.get("usage").is_some_and(Value::is_object) {
            self.gathered.usage = Usage {
                input_tokens: number(chunk, "/usage/prompt_tokens"),
                cached_tokens: number(chunk, "/usage/prompt_tokens_details/cached_tokens"),
                output_tokens: number(chunk, "/usage/completion_tokens"),
                ..Usage::default()
            };
        }
    }

    fn choice(&mut self, choice: &Value) -> Option<String> {
        if let Some(reason) = text(choice, "finish_reason") {
            self.gathered.stop = Some(stop(reason));
        }
        // Servers that don't stream an answer with tools put it under `message`.
        let delta = choice.get("delta").or(choice.get("message"))?;
        for piece in delta.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            self.tool_call(piece);
        }
        let said = text(delta, "content").or(text(delta, "refusal"));
        let said = said.filter(|said| !said.is_empty())?;
        self.gathered.add_text(said);
        Some(said.to_owned())
    }

    fn tool_call(&mut self, piece: &Value) {
        let id = text(piece, "id").unwrap_or_default();
        let index = piece.get("index").and_then(Value::as_u64);
        let name = piece.pointer("/function/name").and_then(Value::as_str).unwrap_or_default();
        let Some(call) = self.call_for(index, id, name) else { return };
        if call.id.is_empty() {
            id.clone_into(&mut call.id);
        }
        // Some repeat the name in every piece, so it is set and not appended.
        if !name.is_empty() {
            name.clone_into(&mut call.name);
        }
        call.add_arguments(piece.pointer("/function/arguments"));
    }

    /// The call that a piece belongs to, made anew where it begins one. `None` when there are
    /// too many.
    fn call_for(&mut self, index: Option<u64>, id: &str, name: &str) -> Option<&mut PartialCall> {
        let known = self.calls.iter().rposition(|call| call.takes(index, id, name));
        let at = known.unwrap_or(self.calls.len());
        if known.is_none() {
            if at >= CALLS_MAX {
                return None;
            }
            self.calls.push(PartialCall { index, id: id.to_owned(), ..PartialCall::default() });
        }
        self.calls.get_mut(at)
    }
}

impl PartialCall {
    /// An id tells calls apart best: some servers give every call the index 0. Without both, a
    /// name begins a new call.
    fn takes(&self, index: Option<u64>, id: &str, name: &str) -> bool {
        let same_id = id.is_empty() || self.id.is_empty() || self.id == id;
        match index {
            Some(_) => same_id && self.index == index,
            None if id.is_empty() => name.is_empty(),
            None => self.id == id,
        }
    }

    fn add_arguments(&mut self, arguments: Option<&Value>) {
        let piece = match arguments {
            None | Some(Value::Null) => return,
            Some(Value::String(piece)) => piece.clone(),
            Some(whole) => whole.to_string(),
        };
        if self.arguments.len() + piece.len() <= ARGUMENTS_BYTES_MAX {
            self.arguments.push_str(&piece);
        }
    }
}

fn stop(reason: &str) -> Stop {
    match reason {
        "length" => Stop::Length,
        "content_filter" => Stop::Filtered,
        // `stop`, `tool_calls`, `function_call`, and what others made up for the same.
        _ => Stop::Done,
    }
}

#[cfg(test)]
mod tests;
