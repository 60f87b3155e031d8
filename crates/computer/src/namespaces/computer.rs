//! [`Computer`] over a [`Machine`] and the [`Link`] into it.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::JoinHandle;

use super::cgroup::Group;
use super::disk::watch::watch;
use super::link::{Link, NotStarted, Running};
use super::live::Live;
use super::machine::{Machine, Workshop};
use super::outlet::Outlet;
use super::tools;
use super::wire::{Broken, End, How, Stage, What};
use crate::pump::{self, Bounds, Ours, Process};
use crate::record::Journal;
use crate::search::{self, ANSWER_BYTES_MAX, Answer, SEARCH_TIME_MAX};
use crate::snapshot::Base;
use crate::{
    Computer, Error, Exec, Execution, Exited, Found, OUTPUT_BYTES_MAX, Search, Signal, Snapshot,
    SnapshotId, Status, Stdin, Usage, WORKSPACE,
};

/// The kind of terminal that programs take theirs for, where nobody says another.
const TERM: &str = "xterm-256color";
/// For one file to be read or written: a program inside may have stopped whoever does.
const COPY_TIME: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub struct Namespaced {
    pub workshop: Arc<Workshop>,
    pub below: Snapshot,
    pub env: Arc<BTreeMap<String, String>>,
    /// Until it is destroyed.
    machine: Option<Machine>,
    link: Arc<Link>,
    hand_out: JoinHandle<()>,
    /// Looks at what it has on the disk.
    watch: JoinHandle<()>,
    journal: Option<Journal>,
}

impl Namespaced {
    /// Must be called within tokio.
    pub fn new(
        workshop: Arc<Workshop>,
        below: Snapshot,
        mut env: Arc<BTreeMap<String, String>>,
        (mut machine, socket): (Machine, OwnedFd),
        journal: Option<Journal>,
    ) -> io::Result<Self> {
        let link = Link::new(socket)?;
        let handing = Arc::clone(&link);
        let outlet = machine.outlet.take();
        if let Some(outlet) = &outlet {
            outlet.adjust(&mut env);
        }
        let egress = outlet.map(Outlet::serve).transpose()?;
        let hand_out = tokio::spawn(async move {
            handing.hand_out().await;
            // When the computer is gone, so is its way out.
            drop(egress);
        });
        let watch = tokio::spawn(watch(machine.watched(&workshop)?, Arc::clone(&link)));
        Ok(Self { workshop, below, env, machine: Some(machine), link, hand_out, watch, journal })
    }

    fn group(&self) -> Result<Group, Error> {
        self.machine.as_ref().map(|machine| machine.group.clone()).ok_or(Error::Lost)
    }

    async fn start(&self, what: What, stdin: Stdin) -> Result<(Inside, Ours), Failed> {
        let group = self.group()?;
        let memory_kills = group.memory_kills();
        let (mut running, ours) = if what.wants_terminal() {
            let mut running = self.link.start(what, &[]).await?.map_err(Failed::Inside)?;
            let terminal = running.terminal.take().ok_or(Failed::Lost(Error::Lost))?;
            (running, Ours::terminal(terminal, stdin).map_err(Failed::Here)?)
        } else {
            let (ours, theirs) = pump::pipes(stdin).map_err(Failed::Here)?;
            (self.link.start(what, &theirs).await?.map_err(Failed::Inside)?, ours)
        };
        running.terminal = None;
        let link = Arc::clone(&self.link);
        let process = Inside { link, running, group, memory_kills, usage: None };
        Ok((process, ours))
    }

    /// Whoever chose an image is told what it lacks.
    fn not_run(&self, argv0: &str, source: io::Error) -> Error {
        let lacks = match self.below.base {
            Base::Image { .. } if source.kind() == io::ErrorKind::NotFound => {
                tools::absent_from_image(argv0)
            }
            Base::Image { .. } | Base::Host => None,
        };
        let source = lacks.map_or(source, |lacks| io::Error::new(io::ErrorKind::NotFound, lacks));
        Error::Exec { argv0: argv0.to_owned(), source }
    }

