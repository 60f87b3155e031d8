//! Several attempts at one task: which is offered, and why. One after the other, so that a story
//! knows which attempt plays which script.

use llm::fake::Turn;
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::repository::Repository;
use crate::scripted::{Scripted, finish, shell};
use crate::world::{Ran, wait_until};

const ONE_BY_ONE: &str = "[machine]\nattempts_max = 1\n";
/// No faults are put in: these stories are about what comes after.
const SETTINGS: &str =
    "[checks]\ntest = \"python3 -m unittest\"\n\n[evidence]\nmutation_seconds = 0\n";

const RIGHT: &str = "sed -i 's/x + 2/x * 2/' double.py";
/// The same in other words.
const ALSO_RIGHT: &str = "printf 'def double(x):\\n    return x + x\\n' > double.py";
/// Right for what the tests ask, and for nothing else.
const FITTED: &str =
    "printf 'def double(x):\\n    return x + 5 if x == 5 else x + 2\\n' > double.py";
const BREAKS: &str = "printf 'def double(x):\\n    return 10\\n' > double.py";

/// A test of its own, in a file of its own.
fn tests(name: &str, x: i64) -> String {
    let twice = 2 * x;
    format!(
        "printf 'import unittest\\nfrom double import double\\n\\n\\nclass {name}(unittest.TestCase):\\n    \
         def test_{name}(self):\\n        self.assertEqual(double({x}), {twice})\\n' > test_{name}.py"
    )
}

fn script(commands: &[&str], title: &str) -> Vec<Turn> {
    let mut turns: Vec<Turn> = commands.iter().map(|command| shell(command)).collect();
    turns.push(finish(title, "Done."));
    turns
}

struct Story {
    scripted: Scripted,
    repository: Repository,
}

impl Story {
    fn new(scripts: Vec<Vec<Turn>>) -> Self {
        Self::judged(scripts, Turn::status(400))
    }

    fn judged(scripts: Vec<Vec<Turn>>, judgement: Turn) -> Self {
        let scripted = Scripted::for_attempts(scripts, judgement);
        std::fs::create_dir_all(scripted.home()).unwrap();
        std::fs::write(scripted.home().join("config.toml"), ONE_BY_ONE).unwrap();
        let repository = scripted.buggy("double");
        repository.write("whimbrel.toml", SETTINGS).commit("Say how it is checked");
        Self { scripted, repository }
    }

    fn delegate(&self, attempts: u32, more: &[&str]) -> Ran {
        let attempts = attempts.to_string();
        let mut arguments = vec!["-n", &attempts];
        arguments.extend(more);
        self.scripted.delegate(&self.repository, &arguments, "Make double double")
    }

    fn compared(&self, ran: &Ran) -> Compared {
        let task = ran.object()["task"].as_str().unwrap().to_owned();
        let json = self.scripted.run(&["compare", "--json", &task]).exits(0).object();
        let text = self.scripted.run(&["compare", &task]).exits(0).stdout;
        Compared { json, text, task }
    }
}

/// What `whimbrel compare` says.
struct Compared {
    json: Value,
    text: String,
    task: String,
}

impl Compared {
    fn numbers(&self, field: &str) -> Vec<u32> {
        numbers(&self.json[field])
    }

    #[track_caller]
    fn says(&self, words: &str) {
        // Lines are wrapped.
        let text = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(words), "no {words:?} in\n{}", self.text);
    }
}

/// Of attempts' ids.
fn numbers(ids: &Value) -> Vec<u32> {
    let number = |id: &Value| id.as_str().unwrap().rsplit('.').next().unwrap().parse().unwrap();
    ids.as_array().unwrap().iter().map(number).collect()
}

