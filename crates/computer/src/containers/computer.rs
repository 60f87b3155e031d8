//! [`Computer`] over a container that runs.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::JoinHandle;

use super::execution::{NotBegun, Place};
use super::facts::Facts;
use super::lease::Lease;
use super::script::{self, Begun};
use super::shop::{Hold, Shop};
use super::{disk, export, make};
use crate::pump::{self, Bounds};
use crate::record::{Journal, Tape};
use crate::search::{self, Archive, SEARCH_TIME_MAX};
use crate::snapshot::Base;
use crate::{
    Computer, Error, Exec, Execution, Exited, Found, Layer, OUTPUT_BYTES_MAX, Search, Secret,
    Snapshot, SnapshotId, Spec, Status, Stdin, WORKSPACE,
};

/// For one file to be read or written.
const COPY_TIME: Duration = Duration::from_secs(120);
/// For a container to end when it is killed.
const END_TIME: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub struct Contained {
    shop: Arc<Shop>,
    place: Place,
    lease: Lease,
    forbidden: Vec<Secret>,
    /// Of every execution that doesn't say otherwise.
    env: BTreeMap<String, String>,
    journal: Option<Journal>,
    /// Whether the engine can make all programs stand still.
    freezer: bool,
    /// Whether its files stay when it is dropped.
    durable: bool,
    /// Whether its files can become an image.
    sealable: bool,
    watching: JoinHandle<()>,
    /// Until it is destroyed.
    hold: Option<Hold>,
}

impl Contained {
    /// Of a container that has just started. Must be called within tokio.
    pub fn new(
        shop: Arc<Shop>,
        facts: &Facts,
        hold: Hold,
        lease: Lease,
        spec: &Spec,
        journal: Option<Journal>,
    ) -> Self {
        let place = Place {
            client: shop.client.clone(),
            container: hold.name.clone(),
            over: lease.over.clone(),
            disk_kills: Arc::new(AtomicU64::new(0)),
            counts_kills: facts.memory,
        };
        let freezer = facts.freezer;
        let durable = spec.layer == Layer::Durable;
        let sealable = !make::is_foreign(shop.engine(), facts, spec.layer);
        let watching = tokio::spawn(disk::watch(place.clone(), spec.limits.disk_bytes));
        let (forbidden, env) = (spec.forbidden.clone(), spec.env.clone());
        let hold = Some(hold);
        Self {
            shop,
            place,
            lease,
            forbidden,
            env,
            journal,
            freezer,
            durable,
            sealable,
            watching,
            hold,
        }
    }

    /// Runs one of our own copies to its end.
    async fn copy(&self, plan: Vec<u8>, stdin: Stdin, bytes_max: u64) -> Result<Exited, NotBegun> {
        let bounds = Bounds { timeout: Some(COPY_TIME), output_bytes_max: bytes_max };
        let (program, ours) = self.place.begin(plan, stdin).await?;
        let exited =
            pump::attend(program, ours, bounds).wait().await.map_err(|_gone| NotBegun::Lost)?;
        match exited.status {
            Status::Exited(0) => Ok(exited),
            Status::Exited(code) => Err(NotBegun::Here(refused(code, &exited))),
            Status::OutOfTime => Err(NotBegun::Here(io::ErrorKind::TimedOut.into())),
            Status::Signalled(_) | Status::OutOfMemory => {
                Err(NotBegun::Here(io::ErrorKind::OutOfMemory.into()))
            }
            Status::OutOfDisk => Err(NotBegun::Here(io::ErrorKind::StorageFull.into())),
        }
    }

    async fn not_started(&self, tape: Option<Tape>, error: Error) -> Result<Execution, Error> {
        if let Some(tape) = tape {
            tape.not_started(&error).await;
        }
        Err(error)
    }

    fn unsupported(&self, what: &str) -> Error {
        Error::Unsupported { what: what.into(), by: self.shop.engine().name() }
    }

    /// The container's files as an image of that id, on top of what is below. Nothing is sealed
    /// where a secret is among them.
    async fn commit(&self, id: &SnapshotId, pause: bool) -> Result<Snapshot, Error> {
        if !self.sealable {
            let what = "a snapshot of a computer that was made to be thrown away";
            return Err(self.unsupported(what));
        }
        export::refuse_secrets(&self.place.client, &self.place.container, &self.forbidden, id)
            .await?;
        export::commit(&self.shop, &self.place.container, id, pause).await
    }
}

