//! The tools' side of the machine: the calls of a turn in their order, those at the same time that
//! don't disturb each other, and each answered.

use std::collections::VecDeque;

use domain::Fact;
use domain::task::Mode;
use llm::ToolCall;

use super::facts::{self, ARGUMENTS_BYTES_MAX, CALLS_MAX};
use super::{Closing, Deed, Effect, LastCall, Machine, Next, Reason, State, TurnSoFar, View};
use crate::native::prompt::{self, NotBegun};
use crate::native::repetition::Verdict;
use crate::native::tools::{self, Action, Answer, Call, Finish, Plan};

/// Tools that act at once.
const AT_ONCE_MAX: usize = 8;

/// A call and what it means.
pub(super) type Understood = (ToolCall, Result<Call, String>);

pub(super) fn understood(mode: Mode, call: &ToolCall) -> Understood {
    (call.clone(), tools::parse(mode, &call.name, &call.arguments))
}

/// How many of the first calls are done together; at least one where there is one.
pub(super) fn group_length(calls: &VecDeque<Understood>) -> usize {
    let action = |(_, call): &Understood| match call {
        Ok(Call::Act(action)) => Some(action.clone()),
        Ok(Call::Plan(_) | Call::Finish(_)) | Err(_) => None,
    };
    let mut group: Vec<Action> = Vec::new();
    for call in calls.iter().take(AT_ONCE_MAX) {
        match action(call) {
            Some(action) if group.iter().all(|other| action.goes_with(other)) => group.push(action),
            Some(_) | None => break,
        }
    }
    group.len().max(1).min(calls.len())
}

impl Machine {
    /// The calls of a reply, which are in the log already.
    pub(super) fn begin_calls(&mut self, all: &[ToolCall], cut: bool) -> Vec<Effect> {
        let calls = self.conversation.open_calls().to_vec();
        let mode = self.bounds.mode;
        let waiting = calls.iter().zip(all).map(|(call, asked)| {
            match asked.arguments.len() > ARGUMENTS_BYTES_MAX {
                true => (call.clone(), Err(too_long(asked))),
                false => understood(mode, call),
            }
        });
        let mut turn = TurnSoFar { waiting: waiting.collect(), cut, ..TurnSoFar::default() };
        if all.len() > CALLS_MAX {
            let left_out = all.len() - CALLS_MAX;
            turn.notes.push(format!(
                "{left_out} calls of this turn were left out: at most {CALLS_MAX} are taken."
            ));
        }
        self.next_calls(turn)
    }

    /// The next calls of a turn, or the next turn.
    pub(super) fn next_calls(&mut self, mut turn: TurnSoFar) -> Vec<Effect> {
        loop {
            let group = group_length(&turn.waiting);
            let Some((call, understood)) = turn.waiting.pop_front() else { break };
            match understood {
                Ok(Call::Act(action)) => {
                    if let Some(refusal) = self.refusal(&action) {
                        self.answer(&call, Answer::bad(refusal));
                        continue;
                    }
                    return self.act(call, action, group, turn);
                }
                Ok(Call::Plan(plan)) => return self.plan(call, &plan, turn),
                Ok(Call::Finish(finish)) => match self.refused_finish(&finish) {
                    Some(refusal) => self.answer(&call, Answer::bad(refusal)),
                    None => {
                        let closing = Closing::Finish(finish);
                        return self.last_call(call, closing, turn);
                    }
                },
                Err(wrong) => {
                    let wrong = why(&wrong, &turn);
                    self.answer(&call, Answer::bad(wrong));
                }
            }
        }
        self.end_turn(turn)
    }

    /// Together with as many that follow as go with it.
    fn act(
        &mut self,
        call: ToolCall,
        action: Action,
        group: usize,
        mut turn: TurnSoFar,
    ) -> Vec<Effect> {
        turn.sensible = true;
        let mut calls = vec![(call, action)];
        while calls.len() < group {
            match turn.waiting.pop_front() {
                Some((call, Ok(Call::Act(action)))) => calls.push((call, action)),
                Some(other) => {
                    turn.waiting.push_front(other);
                    break;
                }
                None => break,
            }
        }
        let deeds = calls.iter().map(|(_, action)| self.deed(action, &mut turn)).collect();
        self.state = State::Acting { calls, turn };
        self.then(Effect::Act(deeds))
    }

    fn deed(&self, action: &Action, turn: &mut TurnSoFar) -> Deed {
        turn.begun += 1;
        let file = format!("turn-{}-{}.txt", self.conversation.turns(), turn.begun);
        Deed { action: action.clone(), file }
    }

