//! The supervisor's end of a computer's socket: sends requests, and hands each reply to whoever
//! waits for it.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::{Notify, oneshot};

use super::wire::{self, End, Received, Reply, Request, Stage, What};
use crate::Error;

#[derive(Debug)]
pub struct Link {
    socket: AsyncFd<OwnedFd>,
    last_id: AtomicU64,
    waiting: Mutex<Waiting>,
    /// Whenever something is asked for that runs.
    begun: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Nothing more will ever be answered.
    closed: bool,
    by_id: HashMap<u64, Waiter>,
}

#[derive(Debug)]
struct Waiter {
    begun: Option<oneshot::Sender<Result<Option<OwnedFd>, NotStarted>>>,
    ended: oneshot::Sender<End>,
}

/// Why something that was asked for never ran.
#[derive(Debug)]
pub struct NotStarted {
    pub at: Stage,
    pub errno: i32,
}

/// Something that was asked for and runs.
#[derive(Debug)]
pub struct Running {
    id: u64,
    ended: oneshot::Receiver<End>,
    /// The outer end of its terminal.
    pub terminal: Option<OwnedFd>,
}

impl Link {
    /// Must be called within tokio; the socket must not block.
    pub fn new(socket: OwnedFd) -> io::Result<Arc<Self>> {
        // SAFETY: the descriptor is owned by what registers it, so it stays open and the same.
        let socket = unsafe { AsyncFd::register(socket) }?;
        Ok(Arc::new(Self {
            socket,
            last_id: AtomicU64::new(0),
            waiting: Mutex::default(),
            begun: Notify::new(),
        }))
    }

    /// Asks, and waits until it has begun. The outer error says that the computer is gone.
    pub async fn start(
        &self,
        what: What,
        theirs: &[OwnedFd],
    ) -> Result<Result<Running, NotStarted>, Error> {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed);
        let ((begun_in, begun), (ended_in, ended)) = (oneshot::channel(), oneshot::channel());
        self.expect(id, Waiter { begun: Some(begun_in), ended: ended_in })?;
        self.send(&Request { id, what }, theirs).await?;
        self.begun.notify_one();
        let begun = begun.await.map_err(|_closed| Error::Lost)?;
        Ok(begun.map(|terminal| Running { id, ended, terminal }))
    }

    /// Until something begins, or has since this was asked last.
    pub async fn begun(&self) {
        self.begun.notified().await;
    }

    /// Waits for the end.
    pub async fn end(running: &mut Running) -> Result<End, Error> {
        (&mut running.ended).await.map_err(|_closed| Error::Lost)
    }

    pub async fn signal(&self, running: &Running, number: i32) {
        let what = What::Signal(number);
        // A computer that is gone has killed it already.
        let _lost = self.send(&Request { id: running.id, what }, &[]).await;
    }

    /// Ends all programs, for what they have on the disk; or only if they have more than this that
    /// has no name. An error says that they are gone.
    pub async fn end_for_disk(&self, deleted_bytes_max: Option<u64>) -> Result<(), Error> {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed);
        let what = What::EndForDisk { deleted_bytes_max };
        self.send(&Request { id, what }, &[]).await
    }

    async fn send(&self, request: &Request, fds: &[OwnedFd]) -> Result<(), Error> {
        let fds: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
        let send = |socket: &OwnedFd| wire::send(socket, request, &fds);
        self.socket.async_io(Interest::WRITABLE, send).await.map_err(|_gone| Error::Lost)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Nothing panics while holding it.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn expect(&self, id: u64, waiter: Waiter) -> Result<(), Error> {
        let mut waiting = self.waiting();
        if waiting.closed {
            return Err(Error::Lost);
        }
        waiting.by_id.insert(id, waiter);
        Ok(())
    }

    /// Hands out replies until the computer is gone; whoever still waits then, hears that.
    pub async fn hand_out(&self) {
        while let Ok(Some(Received { message, fds })) =
            self.socket.async_io(Interest::READABLE, wire::receive::<Reply>).await
        {
            self.handle(message, fds);
        }
        let mut waiting = self.waiting();
        waiting.closed = true;
        waiting.by_id.clear();
    }

    fn handle(&self, reply: Reply, fds: Vec<OwnedFd>) {
        let mut waiting = self.waiting();
        match reply {
            Reply::Started { id } => {
                let waiter = waiting.by_id.get_mut(&id);
                if let Some(begun) = waiter.and_then(|waiter| waiter.begun.take()) {
                    let _nobody_waits = begun.send(Ok(fds.into_iter().next()));
                }
            }
            Reply::NotStarted { id, at, errno } => {
                let waiter = waiting.by_id.remove(&id);
                if let Some(begun) = waiter.and_then(|waiter| waiter.begun) {
                    let _nobody_waits = begun.send(Err(NotStarted { at, errno }));
                }
            }
            Reply::Ended { id, end } => {
                if let Some(waiter) = waiting.by_id.remove(&id) {
                    let _nobody_waits = waiter.ended.send(end);
                }
            }
            // Both are only sent before there is a link.
            Reply::Ready | Reply::Unmade { .. } => {}
        }
    }
}
