//! The container engine's command line: the only place that starts it, and what it answers. Knows
//! no computer. The engine gets none of whimbrel's environment but what it needs to find its own
//! daemon, storage and registries, and works in no folder that an agent could write.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

/// Of what it prints on standard output, and of its last words.
const ANSWER_BYTES_MAX: u64 = 4 * 1024 * 1024;
pub const WORDS_BYTES_MAX: u64 = 16 * 1024;

/// What the engine may know of whimbrel's environment. No key of a model or a forge is among it.
const ENVIRONMENT: [&str; 36] = [
    "HOME",
    "PATH",
    "USER",
    "LOGNAME",
    "LANG",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_CACHE_HOME",
    "DBUS_SESSION_BUS_ADDRESS",
    "SSH_AUTH_SOCK",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY",
    "DOCKER_API_VERSION",
    "CONTAINER_HOST",
    "CONTAINER_CONNECTION",
    "CONTAINER_SSHKEY",
    "CONTAINERS_CONF",
    "CONTAINERS_STORAGE_CONF",
    "CONTAINERS_REGISTRIES_CONF",
    "REGISTRY_AUTH_FILE",
    "STORAGE_DRIVER",
    "STORAGE_OPTS",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "_CONTAINERS_USERNS_CONFIGURED",
];

/// Which command line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    Podman,
    Docker,
}

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Self::Podman => "podman",
            Self::Docker => "docker",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How to call it.
#[derive(Debug, Clone)]
pub struct Client {
    pub engine: Engine,
    pub program: PathBuf,
}

/// Why it didn't do what it was asked for.
#[derive(Debug)]
pub enum Failed {
    Started(io::Error),
    OutOfTime(Duration),
    /// It ended with `code` and these words.
    Refused {
        code: i32,
        words: String,
    },
}

impl Failed {
    pub fn words(&self) -> String {
        match self {
            Self::Started(error) => error.to_string(),
            Self::OutOfTime(time) => format!("no answer within {} s", time.as_secs()),
            Self::Refused { code, words } if words.is_empty() => format!("it ended with {code}"),
            Self::Refused { words, .. } => words.clone(),
        }
    }

    pub fn into_io(self) -> io::Error {
        match self {
            Self::Started(error) => error,
            Self::OutOfTime(_) => io::Error::new(io::ErrorKind::TimedOut, self.words()),
            Self::Refused { .. } => io::Error::other(self.words()),
        }
    }
}

impl Client {
    /// Ready to be started: it ends with its handle, and a terminal's signals don't reach it.
    pub fn command<S: AsRef<str>>(&self, arguments: &[S]) -> Command {
        #[expect(clippy::disallowed_methods, reason = "the engine's command line is its interface")]
        let mut command = Command::new(&self.program);
        command.args(arguments.iter().map(AsRef::as_ref)).env_clear().current_dir("/");
        let known = ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        command.envs(known).process_group(0).kill_on_drop(true);
        command
    }

    /// What it prints, without the line break at the end.
    pub async fn ask<S: AsRef<str>>(
        &self,
        arguments: &[S],
        time: Duration,
    ) -> Result<String, Failed> {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(Failed::Started)?;
        match tokio::time::timeout(time, answer(&mut child)).await {
            Ok(answered) => answered,
            Err(_elapsed) => Err(Failed::OutOfTime(time)),
        }
    }

    /// The same for callers outside of any runtime, or that must not wait in one.
    pub fn ask_blocking<S: AsRef<str> + Sync>(
        &self,
        arguments: &[S],
        time: Duration,
    ) -> Result<String, Failed> {
        self.blocking(|| self.ask(arguments, time))
    }

    /// Does what `asking` says on a thread of its own and waits for it.
    pub fn blocking<T: Send, F: Future<Output = Result<T, Failed>>>(
        &self,
        asking: impl FnOnce() -> F + Send,
    ) -> Result<T, Failed> {
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| {
                let mut builder = tokio::runtime::Builder::new_current_thread();
                let runtime = builder.enable_all().build().map_err(Failed::Started)?;
                runtime.block_on(asking())
            });
            let panicked = |_| Failed::Started(io::Error::other("asking it panicked"));
            asked.join().map_err(panicked)?
        })
    }
}

async fn answer(child: &mut Child) -> Result<String, Failed> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (stdout, stderr) =
        tokio::join!(text(stdout, ANSWER_BYTES_MAX), text(stderr, WORDS_BYTES_MAX));
    let status = child.wait().await.map_err(Failed::Started)?;
    if status.success() {
        return Ok(stdout.trim_end().to_owned());
    }
    Err(Failed::Refused { code: status.code().unwrap_or(-1), words: stderr.trim().to_owned() })
}

/// The first bytes of a stream; the rest is read and dropped, so that nobody waits.
pub async fn text(stream: Option<impl AsyncRead + Unpin>, bytes_max: u64) -> String {
    let Some(mut stream) = stream else { return String::new() };
    let mut bytes = Vec::new();
    // What can't be read any more has been said.
    let _cut = (&mut stream).take(bytes_max).read_to_end(&mut bytes).await;
    let _rest = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(program: &str) -> Client {
        Client { engine: Engine::Podman, program: program.into() }
    }

    #[tokio::test]
    async fn answers_and_refusals_are_told_apart() {
        let shell = client("/bin/sh");
        let time = Duration::from_secs(20);
        assert_eq!(shell.ask(&["-c", "echo said; echo words >&2"], time).await.unwrap(), "said");
        let refused = shell.ask(&["-c", "echo no >&2; exit 125"], time).await.unwrap_err();
        assert!(matches!(&refused, Failed::Refused { code: 125, words } if words == "no"));
        let missing = client("/nowhere/podman").ask(&["info"], time).await.unwrap_err();
        assert!(
            matches!(missing, Failed::Started(error) if error.kind() == io::ErrorKind::NotFound)
        );
        let slow = shell.ask(&["-c", "exec sleep 1000"], Duration::from_millis(50)).await;
        assert!(matches!(slow, Err(Failed::OutOfTime(_))));
    }

    #[test]
    fn it_is_asked_from_within_a_runtime_too() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let time = Duration::from_secs(20);
        let asked = runtime.block_on(async { client("/bin/echo").ask_blocking(&["a"], time) });
        assert_eq!(asked.unwrap(), "a");
    }

    #[tokio::test]
    async fn whimbrels_own_environment_stays_with_it() {
        let time = Duration::from_secs(20);
        let env = client("/usr/bin/env").ask::<&str>(&[], time).await.unwrap();
        let names: Vec<_> = env.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
        assert!(names.contains(&"PATH") && names.iter().all(|name| ENVIRONMENT.contains(name)));
        assert!(std::env::var_os("CARGO_PKG_NAME").is_some(), "nothing was there to be left out");
    }
}
