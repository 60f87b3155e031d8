//! The loop as a machine: what happened comes in, what is to be done goes out. Pure: it knows
//! neither a model nor a computer, only what they said, and no clock, only how much time is left.
//!
//! ```text
//! Fresh → Listening → Asking ⇄ Acting → Ended
//!              ↑ ↓ Looking, Summarizing
//! ```
//!
//! Each handler takes the one state that its event belongs to; an event that comes in another
//! changes nothing. Facts gather and are recorded together before anything else is done, so that
//! everything is in the log before it acts, in as few writes as can be: one after each reply, one
//! before each question. The conversation is the fold of these facts and of nothing else.

mod calls;
mod endings;
mod facts;
mod turns;
mod window;

use std::collections::VecDeque;
use std::time::Duration;

use domain::task::Mode;
use domain::{Fact, Limits, Timestamp};
use llm::{Message, Reply, ToolCall};

use super::conversation::Conversation;
use super::prompt::{self, NotBegun};
use super::tools::{Action, Answer, Call, Conclusion, Finish};
use crate::Report;

/// What the work may use at most, and what it is to end in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    pub limits: Limits,
    pub window_tokens: u64,
    /// From the start of this run.
    pub time: Duration,
    pub mode: Mode,
    pub plan_first: bool,
}

/// What is asked of the world, and what it answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    /// With what the conversation begins, where it hasn't begun before.
    Started {
        opening: Option<Fact>,
    },
    /// What persons have said since, with the numbers of their events.
    Heard(Vec<(u64, String)>),
    /// The model's turn, how long it took, and how much of the time is left.
    Replied {
        reply: Reply,
        took: Duration,
        left: Duration,
    },
    /// The conversation doesn't fit the model's window.
    TooLong,
    /// The provider has nothing left for us.
    QuotaUsedUp {
        provider: String,
        message: String,
        until: Timestamp,
    },
    /// Whoever keeps the accounts says so.
    OutOfBudget {
        limit: domain::attempt::Limit,
        reason: String,
    },
    /// What the tools that were to act say, in the order of their calls.
    Acted(Vec<Answer>),
    /// What the workspace is like.
    Looked(View),
    /// The model's summary, if it made one, and how long that took.
    Summarized {
        reply: Option<Reply>,
        took: Duration,
    },
    TimeOver,
}

/// The workspace as git sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct View {
    /// A digest of all its files; empty where it can't be told.
    pub workspace: String,
    /// What differs from the last commit, and what was committed lately, for the model.
    pub changes: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Effect {
    /// All of them or none.
    Record(Vec<Fact>),
    /// Hears what persons have said since that event.
    Listen {
        since: u64,
    },
    /// Gives the conversation to the model.
    Ask,
    /// Lets these act at the same time.
    Act(Vec<Deed>),
    /// Sees what the workspace is like.
    Look,
    /// Gives these messages to the model, for a summary.
    Summarize(Vec<Message>),
    End(Report),
}

/// Something to do, and what a file of its output would be called.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Deed {
    pub action: Action,
    pub file: String,
}

#[derive(Debug)]
enum State {
    Fresh,
    Listening(Next),
    Asking,
    /// Tools act for these calls; the others of the same turn wait.
    Acting {
        calls: Vec<(ToolCall, Action)>,
        turn: TurnSoFar,
    },
    Looking(Reason),
    Summarizing {
        kept_after: u64,
        view: View,
    },
    Ended,
}

/// What comes after persons were heard.
#[derive(Debug)]
enum Next {
    Question,
    /// The end of the work, unless somebody has said something.
    End(Box<LastCall>),
}

/// The call that ends the work.
#[derive(Debug)]
struct LastCall {
    call: ToolCall,
    closing: Closing,
    turn: TurnSoFar,
}

#[derive(Debug)]
enum Closing {
    Finish(Finish),
    Conclude(Conclusion),
}

/// Why the workspace is looked at.
#[derive(Debug)]
enum Reason {
    /// The model talks and calls nothing; this is what it said last.
    Talk { text: String },
    /// A plan that is to be approved must not come with changes.
    Plan { call: ToolCall, text: String, turn: TurnSoFar },
    /// The conversation is to be shortened to its turns after that one.
    Compaction { kept_after: u64, is_too_long: bool },
}

/// A model's turn of which some calls are done.
#[derive(Debug, Default)]
struct TurnSoFar {
    waiting: VecDeque<(ToolCall, Result<Call, String>)>,
    /// Calls of it that were begun.
    begun: u32,
    /// At least one call made sense.
    sensible: bool,
    /// The reply was cut at the model's output limit.
    cut: bool,
    /// To be told when all its calls are answered.
    notes: Vec<String>,
}

/// What holds for this run alone.
#[derive(Debug, Default)]
struct Run {
    /// It goes on with what an earlier run began.
    resumed: bool,
    bad_turns: u32,
    reminders: u32,
    /// Of the time, at the last reply.
    left: Option<Duration>,
    told_to_wrap_up: bool,
    /// Compactions since the model last answered.
    shortened: u32,
}

#[derive(Debug)]
pub(super) struct Machine {
    bounds: Bounds,
    model: String,
    conversation: Conversation,
    state: State,
    /// Facts that aren't recorded yet; they are part of the conversation already.
    facts: Vec<Fact>,
    run: Run,
}

