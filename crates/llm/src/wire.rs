//! The wire formats. Each one turns a conversation into a request's body, and a stream's events
//! into a [`Reply`]. Pure: knows neither HTTP nor time.

mod carried;
mod chat;
mod gemini;
mod messages;
mod responses;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::error::Refusal;
use crate::message::{Image, Message, Reply, Request, Stop, ToolCall, Usage};

pub(crate) use carried::Carried;
use carried::{Piece, pieces};

/// A reply with more text than this is cut there: nobody reads it, and it must not fill memory.
const TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// More calls in one turn than this are dropped.
const CALLS_MAX: usize = 64;
/// Carried items of one turn; more are dropped.
const CARRIED_MAX: usize = 256;
/// Of a provider's own words, when it refuses.
const MESSAGE_BYTES_MAX: usize = 600;

/// How a provider is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wire {
    /// OpenAI's Responses: `POST /v1/responses`.
    Responses,
    /// OpenAI's Chat Completions, which most others offer too: `POST /v1/chat/completions`.
    Chat,
    /// Anthropic's Messages: `POST /v1/messages`.
    Messages,
    /// Google's Gemini: `POST /v1beta/models/MODEL:streamGenerateContent`.
    Gemini,
}

/// How hard a model is to think. Not every model knows every step; a provider refuses what it
/// doesn't know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    None,
    Minimal,
    Low,
    Medium,
    High,
    Xhigh,
    Max,
}

impl Effort {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Xhigh => "xhigh",
            Self::Max => "max",
        }
    }
}

/// What a body says beside the conversation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings<'a> {
    /// As the provider knows it.
    pub model: &'a str,
    /// `provider/model`: whose carried items are given back.
    pub asked: &'a str,
    pub output_tokens_max: Option<u32>,
    pub effort: Option<Effort>,
    /// OpenAI's own Chat, which has newer names for some things than those who imitate it.
    pub openai: bool,
}

impl Wire {
    /// What follows the base URL's `/v1`.
    pub(crate) fn path(self, model: &str) -> String {
        match self {
            Self::Responses => "/responses".into(),
            Self::Chat => "/chat/completions".into(),
            Self::Messages => "/messages".into(),
            Self::Gemini => format!("/models/{}:streamGenerateContent", gemini::escaped(model)),
        }
    }

    pub(crate) fn body(self, request: &Request<'_>, settings: Settings<'_>) -> Value {
        match self {
            Self::Responses => responses::body(request, settings),
            Self::Chat => chat::body(request, settings),
            Self::Messages => messages::body(request, settings),
            Self::Gemini => gemini::body(request, settings),
        }
    }

    /// `turn` makes ids for calls that come without one; it must differ from turn to turn.
    pub(crate) fn decoder(self, turn: usize) -> Box<dyn Decode> {
        match self {
            Self::Responses => Box::new(responses::Decoder::default()),
            Self::Chat => Box::new(chat::Decoder::new(turn)),
            Self::Messages => Box::new(messages::Decoder::default()),
            Self::Gemini => Box::new(gemini::Decoder::new(turn)),
        }
    }
}

/// Reads one stream.
pub(crate) trait Decode: Send {
    /// Takes one event's data and gives back the text in it, if there is some.
    fn event(&mut self, data: &str) -> Result<Option<String>, Fault>;

    /// The stream has said that it is complete; nothing that follows matters.
    fn is_over(&self) -> bool;

    /// The tokens that the provider told of so far; what it hasn't told is 0.
    fn usage(&self) -> Usage;

    /// What was said; `None` where the stream ended before it was complete.
    fn finish(self: Box<Self>) -> Option<Reply>;
}

/// An event that is no part of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Not what the wire format allows.
    Unreadable(String),
    /// The provider's error, sent inside the stream.
    Refused(Refusal),
}

fn parse(data: &str) -> Result<Value, Fault> {
    let value: Result<Value, _> = serde_json::from_str(data);
    match value {
        Ok(object @ Value::Object(_)) => Ok(object),
        Ok(_) | Err(_) => Err(Fault::Unreadable(format!("{:?}", cut(data)))),
    }
}

