//! How many tokens a text is, about, before a provider has counted them.

use crate::message::{Message, Request, ToolSpec};

/// Of English and of code; other scripts have more tokens to a byte of theirs, but more bytes.
const BYTES_PER_TOKEN: usize = 4;
/// A screenshot of usual size.
const TOKENS_PER_IMAGE: u64 = 1_600;
/// What a message or a tool costs beside its text.
const TOKENS_PER_PART: u64 = 8;

pub(super) fn input_tokens(request: &Request<'_>) -> u64 {
    let messages: u64 = request.messages.iter().map(message).sum();
    messages + request.tools.iter().map(tool).sum::<u64>()
}

pub(super) fn tokens(bytes: usize) -> u64 {
    bytes.div_ceil(BYTES_PER_TOKEN) as u64
}

fn message(message: &Message) -> u64 {
    let (bytes, images) = match message {
        Message::System { text } => (text.len(), 0),
        Message::User { text, images } | Message::ToolResult { text, images, .. } => {
            (text.len(), images.len())
        }
        Message::Assistant { text, calls, .. } => {
            let calls = calls.iter().map(|call| call.name.len() + call.arguments.len());
            (text.len() + calls.sum::<usize>(), 0)
        }
    };
    TOKENS_PER_PART + tokens(bytes) + images as u64 * TOKENS_PER_IMAGE
}

fn tool(tool: &ToolSpec) -> u64 {
    let schema = tool.parameters.to_string().len();
    TOKENS_PER_PART + tokens(tool.name.len() + tool.description.len() + schema)
}
