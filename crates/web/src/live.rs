//! Server-sent events: streams that go on where they were cut. Each holds little more than how far
//! it is; what it sends comes from the [`hub`], or from the store where it fell behind.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use domain::{AttemptId, Event, Fact};
use futures::stream;
use store::Store;
use store::moved::Position;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep_until};

use crate::hub::{self, Listener, Tick};

/// So often something is sent, so that nobody between takes the connection for dead.
const BEAT: Duration = Duration::from_secs(15);
/// A stream ends after so long, and who still wants it and still may asks again.
const LIFE_MAX: Duration = Duration::from_secs(15 * 60);
/// How soon a browser asks again, in milliseconds.
const RETRY_MS: u32 = 2_000;
/// Events that are read at once.
const PAGE: u32 = 64;
/// Looks into the store that one who fell behind takes before others get their turn.
const CATCH_UP_MAX: usize = 4;

/// What a stream follows.
enum Subject {
    Everything { at: Position },
    Attempt { id: AttemptId, seen: u64, over: bool },
}

/// One open stream.
struct Stream {
    store: Store,
    listener: Listener,
    subject: Subject,
    ready: VecDeque<Bytes>,
    /// There may be something in the store that wasn't sent.
    behind: bool,
    ends: Instant,
}

/// Everything that moves after `at`.
pub fn of_everything(store: Store, listener: Listener, at: Position) -> Body {
    // The first id is said at once: who is cut before anything moved goes on from here.
    let begin = format!("retry: {RETRY_MS}\nid: {}\n\n", hub::id(at));
    open(store, listener, Subject::Everything { at }, begin)
}

/// An attempt's log after event number `seen`.
pub fn of_attempt(store: Store, listener: Listener, id: AttemptId, seen: u64) -> Body {
    let begin = format!("retry: {RETRY_MS}\n\n");
    open(store, listener, Subject::Attempt { id, seen, over: false }, begin)
}

fn open(store: Store, listener: Listener, subject: Subject, begin: String) -> Body {
    let ready = VecDeque::from([Bytes::from(begin)]);
    let ends = Instant::now() + LIFE_MAX;
    let stream = Stream { store, listener, subject, ready, behind: true, ends };
    Body::from_stream(stream::unfold(stream, |mut stream| async move {
        let next = stream.next().await?;
        Some((Ok::<_, std::convert::Infallible>(next), stream))
    }))
}

/// What a stream waits for.
enum Woken {
    Tick(Arc<Tick>),
    Behind,
    Beat,
    Over,
}

impl Stream {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.ready.pop_front() {
                return Some(bytes);
            }
            if self.is_over() {
                return None;
            }
            if self.behind && self.catch_up().await {
                continue;
            }
            match self.wait().await {
                Woken::Tick(tick) => self.take(&tick),
                Woken::Behind => self.behind = true,
                Woken::Beat => return Some(Bytes::from_static(b": \n\n")),
                Woken::Over => return None,
            }
        }
    }

    fn is_over(&self) -> bool {
        match self.subject {
            Subject::Attempt { over, .. } => over,
            Subject::Everything { .. } => false,
        }
    }

    async fn wait(&mut self) -> Woken {
        let beat = (Instant::now() + BEAT).min(self.ends);
        let open = *self.listener.open.borrow();
        if !open || Instant::now() >= self.ends {
            return Woken::Over;
        }
        tokio::select! {
            tick = self.listener.ticks.recv() => match tick {
                Ok(tick) => Woken::Tick(tick),
                Err(RecvError::Lagged(_missed)) => Woken::Behind,
                Err(RecvError::Closed) => Woken::Over,
            },
            _closing = self.listener.open.changed() => Woken::Over,
            () = sleep_until(beat) => Woken::Beat,
        }
    }

    /// What fits to where this stream is goes out as it is.
    fn take(&mut self, tick: &Tick) {
        match &mut self.subject {
            Subject::Everything { at } if *at == tick.from => {
                *at = tick.to;
                if !tick.notices.is_empty() {
                    self.ready.push_back(tick.notices.clone());
                }
            }
            Subject::Everything { at } => {
                let seen = tick.to.event <= at.event && tick.to.moved <= at.moved;
                self.behind = self.behind || !seen;
            }
            Subject::Attempt { id, seen, over } => {
                for grown in tick.grown.iter().filter(|grown| grown.attempt == *id) {
                    match &grown.event {
                        Some(event) if grown.seq == *seen + 1 && !*over => {
                            *seen = grown.seq;
                            *over = is_end(event);
                            self.ready.push_back(frame(event));
                        }
                        _long_or_not_next if grown.seq > *seen => {
                            self.behind = true;
                            break;
                        }
                        _seen_already => {}
                    }
                }
                if *over {
                    self.ready.push_back(end());
                }
            }
        }
    }

    /// From the store. Whether there was anything; what can't be read now is tried at the next wake.
    async fn catch_up(&mut self) -> bool {
        for _ in 0..CATCH_UP_MAX {
            match self.read().await {
                Ok(true) => {}
                Ok(false) => {
                    self.behind = false;
                    break;
                }
                Err(error) => {
                    tracing::debug!("a stream can't go on: {}", engine::words(&error));
                    break;
                }
            }
            if !self.ready.is_empty() {
                return true;
            }
        }
        !self.ready.is_empty()
    }

    /// The next page. Whether there may be more.
    async fn read(&mut self) -> Result<bool, store::Error> {
        match &mut self.subject {
            Subject::Everything { at } => {
                let tick = hub::tick(&self.store, *at).await?;
                *at = tick.to;
                if !tick.notices.is_empty() {
                    self.ready.push_back(tick.notices.clone());
                }
                Ok(tick.more)
            }
            Subject::Attempt { id, seen, over } => {
                // Before its events are read: what it ends with is among them then.
                let has_ended = has_ended(&self.store, id).await?;
                let events = store::event::since(&self.store, id, *seen, PAGE).await?;
                for event in &events {
                    *seen = event.seq;
                    self.ready.push_back(frame(event));
                }
                let more = events.len() == PAGE as usize;
                let ended = events.iter().any(is_end);
                *over = (ended && !more) || (events.is_empty() && has_ended);
                if *over {
                    self.ready.push_back(end());
                }
                Ok(more)
            }
        }
    }
}

async fn has_ended(store: &Store, id: &AttemptId) -> Result<bool, store::Error> {
    Ok(store::attempt::get(store, id).await?.state.is_ended())
}

fn is_end(event: &Event) -> bool {
    matches!(&event.fact, Fact::Moved { state } if state.is_ended())
}

fn frame(event: &Event) -> Bytes {
    let data = serde_json::to_string(event).expect("an event can be written as JSON");
    format!("id: {}\ndata: {data}\n\n", event.seq).into()
}

/// Nothing more comes: whoever hears it needn't ask again.
fn end() -> Bytes {
    Bytes::from_static(b"event: end\ndata: {}\n\n")
}
