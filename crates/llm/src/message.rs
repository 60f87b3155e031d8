//! The vocabulary of a conversation, the same for every provider. Knows no wire format, except
//! that [`Message::Assistant`] carries what a provider wants back unread.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum Message {
    System {
        text: String,
    },
    User {
        text: String,
        images: Vec<Image>,
    },
    Assistant {
        text: String,
        calls: Vec<ToolCall>,
        /// The provider's own items, such as encrypted reasoning, sent back as they came, where
        /// they came, and to nobody but who wrote them: see [`crate::Reply::carried`].
        carried: Vec<Value>,
    },
    /// What a tool said, in the order of the calls.
    ToolResult {
        call: String,
        ok: bool,
        text: String,
        images: Vec<Image>,
    },
}

impl Message {
    pub fn user(text: impl Into<String>) -> Self {
        Self::User { text: text.into(), images: Vec::new() }
    }

    pub fn tool_result(call: impl Into<String>, ok: bool, text: impl Into<String>) -> Self {
        Self::ToolResult { call: call.into(), ok, text: text.into(), images: Vec::new() }
    }

    /// What the conversation keeps of a reply.
    pub fn from_reply(reply: &Reply) -> Self {
        Self::Assistant {
            text: reply.text.clone(),
            calls: reply.calls.clone(),
            carried: reply.carried.clone(),
        }
    }
}

/// A picture for the model to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// `image/png`, `image/jpeg`, `image/webp` or `image/gif`.
    pub media_type: String,
    pub base64: String,
}

/// A model asks for a tool. `arguments` is what it wrote: meant to be a JSON object, often isn't.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    pub id: String,
    pub name: String,
    pub arguments: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    pub name: String,
    pub description: String,
    /// A JSON schema of type `object`.
    pub parameters: Value,
}

/// One turn's question: the whole conversation so far.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub messages: &'a [Message],
    pub tools: &'a [ToolSpec],
    /// No wait and no answer goes beyond it.
    pub deadline: Instant,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reply {
    pub text: String,
    pub calls: Vec<ToolCall>,
    /// Opaque; what belongs in [`Message::Assistant`].
    pub carried: Vec<Value>,
    pub usage: Usage,
    pub stop: Stop,
    /// Who answered, as `provider/model`: after a fallback not who was asked first.
    pub model: String,
    /// The exchange's number, as the [`crate::Ledger`] gave it; 0 where nobody counts.
    pub exchange: u32,
    /// In millionths of a US dollar; none where the price isn't known.
    pub cost_micros: Option<u64>,
}

/// Tokens of one turn; all 0 where the provider doesn't tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Everything that was read, cached or not.
    pub input_tokens: u64,
    /// The part of `input_tokens` that came from the provider's cache.
    pub cached_tokens: u64,
    /// The part of `input_tokens` that was written to the provider's cache.
    pub written_tokens: u64,
    /// Everything that was written, thoughts included.
    pub output_tokens: u64,
    /// The part of `output_tokens` that the model thought.
    pub reasoning_tokens: u64,
}

/// Why the model stopped writing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// It had said what it wanted, or waits for its tools.
    #[default]
    Done,
    /// Its output limit; the last call's arguments may be cut off.
    Length,
    /// The provider's content filter, or a refusal.
    Filtered,
}