#[test]
fn the_right_one_is_first_and_each_other_is_told_what_it_lacks() {
    let (zero, five) = (tests("zero", 0), tests("five", 5));
    let story = Story::new(vec![
        script(&[BREAKS], "Answer ten"),
        script(&[FITTED, &five], "Add what is missing"),
        script(&[], "Nothing to do"),
        script(&[RIGHT, &zero], "Multiply"),
    ]);
    let ran = story.delegate(4, &[]).exits(0);
    assert_eq!(ran.object()["pull_request"]["title"], "Multiply", "{ran}");

    let compared = story.compared(&ran);
    assert_eq!(compared.numbers("ranking"), [4, 2, 1], "{}", compared.text);
    assert_eq!(compared.numbers("eligible"), [4, 2]);
    compared.says("Why attempt 4 is first");
    compared.says("(behind attempt 4: attempt 4's test fails on it: test_zero.zero.test_zero)");
    compared.says("attempt 1: 1 test broken");
    compared.says("attempt 3: no change: the agent finished without changing anything");
    compared.says("tests of 4");

    let body = ran.object()["pull_request"]["body"].as_str().unwrap().to_owned();
    assert!(body.contains("attempt 4's test fails on it"), "{body}");
    let log = story.scripted.run(&["logs", &format!("{}.2", compared.task)]).exits(0);
    let _said = log.says("cross-examination: attempt 4's tests on this code: 0 passed, 1 failed");
    let diff = story.scripted.run(&["compare", &compared.task, "--diff", "2", "4"]).exits(0);
    assert!(diff.stdout.contains("+    return x * 2"), "{diff}");
    assert!(diff.stdout.contains("-    return x + 5 if x == 5 else x + 2"), "{diff}");
    let _none = story.scripted.run(&["compare", &compared.task, "--diff", "3", "4"]).exits(1);
}

/// Both fix what was asked for, and both bring a test: the other's test decides.
#[test]
fn of_two_that_hold_the_one_whose_code_passes_the_others_tests_is_first() {
    let (zero, five) = (tests("zero", 0), tests("five", 5));
    let story = Story::new(vec![
        script(&[FITTED, &five], "Fit"),
        script(&[RIGHT, &zero, &tests("nine", 9)], "Multiply"),
    ]);
    let ran = story.delegate(2, &[]).exits(0);
    let compared = story.compared(&ran);
    for at in [0, 1] {
        assert_eq!(ran.object()["attempts"][at]["evidence"]["holds"], true, "{ran}");
    }
    assert_eq!(compared.numbers("ranking"), [2, 1], "{}", compared.text);
    compared.says("2 of attempt 2's 2 tests fail on it");
    let exams = compared.json["examination"]["exams"].as_array().unwrap();
    assert_eq!(exams.len(), 2, "each on the other's code: {exams:?}");
}

/// Two that are right in different words stand against one that is right in fewer cases.
#[test]
fn those_that_behave_the_same_are_one_group() {
    let minus = tests("minus", -3);
    let story = Story::new(vec![
        script(&[RIGHT, &minus], "Multiply"),
        script(&[ALSO_RIGHT, &minus, "echo '# twice' >> double.py"], "Add"),
        script(&[FITTED, &tests("five", 5)], "Fit"),
    ]);
    let compared = story.compared(&story.delegate(3, &[]).exits(0));
    assert_eq!(compared.numbers("ranking"), [1, 2, 3], "{}", compared.text);
    let groups: Vec<Vec<u32>> =
        compared.json["groups"].as_array().unwrap().iter().map(numbers).collect();
    assert_eq!(groups, [vec![1, 2], vec![3]]);
    compared.says("attempts 1 and 2 behave the same");
}

