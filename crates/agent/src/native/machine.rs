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

use std::collections::VecDeque;
use std::time::Duration;

use domain::Fact;
use llm::{Message, Reply, Stop, ToolCall};

use super::prompt;
use super::repetition::{Repetition, Verdict};
use super::tools::{self, Action, Answer, Call, Finish};
use crate::{Ending, Report};

/// Turns in a row without one call that makes sense, before the work ends.
const BAD_TURNS_MAX: u32 = 5;
/// Times in a row that a model which only talks is reminded of its tools.
const REMINDERS_MAX: u32 = 2;
/// Turns that are left when the model is told to come to an end.
const WRAP_UP_TURNS: u32 = 10;
/// The share of the time that is left when it is told so: a tenth, at most three minutes.
const WRAP_UP_SHARE: u32 = 10;
const WRAP_UP_TIME_MAX: Duration = Duration::from_secs(180);
/// Of the model's window, in percent, before old results are removed.
const WINDOW_PERCENT_MAX: u64 = 80;
/// Results that stay when the others are removed, and when the provider says it is too much.
const RESULTS_KEPT: usize = 8;
const RESULTS_KEPT_AT_LEAST: usize = 2;
/// A result that is shorter isn't worth removing.
const RESULT_BYTES_REMOVED_MIN: usize = 400;
/// Bytes of text that make a token, for providers that don't count. On the safe side.
const BYTES_PER_TOKEN: u64 = 3;
/// Of one text in the log.
const FACT_BYTES_MAX: usize = 16 * 1024;
/// A pull request's title that is made from the model's words, in characters.
const TITLE_CHARS_MAX: usize = 72;

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

/// The model's side.
impl Machine {
    /// The next turn, if there may be one.
    fn ask(&mut self) -> Vec<Effect> {
        if self.tally.tokens >= self.bounds.tokens_max {
            return self.end(Ending::OutOfBudget);
        }
        if self.tally.turns >= self.bounds.turns_max {
            let turns = self.tally.turns;
            return self.give_up(format!("it didn't come to an end in {turns} turns"));
        }
        if self.tally.conversation_tokens > self.bounds.window_tokens * WINDOW_PERCENT_MAX / 100 {
            self.remove_results(RESULTS_KEPT);
        }
        self.wrap_up_in_time();
        self.state = State::Asking;
        vec![Effect::Ask]
    }

    fn replied(&mut self, reply: Reply, took: Duration, left: Duration) -> Vec<Effect> {
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
            input_tokens => input_tokens + usage.output_tokens,
        };
        self.tally.tokens += self.tally.conversation_tokens;
        let turn = Fact::Turn {
            model: self.model.clone(),
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
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
        self.conversation.push(Message::User { text: prompt::remind() });
        self.ask()
    }

    /// A model that talks on after reminders means that it is done. Whether that is so, the
    /// repository tells.
    fn looked(&mut self, text: &str, changed: bool) -> Vec<Effect> {
        if !changed {
            return self.give_up(format!("it changed nothing and said: {}", cut(text)));
        }
        let title = stdx::cut::line(text, TITLE_CHARS_MAX);
        self.end_with(Report { ending: Ending::Finished, title, summary: text.to_owned() })
    }

    fn bad_turn(&mut self) -> Vec<Effect> {
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
            self.conversation.push(Message::User { text: prompt::wrap_up(turns, left) });
        }
    }
}

/// The tools' side.
impl Machine {
    /// The next call of a turn, or the next turn.
    fn next_call(&mut self, mut turn: TurnSoFar) -> Vec<Effect> {
        let mut effects = Vec::new();
        while let Some(call) = turn.waiting.pop_front() {
            effects.push(Effect::Record(called(&call)));
            match tools::parse(&call.name, &call.arguments) {
                Ok(Call::Act(action)) => {
                    turn.sensible = true;
                    self.state = State::Acting { call, turn };
                    effects.push(Effect::Act(action));
                    return effects;
                }
                Ok(Call::Finish(finish)) => {
                    effects.extend(self.finish(&call, finish));
                    return effects;
                }
                Err(wrong) => effects.push(self.answer(&call, Answer::bad(why(&wrong, &turn)))),
            }
        }
        effects.extend(self.end_turn(&turn));
        effects
    }

