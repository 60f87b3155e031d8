//! The only place that starts git: a fixed environment, no configuration but ours, no prompt, a
//! time limit and an output limit for each command. Doesn't know what the commands are for.
//!
//! `-c` outranks a repository's own configuration, and what `-c` can't switch off isn't used:
//! nobody here runs a command that would need a merge driver, an external diff or a pager, and
//! filters are switched off by name where files are staged (`settings`). `GIT_ALLOW_PROTOCOL` keeps a repository's remotes from being contacted behind our back
//! (a partial clone would, for a missing object, with the program its configuration names).

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin, Command};

use crate::Error;

/// For commands that look at one repository.
pub(crate) const TIME_SHORT: Duration = Duration::from_secs(60);
/// For commands that move a whole history or talk to a network.
pub(crate) const TIME_LONG: Duration = Duration::from_secs(30 * 60);

/// Of standard output, where a command says nothing else.
const STDOUT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Of standard error, from its end: git's reason comes last.
const STDERR_BYTES_MAX: usize = 4 * 1024;
/// Lines of standard error that are shown.
const SAID_LINES_MAX: usize = 4;
/// Memory of a git that reads hostile data, in bytes.
const HOSTILE_MEMORY_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// What git, or the system, says of a full disk.
const NO_SPACE: &str = "No space left on device";

/// Switches off everything that a configuration could make git start by itself.
const CONFIG: [&str; 15] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.alternateRefsCommand=true",
    "core.askPass=",
    "core.quotePath=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "fetch.writeCommitGraph=false",
    "push.recurseSubmodules=no",
    "push.gpgSign=false",
    "commit.gpgSign=false",
    "protocol.ext.allow=never",
    "advice.detachedHead=false",
];

/// How git serves the user's repository to our mirror. Git clears `-c` settings for the other
/// side of a fetch, so they are given to it again.
pub(crate) const UPLOAD_PACK: &str = "--upload-pack=env GIT_ALLOW_PROTOCOL=none \
     GIT_NO_LAZY_FETCH=1 git -c core.hooksPath=/dev/null -c core.fsmonitor=false \
     -c core.alternateRefsCommand=true -c gc.auto=0 -c maintenance.auto=false upload-pack";

/// What a user's own git needs to reach a network: its settings, agents and proxies.
const NETWORK_VARIABLES: [&str; 22] = [
    "ALL_PROXY",
    "CURL_CA_BUNDLE",
    "GIT_CONFIG_GLOBAL",
    "GIT_PROXY_COMMAND",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "KRB5CCNAME",
    "LOGNAME",
    "NO_PROXY",
    "SSH_AUTH_SOCK",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "USER",
    "XDG_CONFIG_HOME",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// What a command may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// One repository on this machine.
    Here,
    /// From our mirror to the user's repository on this machine.
    Path,
    /// From our mirror to a network, with the user's own settings and credentials.
    Network,
}

/// One command of git, to be run.
#[derive(Debug)]
pub(crate) struct Git {
    action: String,
    dir: PathBuf,
    args: Vec<OsString>,
    env: Vec<(&'static str, OsString)>,
    config: Vec<(OsString, OsString)>,
    reach: Reach,
    stdin: Input,
    time: Duration,
    bytes_max: u64,
    hostile: bool,
}

#[derive(Debug)]
enum Input {
    Nothing,
    Bytes(Vec<u8>),
    Fd(OwnedFd),
}

/// A command that ended.
#[derive(Debug)]
pub(crate) struct Done {
    action: String,
    dir: PathBuf,
    pub code: i32,
    pub stdout: Vec<u8>,
    /// There was more output than was asked for; git was stopped, and `code` says nothing.
    pub cut: bool,
    stderr: String,
}

/// A command that runs, with its output a pipe that somebody else reads.
#[derive(Debug)]
pub(crate) struct Running {
    action: String,
    dir: PathBuf,
    child: Group,
    stderr: ChildStderr,
    time: Duration,
}

impl Git {
    /// A command in `dir`, a git directory, a work tree, or neither. `action` completes "can't …".
    pub fn new(action: impl Into<String>, dir: &Path) -> Self {
        Self {
            action: action.into(),
            dir: dir.to_owned(),
            args: Vec::new(),
            env: Vec::new(),
            config: Vec::new(),
            reach: Reach::Here,
            stdin: Input::Nothing,
            time: TIME_SHORT,
            bytes_max: STDOUT_BYTES_MAX,
            hostile: false,
        }
    }

    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    pub fn args<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(mut self, args: I) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    pub fn env(mut self, name: &'static str, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name, value.as_ref().to_owned()));
        self
    }

