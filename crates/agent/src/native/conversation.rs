//! What the model has been told and has said, as a fold of the attempt's log. Pure.
//!
//! Nothing gets into the conversation but through a fact, live as after a restart: the machine
//! applies each fact that it logs. So a new runner shows the model byte for byte what the old one
//! did, and the provider's prompt cache still fits. The price is that whatever is long is cut
//! before it becomes a fact.

mod tally;

use std::collections::BTreeMap;

use domain::event::Picture;
use domain::{AttemptId, Event, Fact};
use llm::{Image, Message, ToolCall};

use super::prompt;
use super::repetition::{Repetition, Verdict};
use super::tools;
pub(super) use tally::Tally;

/// The system's message and the task.
const OPENING_MESSAGES: usize = 2;
/// Of one person's message.
const STEERED_BYTES_MAX: usize = 64 * 1024;

#[derive(Debug, Default)]
pub(super) struct Conversation {
    messages: Vec<Message>,
    /// For each message the turn that it belongs to: the model's own, or the last before it.
    turns_of: Vec<u64>,
    turns: u64,
    /// A new computer came, and no turn since.
    anew: bool,
    /// Calls that have no answer yet, in their order.
    open: Vec<ToolCall>,
    people: People,
    plan: Plan,
    /// What the workspace was like when the work began.
    workspace: String,
    tally: Tally,
    repetition: Repetition,
    verdict: Verdict,
}

/// What persons say.
#[derive(Debug, Default)]
struct People {
    attempt: Option<AttemptId>,
    /// How many attempts came before it.
    earlier: u32,
    /// Said and not yet heard, by attempt and event.
    waiting: BTreeMap<(u32, u64), String>,
    /// The newest of this attempt that is known of.
    newest: u64,
    heard: Vec<String>,
}

#[derive(Debug, Default)]
struct Plan {
    text: Option<String>,
    approved: bool,
    /// It was shown, and nothing has been said to it.
    waits: bool,
}

impl Conversation {
    pub(super) fn fold(past: &[Event]) -> Self {
        let mut conversation = Self::default();
        for event in past {
            conversation.enter(&event.attempt);
            conversation.apply(event.seq, &event.fact);
        }
        conversation
    }

    /// From here on it is that attempt's log. Limits hold for each by itself.
    pub(super) fn enter(&mut self, attempt: &AttemptId) {
        if self.people.attempt.as_ref() == Some(attempt) {
            return;
        }
        self.people.earlier += u32::from(self.people.attempt.is_some());
        self.people.attempt = Some(attempt.clone());
        self.people.newest = 0;
        self.plan.waits = false;
        self.tally.begin_attempt();
        self.repetition = Repetition::default();
    }

    /// `seq` is the event's number; only [`Fact::Steered`] has need of it.
    pub(super) fn apply(&mut self, seq: u64, fact: &Fact) {
        match fact {
            Fact::Opened { system, task, workspace } => self.opened(system, task, workspace),
            Fact::Told { text } => self.push(Message::user(text)),
            Fact::Steered { text, .. } => self.steered(seq, text),
            Fact::Heard { upto } => self.hear(*upto),
            Fact::Planned { text } => {
                self.plan.text = Some(text.clone());
                self.plan.waits = true;
            }
            Fact::PlanApproved { text, edited, .. } => self.approved(text, *edited),
            Fact::Turn { carried, .. } => self.turn(fact, carried),
            Fact::Said { text } => self.said(text),
            Fact::Called { call, tool, arguments } => {
                let (id, name) = (call.clone(), tool.clone());
                self.called(ToolCall { id, name, arguments: arguments.clone() });
            }
            Fact::Answered { call, ok, output, images, printed_bytes } => {
                self.tally.printed(*printed_bytes);
                self.answered(call, *ok, output, images);
            }
            Fact::Compacted { summary, kept_after, workspace } => {
                self.compacted(summary, *kept_after, workspace);
            }
            Fact::Forked { .. } => self.anew = self.is_open(),
            Fact::Created
            | Fact::Moved { .. }
            | Fact::Taken { .. }
            | Fact::Isolated { .. }
            | Fact::Resumed { .. }
            | Fact::Progress { .. }
            | Fact::Executed { .. }
            | Fact::Network { .. }
            | Fact::Asked { .. }
            | Fact::Retried { .. }
            | Fact::Located { .. }
            | Fact::Reported { .. }
            | Fact::Harvested { .. }
            | Fact::Checked { .. }
            | Fact::Warned { .. } => {}
        }
    }
}

/// What is known.
impl Conversation {
    pub(super) fn messages(&self) -> &[Message] {
        &self.messages
    }

    pub(super) fn is_open(&self) -> bool {
        !self.messages.is_empty()
    }

    /// The model's turns from the conversation's beginning.
    pub(super) fn turns(&self) -> u64 {
        self.turns
    }

    /// The turn that a message belongs to.
    pub(super) fn turn_of(&self, index: usize) -> u64 {
        self.turns_of[index]
    }

    /// What follows the opening.
    pub(super) fn since_opening(&self) -> &[Message] {
        &self.messages[OPENING_MESSAGES.min(self.messages.len())..]
    }

    /// The computer is another one than before, and the model doesn't know.
    pub(super) fn is_anew(&self) -> bool {
        self.anew
    }

    pub(super) fn open_calls(&self) -> &[ToolCall] {
        &self.open
    }

    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Of the last answered call.
    pub(super) fn verdict(&self) -> Verdict {
        self.verdict
    }

