use domain::AttemptId;
use domain::attempt::{Limit, Pause};
use expect_test::{Expect, expect};
use llm::fake::ScriptedModel;
use llm::{Stop, Usage};

use super::turns::BAD_TURNS_MAX;
use super::*;
use crate::Ending;
use crate::native::prompt;
use crate::native::tests::events;

pub(in crate::native) fn bounds() -> Bounds {
    let limits = Limits { turns: 50, tokens: 1_000_000, ..Limits::default() };
    let (mode, plan_first) = (Mode::Code, false);
    Bounds { limits, window_tokens: 100_000, time: Duration::from_secs(1_800), mode, plan_first }
}

fn with_limits(change: impl FnOnce(&mut Limits)) -> Bounds {
    let mut bounds = bounds();
    change(&mut bounds.limits);
    bounds
}

pub(in crate::native) fn attempt() -> AttemptId {
    "k3v9x2ab.1".parse().unwrap()
}

pub(in crate::native) fn opening() -> Fact {
    let (system, task, workspace) = ("Be good".into(), "Fix it".into(), "w0".into());
    Fact::Opened { system, task, workspace }
}

/// A machine that plays against a model, tools and persons who are made up as they go.
pub(in crate::native) struct Play {
    pub machine: Machine,
    pending: VecDeque<Effect>,
    pub facts: Vec<Fact>,
    /// After each write to the log: its length, and the conversation.
    pub writes: Vec<(usize, Vec<Message>)>,
    pub left: Duration,
    /// Said by persons when they are listened to next.
    pub steers: Vec<String>,
}

impl Play {
    pub fn with(bounds: Bounds) -> Self {
        Self::begin(bounds, Vec::new(), Some(opening()))
    }

    /// Goes on from a log.
    pub fn resumed(bounds: Bounds, past: &[Fact]) -> Self {
        Self::begin(bounds, past.to_vec(), None)
    }

    fn begin(bounds: Bounds, facts: Vec<Fact>, opening: Option<Fact>) -> Self {
        let mut conversation = Conversation::fold(&events(&attempt(), &facts));
        conversation.enter(&attempt());
        let mut play = Self {
            machine: Machine::new(bounds, "m", conversation),
            pending: VecDeque::new(),
            facts,
            writes: Vec::new(),
            left: bounds.time,
            steers: Vec::new(),
        };
        play.happens(Event::Started { opening });
        play
    }

    fn new() -> Self {
        Self::with(bounds())
    }

