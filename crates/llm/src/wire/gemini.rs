//! Google's Gemini. Thought signatures belong to the part they came with, a call or a text, and
//! must come back with it; the third generation refuses a call of its own without one.
//!
//! Format: <https://ai.google.dev/api/generate-content>, signatures:
//! <https://ai.google.dev/gemini-api/docs/thought-signatures>.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    Carried, Decode, Effort, Fault, Gathered, Settings, number, object_arguments, parse, refusal,
    system_text, text,
};
use crate::message::{Image, Message, Reply, Request, Stop, ToolCall, ToolSpec, Usage};

/// Ids that were made here begin so; the provider gave none and is told none.
const MADE_ID: &str = "made_";
/// What Google lets stand for the signature of a call that another model made.
const FOREIGN_SIGNATURE: &str = "skip_thought_signature_validator";

pub(super) fn body(request: &Request<'_>, settings: Settings<'_>) -> Value {
    let mut body = json!({ "contents": contents(request.messages, settings) });
    let system = system_text(request.messages);
    if !system.is_empty() {
        body["systemInstruction"] = json!({ "parts": [{ "text": system }] });
    }
    if !request.tools.is_empty() {
        let tools: Vec<Value> = request.tools.iter().map(tool).collect();
        body["tools"] = json!([{ "functionDeclarations": tools }]);
    }
    if let Some(tokens) = settings.output_tokens_max {
        body["generationConfig"]["maxOutputTokens"] = tokens.into();
    }
    if let Some(effort) = settings.effort {
        body["generationConfig"]["thinkingConfig"] = thinking(settings.model, effort);
    }
    body
}

/// A model's name as a piece of a path.
pub(super) fn escaped(model: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let escape = |byte: u8| {
        if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    model.trim_start_matches("models/").bytes().map(escape).collect()
}

fn tool(spec: &ToolSpec) -> Value {
    json!({
        "name": spec.name,
        "description": spec.description,
        "parametersJsonSchema": spec.parameters,
    })
}

/// The second generation is given a number of tokens to think with, later ones a word.
fn thinking(model: &str, effort: Effort) -> Value {
    if !is_old(model) {
        return json!({ "thinkingLevel": match effort {
            Effort::None | Effort::Minimal => "minimal",
            Effort::Low => "low",
            Effort::Medium => "medium",
            Effort::High | Effort::Xhigh | Effort::Max => "high",
        } });
    }
    json!({ "thinkingBudget": match effort {
        Effort::None => 0,
        Effort::Minimal => 512,
        Effort::Low => 2_048,
        Effort::Medium => 8_192,
        Effort::High | Effort::Xhigh | Effort::Max => 24_576,
    } })
}

fn is_old(model: &str) -> bool {
    model.starts_with("gemini-1") || model.starts_with("gemini-2")
}

/// Roles take turns here too. Results need the name of what was called beside its id.
fn contents(messages: &[Message], settings: Settings<'_>) -> Value {
    let mut names = BTreeMap::new();
    let mut turns: Vec<(&str, Vec<Value>)> = Vec::new();
    let mut pictures = Vec::new();
    for message in messages {
        let (role, parts) = match message {
            Message::System { .. } => continue,
            Message::ToolResult { call, ok, text, images } => {
                pictures.extend(named_images(call, images));
                let name = names.get(call.as_str()).copied().unwrap_or("unknown");
                ("user", vec![response(call, name, *ok, text)])
            }
            Message::User { text, images } => ("user", spoken(text, images)),
            Message::Assistant { text, calls, carried } => {
                names.extend(calls.iter().map(|call| (call.id.as_str(), call.name.as_str())));
                ("model", turn(text, calls, carried, settings))
            }
        };
        if !matches!(message, Message::ToolResult { .. }) {
            push(&mut turns, "user", std::mem::take(&mut pictures));
        }
        push(&mut turns, role, parts);
    }
    push(&mut turns, "user", pictures);
    turns.into_iter().map(|(role, parts)| json!({ "role": role, "parts": parts })).collect()
}

fn push<'a>(turns: &mut Vec<(&'a str, Vec<Value>)>, role: &'a str, parts: Vec<Value>) {
    match turns.last_mut() {
        _ if parts.is_empty() => {}
        Some((last, so_far)) if *last == role => so_far.extend(parts),
        Some(_) | None => turns.push((role, parts)),
    }
}

fn spoken(text: &str, images: &[Image]) -> Vec<Value> {
    let text = (!text.is_empty()).then(|| json!({ "text": text }));
    text.into_iter().chain(images.iter().map(picture)).collect()
}

fn picture(Image { media_type, base64 }: &Image) -> Value {
    json!({ "inlineData": { "mimeType": media_type, "data": base64 } })
}

/// Not every generation takes images inside of a response, so they follow after all of them.
fn named_images(call: &str, images: &[Image]) -> Vec<Value> {
    if images.is_empty() {
        Vec::new()
    } else {
        spoken(&format!("What the call {call} showed:"), images)
    }
}

fn response(call: &str, name: &str, ok: bool, text: &str) -> Value {
    let field = if ok { "output" } else { "error" };
    with_id(json!({ "name": name, "response": { field: text } }), call, "functionResponse")
}

fn with_id(mut inner: Value, id: &str, kind: &str) -> Value {
    if !id.starts_with(MADE_ID) {
        inner["id"] = id.into();
    }
    json!({ kind: inner })
}

