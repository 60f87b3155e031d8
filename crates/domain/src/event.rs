//! The append-only log of an attempt: one fact an event, numbered from 1 without gaps.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::attempt::State;
use crate::change::Change;
use crate::clock::Timestamp;
use crate::id::AttemptId;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Event {
    pub attempt: AttemptId,
    pub seq: u64,
    pub at: Timestamp,
    #[serde(flatten)]
    pub fact: Fact,
}

/// Something that happened. Texts from an agent, a model or a program are cut to a limit before
/// they get here, and are hostile: whoever shows one escapes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    Created,
    /// Written in the same transaction as the state itself.
    Moved {
        state: State,
    },
    /// A runner took the attempt. `run` counts from 1.
    Taken {
        run: u32,
        process: u32,
    },
    /// In which kind of computer this run works. Never less isolated than an earlier run's.
    Isolated {
        /// `namespaces`, `podman` or `docker`.
        by: String,
        /// `namespaces` or `container`.
        isolation: String,
        /// `L2`, …
        level: String,
        /// What holds their limits there, in words. Older logs don't say.
        #[serde(default)]
        held: String,
    },
    /// The attempt has this computer from now on; its files outlive its runners.
    Forked {
        computer: String,
    },
    /// A later runner, or a follow-up, goes on with the files of that computer. Its processes are
    /// gone.
    Resumed {
        computer: String,
    },
    /// What the agent's conversation begins with. Kept, because what it was made from may change
    /// meanwhile, by the agent's own hand too.
    Opened {
        system: String,
        task: String,
        /// A digest of the workspace's files then; empty where it couldn't be told.
        #[serde(default)]
        workspace: String,
    },
    /// whimbrel's own words to the agent's model: a reminder, what a new runner has to say.
    Told {
        text: String,
    },
    /// A person's words to the agent, to be read before the model is asked next.
    Steered {
        by: String,
        text: String,
    },
    /// What the agent has been told of [`Self::Steered`] facts: those up to the event of that number.
    Heard {
        upto: u64,
    },
    /// The agent's plan, or a new version of it: the whole text, Markdown.
    Planned {
        text: String,
    },
    /// A person lets the work begin, by this plan; `edited` where it isn't the agent's as it was.
    PlanApproved {
        by: String,
        text: String,
        edited: bool,
    },
    /// A step of whimbrel's own, in words: "12 of 340 candidates tried".
    Progress {
        text: String,
    },
    /// Words of the agent.
    Said {
        text: String,
    },
    /// The agent asks for a tool. In the log before the tool acts.
    Called {
        call: String,
        tool: String,
        arguments: String,
    },
    Answered {
        call: String,
        ok: bool,
        output: String,
        /// Pictures that the model was shown, as base64.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        images: Vec<Picture>,
        /// What the tool printed, also what `output` leaves out; 0 in older logs.
        #[serde(default)]
        printed_bytes: u64,
    },
    /// A program ran in the attempt's computer.
    Executed {
        command: String,
        exit: String,
        duration_ms: u64,
        output: String,
    },
    /// A computer's request to the network, or what its policy refused. Told when it is over.
    Network {
        /// `GET`, `CONNECT`, …; `TLS` where only the name in the handshake is known; `DNS`.
        method: String,
        host: String,
        port: u16,
        /// Why it was refused or failed; none for a request that went through.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refused: Option<String>,
        /// Into the computer.
        bytes_in: u64,
        bytes_out: u64,
        duration_ms: u64,
    },
    /// A request leaves for a model. `exchange` counts an attempt's requests from 1; the tokens are
    /// an estimate of what it reads, for when no answer ever comes.
    Asked {
        exchange: u32,
        model: String,
        estimated_input_tokens: u64,
    },
    /// One turn of a model, whose words ([`Self::Said`]) and calls ([`Self::Called`]) follow.
    Turn {
        model: String,
        /// Everything that was read, cached or not.
        input_tokens: u64,
        output_tokens: u64,
        duration_ms: u64,
        /// The number of its [`Self::Asked`]; 0 in older logs.
        #[serde(default)]
        exchange: u32,
        /// Of the input, what came from the provider's cache.
        #[serde(default)]
        cached_tokens: u64,
        /// Of the input, what was written to the provider's cache.
        #[serde(default)]
        written_tokens: u64,
        /// Of the output, what the model thought.
        #[serde(default)]
        reasoning_tokens: u64,
        /// In millionths of a US dollar; none where the price isn't known.
        #[serde(default)]
        cost_micros: Option<u64>,
        /// The provider's own items, such as encrypted reasoning, to be sent back as they came.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        carried: Vec<Value>,
        /// The reply was cut at the model's output limit.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        cut: bool,
    },
    /// The conversation was shortened: it goes on with its beginning, the summary, and what came
    /// after that turn. A turn that directly precedes it made the summary and is no part of it.
    Compacted {
        summary: String,
        /// Turns ([`Self::Turn`]) counted from the conversation's beginning.
        kept_after: u64,
        /// A digest of the workspace's files then; empty where it couldn't be told.
        #[serde(default)]
        workspace: String,
    },
    /// A model's provider refused or failed; the turn is asked for again after `wait_ms`.
    Retried {
        reason: String,
        wait_ms: u64,
    },
    /// Where the mechanic looked, most suspicious first.
    Located {
        lines: Vec<SuspiciousLine>,
    },
    /// The agent's last words: a summary in its own voice. Not evidence.
    Reported {
        title: String,
        summary: String,
    },
    /// The change left the computer.
    Harvested {
        change: Change,
    },
    /// A check ran in a clean computer.
    Checked {
        check: String,
        /// `head`, `base` or `base-again`. In JSON beside the event's own `at`, which is a time.
        #[serde(rename = "side", alias = "at")]
        at: String,
        exit: String,
        duration_ms: u64,
    },
    /// Something that didn't stop the attempt but that somebody should know.
    Warned {
        text: String,
    },
}

