//! What the evidence says of projects in several languages: tests one by one, where their runner
//! can name them. The changes come from a scripted model, so they needn't be good.

use serde_json::{Value, json};

use crate::repository::Repository;
use crate::scripted::{Scripted, finish, shell};
use crate::world::Ran;

/// A task whose agent runs one command and says that it is done.
struct Story {
    world: Scripted,
    repository: Repository,
}

impl Story {
    fn new(command: &str) -> Self {
        let world = Scripted::for_each(vec![shell(command), finish("Change it", "It is done.")]);
        let repository = world.repository("project");
        Self { world, repository }
    }

    fn file(self, path: &str, text: &str) -> Self {
        self.repository.write(path, text);
        self
    }

    #[must_use = "say which exit code is right"]
    fn delegated(&self) -> Ran {
        self.repository.commit("Begin");
        self.world.delegate(&self.repository, &[], "change it")
    }

    /// The evidence of what was offered.
    #[track_caller]
    fn offered(&self) -> Value {
        let task = self.delegated().exits(0).object()["task"].as_str().unwrap().to_owned();
        self.world.run(&["evidence", "--json", &task]).exits(0).object()
    }
}

/// Fixed, broken and added tests, the added ones with what they do on the base's code.
fn tests(evidence: &Value) -> Value {
    let tests = &evidence["evidence"]["tests"];
    let added = tests["added"].as_array().unwrap().iter();
    let added: Vec<Value> = added.map(|one| json!([one["name"], one["on_base"]])).collect();
    json!({ "fixed": tests["fixed"], "broken": tests["broken"], "added": added })
}

const CARGO: &str = "[package]\nname = \"sums\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
const CARGO_LOCK: &str = "version = 3\n\n[[package]]\nname = \"sums\"\nversion = \"0.1.0\"\n";
const RUST: &str = "pub fn sum(a: i32, b: i32) -> i32 {\n    a - b\n}\n\n#[cfg(test)]\nmod tests {\n    \
    #[test]\n    fn nothing() {\n        assert_eq!(super::sum(0, 0), 0);\n    }\n\n    #[test]\n    \
    fn three() {\n        assert_eq!(super::sum(1, 2), 3);\n    }\n}\n";

#[test]
fn a_cargo_projects_tests_are_named() {
    let story = Story::new("sed -i 's/a - b/a + b/' src/lib.rs")
        .file("Cargo.toml", CARGO)
        .file("Cargo.lock", CARGO_LOCK)
        .file(".gitignore", "target\n")
        .file("src/lib.rs", RUST);
    let evidence = story.offered();
    assert_eq!(evidence["holds"], true, "{evidence}");
    let fixed = tests(&evidence)["fixed"].to_string();
    assert!(fixed.contains("tests::three") && !fixed.contains("nothing"), "{evidence}");
}

const NODE: &str = "exports.sum = (a, b) => a - b;\n";
const NODE_TEST: &str = "const { test } = require('node:test');\n\
    const assert = require('node:assert');\nconst { sum } = require('../sum.js');\n\n\
    test('nothing', () => assert.equal(sum(0, 0), 0));\n\
    test('three', () => assert.equal(sum(1, 2), 3));\n";

#[test]
fn node_tests_are_named_with_and_without_npm() {
    let package = "{ \"name\": \"sum\", \"scripts\": { \"test\": \"node --test\" } }\n";
    for (package, command) in [(Some(package), "npm test"), (None, "node --test")] {
        let mut story = Story::new("sed -i 's/a - b/a + b/' sum.js")
            .file("sum.js", NODE)
            .file("test/sum.test.js", NODE_TEST);
        if let Some(package) = package {
            story = story.file("package.json", package);
        }
        let evidence = story.offered();
        assert_eq!(evidence["evidence"]["checks"][0]["command"], command);
        assert_eq!(evidence["holds"], true, "{evidence}");
        let fixed = tests(&evidence)["fixed"].clone();
        assert_eq!(fixed.as_array().unwrap().len(), 1, "{command}: {evidence}");
        assert!(fixed[0].as_str().unwrap().contains("three"), "{command}: {evidence}");
    }
}

const PYTHON: &str = "def double(x):\n    return x + 2\n";

#[test]
fn unittest_tells_what_was_fixed_and_what_was_added() {
    let added = "printf '\\n    def test_ten(self):\\n        self.assertEqual(double(5), 10)\\n' \
                 >> test_double.py; sed -i 's/x + 2/x * 2/' double.py";
    let test = "import unittest\n\nfrom double import double\n\n\nclass Double(unittest.TestCase):\n    \
                def test_six(self):\n        self.assertEqual(double(3), 6)\n";
    let story = Story::new(added).file("double.py", PYTHON).file("test_double.py", test);
    let evidence = story.offered();
    let expected = json!({
        "fixed": ["test_double.Double.test_six"],
        "broken": [],
        "added": [["test_double.Double.test_ten", "red_green"]],
    });
    assert_eq!(tests(&evidence), expected, "{evidence}");
}

