//! Anthropic's Messages. Cache markers stand after the system text and at the conversation's
//! end, so that each turn reads what the last one wrote.
//!
//! Format: <https://docs.anthropic.com/en/docs/build-with-claude/streaming>.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    Decode, Fault, Gathered, Settings, cut, number, object_arguments, parse, refusal, system_text,
    text,
};
use crate::message::{Message, Reply, Request, Stop, ToolSpec, Usage};

/// The format wants a limit; this one is within what all current models allow.
const OUTPUT_TOKENS_DEFAULT: u32 = 16_384;
/// Content blocks of one answer.
const BLOCKS_MAX: usize = 512;

pub(super) fn body(request: &Request<'_>, settings: Settings<'_>) -> Value {
    let mut body = json!({
        "model": settings.model,
        "max_tokens": settings.output_tokens_max.unwrap_or(OUTPUT_TOKENS_DEFAULT),
        "messages": conversation(request.messages),
        "stream": true,
    });
    let system = system_text(request.messages);
    if !system.is_empty() {
        body["system"] = json!([{ "type": "text", "text": system, "cache_control": cached() }]);
    }
    if !request.tools.is_empty() {
        body["tools"] = request.tools.iter().map(tool).collect();
    }
    body
}

fn cached() -> Value {
    json!({ "type": "ephemeral" })
}

fn tool(spec: &ToolSpec) -> Value {
    json!({
        "name": spec.name,
        "description": spec.description,
        "input_schema": spec.parameters,
    })
}

/// Roles must take turns, so what follows one another in the same role becomes one message.
fn conversation(messages: &[Message]) -> Value {
    let mut turns: Vec<(&str, Vec<Value>)> = Vec::new();
    for message in messages {
        let (role, blocks) = blocks(message);
        match turns.last_mut() {
            _ if blocks.is_empty() => {}
            Some((last, so_far)) if *last == role => so_far.extend(blocks),
            Some(_) | None => turns.push((role, blocks)),
        }
    }
    if let Some(block) = turns.last_mut().and_then(|(_, blocks)| blocks.last_mut()) {
        block["cache_control"] = cached();
    }
    turns.into_iter().map(|(role, content)| json!({ "role": role, "content": content })).collect()
}

fn blocks(message: &Message) -> (&'static str, Vec<Value>) {
    match message {
        Message::System { .. } => ("system", Vec::new()),
        Message::User { text, .. } => ("user", spoken(text).into_iter().collect()),
        Message::ToolResult { call, ok, text, .. } => ("user", vec![result(call, *ok, text)]),
        Message::Assistant { text, calls, carried } => {
            let asked = calls.iter().map(|call| {
                let input = object_arguments(&call.arguments);
                json!({ "type": "tool_use", "id": call.id, "name": call.name, "input": input })
            });
            let blocks = carried.iter().cloned().chain(spoken(text)).chain(asked);
            ("assistant", blocks.collect())
        }
    }
}

/// Text without anything to see is refused by the provider.
fn spoken(text: &str) -> Option<Value> {
    (!text.trim().is_empty()).then(|| json!({ "type": "text", "text": text }))
}

fn result(call: &str, ok: bool, text: &str) -> Value {
    json!({
        "type": "tool_result",
        "tool_use_id": call,
        "content": text,
        "is_error": !ok,
    })
}

#[derive(Debug, Default)]
pub(super) struct Decoder {
    gathered: Gathered,
    /// Blocks as they begin and grow, by index.
    blocks: BTreeMap<u64, Block>,
    stop: Option<Stop>,
    over: bool,
}

#[derive(Debug)]
struct Block {
    start: Value,
    /// What the deltas added: text, JSON or thinking.
    grown: String,
    signature: String,
}

