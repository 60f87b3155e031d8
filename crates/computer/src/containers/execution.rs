//! One program in a container: begun by a plan on the standard input of the engine's `exec`,
//! attended to by [`crate::pump`], ended inside by a signal to its process group. Where that can't
//! be done, because the container is full of processes or has no shell any more, the whole
//! container is ended: nothing goes on after its time.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::process::Child;
use tokio::sync::watch;

use super::client::{Client, WORDS_BYTES_MAX};
use super::script::{self, BEGUN_BYTES_MAX, Begun};
use super::shop::ANSWER_TIME;
use crate::pump::{self, Bounds, Ours, Process};
use crate::{Error, Signal, Status, Stdin};

/// From the engine's start until the plan answers; 0.1 s on an idle machine.
const BEGINNING_MAX: Duration = Duration::from_secs(60);
/// For a signal to arrive, and for what was killed to be gone.
const SIGNAL_TIME: Duration = Duration::from_secs(10);
/// Between the end of a program that ended with its container and the container's own end.
const TOGETHER_MAX: Duration = Duration::from_millis(500);
/// What the engines' command lines end with when the container is gone or they have failed.
const SUSPICIOUS: [i32; 5] = [125, 126, 127, 137, 255];
/// Signals beyond this are none.
const SIGNAL_MAX: i32 = 64;

/// A running container, as whoever runs programs in it sees it.
#[derive(Debug, Clone)]
pub struct Place {
    pub client: Client,
    pub container: String,
    /// True when it has ended.
    pub over: watch::Receiver<bool>,
    /// How often all programs were ended for its disk.
    pub disk_kills: Arc<AtomicU64>,
    /// Whether a control group holds its memory, and counts whom it ended.
    pub counts_kills: bool,
}

/// Why nothing runs.
#[derive(Debug)]
pub enum NotBegun {
    Lost,
    Here(io::Error),
    /// The engine's words.
    Engine(String),
    Inside(Begun),
}

impl From<io::Error> for NotBegun {
    fn from(error: io::Error) -> Self {
        Self::Here(error)
    }
}

impl Place {
    /// Starts what `plan` says. Gives the program, to be attended to, and our ends of its pipes.
    pub async fn begin(&self, plan: Vec<u8>, stdin: Stdin) -> Result<(Program, Ours), NotBegun> {
        if *self.over.borrow() {
            return Err(NotBegun::Lost);
        }
        let quiet = matches!(stdin, Stdin::Null);
        let disk_kills = self.disk_kills();
        let (ours, [input, stdout, stderr]) = pump::pipes(stdin)?;
        let input = preceded(plan, (!quiet).then_some(input))?;
        let mut command = self.client.command(&self.exec(script::FOLLOW, &[]));
        command.stdin(Stdio::from(input)).stdout(Stdio::from(stdout)).stderr(Stdio::from(stderr));
        let child = command.spawn()?;
        // It holds the other ends of the pipes, and they would never end.
        drop(command);
        let begun = tokio::time::timeout(BEGINNING_MAX, ours.first_line(BEGUN_BYTES_MAX)).await;
        let line = begun.map_err(|_elapsed| io::Error::from(io::ErrorKind::TimedOut))??;
        match Begun::parse(&line) {
            Begun::Running { group, memory_kills } => {
                let program =
                    Program { place: self.clone(), child, group, memory_kills, disk_kills };
                Ok((program, ours))
            }
            Begun::Garbled if line.is_empty() => Err(self.unanswered(child, ours).await),
            other => Err(NotBegun::Inside(other)),
        }
    }

    fn disk_kills(&self) -> u64 {
        self.disk_kills.load(Ordering::Acquire)
    }

