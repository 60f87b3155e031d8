//! Follows the store for all open streams together: one poll, however many listen. What is new goes
//! to them through one bounded ring; who is too slow for it reads from the store what it missed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use domain::{AttemptId, Fact};
use store::Store;
use store::moved::{self, Grown, Moved, Position};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, watch};
use tokio::task::JoinHandle;

use crate::api::wire::notice::{AttemptMoved, TaskMoved, VerdictMoved};

/// How often the store is looked at while anybody listens.
const POLL: Duration = Duration::from_millis(200);
/// Events and moves that one look takes; what is left is taken by the next one, at once.
const ROWS_MAX: u32 = 256;
/// What is new, kept for who is slow: so many looks.
const TICKS_MAX: usize = 64;
/// A longer event isn't handed around: each who wants it reads it.
const EVENT_BYTES_MAX: u32 = 8 * 1024;
/// Streams that are open at once.
const STREAMS_MAX: usize = 4_096;

/// What one look has found.
#[derive(Debug)]
pub struct Tick {
    pub from: Position,
    pub to: Position,
    /// As it goes out on the stream of everything.
    pub notices: Bytes,
    pub grown: Vec<Grown>,
    /// There is more already.
    pub more: bool,
}

pub struct Hub {
    store: Store,
    ticks: broadcast::Sender<Arc<Tick>>,
    /// Runs while anybody listens.
    follower: Arc<Mutex<Option<JoinHandle<()>>>>,
    streams: Arc<Semaphore>,
    open: watch::Sender<bool>,
}

/// One who listens.
pub struct Listener {
    pub ticks: broadcast::Receiver<Arc<Tick>>,
    /// False when the server stops.
    pub open: watch::Receiver<bool>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Hub {
    fn drop(&mut self) {
        let follower = self.follower.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(follower) = follower {
            follower.abort();
        }
    }
}

impl Hub {
    pub fn new(store: Store) -> Self {
        Self {
            store,
            ticks: broadcast::Sender::new(TICKS_MAX),
            follower: Arc::default(),
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
            open: watch::Sender::new(true),
        }
    }

    /// None where too many listen, or the server stops.
    pub fn listen(&self) -> Option<Listener> {
        if !*self.open.borrow() {
            return None;
        }
        let permit = Arc::clone(&self.streams).try_acquire_owned().ok()?;
        let ticks = self.ticks.subscribe();
        let mut follower = self.follower.lock().unwrap_or_else(PoisonError::into_inner);
        if follower.as_ref().is_none_or(JoinHandle::is_finished) {
            let shared = Arc::clone(&self.follower);
            let following = follow(self.store.clone(), self.ticks.clone(), shared);
            *follower = Some(tokio::spawn(following));
        }
        Some(Listener { ticks, open: self.open.subscribe(), _permit: permit })
    }

    /// Ends all streams.
    pub fn close(&self) {
        self.open.send_replace(false);
    }
}

/// Until nobody listens any more.
async fn follow(
    store: Store,
    ticks: broadcast::Sender<Arc<Tick>>,
    this: Arc<Mutex<Option<JoinHandle<()>>>>,
) {
    let mut at: Option<Position> = None;
    loop {
        {
            let mut follower = this.lock().unwrap_or_else(PoisonError::into_inner);
            if ticks.receiver_count() == 0 {
                *follower = None;
                return;
            }
        }
        // What can't be read now is read by the next look.
        match look(&store, at).await {
            Ok((now, None)) => at = Some(now),
            Ok((_, Some(tick))) => {
                at = Some(tick.to);
                let more = tick.more;
                let _nobody_listens = ticks.send(Arc::new(tick));
                if more {
                    continue;
                }
            }
            Err(error) => tracing::debug!("can't follow the store: {}", engine::words(&error)),
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn look(
    store: &Store,
    at: Option<Position>,
) -> Result<(Position, Option<Tick>), store::Error> {
    let newest = moved::newest(store).await?;
    match at {
        Some(at) if at != newest => Ok((at, Some(tick(store, at).await?))),
        _first_or_nothing_new => Ok((newest, None)),
    }
}

/// What comes after `from`.
pub async fn tick(store: &Store, from: Position) -> Result<Tick, store::Error> {
    let moves = moved::moves(store, from.moved, ROWS_MAX).await?;
    let grown = moved::events(store, from.event, ROWS_MAX, EVENT_BYTES_MAX).await?;
    let full = |count: usize| count >= ROWS_MAX as usize;
    let to = Position {
        event: grown.last().map_or(from.event, |event| event.position),
        moved: moves.last().map_or(from.moved, |moved| moved.position),
    };
    let notices = notices(from, to, &moves, &grown).into();
    Ok(Tick { from, to, notices, more: full(moves.len()) || full(grown.len()), grown })
}

/// Tasks and verdicts each with a position of their own; of attempts only how far they are, with
/// the position of all of them behind the last.
fn notices(from: Position, to: Position, moves: &[Moved], grown: &[Grown]) -> String {
    let mut text = String::new();
    for one in moves {
        let at = Position { moved: one.position, ..from };
        let (task, state) = (one.task.clone(), one.state.clone());
        match &one.verdict {
            Some((verdict, state)) => {
                let (verdict, state) = (verdict.clone(), state.clone());
                frame(&mut text, "verdict", Some(at), &VerdictMoved { task, verdict, state });
            }
            None => frame(&mut text, "task", Some(at), &TaskMoved { task, state }),
        }
    }
    let attempts = newest(grown);
    for (index, one) in attempts.iter().enumerate() {
        let at = (index + 1 == attempts.len()).then_some(to);
        frame(&mut text, "attempt", at, one);
    }
    text
}

/// One notice for each attempt, in the order in which they first came.
fn newest(grown: &[Grown]) -> Vec<AttemptMoved> {
    let mut attempts: Vec<AttemptMoved> = Vec::new();
    for one in grown {
        let known = attempts.iter().position(|other| other.attempt == one.attempt);
        let at = known.unwrap_or_else(|| {
            attempts.push(of(&one.attempt));
            attempts.len() - 1
        });
        attempts[at].seq = one.seq;
        if let Some(state) = state(one) {
            attempts[at].state = Some(state.to_owned());
        }
    }
    attempts
}

fn of(attempt: &AttemptId) -> AttemptMoved {
    AttemptMoved { task: attempt.task(), attempt: attempt.clone(), seq: 0, state: None }
}

/// The state that an event says the attempt has now.
pub fn state(grown: &Grown) -> Option<&'static str> {
    match &grown.event.as_ref()?.fact {
        Fact::Moved { state } => Some(state.name()),
        _other_facts_move_nothing => None,
    }
}

fn frame<T: serde::Serialize>(text: &mut String, name: &str, at: Option<Position>, data: &T) {
    use std::fmt::Write as _;
    let data = serde_json::to_string(data).expect("a notice can be written as JSON");
    let id = at.map_or_else(String::new, |at| format!("id: {}\n", id(at)));
    let _a_string_takes_all = write!(text, "event: {name}\n{id}data: {data}\n\n");
}

/// A position, as a stream's id.
pub fn id(at: Position) -> String {
    format!("{}-{}", at.event, at.moved)
}

pub fn parse(id: &str) -> Option<Position> {
    let (event, moved) = id.split_once('-')?;
    let number = |text: &str| text.parse().ok().filter(|number: &i64| *number >= 0);
    Some(Position { event: number(event)?, moved: number(moved)? })
}

#[cfg(test)]
mod tests;
