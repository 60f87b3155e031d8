//! The tools' side of the machine: one call of a turn after the other, each answered.

use domain::Fact;
use llm::{Message, ToolCall};

use super::{Effect, Machine, State, TurnSoFar, cut};
use crate::native::prompt;
use crate::native::repetition::Verdict;
use crate::native::tools::{self, Answer, Call, Finish};
use crate::{Ending, Report};

impl Machine {
    /// The next call of a turn, or the next turn.
    pub(super) fn next_call(&mut self, mut turn: TurnSoFar) -> Vec<Effect> {
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

    pub(super) fn acted(
        &mut self,
        call: ToolCall,
        turn: TurnSoFar,
        mut answer: Answer,
    ) -> Vec<Effect> {
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
        self.conversation.push(Message::tool_result(call.id.clone(), ok, text));
        Effect::Record(Fact::Answered { call: cut(&call.id), ok, output, images: Vec::new() })
    }

    fn finish(&mut self, call: &ToolCall, finish: Finish) -> Vec<Effect> {
        let mut effects = vec![self.answer(call, Answer::good("The work is over."))];
        let Finish { title, summary, not_done } = finish;
        let ending = not_done.map_or(Ending::Finished, |reason| Ending::GaveUp { reason });
        effects.extend(self.end_with(Report { ending, title, summary }));
        effects
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
