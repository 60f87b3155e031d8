//! What all computers of one engine and home have in common: how to call the engine, the names
//! and locks of containers, and the removal of those that nobody holds any more.
//!
//! `HOME/containers/id` says whose containers they are, so that two homes (or two machines) on one
//! daemon never touch each other's. `HOME/containers/NAME.lock` is held while NAME is driven; the
//! kernel lets go of it when we are killed.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use stdx::lock::FileLock;
use tokio::sync::OnceCell;

use super::client::{Client, Engine, Failed};
use super::facts::Facts;
use super::make::{DURABLE, HOME_LABEL, LAYER_LABEL, limits_text};
use super::{refusal, seccomp};
use crate::{Durable, Error, SnapshotId, Spec};

/// For the engine to answer what it needn't work for.
pub const ANSWER_TIME: Duration = Duration::from_secs(60);
/// To remove a container, and between two tries.
const REMOVE_TRIES_MAX: u32 = 5;
const REMOVE_PAUSE: Duration = Duration::from_millis(200);
/// Between two looks at whether somebody still holds a container.
const HOLD_POLL: Duration = Duration::from_millis(20);
/// For the engine to copy files.
pub const WORK_TIME: Duration = Duration::from_secs(1800);

#[derive(Debug)]
pub struct Shop {
    pub client: Client,
    /// The image that a computer has where nobody asks for another.
    pub image: String,
    folder: PathBuf,
    /// Of this home.
    pub id: String,
    facts: OnceCell<Facts>,
    /// The id of `image`, when it is here.
    bare: OnceCell<String>,
    /// Stricter than the engine's own; none where that is strict enough.
    seccomp: OnceCell<Option<PathBuf>>,
    /// Of computers that were dropped.
    removals: Mutex<Vec<JoinHandle<()>>>,
}

/// A program that ends waits for its dropped computers to be gone: nobody may come to sweep.
impl Drop for Shop {
    fn drop(&mut self) {
        let removals = self.removals.get_mut().unwrap_or_else(PoisonError::into_inner);
        for removal in removals.drain(..) {
            // A removal that panicked leaves something to the next sweep.
            let _ended = removal.join();
        }
    }
}

/// A container's name, and the right to drive it.
#[derive(Debug)]
pub struct Hold {
    pub name: String,
    lock: PathBuf,
    _held: FileLock,
}

impl Hold {
    /// When its container is gone.
    pub fn forget(self) {
        // One that stays is removed by a later sweep.
        let _stays = fs::remove_file(&self.lock);
    }
}

impl Shop {
    pub fn open(home: &Path, client: Client, image: String) -> Result<Self, Error> {
        let failed = |source| Error::Fork { step: format!("prepare {}", home.display()), source };
        let folder = home.join("containers");
        let id = prepare(&folder).map_err(failed)?;
        let (facts, bare, seccomp) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        let removals = Mutex::default();
        Ok(Self { client, image, folder, id, facts, bare, seccomp, removals })
    }

    pub fn engine(&self) -> Engine {
        self.client.engine
    }

    /// An error of a step in which the engine was asked for something.
    pub fn refused(&self, step: &str, failed: Failed) -> Error {
        refusal::explain(self.engine(), step, failed)
    }

    pub async fn facts(&self) -> Result<&Facts, Error> {
        self.facts.get_or_try_init(|| self.ask_facts()).await
    }

    async fn ask_facts(&self) -> Result<Facts, Error> {
        let answer = self.client.ask(&Facts::ASK, ANSWER_TIME).await;
        let answer = answer.map_err(|failed| self.refused("ask what it can do", failed))?;
        Facts::parse(self.engine(), &answer).map_err(|error| Error::Fork {
            step: format!("understand what {} can do", self.engine()),
            source: error.into(),
        })
    }

    /// The profile that containers are to have instead of the engine's own.
    pub async fn seccomp(&self) -> Result<Option<&Path>, Error> {
        let written = self.seccomp.get_or_try_init(async || {
            let Some(profile) = &self.facts().await?.seccomp else { return Ok(None) };
            let strict = seccomp::write(profile, &self.folder).map_err(|source| {
                let step = format!("make {} stricter", profile.display());
                Error::Fork { step, source }
            });
            strict.map(Some)
        });
        Ok(written.await?.as_deref())
    }

