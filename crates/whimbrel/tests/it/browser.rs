//! Stories in a real Chromium: the Rust side makes the world and serves it, the other side, in
//! `tests/browser`, is what a person sees and does.

mod looking;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::world::{Running, World, wait_until};

/// Longer than any story in a browser takes.
const STORY_TIME_MAX: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(20);
const REMEDY: &str = "run `script/bootstrap --for test`, which installs what these stories need";

/// A world's pages, as long as it is kept.
pub struct Site<'a> {
    world: &'a World,
    serving: Running,
    pub address: String,
    pub link: String,
}

impl<'a> Site<'a> {
    pub fn of(world: &'a World) -> Self {
        let serving = world.start(&["--json", "serve", "--listen", "127.0.0.1:0"]);
        let said = |key: &str| {
            let said = serving.said();
            let objects = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            objects.filter_map(|object| object[key].as_str().map(str::to_owned)).next()
        };
        wait_until("the address", || said("address").is_some() && said("link").is_some());
        let (address, link) = (said("address").unwrap(), said("link").unwrap());
        Self { world, serving, address, link }
    }

    /// Plays a story of `tests/browser`, which is told these facts. Gives what it tells.
    #[track_caller]
    pub fn plays(&self, story: &str, facts: &[(&str, &str)]) -> Value {
        let mut command = node(story);
        command.env("SITE_ADDRESS", &self.address).env("SITE_LINK", &self.link);
        for (name, value) in facts {
            command.env(format!("FIXTURE_{}", name.to_uppercase()), value);
        }
        let output = self.world.path().join(format!("{story}.out"));
        let is_well = ends_well(command, &output);
        let told = std::fs::read_to_string(&output).unwrap();
        assert!(is_well, "{story}.mjs:\n{told}\n── the server\n{}", self.serving.said());
        serde_json::from_str(told.lines().last().unwrap_or_default()).unwrap()
    }
}

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser")
}

#[expect(clippy::disallowed_methods, reason = "stories in a browser are played by node")]
fn node(story: &str) -> Command {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/browser/node_modules");
    assert!(tools.is_dir(), "there is nothing in {}: {REMEDY}", tools.display());
    assert!(Path::new("/usr/bin/chromium").is_file(), "there is no Chromium here: {REMEDY}");
    let mut command = Command::new("node");
    command.arg(tests().join(format!("{story}.mjs")));
    command
}

/// Runs it to its end with its output in that file. One that hangs is killed, and isn't well.
fn ends_well(mut command: Command, output: &Path) -> bool {
    let file = File::create(output).unwrap();
    command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
    let mut child = command.spawn().unwrap_or_else(|error| panic!("no node ({error}): {REMEDY}"));
    let started = Instant::now();
    while started.elapsed() < STORY_TIME_MAX {
        if let Some(status) = child.try_wait().unwrap() {
            return status.success();
        }
        std::thread::sleep(POLL);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    false
}
