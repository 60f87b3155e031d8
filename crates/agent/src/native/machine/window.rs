//! How the conversation stays within the model's window: when it is nearly full, the model sums up
//! what came so far, and the conversation goes on with its beginning, the summary, and the last
//! turns. In between it only grows, so that the provider's cache holds.

use std::time::Duration;

use domain::Fact;
use domain::attempt::Limit;
use domain::task::Mode;
use llm::{Message, Reply};

use super::facts;
use super::{Effect, Machine, Reason, State, View};
use crate::native::conversation::length;
use crate::native::plain::plain;
use crate::native::prompt;

/// Of the model's window, in percent, before the conversation is shortened.
const WINDOW_PERCENT_MAX: u64 = 80;
/// Of the model's window, in percent, what the last turns may take that are kept.
const KEPT_PERCENT_MAX: u64 = 15;
const KEPT_TURNS_MAX: u64 = 6;
/// Bytes of text that make a token, on the safe side.
const BYTES_PER_TOKEN: u64 = 3;
/// Of the summary itself.
const SUMMARY_BYTES_MAX: usize = 24 * 1024;
/// Compactions in a row without a change of the workspace, before the work ends.
const UNCHANGED_MAX: u32 = 3;
/// Compactions in a row without an answer of the model.
const SHORTENED_MAX: u32 = 2;
/// Results that the model still sees when it sums up what is too long for it.
const RESULTS_KEPT: usize = 2;
/// Messages of persons that are kept beside a summary, and of each.
const HEARD_MAX: usize = 20;
const HEARD_BYTES_MAX: usize = 2 * 1024;
/// Of one message in a summary that no model made.
const LINE_CHARS_MAX: usize = 300;

impl Machine {
    /// After which turn the conversation is to be kept, where it is time to shorten it.
    pub(super) fn wants_compaction(&self) -> Option<u64> {
        let most = self.bounds.window_tokens / 100 * WINDOW_PERCENT_MAX;
        let is_full = self.conversation.tally().conversation_tokens() > most;
        (is_full && self.run.shortened == 0).then(|| self.kept_after())
    }

    /// The last turns, as many as there is room for.
    fn kept_after(&self) -> u64 {
        let room = self.bounds.window_tokens / 100 * KEPT_PERCENT_MAX * BYTES_PER_TOKEN;
        let turns = self.conversation.turns();
        let messages = self.conversation.messages();
        let mut bytes = 0;
        let mut kept_after = turns;
        for (at, message) in messages.iter().enumerate().rev() {
            bytes += length(message) as u64;
            let turn = self.conversation.turn_of(at);
            if bytes > room || turns.saturating_sub(turn) >= KEPT_TURNS_MAX || turn == 0 {
                break;
            }
            // A turn begins with the model's own message.
            if matches!(message, Message::Assistant { .. }) {
                kept_after = turn - 1;
            }
        }
        kept_after
    }

    /// The provider says so.
    pub(super) fn too_long(&mut self) -> Vec<Effect> {
        let kept_after = match self.run.shortened {
            0 => self.kept_after(),
            1..SHORTENED_MAX => self.conversation.turns(),
            SHORTENED_MAX.. => {
                return self.give_up("the work doesn't fit the model's window".into());
            }
        };
        self.compact(kept_after, true)
    }

    pub(super) fn compact(&mut self, kept_after: u64, is_too_long: bool) -> Vec<Effect> {
        self.run.shortened += 1;
        self.state = State::Looking(Reason::Compaction { kept_after, is_too_long });
        self.then(Effect::Look)
    }

    pub(super) fn summarize(
        &mut self,
        kept_after: u64,
        is_too_long: bool,
        view: View,
    ) -> Vec<Effect> {
        let mut messages = self.conversation().to_vec();
        if is_too_long {
            remove_results(&mut messages);
        }
        messages.push(Message::user(prompt::summarize()));
        self.state = State::Summarizing { kept_after, view };
        self.then(Effect::Summarize(messages))
    }

    pub(super) fn summarized(
        &mut self,
        reply: Option<Reply>,
        took: Duration,
        kept_after: u64,
        view: View,
    ) -> Vec<Effect> {
        let own = reply.as_ref().map(|reply| plain(&reply.text).trim().to_owned());
        let own = own.filter(|text| !text.is_empty());
        let text = own.unwrap_or_else(|| self.mechanical_summary());
        if let Some(reply) = reply {
            self.log(facts::of_summary(&self.model, &reply, took));
        }
        let text = stdx::cut::middle(&text, SUMMARY_BYTES_MAX);
        let heard = last(self.conversation.heard());
        let summary = prompt::summary(&text, self.conversation.plan(), &heard, &view.changes);
        self.log(Fact::Compacted { summary, kept_after, workspace: view.workspace });
        match self.is_without_progress() {
            true => {
                let reason = format!(
                    "its conversation was shortened {UNCHANGED_MAX} times without a change of the \
                     repository"
                );
                self.out_of_budget(Limit::Progress, reason)
            }
            false => self.ask(),
        }
    }

    /// Who is asked a question changes nothing.
    fn is_without_progress(&self) -> bool {
        match self.bounds.mode {
            Mode::Code => self.conversation.tally().compactions_unchanged >= UNCHANGED_MAX,
            Mode::Ask => false,
        }
    }

    /// Where the model makes none: what was said and done, a line each.
    fn mechanical_summary(&self) -> String {
        let lines = self.conversation.since_opening().iter().flat_map(lines);
        lines.map(|line| format!("- {line}\n")).collect()
    }
}

/// Of what persons said, the last messages.
fn last(heard: &[String]) -> Vec<String> {
    let last = &heard[heard.len().saturating_sub(HEARD_MAX)..];
    last.iter().map(|text| stdx::cut::middle(text, HEARD_BYTES_MAX)).collect()
}

fn lines(message: &Message) -> Vec<String> {
    let line = |text: &str| stdx::cut::line(text, LINE_CHARS_MAX);
    match message {
        Message::System { .. } => Vec::new(),
        // An earlier summary is worth its room.
        Message::User { text, .. } => vec![stdx::cut::middle(text, SUMMARY_BYTES_MAX / 4)],
        Message::Assistant { text, calls, .. } => {
            let said = (!text.trim().is_empty()).then(|| format!("I said: {}", line(text)));
            let calls = calls
                .iter()
                .map(|call| format!("I called {} {}", call.name, line(&call.arguments)));
            said.into_iter().chain(calls).collect()
        }
        Message::ToolResult { ok, text, .. } => {
            vec![format!("{}: {}", if *ok { "it did well" } else { "it failed" }, line(text))]
        }
    }
}

/// All but the last ones.
fn remove_results(messages: &mut [Message]) {
    let results = messages.iter_mut().rev().filter_map(|message| match message {
        Message::ToolResult { text, images, .. } => Some((text, images)),
        Message::System { .. } | Message::User { .. } | Message::Assistant { .. } => None,
    });
    for (text, images) in results.skip(RESULTS_KEPT) {
        *text = prompt::removed();
        images.clear();
    }
}
