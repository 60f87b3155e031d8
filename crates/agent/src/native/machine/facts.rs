//! The machine's facts, each cut to its limit before it is logged and told.

use std::time::Duration;

use domain::Fact;
use llm::{Reply, Stop, ToolCall};
use serde_json::Value;

use crate::native::plain::plain;
use crate::native::tools::Answer;

/// Of the model's words in one turn.
const SAID_BYTES_MAX: usize = 64 * 1024;
/// Of one call's arguments; a call with more isn't done.
pub(super) const ARGUMENTS_BYTES_MAX: usize = 1024 * 1024;
const CALL_ID_CHARS_MAX: usize = 200;
const TOOL_NAME_CHARS_MAX: usize = 100;
/// Of the provider's own items of one turn; more are dropped all together.
const CARRIED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Of a tool's answer. The tools cut by themselves, and better.
const OUTPUT_BYTES_MAX: usize = 32 * 1024;
/// Calls of one turn.
pub(super) const CALLS_MAX: usize = 64;

/// A turn, what was said in it, and what is called.
pub(super) fn of_reply(model: &str, reply: &Reply, took: Duration) -> Vec<Fact> {
    let said = stdx::cut::middle(plain(&reply.text).trim_end(), SAID_BYTES_MAX);
    let said = (!said.trim().is_empty()).then_some(Fact::Said { text: said });
    let calls = calls(reply).into_iter().map(|call| Fact::Called {
        call: call.id,
        tool: call.name,
        arguments: call.arguments,
    });
    [turn(model, reply, took, carried(reply))].into_iter().chain(said).chain(calls).collect()
}

/// The turn of a summary: what was said in it stands elsewhere.
pub(super) fn of_summary(model: &str, reply: &Reply, took: Duration) -> Fact {
    turn(model, reply, took, Vec::new())
}

fn turn(model: &str, reply: &Reply, took: Duration, carried: Vec<Value>) -> Fact {
    let usage = reply.usage;
    let model = if reply.model.is_empty() { model } else { &reply.model };
    Fact::Turn {
        model: model.to_owned(),
        input_tokens: usage.input_tokens,
        output_tokens: usage.output_tokens,
        duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        exchange: reply.exchange,
        cached_tokens: usage.cached_tokens,
        written_tokens: usage.written_tokens,
        reasoning_tokens: usage.reasoning_tokens,
        cost_micros: reply.cost_micros,
        carried,
        cut: reply.stop == Stop::Length,
    }
}

fn carried(reply: &Reply) -> Vec<Value> {
    let bytes: usize = reply.carried.iter().map(|item| item.to_string().len()).sum();
    if bytes <= CARRIED_BYTES_MAX { reply.carried.clone() } else { Vec::new() }
}

/// A reply's calls as they are logged and as the model is shown them again.
pub(super) fn calls(reply: &Reply) -> Vec<ToolCall> {
    reply.calls.iter().take(CALLS_MAX).map(called).collect()
}

fn called(call: &ToolCall) -> ToolCall {
    ToolCall {
        id: start(&call.id, CALL_ID_CHARS_MAX),
        name: start(&call.name, TOOL_NAME_CHARS_MAX),
        arguments: match call.arguments.len() {
            0..=ARGUMENTS_BYTES_MAX => call.arguments.clone(),
            bytes => left_out(bytes),
        },
    }
}

/// In the place of arguments that are too long.
fn left_out(bytes: usize) -> String {
    format!("{{\"left_out_bytes\":{bytes}}}")
}

fn start(text: &str, chars_max: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(chars_max).collect()
}

pub(super) fn answered(call: &ToolCall, answer: Answer) -> Fact {
    let Answer { ok, text, images, printed_bytes } = answer;
    let output = stdx::cut::middle(&text, OUTPUT_BYTES_MAX);
    Fact::Answered { call: call.id.clone(), ok, output, images, printed_bytes }
}
