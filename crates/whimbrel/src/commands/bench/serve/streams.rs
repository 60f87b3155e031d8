//! Event streams that are open all the time. Most follow an attempt's log, where no event may be
//! missing; the others follow everything that moves, as boards do.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};
use domain::AttemptId;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::client::Connection;
use super::fill::Filled;
use super::server::Place;
use super::writer::{Times, Written};
use crate::cli::BenchServeArgs;

/// Every so many-th stream follows everything.
const EVERYTHING_EVERY: u32 = 5;
/// A longer line is no event of ours.
const LINE_BYTES_MAX: usize = 1024 * 1024;

pub struct Listening {
    pub times: Times,
    readers: JoinSet<Heard>,
    /// Up to where each attempt's streams read; none while it is written.
    until: watch::Sender<Option<Arc<HashMap<AttemptId, u64>>>>,
    notices: Arc<AtomicU64>,
    of_everything: u32,
}

/// What streams of attempts heard.
#[derive(Debug, Default)]
pub struct Heard {
    /// From the writer's beginning with an event to its arrival.
    pub times: Vec<Duration>,
    /// Events that didn't come, or came twice or out of turn.
    pub lost: u64,
    pub streams: u32,
    /// Streams that follow everything, and lines that came on them.
    pub of_everything: u32,
    pub notices: u64,
}

pub async fn open(args: &BenchServeArgs, home: &Filled, place: &Place) -> Result<Listening> {
    let (until, _) = watch::channel(None);
    let mut listening = Listening {
        times: Times::default(),
        readers: JoinSet::new(),
        until,
        notices: Arc::default(),
        of_everything: 0,
    };
    for number in 0..args.streams {
        let connection = Connection::open(place).await?;
        if number % EVERYTHING_EVERY == EVERYTHING_EVERY - 1 {
            let socket = connection.stream(place, "/api/v1/events/stream").await?;
            listening.follow_everything(socket);
        } else {
            let (id, newest) = &home.live[number as usize % home.live.len()];
            let path = format!("/api/v1/attempts/{id}/events/stream?after={newest}");
            let socket = connection.stream(place, &path).await?;
            listening.follow(id.clone(), *newest, socket);
        }
    }
    Ok(listening)
}

impl Listening {
    fn follow_everything(&mut self, mut socket: BufReader<TcpStream>) {
        self.of_everything += 1;
        let notices = Arc::clone(&self.notices);
        let mut until = self.until.subscribe();
        self.readers.spawn(async move {
            let mut line = Vec::new();
            loop {
                line.clear();
                let read = tokio::select! {
                    read = socket.read_until(b'\n', &mut line) => read,
                    _over = until.changed() => break,
                };
                if !read.is_ok_and(|bytes| bytes > 0) {
                    break;
                }
                notices.fetch_add(u64::from(line.starts_with(b"data")), Relaxed);
            }
            Heard::default()
        });
    }

    fn follow(&mut self, id: AttemptId, seen: u64, socket: BufReader<TcpStream>) {
        let (times, until) = (Arc::clone(&self.times), self.until.subscribe());
        let reader =
            Reader { id, seen, times, until, heard: Heard { streams: 1, ..Heard::default() } };
        self.readers.spawn(reader.read(socket));
    }

    /// Lets the streams read up to the last event that was written, for at most so long.
    pub async fn end(mut self, written: &Written, limit: Duration) -> Heard {
        let deadline = Instant::now() + limit;
        self.until.send_replace(Some(Arc::new(written.newest.clone())));
        let mut all = Heard { of_everything: self.of_everything, ..Heard::default() };
        while let Some(done) = self.readers.join_next().await {
            // A reader that panicked heard nothing of all that was written.
            let heard = done.unwrap_or(Heard { lost: written.events, ..Heard::default() });
            all.times.extend(heard.times);
            all.lost += heard.lost;
            all.streams += heard.streams;
            if Instant::now() > deadline {
                break;
            }
        }
        all.notices = self.notices.load(Relaxed);
        all
    }
}

struct Reader {
    id: AttemptId,
    seen: u64,
    times: Times,
    until: watch::Receiver<Option<Arc<HashMap<AttemptId, u64>>>>,
    heard: Heard,
}

impl Reader {
    async fn read(mut self, mut socket: BufReader<TcpStream>) -> Heard {
        let mut line = Vec::new();
        while !self.is_done() {
            // What was read of a line stays in it where the other branch is quicker.
            let reading = next_line(&mut socket, &mut line);
            let patience =
                if self.until.borrow().is_some() { super::SETTLE_TIME } else { Duration::MAX };
            tokio::select! {
                read = timeout(patience, reading) => match read {
                    Ok(Ok(())) => self.take(&std::mem::take(&mut line)),
                    Ok(Err(_)) | Err(_) => break,
                },
                _known = self.until.changed() => {}
            }
        }
        self.heard.lost += self.last().map_or(0, |last| last.saturating_sub(self.seen));
        self.heard
    }

    /// The last event that it should hear, once that is known.
    fn last(&self) -> Option<u64> {
        self.until.borrow().as_ref().and_then(|newest| newest.get(&self.id).copied())
    }

    fn is_done(&self) -> bool {
        self.last().is_some_and(|last| self.seen >= last)
    }

    /// Each event's number is its id.
    fn take(&mut self, line: &[u8]) {
        let Some(id) = line.strip_prefix(b"id:").and_then(|id| str::from_utf8(id).ok()) else {
            return;
        };
        let Ok(seq) = id.trim().parse::<u64>() else { return };
        if seq != self.seen + 1 {
            self.heard.lost += seq.abs_diff(self.seen + 1);
        }
        self.seen = seq;
        let times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = times.get(&(self.id.clone(), seq)).copied();
        drop(times);
        self.heard.times.extend(begun.map(|begun| begun.elapsed()));
    }
}

async fn next_line(socket: &mut BufReader<TcpStream>, line: &mut Vec<u8>) -> Result<()> {
    let read = socket.read_until(b'\n', line).await?;
    ensure!(read > 0 && line.len() <= LINE_BYTES_MAX, "the stream ended");
    Ok(())
}
