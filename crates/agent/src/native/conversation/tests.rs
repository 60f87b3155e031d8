use std::time::Duration;

use domain::task::Mode;
use llm::fake::ScriptedModel;
use llm::{Reply, Usage};

use super::super::machine::tests::{Play, attempt, bounds};
use super::super::machine::{Bounds, Effect, Event};
use super::super::tests::events;
use super::super::tools::Answer;
use super::*;

const SEEDS: u64 = 80;
const STEPS: usize = 60;

/// Numbers that look random and are the same for the same seed (Knuth's MMIX generator).
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % most
    }

    fn pick<'a>(&mut self, among: &[&'a str]) -> &'a str {
        among[usize::try_from(self.below(among.len() as u64)).unwrap()]
    }
}

fn call(random: &mut Random) -> (&'static str, &'static str) {
    let calls = [
        ("shell", r#"{"command": "ls"}"#),
        ("shell", r#"{"command": "make", "session": "b"}"#),
        ("read", r#"{"path": "a.py"}"#),
        ("search", r#"{"pattern": "x"}"#),
        ("patch", r#"{"patch": "p"}"#),
        ("plan", r#"{"steps": [{"step": "s", "state": "done"}]}"#),
        ("browse", "{}"),
        ("shell", "{oops"),
    ];
    calls[usize::try_from(random.below(calls.len() as u64)).unwrap()]
}

fn reply(random: &mut Random) -> Reply {
    let calls: Vec<(&str, &str)> = (0..random.below(4)).map(|_| call(random)).collect();
    let input_tokens = [0, 10, 90_000][usize::try_from(random.below(3)).unwrap()];
    let carried = (0..random.below(2)).map(|_| serde_json::json!({ "thought": "…" }));
    Reply {
        text: random.pick(&["", "Hm.", " \n", "I \u{1b}[1mlook\u{1b}[0m"]).to_owned(),
        usage: Usage { input_tokens, output_tokens: 5, ..Usage::default() },
        carried: carried.collect(),
        cost_micros: Some(random.below(50)),
        ..ScriptedModel::calls(&calls)
    }
}

fn answer(random: &mut Random) -> Answer {
    let text = random
        .pick(&["no", "a.py", &"long".repeat(30)])
        .repeat(1 + usize::try_from(random.below(300)).unwrap());
    let text = format!("{}{text}", random.below(1000));
    Answer { ok: random.below(2) == 0, ..Answer::good(text) }
}

/// Lets one thing happen that may; false at the end.
fn step(play: &mut Play, random: &mut Random) -> bool {
    if random.below(5) == 0 {
        play.steers.push(format!("Do {}", random.below(100)));
    }
    let took = Duration::from_millis(1);
    let event = match play.next() {
        Effect::Ask if random.below(12) == 0 => Event::TooLong,
        Effect::Ask => Event::Replied { reply: reply(random), took, left: play.left },
        Effect::Act(deeds) => Event::Acted(deeds.iter().map(|_| answer(random)).collect()),
        Effect::Look => {
            let workspace = format!("w{}", random.below(4));
            Event::Looked(super::super::machine::View { workspace, changes: "c".into() })
        }
        Effect::Summarize(_) => {
            let reply = (random.below(2) == 0).then(|| ScriptedModel::says("All of it."));
            Event::Summarized { reply, took }
        }
        Effect::End(_) => return false,
        Effect::Record(_) | Effect::Listen { .. } => unreachable!("the play does these"),
    };
    play.happens(event);
    true
}

fn fold(facts: &[Fact]) -> Conversation {
    Conversation::fold(&events(&attempt(), facts))
}

fn bounds_of(random: &mut Random) -> Bounds {
    let mode = if random.below(4) == 0 { Mode::Ask } else { Mode::Code };
    Bounds { mode, plan_first: random.below(4) == 0, ..bounds() }
}

/// Whoever is killed after any write has left a log whose fold is the conversation as it was then,
/// and the next runner only adds to it.
#[test]
fn a_log_that_ends_anywhere_folds_into_the_conversation_of_that_moment() {
    let (mut checked, mut compacted) = (0, 0);
    for seed in 0..SEEDS {
        let mut random = Random(seed);
        let bounds = bounds_of(&mut random);
        let mut play = Play::with(bounds);
        for _ in 0..STEPS {
            if !step(&mut play, &mut random) {
                break;
            }
        }
        compacted += play.facts.iter().filter(|f| matches!(f, Fact::Compacted { .. })).count();
        for (length, live) in &play.writes {
            let folded = fold(&play.facts[..*length]);
            assert_eq!(folded.messages(), live, "seed {seed}, {length} facts");
            let resumed = Play::resumed(bounds, &play.facts[..*length]);
            let next = resumed.machine.conversation();
            assert!(next.starts_with(live) || is_shortened(next), "seed {seed}, {length} facts");
            assert!(is_well_formed(next), "seed {seed}, {length} facts: {next:#?}");
            checked += 1;
        }
        assert_eq!(fold(&play.facts).tally(), play.machine_tally(), "seed {seed}");
    }
    assert!(checked > 1_000 && compacted > 30, "{checked} writes, {compacted} compactions");
}

/// The next runner began with a compaction of its own.
fn is_shortened(messages: &[Message]) -> bool {
    matches!(&messages[2], Message::User { text, .. } if text.starts_with("[The conversation up to"))
}

/// Each call has one answer, in the order of the calls, before anything else is said.
fn is_well_formed(messages: &[Message]) -> bool {
    let mut open: Vec<&str> = Vec::new();
    for message in messages {
        match message {
            Message::Assistant { calls, .. } if open.is_empty() => {
                open = calls.iter().map(|call| call.id.as_str()).collect();
            }
            Message::ToolResult { call, .. } if open.first() == Some(&call.as_str()) => {
                open.remove(0);
            }
            Message::System { .. } | Message::User { .. } if open.is_empty() => {}
            _ => return false,
        }
    }
    open.is_empty()
}

fn fact_of_turn(input_tokens: u64) -> Fact {
    let fact = serde_json::json!({ "fact": "turn", "model": "m", "input_tokens": input_tokens,
        "output_tokens": 5, "duration_ms": 1 });
    serde_json::from_value(fact).unwrap()
}

#[test]
fn a_provider_that_does_not_count_is_estimated() {
    let opened = || Fact::Opened {
        system: "s".repeat(3_000),
        task: String::new(),
        workspace: String::new(),
    };
    let said = || Fact::Said { text: "t".repeat(300) };
    let estimated = fold(&[opened(), fact_of_turn(0), said()]);
    assert_eq!(estimated.tally().tokens, 1_000);
    assert_eq!(estimated.tally().conversation_tokens(), 1_100);
    let counted = fold(&[opened(), fact_of_turn(700), said(), Fact::Told { text: "é".repeat(15) }]);
    assert_eq!(counted.tally().tokens, 705);
    assert_eq!(counted.tally().conversation_tokens(), 715);
}

#[test]
fn what_was_said_too_late_is_heard_by_the_follow_up() {
    let steered = |text: &str| Fact::Steered { by: "eva".into(), text: text.into() };
    let (one, two) = (attempt(), "k3v9x2ab.2".parse().unwrap());
    let opened = Fact::Opened { system: "s".into(), task: "t".into(), workspace: "w".into() };
    let mut past =
        events(&one, &[opened, steered("early"), Fact::Heard { upto: 2 }, steered("late")]);
    past.extend(events(&two, &[steered("new"), Fact::Heard { upto: 1 }, steered("newer")]));
    let conversation = Conversation::fold(&past);
    assert_eq!(conversation.heard(), ["early", "late", "new"]);
    assert!(conversation.has_unheard());
    assert_eq!(conversation.newest_steered(), 3);
}

#[test]
fn facts_of_others_change_nothing() {
    let text = || "x".to_owned();
    let facts = [
        Fact::Said { text: text() },
        Fact::Called { call: text(), tool: text(), arguments: text() },
        Fact::Answered {
            call: text(),
            ok: true,
            output: text(),
            images: Vec::new(),
            printed_bytes: 0,
        },
        Fact::Progress { text: text() },
        Fact::Heard { upto: 9 },
    ];
    assert_eq!(fold(&facts).messages(), []);
}
