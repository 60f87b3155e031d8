//! Delegating the mechanic's other jobs: linters' fixes, the commit that broke a check, a change
//! made smaller. Real repositories with real histories, and no model.

use serde_json::Value;

use crate::repository::Repository;
use crate::scripted::{Scripted, finish, shell};
use crate::watching::wait_for_task;
use crate::world::{Ran, World};

/// The only attempt's evidence, its summary's pull request and its outcome, as `--json` has them.
fn only(ran: &Ran) -> Value {
    ran.object()["attempts"][0].clone()
}

const TEST: &str = "\
import unittest

from prices import total


class Total(unittest.TestCase):
    def test_sum(self):
        self.assertEqual(total([1, 2]), 3)

    def test_nothing(self):
        self.assertEqual(total([]), 0)
";

const GOOD: &str = "def total(prices):\n    return sum(prices)\n";
const BAD: &str = "def total(prices):\n    return sum(prices[1:])\n";

/// Twelve commits, of which the eighth breaks `total`, among others that don't matter.
fn history(world: &World) -> (Repository, String) {
    let repository = world.repository("prices");
    let mut culprit = String::new();
    for number in 1..=12 {
        let code = if number < 8 { GOOD } else { BAD };
        repository.write("prices.py", code).write("test_prices.py", TEST);
        repository.write("notes.txt", &format!("{number}\n")).commit(&format!("Step {number}"));
        if number == 8 {
            culprit = repository.git(&["rev-parse", "HEAD"]);
        }
    }
    (repository, culprit)
}

#[test]
fn the_commit_that_broke_a_check_is_found() {
    let world = World::new();
    let (repository, culprit) = history(&world);
    let before = repository.fingerprint();

    // Its notes have changed since, so that a revert conflicts: the culprit is the answer.
    let agent = ["--agent", "mechanic:bisect"];
    let ran = world.delegate(&repository, &agent, "Which commit broke test_sum?").exits(0);

    let attempt = only(&ran);
    assert_eq!(attempt["outcome"], "answered", "{ran}");
    let answer = attempt["answer"].as_str().unwrap_or_default();
    for words in [&culprit[..], "Ada <ada@example.org>", "Step 8", "2026-01-02", "prices.py"] {
        assert!(answer.contains(words), "no {words:?} in {answer}");
    }
    assert!(repository.whimbrel_branches().is_empty());
    assert_eq!(repository.fingerprint(), before);
}

#[test]
fn a_culprit_that_can_be_reverted_is() {
    let world = World::new();
    let repository = world.repository("prices");
    repository.write("prices.py", GOOD).write("test_prices.py", TEST).commit("Begin");
    repository.write("prices.py", BAD).commit("Skip the first price");
    let culprit = repository.git(&["rev-parse", "HEAD"]);
    repository.write("notes.txt", "later\n").commit("Write notes");

    let ran = world.delegate(&repository, &[], "Which commit broke the tests?").exits(0);

    let object = ran.object();
    assert_eq!(object["state"], "offered", "{ran}");
    assert_eq!(only(&ran)["evidence"]["holds"], true, "{ran}");
    let branch = object["pull_request"]["branch"].as_str().unwrap();
    assert_eq!(repository.at(branch, "prices.py"), GOOD.trim_end());
    let subject = repository.git(&["log", "-1", "--format=%s", branch]);
    assert_eq!(subject, "Revert \"Skip the first price\"");
    let task = object["task"].as_str().unwrap();
    let shown = world.run(&["pr", "show", task]).exits(0).stdout;
    assert!(shown.contains(&culprit), "{shown}");
    assert!(
        shown.contains("chose the job bisect, because the task says \"which commit\""),
        "{shown}"
    );
}

#[test]
fn a_change_is_cut_down_to_what_its_tests_need() {
    let edit = "printf 'import os\\n\\n\\ndef total(prices):\\n    unused = len(prices)\\n    \
        return sum(prices)\\n' > prices.py; echo more >> notes.txt";
    let world = Scripted::for_each(vec![shell(edit), finish("Sum all prices", "It is done.")]);
    let repository = world.repository("prices");
    repository.write("prices.py", BAD).write("test_prices.py", TEST).write("notes.txt", "1\n");
    repository.commit("Begin");
    let task = world.delegate_away(&repository, &[], "total is wrong");
    wait_for_task(&world, &task, "offered");
    // The branch moves on; the smaller change is for where the larger one began.
    repository.write("more.txt", "later\n").commit("Later");

    let text = format!("Make the change of {task}.1 smaller, please.");
    let ran = world.delegate(&repository, &["--agent", "mechanic"], &text).exits(0);

    let object = ran.object();
    assert_eq!(object["state"], "offered", "{ran}");
    let branch = object["pull_request"]["branch"].as_str().unwrap();
    let change = repository.git(&["diff", "--unified=0", &format!("{branch}^"), branch]);
    let lines: Vec<&str> = change
        .lines()
        .filter(|line| line.starts_with(['+', '-']) && !line.starts_with("+++"))
        .filter(|line| !line.starts_with("---"))
        .collect();
    assert_eq!(lines, ["-    return sum(prices[1:])", "+    return sum(prices)"], "{change}");
    assert_eq!(only(&ran)["evidence"]["holds"], true, "{ran}");
    let smaller = object["task"].as_str().unwrap();
    world.run(&["pr", "show", smaller]).exits(0).says(&format!("The change of {task}.1, cut down"));
}