    /// Before the plan is approved nothing may be changed.
    fn refusal(&self, action: &Action) -> Option<String> {
        match action {
            Action::Patch(_) if self.is_planning() => {
                Some("Nothing was changed: the plan has to be approved first. Call plan.".into())
            }
            Action::Patch(_)
            | Action::Shell(_)
            | Action::Read(_)
            | Action::Search(_)
            | Action::Conclude(_) => None,
        }
    }

    fn refused_finish(&self, finish: &Finish) -> Option<String> {
        (self.is_planning() && finish.not_done.is_none())
            .then(|| "The plan has to be approved before the work. Call plan.".into())
    }

    fn end_turn(&mut self, turn: TurnSoFar) -> Vec<Effect> {
        for note in turn.notes {
            self.tell(note);
        }
        if !turn.sensible {
            return self.bad_turn(true);
        }
        self.run.bad_turns = 0;
        self.run.reminders = 0;
        self.listen()
    }

    pub(super) fn acted(
        &mut self,
        calls: Vec<(ToolCall, Action)>,
        mut turn: TurnSoFar,
        answers: Vec<Answer>,
    ) -> Vec<Effect> {
        let mut stuck = None;
        for ((call, action), answer) in calls.into_iter().zip(answers) {
            if let (Action::Conclude(conclusion), true) = (&action, answer.ok) {
                let closing = Closing::Conclude(conclusion.clone());
                return self.last_call(call, closing, turn);
            }
            self.answer(&call, answer);
            match self.conversation.verdict() {
                Verdict::Stuck { times } => stuck = Some((call.name, times)),
                Verdict::Repeated { times } => {
                    turn.notes.push(prompt::repeated(self.bounds.mode, &call.name, times));
                }
                Verdict::Fine => {}
            }
        }
        match stuck {
            Some((tool, times)) => {
                self.leave(turn, NotBegun::Over);
                self.stuck(&tool, times)
            }
            None => self.next_calls(turn),
        }
    }

    /// Into the conversation, and into the log.
    pub(super) fn answer(&mut self, call: &ToolCall, answer: Answer) {
        self.log(facts::answered(call, answer));
    }

    /// The calls that are left are not done.
    pub(super) fn leave(&mut self, turn: TurnSoFar, why: NotBegun) {
        for (call, _) in turn.waiting {
            self.answer(&call, Answer::bad(prompt::not_begun(why)));
        }
    }

    fn last_call(&mut self, call: ToolCall, closing: Closing, turn: TurnSoFar) -> Vec<Effect> {
        self.listen_before(Next::End(Box::new(LastCall { call, closing, turn })))
    }

    pub(super) fn close(&mut self, last: LastCall) -> Vec<Effect> {
        let LastCall { call, closing, turn } = last;
        self.answer(&call, Answer::good(prompt::over()));
        self.leave(turn, NotBegun::Over);
        match closing {
            Closing::Finish(finish) => self.finished(finish),
            Closing::Conclude(conclusion) => self.concluded(conclusion),
        }
    }

    fn plan(&mut self, call: ToolCall, plan: &Plan, mut turn: TurnSoFar) -> Vec<Effect> {
        turn.sensible = true;
        let text = plan.markdown();
        if self.is_planning() {
            self.state = State::Looking(Reason::Plan { call, text, turn });
            return self.then(Effect::Look);
        }
        self.answer(&call, Answer::good("The plan is written down."));
        self.log(Fact::Planned { text });
        self.next_calls(turn)
    }

    /// A plan that is to be approved; changes must not have come before it.
    pub(super) fn planned(
        &mut self,
        call: &ToolCall,
        text: String,
        turn: TurnSoFar,
        view: &View,
    ) -> Vec<Effect> {
        if self.is_changed(view) {
            self.answer(call, Answer::bad(prompt::plan_changed()));
            return self.next_calls(turn);
        }
        self.answer(call, Answer::good(prompt::plan_shown()));
        self.leave(turn, NotBegun::PlanShown);
        self.log(Fact::Planned { text });
        self.pause_for_plan()
    }

    /// The workspace differs from how it was at the start; where that can't be told, it doesn't.
    pub(super) fn is_changed(&self, view: &View) -> bool {
        let before = self.conversation.workspace();
        !before.is_empty() && !view.workspace.is_empty() && before != view.workspace
    }
}

fn too_long(call: &ToolCall) -> String {
    let bytes = call.arguments.len();
    format!(
        "The arguments of this call have {bytes} bytes; at most {ARGUMENTS_BYTES_MAX} are taken. \
         Nothing was done: do it in smaller pieces."
    )
}

/// A model doesn't notice by itself that its output limit cut its arguments.
fn why(wrong: &str, turn: &TurnSoFar) -> String {
    if turn.cut && turn.waiting.is_empty() {
        format!("{wrong} Your reply was cut at its length limit: write less in one call.")
    } else {
        wrong.to_owned()
    }
}
