//! How long the conversation is for the model, and how it gets shorter. All but old results of
//! tools stays as it was, so that the model still knows what it did.

use llm::Message;

use super::{Effect, Machine};
use crate::native::prompt;

/// Of the model's window, in percent, before old results are removed.
pub(super) const WINDOW_PERCENT_MAX: u64 = 80;
/// Results that stay when the others are removed, and when the provider says it is too much.
pub(super) const RESULTS_KEPT: usize = 8;
const RESULTS_KEPT_AT_LEAST: usize = 2;
/// A result that is shorter isn't worth removing.
const RESULT_BYTES_REMOVED_MIN: usize = 400;
/// Bytes of text that make a token, for providers that don't count. On the safe side.
const BYTES_PER_TOKEN: u64 = 3;

impl Machine {
    pub(super) fn too_long(&mut self) -> Vec<Effect> {
        if self.remove_results(RESULTS_KEPT_AT_LEAST) == 0 {
            return self.give_up("the work doesn't fit the model's window".into());
        }
        self.ask()
    }

    /// Replaces all results but the last ones by a note; says how many it were. The rest of the
    /// conversation stays, so that the model still knows what it did.
    pub(super) fn remove_results(&mut self, kept: usize) -> usize {
        let results = self.conversation.iter_mut().rev().filter_map(|message| match message {
            Message::ToolResult { text, .. } => Some(text),
            Message::System { .. } | Message::User { .. } | Message::Assistant { .. } => None,
        });
        let long = results.skip(kept).filter(|text| text.len() >= RESULT_BYTES_REMOVED_MIN);
        let removed = long.map(|text| *text = prompt::removed()).count();
        self.tally.conversation_tokens = self.estimated_tokens();
        removed
    }

    pub(super) fn estimated_tokens(&self) -> u64 {
        let bytes: usize = self.conversation.iter().map(length).sum();
        bytes as u64 / BYTES_PER_TOKEN
    }
}

fn length(message: &Message) -> usize {
    match message {
        Message::System { text } | Message::User { text, .. } | Message::ToolResult { text, .. } => {
            text.len()
        }
        Message::Assistant { text, calls, .. } => {
            text.len()
                + calls.iter().map(|call| call.name.len() + call.arguments.len()).sum::<usize>()
        }
    }
}
