//! What a provider wants back unread: its reasoning, signed or encrypted. Each item knows who
//! wrote it and where in the turn it stood, because it is worthless to anybody else and some
//! providers refuse a turn whose pieces have changed places.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::message::ToolCall;

/// One item, as it lies in [`crate::Message::Assistant`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Carried {
    /// `provider/model` that wrote it; empty until the client says so.
    #[serde(default)]
    pub from: String,
    /// How much of the turn's text came before it, in bytes.
    pub text_bytes: usize,
    /// How many of the turn's calls came before it.
    pub calls: usize,
    pub item: Value,
}

impl Carried {
    /// The items of a turn that `from` wrote itself; all others are no use to it.
    pub(crate) fn own(carried: &[Value], from: &str) -> Vec<Self> {
        let items = carried.iter().filter_map(|value| Self::deserialize(value).ok());
        items.filter(|item| item.from == from).collect()
    }

    pub(crate) fn into_value(self) -> Value {
        serde_json::to_value(self).expect("it consists of JSON")
    }
}

/// One piece of a model's turn.
#[derive(Debug, PartialEq)]
pub(super) enum Piece<'a> {
    Carried(Value),
    Text(&'a str),
    Call(&'a ToolCall),
}

/// A turn in the order in which it was written: text before calls, and the carried items where
/// they stood between them.
pub(super) fn pieces<'a>(
    text: &'a str,
    calls: &'a [ToolCall],
    carried: Vec<Carried>,
) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let (mut said, mut called) = (0, 0);
    for Carried { text_bytes, calls: before, item, .. } in carried {
        let until = text.floor_char_boundary(text_bytes).max(said);
        pieces.extend((until > said).then(|| Piece::Text(&text[said..until])));
        said = until;
        let upto = before.min(calls.len()).max(called);
        if upto > called {
            // Whatever text is left belongs before the first call.
            pieces.extend((said < text.len()).then(|| Piece::Text(&text[said..])));
            said = text.len();
        }
        pieces.extend(calls[called..upto].iter().map(Piece::Call));
        called = upto;
        pieces.push(Piece::Carried(item));
    }
    pieces.extend((said < text.len()).then(|| Piece::Text(&text[said..])));
    pieces.extend(calls[called..].iter().map(Piece::Call));
    pieces
}