    pub(super) fn workspace(&self) -> &str {
        &self.workspace
    }

    pub(super) fn plan(&self) -> Option<&str> {
        self.plan.text.as_deref()
    }

    pub(super) fn plan_is_approved(&self) -> bool {
        self.plan.approved
    }

    /// A plan was shown, and nobody has said anything since.
    pub(super) fn plan_waits(&self) -> bool {
        self.plan.waits
    }

    /// The number of the newest message of a person that is known of.
    pub(super) fn newest_steered(&self) -> u64 {
        self.people.newest
    }

    /// Whether a person has said something that the model wasn't told.
    pub(super) fn has_unheard(&self) -> bool {
        !self.people.waiting.is_empty()
    }

    /// What persons said, oldest first.
    pub(super) fn heard(&self) -> &[String] {
        &self.people.heard
    }
}

impl Conversation {
    fn push(&mut self, message: Message) {
        // Providers refuse a message in which the model says nothing, though it may have thought.
        if matches!(self.messages.last(), Some(last) if is_empty(last)) {
            self.pop();
        }
        self.tally.grown(length(&message));
        self.messages.push(message);
        self.turns_of.push(self.turns);
    }

    fn pop(&mut self) {
        self.messages.pop();
        self.turns_of.pop();
    }

    fn opened(&mut self, system: &str, task: &str, workspace: &str) {
        if self.is_open() {
            return;
        }
        self.push(Message::System { text: system.to_owned() });
        self.push(Message::user(task));
        self.workspace = workspace.to_owned();
        self.tally.workspace_at_first(workspace);
    }

    fn steered(&mut self, seq: u64, text: &str) {
        let text = stdx::cut::middle(text, STEERED_BYTES_MAX);
        self.people.newest = self.people.newest.max(seq);
        self.people.waiting.insert((self.people.earlier, seq), text);
    }

    /// Also what an earlier attempt was told too late.
    fn hear(&mut self, upto: u64) {
        let later = self.people.waiting.split_off(&(self.people.earlier, upto.saturating_add(1)));
        let heard = std::mem::replace(&mut self.people.waiting, later);
        self.plan.waits = false;
        for text in heard.into_values() {
            self.push(Message::user(prompt::steered(&text)));
            self.people.heard.push(text);
        }
    }

    fn approved(&mut self, text: &str, edited: bool) {
        self.plan = Plan { text: Some(text.to_owned()), approved: true, waits: false };
        self.push(Message::user(prompt::approved(text, edited)));
    }

    /// What the model says and calls follows.
    fn turn(&mut self, fact: &Fact, carried: &[serde_json::Value]) {
        self.turns += 1;
        self.anew = false;
        let carried = carried.to_vec();
        self.push(Message::Assistant { text: String::new(), calls: Vec::new(), carried });
        self.tally.turn(fact);
    }

    fn said(&mut self, said: &str) {
        if let Some(Message::Assistant { text, .. }) = self.messages.last_mut() {
            said.clone_into(text);
            self.tally.written(said.len());
        }
    }

    fn called(&mut self, call: ToolCall) {
        if let Some(Message::Assistant { calls, .. }) = self.messages.last_mut() {
            self.tally.written(call.name.len() + call.arguments.len());
            calls.push(call.clone());
            self.open.push(call);
        }
    }

    fn answered(&mut self, id: &str, ok: bool, text: &str, images: &[Picture]) {
        let Some(at) = self.open.iter().position(|call| call.id == id) else { return };
        let call = self.open.remove(at);
        if tools::changes(&call.name) && ok {
            self.repetition.forget();
        }
        self.verdict = self.repetition.observe(&call.name, &call.arguments, text);
        let images = images.iter().map(image).collect();
        self.push(Message::ToolResult { call: call.id, ok, text: text.to_owned(), images });
    }

    fn compacted(&mut self, summary: &str, kept_after: u64, workspace: &str) {
        if matches!(self.messages.last(), Some(Message::Assistant { .. })) {
            self.pop();
        }
        let opening = OPENING_MESSAGES.min(self.messages.len());
        let later = self.messages.split_off(opening);
        let turns = self.turns_of.split_off(opening);
        self.messages.push(Message::user(prompt::compacted(summary)));
        self.turns_of.push(kept_after.min(self.turns));
        let kept = later.into_iter().zip(turns).filter(|(_, turn)| *turn > kept_after);
        for (message, turn) in kept {
            self.messages.push(message);
            self.turns_of.push(turn);
        }
        self.tally.compacted(workspace, self.messages.iter().map(length).sum());
    }
}

fn is_empty(message: &Message) -> bool {
    match message {
        Message::Assistant { text, calls, .. } => text.is_empty() && calls.is_empty(),
        Message::System { .. } | Message::User { .. } | Message::ToolResult { .. } => false,
    }
}

fn image(picture: &Picture) -> Image {
    Image { media_type: picture.media_type.clone(), base64: picture.base64.clone() }
}

/// What a picture counts as, in bytes of text.
const IMAGE_BYTES: usize = 6_000;

/// About how much of a window it takes, in bytes of text.
pub(super) fn length(message: &Message) -> usize {
    match message {
        Message::System { text } => text.len(),
        Message::User { text, images } | Message::ToolResult { text, images, .. } => {
            text.len() + images.len() * IMAGE_BYTES
        }
        Message::Assistant { text, calls, .. } => {
            let calls = calls.iter().map(|call| call.name.len() + call.arguments.len());
            text.len() + calls.sum::<usize>()
        }
    }
}

#[cfg(test)]
mod tests;
