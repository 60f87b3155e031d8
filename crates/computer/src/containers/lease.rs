//! A container's first process, attached: its standard input is ours to hold. When it closes,
//! because we let go or because we were killed, the container ends by itself.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::client::{Client, Failed, WORDS_BYTES_MAX, text};
use super::script::READY;

/// From the engine's start until the container is ready; 0.3 s on an idle machine.
const STARTING_MAX: Duration = Duration::from_secs(120);
/// For the engine to say why it didn't start one.
const ENDING_MAX: Duration = Duration::from_secs(10);
const NOT_OURS: &str = "its first process doesn't answer as it should";

#[derive(Debug)]
pub struct Lease {
    /// Until it is let go.
    stdin: Option<ChildStdin>,
    /// Becomes true when the container has ended, whoever ended it.
    pub over: watch::Receiver<bool>,
    watching: JoinHandle<()>,
}

impl Lease {
    /// `arguments` start a container attached. Must be called within tokio.
    pub async fn take(client: &Client, arguments: &[String]) -> Result<Self, Failed> {
        let mut command = client.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(Failed::Started)?;
        let stdin = child.stdin.take();
        let mut stdout = BufReader::new(child.stdout.take().ok_or_else(unpiped)?);
        match tokio::time::timeout(STARTING_MAX, ready(&mut stdout)).await {
            Ok(true) => {}
            Ok(false) => return Err(last_words(child).await),
            Err(_elapsed) => return Err(Failed::OutOfTime(STARTING_MAX)),
        }
        let (over_in, over) = watch::channel(false);
        let watching = tokio::spawn(async move {
            attend(child, stdout).await;
            over_in.send_replace(true);
        });
        Ok(Self { stdin, over, watching })
    }

    /// Lets the container end.
    pub fn let_go(&mut self) {
        self.stdin = None;
    }

    /// Waits until the container has ended. False where it hasn't in time.
    pub async fn ended(&mut self, time: Duration) -> bool {
        let waited = tokio::time::timeout(time, self.over.wait_for(|over| *over)).await;
        // A watch that nobody tells any more belongs to a runtime that has ended.
        waited.is_ok()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.let_go();
        self.watching.abort();
    }
}

fn unpiped() -> Failed {
    Failed::Started(std::io::ErrorKind::BrokenPipe.into())
}

async fn ready(stdout: &mut BufReader<ChildStdout>) -> bool {
    let mut line = String::new();
    let most = READY.len() as u64 + 1;
    let read = stdout.take(most).read_line(&mut line).await;
    read.is_ok() && line.trim_end() == READY
}

/// Why it isn't ready. Mostly it has ended; one that goes on is ended with its handle.
async fn last_words(mut child: Child) -> Failed {
    let stderr = child.stderr.take();
    let last = async { tokio::join!(text(stderr, WORDS_BYTES_MAX), child.wait()) };
    match tokio::time::timeout(ENDING_MAX, last).await {
        Ok((words, status)) => {
            let code = status.ok().and_then(|status| status.code()).unwrap_or(-1);
            Failed::Refused { code, words: words.trim().to_owned() }
        }
        Err(_elapsed) => Failed::Refused { code: -1, words: NOT_OURS.into() },
    }
}

/// Reads what nobody wants, so that nobody waits, and waits for the end.
async fn attend(mut child: Child, mut stdout: BufReader<ChildStdout>) {
    let stderr = child.stderr.take();
    let mut nowhere = tokio::io::sink();
    let _ended =
        tokio::join!(tokio::io::copy(&mut stdout, &mut nowhere), text(stderr, 0), child.wait());
}
