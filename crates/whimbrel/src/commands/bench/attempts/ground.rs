//! Where it happens: a home, a repository and an engine of the bench's own, and the scripted model.
//! All of it goes with the bench, and nothing else is touched.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use domain::{SystemClock, TaskId, Timestamp};
use engine::delegate::Request;
use engine::{Engine, Home};
use llm::fake::{ScriptedServer, Serving};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::super::{Folder, process, tell};
use super::{POLL, processes, script};
use crate::cli::BenchAttemptsArgs;
use crate::ui;

const MODEL: &str = "local/scripted";
/// As many as one task can have.
const ATTEMPTS_OF_TASK: u32 = 64;
/// Small, so that admission lets many in: it sets a part of it aside for each.
const MEMORY_BYTES: u64 = 64 * domain::limits::MIB;
/// More than there will be: usually some attempts would be started later.
const RUNNABLE_PER_CPU: u32 = 100_000;
/// For whimbrel's processes to be gone at the end.
const END_TIME: Duration = Duration::from_secs(20);

/// Would lead elsewhere than to the scripted model, in the engine as well.
const FORBIDDEN: [&str; 4] =
    ["WHIMBREL_MODEL", "WHIMBREL_MODEL_URL", "WHIMBREL_MODEL_KEY", "WHIMBREL_MODEL_KEY_FILE"];

pub struct Ground {
    pub engine: Engine,
    pub model: ScriptedServer,
    pub tasks: Vec<TaskId>,
    repository: PathBuf,
    /// Goes last.
    _folder: Folder,
}

impl Ground {
    pub async fn make(args: &BenchAttemptsArgs) -> Result<Self> {
        if let Some(name) = FORBIDDEN.iter().find(|name| std::env::var_os(name).is_some()) {
            bail!("{name} is set, and would be asked instead of the scripted model: unset it");
        }
        let folder = Folder::make(super::super::super::home()?.path())?;
        let serving = Serving { for_each: true, forgets: true, ..Serving::default() };
        let model = ScriptedServer::start_with(serving, script::turns(args)).await?;
        let repository = folder.path.join("greeter");
        make_repository(&repository)?;
        let home = Home::at(folder.path.join("home"));
        home.create()?;
        let config = config(&model.url(), args.attempts);
        fs::write(home.config_file(), config).context("can't write the bench's config.toml")?;
        let (program, clock) = (super::super::super::program()?, Arc::new(SystemClock));
        let engine = Engine::open(home, program, clock, person(0)).await?;
        Ok(Self { engine, model, tasks: Vec::new(), repository, _folder: folder })
    }

    pub fn now(&self) -> Timestamp {
        self.engine.clock.now()
    }

    /// As several persons would, who each ask for as many attempts as a task can have.
    pub async fn delegate(&mut self, attempts: u32) -> Result<()> {
        for (at, attempts) in shares(attempts).into_iter().enumerate() {
            self.engine.person = person(at);
            let request = Request {
                text: format!("Add a parting to the greeter, for person {at}"),
                repo: self.repository.display().to_string(),
                attempts: Some(attempts),
                agent: Some(domain::task::AgentName::Native),
                model: Some(MODEL.into()),
                memory_bytes: Some(MEMORY_BYTES),
                ..Request::default()
            };
            let delegated = engine::delegate::delegate(&self.engine, request).await?;
            self.tasks.push(delegated.task.id);
            // From here on it goes by itself.
            engine::serve::ensure(&self.engine).await?;
        }
        Ok(())
    }

    /// Kills the engine as a crash would, and starts it again.
    pub async fn restart(&self) -> Result<()> {
        let leader = engine::serve::leader(&self.engine)?.context("no engine runs")?;
        signal(leader.process, Signal::SIGKILL);
        while engine::serve::leader(&self.engine)?.is_some_and(|now| now == leader) {
            tokio::time::sleep(POLL).await;
        }
        engine::serve::ensure(&self.engine).await?;
        Ok(())
    }

    /// Ends what runs in this home, which then is removed.
    pub async fn end(&self) {
        let home = self.engine.home.path();
        let started = Instant::now();
        loop {
            let left = processes::of_home(home);
            if left.is_empty() {
                return;
            }
            if started.elapsed() > END_TIME {
                return tell(&format!("{} don't end", ui::count(left.len(), "process")));
            }
            left.into_iter().for_each(|pid| signal(pid, Signal::SIGKILL));
            tokio::time::sleep(POLL).await;
        }
    }
}

/// It may have ended by itself meanwhile.
fn signal(process: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(process) {
        let _gone = kill(Pid::from_raw(pid), signal);
    }
}

fn person(at: usize) -> String {
    format!("person-{at}")
}

/// As few tasks as can have so many attempts.
fn shares(attempts: u32) -> Vec<u32> {
    let whole = attempts / ATTEMPTS_OF_TASK;
    let rest = Some(attempts % ATTEMPTS_OF_TASK).filter(|&rest| rest > 0);
    (0..whole).map(|_| ATTEMPTS_OF_TASK).chain(rest).collect()
}

/// The usual settings, but for the model and for what would let some of so many wait: it is the
/// crowd that is measured.
fn config(url: &str, attempts: u32) -> String {
    let attempts_max = attempts.max(1_000);
    format!(
        "[model]\nbase_url = \"{url}/v1\"\nwire = \"chat\"\n\n\
         [machine]\nattempts_max = {attempts_max}\nrunnable_per_cpu = {RUNNABLE_PER_CPU}\n"
    )
}

const FILES: [(&str, &str); 4] = [
    ("greet.sh", "greet() {\n    echo \"Hello $1\"\n}\n"),
    ("test.sh", ". ./greet.sh\n[ \"$(greet Ada)\" = \"Hello Ada\" ] || exit 1\n"),
    ("README.md", "# Greeter\n\nGreets whoever comes.\n"),
    ("whimbrel.toml", "[checks]\ntest = \"sh test.sh\"\n[evidence]\nmutation_seconds = 0\n"),
];

fn make_repository(path: &Path) -> Result<()> {
    fs::create_dir(path)?;
    for (name, text) in FILES {
        fs::write(path.join(name), text)?;
    }
    let identity = ["-c", "user.name=bench", "-c", "user.email=bench@invalid"];
    let commit = ["-c", "commit.gpgsign=false", "commit", "-qm", "Add a greeter"];
    process::output(&["git", "init", "-q", "-b", "main", "."], path)?;
    process::output(&["git", "add", "."], path)?;
    process::output(&[&["git"][..], &identity, &commit].concat(), path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_attempts_are_several_tasks() {
        assert_eq!(shares(1), [1]);
        assert_eq!(shares(64), [64]);
        assert_eq!(shares(150), [64, 64, 22]);
    }
}