    /// The id of an image that is here, without what kind of digest it is.
    pub async fn image_id(&self, image: &str) -> Result<String, Failed> {
        let id = self.client.ask(&image_query(image), ANSWER_TIME).await?;
        Ok(plain_id(&id))
    }

    /// The id of the image that computers have where nobody asks for another; pulled where it
    /// isn't here.
    pub async fn bare(&self) -> Result<&String, Error> {
        self.bare.get_or_try_init(|| self.find_or_pull()).await
    }

    async fn find_or_pull(&self) -> Result<String, Error> {
        if let Ok(id) = self.image_id(&self.image).await {
            return Ok(id);
        }
        tracing::info!(image = %self.image, engine = %self.engine(), "pulling the image");
        let pulled = self.client.ask(&["pull", "--quiet", &self.image], WORK_TIME).await;
        let step = format!("pull {}", self.image);
        pulled.map_err(|failed| self.refused(&step, failed))?;
        self.image_id(&self.image).await.map_err(|failed| self.refused(&step, failed))
    }

    /// The name under which a snapshot on `self.image` is kept.
    pub fn tag(&self, id: &SnapshotId) -> String {
        format!("localhost/whimbrel/{}/{:016x}:{id}", self.id, fnv(self.image.as_bytes()))
    }

    /// The name under which an image is kept that whimbrel pulled itself.
    pub fn image_tag(&self, digest: &str) -> String {
        let digest = digest.trim_start_matches("sha256:");
        format!("localhost/whimbrel/{}/image:{digest}", self.id)
    }

    /// Held while a snapshot gets its name.
    pub fn tags_lock(&self) -> PathBuf {
        self.folder.join("tags.lock")
    }

    /// A new name, held.
    pub fn hold_new(&self) -> io::Result<Hold> {
        let name = self.container(&format!("{:016x}", stdx::random::random_u64()?));
        self.hold(&name)?.ok_or_else(|| io::ErrorKind::ResourceBusy.into())
    }

    /// What the container of a computer is called. Also of one that is called as its container.
    pub fn container(&self, computer: &str) -> String {
        if self.gives(computer) {
            return computer.to_owned();
        }
        format!("whimbrel-{}-{computer}", self.id)
    }

    /// A name that somebody chose, held. What was left under it and isn't durable goes.
    pub async fn hold_named(&self, name: &str) -> Result<Hold, Error> {
        if !crate::is_name(name) {
            return Err(Error::Name { name: name.to_owned() });
        }
        let container = self.container(name);
        let hold = self.held(name, &container, Duration::ZERO).await?;
        match self.labels(&container).await {
            Some(labels) if labels.is_durable() => Err(Error::Exists { name: name.to_owned() }),
            Some(_left) => {
                let removed = remove(&self.client, &container).await;
                removed.map_err(|failed| self.refused("remove what was left", failed))?;
                Ok(hold)
            }
            None => Ok(hold),
        }
    }

    /// Waits for whoever still holds it.
    pub async fn held(
        &self,
        name: &str,
        container: &str,
        patience: Duration,
    ) -> Result<Hold, Error> {
        let began = tokio::time::Instant::now();
        loop {
            let held = self.hold(container);
            let step = || format!("hold {name}");
            match held.map_err(|source| Error::Fork { step: step(), source })? {
                Some(hold) => return Ok(hold),
                None if began.elapsed() < patience => tokio::time::sleep(HOLD_POLL).await,
                None => return Err(Error::InUse { name: name.to_owned() }),
            }
        }
    }

    /// All durable computers, with what they have on the disk.
    pub async fn durables(&self) -> Result<Vec<Durable>, Failed> {
        let (mine, durable) =
            (format!("label={HOME_LABEL}={}", self.id), format!("label={LAYER_LABEL}={DURABLE}"));
        let query =
            ["ps", "--all", "--format", "{{.Names}}", "--filter", &mine, "--filter", &durable];
        let mut found = Vec::new();
        for container in self.client.ask(&query, ANSWER_TIME).await?.lines().map(str::trim) {
            let query = ["container", "inspect", "--size", "--format", "{{.SizeRw}}", container];
            // One that is gone meanwhile is none.
            let Ok(bytes) = self.client.ask(&query, ANSWER_TIME).await else { continue };
            let driven = self.hold(container).map_err(Failed::Started)?.is_none();
            let name = self.computer(container).to_owned();
            found.push(Durable { name, bytes: bytes.trim().parse().unwrap_or(0), driven });
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    /// The name of a container's computer.
    pub fn computer<'a>(&self, container: &'a str) -> &'a str {
        let prefix = format!("whimbrel-{}-", self.id);
        container.strip_prefix(prefix.as_str()).unwrap_or(container)
    }

