//! The scripted model: it mends the bug in small steps, and does again whatever was interrupted or
//! failed, as a good model would. What it says was used follows from how often it has spoken.

use std::time::Duration;

use llm::Usage;
use llm::fake::{Received, Turn};
use serde_json::{Value, json};

use super::random::Random;

/// A model takes so long to answer, in milliseconds.
const ANSWER_MS: (u64, u64) = (20, 350);
/// A tool takes so long, in milliseconds.
const TOOL_MS: (u64, u64) = (10, 400);
/// Before what failed is tried again.
const AGAIN: Duration = Duration::from_millis(250);

pub(super) const COMMIT: &str = "Multiply by two";
pub(super) const TITLE: &str = "Double by multiplying";

const PATCH: &str = "*** Begin Patch\n*** Update File: double.py\n@@\n def double(x):\n\
                     -    return x + 2\n+    return x * 2\n*** End Patch";

enum Deed {
    Shell(&'static str),
    /// A patch, and what shows that it was made.
    Patch(&'static str),
}

const DEEDS: [Deed; 6] = [
    Deed::Shell("cat double.py test_double.py"),
    Deed::Shell("(sleep 1000 >/dev/null 2>&1 &); ls"),
    Deed::Patch("grep -q 'x \\* 2' double.py"),
    Deed::Shell("python3 -m unittest"),
    Deed::Shell(
        "rm -f .git/index.lock; git log -1 --format=%s | grep -qx 'Multiply by two' || \
         git commit -qam 'Multiply by two'; git log -1 --format=%s | grep -qx 'Multiply by two'",
    ),
    Deed::Shell(
        "echo 'Doubling multiplies.' > NOTES.md && grep -qx 'Doubling multiplies.' NOTES.md",
    ),
];

/// What the `n`-th turn of a conversation uses, from 0.
pub(super) fn usage(n: u64) -> Usage {
    Usage {
        input_tokens: 1_000 + 10 * n,
        cached_tokens: 100 + n,
        output_tokens: 100 + n,
        ..Usage::default()
    }
}

/// What the model of that seed answers.
pub(super) fn decide(seed: u64, request: &Received) -> Turn {
    let spoken = request.model_turns() as u64;
    let mut random = Random::new(seed ^ (spoken << 32));
    let turn = next(request.conversation(), spoken, &mut random);
    let (low, high) = ANSWER_MS;
    let delay = Duration::from_millis(random.between(low, high));
    turn.using(usage(spoken)).after(delay)
}

/// The first deed that no tool's answer says is done.
fn next(conversation: &[Value], spoken: u64, random: &mut Random) -> Turn {
    let (low, high) = TOOL_MS;
    let ms = random.between(low, high);
    let open = DEEDS.iter().enumerate().find(|(at, _)| !is_done(conversation, *at));
    let Some((at, deed)) = open else { return finish() };
    // The number makes each a call of its own: nobody should take a second try for a loop.
    let shell = |command: &str| {
        let done = done(at);
        let command = format!("sleep 0.{ms:03}; ({command}) && echo {done} # {spoken}");
        Turn::call("shell", &json!({ "command": command }))
    };
    let turn = match deed {
        Deed::Shell(command) => shell(command),
        Deed::Patch(_) if last_tool(conversation) != Some("patch") => {
            Turn::call("patch", &json!({ "patch": PATCH }))
        }
        Deed::Patch(shows) => shell(shows),
    };
    if has_failed(conversation, at) { turn.after(AGAIN) } else { turn }
}

fn finish() -> Turn {
    let arguments = json!({
        "title": TITLE,
        "summary": "Doubling added two; now it multiplies.",
        "how_tested": "python3 -m unittest",
    });
    Turn::call("finish", &arguments)
}

fn done(at: usize) -> String {
    format!("deed-{at}-done")
}

fn is_done(conversation: &[Value], at: usize) -> bool {
    let done = done(at);
    answers(conversation).any(|text| text.lines().any(|line| line.trim() == done))
}

/// Whether it was tried before.
fn has_failed(conversation: &[Value], at: usize) -> bool {
    let done = done(at);
    let calls = conversation.iter().flat_map(calls);
    calls.filter(|call| call["arguments"].to_string().contains(&done)).count() > 0
}

fn answers(conversation: &[Value]) -> impl Iterator<Item = &str> {
    let tools = conversation.iter().filter(|item| item["role"] == "tool");
    tools.filter_map(|item| item["content"].as_str())
}

fn calls(item: &Value) -> impl Iterator<Item = &Value> {
    let calls = item["tool_calls"].as_array().map_or(&[][..], Vec::as_slice);
    calls.iter().map(|call| &call["function"])
}

fn last_tool(conversation: &[Value]) -> Option<&str> {
    conversation.iter().flat_map(calls).last()?["name"].as_str()
}