#[test]
fn what_can_not_be_made_smaller_is_told_before_anything_begins() {
    let world = World::new();
    let repository = world.buggy("double");
    let agent = ["--agent", "mechanic:minimise"];
    let nobody = world.delegate(&repository, &agent, "make it smaller").exits(1);
    nobody.says("names no attempt").says("k3v9x2ab.2");
    world.delegate(&repository, &agent, "k3v9x2ab.2").exits(1).says("k3v9x2ab.2 isn't there");
    assert_eq!(world.run(&["list", "--json"]).exits(0).stdout, "");

    let task =
        world.delegate(&repository, &[], "double is wrong").exits(0).object()["task"].clone();
    let other = world.buggy("other");
    let text = format!("{}.1", task.as_str().unwrap());
    world.delegate(&other, &agent, &text).exits(1).says("another repository's");
}

const CARGO: &str = "[package]\nname = \"sums\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n\
    [lints.clippy]\nneedless_return = \"warn\"\n";
const CARGO_LOCK: &str = "version = 3\n\n[[package]]\nname = \"sums\"\nversion = \"0.1.0\"\n";
const RUST: &str = "pub fn sum(a: i32, b: i32) -> i32 {\n    return a+b;\n}\n\n\
    pub fn blank(text: &str) -> bool {\n    text.len() == 0\n}\n\n\
    #[cfg(test)]\nmod tests {\n    #[test]\n    fn three() {\n        \
    assert_eq!(super::sum(1, 2), 3);\n        assert!(super::blank(\"\"));\n    }\n}\n";

#[test]
fn each_lint_rule_is_fixed_in_a_commit_of_its_own() {
    let world = World::new();
    let repository = world.repository("sums");
    repository
        .write("Cargo.toml", CARGO)
        .write("Cargo.lock", CARGO_LOCK)
        .write(".gitignore", "target\n")
        .write("rustfmt.toml", "")
        .write("src/lib.rs", RUST)
        .commit("Begin");

    let ran = world.delegate(&repository, &["--agent", "mechanic:lint"], "lint").exits(0);

    let object = ran.object();
    assert_eq!(object["state"], "offered", "{ran}");
    let branch = object["pull_request"]["branch"].as_str().unwrap();
    let subjects = repository.git(&["log", "--reverse", "--format=%s", &format!("main..{branch}")]);
    let expected = [
        "Fix clippy::len_zero (clippy)",
        "Fix clippy::needless_return (clippy)",
        "Format with rustfmt",
    ];
    assert_eq!(subjects.lines().collect::<Vec<_>>(), expected, "{ran}");
    let code = repository.at(branch, "src/lib.rs");
    assert!(code.contains("\n    a + b\n}") && code.contains("text.is_empty()"), "{code}");

    // Again, on what that made: nothing is left to do.
    repository.git(&["merge", "-q", "--ff-only", branch]);
    let again = world.delegate(&repository, &[], "Fix the clippy warnings").exits(3);
    let reason = only(&again)["reason"].to_string();
    assert!(reason.contains("nothing to do: clippy, rustfmt"), "{reason}");
    assert!(reason.contains("because the task says"), "{reason}");
}

#[test]
fn what_no_job_does_is_said_plainly() {
    let world = World::new();
    let repository = world.repository("fine");
    repository.write("prices.py", GOOD).write("test_prices.py", TEST).commit("Begin");
    let ran = world.delegate(&repository, &[], "Add a --dry-run flag").exits(3);
    let reason = only(&ran)["reason"].to_string();
    assert!(reason.contains("asks to add something") && reason.contains("model"), "{reason}");
    let ran = world.delegate(&repository, &["--agent", "mechanic:lint"], "lint").exits(3);
    assert!(only(&ran)["reason"].to_string().contains("configures no linter"), "{ran}");
    let ran = world.delegate(&repository, &["--agent", "mechanic:bisect"], "bisect").exits(3);
    assert!(only(&ran)["reason"].to_string().contains("every check passes here"), "{ran}");
    world.run(&["delegate", "--agent", "mechanic:lnt", "x"]).exits(2).says("mechanic:lint");
}

#[test]
fn the_bench_breaks_programs_and_says_what_came_of_it() {
    let world = World::new();
    let arguments = ["--program", "matrix", "--each", "3", "--seconds", "180", "--json"];
    let ran = world.run(&[&["bench", "mechanic"], &arguments[..]].concat()).exits(0);
    let lines: Vec<Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let bugs: Vec<&Value> = lines.iter().filter(|line| line["bug"].is_string()).collect();
    assert_eq!(bugs.len(), 3, "{ran}");
    assert_eq!(bugs.iter().filter(|bug| bug["sort"] == "by hand").count(), 1, "{ran}");
    let correct: Vec<&&Value> = bugs.iter().filter(|bug| bug["outcome"] == "correct").collect();
    assert!(!correct.is_empty(), "{ran}");
    for bug in correct {
        assert!(bug["first_ms"].is_number() && bug["tried"].as_u64() >= Some(1), "{bug}");
        assert!(bug["diff"].as_str().unwrap().contains("matrix.py"), "{bug}");
    }
    let all = lines.iter().find(|line| line["sort"] == "all").unwrap();
    assert_eq!((all["language"].as_str(), all["bugs"].as_u64()), (Some("Python"), Some(3)));
    world.run(&["bench", "mechanic", "--program", "nothing"]).exits(1).says("there are csvparse");
}