    fn exec<'a>(&'a self, script: &'a str, arguments: &[&'a str]) -> Vec<&'a str> {
        let mut words = vec!["exec", "--interactive", &self.container, "/bin/sh", "-c", script];
        if !arguments.is_empty() {
            words.push("sh");
            words.extend(arguments);
        }
        words
    }

    /// The engine ended without starting anything.
    async fn unanswered(&self, child: Child, ours: Ours) -> NotBegun {
        let (group, memory_kills, disk_kills) = (0, 0, self.disk_kills());
        let program = Program { place: self.clone(), child, group, memory_kills, disk_kills };
        let time = Some(SIGNAL_TIME);
        let bounds = Bounds { timeout: time, output_bytes_max: WORDS_BYTES_MAX };
        match pump::attend(program, ours, bounds).wait().await {
            Err(_lost) => NotBegun::Lost,
            Ok(ended) if ended.status == Status::OutOfDisk => NotBegun::Lost,
            Ok(ended) => NotBegun::Engine(ended.stderr.text().trim().to_owned()),
        }
    }

    /// Ends all programs; the container itself only where that can't be done.
    pub async fn clear(&self) {
        if self.client.ask(&self.exec(script::KILL_ALL, &[]), SIGNAL_TIME).await.is_err() {
            self.end().await;
        }
    }

    /// Ends the container and all that is in it.
    pub async fn end(&self) {
        // One that has ended already can't be killed.
        let _ended_already = self.client.ask(&["kill", &self.container], ANSWER_TIME).await;
    }

    /// Whether the container ended too.
    async fn ended_with_it(&self) -> bool {
        let mut over = self.over.clone();
        tokio::time::timeout(TOGETHER_MAX, over.wait_for(|over| *over)).await.is_ok()
    }

    async fn memory_kills(&self) -> u64 {
        let count = script::count_kills();
        let said = self.client.ask(&self.exec(&count, &[]), ANSWER_TIME).await;
        said.ok().and_then(|said| said.trim().parse().ok()).unwrap_or(0)
    }

    /// False where nothing heard of it.
    async fn signal(&self, group: u32, signal: Signal) -> bool {
        let (number, group) = (signal.number().to_string(), group.to_string());
        let exec = self.exec(script::SIGNAL_GROUP, &[&number, &group]);
        self.client.ask(&exec, SIGNAL_TIME).await.is_ok()
    }
}

/// A pipe with `plan` and then what `rest` has.
fn preceded(plan: Vec<u8>, rest: Option<OwnedFd>) -> io::Result<OwnedFd> {
    let (theirs, ours) = nix::unistd::pipe()?;
    let (theirs, mut ours) = (closed_by_exec(theirs)?, File::from(closed_by_exec(ours)?));
    std::thread::spawn(move || {
        // It ends with the input, or when the program has ended and nobody reads.
        let _not_all_was_read = ours.write_all(&plan).and_then(|()| match rest {
            Some(rest) => io::copy(&mut File::from(rest), &mut ours).map(drop),
            None => Ok(()),
        });
    });
    Ok(theirs)
}

fn closed_by_exec(fd: OwnedFd) -> io::Result<OwnedFd> {
    nix::fcntl::fcntl(&fd, nix::fcntl::F_SETFD(nix::fcntl::FdFlag::FD_CLOEXEC))?;
    Ok(fd)
}

/// A program that runs.
#[derive(Debug)]
pub struct Program {
    place: Place,
    /// The engine's command line, which ends as the program does.
    child: Child,
    group: u32,
    /// Before it began, both.
    memory_kills: u64,
    disk_kills: u64,
}

impl Program {
    async fn judge(&self, status: ExitStatus) -> Result<Status, Error> {
        let Some(code) = status.code() else { return Err(Error::Lost) };
        if code != 0 && self.place.disk_kills() > self.disk_kills {
            return Ok(Status::OutOfDisk);
        }
        if SUSPICIOUS.contains(&code) && self.place.ended_with_it().await {
            return Err(Error::Lost);
        }
        let counts = self.place.counts_kills && self.group != 0;
        if code != 0 && counts && self.place.memory_kills().await > self.memory_kills {
            return Ok(Status::OutOfMemory);
        }
        Ok(status_of(code))
    }
}

/// The engines tell a signal as a shell does, so a program that ends with such a number by itself
/// passes for one that was killed.
fn status_of(code: i32) -> Status {
    match code - 128 {
        signal @ 1..=SIGNAL_MAX => Status::Signalled(signal),
        _ => Status::Exited(code),
    }
}

#[async_trait]
impl Process for Program {
    async fn wait(&mut self) -> Result<Status, Error> {
        let status = self.child.wait().await.map_err(|_not_ours| Error::Lost)?;
        self.judge(status).await
    }

    async fn signal(&mut self, signal: Signal) {
        let heard = self.group != 0 && self.place.signal(self.group, signal).await;
        if signal != Signal::Kill {
            return;
        }
        let gone = heard && tokio::time::timeout(SIGNAL_TIME, self.child.wait()).await.is_ok();
        if !gone {
            self.place.end().await;
            // With the container gone the engine's command line has nothing to wait for.
            let _ended_already = self.child.start_kill();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_told_as_shells_tell_it() {
        assert_eq!(status_of(0), Status::Exited(0));
        assert_eq!(status_of(127), Status::Exited(127));
        assert_eq!(status_of(137), Status::Signalled(9));
        assert_eq!(status_of(255), Status::Exited(255));
    }
}
