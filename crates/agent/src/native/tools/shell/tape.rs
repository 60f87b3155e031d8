//! What a shell says, taken apart: a command's output up to its mark, its exit status, and what
//! comes afterwards from what it left running. Knows no process.

use std::sync::{Mutex, MutexGuard, PoisonError};

use computer::{Error, Output, Status};
use tokio::sync::watch;

use super::super::output::Kept;

/// Of what is told on the control descriptor; more is no status of ours.
const CONTROL_BYTES_MAX: usize = 4 * 1024;

#[derive(Debug, Default)]
pub(super) struct Tape {
    state: Mutex<State>,
    version: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    /// Of the command that runs.
    mark: String,
    /// What may be the beginning of the mark.
    held: Vec<u8>,
    output: Kept,
    /// Of the command that is over.
    finished: Option<Kept>,
    control: Vec<u8>,
    ended: Option<Result<Status, Error>>,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    Running,
    Finished(i32),
    /// The shell is gone.
    Over,
}

impl Tape {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another command begins, whose end has this mark.
    pub(super) fn expect(&self, mark: &str) {
        let mut state = self.state();
        mark.clone_into(&mut state.mark);
        state.control.clear();
        state.finished = None;
    }

    pub(super) fn hear(&self, piece: &Output) {
        match piece {
            Output::Stdout(bytes) => self.state().output(bytes),
            Output::Stderr(bytes) => self.state().control(bytes),
        }
        self.version.send_modify(|version| *version = version.wrapping_add(1));
    }

    pub(super) fn end(&self, how: Result<Status, Error>) {
        self.state().ended = Some(how);
        self.version.send_modify(|version| *version = version.wrapping_add(1));
    }

    pub(super) fn progress(&self) -> Progress {
        let state = self.state();
        match (state.finished.is_some(), state.status(), &state.ended) {
            (true, Some(code), _) => Progress::Finished(code),
            (_, _, Some(_)) => Progress::Over,
            (_, _, None) => Progress::Running,
        }
    }

    /// The shell is gone, whatever became of the command.
    pub(super) fn is_over(&self) -> bool {
        self.state().ended.is_some()
    }

    /// Until the command or the shell is over.
    pub(super) async fn finished(&self) {
        let mut versions = self.version.subscribe();
        while self.progress() == Progress::Running {
            // The sender is ours, so it is there.
            let _changed = versions.changed().await;
        }
    }

    /// What the finished command wrote; of one that runs, what it wrote so far.
    pub(super) fn take(&self) -> Kept {
        let mut state = self.state();
        if let Some(finished) = state.finished.take() {
            return finished;
        }
        if state.ended.is_some() {
            let held = std::mem::take(&mut state.held);
            state.output.push(&held);
        }
        std::mem::take(&mut state.output)
    }

    /// What a finished command wrote stays to be taken with the next one's, after a note.
    pub(super) fn leave(&self, note: &str) {
        let mut state = self.state();
        let Some(mut finished) = state.finished.take() else { return };
        finished.push(note.as_bytes());
        finished.append(std::mem::take(&mut state.output));
        state.output = finished;
    }

    /// How the shell ended, once.
    pub(super) fn take_end(&self) -> Option<Result<Status, Error>> {
        self.state().ended.take()
    }
}

impl State {
    fn output(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
        if self.finished.is_none() && !self.mark.is_empty() {
            let line = format!("{}\n", self.mark).into_bytes();
            if let Some(at) = find(&self.held, &line) {
                let later = self.held.split_off(at + line.len());
                self.output.push(&self.held[..at]);
                self.held = later;
                self.finished = Some(std::mem::take(&mut self.output));
            } else {
                let begins = begins_at(&self.held, &line);
                let held = self.held.split_off(begins);
                self.output.push(&self.held);
                self.held = held;
                return;
            }
        }
        let held = std::mem::take(&mut self.held);
        self.output.push(&held);
    }

    fn control(&mut self, bytes: &[u8]) {
        let room = CONTROL_BYTES_MAX.saturating_sub(self.control.len()).min(bytes.len());
        self.control.extend_from_slice(&bytes[..room]);
    }

    /// The exit status that the shell told for the mark.
    fn status(&self) -> Option<i32> {
        let told = String::from_utf8_lossy(&self.control);
        let (told, _incomplete) = told.rsplit_once('\n')?;
        let codes = told.lines().filter_map(|line| line.strip_prefix(&self.mark));
        codes.filter_map(|code| code.trim().parse().ok()).next_back()
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// Where in the last bytes the beginning of `wanted` may stand.
fn begins_at(bytes: &[u8], wanted: &[u8]) -> usize {
    let longest = bytes.len().min(wanted.len() - 1);
    let begins = (1..=longest).rev().find(|&length| bytes.ends_with(&wanted[..length]));
    bytes.len() - begins.unwrap_or(0)
}

#[cfg(test)]
mod tests;