/// What the plans of `script` end with.
fn refused(code: i32, exited: &Exited) -> io::Error {
    match code {
        script::MISSING => io::ErrorKind::NotFound.into(),
        script::NO_FILE => io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"),
        _ => io::Error::other(exited.stderr.text().trim().to_owned()),
    }
}

fn not_searched(code: i32) -> io::Error {
    match code {
        script::MISSING => {
            io::Error::new(io::ErrorKind::NotFound, "there is no such file or folder")
        }
        script::NO_TAR => {
            let why = "there is no tar in the image, by which files come out to be searched";
            io::Error::new(io::ErrorKind::Unsupported, why)
        }
        code => io::Error::other(format!("tar ended with {code}")),
    }
}

/// `wrap` says of what it is; `cwd` is told where it is what's missing.
fn explain(failed: NotBegun, cwd: &Path, wrap: impl Fn(io::Error) -> Error) -> Error {
    match failed {
        NotBegun::Lost => Error::Lost,
        NotBegun::Here(source) => wrap(source),
        NotBegun::Engine(words) => wrap(io::Error::other(words)),
        NotBegun::Inside(begun) => wrap(match begun {
            Begun::Missing => io::Error::from_raw_os_error(nix::libc::ENOENT),
            Begun::Denied => io::Error::from_raw_os_error(nix::libc::EACCES),
            Begun::NoFolder => {
                let why = format!("can't enter {}", cwd.display());
                io::Error::new(io::ErrorKind::NotFound, why)
            }
            Begun::Environment => {
                let why = "the computer's shell doesn't let anybody set one of the variables";
                io::Error::new(io::ErrorKind::InvalidInput, why)
            }
            Begun::Running { .. } | Begun::Garbled => {
                io::Error::other("the computer's shell doesn't answer as it should")
            }
        }),
    }
}

/// What no shell can be told.
fn check(exec: &Exec) -> io::Result<()> {
    let wrong = |why: String| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    if exec.tty.is_some() {
        return wrong("a terminal isn't to be had in a container".into());
    }
    if let Some(name) = exec.env.keys().find(|name| !script::is_variable(name)) {
        return wrong(format!("{name:?} is no name that a shell can give to a variable"));
    }
    let texts = exec.argv.iter().chain(exec.env.values()).map(String::as_bytes);
    let cwd = exec.cwd.as_ref().map(|cwd| cwd.as_os_str().as_encoded_bytes());
    if texts.chain(cwd).any(|text| text.contains(&0)) {
        return wrong("there is a zero byte in it".into());
    }
    Ok(())
}

#[async_trait]
impl Computer for Contained {
    async fn exec(&self, exec: Exec) -> Result<Execution, Error> {
        let cwd = exec.cwd.clone().unwrap_or_else(|| PathBuf::from(WORKSPACE));
        let argv0 = exec.argv.first().cloned().unwrap_or_default();
        let wrap = |source| Error::Exec { argv0: argv0.clone(), source };
        let tape = match &self.journal {
            Some(journal) => journal.begin(&exec).await,
            None => None,
        };
        let mut env = self.env.clone();
        env.extend(exec.env);
        let exec = Exec { env, ..exec };
        if let Err(source) = check(&exec) {
            return self.not_started(tape, wrap(source)).await;
        }
        let (plan, bounds) = (script::run(&exec), Bounds::of(&exec));
        match self.place.begin(plan, exec.stdin).await {
            Ok((program, ours)) => Ok(pump::attend(program, ours.recorded(tape), bounds)),
            Err(failed) => self.not_started(tape, explain(failed, &cwd, wrap)).await,
        }
    }

    async fn read(&self, path: &Path, bytes_max: u64) -> Result<Vec<u8>, Error> {
        let copied = self.copy(script::read(path, bytes_max), Stdin::Null, bytes_max).await;
        let wrap = |source| Error::Read { path: path.to_owned(), source };
        let copied = copied.map_err(|failed| explain(failed, path, wrap))?;
        if copied.stdout.dropped_bytes > 0 {
            return Err(Error::TooLarge { path: path.to_owned(), bytes_max });
        }
        Ok(copied.stdout.bytes)
    }

