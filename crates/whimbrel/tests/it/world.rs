//! What a story happens in: a folder of its own, whimbrel's home in it, and the real program.

use std::fmt;
use std::fs;
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

use crate::repository::Repository;

/// Longer than any story's program takes; one that hangs is killed and fails.
const PROGRAM_TIME_MAX: Duration = Duration::from_secs(240);
const POLL: Duration = Duration::from_millis(20);

/// Variables that would change what the program does; a story sets its own.
const FORGOTTEN: [&str; 16] = [
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
    "WHIMBREL_SERVER",
    "WHIMBREL_TOKEN",
];

const CODE: &str = "def double(x):\n    return x + 2\n";
const TEST: &str = "\
import unittest

from double import double


class Double(unittest.TestCase):
    def test_four(self):
        self.assertEqual(double(2), 4)

    def test_ten(self):
        self.assertEqual(double(5), 10)
";

/// Who an ordinary user is played by, where the stories run as root.
const ORDINARY_UID: u32 = 1500;

pub struct World {
    folder: TempDir,
    variables: Vec<(String, String)>,
    program: PathBuf,
    uid: Option<u32>,
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("whimbrel-it-").tempdir().unwrap();
        let program = PathBuf::from(env!("CARGO_BIN_EXE_whimbrel"));
        Self { folder, variables: vec![], program, uid: None }
    }

    /// The same, in which an ordinary user runs the program: a copy of it, since whose folder it
    /// was built in may be closed to others. Where the stories run as an ordinary user, nothing
    /// changes.
    pub fn for_user(mut self) -> Self {
        if !nix::unistd::geteuid().is_root() {
            return self;
        }
        self.copy_the_program();
        self.uid = Some(ORDINARY_UID);
        self.give(self.path());
        self.with("PATH", "/usr/bin:/bin")
    }

    /// The program is a file of this world's own from now on. Gives its path.
    pub fn copy_the_program(&mut self) -> PathBuf {
        let program = self.path().join("whimbrel");
        fs::copy(&self.program, &program).unwrap();
        self.program.clone_from(&program);
        program
    }

    /// Gives a folder and all in it to the user who runs the program.
    pub fn give(&self, path: &Path) {
        let Some(uid) = self.uid else { return };
        std::os::unix::fs::lchown(path, Some(uid), Some(uid)).unwrap();
        if fs::symlink_metadata(path).unwrap().is_dir() {
            fs::read_dir(path).unwrap().for_each(|entry| self.give(&entry.unwrap().path()));
        }
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
        self.start(arguments).ends()
    }

    /// Starts `whimbrel` with these arguments, and goes on.
    pub fn start<S: AsRef<str>>(&self, arguments: &[S]) -> Running {
        let mut command = self.command();
        command.args(arguments.iter().map(AsRef::as_ref));
        start(command, Stdio::null())
    }

    /// Runs `whimbrel` with that file as its standard input.
    #[must_use = "say which exit code is right"]
    pub fn run_with_input(&self, arguments: &[&str], input: fs::File) -> Ran {
        let mut command = self.command();
        command.args(arguments);
        start(command, Stdio::from(input)).ends()
    }

    /// The program, ready to be given arguments.
    #[expect(clippy::disallowed_methods, reason = "stories run the real program")]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        if let Some(uid) = self.uid {
            command.uid(uid).gid(uid).env("HOME", self.path());
        }
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
        self.start_delegate(repository, more, text).ends()
    }

    /// Starts delegating with `--wait --json`, and goes on.
    pub fn start_delegate(&self, repository: &Repository, more: &[&str], text: &str) -> Running {
        let repo = repository.path().to_str().unwrap();
        let mut arguments = vec!["delegate", "--repo", repo, "--wait", "--json", "--seed", "1"];
        arguments.extend(more);
        arguments.push(text);
        self.start(&arguments)
    }

    /// Delegates without waiting. Gives the task's id.
    pub fn delegate_away(&self, repository: &Repository, more: &[&str], text: &str) -> String {
        let repo = repository.path().to_str().unwrap();
        let mut arguments = vec!["delegate", "--repo", repo, "--json", "--seed", "1"];
        arguments.extend(more);
        arguments.push(text);
        self.run(&arguments).exits(0).object()["task"].as_str().unwrap().to_owned()
    }

    /// A repository with a bug that one of its two tests shows.
    pub fn buggy(&self, name: &str) -> Repository {
        let repository = self.repository(name);
        repository.write("double.py", CODE).write("test_double.py", TEST).commit("Add double");
        repository
    }
}

/// Starts it with its output in files, so that neither a full pipe nor a background process that
/// holds one can make the story hang.
fn start(mut command: Command, stdin: Stdio) -> Running {
    let (stdout, stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    command.stdin(stdin).stdout(stdout.try_clone().unwrap()).stderr(stderr.try_clone().unwrap());
    let arguments = command.get_args().map(|a| a.to_string_lossy().into_owned()).collect();
    Running { arguments, child: command.spawn().unwrap(), stdout, stderr }
}

/// A program that may still run. It ends with the story.
pub struct Running {
    arguments: Vec<String>,
    child: Child,
    stdout: fs::File,
    stderr: fs::File,
}

impl Running {
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).unwrap();
        nix::sys::signal::kill(Pid::from_raw(pid), signal).unwrap();
    }

    /// What it has said so far, on standard output and on standard error.
    pub fn said(&self) -> String {
        text_of(&self.stdout) + &text_of(&self.stderr)
    }

    /// Waits for its end; one that hangs is killed.
    #[must_use = "say which exit code is right"]
    pub fn ends(mut self) -> Ran {
        let started = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if started.elapsed() > PROGRAM_TIME_MAX {
                self.child.kill().unwrap();
                break self.child.wait().unwrap();
            }
            std::thread::sleep(POLL);
        };
        let (stdout, stderr) = (text_of(&self.stdout), text_of(&self.stderr));
        Ran { arguments: std::mem::take(&mut self.arguments), code: status.code(), stdout, stderr }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It fails where the program has ended, as it should have.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Without moving the offset at which the program goes on writing.
fn text_of(file: &fs::File) -> String {
    let mut bytes = vec![0; usize::try_from(file.metadata().unwrap().len()).unwrap()];
    file.read_exact_at(&mut bytes, 0).unwrap();
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

    /// None where a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.code
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
