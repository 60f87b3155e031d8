//! OpenAI's Responses. The provider is asked to store nothing, so encrypted reasoning travels
//! with the conversation.
//!
//! Format: <https://platform.openai.com/docs/api-reference/responses-streaming>.

use serde_json::{Value, json};

use super::{
    Carried, Decode, Fault, Gathered, Piece, Settings, cut, data_url, number, object_arguments,
    parse, pieces, refusal, system_text, text,
};
use crate::message::{Image, Message, Reply, Request, Stop, ToolCall, ToolSpec, Usage};

pub(super) fn body(request: &Request<'_>, settings: Settings<'_>) -> Value {
    let tools: Vec<Value> = request.tools.iter().map(tool).collect();
    let mut body = json!({
        "model": settings.model,
        "instructions": system_text(request.messages),
        "input": request.messages.iter().flat_map(|m| items(m, settings.asked)).collect::<Vec<_>>(),
        "tools": tools,
        "stream": true,
        "store": false,
    });
    if reasons(settings.model) {
        body["include"] = json!(["reasoning.encrypted_content"]);
    }
    if let Some(effort) = settings.effort {
        body["reasoning"] = json!({ "effort": effort.as_str() });
    }
    if let Some(tokens) = settings.output_tokens_max {
        body["max_output_tokens"] = tokens.into();
    }
    body
}

/// Models before the fifth generation that don't reason refuse to be asked for their reasoning.
fn reasons(model: &str) -> bool {
    !["gpt-3", "gpt-4", "chatgpt"].iter().any(|prefix| model.starts_with(prefix))
}

fn tool(spec: &ToolSpec) -> Value {
    json!({
        "type": "function",
        "name": spec.name,
        "description": spec.description,
        "parameters": spec.parameters,
        // Strict schemas would make every optional parameter a required one.
        "strict": false,
    })
}

fn items(message: &Message, asked: &str) -> Vec<Value> {
    match message {
        Message::System { .. } => Vec::new(),
        Message::User { text, images } => {
            vec![json!({ "type": "message", "role": "user", "content": content(text, images) })]
        }
        Message::ToolResult { call, text, images, .. } => {
            let output =
                if images.is_empty() { text.as_str().into() } else { content(text, images) };
            vec![json!({ "type": "function_call_output", "call_id": call, "output": output })]
        }
        Message::Assistant { text, calls, carried } => {
            let mut phase = Value::Null;
            let pieces = pieces(text, calls, Carried::own(carried, asked)).into_iter();
            pieces.filter_map(|one| piece(one, &mut phase)).collect()
        }
    }
}

fn content(text: &str, images: &[Image]) -> Value {
    let text = (!text.is_empty() || images.is_empty())
        .then(|| json!({ "type": "input_text", "text": text }));
    let images = images.iter().map(
        |image| json!({ "type": "input_image", "image_url": data_url(image), "detail": "auto" }),
    );
    text.into_iter().chain(images).collect()
}

/// `phase` is what the model called the text that follows; it wants to be reminded of it.
fn piece(piece: Piece<'_>, phase: &mut Value) -> Option<Value> {
    match piece {
        Piece::Carried(item) if text(&item, "type").is_none() => {
            *phase = item["phase"].clone();
            None
        }
        Piece::Carried(item) => Some(item),
        Piece::Text(text) => Some(said(text, std::mem::take(phase))),
        Piece::Call(ToolCall { id, name, arguments }) => Some(json!({
            "type": "function_call",
            "call_id": id,
            "name": name,
            "arguments": object_arguments(arguments).to_string(),
        })),
    }
}

/// As a string, because the list of parts belongs to items that the provider stored.
fn said(text: &str, phase: Value) -> Value {
    let mut message = json!({ "type": "message", "role": "assistant", "content": text });
    if !phase.is_null() {
        message["phase"] = phase;
    }
    message
}

#[derive(Debug, Default)]
pub(super) struct Decoder {
    gathered: Gathered,
    /// Text from deltas, for servers that don't repeat it in a finished item.
    streamed: String,
}