    async fn write(&self, path: &Path, bytes: &[u8], mode: u32) -> Result<(), Error> {
        let (plan, stdin) = (script::write(path, mode), Stdin::Bytes(bytes.to_vec()));
        let copied = self.copy(plan, stdin, OUTPUT_BYTES_MAX).await;
        let wrap = |source| Error::Write { path: path.to_owned(), source };
        copied.map(drop).map_err(|failed| explain(failed, path, wrap))
    }

    /// The files come out as an archive and are searched here: what is searched with is the same
    /// everywhere, and a container needn't have it.
    async fn search(&self, search: Search) -> Result<Found, Error> {
        let (root, search) = (search.root(), search.bounded());
        let wrap = |source| search::failed(&search, source);
        let plan = script::archive(&root);
        let begun = self.place.begin(plan, Stdin::Null).await;
        let (program, ours) = begun.map_err(|failed| explain(failed, &root, wrap))?;
        let bounds = Bounds { timeout: Some(SEARCH_TIME_MAX), output_bytes_max: 0 };
        let (pieces, archive) = search::pieces();
        let reading = tokio::task::spawn_blocking(move || Archive::read(archive));
        let ended = pieces.feed(pump::attend(program, ours, bounds)).await?;
        let archive = reading.await.map_err(|_the_runtime_ends| Error::Lost)?;
        match ended {
            Some(Status::Exited(code)) if archive.is_empty() && code != 0 => {
                return Err(wrap(not_searched(code)));
            }
            _ => {}
        }
        let searching = tokio::task::spawn_blocking(move || {
            let cut = archive.cut || ended.is_none_or(|ended| ended == Status::OutOfTime);
            let found = search::search_here(&archive, &root, &search)?;
            Ok(Found { truncated: found.truncated || cut, ..found })
        });
        searching.await.map_err(|_the_runtime_ends| Error::Lost)?
    }

    fn name(&self) -> &str {
        self.shop.computer(&self.place.container)
    }

    async fn snapshot(&self, id: SnapshotId) -> Result<Snapshot, Error> {
        if !self.freezer {
            let what = "to make programs stand still while their files are copied, on this machine";
            return Err(self.unsupported(what));
        }
        self.commit(&id, true).await
    }

    async fn seal(mut self: Box<Self>, id: SnapshotId) -> Result<Snapshot, Error> {
        self.place.end().await;
        if !self.lease.ended(END_TIME).await {
            let source = io::Error::new(io::ErrorKind::TimedOut, "its processes don't end");
            return Err(Error::Snapshot { id: id.to_string(), source });
        }
        let sealed = self.commit(&id, false).await;
        self.destroy().await.and(sealed)
    }

    async fn suspend(mut self: Box<Self>) -> Result<(), Error> {
        self.watching.abort();
        let hold = self.hold.take().ok_or(Error::Lost)?;
        if self.durable {
            return self.shop.end(hold).await;
        }
        let name = self.name().to_owned();
        self.shop.remove(hold).await?;
        Err(Error::NotResumable { name })
    }

    async fn destroy(mut self: Box<Self>) -> Result<(), Error> {
        let hold = self.hold.take().ok_or(Error::Lost)?;
        self.shop.remove(hold).await
    }
}

impl Drop for Contained {
    fn drop(&mut self) {
        self.watching.abort();
        if let Some(hold) = self.hold.take() {
            if self.durable { self.shop.end_later(hold) } else { self.shop.remove_later(hold) }
        }
    }
}

/// What a snapshot is made from, as the engine knows it.
pub fn image_of(snapshot: &Snapshot) -> Result<Option<&str>, Error> {
    let stranger = || {
        let source = io::Error::from(io::ErrorKind::NotFound);
        Error::Fork { step: "use a snapshot of another kind of computer".into(), source }
    };
    match &snapshot.base {
        _ if !snapshot.layers.is_empty() => Err(stranger()),
        Base::Host => Ok(None),
        Base::Image { digest, .. } => Ok(Some(digest.trim_start_matches("sha256:"))),
    }
}

pub fn snapshot_of(image_id: &str) -> Snapshot {
    let base = Base::Image { digest: format!("sha256:{image_id}"), env: Vec::new() };
    Snapshot { base, layers: Vec::new() }
}