    /// Nothing, where somebody drives it.
    pub fn hold(&self, name: &str) -> io::Result<Option<Hold>> {
        let _gate = FileLock::wait(&self.folder.join("gate.lock"))?;
        let lock = self.folder.join(format!("{name}.lock"));
        let held = FileLock::try_take(&lock)?;
        Ok(held.map(|held| Hold { name: name.to_owned(), lock, _held: held }))
    }

    /// Whether `name` is one that this home gives.
    pub fn gives(&self, name: &str) -> bool {
        let own = name.strip_prefix("whimbrel-").and_then(|rest| rest.strip_prefix(&self.id));
        own.and_then(|rest| rest.strip_prefix('-')).is_some_and(crate::is_name)
    }

    /// What a container of this home was made for; none where there is no such container.
    pub async fn labels(&self, name: &str) -> Option<Labels> {
        let query = ["container", "inspect", "--format", "{{json .Config.Labels}}", name];
        let said = self.client.ask(&query, ANSWER_TIME).await.ok()?;
        let labels: Labels = serde_json::from_str(&said).ok()?;
        (labels.home == self.id).then_some(labels)
    }

    /// Removes what killed processes left, and nothing else. What can't be removed is no reason
    /// not to make new computers.
    pub fn sweep(&self) -> Result<(), Failed> {
        let (mine, durable) =
            (format!("{HOME_LABEL}={}", self.id), format!("{LAYER_LABEL}={DURABLE}"));
        let all = self.labelled(&[&mine])?;
        if all.is_empty() {
            return Ok(());
        }
        // Asked for later, so none of them can have come in between.
        let kept = self.labelled(&[&mine, &durable])?;
        for name in all.iter().filter(|name| !kept.contains(name) && self.gives(name)) {
            self.clear(name);
        }
        Ok(())
    }

    /// Names of all containers with these labels.
    fn labelled(&self, labels: &[&str]) -> Result<Vec<String>, Failed> {
        let mut query: Vec<String> =
            ["ps", "--all", "--format", "{{.Names}}"].map(Into::into).into();
        for label in labels {
            query.extend(["--filter".to_owned(), format!("label={label}")]);
        }
        let names = self.client.ask_blocking(&query, ANSWER_TIME)?;
        Ok(names.lines().map(|name| name.trim().to_owned()).collect())
    }

    fn clear(&self, name: &str) {
        let Ok(Some(hold)) = self.hold(name) else { return };
        match self.client.blocking(|| remove(&self.client, name)) {
            Ok(()) => hold.forget(),
            Err(failed) => tracing::warn!(name, error = failed.words(), "a leftover stays"),
        }
    }

    pub async fn remove(&self, hold: Hold) -> Result<(), Error> {
        let removed = remove(&self.client, &hold.name).await;
        let path = PathBuf::from(&hold.name);
        removed.map_err(|failed| Error::Destroy { path, source: failed.into_io() })?;
        hold.forget();
        Ok(())
    }

    /// Ends a container on a thread of its own; its files stay.
    pub fn end_later(&self, hold: Hold) {
        let client = self.client.clone();
        self.later(move || end(&client, hold));
    }

    /// Ends a container and waits for it; its files stay.
    pub async fn end(&self, hold: Hold) -> Result<(), Error> {
        let client = self.client.clone();
        let ending = tokio::task::spawn_blocking(move || end(&client, hold));
        ending.await.map_err(|_the_runtime_ends| Error::Lost)
    }

    /// Removes a container on a thread of its own.
    pub fn remove_later(&self, hold: Hold) {
        let client = self.client.clone();
        self.later(move || match client.blocking(|| remove(&client, &hold.name)) {
            Ok(()) => hold.forget(),
            Err(failed) => {
                let (name, error) = (&hold.name, failed.words());
                tracing::warn!(name, error, "a dropped computer is not removed entirely");
            }
        });
    }

