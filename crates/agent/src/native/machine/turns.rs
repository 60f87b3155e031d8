//! The model's side of the machine: when it is asked, and what becomes of a reply that calls no
//! tool.

use std::time::Duration;

use domain::Fact;
use domain::task::Mode;
use llm::{Reply, Stop};

use super::facts;
use super::{Effect, Machine, Reason, State, View};
use crate::native::prompt;
use crate::native::tools::Conclusion;
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
/// Of the model's words in a reason.
const REASON_BYTES_MAX: usize = 4 * 1024;

impl Machine {
    /// The next turn, if there may be one.
    pub(super) fn ask(&mut self) -> Vec<Effect> {
        if let Some((limit, reason)) = self.used_up() {
            return self.out_of_budget(limit, reason);
        }
        if let Some(kept_after) = self.wants_compaction() {
            return self.compact(kept_after, false);
        }
        self.wrap_up_in_time();
        self.state = State::Asking;
        self.then(Effect::Ask)
    }

    pub(super) fn replied(&mut self, reply: Reply, took: Duration, left: Duration) -> Vec<Effect> {
        self.run.left = Some(left);
        self.run.shortened = 0;
        for fact in facts::of_reply(&self.model, &reply, took) {
            self.log(fact);
        }
        if reply.calls.is_empty() {
            return self.talked(&reply.text);
        }
        self.begin_calls(&reply.calls, reply.stop == Stop::Length)
    }

    /// Words, or nothing at all, instead of a call.
    fn talked(&mut self, text: &str) -> Vec<Effect> {
        if text.trim().is_empty() {
            return self.bad_turn(false);
        }
        if self.run.reminders < REMINDERS_MAX {
            self.run.reminders += 1;
            return self.remind();
        }
        self.state = State::Looking(Reason::Talk { text: text.to_owned() });
        self.then(Effect::Look)
    }

    fn remind(&mut self) -> Vec<Effect> {
        self.tell(prompt::remind(self.bounds.mode, self.is_planning()));
        self.listen()
    }

    pub(super) fn looked(&mut self, reason: Reason, view: View) -> Vec<Effect> {
        match reason {
            Reason::Talk { text } => self.taken_at_its_word(text, &view),
            Reason::Plan { call, text, turn } => self.planned(&call, text, turn, &view),
            Reason::Compaction { kept_after, is_too_long } => {
                self.summarize(kept_after, is_too_long, view)
            }
        }
    }

    /// A model that talks on after reminders means that it is done. Whether that is so, the
    /// repository tells.
    fn taken_at_its_word(&mut self, text: String, view: &View) -> Vec<Effect> {
        match (self.bounds.mode, self.is_planning()) {
            (Mode::Ask, _) => self.concluded(Conclusion { text, sources: Vec::new() }),
            (Mode::Code, true) if !self.is_changed(view) => {
                self.log(Fact::Planned { text });
                self.pause_for_plan()
            }
            (Mode::Code, _) if !self.is_changed(view) => {
                let said = stdx::cut::middle(&text, REASON_BYTES_MAX);
                self.give_up(format!("it changed nothing and said: {said}"))
            }
            (Mode::Code, true) => {
                self.give_up("it changed files before its plan was approved".into())
            }
            (Mode::Code, false) => {
                let title = stdx::cut::line(&text, TITLE_CHARS_MAX);
                self.end_with(Report { ending: Ending::Finished, title, summary: text })
            }
        }
    }

    /// After a call its answer says what is wrong; after silence a reminder has to.
    pub(super) fn bad_turn(&mut self, has_calls: bool) -> Vec<Effect> {
        self.run.bad_turns += 1;
        if self.run.bad_turns >= BAD_TURNS_MAX {
            let reason = format!("the model made no sensible call in {BAD_TURNS_MAX} turns");
            return self.give_up(reason);
        }
        if has_calls { self.listen() } else { self.remind() }
    }

    /// Said once, after what the tools answered, so that the conversation only grows.
    fn wrap_up_in_time(&mut self) {
        let (limits, time) = (&self.bounds.limits, self.bounds.time);
        let left = self.run.left.unwrap_or(time);
        let turns = limits.turns.saturating_sub(self.conversation.tally().turns);
        let late = left < (time / WRAP_UP_SHARE).min(WRAP_UP_TIME_MAX);
        let few = turns <= WRAP_UP_TURNS && limits.turns > WRAP_UP_TURNS;
        if !self.run.told_to_wrap_up && (late || few) {
            self.run.told_to_wrap_up = true;
            self.tell(prompt::wrap_up(self.bounds.mode, turns, left));
        }
    }
}