    async fn begin(&self, exec: Exec) -> Result<(Inside, Ours), Error> {
        let cwd = exec.cwd.unwrap_or_else(|| PathBuf::from(WORKSPACE));
        let argv0 = exec.argv.first().cloned().unwrap_or_default();
        let wrap = |source| self.not_run(&argv0, source);
        pump::check_typed(&exec.stdin, exec.tty).map_err(wrap)?;
        let mut env = BTreeMap::clone(&self.env);
        if exec.tty.is_some() {
            env.insert("TERM".into(), TERM.into());
        }
        env.extend(exec.env);
        let env = env.into_iter().collect();
        let what = What::Exec { argv: exec.argv, cwd: cwd.clone(), env, tty: exec.tty };
        self.start(what, exec.stdin).await.map_err(|failed| failed.explain(&cwd, wrap))
    }

    /// Runs one of init's own copies to its end.
    async fn copy(&self, what: What, stdin: Stdin, bytes_max: u64) -> Result<Exited, Failed> {
        let bounds = Bounds { timeout: Some(COPY_TIME), output_bytes_max: bytes_max };
        self.copy_within(what, stdin, bounds).await
    }

    async fn copy_within(
        &self,
        what: What,
        stdin: Stdin,
        bounds: Bounds,
    ) -> Result<Exited, Failed> {
        let (process, ours) = self.start(what, stdin).await?;
        let exited = pump::attend(process, ours, bounds).wait().await?;
        match exited.status {
            Status::Exited(0) => Ok(exited),
            Status::Exited(errno) => Err(Failed::Here(io::Error::from_raw_os_error(errno))),
            Status::OutOfTime => Err(Failed::Here(io::ErrorKind::TimedOut.into())),
            Status::OutOfDisk => Err(Failed::Here(io::ErrorKind::StorageFull.into())),
            Status::Signalled(_) | Status::OutOfMemory => {
                Err(Failed::Here(io::ErrorKind::OutOfMemory.into()))
            }
        }
    }
}

/// Why something didn't run, before it is said of what.
enum Failed {
    Lost(Error),
    Here(io::Error),
    Inside(NotStarted),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Lost(error)
    }
}

impl Failed {
    /// `wrap` says of what it is; `cwd` is told where it is what's missing.
    fn explain(self, cwd: &Path, wrap: impl Fn(io::Error) -> Error) -> Error {
        match self {
            Self::Lost(error) => error,
            Self::Here(source) => wrap(source),
            Self::Inside(NotStarted { at, errno }) => {
                let source = io::Error::from_raw_os_error(errno);
                wrap(match at {
                    Stage::Begin => source,
                    Stage::Fork => within(&source, "fork"),
                    Stage::Confine => within(&source, "confine it"),
                    Stage::Enter => within(&source, &format!("enter {}", cwd.display())),
                })
            }
        }
    }
}

fn within(source: &io::Error, what: &str) -> io::Error {
    io::Error::new(source.kind(), format!("can't {what}: {source}"))
}

#[async_trait]
impl Computer for Namespaced {
    async fn exec(&self, exec: Exec) -> Result<Execution, Error> {
        let tape = match &self.journal {
            Some(journal) => journal.begin(&exec).await,
            None => None,
        };
        let bounds = Bounds::of(&exec);
        match self.begin(exec).await {
            Ok((process, ours)) => Ok(pump::attend(process, ours.recorded(tape), bounds)),
            Err(error) => {
                if let Some(tape) = tape {
                    tape.not_started(&error).await;
                }
                Err(error)
            }
        }
    }

    async fn read(&self, path: &Path, bytes_max: u64) -> Result<Vec<u8>, Error> {
        let what = What::Read { path: path.to_owned(), bytes_max };
        let copied = self.copy(what, Stdin::Null, bytes_max).await.map_err(|failed| {
            failed.explain(path, |source| Error::Read { path: path.to_owned(), source })
        })?;
        if copied.stdout.dropped_bytes > 0 {
            return Err(Error::TooLarge { path: path.to_owned(), bytes_max });
        }
        Ok(copied.stdout.bytes)
    }

    async fn write(&self, path: &Path, bytes: &[u8], mode: u32) -> Result<(), Error> {
        let what = What::Write { path: path.to_owned(), mode, bytes: bytes.len() as u64 };
        let copied = self.copy(what, Stdin::Bytes(bytes.to_vec()), OUTPUT_BYTES_MAX).await;
        copied.map(drop).map_err(|failed| {
            failed.explain(path, |source| Error::Write { path: path.to_owned(), source })
        })
    }

