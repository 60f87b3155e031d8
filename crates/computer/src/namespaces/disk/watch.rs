//! Holds the disk where nothing else does: by looking at how much is free, which costs nothing,
//! and only when a computer may have too much, at what it has. Also stops whoever grows when the
//! machine's own disk is nearly full. When to look and to stop is pure ([`Gauge`]).
//!
//! Files that were deleted and are still open are counted by init. What it can't see either (only
//! mapped into memory, or on its way in a socket) is bounded by the disk's reserve, before which
//! everything here is stopped.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::Limits;
use domain::limits::{GIB, MIB};
use nix::sys::statvfs::fstatvfs;

use super::super::link::Link;
use super::super::plan::User;
use super::super::worker::{self, Answer, Job};

/// Between two looks at what is free, while something happens.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// While nothing does; each pause is twice the one before, up to this.
const LOOK_IDLE: Duration = Duration::from_secs(2);
/// No disk is filled faster: that much there is always time for.
const FILLS_BYTES_PER_SEC: u64 = 2 * GIB;
/// What the machine's disk may lose from look to look while nothing is said to happen.
const IDLE_BYTES_MAX: u64 = 64 * MIB;
const IDLE_FILES_MAX: u64 = 10_000;
/// A computer's files are counted at least so often: what others free hides what it takes.
const MEASURE_EVERY: Duration = Duration::from_secs(30);
/// Counting takes at most this share of the time.
const MEASURE_SHARE: u32 = 20;
/// Kept free of the machine's disk: this much, or this part of a small one.
const RESERVE_BYTES: u64 = GIB;
const RESERVE_PART: u64 = 50;
/// What a stopped computer may have more before it is stopped again, to tidy up.
const GRACE_BYTES: u64 = MIB;
const GRACE_FILES: u64 = 100;
/// Between two looks a program can overshoot; that much more than its limit a stopped computer may
/// have. If it has more still, it is stopped at every look.
const OVERSHOOT_BYTES_MAX: u64 = GIB;
const OVERSHOOT_FILES_MAX: u64 = 100_000;

/// How much of a file system is there and free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    pub bytes: u64,
    pub free_bytes: u64,
    pub free_files: u64,
}

impl Space {
    fn of(folder: &impl AsFd) -> io::Result<Self> {
        let stat = fstatvfs(folder)?;
        let bytes = |blocks: u64| blocks.saturating_mul(stat.fragment_size());
        Ok(Self {
            bytes: bytes(stat.blocks()),
            free_bytes: bytes(stat.blocks_available()),
            free_files: stat.files_available(),
        })
    }

    fn reserve(&self) -> u64 {
        RESERVE_BYTES.min(self.bytes / RESERVE_PART)
    }
}

/// Whether computers may begin, or all there is free is the reserve.
pub fn has_room(home: &Path) -> io::Result<bool> {
    let space = Space::of(&File::open(home)?)?;
    Ok(space.free_bytes > space.reserve())
}

/// What a private layer has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    pub bytes: u64,
    pub files: u64,
    /// There are folders within folders beyond counting, so it isn't known what it has.
    pub hides: bool,
}

/// What is to be done after a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Wait,
    Measure,
    Stop,
}

/// Decides when to count and when to stop.
#[derive(Debug)]
pub struct Gauge {
    limit: Usage,
    /// When it was counted last.
    last: Option<Measured>,
    /// What it had when all of it had been stopped.
    stopped_at: Option<Usage>,
    /// It was just stopped, and is still to be counted.
    settles: bool,
}

#[derive(Debug, Clone, Copy)]
struct Measured {
    usage: Usage,
    space: Space,
    at: Instant,
    took: Duration,
}

impl Gauge {
    pub fn new(limits: &Limits) -> Self {
        let limit = Usage { bytes: limits.disk_bytes, files: limits.files, hides: false };
        Self { limit, last: None, stopped_at: None, settles: false }
    }

