//! The vocabulary of a conversation, the same for every provider. Knows no wire format, except
//! that [`Message::Assistant`] carries what a provider wants back unread.

use serde_json::Value;
use tokio::time::Instant;

#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    System {
        text: String,
    },
    User {
        text: String,
    },
    Assistant {
        text: String,
        calls: Vec<ToolCall>,
        /// The provider's own items, such as encrypted reasoning, sent back as they came.
        carried: Vec<Value>,
    },
    /// What a tool said, in the order of the calls.
    ToolResult {
        call: String,
        ok: bool,
        text: String,
    },
}

impl Message {
    /// What the conversation keeps of a reply.
    pub fn from_reply(reply: &Reply) -> Self {
        Self::Assistant {
            text: reply.text.clone(),
            calls: reply.calls.clone(),
            carried: reply.carried.clone(),
        }
    }
}

/// A model asks for a tool. `arguments` is what it wrote: meant to be a JSON object, often isn't.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    pub id: String,
    pub name: String,
    pub arguments: String,
}

#[derive(Debug, Clone, PartialEq)]
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

#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub text: String,
    pub calls: Vec<ToolCall>,
    pub carried: Vec<Value>,
    pub usage: Usage,
    pub stop: Stop,
}

/// Tokens of one turn; all 0 where the provider doesn't tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Everything that was read, cached or not.
    pub input_tokens: u64,
    /// The part of `input_tokens` that came from the provider's cache.
    pub cached_tokens: u64,
    pub output_tokens: u64,
}

/// Why the model stopped writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It had said what it wanted, or waits for its tools.
    Done,
    /// Its output limit; the last call's arguments may be cut off.
    Length,
    /// The provider's content filter, or a refusal.
    Filtered,
}
