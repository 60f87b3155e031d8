//! Anthropic's Messages. Cache markers stand after the tools, after the system text and at the
//! ends of the conversation's last two turns of ours, so that each turn reads what the last one
//! wrote, however much both added. There may be four.
//!
//! Format: <https://docs.anthropic.com/en/docs/build-with-claude/streaming>.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    Carried, Decode, Effort, Fault, Gathered, Piece, Settings, cut, number, object_arguments,
    parse, pieces, refusal, system_text, text,
};
use crate::message::{Image, Message, Reply, Request, Stop, ToolSpec, Usage};

/// The format wants a limit, thoughts included; this one is within what all current models allow,
/// also with a budget for thoughts on top.
const OUTPUT_TOKENS_DEFAULT: u32 = 32_000;
/// Content blocks of one answer.
const BLOCKS_MAX: usize = 512;

pub(super) fn body(request: &Request<'_>, settings: Settings<'_>) -> Value {
    let output_tokens = settings.output_tokens_max.unwrap_or(OUTPUT_TOKENS_DEFAULT);
    let mut body = json!({
        "model": settings.model,
        "max_tokens": output_tokens,
        "messages": conversation(request.messages, settings.asked),
        "stream": true,
    });
    let system = system_text(request.messages);
    if !system.is_empty() {
        body["system"] = json!([{ "type": "text", "text": system, "cache_control": cached() }]);
    }
    if !request.tools.is_empty() {
        body["tools"] = request.tools.iter().map(tool).collect();
        body["tools"][request.tools.len() - 1]["cache_control"] = cached();
    }
    if let Some(effort) = settings.effort {
        think(&mut body, settings, effort, request.messages);
    }
    body
}

/// Models up to the middle of the fourth generation are given a number of tokens to think with,
/// later ones a word.
fn think(body: &mut Value, settings: Settings<'_>, effort: Effort, messages: &[Message]) {
    if !has_budget(settings.model) {
        body["output_config"] = json!({ "effort": effort_word(effort) });
        return;
    }
    let budget = budget_tokens(effort);
    // A turn that goes on after tools must have begun with thinking, or not think at all: after
    // another model wrote its beginning it can't.
    if budget == 0 || !may_think(messages, settings.asked) {
        return;
    }
    body["thinking"] = json!({ "type": "enabled", "budget_tokens": budget });
    let room = u64::from(budget) + u64::from(OUTPUT_TOKENS_DEFAULT);
    body["max_tokens"] = number(body, "/max_tokens").max(room).into();
}

fn has_budget(model: &str) -> bool {
    const OLD: [&str; 8] = [
        "claude-3",
        "claude-opus-4-0",
        "claude-opus-4-1",
        "claude-opus-4-2",
        "claude-opus-4-5",
        "claude-sonnet-4-0",
        "claude-sonnet-4-2",
        "claude-sonnet-4-5",
    ];
    OLD.iter().any(|old| model.starts_with(old)) || model.starts_with("claude-haiku-4-5")
}

fn budget_tokens(effort: Effort) -> u32 {
    match effort {
        Effort::None => 0,
        Effort::Minimal => 1_024,
        Effort::Low => 4_096,
        Effort::Medium => 10_000,
        Effort::High => 24_000,
        Effort::Xhigh | Effort::Max => 32_000,
    }
}

fn effort_word(effort: Effort) -> &'static str {
    match effort {
        Effort::None | Effort::Minimal | Effort::Low => "low",
        Effort::Medium | Effort::High | Effort::Xhigh | Effort::Max => effort.as_str(),
    }
}

/// Whether the model's own thinking stands in each of its turns since somebody last spoke to it.
fn may_think(messages: &[Message], asked: &str) -> bool {
    let since = messages.iter().rev().take_while(|m| !matches!(m, Message::User { .. }));
    since.into_iter().all(|message| match message {
        Message::Assistant { carried, .. } => !Carried::own(carried, asked).is_empty(),
        Message::System { .. } | Message::User { .. } | Message::ToolResult { .. } => true,
    })
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

/// How many of our turns end with a cache marker: the last one's end is what the next request
/// begins with, and the one before is what the last request wrote.
const MARKED_TURNS: usize = 2;

/// Roles must take turns, so what follows one another in the same role becomes one message.
fn conversation(messages: &[Message], asked: &str) -> Value {
    let mut turns: Vec<(&str, Vec<Value>)> = Vec::new();
    for message in messages {
        let (role, blocks) = blocks(message, asked);
        match turns.last_mut() {
            _ if blocks.is_empty() => {}
            Some((last, so_far)) if *last == role => so_far.extend(blocks),
            Some(_) | None => turns.push((role, blocks)),
        }
    }
    let ours = turns.iter_mut().rev().filter(|(role, _)| *role == "user");
    for block in ours.take(MARKED_TURNS).filter_map(|(_, blocks)| blocks.last_mut()) {
        block["cache_control"] = cached();
    }
    turns.into_iter().map(|(role, content)| json!({ "role": role, "content": content })).collect()
}

fn blocks(message: &Message, asked: &str) -> (&'static str, Vec<Value>) {
    match message {
        Message::System { .. } => ("system", Vec::new()),
        Message::User { text, images } => ("user", content(text, images)),
        Message::ToolResult { call, ok, text, images } => {
            let content =
                if images.is_empty() { text.as_str().into() } else { content(text, images).into() };
            ("user", vec![result(call, *ok, content)])
        }
        Message::Assistant { text, calls, carried } => {
            let pieces = pieces(text, calls, Carried::own(carried, asked));
            ("assistant", pieces.into_iter().filter_map(block).collect())
        }
    }
}

fn content(text: &str, images: &[Image]) -> Vec<Value> {
    let images = images.iter().map(|Image { media_type, base64 }| {
        let source = json!({ "type": "base64", "media_type": media_type, "data": base64 });
        json!({ "type": "image", "source": source })
    });
    spoken(text).into_iter().chain(images).collect()
}

fn block(piece: Piece<'_>) -> Option<Value> {
    match piece {
        Piece::Carried(item) => Some(item),
        Piece::Text(text) => spoken(text),
        Piece::Call(call) => {
            let input = object_arguments(&call.arguments);
            Some(json!({ "type": "tool_use", "id": call.id, "name": call.name, "input": input }))
        }
    }
}

/// Text without anything to see is refused by the provider.
fn spoken(text: &str) -> Option<Value> {
    (!text.trim().is_empty()).then(|| json!({ "type": "text", "text": text }))
}

fn result(call: &str, ok: bool, content: Value) -> Value {
    json!({
        "type": "tool_result",
        "tool_use_id": call,
        "content": content,
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

    fn usage(&self) -> Usage {
        self.gathered.usage
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
        let written_tokens = number(usage, "/cache_creation_input_tokens");
        self.gathered.usage = Usage {
            input_tokens: number(usage, "/input_tokens")
                .saturating_add(cached_tokens)
                .saturating_add(written_tokens),
            cached_tokens,
            written_tokens,
            output_tokens: number(usage, "/output_tokens"),
            reasoning_tokens: 0,
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
        let usage = &mut self.gathered.usage;
        usage.output_tokens = usage.output_tokens.max(output_tokens);
        let thought = number(event, "/usage/output_tokens_details/thinking_tokens");
        usage.reasoning_tokens = usage.reasoning_tokens.max(thought);
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
                self.gathered.carry(start);
            }
            "redacted_thinking" => self.gathered.carry(start),
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