impl Decode for Decoder {
    fn event(&mut self, data: &str) -> Result<Option<String>, Fault> {
        let event = parse(data)?;
        match text(&event, "type").unwrap_or_default() {
            "message_start" => self.message_start(&event["message"]["usage"]),
            "content_block_start" => self.block_start(&event),
            "content_block_delta" => return Ok(self.block_delta(&event)),
            "message_delta" => self.message_delta(&event),
            "message_stop" => self.over = true,
            "error" => return Err(Fault::Refused(refusal(None, &event))),
            "" => {
                return Err(Fault::Unreadable(format!("an event without a type: {:?}", cut(data))));
            }
            // `ping`, `content_block_stop`, and kinds that are yet to come.
            _ => {}
        }
        Ok(None)
    }

    fn is_over(&self) -> bool {
        self.over
    }

    fn finish(mut self: Box<Self>) -> Option<Reply> {
        for block in std::mem::take(&mut self.blocks).into_values() {
            self.block_end(block);
        }
        let stop = self.over.then(|| self.stop.unwrap_or(Stop::Done));
        Gathered { stop, ..self.gathered }.into_reply()
    }
}

impl Decoder {
    fn message_start(&mut self, usage: &Value) {
        let cached_tokens = number(usage, "/cache_read_input_tokens");
        let written = number(usage, "/cache_creation_input_tokens");
        self.gathered.usage = Usage {
            input_tokens: number(usage, "/input_tokens") + cached_tokens + written,
            cached_tokens,
            output_tokens: number(usage, "/output_tokens"),
                ..Usage::default()
            };
    }

    fn block_start(&mut self, event: &Value) {
        if self.blocks.len() < BLOCKS_MAX {
            let start = event["content_block"].clone();
            let grown = text(&start, "text").or(text(&start, "thinking")).unwrap_or_default();
            let grown = grown.to_owned();
            let block = Block { start, grown, signature: String::new() };
            self.blocks.insert(number(event, "/index"), block);
        }
    }

    fn block_delta(&mut self, event: &Value) -> Option<String> {
        let delta = &event["delta"];
        let block = self.blocks.get_mut(&number(event, "/index"))?;
        match text(delta, "type")? {
            "text_delta" => {
                let piece = text(delta, "text")?;
                block.grow(piece);
                return Some(piece.to_owned());
            }
            "input_json_delta" => block.grow(text(delta, "partial_json")?),
            "thinking_delta" => block.grow(text(delta, "thinking")?),
            "signature_delta" => text(delta, "signature")?.clone_into(&mut block.signature),
            _ => {}
        }
        None
    }

    fn message_delta(&mut self, event: &Value) {
        if let Some(reason) = event.pointer("/delta/stop_reason").and_then(Value::as_str) {
            self.stop = Some(stop(reason));
        }
        // Cumulative, so it replaces what the beginning said.
        let output_tokens = number(event, "/usage/output_tokens");
        self.gathered.usage.output_tokens = self.gathered.usage.output_tokens.max(output_tokens);
    }

    fn block_end(&mut self, block: Block) {
        let Block { mut start, grown, signature } = block;
        match text(&start, "type").unwrap_or_default() {
            "text" => self.gathered.add_text(&grown),
            "tool_use" => {
                let id = text(&start, "id").unwrap_or_default();
                let name = text(&start, "name").unwrap_or_default();
                let whole = start.get("input").filter(|_| grown.is_empty());
                let arguments = whole.map_or(grown, Value::to_string);
                self.gathered.add_call(id, name, arguments);
            }
            "thinking" => {
                start["thinking"] = grown.into();
                start["signature"] = signature.into();
                self.gathered.carried.push(start);
            }
            "redacted_thinking" => self.gathered.carried.push(start),
            _ => {}
        }
    }
}

impl Block {
    fn grow(&mut self, piece: &str) {
        if self.grown.len() + piece.len() <= super::TEXT_BYTES_MAX {
            self.grown.push_str(piece);
        }
    }
}

fn stop(reason: &str) -> Stop {
    match reason {
        "max_tokens" | "model_context_window_exceeded" => Stop::Length,
        "refusal" => Stop::Filtered,
        _ => Stop::Done,
    }
}

#[cfg(test)]
mod tests;
