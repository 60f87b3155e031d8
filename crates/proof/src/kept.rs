//! Results at base, kept between proofs: the change never ran there. All checks of one computer are
//! one entry, because a later check may use what an earlier one leaves.

use std::fmt::Write as _;

use domain::evidence::Exit;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clean::Yard;
use crate::inject;
use crate::report::Report;
use crate::run::CheckRun;

/// More isn't kept.
const BYTES_MAX: usize = 32 * 1024 * 1024;

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    /// Again, so that an entry of another key is none.
    key: String,
    runs: Vec<Kept>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    exit: Exit,
    duration_ms: u64,
    log: String,
    report: Report,
}

pub(crate) fn get(yard: &Yard<'_>) -> Option<Vec<CheckRun>> {
    let key = key(yard);
    let bytes = yard.job.kept?.get(&key)?;
    let entry: Entry = serde_json::from_slice(&bytes).ok()?;
    let fits = entry.key == key && entry.runs.len() == yard.job.checks.len();
    fits.then(|| entry.runs.into_iter().map(CheckRun::from).collect())
}

pub(crate) fn put(yard: &Yard<'_>, base: &[CheckRun]) {
    let Some(kept) = yard.job.kept.filter(|_| !base.is_empty()) else { return };
    let key = key(yard);
    let entry = Entry { key: key.clone(), runs: base.iter().map(Kept::from).collect() };
    let Ok(bytes) = serde_json::to_vec(&entry) else { return };
    if bytes.len() <= BYTES_MAX {
        kept.put(&key, &bytes);
    }
}

impl From<Kept> for CheckRun {
    fn from(kept: Kept) -> Self {
        let Kept { exit, duration_ms, log, report } = kept;
        Self { exit, duration_ms, log: log.into_bytes(), report, cached: true }
    }
}

impl From<&CheckRun> for Kept {
    fn from(run: &CheckRun) -> Self {
        let CheckRun { exit, duration_ms, log, report, cached: _ } = run;
        let log = String::from_utf8_lossy(log).into_owned();
        Self { exit: exit.clone(), duration_ms: *duration_ms, log, report: report.clone() }
    }
}

/// Of all that decides what the checks find at base: their code, their computer, themselves, and
/// how they are read.
fn key(yard: &Yard<'_>) -> String {
    let job = yard.job;
    let mut parts = vec![
        inject::VERSION.to_string(),
        job.base.to_string(),
        yard.snapshot.identity(),
        format!("{:?}", yard.spec.limits),
        format!("{:?}", yard.spec.network),
        format!("{:?}", yard.spec.env),
        format!("{:?}", job.time),
    ];
    parts.extend(job.checks.iter().flat_map(|check| [check.name.clone(), check.command.clone()]));
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    digest.finalize().iter().fold(String::new(), |mut hex, byte| {
        // Writing into a string can't fail.
        let _infallible = write!(hex, "{byte:02x}");
        hex
    })
}
