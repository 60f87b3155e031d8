//! The reasoning that some servers tell beside an answer in the Chat format, and want back in the
//! field it came in: `reasoning_content` (DeepSeek, Kimi, GLM, Qwen), `reasoning_details`
//! (OpenRouter), or `reasoning` alone (Ollama, vLLM).

use serde_json::{Map, Value, json};

use crate::wire::{CARRIED_MAX, Carried, TEXT_BYTES_MAX, text};

#[derive(Debug, Default)]
pub(super) struct Reasoning {
    content: String,
    plain: String,
    details: Vec<Value>,
}

impl Reasoning {
    /// Takes what a piece of an answer has of it.
    pub(super) fn add(&mut self, delta: &Value) {
        grow(&mut self.content, text(delta, "reasoning_content").unwrap_or_default());
        grow(&mut self.plain, text(delta, "reasoning").unwrap_or_default());
        for piece in delta.get("reasoning_details").and_then(Value::as_array).into_iter().flatten()
        {
            self.add_detail(piece);
        }
    }

    /// Pieces of one detail come after one another, with the same kind and index.
    fn add_detail(&mut self, piece: &Value) {
        let is_same =
            |last: &Value| last["type"] == piece["type"] && last["index"] == piece["index"];
        let (has_room, last) = (self.details.len() < CARRIED_MAX, self.details.last_mut());
        match last.filter(|last| is_same(last)) {
            Some(last) => join(last, piece),
            None if has_room => self.details.push(piece.clone()),
            None => {}
        }
    }

    /// The details say what `reasoning` says, and more.
    pub(super) fn into_carried(self) -> Option<Value> {
        let mut fields = Map::new();
        if !self.content.is_empty() {
            fields.insert("reasoning_content".into(), self.content.into());
        }
        if !self.details.is_empty() {
            fields.insert("reasoning_details".into(), self.details.into());
        } else if !self.plain.is_empty() {
            fields.insert("reasoning".into(), self.plain.into());
        }
        let item = json!(fields);
        let carried = Carried { from: String::new(), text_bytes: 0, calls: 0, item };
        (!fields.is_empty()).then(|| carried.into_value())
    }
}

fn grow(text: &mut String, piece: &str) {
    if text.len() + piece.len() <= TEXT_BYTES_MAX {
        text.push_str(piece);
    }
}

/// Adds a piece's text to a detail's; its other fields say the same again, or at last.
fn join(detail: &mut Value, piece: &Value) {
    for (name, value) in piece.as_object().into_iter().flatten() {
        match (&mut detail[name.as_str()], value) {
            (_, Value::Null) => {}
            (Value::String(so_far), Value::String(more)) if GROWING.contains(&name.as_str()) => {
                grow(so_far, more);
            }
            (old, new) => *old = new.clone(),
        }
    }
}

const GROWING: [&str; 3] = ["text", "summary", "data"];
