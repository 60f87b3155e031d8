//! The model's side of the machine: when it is asked, what its reply costs, and what becomes of
//! one that calls no tool.

use std::time::Duration;

use domain::Fact;
use domain::attempt::Limit;
use llm::{Message, Reply, Stop};

use super::window::{RESULTS_KEPT, WINDOW_PERCENT_MAX};
use super::{Effect, Machine, State, TurnSoFar, cut};
use crate::native::prompt;
use crate::{Ending, Report};

/// Turns in a row without one call that makes sense, before the work ends.
pub(super) const BAD_TURNS_MAX: u32 = 5;
/// Times in a row that a model which only talks is reminded of its tools.
const REMINDERS_MAX: u32 = 2;
/// Turns that are left when the model is told to come to an end.
const WRAP_UP_TURNS: u32 = 10;
/// The share of the time that is left when it is told so: a tenth, at most three minutes.
const WRAP_UP_SHARE: u32 = 10;
const WRAP_UP_TIME_MAX: Duration = Duration::from_secs(180);
/// A pull request's title that is made from the model's words, in characters.
const TITLE_CHARS_MAX: usize = 72;

impl Machine {
    /// The next turn, if there may be one.
    pub(super) fn ask(&mut self) -> Vec<Effect> {
        if self.tally.tokens >= self.bounds.tokens_max {
            let reason = format!("the models read and wrote {} tokens", self.tally.tokens);
            return self.end(Ending::OutOfBudget { limit: Limit::Tokens, reason });
        }
        if self.tally.turns >= self.bounds.turns_max {
            let turns = self.tally.turns;
            return self.give_up(format!("it didn't come to an end in {turns} turns"));
        }
        if self.tally.conversation_tokens > self.bounds.window_tokens / 100 * WINDOW_PERCENT_MAX {
            self.remove_results(RESULTS_KEPT);
        }
        self.wrap_up_in_time();
        self.state = State::Asking;
        vec![Effect::Ask]
    }

    pub(super) fn replied(&mut self, reply: Reply, took: Duration, left: Duration) -> Vec<Effect> {
        self.tally.left = Some(left);
        let mut effects = self.count(&reply, took);
        self.conversation.push(Message::from_reply(&reply));
        effects.extend(if reply.calls.is_empty() {
            self.talked(reply)
        } else {
            let cut = reply.stop == Stop::Length;
            self.next_call(TurnSoFar { waiting: reply.calls.into(), sensible: false, cut })
        });
        effects
    }

    /// What a turn cost, and what was said in it.
    fn count(&mut self, reply: &Reply, took: Duration) -> Vec<Effect> {
        let usage = reply.usage;
        self.tally.turns += 1;
        self.tally.conversation_tokens = match usage.input_tokens {
            0 => self.estimated_tokens(),
            input_tokens => input_tokens.saturating_add(usage.output_tokens),
        };
        // What a provider counts is its own word.
        self.tally.tokens = self.tally.tokens.saturating_add(self.tally.conversation_tokens);
        let turn = Fact::Turn {
            model: self.model.clone(),
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            exchange: reply.exchange,
            cached_tokens: usage.cached_tokens,
            written_tokens: usage.written_tokens,
            reasoning_tokens: usage.reasoning_tokens,
            cost_micros: reply.cost_micros,
            carried: reply.carried.clone(),
            cut: reply.stop == Stop::Length,
        };
        let said = (!reply.text.trim().is_empty()).then(|| Fact::Said { text: cut(&reply.text) });
        [turn].into_iter().chain(said).map(Effect::Record).collect()
    }

    /// Words, or nothing at all, instead of a call.
    fn talked(&mut self, reply: Reply) -> Vec<Effect> {
        if reply.text.trim().is_empty() {
            return self.bad_turn();
        }
        if self.tally.reminders < REMINDERS_MAX {
            self.tally.reminders += 1;
            return self.remind();
        }
        self.state = State::Looking { text: reply.text };
        vec![Effect::Look]
    }

    fn remind(&mut self) -> Vec<Effect> {
        self.conversation.push(Message::user(prompt::remind()));
        self.ask()
    }

    /// A model that talks on after reminders means that it is done. Whether that is so, the
    /// repository tells.
    pub(super) fn looked(&mut self, text: &str, changed: bool) -> Vec<Effect> {
        if !changed {
            return self.give_up(format!("it changed nothing and said: {}", cut(text)));
        }
        let title = stdx::cut::line(text, TITLE_CHARS_MAX);
        self.end_with(Report { ending: Ending::Finished, title, summary: text.to_owned() })
    }

    pub(super) fn bad_turn(&mut self) -> Vec<Effect> {
        self.tally.bad_turns += 1;
        if self.tally.bad_turns >= BAD_TURNS_MAX {
            let reason = format!("the model made no sensible call in {BAD_TURNS_MAX} turns");
            return self.give_up(reason);
        }
        // After a call its answer says what is wrong; after silence a reminder has to.
        match self.conversation.last() {
            Some(Message::ToolResult { .. }) => self.ask(),
            Some(Message::System { .. } | Message::User { .. } | Message::Assistant { .. })
            | None => self.remind(),
        }
    }

    /// Said once, after what the tools answered, so that the conversation only grows.
    fn wrap_up_in_time(&mut self) {
        let left = self.tally.left.unwrap_or(self.bounds.time);
        let turns = self.bounds.turns_max.saturating_sub(self.tally.turns);
        let late = left < (self.bounds.time / WRAP_UP_SHARE).min(WRAP_UP_TIME_MAX);
        let few = turns <= WRAP_UP_TURNS && self.bounds.turns_max > WRAP_UP_TURNS;
        if !self.tally.told_to_wrap_up && (late || few) {
            self.tally.told_to_wrap_up = true;
            self.conversation.push(Message::user(prompt::wrap_up(turns, left)));
        }
    }
}
