//! The loop as a machine: what happened comes in, what is to be done goes out. Pure: it knows
//! neither a model nor a computer, only what they said, and no clock, only how much time is left.
//!
//! ```text
//! Fresh → Asking ⇄ Acting → Ended
//!            ⇅ Looking
//! ```
//!
//! Each handler takes the one state that its event belongs to; an event that comes in another
//! changes nothing. Effects are done in their order, and at most the last one of a batch brings
//! an event back, so that everything is in the log before it acts.

mod calls;
mod turns;
mod window;

use std::collections::VecDeque;
use std::time::Duration;

use domain::Fact;
use llm::{Message, Reply, ToolCall};

use super::repetition::Repetition;
use super::tools::{Action, Answer};
use crate::{Ending, Report};

/// Of one text in the log.
const FACT_BYTES_MAX: usize = 16 * 1024;

/// What the work may use at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    pub turns_max: u32,
    pub tokens_max: u64,
    pub window_tokens: u64,
    pub time: Duration,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    Started,
    /// The model's turn, how long it took, and how much of the time is left.
    Replied {
        reply: Reply,
        took: Duration,
        left: Duration,
    },
    /// The conversation doesn't fit the model's window.
    TooLong,
    /// What the tool that was to act says.
    Acted(Answer),
    /// Whether the repository differs from how it was at the start.
    Looked {
        changed: bool,
    },
    TimeOver,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Effect {
    Record(Fact),
    /// Gives the conversation to the model.
    Ask,
    Act(Action),
    /// Sees whether anything was changed.
    Look,
    End(Report),
}

#[derive(Debug)]
enum State {
    Fresh,
    Asking,
    /// A tool acts for `call`; the others of the same turn wait.
    Acting {
        call: ToolCall,
        turn: TurnSoFar,
    },
    /// The model talks and calls nothing; `text` is what it said last.
    Looking {
        text: String,
    },
    Ended,
}

/// A model's turn of which some calls are done.
#[derive(Debug, Default)]
struct TurnSoFar {
    waiting: VecDeque<ToolCall>,
    /// At least one call made sense.
    sensible: bool,
    /// The reply was cut at the model's output limit.
    cut: bool,
}

#[derive(Debug, Default)]
struct Tally {
    turns: u32,
    tokens: u64,
    bad_turns: u32,
    reminders: u32,
    /// Of the time, at the last reply.
    left: Option<Duration>,
    told_to_wrap_up: bool,
    /// How long the conversation was for the model when it was last asked.
    conversation_tokens: u64,
}

#[derive(Debug)]
pub(super) struct Machine {
    bounds: Bounds,
    model: String,
    conversation: Vec<Message>,
    state: State,
    tally: Tally,
    repetition: Repetition,
}

impl Machine {
    /// `conversation` is what the model is told at first.
    pub(super) fn new(bounds: Bounds, model: &str, conversation: Vec<Message>) -> Self {
        Self {
            bounds,
            model: model.to_owned(),
            conversation,
            state: State::Fresh,
            tally: Tally::default(),
            repetition: Repetition::default(),
        }
    }

    /// What [`Effect::Ask`] gives to the model.
    pub(super) fn conversation(&self) -> &[Message] {
        &self.conversation
    }

    pub(super) fn handle(&mut self, event: Event) -> Vec<Effect> {
        let state = std::mem::replace(&mut self.state, State::Ended);
        match (event, state) {
            (Event::TimeOver, State::Ended) => Vec::new(),
            (Event::TimeOver, _) => self.end(Ending::OutOfTime),
            (Event::Started, State::Fresh) => self.ask(),
            (Event::Replied { reply, took, left }, State::Asking) => {
                self.replied(reply, took, left)
            }
            (Event::TooLong, State::Asking) => self.too_long(),
            (Event::Acted(answer), State::Acting { call, turn }) => self.acted(call, turn, answer),
            (Event::Looked { changed }, State::Looking { text }) => self.looked(&text, changed),
            (_, state) => {
                self.state = state;
                Vec::new()
            }
        }
    }
}

/// The end.
impl Machine {
    fn end(&mut self, ending: Ending) -> Vec<Effect> {
        self.end_with(Report { ending, title: String::new(), summary: String::new() })
    }

    fn give_up(&mut self, reason: String) -> Vec<Effect> {
        self.end(Ending::GaveUp { reason })
    }

    fn end_with(&mut self, report: Report) -> Vec<Effect> {
        self.state = State::Ended;
        vec![Effect::End(report)]
    }
}

fn cut(text: &str) -> String {
    stdx::cut::middle(text, FACT_BYTES_MAX)
}

#[cfg(test)]
mod tests;