fn turn(text: &str, calls: &[ToolCall], carried: &[Value], settings: Settings<'_>) -> Vec<Value> {
    let signatures = Signatures::of(Carried::own(carried, settings.asked));
    let mut parts = Vec::new();
    if !text.is_empty() || signatures.text.is_some() {
        parts.push(signed(json!({ "text": text }), signatures.text));
    }
    let foreign = || (!is_old(settings.model)).then(|| FOREIGN_SIGNATURE.to_owned());
    let unsigned = signatures.calls.is_empty();
    for (at, ToolCall { id, name, arguments }) in calls.iter().enumerate() {
        let args = object_arguments(arguments);
        let part = with_id(json!({ "name": name, "args": args }), id, "functionCall");
        // Only the first of parallel calls has one.
        let missing = if at == 0 && unsigned { foreign() } else { None };
        parts.push(signed(part, signatures.calls.get(&at).cloned().or(missing)));
    }
    parts
}

fn signed(mut part: Value, signature: Option<String>) -> Value {
    if let Some(signature) = signature {
        part["thoughtSignature"] = signature.into();
    }
    part
}

/// The signatures of a turn's parts; those of calls by their place.
#[derive(Debug, Default)]
struct Signatures {
    text: Option<String>,
    calls: BTreeMap<usize, String>,
}

impl Signatures {
    fn of(carried: Vec<Carried>) -> Self {
        let mut all = Self::default();
        for Carried { calls, item, .. } in carried {
            let Some(signature) = text(&item, "thoughtSignature").map(str::to_owned) else {
                continue;
            };
            match text(&item, "signs") {
                Some("call") => {
                    all.calls.insert(calls, signature);
                }
                Some(_) | None => all.text = Some(signature),
            }
        }
        all
    }
}

#[derive(Debug)]
pub(super) struct Decoder {
    turn: usize,
    gathered: Gathered,
}

impl Decoder {
    pub(super) fn new(turn: usize) -> Self {
        Self { turn, gathered: Gathered::default() }
    }
}

impl Decode for Decoder {
    fn event(&mut self, data: &str) -> Result<Option<String>, Fault> {
        let chunk = parse(data)?;
        if chunk.get("error").is_some_and(|error| !error.is_null()) {
            return Err(Fault::Refused(refusal(None, &chunk)));
        }
        self.usage_of(&chunk);
        if chunk.pointer("/promptFeedback/blockReason").is_some() {
            self.gathered.stop = Some(Stop::Filtered);
        }
        chunk.pointer("/candidates/0").map_or(Ok(None), |candidate| self.candidate(candidate))
    }

    /// The tokens may be told after the end was, so the stream is read until it is closed.
    fn is_over(&self) -> bool {
        false
    }

    fn usage(&self) -> Usage {
        self.gathered.usage
    }

    fn finish(self: Box<Self>) -> Option<Reply> {
        self.gathered.into_reply()
    }
}

impl Decoder {
    /// Each chunk tells the whole so far.
    fn usage_of(&mut self, chunk: &Value) {
        let Some(usage) = chunk.get("usageMetadata").filter(|usage| usage.is_object()) else {
            return;
        };
        let thoughts = number(usage, "/thoughtsTokenCount");
        self.gathered.usage = Usage {
            input_tokens: number(usage, "/promptTokenCount")
                .saturating_add(number(usage, "/toolUsePromptTokenCount")),
            cached_tokens: number(usage, "/cachedContentTokenCount"),
            written_tokens: 0,
            output_tokens: number(usage, "/candidatesTokenCount").saturating_add(thoughts),
            reasoning_tokens: thoughts,
        };
    }

    fn candidate(&mut self, candidate: &Value) -> Result<Option<String>, Fault> {
        let mut heard = String::new();
        let parts = candidate.pointer("/content/parts").and_then(Value::as_array);
        for part in parts.into_iter().flatten() {
            heard.push_str(self.part(part));
        }
        if let Some(reason) = text(candidate, "finishReason") {
            self.gathered.stop = Some(stop(reason)?);
        }
        Ok((!heard.is_empty()).then_some(heard))
    }

    /// Gives back the text in it that is meant to be heard.
    fn part<'a>(&mut self, part: &'a Value) -> &'a str {
        if let Some(call) = part.get("functionCall") {
            self.sign(part, "call");
            self.call(call);
            return "";
        }
        let said = text(part, "text").unwrap_or_default();
        let thought = part["thought"] == true;
        if !thought {
            self.gathered.add_text(said);
            self.sign(part, "text");
        }
        if thought { "" } else { said }
    }

    fn sign(&mut self, part: &Value, signs: &str) {
        if let Some(signature) = text(part, "thoughtSignature") {
            self.gathered.carry(json!({ "signs": signs, "thoughtSignature": signature }));
        }
    }

    fn call(&mut self, call: &Value) {
        let made = format!("{MADE_ID}{}_{}", self.turn, self.gathered.calls.len());
        let id = text(call, "id").filter(|id| !id.is_empty()).unwrap_or(&made);
        let arguments = call.get("args").map_or_else(|| "{}".into(), Value::to_string);
        self.gathered.add_call(id, text(call, "name").unwrap_or_default(), arguments);
    }
}

fn stop(reason: &str) -> Result<Stop, Fault> {
    match reason {
        "MAX_TOKENS" => Ok(Stop::Length),
        "SAFETY" | "RECITATION" | "LANGUAGE" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII"
        | "IMAGE_SAFETY" => Ok(Stop::Filtered),
        // The model wrote a call that isn't one, and the provider threw it away.
        "MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" | "MALFORMED_RESPONSE" => {
            Err(Fault::Unreadable(format!("the model's own words were unreadable ({reason})")))
        }
        _ => Ok(Stop::Done),
    }
}

#[cfg(test)]
mod tests;