impl Machine {
    /// `conversation` is what earlier runs have left.
    pub(super) fn new(bounds: Bounds, model: &str, conversation: Conversation) -> Self {
        Self {
            bounds,
            model: model.to_owned(),
            conversation,
            state: State::Fresh,
            facts: Vec::new(),
            run: Run::default(),
        }
    }

    /// What [`Effect::Ask`] gives to the model.
    pub(super) fn conversation(&self) -> &[Message] {
        self.conversation.messages()
    }

    pub(super) fn handle(&mut self, event: Event) -> Vec<Effect> {
        let state = std::mem::replace(&mut self.state, State::Ended);
        match (event, state) {
            (Event::TimeOver, State::Ended) => Vec::new(),
            (Event::TimeOver, _) => self.out_of_time(),
            (Event::Started { opening }, State::Fresh) => self.start(opening),
            (Event::Heard(said), State::Listening(next)) => self.heard(said, next),
            (Event::Replied { reply, took, left }, State::Asking) => {
                self.replied(reply, took, left)
            }
            (Event::TooLong, State::Asking) => self.too_long(),
            (
                Event::QuotaUsedUp { provider, message, until },
                State::Asking | State::Summarizing { .. },
            ) => self.pause_for_quota(provider, message, until),
            (Event::OutOfBudget { limit, reason }, State::Asking | State::Summarizing { .. }) => {
                self.out_of_budget(limit, reason)
            }
            (Event::Acted(answers), State::Acting { calls, turn }) => {
                self.acted(calls, turn, answers)
            }
            (Event::Looked(view), State::Looking(reason)) => self.looked(reason, view),
            (Event::Summarized { reply, took }, State::Summarizing { kept_after, view }) => {
                self.summarized(reply, took, kept_after, view)
            }
            (_, state) => {
                self.state = state;
                Vec::new()
            }
        }
    }

    /// Into the log, and so into the conversation.
    fn log(&mut self, fact: Fact) {
        self.conversation.apply(0, &fact);
        self.facts.push(fact);
    }

    fn tell(&mut self, text: String) {
        self.log(Fact::Told { text });
    }

    /// All that was logged is recorded before it.
    fn then(&mut self, effect: Effect) -> Vec<Effect> {
        let facts = std::mem::take(&mut self.facts);
        let record = (!facts.is_empty()).then_some(Effect::Record(facts));
        record.into_iter().chain([effect]).collect()
    }

    /// The plan isn't approved, so nothing may be changed.
    fn is_planning(&self) -> bool {
        let code = match self.bounds.mode {
            Mode::Code => true,
            Mode::Ask => false,
        };
        code && self.bounds.plan_first && !self.conversation.plan_is_approved()
    }
}

/// The beginning.
impl Machine {
    fn start(&mut self, opening: Option<Fact>) -> Vec<Effect> {
        match opening {
            Some(opening) => self.log(opening),
            None => self.resume(),
        }
        self.listen()
    }

    /// What was in flight has no result: it is never silently done again. Calls are done in their
    /// order, so of those without an answer only the first ones had begun.
    fn resume(&mut self) {
        self.run.resumed = true;
        let open = self.conversation.open_calls().to_vec();
        let mode = self.bounds.mode;
        let calls = open.iter().map(|call| calls::understood(mode, call)).collect();
        let begun = calls::group_length(&calls);
        for (at, call) in open.iter().enumerate() {
            let text = match at < begun {
                true => prompt::interrupted(),
                false => prompt::not_begun(NotBegun::Interrupted),
            };
            self.log(facts::answered(call, Answer::bad(text)));
        }
    }

    /// Before each question.
    fn listen(&mut self) -> Vec<Effect> {
        self.listen_before(Next::Question)
    }

    fn listen_before(&mut self, next: Next) -> Vec<Effect> {
        self.state = State::Listening(next);
        vec![Effect::Listen { since: self.conversation.newest_steered() }]
    }

    fn heard(&mut self, said: Vec<(u64, String)>, next: Next) -> Vec<Effect> {
        for (seq, text) in said {
            // Already in the log, so it isn't recorded again.
            let by = String::new();
            self.conversation.apply(seq, &Fact::Steered { by, text });
        }
        match (next, self.conversation.has_unheard()) {
            (Next::Question, is_new) => self.go_on(is_new),
            (Next::End(last), false) => self.close(*last),
            (Next::End(last), true) => {
                self.answer(&last.call, Answer::bad(prompt::goes_on()));
                self.leave(last.turn, NotBegun::Heard);
                self.go_on(true)
            }
        }
    }

    fn go_on(&mut self, is_new: bool) -> Vec<Effect> {
        if self.is_planning() && self.conversation.plan_waits() && !is_new {
            return self.pause_for_plan();
        }
        if std::mem::take(&mut self.run.resumed) {
            self.tell(prompt::resumed(self.bounds.time, self.conversation.is_anew()));
        }
        if is_new {
            self.log(Fact::Heard { upto: self.conversation.newest_steered() });
        }
        self.ask()
    }
}

#[cfg(test)]
pub(in crate::native) mod tests;