/// Of all attempts, in their order.
fn outcomes(ran: &Ran) -> Vec<String> {
    let object = ran.object();
    let attempts = object["attempts"].as_array().unwrap().iter();
    attempts.map(|attempt| attempt["outcome"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn when_one_holds_those_that_wait_are_not_made() {
    let story = Story::new(vec![script(&[], "Nothing"), script(&[RIGHT], "Multiply")]);
    let ran = story.delegate(4, &["--enough", "1"]).exits(0);
    let outcomes = outcomes(&ran);
    assert_eq!(outcomes, ["no_change", "changed", "not_needed", "not_needed"], "{ran}");
    assert_eq!(ran.object()["attempts"][3]["reason"], "attempt 2 holds");
    assert_eq!(ran.object()["pull_request"]["title"], "Multiply");
    let task = ran.object()["task"].as_str().unwrap().to_owned();
    let _said = story.scripted.run(&["show", &task]).exits(0).says("not needed: attempt 2 holds");
    let refused = story.scripted.run(&["steer", &format!("{task}.3"), "go on"]).exits(1);
    let _said = refused.says("never began");
}

/// The same from the repository, and one that doesn't hold isn't enough.
#[test]
fn the_repository_may_say_what_is_enough() {
    let story = Story::new(vec![script(&[BREAKS], "Ten"), script(&[RIGHT], "Multiply")]);
    let settings = format!("{SETTINGS}\n[agent]\nattempts = 3\nenough = 1\n");
    story.repository.write("whimbrel.toml", &settings).commit("One is enough");
    let ran = story.scripted.delegate(&story.repository, &[], "Make double double").exits(0);
    let outcomes = outcomes(&ran);
    assert_eq!(outcomes, ["changed", "changed", "not_needed"], "{ran}");
}

fn tie() -> Vec<Vec<Turn>> {
    let minus = tests("minus", -3);
    vec![script(&[RIGHT, &minus], "Multiply"), script(&[ALSO_RIGHT, &minus], "Add")]
}

#[test]
fn a_model_may_break_a_tie_and_is_called_a_judgement() {
    let answer = Turn::say("BEST: 2\nAdding says it more plainly. <script>");
    let story = Story::judged(tie(), answer);
    let ran = story.delegate(2, &[]).exits(0);
    let compared = story.compared(&ran);
    assert_eq!(compared.numbers("ranking"), [2, 1], "{}", compared.text);
    compared.says("a model's judgement broke the tie");
    compared.says("openai-chat/gpt-x prefers attempt 2, Adding says it more plainly.");
    let judgement = &compared.json["examination"]["judgement"];
    assert_eq!(numbers(&judgement["among"]), [1, 2]);
    let body = ran.object()["pull_request"]["body"].as_str().unwrap().to_owned();
    assert!(body.contains("which is no evidence") && body.contains("&lt;script&gt;"), "{body}");
    let asked = story.scripted.requests();
    let judged: Vec<_> = asked.iter().filter(|request| request.mentions("BEST: N")).collect();
    assert_eq!(judged.len(), 1);
    assert!(judged[0].mentions("+    return x + x") && judged[0].mentions("Make double double"));
    // On the account of the one that was first without it.
    let spent = |at: usize| ran.object()["attempts"][at]["spent"]["requests"].as_u64().unwrap();
    assert_eq!(spent(0) as usize + spent(1) as usize, asked.len());
}

#[test]
fn a_judgement_that_makes_no_sense_is_none() {
    let story = Story::judged(tie(), Turn::say("Both are lovely."));
    let ran = story.delegate(2, &[]).exits(0);
    let compared = story.compared(&ran);
    assert_eq!(compared.numbers("ranking"), [1, 2], "the smaller one: {}", compared.text);
    compared.says("couldn't be used: it names none of them: Both are lovely.");
    assert_eq!(compared.json["examination"]["judgement"]["preferred"], json!(null));
}

/// Whoever examines is killed in the middle: what was run is kept, nothing is done twice, and the
/// task comes to its end.
#[test]
fn killing_the_examiner_loses_nothing() {
    let slow = "printf 'import time, unittest\\nfrom double import double\\n\\n\\n\
        class Slow(unittest.TestCase):\\n    def test_slow(self):\\n        time.sleep(3)\\n        \
        self.assertEqual(double(0), 0)\\n' > test_slow.py";
    let story = Story::new(vec![
        script(&[FITTED, &tests("five", 5)], "Fit"),
        script(&[RIGHT, slow], "Multiply"),
    ]);
    let waiting = story.scripted.start_delegate(&story.repository, &["-n", "2"], "Make it double");
    let examiner = || {
        let locks = std::fs::read_dir(story.scripted.home().join("locks")).ok()?;
        let lock = locks
            .filter_map(Result::ok)
            .find(|entry| entry.file_name().to_string_lossy().starts_with("examine-"))?;
        std::fs::read_to_string(lock.path()).ok()?.trim().parse::<i32>().ok()
    };
    // The first exam has ended, so that something is there to be kept.
    let log = || waiting.said();
    wait_until("an exam", || log().contains("cross-examination: attempt"));
    let killed = examiner().unwrap();
    nix::sys::signal::kill(Pid::from_raw(killed), Signal::SIGKILL).unwrap();
    let ran = waiting.ends().exits(0);
    assert_ne!(examiner(), Some(killed), "another one went on");
    let compared = story.compared(&ran);
    assert_eq!(compared.numbers("ranking"), [2, 1], "{}", compared.text);
    let task = &compared.task;
    for number in [1, 2] {
        let log = story.scripted.run(&["logs", &format!("{task}.{number}")]).exits(0).stdout;
        let told = log.matches("cross-examination: attempt").count();
        assert_eq!(told, 1, "each exam is told once:\n{log}");
    }
    assert_eq!(story.repository.whimbrel_branches().len(), 1);
}

/// It ends at once, and leaves nothing.
#[test]
fn a_task_is_cancelled_while_it_is_examined() {
    let slow = "printf 'import time, unittest\\nfrom double import double\\n\\n\\n\
        class Slow(unittest.TestCase):\\n    def test_slow(self):\\n        \
        time.sleep(1 if double(0) == 0 else 60)\\n' > test_slow.py";
    let story = Story::new(vec![
        script(&[FITTED, &tests("five", 5)], "Fit"),
        script(&[RIGHT, slow], "Multiply"),
    ]);
    let waiting = story.scripted.start_delegate(&story.repository, &["-n", "2"], "Make it double");
    let task = || {
        let listed = story.scripted.run(&["list", "--json"]).exits(0);
        let tasks: Value = serde_json::from_str(listed.stdout.lines().next()?).ok()?;
        let first = tasks.get("tasks").map_or(&tasks, |tasks| &tasks[0]).clone();
        first["task"].as_str().or(first["id"].as_str()).map(str::to_owned)
    };
    wait_until("the examination", || waiting.said().contains("cross-examination"));
    let task = task().unwrap();
    let _cancelled = story.scripted.run(&["cancel", &task]).exits(0);
    let _ended = waiting.ends().exits(6);
    let lock = story.scripted.home().join("locks").join(format!("examine-{task}"));
    wait_until("the examiner's end", || !is_locked(&lock));
    assert!(story.repository.whimbrel_branches().is_empty());
}

fn is_locked(path: &std::path::Path) -> bool {
    std::fs::File::open(path).unwrap().try_lock_shared().is_err()
}

/// Faults are put into the changed line in the real proof: the two tests there are notice some.
#[test]
fn faults_that_no_test_notices_are_in_the_evidence() {
    let fix = "printf 'def double(x):\\n    return x * 2 if x < 100 else 2 * x\\n' > double.py";
    let story = Story::new(vec![script(&[fix], "Multiply")]);
    let settings = "[checks]\ntest = \"python3 -m unittest\"\n";
    story.repository.write("whimbrel.toml", settings).commit("Put faults in");
    let ran = story.delegate(1, &[]).exits(0);
    let compared = story.compared(&ran);
    let mutation = &compared.json["compared"][0]["evidence"]["mutation"];
    let count = |name: &str| mutation[name].as_u64().unwrap();
    assert!(count("caught") > 0 && count("caught") < count("tried"), "{mutation:#}");
    assert_eq!((count("tried"), &mutation["why"]), (count("possible"), &json!(null)));
    let diffs = mutation["survivors"].to_string();
    assert!(diffs.contains("if x <= 100") && !diffs.contains("return x / 2 if"), "{diffs}");
    let log = story.scripted.run(&["logs", &compared.task]).exits(0);
    let _told = log.says(&format!("tests notice {} of {} faults", count("caught"), count("tried")));
}
