//! One step in a computer of its own: what it is built on is forked, its scripts run, and what came
//! out is sealed. A failure leaves nothing but its log.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use computer::{Backend, Computer, Secret, Snapshot, SnapshotId, egress};
use domain::Commit;
use environment::{Environment, Script};

use super::failure::{self, Failure};
use super::log::Log;
use super::refused::{self, Refused};
use super::script::{Ran, Scripts};
use super::step::{Name, Part, Progress};
use super::{Tell, Wish, record, repository};
use crate::{Engine, Error, secret, spec};

/// What a step is built on.
#[derive(Clone, Copy)]
pub enum Build<'a> {
    Setup {
        base: &'a Snapshot,
    },
    Commit {
        setup: &'a Snapshot,
        /// Where the setup was made, if that is known.
        at: Option<&'a Commit>,
    },
}

/// What came out.
pub struct Made {
    pub snapshot: Snapshot,
    pub parts: Vec<Part>,
    pub log: Option<PathBuf>,
}

/// Where a step is built.
pub struct Yard<'a> {
    pub engine: &'a Engine,
    pub backend: &'a dyn Backend,
    pub wish: &'a Wish<'a>,
    pub environment: &'a Environment,
    pub step: Name,
    pub id: &'a SnapshotId,
}

impl Yard<'_> {
    pub async fn make(&self, build: Build<'_>, tell: Tell<'_>) -> Result<Made, Error> {
        let scripts = self.scripts(build);
        let secrets = if scripts.is_empty() { Vec::new() } else { self.secrets()? };
        let below = match build {
            Build::Setup { base } => base,
            Build::Commit { setup, .. } => setup,
        };
        let spec = spec::of_build(self.engine, self.environment, self.wish.limits, &secrets)?;
        let (sink, events) = egress::events(refused::QUEUE_MAX);
        let computer = self.backend.fork(below, &spec::told(spec, sink)).await?;
        let refused = Refused::collect(events);
        match self.fill(&*computer, build, &scripts, &secrets, &refused, tell).await {
            Ok((parts, log)) => {
                let sealed = computer.seal(self.id.clone()).await;
                let snapshot = sealed.map_err(|error| self.unsealed(error))?;
                Ok(Made { snapshot, parts, log })
            }
            Err(error) => {
                computer.destroy().await?;
                Err(error)
            }
        }
    }

    fn scripts(&self, build: Build<'_>) -> Vec<Script> {
        match build {
            Build::Setup { .. } => self.environment.setup.clone(),
            Build::Commit { .. } => self.environment.maintenance.iter().cloned().collect(),
        }
    }

    fn secrets(&self) -> Result<Vec<Secret>, Error> {
        let names = &self.environment.secrets;
        let variable = |name: &str| std::env::var(name).ok();
        secret::resolve(&self.engine.home, &self.wish.project.id, names, &variable)
    }

    async fn fill(
        &self,
        computer: &dyn Computer,
        build: Build<'_>,
        scripts: &[Script],
        secrets: &[Secret],
        refused: &Refused,
        tell: Tell<'_>,
    ) -> Result<(Vec<Part>, Option<PathBuf>), Error> {
        let mut parts = vec![self.repository(computer, build, tell).await?];
        if scripts.is_empty() {
            return Ok((parts, None));
        }
        let path = record::folder(&self.engine.home, self.id)?.join(format!("{}.log", self.step));
        let deadline = Instant::now() + Duration::from_millis(self.environment.setup_ms);
        let log = Log::create(&path)?;
        let mut running = Scripts { step: self.step, computer, secrets, log, deadline, tell };
        running.hand_in_secrets().await?;
        for script in scripts {
            let (ran, part) = running.run(script).await?;
            if !ran.status.is_success() {
                return Err(self.failed(script, &ran, running.log, refused));
            }
            parts.push(part);
        }
        running.log.finish()?;
        repository::tidy(computer, self.wish.commit).await?;
        Ok((parts, Some(path)))
    }

    async fn repository(
        &self,
        computer: &dyn Computer,
        build: Build<'_>,
        tell: Tell<'_>,
    ) -> Result<Part, Error> {
        let name = "repository".to_owned();
        tell(Progress::Part { step: self.step, name: name.clone() });
        let begun = Instant::now();
        let Wish { mirror, commit, .. } = *self.wish;
        match build {
            Build::Setup { .. } => {
                repository::make(computer, mirror, commit, self.environment).await?;
            }
            Build::Commit { at, .. } => {
                repository::bring_to(computer, mirror, at, commit).await?;
            }
        }
        Ok(Part { name, duration_ms: super::ms_since(begun) })
    }

    fn failed(&self, script: &Script, ran: &Ran, log: Log, refused: &Refused) -> Error {
        let path = log.path().display().to_string();
        let printed = match log.finish() {
            Ok(printed) => printed,
            Err(error) => return error,
        };
        let told = failure::Ran {
            status: ran.status,
            after: ran.duration,
            printed: &printed,
            refused: &refused.hosts(),
        };
        Error::Step(Box::new(Failure {
            step: self.step,
            script: script.name.clone(),
            how: failure::how(&told, self.environment),
            output: failure::output(&printed),
            tries: failure::tries(&told, self.environment),
            again: self.again(),
            log: path,
        }))
    }

    /// The command that does the step again.
    fn again(&self) -> String {
        let (step, commit) = (self.step, self.wish.commit);
        let origin = shell_word(&forge::origin::shown(&self.wish.project.origin));
        format!("whimbrel env build --step {step} --repo {origin} --base {commit}")
    }

    fn unsealed(&self, error: computer::Error) -> Error {
        match error {
            computer::Error::SecretInLayer { path, name } => {
                Error::SecretLeft { step: self.step, path, name, again: self.again() }
            }
            other => other.into(),
        }
    }
}

/// As it has to be typed.
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@~+".contains(c);
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
