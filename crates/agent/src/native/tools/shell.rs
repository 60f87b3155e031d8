//! The tool that runs commands in the computer, in shells that stay.

mod command;
mod session;
mod tape;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use computer::{Computer, Status};
use llm::ToolSpec;
use serde::Deserialize;
use serde_json::json;

use super::Answer;
use session::{Input, Session};

pub(super) const NAME: &str = "shell";

const TIMEOUT_DEFAULT_S: u64 = 120;
/// After input was typed, because a program that waits for more says nothing of that.
const TIMEOUT_TYPED_S: u64 = 3;
const TIMEOUT_MAX_S: u64 = 1_800;
/// So long is waited for what runs in the background: what fails at once is told at once.
const BACKGROUND_WAIT: Duration = Duration::from_millis(300);
/// From an interrupt until a command counts as one that doesn't heed it.
const GRACE: Duration = Duration::from_secs(2);
/// Shells at once.
const SESSIONS_MAX: usize = 8;
const SESSION_DEFAULT: &str = "main";
const SESSION_CHARS_MAX: usize = 40;
/// Longer commands belong into files.
const COMMAND_BYTES_MAX: usize = 128 * 1024;
/// What a pipe takes at once, so that typing doesn't wait for who doesn't read.
const INPUT_BYTES_MAX: usize = 60 * 1024;

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::native) struct Shell {
    #[serde(default)]
    command: Option<String>,
    #[serde(default)]
    session: Option<String>,
    #[serde(default)]
    timeout_seconds: Option<u64>,
    #[serde(default)]
    background: bool,
    #[serde(default)]
    input: Option<String>,
    #[serde(default)]
    kill: bool,
}

pub(super) fn spec() -> ToolSpec {
    ToolSpec {
        name: NAME.into(),
        description: include_str!("../prompts/shell.md").trim_end().into(),
        parameters: json!({
            "type": "object",
            "properties": {
                "command": {
                    "type": "string",
                    "description": "Left out: waits for the command that runs in the session.",
                },
                "session": { "type": "string", "description": "Any short name." },
                "timeout_seconds": {
                    "type": "integer",
                    "description": format!(
                        "{TIMEOUT_DEFAULT_S} if not given, {TIMEOUT_TYPED_S} after typing."
                    ),
                },
                "background": { "type": "boolean", "description": "Don't wait for the end." },
                "input": {
                    "type": "string",
                    "description": "With a command its whole input, unless it runs in the \
                        background; without one, typed into the command that runs in the session.",
                },
                "kill": { "type": "boolean", "description": "Ends what runs in the session, or the session where nothing runs." },
            },
        }),
    }
}

/// The shells of one run of an agent.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    /// A session that is being used isn't in here.
    resting: Mutex<HashMap<String, Session>>,
}

impl Sessions {
    fn resting(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, name: &str) -> Option<Session> {
        self.resting().remove(name)
    }

    fn put_back(&self, name: &str, session: Session) {
        self.resting().insert(name.to_owned(), session);
    }

    /// One more, if there may be one.
    async fn open(&self, computer: &dyn Computer) -> Result<Option<Session>, computer::Error> {
        if self.resting().len() >= SESSIONS_MAX {
            return Ok(None);
        }
        Session::start(computer).await.map(Some)
    }

    pub(super) async fn close(&self) {
        let sessions: Vec<Session> = self.resting().drain().map(|(_, session)| session).collect();
        futures::future::join_all(sessions.into_iter().map(Session::end)).await;
    }
}

impl Shell {
    pub(super) fn session(&self) -> &str {
        self.session.as_deref().map_or(SESSION_DEFAULT, str::trim)
    }

    fn wrong(&self) -> Option<String> {
        let long = |text: &Option<String>, max| text.as_ref().is_some_and(|t| t.len() > max);
        let nul = |text: &Option<String>| text.as_ref().is_some_and(|text| text.contains('\0'));
        let name = self.session();
        if name.is_empty()
            || name.chars().count() > SESSION_CHARS_MAX
            || name.contains(char::is_control)
        {
            return Some(format!("A session's name has 1 to {SESSION_CHARS_MAX} characters."));
        }
        if nul(&self.command) || nul(&self.input) {
            return Some("Commands and input can't contain a NUL character.".into());
        }
        if long(&self.command, COMMAND_BYTES_MAX) {
            return Some(format!(
                "A command has at most {COMMAND_BYTES_MAX} bytes: put long texts into files."
            ));
        }
        long(&self.input, INPUT_BYTES_MAX).then(|| {
            format!("Input has at most {INPUT_BYTES_MAX} bytes: put long ones into a file.")
        })
    }

    fn timeout(&self, left: Duration) -> Duration {
        let default = match (&self.command, &self.input) {
            (None, Some(_)) => TIMEOUT_TYPED_S,
            (Some(_), _) | (None, None) => TIMEOUT_DEFAULT_S,
        };
        let seconds = self.timeout_seconds.unwrap_or(default);
        Duration::from_secs(seconds.clamp(1, TIMEOUT_MAX_S)).min(left)
    }

    pub(super) async fn run(
        &self,
        computer: &dyn Computer,
        sessions: &Sessions,
        file: &str,
        left: Duration,
    ) -> Result<Answer, computer::Error> {
        if let Some(wrong) = self.wrong() {
            return Ok(Answer::bad(wrong));
        }
        let resting = sessions.take(self.session()).filter(|session| !session.is_over());
        let session = match (resting, &self.command) {
            (Some(session), None) if self.kill && session.running().is_none() => {
                session.end().await;
                return Ok(Answer::good(format!("{} is closed.", self.place())));
            }
            (Some(session), _) => session,
            (None, None) => return Ok(Answer::bad(format!("{} runs nothing.", self.place()))),
            (None, Some(_)) => match sessions.open(computer).await? {
                Some(session) => session,
                None => return Ok(Answer::bad(TOO_MANY)),
            },
        };
        self.run_in(session, computer, sessions, file, left).await
    }

