//! An attempt's log as steps that people read: a call and what came of it are one, and so are a
//! model's turn and its words. Only a window of the log is ever read, however long it is.

use domain::attempt::State;
use domain::event::SuspiciousLine;
use domain::{AttemptId, Change, Event, Fact, Timestamp};
use engine::Engine;
use serde_json::Value;

use crate::failure::Failure;

/// Events of one page.
pub const WINDOW: u32 = 200;

/// A window of a log.
#[derive(Debug)]
pub struct Log {
    /// The number of the newest event of all.
    pub newest: u64,
    /// The events of the window: these numbers and those between. Both 0 where there are none.
    pub first: u64,
    pub last: u64,
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The number of its first event, by which it can be linked to.
    pub seq: u64,
    pub at: Timestamp,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Called(Called),
    /// A result whose call is in an earlier window.
    Answered(Answer),
    Said {
        text: String,
    },
    /// A turn of a model, and what it cost.
    Turn {
        model: String,
        input_tokens: u64,
        cached_tokens: u64,
        output_tokens: u64,
        duration_ms: u64,
        cost_micros: Option<u64>,
    },
    Moved(State),
    /// Steps of whimbrel's own that follow each other directly.
    Progress(Vec<String>),
    Person {
        by: String,
        text: String,
    },
    Told {
        text: String,
    },
    Plan {
        text: String,
    },
    PlanApproved {
        by: String,
        text: Option<String>,
    },
    Executed {
        command: String,
        exit: String,
        duration_ms: u64,
        answer: Answer,
    },
    Network {
        what: String,
        refused: String,
    },
    Retried {
        reason: String,
        wait_ms: u64,
    },
    Compacted {
        summary: String,
    },
    Located(Vec<SuspiciousLine>),
    Reported {
        title: String,
        summary: String,
    },
    Harvested(Change),
    Checked {
        check: String,
        side: String,
        exit: String,
        duration_ms: u64,
    },
    Warned {
        text: String,
    },
    /// What only matters to whoever looks into how it ran.
    Aside(String),
}

/// A tool that the agent asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    pub call: String,
    pub tool: String,
    /// What it is about: a command, a path, a pattern; the arguments where nobody can say.
    pub about: String,
    /// All that it was given, as it came.
    pub arguments: String,
    /// None while it is under way.
    pub answer: Option<Answer>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub seq: u64,
    pub at: Timestamp,
    pub ok: bool,
    pub output: String,
    /// What was printed, also what isn't kept.
    pub printed_bytes: u64,
    pub pictures: usize,
}

/// The window that ends before event `before`, or the newest one.
pub async fn log(engine: &Engine, id: &AttemptId, before: Option<u64>) -> Result<Log, Failure> {
    let newest = store::event::latest(&engine.store, id).await?.map_or(0, |event| event.seq);
    let last = before.map_or(newest, |before| before.saturating_sub(1).min(newest));
    let after = last.saturating_sub(u64::from(WINDOW));
    let limit = u32::try_from(last - after).unwrap_or(WINDOW);
    let events = store::event::since(&engine.store, id, after, limit).await?;
    let first = events.first().map_or(0, |event| event.seq);
    Ok(Log { newest, first, last, steps: steps(events) })
}

pub fn steps(events: Vec<Event>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for Event { seq, at, fact, .. } in events {
        if let Some(rest) = joined(&mut steps, seq, at, fact)
            && let Some(kind) = kind(seq, at, rest)
        {
            steps.push(Step { seq, at, kind });
        }
    }
    steps
}

/// The fact goes into a step that is there already; or it is given back.
fn joined(steps: &mut [Step], seq: u64, at: Timestamp, fact: Fact) -> Option<Fact> {
    match fact {
        Fact::Answered { call, ok, output, images, printed_bytes } => {
            let answer = Answer { seq, at, ok, printed_bytes, pictures: images.len(), output };
            match open_call(steps, &call) {
                Some(called) => called.answer = Some(answer),
                None => {
                    let Answer { ok, output, printed_bytes, .. } = answer;
                    return Some(Fact::Answered { call, ok, output, images, printed_bytes });
                }
            }
            None
        }
        Fact::Progress { text } => {
            if let Some(Step { kind: Kind::Progress(texts), .. }) = steps.last_mut() {
                texts.push(text);
                return None;
            }
            Some(Fact::Progress { text })
        }
        other => Some(other),
    }
}

/// Calls are answered soon after they are made: the newest come first.
fn open_call<'a>(steps: &'a mut [Step], call: &str) -> Option<&'a mut Called> {
    steps.iter_mut().rev().find_map(|step| {
        let Kind::Called(called) = &mut step.kind else { return None };
        (called.call == call && called.answer.is_none()).then_some(called)
    })
}

