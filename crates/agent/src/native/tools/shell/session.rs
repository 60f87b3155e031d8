//! One shell that stays: a process inside, and a task that hears what it says, so that what runs
//! in the background never waits for a reader. The task ends with the session.

use std::sync::Arc;
use std::time::Duration;

use computer::{Computer, Error, Exec, Execution, Signal, Stdin};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::super::output::Kept;
use super::End;
use super::command::{self, From};
use super::tape::{Progress, Tape};

/// Signals that wait to be passed on.
const SIGNALS_MAX: usize = 4;
/// So long is waited for a shell to end that was killed.
const END_WAIT: Duration = Duration::from_secs(5);
/// So long is waited for a command to take its input.
const TYPE_WAIT: Duration = Duration::from_secs(2);

/// What programs ask for that would wait for a person.
const ENVIRONMENT: [(&str, &str); 4] =
    [("TERM", "dumb"), ("PAGER", "cat"), ("GIT_PAGER", "cat"), ("GIT_EDITOR", "true")];

#[derive(Debug)]
pub(super) struct Session {
    input: computer::Input,
    tape: Arc<Tape>,
    /// Closed to have it killed.
    signals: mpsc::Sender<Signal>,
    hearing: JoinHandle<()>,
    running: Option<Running>,
    /// What has to be typed before the next command.
    unended_input: Option<String>,
}

#[derive(Debug)]
struct Running {
    command: String,
    mark: String,
    since: Instant,
    reads_shell: bool,
}

/// What a command reads.
#[derive(Debug, Clone, Copy)]
pub(super) enum Input<'a> {
    Empty,
    Whole(&'a str),
    /// This, and what is typed later.
    Open(Option<&'a str>),
}

impl Session {
    pub(super) async fn start(computer: &dyn Computer) -> Result<Self, Error> {
        let mut exec = Exec::new(["/bin/sh", "-c", command::START]).stdin(Stdin::Open);
        for (name, value) in ENVIRONMENT {
            exec = exec.env(name, value);
        }
        let mut execution = computer.exec(exec).await?;
        let input = execution.input().expect("its input is open");
        input.write(command::FIRST).await;
        let tape = Arc::new(Tape::default());
        let (signals, orders) = mpsc::channel(SIGNALS_MAX);
        let hearing = tokio::spawn(hear(execution, Arc::clone(&tape), orders));
        Ok(Self { input, tape, signals, hearing, running: None, unended_input: None })
    }

    /// The shell is gone.
    pub(super) fn is_over(&self) -> bool {
        self.tape.is_over()
    }

    /// The command that runs, or whose end nobody was told.
    pub(super) fn running(&self) -> Option<&str> {
        self.running.as_ref().map(|running| running.command.as_str())
    }

    /// A command that came to its end while nobody asked makes room for another; its output and
    /// its end are told with the next one's.
    pub(super) fn make_room(&mut self) {
        if let Progress::Finished(code) = self.tape.progress() {
            self.tape.leave(&format!("\n[the command before this ended: exit status {code}]\n"));
            self.settle();
        }
    }

    pub(super) fn running_seconds(&self) -> u64 {
        self.running.as_ref().map_or(0, |running| running.since.elapsed().as_secs())
    }

    pub(super) async fn begin(&mut self, command: &str, input: Input<'_>) -> Result<(), String> {
        let mark = mark().map_err(|error| format!("no randomness: {error}"))?;
        self.tape.expect(&mark);
        let from = match input {
            Input::Empty => From::Nothing,
            Input::Whole(text) => From::Text(text),
            Input::Open(_) => From::Shell,
        };
        let before = self.unended_input.take().unwrap_or_default();
        self.input.write(before + &command::lines(command, from, &mark)).await;
        let reads_shell = matches!(input, Input::Open(_));
        let (command, since) = (command.to_owned(), Instant::now());
        self.running = Some(Running { command, mark, since, reads_shell });
        match input {
            Input::Open(Some(text)) => self.type_in(text).await,
            Input::Empty | Input::Whole(_) | Input::Open(None) => Ok(()),
        }
    }

    pub(super) async fn type_in(&mut self, text: &str) -> Result<(), String> {
        if !self.running.as_ref().is_some_and(|running| running.reads_shell) {
            return Err(NOT_OPEN.into());
        }
        match timeout(TYPE_WAIT, self.input.write(text)).await {
            Ok(_gone_is_told_by_its_end) => Ok(()),
            Err(_elapsed) => Err("The command doesn't read its input.".into()),
        }
    }

    /// None where it still runs after `time`.
    pub(super) async fn wait(&mut self, time: Duration) -> Result<Option<End>, Error> {
        let _elapsed = timeout(time, self.tape.finished()).await;
        match self.tape.progress() {
            Progress::Running => Ok(None),
            Progress::Finished(code) => {
                self.settle();
                Ok(Some(End::Command(code)))
            }
            Progress::Over => {
                let status = self.tape.take_end().unwrap_or(Err(Error::Lost))?;
                Ok(Some(End::Shell(status)))
            }
        }
    }

    /// None where it still runs `grace` after the interrupt.
    pub(super) async fn interrupt(&mut self, grace: Duration) -> Result<Option<End>, Error> {
        let _over = self.signals.send(Signal::Interrupt).await;
        self.wait(grace).await
    }

    fn settle(&mut self) {
        let Some(running) = self.running.take() else { return };
        if running.reads_shell {
            self.unended_input = Some(command::end_of_input(&running.mark));
        }
    }

    pub(super) fn take_output(&self) -> Kept {
        self.tape.take()
    }

    /// Kills the shell and what runs in it, and waits until that is so.
    pub(super) async fn end(self) {
        let Self { signals, mut hearing, .. } = self;
        drop(signals);
        if timeout(END_WAIT, &mut hearing).await.is_err() {
            hearing.abort();
        }
    }
}

const NOT_OPEN: &str = "The input of the command isn't open: start it with background, then type.";

/// Passes on what it says and what it is sent, until its end. Killed when the session is dropped.
async fn hear(mut execution: Execution, tape: Arc<Tape>, mut signals: mpsc::Receiver<Signal>) {
    let mut is_killed = false;
    loop {
        tokio::select! {
            piece = execution.next() => match piece {
                Some(piece) => tape.hear(&piece),
                None => break,
            },
            signal = signals.recv(), if !is_killed => match signal {
                Some(signal) => drop(execution.signal(signal).await),
                None => {
                    execution.kill();
                    is_killed = true;
                }
            },
        }
    }
    tape.end(execution.wait().await.map(|exited| exited.status));
}

/// Nothing that runs inside can guess it.
fn mark() -> std::io::Result<String> {
    let (one, two) = (stdx::random::random_u64()?, stdx::random::random_u64()?);
    Ok(format!("{one:016x}{two:016x}"))
}
