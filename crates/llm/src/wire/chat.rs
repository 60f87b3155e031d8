//! OpenAI's Chat Completions, as OpenAI, Ollama, llama.cpp, vLLM and OpenRouter speak it. They
//! differ in what they leave out, so this reads more than the format allows: calls without an
//! index or an id, whole calls in one piece, arguments as an object, no usage, no `[DONE]`.
//!
//! Format: <https://platform.openai.com/docs/api-reference/chat-streaming>.

use serde_json::{Value, json};

use super::{
    CALLS_MAX, Carried, Decode, Fault, Gathered, Settings, data_url, number, object_arguments,
    parse, refusal, text,
};
use crate::message::{Image, Message, Reply, Request, Stop, ToolCall, ToolSpec, Usage};

mod reasoning;

use reasoning::Reasoning;

/// One call's arguments; what is beyond is dropped and the arguments are malformed.
const ARGUMENTS_BYTES_MAX: usize = 8 * 1024 * 1024;

pub(super) fn body(request: &Request<'_>, settings: Settings<'_>) -> Value {
    let mut body = json!({
        "model": settings.model,
        "messages": messages(request.messages, settings.asked),
        "stream": true,
        "stream_options": { "include_usage": true },
    });
    // An empty list of tools is an error to some servers.
    if !request.tools.is_empty() {
        body["tools"] = request.tools.iter().map(tool).collect();
    }
    if let Some(effort) = settings.effort {
        body["reasoning_effort"] = effort.as_str().into();
    }
    if let Some(tokens) = settings.output_tokens_max {
        let name = if settings.openai { "max_completion_tokens" } else { "max_tokens" };
        body[name] = tokens.into();
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

/// Tools' messages hold text only and mustn't be parted from one another, so their images follow
/// after the last of them, as if the user had sent them.
fn messages(conversation: &[Message], asked: &str) -> Vec<Value> {
    let mut messages = Vec::new();
    let mut waiting: Vec<Value> = Vec::new();
    for one in conversation {
        if let Message::ToolResult { call, text, images, .. } = one {
            messages.push(json!({ "role": "tool", "tool_call_id": call, "content": text }));
            waiting.extend(named_images(call, images));
            continue;
        }
        flush(&mut messages, &mut waiting);
        messages.push(message(one, asked));
    }
    flush(&mut messages, &mut waiting);
    messages
}

fn flush(messages: &mut Vec<Value>, waiting: &mut Vec<Value>) {
    if !waiting.is_empty() {
        messages.push(json!({ "role": "user", "content": std::mem::take(waiting) }));
    }
}

fn named_images(call: &str, images: &[Image]) -> Vec<Value> {
    let name = format!("What the call {call} showed:");
    let name = (!images.is_empty()).then(|| json!({ "type": "text", "text": name }));
    name.into_iter().chain(images.iter().map(picture)).collect()
}

fn picture(image: &Image) -> Value {
    json!({ "type": "image_url", "image_url": { "url": data_url(image) } })
}

fn message(message: &Message, asked: &str) -> Value {
    match message {
        Message::System { text } => json!({ "role": "system", "content": text }),
        Message::User { text, images } if images.is_empty() => {
            json!({ "role": "user", "content": text })
        }
        Message::User { text, images } => {
            let text = (!text.is_empty()).then(|| json!({ "type": "text", "text": text }));
            let content: Vec<_> = text.into_iter().chain(images.iter().map(picture)).collect();
            json!({ "role": "user", "content": content })
        }
        Message::ToolResult { call, text, .. } => {
            json!({ "role": "tool", "tool_call_id": call, "content": text })
        }
        Message::Assistant { text, calls, carried } => {
            let mut message = json!({ "role": "assistant", "content": text });
            if !calls.is_empty() {
                message["tool_calls"] = calls.iter().map(call).collect();
            }
            give_back(&mut message, Carried::own(carried, asked));
            message
        }
    }
}

/// The fields that the provider's own answer had for its reasoning.
fn give_back(message: &mut Value, carried: Vec<Carried>) {
    for (name, value) in carried
        .into_iter()
        .filter_map(|carried| match carried.item {
            Value::Object(fields) => Some(fields),
            _ => None,
        })
        .flatten()
    {
        message[name] = value;
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
    reasoning: Reasoning,
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
        let (gathered, reasoning) = (Gathered::default(), Reasoning::default());
        Self { turn, gathered, calls: Vec::new(), reasoning, done: false }
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

    fn usage(&self) -> Usage {
        self.gathered.usage
    }

    fn finish(mut self: Box<Self>) -> Option<Reply> {
        for (at, call) in std::mem::take(&mut self.calls).into_iter().enumerate() {
            let made = format!("call_{}_{at}", self.turn);
            let id = if call.id.is_empty() { made } else { call.id };
            self.gathered.add_call(&id, &call.name, call.arguments);
        }
        self.gathered.carried.extend(std::mem::take(&mut self.reasoning).into_carried());
        let said_something = self.done && !self.gathered.is_silent();
        let stop = self.gathered.stop.or(said_something.then_some(Stop::Done));
        Gathered { stop, ..self.gathered }.into_reply()
    }
}

impl Decoder {
    fn usage(&mut self, chunk: &Value) {
        if chunk.get("usage").is_some_and(Value::is_object) {
            let cached = number(chunk, "/usage/prompt_tokens_details/cached_tokens");
            self.gathered.usage = Usage {
                input_tokens: number(chunk, "/usage/prompt_tokens"),
                // DeepSeek's name for it.
                cached_tokens: cached.max(number(chunk, "/usage/prompt_cache_hit_tokens")),
                written_tokens: number(chunk, "/usage/prompt_tokens_details/cache_write_tokens"),
                output_tokens: number(chunk, "/usage/completion_tokens"),
                reasoning_tokens: number(
                    chunk,
                    "/usage/completion_tokens_details/reasoning_tokens",
                ),
            };
            self.gathered.cost_micros = cost_micros(&chunk["usage"]);
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
        self.reasoning.add(delta);
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

/// OpenRouter says what a turn cost, in US dollars.
fn cost_micros(usage: &Value) -> Option<u64> {
    let dollars = usage.get("cost")?.as_f64().filter(|dollars| (0.0..1e9).contains(dollars))?;
    Some((dollars * 1e6).ceil() as u64)
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