/// A provider's error object: `{"error": {"message", "code" or "type"}}`, or a plain string.
pub(crate) fn refusal(status: Option<u16>, body: &Value) -> Refusal {
    let error = body.get("error").filter(|error| !error.is_null()).unwrap_or(body);
    let field = |name| text(error, name).filter(|text| !text.is_empty());
    let message = error.as_str().or(field("message")).unwrap_or_default();
    let code = detail(error, "reason").or(field("code")).or(field("type")).or(field("status"));
    Refusal {
        status,
        code: code.filter(|code| *code != "error").unwrap_or_default().to_owned(),
        message: cut(message).to_owned(),
        after: wish(error),
    }
}

/// A field of one of the details that Google adds to its errors.
fn detail<'a>(error: &'a Value, name: &str) -> Option<&'a str> {
    let details = error.get("details").and_then(Value::as_array)?;
    details.iter().find_map(|detail| text(detail, name))
}

/// When to come back, where the error itself says so: Google's `retryDelay` (`"34s"`), and the
/// `resets_in_seconds` of OpenAI's plans.
fn wish(error: &Value) -> Option<Duration> {
    let seconds = error.get("resets_in_seconds").and_then(Value::as_f64);
    let delay = || detail(error, "retryDelay")?.strip_suffix('s')?.parse().ok();
    Duration::try_from_secs_f64(seconds.or_else(delay)?).ok()
}

/// The beginning of a text, at a character's border.
pub(crate) fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MESSAGE_BYTES_MAX)]
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

fn number(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
}

/// Arguments as an object, because some servers refuse a whole conversation for one call whose
/// arguments weren't one.
fn object_arguments(arguments: &str) -> Value {
    match serde_json::from_str(arguments) {
        Ok(object @ Value::Object(_)) => object,
        Ok(_) | Err(_) if arguments.trim().is_empty() => Value::Object(Map::new()),
        Ok(_) | Err(_) => json!({ "malformed": arguments }),
    }
}

/// What a decoder gathers.
#[derive(Debug, Default)]
struct Gathered {
    text: String,
    calls: Vec<ToolCall>,
    carried: Vec<Value>,
    usage: Usage,
    stop: Option<Stop>,
    cost_micros: Option<u64>,
}

impl Gathered {
    fn add_text(&mut self, piece: &str) {
        let room = TEXT_BYTES_MAX - self.text.len();
        self.text.push_str(&piece[..piece.floor_char_boundary(room)]);
    }

    fn add_call(&mut self, id: &str, name: &str, arguments: String) {
        if self.calls.len() < CALLS_MAX {
            self.calls.push(ToolCall { id: id.to_owned(), name: name.to_owned(), arguments });
        }
    }

    /// Keeps an item for the way back, with its place.
    fn carry(&mut self, item: Value) {
        let (text_bytes, calls) = (self.text.len(), self.calls.len());
        if self.carried.len() < CARRIED_MAX {
            let carried = Carried { from: String::new(), text_bytes, calls, item };
            self.carried.push(carried.into_value());
        }
    }

    fn is_silent(&self) -> bool {
        self.text.is_empty() && self.calls.is_empty()
    }

    fn into_reply(self) -> Option<Reply> {
        let Self { text, calls, carried, usage, stop, cost_micros } = self;
        Some(Reply { text, calls, carried, usage, stop: stop?, cost_micros, ..Reply::default() })
    }
}

/// An image as browsers take it in an address.
fn data_url(image: &Image) -> String {
    format!("data:{};base64,{}", image.media_type, image.base64)
}

/// The system texts of a conversation, for wires that keep them apart from it.
fn system_text(messages: &[Message]) -> String {
    let texts = messages.iter().filter_map(|message| match message {
        Message::System { text } => Some(text.as_str()),
        Message::User { .. } | Message::Assistant { .. } | Message::ToolResult { .. } => None,
    });
    texts.collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests;