    /// A setting that outranks the repository's own, and not those that are fixed here.
    pub fn config(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.config.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Lets git read from (and only from) repositories on this machine.
    pub fn reading_path(self) -> Self {
        Self { reach: Reach::Path, time: TIME_LONG, ..self }
    }

    /// Lets git use the network as its user does, but without asking anybody anything.
    pub fn with_network(self) -> Self {
        Self { reach: Reach::Network, time: TIME_LONG, ..self }
    }

    pub fn stdin(self, bytes: impl Into<Vec<u8>>) -> Self {
        Self { stdin: Input::Bytes(bytes.into()), ..self }
    }

    pub fn stdin_fd(self, fd: impl Into<OwnedFd>) -> Self {
        Self { stdin: Input::Fd(fd.into()), ..self }
    }

    pub fn time(self, time: Duration) -> Self {
        Self { time, ..self }
    }

    pub fn bytes_max(self, bytes_max: u64) -> Self {
        Self { bytes_max, ..self }
    }

    /// Its input comes from an agent: its memory is limited.
    pub fn hostile(self) -> Self {
        Self { hostile: true, ..self }
    }

    /// Runs it to its end, whatever its exit code.
    pub async fn done(mut self) -> Result<Done, Error> {
        let input = std::mem::replace(&mut self.stdin, Input::Nothing);
        let mut child = self.start(&input)?;
        let (action, dir) = (self.action.clone(), self.dir.clone());
        let seconds = self.time.as_secs();
        match tokio::time::timeout(self.time, child.drive(input, self.bytes_max)).await {
            Err(_) => Err(Error::OutOfTime { action, seconds }),
            Ok(Err(source)) => Err(Error::Start { action, source }),
            Ok(Ok(end)) => Ok(Done {
                action,
                dir,
                code: end.code,
                stdout: end.stdout,
                cut: end.cut,
                stderr: end.stderr,
            }),
        }
    }

    /// Runs it to its end; an exit code other than 0 is an error, and so is too much output.
    pub async fn run(self) -> Result<Vec<u8>, Error> {
        let bytes_max = self.bytes_max;
        let done = self.done().await?;
        if done.cut {
            return Err(Error::TooMuch { action: done.action, bytes_max });
        }
        if done.code == 0 { Ok(done.stdout) } else { Err(done.into_error()) }
    }

    /// As [`Git::run`], for an answer of one line.
    pub async fn line(self) -> Result<String, Error> {
        let action = self.action.clone();
        let bytes = self.run().await?;
        let text = String::from_utf8(bytes).map_err(|error| Error::Answer {
            action,
            said: String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })?;
        Ok(text.trim_end_matches('\n').to_owned())
    }

    /// Starts it; its output is the returned pipe.
    pub fn pipe(mut self) -> Result<(OwnedFd, Running), Error> {
        let input = std::mem::replace(&mut self.stdin, Input::Nothing);
        let mut child = self.start(&input)?;
        let start_error = |source| Error::Start { action: self.action.clone(), source };
        if let (Input::Bytes(bytes), Some(stdin)) = (input, child.0.stdin.take()) {
            write_at_once(stdin, &bytes).map_err(start_error)?;
        }
        let stdout = child.0.stdout.take().expect("standard output was asked for");
        let stderr = child.0.stderr.take().expect("standard error was asked for");
        let stdout = stdout.into_owned_fd().map_err(start_error)?;
        let running =
            Running { child, stderr, action: self.action, dir: self.dir, time: self.time };
        Ok((stdout, running))
    }

    fn start(&self, input: &Input) -> Result<Group, Error> {
        let stdin = match input {
            Input::Nothing => Stdio::null(),
            Input::Bytes(_) => Stdio::piped(),
            Input::Fd(fd) => Stdio::from(
                fd.try_clone()
                    .map_err(|source| Error::Start { action: self.action.clone(), source })?,
            ),
        };
        self.command().stdin(stdin).spawn().map(Group).map_err(|source| {
            match source.kind() {
                io::ErrorKind::NotFound if self.dir.is_dir() => Error::NoGit,
                // What couldn't be entered is the folder.
                io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => {
                    Error::Unreadable { path: self.dir.clone(), source }
                }
                _ => Error::Start { action: self.action.clone(), source },
            }
        })
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that starts git")]
    fn command(&self) -> Command {
        let mut command = Command::new("git");
        command.args(CONFIG.iter().flat_map(|setting| ["-c", setting])).args(&self.args);
        command.current_dir(&self.dir).env_clear().envs(self.environment());
        // By number and not by `-c`, where a name with an equals sign would be cut.
        command.env("GIT_CONFIG_COUNT", self.config.len().to_string());
        for (number, (name, value)) in self.config.iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{number}"), name);
            command.env(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let hostile = self.hostile;
        // SAFETY: setsid and setrlimit may be called between fork and exec, and nothing else is.
        unsafe { command.pre_exec(move || enter(hostile)) };
        command
    }

    fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut all: Vec<(&'static str, OsString)> = vec![
            ("GIT_TERMINAL_PROMPT", "0".into()),
            // Empty, and not absent: so neither a configured nor a graphical program asks.
            ("GIT_ASKPASS", "".into()),
            ("GIT_OPTIONAL_LOCKS", "0".into()),
            ("GIT_NO_LAZY_FETCH", "1".into()),
            ("GIT_NO_REPLACE_OBJECTS", "1".into()),
            ("GIT_PAGER", "cat".into()),
            ("LC_ALL", "C".into()),
        ];
        let inherited = |name: &'static str| std::env::var_os(name).map(|value| (name, value));
        all.extend(["PATH", "HOME", "SUDO_UID"].into_iter().filter_map(inherited));
        match self.reach {
            Reach::Here => all.push(("GIT_ALLOW_PROTOCOL", "none".into())),
            Reach::Path => all.push(("GIT_ALLOW_PROTOCOL", "file".into())),
            Reach::Network => {
                all.push(("GIT_ALLOW_PROTOCOL", "file:git:http:https:ssh".into()));
                all.extend(NETWORK_VARIABLES.into_iter().filter_map(inherited));
            }
        }
        if self.reach != Reach::Network {
            all.push(("GIT_CONFIG_NOSYSTEM", "1".into()));
            all.push(("GIT_CONFIG_GLOBAL", "/dev/null".into()));
            all.push(("GIT_ATTR_NOSYSTEM", "1".into()));
        }
        all.extend(self.env.iter().cloned());
        all
    }
}

/// In the new process: a session of its own, so that neither git nor ssh finds a terminal to ask
/// on, and so that all of it can be ended at once.
fn enter(hostile: bool) -> io::Result<()> {
    nix::unistd::setsid()?;
    if hostile {
        setrlimit(Resource::RLIMIT_DATA, HOSTILE_MEMORY_BYTES_MAX, HOSTILE_MEMORY_BYTES_MAX)?;
    }
    Ok(())
}

/// Writes to a pipe without waiting, which holds for less than its 64 KiB.
fn write_at_once(stdin: ChildStdin, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let mut pipe = std::fs::File::from(stdin.into_owned_fd()?);
    pipe.write_all(bytes)
}

/// A child that leads its process group. Dropped, the group is killed.
#[derive(Debug)]
struct Group(Child);

struct End {
    code: i32,
    stdout: Vec<u8>,
    cut: bool,
    stderr: String,
}

impl Group {
    /// Feeds it, reads it, and waits for it.
    async fn drive(&mut self, input: Input, bytes_max: u64) -> io::Result<End> {
        let stdin = self.0.stdin.take();
        let stdout = self.0.stdout.take().expect("standard output was asked for");
        let stderr = self.0.stderr.take().expect("standard error was asked for");
        let feeding = feed(stdin, input);
        let reading = async {
            let read = read_up_to(stdout, bytes_max).await?;
            if read.1 {
                self.kill();
            }
            io::Result::Ok(read)
        };
        let ((), read, stderr) = tokio::join!(feeding, reading, tail(stderr));
        let (stdout, cut) = read?;
        let status = self.0.wait().await?;
        Ok(End { code: status.code().unwrap_or(-1), stdout, cut, stderr: stderr? })
    }

    fn kill(&self) {
        if let Some(id) = self.0.id().and_then(|id| i32::try_from(id).ok()) {
            // An error says that it ended by itself meanwhile.
            let _already_over = killpg(Pid::from_raw(id), Signal::SIGKILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A git that ends before it has read all is judged by its exit code, so errors don't matter.
async fn feed(stdin: Option<ChildStdin>, input: Input) {
    if let (Some(mut stdin), Input::Bytes(bytes)) = (stdin, input) {
        let _exit_code_tells = stdin.write_all(&bytes).await;
    }
}

/// The first `bytes_max` bytes, and whether there were more.
async fn read_up_to(stream: impl AsyncRead + Unpin, bytes_max: u64) -> io::Result<(Vec<u8>, bool)> {
    let mut bytes = Vec::new();
    stream.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes).await?;
    let cut = bytes.len() as u64 > bytes_max;
    bytes.truncate(usize::try_from(bytes_max).unwrap_or(usize::MAX));
    Ok((bytes, cut))
}

/// The end of a stream.
async fn tail(mut stream: impl AsyncRead + Unpin) -> io::Result<String> {
    let mut kept = Vec::new();
    let mut piece = [0; STDERR_BYTES_MAX];
    loop {
        let read = stream.read(&mut piece).await?;
        if read == 0 {
            return Ok(String::from_utf8_lossy(&kept).into_owned());
        }
        kept.extend_from_slice(&piece[..read]);
        let surplus = kept.len().saturating_sub(STDERR_BYTES_MAX);
        kept.drain(..surplus);
    }
}

/// The last lines that say what went wrong, as one; of any kind, where git marks none.
fn reason(stderr: &str, code: i32) -> String {
    let lines = || stderr.lines().map(str::trim).filter(|line| !line.is_empty());
    let marked: Vec<&str> =
        lines().filter(|line| line.starts_with("fatal: ") || line.starts_with("error: ")).collect();
    let all = if marked.is_empty() { lines().collect() } else { marked };
    if all.is_empty() {
        return format!("it ended with exit code {code}");
    }
    all[all.len().saturating_sub(SAID_LINES_MAX)..].join("; ")
}

impl Done {
    /// The exit code as an error, in words where whimbrel knows what to do.
    pub fn into_error(self) -> Error {
        explain(self.action, self.dir, &self.stderr, self.code)
    }

    /// What git gave as its reason.
    pub fn said(&self) -> String {
        reason(&self.stderr, self.code)
    }

    /// Whether it is the machine that failed, and not what git was given.
    pub fn is_out_of_space(&self) -> bool {
        self.mentions(NO_SPACE)
    }

    /// Whether git's words, which are English here, have these among them.
    pub fn mentions(&self, words: &str) -> bool {
        self.stderr.contains(words)
    }
}

fn explain(action: String, dir: PathBuf, stderr: &str, code: i32) -> Error {
    if stderr.contains("detected dubious ownership") {
        return Error::Ownership { path: dir };
    }
    if stderr.contains(NO_SPACE) {
        return Error::Full { path: dir };
    }
    Error::Git { action, said: reason(stderr, code) }
}

impl Running {
    /// Waits for the end; the reader must have read everything, or have gone.
    pub async fn finish(mut self) -> Result<(), Error> {
        let seconds = self.time.as_secs();
        let end = async { (tail(self.stderr).await, self.child.0.wait().await) };
        let Ok((stderr, status)) = tokio::time::timeout(self.time, end).await else {
            return Err(Error::OutOfTime { action: self.action, seconds });
        };
        let failed = |source| Error::Start { action: self.action.clone(), source };
        let code = status.map_err(failed)?.code().unwrap_or(-1);
        let stderr = stderr.map_err(failed)?;
        if code == 0 { Ok(()) } else { Err(explain(self.action, self.dir, &stderr, code)) }
    }
}

#[cfg(test)]
mod tests;