/// One added test fails without the change, the other says nothing about it.
#[test]
fn pytest_tells_a_test_of_the_change_from_an_empty_one() {
    let added = "printf 'from double import double\\n\\n\\ndef test_ten():\\n    \
                 assert double(5) == 10\\n\\n\\ndef test_nothing():\\n    assert True\\n' \
                 > test_more.py; sed -i 's/x + 2/x * 2/' double.py";
    let test = "from double import double\n\n\ndef test_four():\n    assert double(2) == 4\n";
    let story = Story::new(added).file("double.py", PYTHON).file("test_double.py", test);
    let evidence = story.offered();
    let expected = json!({
        "fixed": [],
        "broken": [],
        "added": [
            ["test_more.py::test_nothing", "empty"],
            ["test_more.py::test_ten", "red_green"],
        ],
    });
    assert_eq!(tests(&evidence), expected, "{evidence}");
    let body = story.world.run(&["pr", "list", "--json"]).exits(0).object()["body"].to_string();
    assert!(body.contains("empty"), "{body}");
}

#[test]
fn a_lint_that_fails_is_evidence_too() {
    let settings = "[checks]\ntest = \"true\"\nlint = \"! grep -n TODO code.txt\"\n";
    let story = Story::new("echo TODO >> code.txt")
        .file("whimbrel.toml", settings)
        .file("code.txt", "fine\n");
    let ran = story.delegated().exits(4);
    assert_eq!(ran.object()["attempts"][0]["evidence"]["holds"], false);
    let task = ran.object()["task"].as_str().unwrap().to_owned();
    let evidence = story.world.run(&["evidence", "--json", &task]).exits(0).object();
    let lint = &evidence["evidence"]["checks"][1];
    assert_eq!(lint["name"], "lint");
    let log = lint["head"]["log"].as_str().unwrap();
    story.world.run(&["evidence", &task, "--log", log]).exits(0).says("2:TODO");
}

#[test]
fn where_nothing_can_be_checked_nothing_is_said_to_hold() {
    let story = Story::new("echo more >> notes.txt").file("notes.txt", "notes\n");
    let ran = story.delegated().exits(0).says("no check was found");
    assert_eq!(ran.object()["attempts"][0]["evidence"]["holds"], false, "{ran}");
    let body = ran.object()["pull_request"]["body"].as_str().unwrap().to_owned();
    assert!(body.contains("Nothing was checked"), "{body}");
}

/// Setup runs once, before the agent and before each check, and its traces are no change.
#[test]
fn what_setup_made_is_in_every_computer_and_in_no_change() {
    let settings = "[environment]\nsetup = \"mkdir -p ~/made; date +%s%N > ~/made/when; touch x.pyc\"\n\
                    [checks]\ntest = \"test -s ~/made/when && cat ~/made/when\"\n";
    let story = Story::new("cp ~/made/when seen.txt")
        .file("whimbrel.toml", settings)
        .file("code.txt", "code\n");
    let evidence = story.offered();
    let checks = &evidence["evidence"]["checks"][0];
    assert_eq!(evidence["holds"], true, "{evidence}");
    let attempt = evidence["attempt"].as_str().unwrap();
    let log = |place: &str| {
        let name = checks[place]["log"].as_str().unwrap().to_owned();
        story.world.run(&["evidence", attempt, "--log", &name]).exits(0).stdout
    };
    let branch = &story.repository.whimbrel_branches()[0];
    let seen = story.repository.at(branch, "seen.txt");
    assert!(log("base").contains(&seen) && log("head").contains(&seen), "setup ran again");
    assert_eq!(story.repository.git(&["diff", "--name-only", "main", branch]), "seen.txt");
}

/// The checks are the base's: a change can't bring its own judge.
#[test]
fn a_change_to_the_checks_does_not_choose_its_own() {
    let cheat = "printf '[checks]\\ntest = \"true\"\\n' > whimbrel.toml; echo broken > code.txt";
    let story = Story::new(cheat)
        .file("whimbrel.toml", "[checks]\ntest = \"grep fine code.txt\"\n")
        .file("code.txt", "fine\n");
    let ran = story.delegated().exits(4);
    assert_eq!(ran.object()["attempts"][0]["evidence"]["holds"], false, "{ran}");
    assert!(story.repository.whimbrel_branches().is_empty());
}
