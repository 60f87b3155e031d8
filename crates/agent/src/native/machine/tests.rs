use expect_test::{Expect, expect};
use llm::fake::ScriptedModel;
use llm::{Stop, Usage};

use super::turns::BAD_TURNS_MAX;
use super::*;
use crate::native::prompt;

const BOUNDS: Bounds = Bounds {
    turns_max: 50,
    tokens_max: 1_000_000,
    window_tokens: 100_000,
    time: Duration::from_secs(1_800),
};

/// A machine that plays against a model and tools which are made up as they go.
struct Play {
    machine: Machine,
    pending: VecDeque<Effect>,
    facts: Vec<Fact>,
    left: Duration,
}

impl Play {
    fn with(bounds: Bounds) -> Self {
        let opening = vec![Message::User { text: "Fix it".into() }];
        let mut play = Self {
            machine: Machine::new(bounds, "m", opening),
            pending: VecDeque::new(),
            facts: Vec::new(),
            left: bounds.time,
        };
        play.happens(Event::Started);
        play
    }

    fn new() -> Self {
        Self::with(BOUNDS)
    }

    fn happens(&mut self, event: Event) {
        for effect in self.machine.handle(event) {
            match effect {
                Effect::Record(fact) => self.facts.push(fact),
                Effect::Ask | Effect::Act(_) | Effect::Look | Effect::End(_) => {
                    self.pending.push_back(effect);
                }
            }
        }
    }

    fn next(&mut self) -> Effect {
        assert_eq!(self.pending.len(), 1, "one thing at a time: {:?}", self.pending);
        self.pending.pop_front().unwrap()
    }

    /// The model is asked, and replies.
    fn replies(&mut self, reply: Reply) -> &mut Self {
        assert_eq!(self.next(), Effect::Ask);
        let took = Duration::from_millis(5);
        self.happens(Event::Replied { reply, took, left: self.left });
        self
    }

    fn calls(&mut self, calls: &[(&str, &str)]) -> &mut Self {
        self.replies(ScriptedModel::calls(calls))
    }

    fn says(&mut self, text: &str) -> &mut Self {
        self.replies(ScriptedModel::says(text))
    }

    /// A tool is asked to act, and answers.
    fn acts(&mut self, answer: Answer) -> &mut Self {
        let effect = self.next();
        assert!(matches!(effect, Effect::Act(_)), "{effect:?}");
        self.happens(Event::Acted(answer));
        self
    }

    fn ends(&mut self) -> Report {
        match self.next() {
            Effect::End(report) => report,
            other => panic!("it goes on with {other:?}"),
        }
    }

    fn gives_up(&mut self, expected: &Expect) {
        let Ending::GaveUp { reason } = self.ends().ending else { panic!("it didn't give up") };
        expected.assert_eq(&reason);
    }

    /// What the model was told last.
    fn last_told(&self) -> &str {
        match self.machine.conversation().last().unwrap() {
            Message::ToolResult { text, .. } | Message::User { text } => text,
            other => panic!("{other:?}"),
        }
    }

    fn log(&self) -> String {
        let lines = self.facts.iter().map(|fact| serde_json::to_string(fact).unwrap());
        lines.collect::<Vec<_>>().join("\n")
    }
}

