//! The slow way of trying: for test commands that the fork server can't serve, each candidate is
//! written to its file, the command runs as it is, and the file is put back.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use computer::{Computer, Exec, Exited, WORKSPACE};

use crate::Error;
use crate::bench::{Answer, Bench, Verdict};
use crate::candidate::Candidate;

/// A source file that is edited. A larger one is no one's own code.
pub const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// One run of the test command for one candidate: as a multiple of the first run, plus something for
/// a machine that became busy, and never more than the last.
const TIMES_THE_FIRST: u32 = 3;
const RUN_TIME_MORE: Duration = Duration::from_secs(5);
const RUN_TIME_MAX: Duration = Duration::from_secs(60);

/// Where candidates are written and run.
#[derive(Clone, Copy)]
pub struct At<'c> {
    pub computer: &'c dyn Computer,
    pub bench: &'c dyn Bench,
}

pub async fn answers(
    at: At<'_>,
    candidates: &[Candidate],
    usual: Duration,
    deadline: Instant,
) -> Result<Vec<Answer>, Error> {
    let mut answers = Vec::new();
    let most = (TIMES_THE_FIRST * usual + RUN_TIME_MORE).min(RUN_TIME_MAX);
    for candidate in candidates {
        let left = deadline.saturating_duration_since(Instant::now());
        let verdict = if left.is_zero() {
            Verdict::Untried
        } else {
            one(at, candidate, left.min(most)).await?
        };
        answers.push(Answer::of(verdict));
    }
    Ok(answers)
}

async fn one(at: At<'_>, candidate: &Candidate, time: Duration) -> Result<Verdict, Error> {
    let file = File::read(at.computer, &candidate.path).await?;
    let Some(edited) = candidate.apply(&file.text) else { return Ok(Verdict::Crashed) };
    file.write(at.computer, &edited).await?;
    let ran = run(at.computer, at.bench, time).await;
    file.write(at.computer, &file.text).await?;
    Ok(if ran?.status.is_success() { Verdict::Passed } else { Verdict::Failed })
}

/// The project's own test command, unwatched.
pub async fn run(
    computer: &dyn Computer,
    bench: &dyn Bench,
    time: Duration,
) -> Result<Exited, Error> {
    computer
        .run(bench.command(time))
        .await
        .map_err(|source| Error::Computer { step: "running the tests", source })
}

/// A file of the repository, as it was.
#[derive(Debug, Clone)]
pub struct File {
    pub path: String,
    pub text: String,
    mode: u32,
}

impl File {
    pub async fn read(computer: &dyn Computer, path: &str) -> Result<Self, Error> {
        let failed = |source| Error::Computer { step: "reading a source file", source };
        let inside = inside(path);
        let bytes = computer.read(&inside, FILE_BYTES_MAX).await.map_err(failed)?;
        let stat = Exec::new(["stat", "-c", "%a", "--", &inside.to_string_lossy()]);
        let stat = computer.run(stat).await.map_err(failed)?;
        let mode = u32::from_str_radix(stat.stdout.text().trim(), 8).unwrap_or(0o644);
        Ok(Self { path: path.to_owned(), text: String::from_utf8_lossy(&bytes).into_owned(), mode })
    }

    /// Replaces the file's text and leaves its permissions.
    pub async fn write(&self, computer: &dyn Computer, text: &str) -> Result<(), Error> {
        let written = computer.write(&inside(&self.path), text.as_bytes(), self.mode).await;
        written.map_err(|source| Error::Computer { step: "writing a source file", source })
    }
}

pub fn inside(path: &str) -> PathBuf {
    Path::new(WORKSPACE).join(path)
}