/// None for what people need no line for.
fn kind(seq: u64, at: Timestamp, fact: Fact) -> Option<Kind> {
    Some(match fact {
        Fact::Created => Kind::Moved(State::Queued),
        Fact::Moved { state } => Kind::Moved(state),
        Fact::Called { call, tool, arguments } => {
            Kind::Called(Called { call, about: about(&arguments), tool, arguments, answer: None })
        }
        Fact::Answered { call: _, ok, output, images, printed_bytes } => {
            Kind::Answered(Answer { seq, at, ok, output, printed_bytes, pictures: images.len() })
        }
        Fact::Executed { command, exit, duration_ms, output } => {
            let printed_bytes = u64::try_from(output.len()).unwrap_or(u64::MAX);
            let ok = exit == "exit 0";
            let answer = Answer { seq, at, ok, output, printed_bytes, pictures: 0 };
            Kind::Executed { command, exit, duration_ms, answer }
        }
        Fact::Turn {
            model,
            input_tokens,
            cached_tokens,
            output_tokens,
            duration_ms,
            cost_micros,
            ..
        } => Kind::Turn {
            model,
            input_tokens,
            cached_tokens,
            output_tokens,
            duration_ms,
            cost_micros,
        },
        Fact::Network { method, host, port, refused: Some(refused), .. } => {
            Kind::Network { what: format!("{method} {host}:{port}"), refused }
        }
        Fact::Asked { .. } | Fact::Heard { .. } | Fact::Network { refused: None, .. } => {
            return None;
        }
        words => return Some(of_words(words)),
    })
}

/// Those that are words, or stand for some.
fn of_words(fact: Fact) -> Kind {
    match fact {
        Fact::Said { text } => Kind::Said { text },
        Fact::Progress { text } => Kind::Progress(vec![text]),
        Fact::Steered { by, text } => Kind::Person { by, text },
        Fact::Told { text } => Kind::Told { text },
        Fact::Planned { text } => Kind::Plan { text },
        Fact::PlanApproved { by, text, edited } => {
            Kind::PlanApproved { by, text: edited.then_some(text) }
        }
        Fact::Retried { reason, wait_ms } => Kind::Retried { reason, wait_ms },
        Fact::Compacted { summary, .. } => Kind::Compacted { summary },
        Fact::Located { lines } => Kind::Located(lines),
        Fact::Reported { title, summary } => Kind::Reported { title, summary },
        Fact::Harvested { change } => Kind::Harvested(change),
        Fact::Checked { check, at: side, exit, duration_ms } => {
            Kind::Checked { check, side, exit, duration_ms }
        }
        Fact::Warned { text } => Kind::Warned { text },
        Fact::Taken { run, process } => Kind::Aside(format!("run {run}, by process {process}")),
        Fact::Isolated { by, level, held, isolation: _ } => {
            Kind::Aside(format!("computers are made by {by}, isolation {level}; {held}"))
        }
        Fact::Forked { computer } => Kind::Aside(format!("works on the computer {computer}")),
        Fact::Resumed { computer } => {
            Kind::Aside(format!("goes on with the files of the computer {computer}"))
        }
        Fact::Opened { .. } => Kind::Aside("the agent is told its task".into()),
        Fact::Created
        | Fact::Moved { .. }
        | Fact::Called { .. }
        | Fact::Answered { .. }
        | Fact::Executed { .. }
        | Fact::Turn { .. }
        | Fact::Network { .. }
        | Fact::Asked { .. }
        | Fact::Heard { .. } => unreachable!("these have kinds of their own"),
    }
}

/// What arguments are about, where they are those of a tool that is known.
fn about(arguments: &str) -> String {
    const NAMES: [&str; 5] = ["command", "pattern", "path", "title", "text"];
    let Ok(Value::Object(object)) = serde_json::from_str(arguments) else {
        return arguments.to_owned();
    };
    if let Some(patch) = object.get("patch").and_then(Value::as_str) {
        return patched(patch);
    }
    let found = NAMES.iter().find_map(|name| object.get(*name).and_then(Value::as_str));
    match (found, object.get("first_line"), object.get("last_line")) {
        (Some(path), Some(first), Some(last)) => format!("{path}:{first}–{last}"),
        (Some(path), Some(first), None) => format!("{path}:{first}"),
        (Some(found), _, _) => found.to_owned(),
        (None, _, _) => arguments.to_owned(),
    }
}

/// The files that a patch names.
fn patched(patch: &str) -> String {
    const MARKS: [&str; 4] = ["*** Update File: ", "*** Add File: ", "*** Delete File: ", "+++ b/"];
    let named =
        |line: &str| MARKS.iter().find_map(|mark| line.strip_prefix(mark)).map(str::to_owned);
    let files: Vec<String> = patch.lines().filter_map(named).collect();
    if files.is_empty() { stdx::cut::line(patch, 120) } else { files.join(", ") }
}

#[cfg(test)]
mod tests;
