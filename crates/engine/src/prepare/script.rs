//! Runs a step's scripts in its computer: with the secrets, under one time limit, with what they
//! print in the log and told as it comes. Doesn't know what the computer is for.

use std::path::Path;
use std::time::{Duration, Instant};

use computer::{Computer, Exec, Output, Redactor, SCRATCH, Secret, Status, WORKSPACE};
use environment::Script;

use super::log::Log;
use super::repository::needed;
use super::step::{Name, Part, Progress};
use crate::Error;

/// What scripts are run with.
pub struct Scripts<'a> {
    pub step: Name,
    pub computer: &'a dyn Computer,
    pub secrets: &'a [Secret],
    pub log: Log,
    pub deadline: Instant,
    pub tell: &'a mut (dyn FnMut(Progress) + Send),
}

/// How a script ended.
pub struct Ran {
    pub status: Status,
    pub duration: Duration,
}

/// Where a secret's file is inside.
fn secret_path(name: &str) -> String {
    format!("{SCRATCH}/secrets/{name}")
}

impl Scripts<'_> {
    /// Puts the secrets where scripts find them as files, in memory only.
    pub async fn hand_in_secrets(&self) -> Result<(), Error> {
        for secret in self.secrets {
            let path = secret_path(secret.name());
            self.computer.write(Path::new(&path), secret.value(), 0o600).await?;
        }
        Ok(())
    }

    /// Runs one to its end.
    pub async fn run(&mut self, script: &Script) -> Result<(Ran, Part), Error> {
        let part = Progress::Part { step: self.step, name: script.name.clone() };
        (self.tell)(part);
        let heading = format!("$ {}\n", script.command.trim_end());
        self.log.write(heading.as_bytes())?;
        let left = self.deadline.saturating_duration_since(Instant::now());
        let exec = self.exec(script).timeout(left);
        let ran = self.attend(exec).await?;
        let duration_ms = u64::try_from(ran.duration.as_millis()).unwrap_or(u64::MAX);
        Ok((ran, Part { name: script.name.clone(), duration_ms }))
    }

    fn exec(&self, script: &Script) -> Exec {
        let mut exec = Exec::shell(&script.command);
        if let Some(folder) = &script.folder {
            exec = exec.cwd(Path::new(WORKSPACE).join(folder));
        }
        for (name, value) in &script.variables {
            exec = exec.env(name, value);
        }
        for secret in self.secrets {
            exec = exec.env(secret.name(), String::from_utf8_lossy(secret.value()));
        }
        exec
    }

    async fn attend(&mut self, exec: Exec) -> Result<Ran, Error> {
        let mut execution = self.computer.exec(exec).await.map_err(needed("shell"))?;
        // One each: a secret that comes in two pieces does so on one stream.
        let mut redactors = [Redactor::of(self.secrets), Redactor::of(self.secrets)];
        while let Some(piece) = execution.next().await {
            let shown = match piece {
                Output::Stdout(bytes) => redactors[0].push(&bytes),
                Output::Stderr(bytes) => redactors[1].push(&bytes),
            };
            self.show(shown)?;
        }
        for mut redactor in redactors {
            self.show(redactor.end())?;
        }
        let ended = execution.wait().await?;
        Ok(Ran { status: ended.status, duration: ended.duration })
    }

    fn show(&mut self, bytes: Vec<u8>) -> Result<(), Error> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.log.write(&bytes)?;
        (self.tell)(Progress::Output { step: self.step, bytes });
        Ok(())
    }
}
