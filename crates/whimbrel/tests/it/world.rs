//! What a story happens in: a folder of its own, whimbrel's home in it, and the real program.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::repository::Repository;

/// Longer than any story's program takes; one that hangs is killed and fails.
const PROGRAM_TIME_MAX: Duration = Duration::from_secs(240);
const POLL: Duration = Duration::from_millis(20);

/// Variables that would change what the program does; a story sets its own.
const FORGOTTEN: [&str; 14] = [
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "NO_COLOR",
    "OLLAMA_HOST",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENROUTER_API_KEY",
    "WHIMBREL_HOME",
    "WHIMBREL_LOG",
    "WHIMBREL_MODEL",
    "WHIMBREL_MODEL_URL",
];

pub struct World {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("whimbrel-it-").tempdir().unwrap();
        Self { folder, variables: vec![] }
    }

    /// The same, with a variable in the program's environment.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn home(&self) -> PathBuf {
        self.path().join("home")
    }

    /// A new repository in a folder of that name, with nothing in it.
    pub fn repository(&self, name: &str) -> Repository {
        Repository::init(&self.path().join(name))
    }

    /// Runs `whimbrel` with these arguments to its end.
    #[must_use = "say which exit code is right"]
    pub fn run<S: AsRef<str>>(&self, arguments: &[S]) -> Ran {
        let mut command = self.command();
        command.args(arguments.iter().map(AsRef::as_ref));
        finish(command, arguments.iter().map(|a| a.as_ref().to_owned()).collect())
    }

    /// The program, ready to be given arguments.
    #[expect(clippy::disallowed_methods, reason = "stories run the real program")]
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_whimbrel"));
        for name in FORGOTTEN {
            command.env_remove(name);
        }
        command.env("WHIMBREL_HOME", self.home()).current_dir(self.path());
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command
    }

    /// Delegates with `--wait --json`.
    #[must_use = "say which exit code is right"]
    pub fn delegate(&self, repository: &Repository, more: &[&str], text: &str) -> Ran {
        let repo = repository.path().to_str().unwrap().to_owned();
        let mut arguments = vec!["delegate", "--repo", &repo, "--wait", "--json", "--seed", "1"];
        arguments.extend(more);
        arguments.push(text);
        self.run(&arguments)
    }
}

/// Runs it with its output in files, so that neither a full pipe nor a background process that
/// holds one can make the story hang.
fn finish(mut command: Command, arguments: Vec<String>) -> Ran {
    let (stdout, stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    command
        .stdin(Stdio::null())
        .stdout(stdout.try_clone().unwrap())
        .stderr(stderr.try_clone().unwrap());
    let mut child = command.spawn().unwrap();
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > PROGRAM_TIME_MAX {
            child.kill().unwrap();
            break child.wait().unwrap();
        }
        std::thread::sleep(POLL);
    };
    Ran { arguments, code: status.code(), stdout: text_of(stdout), stderr: text_of(stderr) }
}

fn text_of(mut file: fs::File) -> String {
    use std::io::{Read, Seek};
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A program that has ended.
pub struct Ran {
    arguments: Vec<String>,
    code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Fails with everything that was printed, unless it exited so.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// The last line of standard output, as JSON.
    #[track_caller]
    pub fn object(&self) -> Value {
        let last = self.stdout.lines().last().unwrap_or_default();
        serde_json::from_str(last).unwrap_or_else(|error| panic!("{error} in {self}"))
    }

    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stdout.contains(text) || self.stderr.contains(text), "no {text:?} in {self}");
        self
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "whimbrel {:?} exited with {:?}", self.arguments, self.code)?;
        writeln!(f, "── stdout\n{}\n── stderr\n{}", self.stdout, self.stderr)
    }
}

/// Waits until `is_true`, or fails with `what`.
#[track_caller]
pub fn wait_until(what: &str, mut is_true: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_true() {
        assert!(started.elapsed() < PROGRAM_TIME_MAX, "{what} didn't happen in time");
        std::thread::sleep(POLL);
    }
}

/// Runs a program of the test's own and insists on its success.
#[track_caller]
pub fn must(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{stderr}", output.status);
    output
}
