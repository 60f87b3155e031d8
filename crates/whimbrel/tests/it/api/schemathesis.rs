//! schemathesis reads the OpenAPI document and tries everything that it allows, and much that it
//! doesn't: nothing may be answered with a 500, or with what the document doesn't say.

use std::path::{Path, PathBuf};

use super::client::Served;
use crate::scripted::{Scripted, repair};

/// Where `script/bootstrap --for test` puts it.
const PROGRAM: &str = "target/schemathesis/bin/schemathesis";
/// The stream of everything has no end to wait for, and whoever revokes all tokens revokes their own.
/// Both have stories beside this one.
const WITHOUT: [&str; 2] = ["streamEverything", "revokeToken"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a program of the test's own")]
fn every_answer_is_one_that_the_document_says() {
    let world = Scripted::for_each(repair());
    crate::watching::write_home(&world, "config.toml", "[machine]\nattempts_max = 1\n");
    let repository = world.buggy("double");
    let offered = world.delegate(&repository, &[], "double is wrong").exits(0).object();
    let served = Served::start(&world);
    let project = served.get("/api/v1/projects").is(200).json()["items"][0]["id"].clone();
    let document = format!("http://{}/api/v1/openapi.json", served.address);
    let token = format!("Authorization: Bearer {}", served.token);
    let mut program = std::process::Command::new(root().join(PROGRAM));
    program.current_dir(world.path()).arg("--config-file");
    program.env("STORY_TASK", offered["task"].as_str().unwrap());
    program.env("STORY_PROJECT", project.as_str().unwrap());
    program.arg(root().join("script/schemathesis.toml"));
    program.args(["run", &document, "--header", &token]);
    program.args(WITHOUT.iter().flat_map(|id| ["--exclude-operation-id", id]));
    program.args(["--phases", "examples,coverage,fuzzing", "--max-examples", "5"]);
    program.args(["--seed", "1", "--no-color", "--request-timeout", "60"]);
    let ran = program.stdin(std::process::Stdio::null()).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
}
