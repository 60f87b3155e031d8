//! Delegating to the mechanic what isn't Python: real projects of node and of cargo, repaired
//! without a model.

use serde_json::{Value, json};

use crate::repository::Repository;
use crate::world::World;

const NODE: &str = "\
export const clamp = (value, low, high) => {
  if (value < low) return low;
  if (value > high) return low;
  return value;
};
";

const NODE_TEST: &str = "\
import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { clamp } from '../src/clamp.js';

describe('clamp', () => {
  it('keeps what is inside', () => assert.equal(clamp(5, 0, 10), 5));
  it('is right below', () => assert.equal(clamp(-5, 0, 10), 0));
  it('is right above', () => assert.equal(clamp(15, 0, 10), 10));
  it('is right far above', () => assert.equal(clamp(1500, -3, 7), 7));
});
";

const CARGO: &str = "[package]\nname = \"ranges\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";

const RUST: &str = "\
pub fn clamp(value: i32, low: i32, high: i32) -> i32 {
    if value < low {
        return low;
    }
    if value > high {
        return low;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::clamp;

    #[test]
    fn inside() {
        assert_eq!(clamp(5, 0, 10), 5);
    }

    #[test]
    fn below() {
        assert_eq!(clamp(-5, 0, 10), 0);
    }

    #[test]
    fn above() {
        assert_eq!(clamp(15, 0, 10), 10);
    }

    #[test]
    fn far_above() {
        assert_eq!(clamp(1500, -3, 7), 7);
    }
}
";

/// The change as an offered pull request: its one file at the new branch, and what is proven.
fn offered(world: &World, repository: &Repository, path: &str) -> (String, Value) {
    let before = repository.fingerprint();
    let ran = world.delegate(repository, &[], "clamp is wrong above").exits(0);
    let object = ran.object();
    assert_eq!(object["state"], "offered", "{ran}");
    let branch = object["pull_request"]["branch"].as_str().unwrap();
    assert_eq!(repository.git(&["diff", "--name-only", "main", branch]), path);
    assert_eq!(repository.fingerprint(), before, "the user's files were touched");
    (repository.at(branch, path), object["attempts"][0]["evidence"].clone())
}

#[test]
fn a_failing_node_project_becomes_a_pull_request_with_proof() {
    let world = World::new();
    let repository = world.repository("clamp");
    let package = "{ \"type\": \"module\", \"scripts\": { \"test\": \"node --test\" } }\n";
    repository.write("package.json", package);
    repository.write("src/clamp.js", NODE).write("test/clamp.test.js", NODE_TEST).commit("Begin");

    let (text, evidence) = offered(&world, &repository, "src/clamp.js");

    assert_eq!(text.trim(), NODE.replace("high) return low", "high) return high").trim());
    assert_eq!((&evidence["holds"], &evidence["broken"]), (&json!(true), &json!([])));
    let fixed = evidence["fixed"].to_string();
    assert!(fixed.contains("is right above") && !fixed.contains("inside"), "{evidence}");
}

#[test]
fn a_failing_cargo_project_becomes_a_pull_request_with_proof() {
    let world = World::new();
    let repository = world.repository("ranges");
    repository.write("Cargo.toml", CARGO).write("src/lib.rs", RUST).commit("Begin");

    let (text, evidence) = offered(&world, &repository, "src/lib.rs");

    let right = RUST.replace("> high {\n        return low", "> high {\n        return high");
    assert_eq!(text.trim(), right.trim());
    assert_eq!((&evidence["holds"], &evidence["broken"]), (&json!(true), &json!([])));
    let fixed = evidence["fixed"].to_string();
    assert!(fixed.contains("tests::above") && !fixed.contains("inside"), "{evidence}");
}
