//! Where a seed is played: a folder of its own with a home, a repository with a bug, a scripted
//! model, and the real program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use llm::fake::ScriptedServer;
use nix::mount::{MntFlags, MsFlags};
use nix::sys::signal::Signal;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::model;
use super::plan::Plan;
use super::processes::{self, Kind, Process};

/// Longer than any command takes; one that hangs is killed and fails.
const COMMAND_TIME_MAX: Duration = Duration::from_secs(120);
const COMMAND_POLL: Duration = Duration::from_millis(5);
/// How long processes that were told to stop may take.
const STOP_TIME_MAX: Duration = Duration::from_secs(40);
const STOP_POLL: Duration = Duration::from_millis(20);

/// The small disk of a home. A task of three attempts takes some 10 MB of it.
const DISK: &str = "size=96m";
/// A disk is filled in pieces of this, then of smaller ones.
const FILL_BYTES: [i64; 3] = [1 << 20, 1 << 16, 1 << 12];

const CODE: &str = "def double(x):\n    return x + 2\n";
const TEST: &str = "import unittest\n\nfrom double import double\n\n\nclass Double(unittest.TestCase):\n    \
                    def test_four(self):\n        self.assertEqual(double(2), 4)\n\n    \
                    def test_ten(self):\n        self.assertEqual(double(5), 10)\n";
/// Few faults, so that proving takes a share of a life and not most of it.
const SETTINGS: &str = "[checks]\ntest = \"python3 -m unittest -v\"\n\
    [evidence]\nmutation_seconds = 1\nreruns = 1\n";

/// Nothing is to wait for what else this machine does.
const CONFIG: &str = "[machine]\nrunnable_per_cpu = 100000\n";
const MODEL: &str = "openai-chat/scripted";
const MODELS: &str = "[models.\"openai-chat/scripted\"]\nwindow_tokens = 200000\n\
                      price = { input = 2, cached = 0.5, output = 8 }\n";

const FORGOTTEN: [&str; 12] = [
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_WORK_TREE",
    "OLLAMA_HOST",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "WHIMBREL_BACKEND",
    "WHIMBREL_HOME",
    "WHIMBREL_LOG",
    "WHIMBREL_PERSON",
];

pub(super) struct World {
    folder: Option<TempDir>,
    path: PathBuf,
    program: PathBuf,
    server: ScriptedServer,
    runtime: Runtime,
    has_disk: bool,
    /// Engines in the foreground.
    serving: Vec<Child>,
}

impl World {
    pub fn new(program: &Path, plan: &Plan) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("whimbrel-chaos-").tempdir()?;
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let seed = plan.seed;
        let serving = ScriptedServer::start_deciding(move |asked| model::decide(seed, asked));
        let server = runtime.block_on(serving)?;
        let mut world = Self {
            path: folder.path().to_owned(),
            folder: Some(folder),
            program: program.to_owned(),
            server,
            runtime,
            has_disk: false,
            serving: Vec::new(),
        };
        fs::create_dir(world.home())?;
        if plan.small_disk {
            world.mount()?;
        }
        fs::write(world.home().join("config.toml"), CONFIG)?;
        fs::write(world.home().join("models.toml"), MODELS)?;
        world.make_repository()?;
        Ok(world)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn home(&self) -> PathBuf {
        self.path.join("home")
    }

    pub fn repository(&self) -> PathBuf {
        self.path.join("double")
    }

    pub fn server(&self) -> &ScriptedServer {
        &self.server
    }

    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    fn make_repository(&self) -> Result<()> {
        let path = self.repository();
        fs::create_dir(&path)?;
        fs::write(path.join("double.py"), CODE)?;
        fs::write(path.join("test_double.py"), TEST)?;
        fs::write(path.join("whimbrel.toml"), SETTINGS)?;
        for arguments in [
            &["init", "-q", "-b", "main"][..],
            &["add", "--all"],
            &["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-qm", "Double"],
        ] {
            git(&path, arguments)?;
        }
        Ok(())
    }

    /// Delegates, and gives the task's id.
    pub fn delegate(&self, attempts: u32, more: &[&str]) -> Result<domain::TaskId> {
        let (repo, attempts) = (self.repository().display().to_string(), attempts.to_string());
        let arguments = ["delegate", "--repo", &repo, "--attempts", &attempts, "--json"];
        let arguments = [&arguments[..], more, &["--seed", "1", "double is wrong"]].concat();
        let said = self.run(&arguments)?;
        let last = said.lines().last().unwrap_or_default();
        let object: Value = serde_json::from_str(last).with_context(|| format!("in {said:?}"))?;
        let id = object["task"].as_str().context("no task in what delegate said")?;
        Ok(id.parse()?)
    }