    pub fn look(&self, space: Space, now: Instant) -> Next {
        let Some(last) = self.last.filter(|_| !self.settles) else { return Next::Measure };
        let since = now.saturating_duration_since(last.at);
        if since < last.took * MEASURE_SHARE {
            return Next::Wait;
        }
        let grown = last.space.free_bytes.saturating_sub(space.free_bytes);
        let more = last.space.free_files.saturating_sub(space.free_files);
        let limit = self.next_limit();
        let may_be_over =
            last.usage.bytes + grown > limit.bytes || last.usage.files + more > limit.files;
        let nearly_full = space.free_bytes < space.reserve() && grown > 0;
        if may_be_over || nearly_full || since > MEASURE_EVERY { Next::Measure } else { Next::Wait }
    }

    /// What it had at `space`, and how long the counting took.
    pub fn measured(&mut self, usage: Usage, space: Space, now: Instant, took: Duration) -> Next {
        let before = self.last.replace(Measured { usage, space, at: now, took });
        if std::mem::take(&mut self.settles) && !usage.hides {
            self.stopped_at = Some(Usage {
                bytes: usage.bytes.min(self.limit.bytes.saturating_add(OVERSHOOT_BYTES_MAX)),
                files: usage.files.min(self.limit.files.saturating_add(OVERSHOOT_FILES_MAX)),
                hides: false,
            });
        }
        let limit = self.next_limit();
        let over = usage.hides || usage.bytes > limit.bytes || usage.files > limit.files;
        if over || before.is_some_and(|before| fills_the_disk(&before, usage, space)) {
            self.settles = true;
            return Next::Stop;
        }
        Next::Wait
    }

    /// How long to wait for the next look, after one that waited for `pause` and saw the disk go
    /// from `before` to `now`.
    pub fn pause(&self, pause: Duration, before: Space, now: Space) -> Duration {
        let bytes = before.free_bytes.saturating_sub(now.free_bytes);
        let files = before.free_files.saturating_sub(now.free_files);
        let left_bytes = self.left_bytes().min(now.free_bytes.saturating_sub(now.reserve()));
        let grows = bytes > IDLE_BYTES_MAX.min(left_bytes / 4) || files > IDLE_FILES_MAX;
        if grows || self.settles {
            return LOOK_EVERY;
        }
        let until_full = Duration::from_secs_f64(left_bytes as f64 / FILLS_BYTES_PER_SEC as f64);
        (pause * 2).min(until_full).clamp(LOOK_EVERY, LOOK_IDLE)
    }

    /// How far it is to be counted.
    fn count_to(&self) -> Usage {
        if !self.settles {
            return self.next_limit();
        }
        Usage {
            bytes: self.limit.bytes.saturating_add(OVERSHOOT_BYTES_MAX),
            files: self.limit.files.saturating_add(OVERSHOOT_FILES_MAX),
            hides: false,
        }
    }

    /// How much more there may be.
    fn left_bytes(&self) -> u64 {
        let used = self.last.map_or(0, |last| last.usage.bytes);
        self.next_limit().bytes.saturating_sub(used)
    }

    /// One that was stopped has what it had; only more is too much again.
    fn next_limit(&self) -> Usage {
        let had = self.stopped_at.map(|had| Usage {
            bytes: had.bytes.saturating_add(GRACE_BYTES),
            files: had.files.saturating_add(GRACE_FILES),
            hides: false,
        });
        let had = had.unwrap_or_default();
        Usage {
            bytes: self.limit.bytes.max(had.bytes),
            files: self.limit.files.max(had.files),
            hides: false,
        }
    }
}

/// Of a disk that is nearly full, who has grown is stopped; of one that gets fuller still,
/// everybody, since what grows may be what can't be seen.
fn fills_the_disk(before: &Measured, usage: Usage, space: Space) -> bool {
    let shrinks = space.free_bytes < before.space.free_bytes;
    let has_grown = usage.bytes > before.usage.bytes;
    space.free_bytes < space.reserve()
        && shrinks
        && (has_grown || space.free_bytes < space.reserve() / 2)
}