    async fn run_in(
        &self,
        mut session: Session,
        computer: &dyn Computer,
        sessions: &Sessions,
        file: &str,
        left: Duration,
    ) -> Result<Answer, computer::Error> {
        let how = match self.begin(&mut session).await {
            Ok(()) => self.follow(&mut session, left).await?,
            Err(refusal) => {
                sessions.put_back(self.session(), session);
                return Ok(Answer::bad(refusal));
            }
        };
        let kept = session.take_output();
        let text = format!("{}[{}]", kept.show(computer, file).await?, self.words(how));
        if how.keeps_session() {
            sessions.put_back(self.session(), session);
        } else {
            session.end().await;
        }
        Ok(Answer {
            ok: how.is_well(),
            text,
            images: Vec::new(),
            printed_bytes: kept.printed_bytes(),
        })
    }

    /// Starts the command, or types into the one that runs.
    async fn begin(&self, session: &mut Session) -> Result<(), String> {
        if self.command.is_some() {
            session.make_room();
        }
        let place = self.place();
        match (&self.command, session.running()) {
            (Some(_), Some(running)) => Err(format!(
                "{place} still runs `{}`: wait for it by a call without a command, end it with \
                 kill, or use another session.",
                stdx::cut::line(running, 80)
            )),
            (Some(command), None) => {
                let input = match (&self.input, self.background) {
                    (input, true) => Input::Open(input.as_deref()),
                    (Some(input), false) => Input::Whole(input),
                    (None, false) => Input::Empty,
                };
                session.begin(command, input).await
            }
            (None, None) => Err(format!("{place} runs nothing.")),
            (None, Some(_)) => match &self.input {
                Some(input) => session.type_in(input).await,
                None => Ok(()),
            },
        }
    }

    /// Waits as long as is asked for.
    async fn follow(&self, session: &mut Session, left: Duration) -> Result<How, computer::Error> {
        if self.kill {
            return session.interrupt(GRACE).await.map(|end| match end {
                Some(end) => How::Killed(end),
                None => How::KilledHard,
            });
        }
        let timeout = self.timeout(left);
        let starts = self.command.is_some();
        let wait = if starts && self.background { BACKGROUND_WAIT.min(left) } else { timeout };
        if let Some(end) = session.wait(wait).await? {
            return Ok(How::Ended(end));
        }
        if self.background || !starts {
            return Ok(How::Running { seconds: session.running_seconds() });
        }
        let after = timeout.as_secs();
        Ok(match session.interrupt(GRACE).await? {
            Some(end) => How::OutOfTime { after, end },
            None => How::Heedless { after },
        })
    }

    fn place(&self) -> String {
        format!("The session {}", self.session())
    }

    fn words(&self, how: How) -> String {
        let ended = |end: End| match end {
            End::Command(code) => format!("exit status {code}"),
            End::Shell(status) => format!(
                "{}; the session {} ended with it, the next command begins a new one",
                words(status),
                self.session()
            ),
        };
        match how {
            How::Ended(end) => ended(end),
            How::Running { seconds } => {
                format!("still running after {seconds} s, in the session {}", self.session())
            }
            How::OutOfTime { after, end } => format!("interrupted after {after} s; {}", ended(end)),
            How::Heedless { after } => format!(
                "interrupted after {after} s, but it runs on in the session {}: wait for it, or end \
                 it with kill",
                self.session()
            ),
            How::Killed(end) => format!("killed; {}", ended(end)),
            How::KilledHard => format!(
                "killed, and the session {} with it; the next command begins a new one",
                self.session()
            ),
        }
    }
}

const TOO_MANY: &str = "There are too many sessions: use one of those there are, or kill one.";

/// How far a command came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Ended(End),
    Running {
        seconds: u64,
    },
    OutOfTime {
        after: u64,
        end: End,
    },
    /// It was interrupted and goes on.
    Heedless {
        after: u64,
    },
    Killed(End),
    KilledHard,
}

/// What came to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Command(i32),
    /// The shell itself, by `exit`, by `set -e`, or killed.
    Shell(Status),
}

impl How {
    fn is_well(self) -> bool {
        match self {
            Self::Ended(End::Command(code)) => code == 0,
            Self::Ended(End::Shell(status)) => status.is_success(),
            Self::Running { .. } | Self::Killed(_) | Self::KilledHard => true,
            Self::OutOfTime { .. } | Self::Heedless { .. } => false,
        }
    }

    fn keeps_session(self) -> bool {
        match self {
            Self::Ended(end) | Self::OutOfTime { end, .. } | Self::Killed(end) => match end {
                End::Command(_) => true,
                End::Shell(_) => false,
            },
            Self::Running { .. } | Self::Heedless { .. } => true,
            Self::KilledHard => false,
        }
    }
}

fn words(status: Status) -> String {
    match status {
        Status::Exited(code) => format!("exit status {code}"),
        Status::Signalled(signal) => format!("killed by signal {signal}"),
        Status::OutOfTime => "killed: the time was over".into(),
        Status::OutOfMemory => "killed: out of memory".into(),
        Status::OutOfDisk => "killed: no space left on the computer's disk".into(),
    }
}

#[cfg(test)]
mod tests;