const LS: (&str, &str) = ("shell", r#"{"command": "ls"}"#);
const FINISH: (&str, &str) = ("finish", r#"{"title": "Fix it", "summary": "Fixed."}"#);

#[test]
fn every_step_is_in_the_log_before_it_acts() {
    let mut play = Play::new();
    play.replies(Reply { text: "I look.".into(), ..ScriptedModel::calls(&[LS, FINISH]) });
    expect![[r#"
        {"fact":"turn","model":"m","input_tokens":10,"output_tokens":2,"duration_ms":5}
        {"fact":"said","text":"I look."}
        {"fact":"called","call":"c1","tool":"shell","arguments":"{\"command\": \"ls\"}"}"#]]
    .assert_eq(&play.log());
    play.acts(Answer::good("a.py"));
    let report = play.ends();
    assert_eq!((report.title.as_str(), report.summary.as_str()), ("Fix it", "Fixed."));
    assert_eq!(report.ending, Ending::Finished);
    expect![[r#"
        {"fact":"turn","model":"m","input_tokens":10,"output_tokens":2,"duration_ms":5}
        {"fact":"said","text":"I look."}
        {"fact":"called","call":"c1","tool":"shell","arguments":"{\"command\": \"ls\"}"}
        {"fact":"answered","call":"c1","ok":true,"output":"a.py"}
        {"fact":"called","call":"c2","tool":"finish","arguments":"{\"title\": \"Fix it\", \"summary\": \"Fixed.\"}"}
        {"fact":"answered","call":"c2","ok":true,"output":"The work is over."}"#]].assert_eq(&play.log());
}

#[test]
fn the_conversation_only_grows() {
    let mut play = Play::new();
    play.calls(&[LS]).acts(Answer::good("a.py"));
    let before = play.machine.conversation().to_vec();
    play.calls(&[("read", r#"{"path": "a.py"}"#)]).acts(Answer::bad("no"));
    assert_eq!(play.machine.conversation()[..before.len()], before);
    assert_eq!(before.len(), 3);
}

#[test]
fn what_is_not_done_is_given_up_with_the_reason() {
    let arguments = r#"{"title": "", "summary": "s", "not_done": "there is no such bug"}"#;
    Play::new().calls(&[("finish", arguments)]).gives_up(&expect!["there is no such bug"]);
}

#[test]
fn a_wrong_call_is_answered_with_what_is_right_and_the_turn_goes_on() {
    let mut play = Play::new();
    play.calls(&[("search", "{}"), ("shell", "{oops"), LS]);
    play.acts(Answer::good("a.py"));
    let results: Vec<(bool, &str)> = play.machine.conversation()[2..]
        .iter()
        .map(|message| match message {
            Message::ToolResult { ok, text, .. } => (*ok, text.split(':').next().unwrap()),
            other => panic!("{other:?}"),
        })
        .collect();
    expect![[r#"
        [
            (
                false,
                "There is no tool \"search\". The tools are",
            ),
            (
                false,
                "The arguments of shell can't be read",
            ),
            (
                true,
                "a.py",
            ),
        ]"#]]
    .assert_eq(&format!("{results:#?}"));
}

#[test]
fn only_wrong_calls_end_the_work() {
    let mut play = Play::new();
    for _ in 0..BAD_TURNS_MAX {
        play.calls(&[("shell", "{oops"), ("search", "{}")]);
    }
    play.gives_up(&expect!["the model made no sensible call in 5 turns"]);
}

#[test]
fn a_sensible_call_forgives_the_wrong_ones_before_it() {
    let mut play = Play::new();
    for _ in 0..3 {
        for _ in 1..BAD_TURNS_MAX {
            play.calls(&[("search", "{}")]);
        }
        play.calls(&[LS]).acts(Answer::good("changing"));
    }
    assert_eq!(play.next(), Effect::Ask);
}

#[test]
fn silence_is_a_bad_turn() {
    let mut play = Play::new();
    for _ in 1..BAD_TURNS_MAX {
        play.says(" ");
        assert_eq!(play.last_told(), prompt::remind());
    }
    play.says("").gives_up(&expect!["the model made no sensible call in 5 turns"]);
}

#[test]
fn a_reply_that_was_cut_is_told_so() {
    let mut play = Play::new();
    play.replies(Reply {
        stop: Stop::Length,
        ..ScriptedModel::calls(&[("patch", "{\"patch\": \"")])
    });
    assert!(play.last_told().ends_with("write less in one call."), "{}", play.last_told());
}

#[test]
fn who_only_talks_is_reminded_and_then_taken_at_its_word() {
    let mut play = Play::new();
    play.says("I am done.").says("Really.");
    assert_eq!(play.last_told(), prompt::remind());
    play.says("Mend the parser\n\nIt was broken.");
    assert_eq!(play.next(), Effect::Look);
    play.happens(Event::Looked { changed: true });
    let report = play.ends();
    assert_eq!((report.ending, report.title.as_str()), (Ending::Finished, "Mend the parser"));
    assert_eq!(report.summary, "Mend the parser\n\nIt was broken.");
}

#[test]
fn talk_without_a_change_is_no_work() {
    let mut play = Play::new();
    play.says("a").says("b").says("All is well.");
    assert_eq!(play.next(), Effect::Look);
    play.happens(Event::Looked { changed: false });
    play.gives_up(&expect!["it changed nothing and said: All is well."]);
}

#[test]
fn going_round_in_circles_is_told_then_ended() {
    let mut play = Play::new();
    for at in 1..=7 {
        play.calls(&[LS]).acts(Answer::bad("no"));
        assert_eq!(play.last_told() == "no", at < 4, "{at}");
    }
    play.calls(&[LS]).acts(Answer::bad("no"));
    play.gives_up(&expect!["it called shell 8 times with the same result"]);
}

#[test]
fn turns_and_tokens_have_an_end() {
    let mut play = Play::with(Bounds { turns_max: 3, ..BOUNDS });
    for at in 0..3 {
        play.calls(&[LS]).acts(Answer::good(at.to_string()));
    }
    play.gives_up(&expect!["it didn't come to an end in 3 turns"]);
    let mut play = Play::with(Bounds { tokens_max: 20, ..BOUNDS });
    play.calls(&[LS]).acts(Answer::good("1")).calls(&[LS]).acts(Answer::good("2"));
    assert_eq!(play.ends().ending, Ending::OutOfBudget);
}

#[test]
fn when_the_time_is_over_it_ends_whatever_it_does() {
    let mut asking = Play::new();
    asking.pending.clear();
    asking.happens(Event::TimeOver);
    assert_eq!(asking.ends().ending, Ending::OutOfTime);
    let mut acting = Play::new();
    acting.calls(&[LS]).pending.clear();
    acting.happens(Event::TimeOver);
    assert_eq!(acting.ends().ending, Ending::OutOfTime);
    acting.happens(Event::TimeOver);
    assert_eq!(acting.pending.len(), 0, "once");
}

#[test]
fn near_the_end_it_is_told_once_to_wrap_up_after_the_tools_answers() {
    let mut play = Play::new();
    play.left = Duration::from_secs(170);
    play.calls(&[LS, LS]).acts(Answer::good("1")).acts(Answer::good("2"));
    let told = play.last_told().to_owned();
    assert_eq!(told, prompt::wrap_up(49, play.left));
    let roles = &play.machine.conversation()[2..];
    assert!(matches!(
        roles,
        [Message::ToolResult { .. }, Message::ToolResult { .. }, Message::User { .. }]
    ));
    play.calls(&[LS]).acts(Answer::good("3"));
    assert_eq!(play.last_told(), "3");
}

#[test]
fn old_results_go_before_the_window_is_full() {
    let mut play = Play::new();
    let long = |at: usize| Answer::good(format!("{at}{}", "x".repeat(1_000)));
    for at in 0..10 {
        play.calls(&[LS]).acts(long(at));
    }
    let usage = Usage { input_tokens: 80_001, cached_tokens: 0, output_tokens: 5 };
    play.replies(Reply { usage, ..ScriptedModel::calls(&[LS]) }).acts(long(10));
    let results: Vec<&str> = play
        .machine
        .conversation()
        .iter()
        .filter_map(|message| match message {
            Message::ToolResult { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let removed = results.iter().filter(|text| **text == prompt::removed()).count();
    assert_eq!((results.len(), removed), (11, 3));
    assert!(results[3].starts_with('3') && results[10].starts_with("10"));
}

#[test]
fn a_conversation_that_is_too_long_is_shortened_or_given_up() {
    let mut play = Play::new();
    for at in 0..3 {
        play.calls(&[LS]).acts(Answer::good(format!("{at}{}", "x".repeat(1_000))));
    }
    assert_eq!(play.next(), Effect::Ask);
    play.happens(Event::TooLong);
    assert_eq!(play.next(), Effect::Ask);
    play.happens(Event::TooLong);
    play.gives_up(&expect!["the work doesn't fit the model's window"]);
}

#[test]
fn an_event_out_of_turn_changes_nothing() {
    let mut play = Play::new();
    play.happens(Event::Acted(Answer::good("who asked?")));
    play.happens(Event::Started);
    play.calls(&[FINISH]);
    assert_eq!(play.ends().ending, Ending::Finished);
}

#[test]
fn texts_in_the_log_are_cut() {
    let mut play = Play::new();
    play.calls(&[LS]).acts(Answer::good("x".repeat(100_000)));
    assert!(play.log().len() < FACT_BYTES_MAX + 1_000);
}