    fn later(&self, work: impl FnOnce() + Send + 'static) {
        let removal = std::thread::spawn(work);
        let mut removals = self.removals.lock().unwrap_or_else(PoisonError::into_inner);
        removals.retain(|removal| !removal.is_finished());
        removals.push(removal);
    }
}

fn end(client: &Client, hold: Hold) {
    // One that has ended already can't be killed, and one that can't be waited for is over.
    let _ended_already = client.ask_blocking(&["kill", &hold.name], ANSWER_TIME);
    let _is_over = client.ask_blocking(&["wait", &hold.name], ANSWER_TIME);
    // Not before: whoever goes on with it would see it end once more.
    drop(hold);
}

/// As they were given when it was made.
#[derive(Debug, serde::Deserialize)]
pub struct Labels {
    #[serde(rename = "whimbrel.home")]
    home: String,
    #[serde(rename = "whimbrel.layer")]
    layer: String,
    #[serde(rename = "whimbrel.limits")]
    limits: String,
    #[serde(rename = "whimbrel.base")]
    base: String,
}

impl Labels {
    pub fn is_durable(&self) -> bool {
        self.layer == DURABLE
    }

    /// Whether it may be started again for `spec` on `base`.
    pub fn fits(&self, engine: Engine, name: &str, base: &str, spec: &Spec) -> Result<(), Error> {
        let name = name.to_owned();
        if !self.is_durable() {
            return Err(Error::NotResumable { name });
        }
        if self.base != base {
            return Err(Error::OtherSnapshot { name });
        }
        if self.limits != limits_text(spec) {
            let what = format!("to change the limits of {name}, which it was made with");
            return Err(Error::Unsupported { what, by: engine.name() });
        }
        Ok(())
    }
}

pub fn image_query(image: &str) -> [&str; 5] {
    ["image", "inspect", "--format", "{{.Id}}", image]
}

pub fn plain_id(id: &str) -> String {
    id.trim().trim_start_matches("sha256:").to_owned()
}

/// With the anonymous volumes that the image asked for. While an engine is still clearing up after
/// a container that ended by itself, its parts are busy.
async fn remove(client: &Client, name: &str) -> Result<(), Failed> {
    let mut tries = 1;
    loop {
        match client.ask(&["rm", "--force", "--volumes", name], ANSWER_TIME).await {
            Ok(_name) => return Ok(()),
            Err(failed) if tries == REMOVE_TRIES_MAX => return Err(failed),
            Err(_busy) => tokio::time::sleep(REMOVE_PAUSE).await,
        }
        tries += 1;
    }
}

/// Makes the folder, for nobody else, and gives the home's id.
fn prepare(folder: &Path) -> io::Result<String> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let _gate = FileLock::wait(&folder.join("gate.lock"))?;
    let file = folder.join("id");
    match fs::read_to_string(&file) {
        Ok(id) if id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) => Ok(id),
        Ok(_) => {
            Err(io::Error::new(io::ErrorKind::InvalidData, format!("{} is no id", file.display())))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let id = format!("{:016x}", stdx::random::random_u64()?);
            fs::write(&file, &id)?;
            Ok(id)
        }
        Err(error) => Err(error),
    }
}

/// Fowler, Noll and Vo's hash: the same on every machine and in every version, unlike std's.
fn fnv(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop(home: &Path) -> Shop {
        let client = Client { engine: Engine::Podman, program: "/bin/false".into() };
        Shop::open(home, client, "image".into()).unwrap()
    }

    #[test]
    fn a_home_keeps_its_id_and_knows_its_own_names() {
        let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (first, again) = (shop(home.path()), shop(home.path()));
        assert_eq!(first.id, again.id);
        let hold = first.hold_new().unwrap();
        assert!(again.gives(&hold.name) && !shop(other.path()).gives(&hold.name));
        assert!(!first.gives("whimbrel-../../etc/passwd") && !first.gives("database"));
    }

    #[test]
    fn a_name_is_driven_once() {
        let home = tempfile::tempdir().unwrap();
        let shop = shop(home.path());
        let hold = shop.hold_new().unwrap();
        let name = hold.name.clone();
        assert!(shop.hold(&name).unwrap().is_none());
        drop(hold);
        assert!(shop.hold(&name).unwrap().is_some());
    }
}
