//! Delegating to the mechanic: real Python projects, repaired without a model.

use serde_json::{Value, json};

use crate::repository::Repository;
use crate::world::World;

/// A module with one bug that two tests show.
const BUGGY: &str = "\
def clamp(value, low, high):
    if value < low:
        return low
    if value > high:
        return low
    return value


def mean(values):
    return sum(values) / len(values)
";

const PYTEST: &str = "\
from ranges import clamp, mean


def test_inside():
    assert clamp(5, 0, 10) == 5


def test_below():
    assert clamp(-5, 0, 10) == 0


def test_above():
    assert clamp(15, 0, 10) == 10


def test_far_above():
    assert clamp(1500, -3, 7) == 7


def test_mean():
    assert mean([1, 2, 3]) == 2
";

const UNITTEST: &str = "\
import unittest

from ranges import clamp, mean


class Clamp(unittest.TestCase):
    def test_inside(self):
        self.assertEqual(clamp(5, 0, 10), 5)

    def test_below(self):
        self.assertEqual(clamp(-5, 0, 10), 0)

    def test_above(self):
        self.assertEqual(clamp(15, 0, 10), 10)

    def test_far_above(self):
        self.assertEqual(clamp(1500, -3, 7), 7)


class Mean(unittest.TestCase):
    def test_mean(self):
        self.assertEqual(mean([1, 2, 3]), 2)


if __name__ == '__main__':
    unittest.main()
";

fn buggy(world: &World, name: &str) -> Repository {
    let repository = world.repository(name);
    repository.write("ranges.py", BUGGY).write("test_ranges.py", PYTEST).commit("Add ranges");
    repository
}

fn outcomes(object: &Value) -> Vec<&str> {
    let attempts = object["attempts"].as_array().unwrap();
    attempts.iter().map(|attempt| attempt["outcome"].as_str().unwrap()).collect()
}

#[test]
fn a_failing_pytest_project_becomes_a_pull_request_with_proof() {
    let world = World::new();
    let repository = buggy(&world, "ranges");
    let before = repository.fingerprint();
    let head = repository.git(&["rev-parse", "HEAD"]);

    let ran = world.delegate(&repository, &["--attempts", "2"], "clamp is wrong above").exits(0);

    let object = ran.object();
    assert_eq!(object["state"], "offered", "{ran}");
    assert_eq!(outcomes(&object), ["changed", "changed"]);
    let evidence = &object["attempts"][0]["evidence"];
    let fixed = json!(["test_ranges.py::test_above", "test_ranges.py::test_far_above"]);
    assert_eq!(evidence["fixed"], fixed);
    assert_eq!((&evidence["holds"], &evidence["broken"]), (&json!(true), &json!([])));

    let branch = object["pull_request"]["branch"].as_str().unwrap();
    assert_eq!(repository.whimbrel_branches(), [branch]);
    assert_eq!(object["pull_request"]["base"], "main");
    assert_eq!(repository.git(&["rev-parse", branch]), object["pull_request"]["head"]);
    assert_eq!(repository.git(&["rev-parse", &format!("{branch}^")]), head);
    assert!(repository.at(branch, "ranges.py").contains("> high:\n        return high"));
    assert_eq!(repository.git(&["diff", "--name-only", "main", branch]), "ranges.py");
    assert_eq!(repository.fingerprint(), before, "the user's files were touched");
}

#[test]
fn a_failing_unittest_project_becomes_a_pull_request_with_proof() {
    let world = World::new();
    let repository = world.repository("ranges");
    repository.write("ranges.py", BUGGY).write("test_ranges.py", UNITTEST).commit("Add ranges");

    let ran = world.delegate(&repository, &[], "clamp is wrong above").exits(0);

    let fixed = ran.object()["attempts"][0]["evidence"]["fixed"].clone();
    let fixed: Vec<&str> = fixed.as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect();
    assert_eq!(fixed.len(), 2, "{ran}");
    assert!(fixed.iter().all(|name| name.contains("above")), "{fixed:?}");
}

#[test]
fn a_project_whose_tests_all_pass_ends_without_a_change() {
    let world = World::new();
    let repository = world.repository("fine");
    let fixed = BUGGY.replace("> high:\n        return low", "> high:\n        return high");
    repository.write("ranges.py", &fixed).write("test_ranges.py", PYTEST).commit("Add ranges");
    let before = repository.fingerprint();

    let ran = world.delegate(&repository, &["--attempts", "2"], "clamp is wrong").exits(3);

    let object = ran.object();
    assert_eq!(outcomes(&object), ["no_change", "no_change"]);
    assert_eq!(object["pull_request"], Value::Null);
    let reason = object["attempts"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("pass"), "{reason}");
    assert!(repository.whimbrel_branches().is_empty());
    assert_eq!(repository.fingerprint(), before);
}

/// The one attempt's reason, where nothing was changed.
#[track_caller]
fn why_not(world: &World, repository: &Repository) -> String {
    let ran = world.delegate(repository, &[], "make the tests pass").exits(3);
    let object = ran.object();
    assert_eq!(outcomes(&object), ["no_change"], "{ran}");
    object["attempts"][0]["reason"].as_str().unwrap().to_owned()
}

#[test]
fn tests_that_can_not_run_are_said_so() {
    let world = World::new();
    let repository = world.repository("broken");
    let test = "import not_installed_anywhere\n\n\ndef test_it():\n    assert False\n";
    repository.write("test_it.py", test).commit("Add a test");
    let reason = why_not(&world, &repository);
    assert!(reason.contains("not_installed_anywhere"), "{reason}");
}

#[test]
fn a_syntax_error_is_named() {
    let world = World::new();
    let repository = world.repository("syntax");
    let broken = BUGGY.replace("def mean(values):", "def mean(values:");
    repository.write("ranges.py", &broken).write("test_ranges.py", PYTEST).commit("Add ranges");
    let reason = why_not(&world, &repository);
    assert!(reason.contains("ranges.py") || reason.contains("SyntaxError"), "{reason}");
}

#[test]
fn what_no_small_edit_repairs_ends_with_where_it_looked() {
    let world = World::new();
    let repository = world.repository("hard");
    let code = "def fizz(n):\n    return str(n)\n";
    let test = "from fizz import fizz\n\n\ndef test_primes():\n    \
        assert fizz(30) == [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]\n";
    repository.write("fizz.py", code).write("test_fizz.py", test).commit("Add fizz");
    let reason = why_not(&world, &repository);
    assert!(reason.contains("fizz.py:2"), "{reason}");
}
