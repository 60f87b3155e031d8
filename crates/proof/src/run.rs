//! One check in one computer: its exit, its log, and what its runner reported.

use std::time::Duration;

use computer::{Captured, Computer, Exited, Status};
use domain::evidence::Exit;
use environment::Check;

use crate::Error;
use crate::inject::{self, Equipped, Injection};
use crate::report::Report;
use crate::select::Selection;

#[derive(Debug, Clone)]
pub(crate) struct CheckRun {
    pub exit: Exit,
    pub duration_ms: u64,
    pub log: Vec<u8>,
    pub report: Report,
    /// Taken over from an earlier proof.
    pub cached: bool,
}

/// Of a log's line in a note.
const LINE_CHARS_MAX: usize = 200;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub time: Duration,
    pub log_bytes: u64,
    /// For each single test, where its runner can be made to keep it.
    pub test_time: Option<Duration>,
}

/// A test that passes at head needs no longer at base than all of head's needed, many times over;
/// one that does hangs, which is what many a bug does.
const PATIENCE_FACTOR: u32 = 5;
const TEST_TIME_MIN: Duration = Duration::from_secs(10);
const CHECK_TIME_MIN: Duration = Duration::from_secs(180);

impl Bounds {
    /// The bounds for base's code, once it is known how long `head`'s took. A head that didn't
    /// end by itself says nothing.
    pub fn after(self, head: &[CheckRun]) -> Self {
        let ended = head.iter().all(|run| matches!(run.exit, Exit::Code { .. }));
        let slowest = head.iter().map(|run| run.duration_ms).max().filter(|_| ended);
        let Some(slowest) = slowest.map(Duration::from_millis) else { return self };
        let patience = slowest * PATIENCE_FACTOR;
        Self {
            time: self.time.min(patience.max(CHECK_TIME_MIN)),
            test_time: Some(patience.max(TEST_TIME_MIN)),
            ..self
        }
    }
}

pub(crate) async fn check(
    computer: &dyn Computer,
    injection: &Injection,
    check: &Check,
    selection: Option<&Selection>,
    bounds: Bounds,
) -> Result<CheckRun, Error> {
    let at = || Error::at("run a check");
    let equipped = injection.equip(check, bounds.test_time, selection);
    let Equipped { exec, nonce } = equipped.map_err(|source| Error::Random { source })?;
    inject::begin(computer, check, selection).await.map_err(at())?;
    let exec = exec.timeout(bounds.time).output_bytes_max(bounds.log_bytes);
    let exited = computer.run(exec).await.map_err(at())?;
    let log = String::from_utf8_lossy(&exited.stdout.bytes);
    let mut report = inject::collect(computer, &check.name, &nonce, &log).await;
    let exit = exit(exited.status);
    report.stopped_early |= !matches!(exit, Exit::Code { .. });
    report.stopped_early |= exited.stdout.dropped_bytes > 0;
    report.notes.extend(stopped_tests(&log));
    let duration_ms = duration_ms(&exited);
    Ok(CheckRun { exit, duration_ms, log: whole(exited.stdout), report, cached: false })
}

/// What the injected limit raises in a test that never ends.
const STOPPED: &str = "whimbrel stopped this test after";

fn stopped_tests(log: &str) -> Option<String> {
    let note = "tests that ran for much longer than all of them at head were stopped, as failing";
    log.contains(STOPPED).then(|| note.to_owned())
}

fn exit(status: Status) -> Exit {
    match status {
        Status::Exited(code) => Exit::Code { code },
        Status::Signalled(signal) => Exit::Signal { signal },
        Status::OutOfTime => Exit::OutOfTime,
        Status::OutOfMemory => Exit::OutOfMemory,
        Status::OutOfDisk => Exit::OutOfDisk,
    }
}

fn duration_ms(exited: &Exited) -> u64 {
    u64::try_from(exited.duration.as_millis()).unwrap_or(u64::MAX)
}

fn whole(captured: Captured) -> Vec<u8> {
    let mut log = captured.bytes;
    if captured.dropped_bytes > 0 {
        let note = format!("\n[… {} more bytes were not kept …]\n", captured.dropped_bytes);
        log.extend_from_slice(note.as_bytes());
    }
    log
}

/// What a shell says of a program that isn't there.
const NOT_FOUND: Exit = Exit::Code { code: 127 };

impl CheckRun {
    /// A test, or all of it, was stopped for the time it took.
    pub fn hangs(&self) -> bool {
        self.exit == Exit::OutOfTime || String::from_utf8_lossy(&self.log).contains(STOPPED)
    }

    /// A tool that the computer lacks: no change can do anything about that.
    pub fn missing(&self) -> Option<String> {
        let log = String::from_utf8_lossy(&self.log);
        let names = |line: &&str| {
            line.contains("No module named pytest")
                || (self.exit == NOT_FOUND && line.contains("not found"))
        };
        let line = log.lines().find(names).filter(|_| !self.exit.is_success())?;
        let line = stdx::cut::line(line, LINE_CHARS_MAX);
        Some(format!("a tool isn't installed in the computer ({line})"))
    }

    /// Where the exit status and the report tell different stories.
    pub fn contradiction(&self) -> Option<String> {
        let failed = self.report.failed().count();
        if self.exit.is_success() && failed > 0 {
            return Some(format!("it ends with exit 0 although {failed} of its tests fail"));
        }
        let is_complete = self.report.is_known && !self.report.stopped_early;
        (!self.exit.is_success() && is_complete && failed == 0)
            .then(|| format!("it ends with {} although none of its tests fails", self.exit.words()))
    }
}
