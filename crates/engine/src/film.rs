//! Films of attempts: each is made once, when it is first wanted, and kept under its story's digest.
//!
//! A story that has changed has another digest, so it is told anew. A file is written under another
//! name first, so that a killed process leaves none that is half.

mod diff;
mod excerpt;
mod gather;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use domain::{AttemptId, Timestamp};
use film::Story;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::home::{private_folder, write_file};
use crate::{Engine, Error, Home};

pub use gather::story;

/// A film takes two processors for a second or two; of several that are wanted, one is made at a
/// time.
static TURN: Semaphore = Semaphore::const_new(1);

/// Files that this process has begun to write, so that no two have one name.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

/// Hexadecimal digits of a story's digest: enough to tell an attempt's few stories apart.
const DIGEST_DIGITS: usize = 16;

/// Where an attempt's film is, or will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    pub mp4: PathBuf,
    pub vtt: PathBuf,
    pub jpg: PathBuf,
    /// The story's: what has the same is the same film.
    pub digest: String,
}

impl Paths {
    fn of(home: &Home, id: &AttemptId, story: &Story) -> Self {
        let story = serde_json::to_vec(story).expect("a story is texts and numbers");
        let version = film::VERSION.to_be_bytes();
        let digest = Sha256::new().chain_update(version).chain_update(story).finalize();
        let mut digest = stdx::hex::of(&digest);
        digest.truncate(DIGEST_DIGITS);
        let file = |kind: &str| home.films().join(format!("{id}-{digest}.{kind}"));
        Self { mp4: file("mp4"), vtt: file("vtt"), jpg: file("jpg"), digest }
    }

    /// The film is written last, so where it is the others are too.
    fn are_there(&self) -> bool {
        self.mp4.exists() && self.vtt.exists() && self.jpg.exists()
    }
}

/// The attempt's film, made now where there is none.
///
/// # Errors
/// [`Error::Unusable`] with words for an attempt of which there is nothing to tell.
pub async fn ensure(engine: &Engine, id: &AttemptId) -> Result<Paths, Error> {
    let story = story(engine, id).await?;
    let paths = Paths::of(&engine.home, id, &story);
    if paths.are_there() {
        return Ok(paths);
    }
    let turn = TURN.acquire().await.expect("nobody closes it");
    let lock = engine.home.lock(&format!("film-{id}")).await?;
    // Made by whoever had the turn before.
    if paths.are_there() {
        return Ok(paths);
    }
    let made = paths.clone();
    // Whoever asked for it may hang up; what was begun goes on, and keeps its turn until it is over.
    let making = move || {
        let _held = (turn, lock);
        make(&story, &made)
    };
    blocking(making).await?;
    Ok(paths)
}

/// The film's first picture and its captions alone, which are there much sooner.
///
/// # Errors
/// As [`ensure`].
pub async fn stills(engine: &Engine, id: &AttemptId) -> Result<Paths, Error> {
    let story = story(engine, id).await?;
    let paths = Paths::of(&engine.home, id, &story);
    if !paths.jpg.exists() || !paths.vtt.exists() {
        let made = paths.clone();
        let stills = move || {
            let (poster, captions) = film::stills(&story)?;
            write(&made.jpg, &poster)?;
            write(&made.vtt, captions.as_bytes())
        };
        blocking(stills).await?;
    }
    Ok(paths)
}

async fn blocking(work: impl FnOnce() -> Result<(), Error> + Send + 'static) -> Result<(), Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}

fn make(story: &Story, paths: &Paths) -> Result<(), Error> {
    let film = film::render(story)?;
    write(&paths.jpg, &film.poster)?;
    write(&paths.vtt, film.vtt.as_bytes())?;
    write(&paths.mp4, &film.mp4)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    private_folder(path.parent().expect("a film lies in a folder"))?;
    // Of several that write the same at once, each has a file of its own, and the last one stays.
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let unfinished = path.with_extension(format!("{}-{number}.new", std::process::id()));
    write_file(&unfinished, bytes)?;
    fs::rename(&unfinished, path).map_err(|source| Error::Write { path: path.to_owned(), source })
}

/// Files that were made before that time, also what killed processes left of them, and their bytes.
pub(crate) fn older_than(home: &Home, before: Timestamp) -> (Vec<PathBuf>, u64) {
    let (mut paths, mut bytes) = (Vec::new(), 0);
    for entry in fs::read_dir(home.films()).into_iter().flatten().flatten() {
        let Ok(found) = entry.metadata() else { continue };
        let made = found.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let made_ms = made.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        if made_ms <= before.0 {
            paths.push(entry.path());
            bytes += found.len();
        }
    }
    paths.sort();
    (paths, bytes)
}