    /// Runs whimbrel to its end and gives what it printed, or fails with it.
    pub fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = tempfile::tempfile()?;
        let mut child = self
            .command(arguments)
            .stdout(output.try_clone()?)
            .stderr(output.try_clone()?)
            .spawn()?;
        let started = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if started.elapsed() > COMMAND_TIME_MAX {
                child.kill()?;
                child.wait()?;
                bail!("whimbrel {arguments:?} hangs");
            }
            std::thread::sleep(COMMAND_POLL);
        };
        let said = text_of(&output)?;
        ensure!(status.success(), "whimbrel {arguments:?}: {status}: {said}");
        Ok(said)
    }

    /// Starts an engine in the foreground.
    pub fn serve(&mut self) -> Result<()> {
        let log =
            fs::File::options().create(true).append(true).open(self.path.join("serve.log"))?;
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        self.serving.push(command.stdout(log.try_clone()?).stderr(log).spawn()?);
        Ok(())
    }

    #[expect(clippy::disallowed_methods, reason = "chaos is done to the real program")]
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        for name in FORGOTTEN {
            command.env_remove(name);
        }
        command
            .args(arguments)
            .current_dir(&self.path)
            .env("WHIMBREL_HOME", self.home())
            .env("WHIMBREL_MODEL", MODEL)
            .env("WHIMBREL_MODEL_URL", self.server.url())
            .env("WHIMBREL_MODEL_KEY", "sk-scripted")
            .stdin(Stdio::null());
        command
    }

    pub fn processes(&self) -> Vec<Process> {
        processes::of_home(&self.home())
    }

    pub fn runners(&self) -> Vec<Process> {
        self.those(|process| matches!(process.kind, Kind::Runner(_)))
    }

    pub fn engines(&self) -> Vec<Process> {
        self.those(|process| process.kind == Kind::Engine)
    }

    fn those(&self, are_meant: fn(&Process) -> bool) -> Vec<Process> {
        let mut found = processes::locked(&self.home());
        found.retain(are_meant);
        if found.is_empty() {
            found = self.processes();
            found.retain(are_meant);
        }
        found
    }

    /// Engines in the foreground that were killed are no zombies.
    pub fn reap(&mut self) {
        self.serving.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
    }

    /// Tells every engine to stop, and waits until nothing runs any more. Gives what does anyway.
    pub fn stop(&mut self) -> Vec<Process> {
        let started = Instant::now();
        loop {
            self.reap();
            let left = processes::left_of_home(&self.home());
            if left.is_empty() || started.elapsed() > STOP_TIME_MAX {
                return left;
            }
            let engines = left.iter().filter(|process| process.kind == Kind::Engine);
            engines.for_each(|engine| processes::send(engine, Signal::SIGTERM));
            std::thread::sleep(STOP_POLL);
        }
    }

    fn mount(&mut self) -> Result<()> {
        let (kind, home) = (Some("tmpfs"), self.home());
        nix::mount::mount(kind, &home, kind, MsFlags::empty(), Some(DISK))
            .context("only root can mount a disk to fill: run chaos as root")?;
        self.has_disk = true;
        Ok(())
    }

    /// Not a byte fits on the home's disk after this.
    pub fn fill(&self) -> Result<()> {
        ensure!(self.has_disk, "only a disk of its own may be filled");
        let file = fs::File::create(self.home().join("filler"))?;
        let mut at = 0;
        for bytes in FILL_BYTES {
            let how = nix::fcntl::FallocateFlags::empty();
            while nix::fcntl::fallocate(&file, how, at, bytes).is_ok() {
                at += bytes;
            }
        }
        Ok(())
    }

    pub fn free(&self) -> Result<()> {
        Ok(fs::remove_file(self.home().join("filler"))?)
    }

    /// The folder stays.
    pub fn keep(&mut self) {
        if let Some(folder) = self.folder.take() {
            let _path = folder.keep();
        }
    }

    /// What the engines and the runners have said.
    pub fn complaints(&self) -> String {
        let mut files = vec![self.path.join("serve.log"), self.home().join("engine.log")];
        let attempts = fs::read_dir(self.home().join("attempts")).into_iter().flatten().flatten();
        files.extend(attempts.map(|entry| entry.path().join("runner.log")));
        let mut said = String::new();
        for file in files {
            let text = fs::read_to_string(&file).unwrap_or_default();
            if !text.trim().is_empty() {
                let name = file.strip_prefix(&self.path).unwrap_or(&file);
                said.push_str(&format!("── {}\n{}\n", name.display(), text.trim_end()));
            }
        }
        said
    }
}

/// A seed that fails leaves nothing behind.
impl Drop for World {
    fn drop(&mut self) {
        for signal in [Signal::SIGCONT, Signal::SIGKILL] {
            self.processes().iter().for_each(|process| processes::send(process, signal));
        }
        for child in &mut self.serving {
            let _reaped = child.wait();
        }
        if self.has_disk && self.folder.is_some() {
            let _left = nix::mount::umount2(&self.home(), MntFlags::MNT_DETACH);
        }
    }
}

fn text_of(file: &fs::File) -> Result<String> {
    use std::os::unix::fs::FileExt as _;
    let mut bytes = vec![0; usize::try_from(file.metadata()?.len())?];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What git prints.
#[expect(clippy::disallowed_methods, reason = "chaos makes a real repository and looks into it")]
pub(super) fn git(folder: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z")
        .env("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z")
        .stdin(Stdio::null())
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "git {arguments:?}: {}: {said}", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}