    async fn search(&self, search: Search) -> Result<Found, Error> {
        let wrap = |source| search::failed(&search, source);
        let asked = search.bounded();
        let output_bytes_max = asked.bytes_max.max(ANSWER_BYTES_MAX);
        let bounds = Bounds { timeout: Some(SEARCH_TIME_MAX), output_bytes_max };
        let ran = self.copy_within(What::Search(asked), Stdin::Null, bounds).await;
        let ran = ran.map_err(|failed| failed.explain(&search.root(), wrap))?;
        let answer: Answer = serde_json::from_slice(&ran.stderr.bytes).map_err(|_not_ours| {
            wrap(io::Error::other("whoever searched was stopped by something inside"))
        })?;
        answer.found(&search, &ran.stdout.bytes, ran.stdout.dropped_bytes > 0)
    }

    fn name(&self) -> &str {
        self.machine.as_ref().map_or("", |machine| machine.folder.name.as_str())
    }

    async fn snapshot(&self, id: SnapshotId) -> Result<Snapshot, Error> {
        let machine = self.machine.as_ref().ok_or(Error::Lost)?;
        let failed = |source| Error::Snapshot { id: id.to_string(), source };
        let live = Live {
            workshop: Arc::clone(&self.workshop),
            below: self.below.clone(),
            forbidden: machine.forbidden.clone(),
            folder: Arc::clone(&machine.folder),
            upper: machine.upper().map_err(failed)?,
            group: machine.group.clone(),
            link: Arc::clone(&self.link),
            ended: Arc::clone(&machine.ended),
            id,
        };
        tokio::spawn(live.take()).await.map_err(|_the_runtime_ends| Error::Lost)?
    }

    async fn seal(mut self: Box<Self>, id: SnapshotId) -> Result<Snapshot, Error> {
        let mut machine = self.machine.take().ok_or(Error::Lost)?;
        self.watch.abort();
        let (workshop, below) = (Arc::clone(&self.workshop), self.below.clone());
        off_the_runtime(move || {
            let sealed = machine.seal(&workshop, &below, &id);
            machine.destroy().and(sealed)
        })
        .await
    }

    async fn suspend(mut self: Box<Self>) -> Result<(), Error> {
        let mut machine = self.machine.take().ok_or(Error::Lost)?;
        self.watch.abort();
        off_the_runtime(move || {
            if machine.durable {
                return machine.suspend();
            }
            machine.destroy()?;
            Err(Error::NotResumable { name: machine.folder.name.clone() })
        })
        .await
    }

    async fn destroy(mut self: Box<Self>) -> Result<(), Error> {
        let mut machine = self.machine.take().ok_or(Error::Lost)?;
        self.watch.abort();
        off_the_runtime(move || machine.destroy()).await
    }
}

/// Runs blocking work; it is finished even if nobody waits for it any more.
pub async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|_the_runtime_ends| Error::Lost)?
}

impl Drop for Namespaced {
    fn drop(&mut self) {
        self.hand_out.abort();
        self.watch.abort();
        if let Some(machine) = self.machine.take() {
            self.workshop.remove(machine);
        }
    }
}

/// A program in the computer.
struct Inside {
    link: Arc<Link>,
    running: Running,
    group: Group,
    /// Before it began.
    memory_kills: u64,
    usage: Option<Usage>,
}

#[async_trait]
impl Process for Inside {
    async fn wait(&mut self) -> Result<Status, Error> {
        let End { how, usage, broke } = Link::end(&mut self.running).await?;
        self.usage = Some(usage);
        let killed = || self.group.memory_kills() > self.memory_kills;
        Ok(match (how, broke) {
            (How::Exited(0), _) => Status::Exited(0),
            (_, Some(Broken::Disk)) => Status::OutOfDisk,
            (_, Some(Broken::Memory)) => Status::OutOfMemory,
            (_, None) if killed() => Status::OutOfMemory,
            (How::Exited(code), None) => Status::Exited(code),
            (How::Signalled(signal), None) => Status::Signalled(signal),
        })
    }

    async fn signal(&mut self, signal: Signal) {
        self.link.signal(&self.running, signal.number()).await;
    }

    fn usage(&self) -> Option<Usage> {
        self.usage
    }
}