    fn end_turn(&mut self, turn: &TurnSoFar) -> Vec<Effect> {
        if !turn.sensible {
            return self.bad_turn();
        }
        self.tally.bad_turns = 0;
        self.tally.reminders = 0;
        self.ask()
    }

    fn acted(&mut self, call: ToolCall, turn: TurnSoFar, mut answer: Answer) -> Vec<Effect> {
        if answer.changed {
            self.repetition.forget();
        }
        let verdict = self.repetition.observe(&call.name, &call.arguments, &answer.text);
        if let Verdict::Repeated { times } = verdict {
            answer.text = format!("{}\n{}", answer.text, prompt::repeated(times));
        }
        let mut effects = vec![self.answer(&call, answer)];
        effects.extend(match verdict {
            Verdict::Stuck { times } => {
                let tool = call.name;
                self.give_up(format!("it called {tool} {times} times with the same result"))
            }
            Verdict::Fine | Verdict::Repeated { .. } => self.next_call(turn),
        });
        effects
    }

    /// Into the conversation, and into the log.
    fn answer(&mut self, call: &ToolCall, answer: Answer) -> Effect {
        let Answer { ok, text, .. } = answer;
        let output = cut(&text);
        self.conversation.push(Message::ToolResult { call: call.id.clone(), ok, text });
        Effect::Record(Fact::Answered { call: cut(&call.id), ok, output })
    }

    fn finish(&mut self, call: &ToolCall, finish: Finish) -> Vec<Effect> {
        let mut effects = vec![self.answer(call, Answer::good("The work is over."))];
        let Finish { title, summary, not_done } = finish;
        let ending = not_done.map_or(Ending::Finished, |reason| Ending::GaveUp { reason });
        effects.extend(self.end_with(Report { ending, title, summary }));
        effects
    }
}

/// The conversation's length.
impl Machine {
    fn too_long(&mut self) -> Vec<Effect> {
        if self.remove_results(RESULTS_KEPT_AT_LEAST) == 0 {
            return self.give_up("the work doesn't fit the model's window".into());
        }
        self.ask()
    }

    /// Replaces all results but the last ones by a note; says how many it were. The rest of the
    /// conversation stays, so that the model still knows what it did.
    fn remove_results(&mut self, kept: usize) -> usize {
        let results = self.conversation.iter_mut().rev().filter_map(|message| match message {
            Message::ToolResult { text, .. } => Some(text),
            Message::System { .. } | Message::User { .. } | Message::Assistant { .. } => None,
        });
        let long = results.skip(kept).filter(|text| text.len() >= RESULT_BYTES_REMOVED_MIN);
        let removed = long.map(|text| *text = prompt::removed()).count();
        self.tally.conversation_tokens = self.estimated_tokens();
        removed
    }

    fn estimated_tokens(&self) -> u64 {
        let bytes: usize = self.conversation.iter().map(length).sum();
        bytes as u64 / BYTES_PER_TOKEN
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

fn called(call: &ToolCall) -> Fact {
    Fact::Called { call: cut(&call.id), tool: cut(&call.name), arguments: cut(&call.arguments) }
}

/// A model doesn't notice by itself that its output limit cut its arguments.
fn why(wrong: &str, turn: &TurnSoFar) -> String {
    if turn.cut && turn.waiting.is_empty() {
        format!("{wrong} Your reply was cut at its length limit: write less in one call.")
    } else {
        wrong.to_owned()
    }
}

fn cut(text: &str) -> String {
    stdx::cut::middle(text, FACT_BYTES_MAX)
}

fn length(message: &Message) -> usize {
    match message {
        Message::System { text } | Message::User { text } | Message::ToolResult { text, .. } => {
            text.len()
        }
        Message::Assistant { text, calls, .. } => {
            text.len()
                + calls.iter().map(|call| call.name.len() + call.arguments.len()).sum::<usize>()
        }
    }
}

#[cfg(test)]
mod tests;