impl Fact {
    /// Something is done that no later runner has to do again. A turn alone isn't: its call may be
    /// what kills runners, and then has no answer, or only that it was interrupted.
    pub fn is_progress(&self) -> bool {
        match self {
            Self::Answered { ok: true, .. }
            | Self::Planned { .. }
            | Self::PlanApproved { .. }
            | Self::Compacted { .. }
            | Self::Reported { .. }
            | Self::Harvested { .. } => true,
            Self::Created
            | Self::Moved { .. }
            | Self::Taken { .. }
            | Self::Isolated { .. }
            | Self::Forked { .. }
            | Self::Resumed { .. }
            | Self::Opened { .. }
            | Self::Told { .. }
            | Self::Steered { .. }
            | Self::Heard { .. }
            | Self::Progress { .. }
            | Self::Said { .. }
            | Self::Called { .. }
            | Self::Turn { .. }
            | Self::Answered { ok: false, .. }
            | Self::Executed { .. }
            | Self::Network { .. }
            | Self::Asked { .. }
            | Self::Retried { .. }
            | Self::Located { .. }
            | Self::Checked { .. }
            | Self::Warned { .. } => false,
        }
    }
}

/// How long an attempt has worked, in milliseconds: the time between its events while it was
/// working. Pauses aren't counted, nor the time after a runner died until the next one took over,
/// nor what has passed since the newest event.
pub fn worked_ms(events: &[Event]) -> u64 {
    let (mut worked, mut since, mut newest) = (0, None, None);
    let span = |from: Option<Timestamp>, to: Option<Timestamp>| match (from, to) {
        (Some(from), Some(to)) => to.since_ms(from),
        _ => 0,
    };
    for event in events {
        match &event.fact {
            Fact::Moved { state: State::Working } => since = since.or(Some(event.at)),
            Fact::Moved { .. } => worked += span(since.take(), Some(event.at)),
            Fact::Taken { .. } => worked += span(since.take(), newest),
            _other_facts_are_moments => {}
        }
        newest = Some(event.at);
    }
    worked + span(since, newest)
}

/// A picture as the model is shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Picture {
    /// `image/png`, …
    pub media_type: String,
    pub base64: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct SuspiciousLine {
    pub path: String,
    pub line: u32,
    /// Ochiai's coefficient, in thousandths: 0 to 1000.
    pub score_milli: u32,
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(at: i64, fact: Fact) -> Event {
        Event { attempt: "k3v9x2ab.1".parse().unwrap(), seq: 1, at: Timestamp(at), fact }
    }

    /// Worked 10, paused 100, worked 5 and died, restarted 1000 later, worked 7.
    #[test]
    fn neither_pauses_nor_the_dead_work() {
        let working = || Fact::Moved { state: State::Working };
        let said = || Fact::Said { text: "x".into() };
        let why = crate::attempt::Pause::Plan;
        let events = [
            event(0, Fact::Created),
            event(50, working()),
            event(60, Fact::Moved { state: State::Paused { until: None, why } }),
            event(160, Fact::Taken { run: 2, process: 1 }),
            event(161, working()),
            event(166, said()),
            event(1166, Fact::Taken { run: 3, process: 2 }),
            event(1167, working()),
            event(1174, said()),
        ];
        assert_eq!(worked_ms(&events), 10 + 5 + 7);
        assert_eq!(worked_ms(&events[..2]), 0);
    }

    /// In one object the time would be lost, and what an earlier version wrote is still read.
    #[test]
    fn a_check_has_a_side_and_a_time() {
        let fact =
            r#"{"fact":"checked","check":"test","at":"head","exit":"exit 0","duration_ms":1}"#;
        let fact: Fact = serde_json::from_str(fact).unwrap();
        let event =
            Event { attempt: "k3v9x2ab.1".parse().unwrap(), seq: 1, at: Timestamp(7), fact };
        let written = serde_json::to_value(&event).unwrap();
        assert_eq!((&written["at"], &written["side"]), (&7.into(), &"head".into()));
    }
}