/// One computer's private layer.
#[derive(Debug)]
pub struct Watched {
    pub limits: Limits,
    /// On the machine's disk.
    pub folder: OwnedFd,
    pub upper: OwnedFd,
    /// The layer lies on a disk of its own, which holds the limits; only the machine's is watched.
    pub on_disk: bool,
    /// Nothing is in it yet.
    pub is_new: bool,
    pub helper: PathBuf,
    pub user: User,
}

impl Watched {
    /// Counted no further than to `limit`.
    fn usage(&self, limit: Usage) -> io::Result<Usage> {
        if self.on_disk {
            let stat = fstatvfs(&self.upper)?;
            let used = stat.blocks().saturating_sub(stat.blocks_free());
            let bytes = used.saturating_mul(stat.fragment_size());
            return Ok(Usage { bytes, ..Usage::default() });
        }
        counted(&self.upper, limit, &self.helper, self.user)
    }
}

/// Bytes of a private layer on the disk, all of it.
pub fn count(upper: &OwnedFd, helper: &Path, user: User) -> io::Result<u64> {
    let most = Usage { bytes: u64::MAX, files: u64::MAX, hides: false };
    Ok(counted(upper, most, helper, user)?.bytes)
}

fn counted(upper: &OwnedFd, limit: Usage, helper: &Path, user: User) -> io::Result<Usage> {
    let job = Job::Measure { bytes_max: limit.bytes, files_max: limit.files };
    match worker::run(helper, user, job, &[upper.as_fd()])? {
        Answer::Measured { bytes, files, hides } => Ok(Usage { bytes, files, hides }),
        Answer::Digested(_)
        | Answer::Found { .. }
        | Answer::Done
        | Answer::Unpacked { .. }
        | Answer::Malformed { .. }
        | Answer::Failed { .. } => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Until the computer is gone, or whoever waits for this.
pub async fn watch(watched: Watched, link: Arc<Link>) {
    let watched = Arc::new(watched);
    let mut gauge = Gauge::new(&watched.limits);
    if watched.on_disk {
        gauge.limit = Usage { bytes: u64::MAX, files: u64::MAX, hides: false };
    }
    if let (true, Ok(space)) = (watched.is_new, Space::of(&watched.folder)) {
        gauge.measured(Usage::default(), space, Instant::now(), Duration::ZERO);
    }
    let Ok(mut before) = Space::of(&watched.folder) else { return };
    let mut pause = LOOK_EVERY;
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // A program has just begun, so something may happen soon.
            () = link.begun(), if pause > LOOK_EVERY => {
                pause = LOOK_EVERY;
                continue;
            }
        }
        let Ok(space) = Space::of(&watched.folder) else { return };
        pause = gauge.pause(pause, before, space);
        before = space;
        if gauge.look(space, Instant::now()) == Next::Wait {
            continue;
        }
        let deleted_bytes_max = match measure(&watched, &mut gauge, space).await {
            Next::Stop => None,
            // Something grew, but nothing that has a name.
            Next::Wait | Next::Measure => Some(gauge.left_bytes()),
        };
        if link.end_for_disk(deleted_bytes_max).await.is_err() {
            return;
        }
    }
}

/// What can't be counted now is counted at the next look.
async fn measure(watched: &Arc<Watched>, gauge: &mut Gauge, space: Space) -> Next {
    let (began, counted) = (Instant::now(), Arc::clone(watched));
    let limit = gauge.count_to();
    let usage = tokio::task::spawn_blocking(move || counted.usage(limit)).await;
    match usage {
        Ok(Ok(usage)) => gauge.measured(usage, space, Instant::now(), began.elapsed()),
        Ok(Err(_)) | Err(_) => Next::Wait,
    }
}

#[cfg(test)]
mod tests;
