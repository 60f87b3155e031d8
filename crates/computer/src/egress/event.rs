//! What a computer asked of the network and what became of it, told to whoever wants to know.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::Fact;
use tokio::sync::mpsc;

use super::Refusal;
use super::meter::Meter;

/// Of a host's name in an event: it comes from a program inside.
const HOST_CHARS_MAX: usize = 260;
/// Of a method's.
const METHOD_CHARS_MAX: usize = 20;

/// One request, or one refusal, that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// `GET`, `CONNECT`, …; `TLS` where only the name in the handshake is known; `DNS`.
    pub method: String,
    pub host: String,
    pub port: u16,
    /// Why it was refused or failed, in a sentence.
    pub refused: Option<String>,
    /// Into the computer; of HTTP without the headers.
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub duration: Duration,
}

impl From<Event> for Fact {
    fn from(event: Event) -> Self {
        let Event { method, host, port, refused, bytes_in, bytes_out, duration } = event;
        let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self::Network { method, host, port, refused, bytes_in, bytes_out, duration_ms }
    }
}

/// Where events go. A full queue loses the newest and counts them, so that nobody waits.
#[derive(Debug, Clone)]
pub struct Sink {
    queue: mpsc::Sender<Event>,
    lost: Arc<AtomicU64>,
}

/// Where events come out.
#[derive(Debug)]
pub struct Events {
    queue: mpsc::Receiver<Event>,
    lost: Arc<AtomicU64>,
}

/// A queue of at most `events_max`.
pub fn events(events_max: usize) -> (Sink, Events) {
    let (sender, receiver) = mpsc::channel(events_max);
    let lost = Arc::new(AtomicU64::new(0));
    (Sink { queue: sender, lost: Arc::clone(&lost) }, Events { queue: receiver, lost })
}

impl Sink {
    fn tell(&self, event: Event) {
        if self.queue.try_send(event).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Events {
    /// The next one; `None` when there will be no more.
    pub async fn next(&mut self) -> Option<Event> {
        self.queue.recv().await
    }

    /// How many didn't fit into the queue so far.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

/// An event in the making; it is told when the last who has a part in it lets go.
#[derive(Debug)]
pub struct Account {
    sink: Option<Sink>,
    method: String,
    host: String,
    port: u16,
    begun: Instant,
    refused: Mutex<Option<String>>,
    /// Of what goes to the server and comes from it.
    meter: Arc<Meter>,
    forgotten: AtomicBool,
}

impl Account {
    pub fn new(sink: Option<&Sink>, method: &str, host: &str, port: u16) -> Self {
        Self {
            sink: sink.cloned(),
            method: method.chars().take(METHOD_CHARS_MAX).collect(),
            host: host.chars().take(HOST_CHARS_MAX).collect(),
            port,
            begun: Instant::now(),
            refused: Mutex::default(),
            meter: Meter::new(),
            forgotten: AtomicBool::default(),
        }
    }

    pub fn refuse(&self, refusal: &Refusal) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal.sentence());
    }

    pub fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    /// It only led to requests that are told by themselves.
    pub fn forget(&self) {
        self.forgotten.store(true, Ordering::Relaxed);
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let refused = self.refused.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let Some(sink) = &self.sink else { return };
        if refused.is_none() && *self.forgotten.get_mut() {
            return;
        }
        sink.tell(Event {
            method: std::mem::take(&mut self.method),
            host: std::mem::take(&mut self.host),
            port: self.port,
            refused,
            bytes_in: self.meter.read_bytes(),
            bytes_out: self.meter.written_bytes(),
            duration: self.begun.elapsed(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_does_not_fit_is_counted() {
        let (sink, mut events) = events(2);
        for port in 1..=5 {
            Account::new(Some(&sink), "GET", "a.test", port).meter().count_read(7);
        }
        drop(sink);
        assert_eq!(events.next().await.map(|event| (event.port, event.bytes_in)), Some((1, 7)));
        assert_eq!(events.next().await.map(|event| event.port), Some(2));
        assert_eq!((events.next().await, events.lost()), (None, 3));
    }

    #[tokio::test]
    async fn what_is_forgotten_is_told_only_when_refused() {
        let (sink, mut events) = events(2);
        let account = |port| Account::new(Some(&sink), "CONNECT", "a.test", port);
        account(1).forget();
        let refused = account(2);
        refused.forget();
        refused.refuse(&Refusal::Malformed("no"));
        drop(refused);
        drop(sink);
        assert_eq!(events.next().await.map(|event| event.port), Some(2));
        assert_eq!(events.next().await, None);
    }
}