    pub fn happens(&mut self, event: Event) {
        let mut effects = VecDeque::from(self.machine.handle(event));
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Record(facts) => {
                    self.facts.extend(facts);
                    self.writes.push((self.facts.len(), self.machine.conversation().to_vec()));
                }
                Effect::Listen { since } => {
                    let heard = Event::Heard(self.said_since(since));
                    effects.extend(self.machine.handle(heard));
                }
                Effect::Ask
                | Effect::Act(_)
                | Effect::Look
                | Effect::Summarize(_)
                | Effect::End(_) => self.pending.push_back(effect),
            }
        }
    }

    /// What persons say is in the log before the agent hears of it.
    fn said_since(&mut self, since: u64) -> Vec<(u64, String)> {
        let by = || "eva".to_owned();
        let said = self.steers.drain(..).map(|text| Fact::Steered { by: by(), text });
        self.facts.extend(said);
        let numbered = (1..).zip(&self.facts).filter(|(seq, _)| *seq > since);
        let said = numbered.filter_map(|(seq, fact)| match fact {
            Fact::Steered { text, .. } => Some((seq, text.clone())),
            _ => None,
        });
        said.collect()
    }

    pub fn machine_tally(&self) -> &crate::native::conversation::Tally {
        self.machine.conversation.tally()
    }

    pub fn next(&mut self) -> Effect {
        assert_eq!(self.pending.len(), 1, "one thing at a time: {:?}", self.pending);
        self.pending.pop_front().unwrap()
    }

    /// The model is asked, and replies.
    pub fn replies(&mut self, reply: Reply) -> &mut Self {
        assert_eq!(self.next(), Effect::Ask);
        let took = Duration::from_millis(5);
        self.happens(Event::Replied { reply, took, left: self.left });
        self
    }

    pub fn calls(&mut self, calls: &[(&str, &str)]) -> &mut Self {
        self.replies(ScriptedModel::calls(calls))
    }

    fn says(&mut self, text: &str) -> &mut Self {
        self.replies(ScriptedModel::says(text))
    }

    /// One tool is asked to act, and answers.
    fn acts(&mut self, answer: Answer) -> &mut Self {
        self.act_together(vec![answer])
    }

    /// So many tools are asked to act at once, and answer.
    pub fn act_together(&mut self, answers: Vec<Answer>) -> &mut Self {
        let effect = self.next();
        let Effect::Act(deeds) = &effect else { panic!("{effect:?}") };
        assert_eq!(deeds.len(), answers.len(), "{deeds:?}");
        self.happens(Event::Acted(answers));
        self
    }

    pub fn sees(&mut self, workspace: &str) -> &mut Self {
        assert_eq!(self.next(), Effect::Look);
        let changes = format!("the changes of {workspace}");
        self.happens(Event::Looked(View { workspace: workspace.into(), changes }));
        self
    }

    fn sums_up(&mut self, reply: Option<Reply>) -> Vec<Message> {
        let effect = self.next();
        let Effect::Summarize(messages) = effect else { panic!("{effect:?}") };
        self.happens(Event::Summarized { reply, took: Duration::from_millis(7) });
        messages
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

    fn is_out_of(&mut self, expected: Limit, words: &Expect) {
        let ending = self.ends().ending;
        let Ending::OutOfBudget { limit, reason } = ending else { panic!("{ending:?}") };
        assert_eq!(limit, expected);
        words.assert_eq(&reason);
    }

    /// What the model was told last.
    fn last_told(&self) -> &str {
        match self.machine.conversation().last().unwrap() {
            Message::ToolResult { text, .. } | Message::User { text, .. } => text,
            other => panic!("{other:?}"),
        }
    }

    /// The facts after the opening.
    fn log(&self) -> String {
        let lines = self.facts[1..].iter().map(|fact| serde_json::to_string(fact).unwrap());
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
        {"fact":"turn","model":"m","input_tokens":10,"output_tokens":2,"duration_ms":5,"exchange":0,"cached_tokens":0,"written_tokens":0,"reasoning_tokens":0,"cost_micros":null}
        {"fact":"said","text":"I look."}
        {"fact":"called","call":"c1","tool":"shell","arguments":"{\"command\": \"ls\"}"}
        {"fact":"called","call":"c2","tool":"finish","arguments":"{\"title\": \"Fix it\", \"summary\": \"Fixed.\"}"}"#]]
    .assert_eq(&play.log());
    play.acts(Answer::good("a.py"));
    let report = play.ends();
    assert_eq!((report.title.as_str(), report.summary.as_str()), ("Fix it", "Fixed."));
    assert_eq!(report.ending, Ending::Finished);
    expect![[r#"
        {"fact":"turn","model":"m","input_tokens":10,"output_tokens":2,"duration_ms":5,"exchange":0,"cached_tokens":0,"written_tokens":0,"reasoning_tokens":0,"cost_micros":null}
        {"fact":"said","text":"I look."}
        {"fact":"called","call":"c1","tool":"shell","arguments":"{\"command\": \"ls\"}"}
        {"fact":"called","call":"c2","tool":"finish","arguments":"{\"title\": \"Fix it\", \"summary\": \"Fixed.\"}"}
        {"fact":"answered","call":"c1","ok":true,"output":"a.py","printed_bytes":4}
        {"fact":"answered","call":"c2","ok":true,"output":"The work is over.","printed_bytes":17}"#]].assert_eq(&play.log());
}

#[test]
fn the_conversation_only_grows() {
    let mut play = Play::new();
    play.calls(&[LS]).acts(Answer::good("a.py"));
    let before = play.machine.conversation().to_vec();
    play.calls(&[("read", r#"{"path": "a.py"}"#)]).acts(Answer::bad("no"));
    assert_eq!(play.machine.conversation()[..before.len()], before);
    assert_eq!(before.len(), 4);
}

#[test]
fn what_is_not_done_is_given_up_with_the_reason() {
    let arguments = r#"{"title": "", "summary": "s", "not_done": "there is no such bug"}"#;
    Play::new().calls(&[("finish", arguments)]).gives_up(&expect!["there is no such bug"]);
}

#[test]
fn calls_after_the_end_are_answered_too() {
    let mut play = Play::new();
    play.calls(&[FINISH, LS]);
    assert_eq!(play.last_told(), "This was not run: the work was over.");
    assert_eq!(play.ends().ending, Ending::Finished);
}

#[test]
fn calls_that_do_not_disturb_each_other_are_made_at_once() {
    let mut play = Play::new();
    let read = ("read", r#"{"path": "a.py"}"#);
    let search = ("search", r#"{"pattern": "x"}"#);
    let there = ("shell", r#"{"command": "ls", "session": "there"}"#);
    let answer = |text: &str| Answer::good(text);
    play.calls(&[read, search, LS, there, LS, read]);
    play.act_together(vec![answer("1"), answer("2")]);
    play.act_together(vec![answer("3"), answer("4")]);
    play.act_together(vec![answer("5")]).act_together(vec![answer("6")]);
    let results = play.machine.conversation()[3..].iter().map(|message| match message {
        Message::ToolResult { text, call, .. } => format!("{call}{text}"),
        other => panic!("{other:?}"),
    });
    assert_eq!(results.collect::<String>(), "c11c22c33c44c55c66");
}

#[test]
fn persons_are_heard_before_each_question() {
    let mut play = Play::new();
    play.steers = vec!["Leave y alone".into(), "And z".into()];
    play.calls(&[LS]).acts(Answer::good("a.py"));
    let [.., one, two] = play.machine.conversation() else { panic!() };
    assert_eq!(*one, Message::user(prompt::steered("Leave y alone")));
    assert_eq!(*two, Message::user(prompt::steered("And z")));
    let heard = |fact: &&Fact| matches!(fact, Fact::Heard { upto: 5 });
    assert_eq!(play.facts.iter().filter(heard).count(), 1, "{}", play.log());
    play.calls(&[LS]).acts(Answer::good("a.py"));
    assert_eq!(play.last_told(), "a.py", "once");
}

#[test]
fn who_is_about_to_end_hears_what_was_said_last() {
    let mut play = Play::new();
    play.steers = vec!["Also z".into()];
    play.calls(&[FINISH, LS]);
    let [.., cut, not, said] = play.machine.conversation() else { panic!() };
    assert_eq!(*cut, Message::tool_result("c1", false, prompt::goes_on()));
    assert_eq!(*not, Message::tool_result("c2", false, prompt::not_begun(NotBegun::Heard)));
    assert_eq!(*said, Message::user(prompt::steered("Also z")));
    play.calls(&[FINISH]);
    assert_eq!(play.ends().ending, Ending::Finished);
}

fn planning() -> Bounds {
    Bounds { plan_first: true, ..bounds() }
}

const PLAN: (&str, &str) =
    ("plan", r#"{"text": "Why", "steps": [{"step": "Do", "state": "pending"}]}"#);
const PATCH: (&str, &str) = ("patch", r#"{"patch": ""}"#);

#[test]
fn before_the_plan_nothing_is_changed() {
    let mut play = Play::with(planning());
    play.calls(&[PATCH]);
    assert!(play.last_told().contains("the plan has to be approved first"));
    play.calls(&[FINISH]);
    assert!(play.last_told().contains("approved before the work"));
    play.calls(&[PLAN]).sees("w1");
    assert_eq!(play.last_told(), prompt::plan_changed());
    play.calls(&[PLAN, LS]).sees("w0");
    assert_eq!(play.last_told(), "This was not run: the plan is to be approved first.");
    assert_eq!(play.ends().ending, Ending::Paused { until: None, why: Pause::Plan });
    assert_eq!(play.facts.last(), Some(&Fact::Planned { text: "Why\n\n- [ ] Do".into() }));
}

#[test]
fn an_approved_plan_is_gone_by_and_what_persons_say_changes_it() {
    let mut play = Play::with(planning());
    play.calls(&[PLAN]).sees("w0").ends();
    let shown = play.facts.clone();
    let mut play = Play::resumed(planning(), &shown);
    assert_eq!(play.ends().ending, Ending::Paused { until: None, why: Pause::Plan });
    assert_eq!(play.facts, shown, "nothing is logged for nothing");

    let (by, text) = ("eva".to_owned(), "Do less".to_owned());
    let mut past = shown.clone();
    past.push(Fact::Steered { by: by.clone(), text: text.clone() });
    let mut play = Play::resumed(planning(), &past);
    assert_eq!(play.last_told(), prompt::steered("Do less"));
    play.calls(&[PATCH]);
    assert!(play.last_told().contains("the plan has to be approved first"));

    let mut past = shown;
    past.push(Fact::PlanApproved { by, text, edited: true });
    let mut play = Play::resumed(planning(), &past);
    play.calls(&[PATCH]).acts(Answer::good("changed"));
    let told = &play.machine.conversation()[4];
    assert_eq!(*told, Message::user(prompt::approved("Do less", true)));
    play.calls(&[PLAN]);
    assert_eq!(play.last_told(), "The plan is written down.");
}

#[test]
fn what_was_in_flight_is_told_as_interrupted() {
    let mut play = Play::new();
    let there = ("shell", r#"{"command": "ls", "session": "there"}"#);
    play.calls(&[LS, there, PATCH, FINISH]);
    let mut play = Play::resumed(bounds(), &play.facts.clone());
    let told: Vec<&str> = play.machine.conversation()[3..]
        .iter()
        .map(|message| match message {
            Message::ToolResult { text, .. } | Message::User { text, .. } => text.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    let (cut, not) = (prompt::interrupted(), prompt::not_begun(NotBegun::Interrupted));
    let resumed = prompt::resumed(bounds().time, false);
    assert_eq!(told, [&cut, &cut, &not, &not, &resumed]);
    play.calls(&[FINISH]);
    assert_eq!(play.ends().ending, Ending::Finished);
}

#[test]
fn a_follow_up_goes_on_with_what_the_person_says() {
    let mut play = Play::new();
    play.calls(&[LS]).acts(Answer::good("a.py")).calls(&[FINISH]).ends();
    let past = events(&attempt(), &play.facts);
    let mut conversation = Conversation::fold(&past);
    let next = "k3v9x2ab.2".parse().unwrap();
    conversation.enter(&next);
    assert_eq!(conversation.tally().turns, 0, "limits hold for each attempt");
    let mut machine = Machine::new(bounds(), "m", conversation);
    machine.handle(Event::Started { opening: None });
    let effects = machine.handle(Event::Heard(vec![(2, "Rename it".into())]));
    let [Effect::Record(facts), Effect::Ask] = &effects[..] else { panic!("{effects:?}") };
    assert!(matches!(facts[..], [Fact::Told { .. }, Fact::Heard { upto: 2 }]));
    assert_eq!(machine.conversation().last(), Some(&Message::user(prompt::steered("Rename it"))));
}

#[test]
fn what_is_too_long_is_refused_or_cut_before_it_is_logged() {
    let mut play = Play::new();
    let long = format!(r#"{{"command": "{}"}}"#, "x".repeat(facts::ARGUMENTS_BYTES_MAX));
    play.replies(Reply {
        text: format!("a\u{7}{}", "b".repeat(100_000)),
        ..ScriptedModel::calls(&[("shell", &long)])
    });
    assert!(play.last_told().contains("Nothing was done: do it in smaller pieces."));
    let Message::Assistant { text, calls, .. } = &play.machine.conversation()[2] else { panic!() };
    assert!(text.starts_with("ab") && text.len() < 66_000);
    assert!(calls[0].arguments.starts_with("{\"left_out_bytes\":"));
    let many = vec![("shell", "{oops"); facts::CALLS_MAX + 3];
    play.calls(&many);
    assert!(play.last_told().starts_with("3 calls of this turn were left out"));
}

#[test]
fn a_wrong_call_is_answered_with_what_is_right_and_the_turn_goes_on() {
    let mut play = Play::new();
    play.calls(&[("browse", "{}"), ("shell", "{oops"), LS]);
    play.acts(Answer::good("a.py"));
    let results: Vec<(bool, &str)> = play.machine.conversation()[3..]
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
                "There is no tool \"browse\". The tools are",
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
        play.calls(&[("shell", "{oops"), ("browse", "{}")]);
    }
    play.gives_up(&expect!["the model made no sensible call in 5 turns"]);
}

#[test]
fn a_sensible_call_forgives_the_wrong_ones_before_it() {
    let mut play = Play::new();
    for _ in 0..3 {
        for _ in 1..BAD_TURNS_MAX {
            play.calls(&[("browse", "{}")]);
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
        assert_eq!(play.last_told(), prompt::remind(Mode::Code, false));
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
    assert_eq!(play.last_told(), prompt::remind(Mode::Code, false));
    play.says("Mend the parser\n\nIt was broken.");
    play.sees("w1");
    let report = play.ends();
    assert_eq!((report.ending, report.title.as_str()), (Ending::Finished, "Mend the parser"));
    assert_eq!(report.summary, "Mend the parser\n\nIt was broken.");
}

#[test]
fn talk_without_a_change_is_no_work() {
    let mut play = Play::new();
    play.says("a").says("b").says("All is well.");
    play.sees("w0");
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
    let words = expect!["it called shell 8 times with the same result"];
    play.is_out_of(Limit::Progress, &words);
}

#[test]
fn a_circle_is_still_known_after_a_restart() {
    let mut play = Play::new();
    for _ in 0..7 {
        play.calls(&[LS]).acts(Answer::bad("no"));
    }
    let mut play = Play::resumed(bounds(), &play.facts.clone());
    play.calls(&[LS]).acts(Answer::bad("no"));
    let words = expect!["it called shell 8 times with the same result"];
    play.is_out_of(Limit::Progress, &words);
}

#[test]
fn each_limit_has_its_own_reason() {
    let mut play = Play::with(with_limits(|limits| limits.turns = 3));
    for at in 0..3 {
        play.calls(&[LS]).acts(Answer::good(at.to_string()));
    }
    play.is_out_of(Limit::Turns, &expect!["it didn't come to an end in 3 turns"]);
    let mut play = Play::with(with_limits(|limits| limits.tokens = 20));
    play.calls(&[LS]).acts(Answer::good("1")).calls(&[LS]).acts(Answer::good("2"));
    play.is_out_of(Limit::Tokens, &expect!["the models read and wrote 24 tokens"]);
    let mut play = Play::with(with_limits(|limits| limits.output_total_bytes = 9));
    play.calls(&[LS]).acts(Answer { printed_bytes: 10, ..Answer::good("1") });
    play.is_out_of(Limit::Output, &expect!["the tools printed 10 bytes"]);
    let mut play = Play::with(with_limits(|limits| limits.usd_micros = Some(2_000_000)));
    let cost_micros = Some(2_000_100);
    play.replies(Reply { cost_micros, ..ScriptedModel::calls(&[LS]) }).acts(Answer::good("1"));
    play.is_out_of(Limit::Money, &expect!["the models cost 2.0001 of 2.0000 dollars"]);
}

#[test]
fn a_provider_that_has_nothing_left_pauses_or_ends_the_work() {
    let mut play = Play::new();
    assert_eq!(play.next(), Effect::Ask);
    let (provider, message, until) = ("p".to_owned(), "later".to_owned(), Timestamp(7));
    let (why, until_then) = (Pause::Quota { provider: "p".into(), message: "later".into() }, until);
    play.happens(Event::QuotaUsedUp { provider, message, until });
    assert_eq!(play.ends().ending, Ending::Paused { until: Some(until_then), why });
    let mut play = Play::new();
    assert_eq!(play.next(), Effect::Ask);
    play.happens(Event::OutOfBudget { limit: Limit::Money, reason: "eva's day".into() });
    play.is_out_of(Limit::Money, &expect!["eva's day"]);
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
    assert_eq!(told, prompt::wrap_up(Mode::Code, 49, play.left));
    let roles = &play.machine.conversation()[3..];
    assert!(matches!(
        roles,
        [Message::ToolResult { .. }, Message::ToolResult { .. }, Message::User { .. }]
    ));
    play.calls(&[LS]).acts(Answer::good("3"));
    assert_eq!(play.last_told(), "3");
}

fn long(at: u32) -> Answer {
    Answer::good(format!("{at}{}", "x".repeat(1_000)))
}

/// Nearly the whole window.
fn full(calls: &[(&str, &str)]) -> Reply {
    let usage = Usage { input_tokens: 80_001, output_tokens: 5, ..Usage::default() };
    Reply { usage, ..ScriptedModel::calls(calls) }
}

#[test]
fn a_conversation_is_summed_up_before_the_window_is_full() {
    let mut play = Play::new();
    play.steers = vec!["Leave y alone".into()];
    for at in 0..10 {
        play.calls(&[LS]).acts(long(at));
    }
    play.calls(&[PLAN]);
    play.replies(full(&[LS])).acts(long(10));
    let before = play.machine.conversation().to_vec();
    let asked = play.sees("w1").sums_up(Some(ScriptedModel::says("I did much.")));
    assert_eq!(asked[..before.len()], before, "the cache still fits");
    assert_eq!(asked.last(), Some(&Message::user(prompt::summarize())));
    let after = play.machine.conversation();
    assert_eq!(after[..2], before[..2], "the instructions and the task");
    assert_eq!(after[3..], before[before.len() - 12..], "the last six turns");
    expect![[r#"
        [The conversation up to here was shortened. Its summary:]

        I did much.

        # The plan

        Why

        - [ ] Do

        # What persons said meanwhile

        - Leave y alone

        # The repository now, as git shows it

        the changes of w1"#]]
    .assert_eq(match &after[2] {
        Message::User { text, .. } => text,
        other => panic!("{other:?}"),
    });
    let turns = play.facts.iter().filter(|fact| matches!(fact, Fact::Turn { .. })).count();
    assert_eq!(turns, 13, "the summary is counted");
    assert_eq!(play.next(), Effect::Ask);
}

#[test]
fn where_no_model_sums_up_it_is_done_without() {
    let mut play = Play::new();
    play.calls(&[LS]).acts(Answer::good("a.py\nb.py"));
    play.replies(Reply { text: "I look".into(), ..full(&[LS]) }).acts(Answer::bad("no"));
    play.sees("w1").sums_up(None);
    let Message::User { text, .. } = &play.machine.conversation()[2] else { panic!() };
    for line in
        ["- I called shell {\"command\": \"ls\"}", "- it did well: a.py\n", "- I said: I look"]
    {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn a_conversation_that_is_too_long_is_shortened_then_given_up() {
    let mut play = Play::new();
    for at in 0..3 {
        play.calls(&[LS]).acts(long(at));
    }
    assert_eq!(play.next(), Effect::Ask);
    play.happens(Event::TooLong);
    let asked = play.sees("w1").sums_up(None);
    let removed = asked.iter().filter(
        |message| matches!(message, Message::ToolResult { text, .. } if *text == prompt::removed()),
    );
    assert_eq!(removed.count(), 1, "all but two");
    assert_eq!(play.next(), Effect::Ask);
    play.happens(Event::TooLong);
    play.sees("w1").sums_up(None);
    assert_eq!(play.machine.conversation().len(), 3);
    assert_eq!(play.next(), Effect::Ask);
    play.happens(Event::TooLong);
    play.gives_up(&expect!["the work doesn't fit the model's window"]);
}

#[test]
fn summing_up_without_a_change_in_between_ends_the_work() {
    let mut play = Play::new();
    for workspace in ["w0", "w1", "w1", "w1"] {
        play.replies(full(&[LS])).acts(long(0)).sees(workspace);
        play.sums_up(Some(ScriptedModel::says("Hm.")));
    }
    let mut play = Play::resumed(bounds(), &play.facts.clone());
    play.replies(full(&[LS])).acts(long(0)).sees("w1").sums_up(None);
    let words =
        expect!["its conversation was shortened 3 times without a change of the repository"];
    play.is_out_of(Limit::Progress, &words);
}

#[test]
fn an_event_out_of_turn_changes_nothing() {
    let mut play = Play::new();
    play.happens(Event::Acted(vec![Answer::good("who asked?")]));
    play.happens(Event::Started { opening: None });
    play.calls(&[FINISH]);
    assert_eq!(play.ends().ending, Ending::Finished);
}

#[test]
fn texts_in_the_log_are_cut() {
    let mut play = Play::new();
    play.calls(&[LS]).acts(Answer::good("x".repeat(100_000)));
    assert!(play.log().len() < 33_500);
}

#[test]
fn few_writes_and_each_before_it_acts() {
    let mut play = Play::new();
    play.calls(&[LS]).acts(Answer::good("a.py")).calls(&[LS]).acts(Answer::good("b.py"));
    let lengths: Vec<usize> = play.writes.iter().map(|(length, _)| *length).collect();
    assert_eq!(lengths, [1, 3, 4, 6, 7]);
}