impl Decode for Decoder {
    fn event(&mut self, data: &str) -> Result<Option<String>, Fault> {
        if data.trim() == "[DONE]" {
            return Ok(None);
        }
        let event = parse(data)?;
        match text(&event, "type").unwrap_or_default() {
            "response.output_text.delta" | "response.refusal.delta" => Ok(self.delta(&event)),
            "response.output_item.done" => {
                self.item(&event["item"]);
                Ok(None)
            }
            "response.completed" | "response.incomplete" => {
                self.end(&event["response"]);
                Ok(None)
            }
            "response.failed" => Err(Fault::Refused(refusal(None, &event["response"]))),
            "error" => Err(Fault::Refused(refusal(None, &event))),
            "" => Err(Fault::Unreadable(format!("an event without a type: {:?}", cut(data)))),
            // There are fifty kinds of events and more to come; the rest says how far it is.
            _ => Ok(None),
        }
    }

    fn is_over(&self) -> bool {
        self.gathered.stop.is_some()
    }

    fn usage(&self) -> Usage {
        self.gathered.usage
    }

    fn finish(mut self: Box<Self>) -> Option<Reply> {
        if self.gathered.text.is_empty() {
            let streamed = std::mem::take(&mut self.streamed);
            self.gathered.add_text(&streamed);
        }
        self.gathered.into_reply()
    }
}

impl Decoder {
    fn delta(&mut self, event: &Value) -> Option<String> {
        let piece = text(event, "delta")?;
        if self.streamed.len() + piece.len() <= super::TEXT_BYTES_MAX {
            self.streamed.push_str(piece);
        }
        Some(piece.to_owned())
    }

    fn item(&mut self, item: &Value) {
        match text(item, "type").unwrap_or_default() {
            "message" => self.message(item),
            "function_call" => self.call(item),
            "reasoning" => self.reasoning(item),
            _ => {}
        }
    }

    fn message(&mut self, item: &Value) {
        if let Some(phase) = text(item, "phase") {
            self.gathered.carry(json!({ "phase": phase }));
        }
        for part in item["content"].as_array().into_iter().flatten() {
            let said = text(part, "text").or(text(part, "refusal"));
            self.gathered.add_text(said.unwrap_or_default());
        }
    }

    fn call(&mut self, item: &Value) {
        let id = text(item, "call_id").or(text(item, "id")).unwrap_or_default();
        let name = text(item, "name").unwrap_or_default();
        let arguments = text(item, "arguments").unwrap_or_default();
        self.gathered.add_call(id, name, arguments.to_owned());
    }

    /// Reasoning that isn't encrypted can't be given back: the provider stored nothing to find
    /// it by.
    fn reasoning(&mut self, item: &Value) {
        if item.get("encrypted_content").is_some_and(Value::is_string) {
            self.gathered.carry(given_back(item));
        }
    }

    fn end(&mut self, response: &Value) {
        // Servers that only imitate the format may tell the items nowhere but here.
        if self.gathered.is_silent() {
            response["output"].as_array().into_iter().flatten().for_each(|item| self.item(item));
        }
        self.gathered.usage = Usage {
            input_tokens: number(response, "/usage/input_tokens"),
            cached_tokens: number(response, "/usage/input_tokens_details/cached_tokens"),
            written_tokens: number(response, "/usage/input_tokens_details/cache_write_tokens"),
            output_tokens: number(response, "/usage/output_tokens"),
            reasoning_tokens: number(response, "/usage/output_tokens_details/reasoning_tokens"),
        };
        let reason = response.pointer("/incomplete_details/reason").and_then(Value::as_str);
        self.gathered.stop = Some(match reason {
            None => Stop::Done,
            Some("content_filter") => Stop::Filtered,
            Some(_) => Stop::Length,
        });
    }
}

/// A reasoning item as it may be sent: its `status` is the provider's to say.
fn given_back(item: &Value) -> Value {
    let mut item = item.clone();
    if let Some(fields) = item.as_object_mut() {
        fields.remove("status");
        fields.retain(|_, value| !value.is_null());
    }
    item
}

#[cfg(test)]
mod tests;
