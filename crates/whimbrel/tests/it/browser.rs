//! Stories in a real Chromium: the Rust side makes the world and serves it, the other side, in
//! `tests/browser`, is what a person sees and does.

mod deciding;
mod delegating;
mod looking;
mod plain;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::world::{Running, World, wait_until};

/// Longer than any story in a browser takes.
const STORY_TIME_MAX: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(20);
const REMEDY: &str = "run `script/bootstrap --for test`, which installs what these stories need";

/// A server of a world's home, as long as it is kept.
pub struct Served {
    serving: Running,
    pub address: String,
}

impl Served {
    pub fn by(world: &World) -> Self {
        Self::at(world, "127.0.0.1:0")
    }

    /// It listens there.
    pub fn at(world: &World, listening: &str) -> Self {
        let serving = world.start(&["--json", "serve", "--listen", listening]);
        let said = |key: &str| {
            let said = serving.said();
            let objects = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            objects.filter_map(|object| object[key].as_str().map(str::to_owned)).next()
        };
        wait_until("the address", || said("url").is_some());
        Self { address: said("url").unwrap(), serving }
    }

    /// Host and port.
    pub fn listening(&self) -> &str {
        self.address.split_once("://").unwrap().1
    }

    pub fn said(&self) -> String {
        self.serving.said()
    }

    /// A signal ends it.
    pub fn ends(self, signal: Signal) {
        self.serving.signal(signal);
        let _whatever_code = self.serving.ends();
    }
}

/// A world's pages, as long as it is kept.
pub struct Site<'a> {
    world: &'a World,
    served: Served,
}

impl<'a> Site<'a> {
    pub fn of(world: &'a World) -> Self {
        Self { world, served: Served::by(world) }
    }

    /// Plays a story of `tests/browser`, which is told these facts. Gives what it tells.
    #[track_caller]
    pub fn plays(&self, story: &str, facts: &[(&str, &str)]) -> Value {
        let mut command = node(story);
        command.env("SITE_ADDRESS", &self.served.address).env("SITE_LINK", self.link());
        for (name, value) in facts {
            command.env(format!("FIXTURE_{}", name.to_uppercase()), value);
        }
        let output = self.world.path().join(format!("{story}.out"));
        let is_well = ends_well(command, &output);
        let told = std::fs::read_to_string(&output).unwrap();
        assert!(is_well, "{story}.mjs:\n{told}\n── the server\n{}", self.served.said());
        serde_json::from_str(told.lines().last().unwrap_or_default()).unwrap()
    }

    /// A link that lets a browser in, once.
    fn link(&self) -> String {
        let ran = self.world.run(&["link", "--json"]).exits(0);
        ran.object()["link"].as_str().unwrap().to_owned()
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
