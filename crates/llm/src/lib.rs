//! One message vocabulary over every model provider.
//!
//! A [`Model`] is given the whole conversation and answers with one [`Reply`]. [`Client`] does it
//! over HTTP in four wire formats, all streaming. [`Gateway`] is who agents ask: it retries what
//! may be retried, waits as long as the provider asks for, falls back to other models, asks a
//! [`Ledger`] before anything leaves and tells it what everything cost, and records each exchange
//! so that [`Replay`] can play it again. Knows nothing of tasks, computers or the store: what a
//! tool does and who asks is somebody else's business.

mod client;
mod config;
mod error;
#[cfg(any(test, feature = "fake"))]
pub mod fake;
mod gateway;
mod key;
mod message;
mod models;
#[cfg(test)]
mod official;
mod price;
mod record;
mod retry;
mod sse;
mod wire;

use std::ops::ControlFlow;
use std::time::Duration;

use async_trait::async_trait;

pub use client::{Client, Options};
pub use config::{Config, ConfigError, FileConfig, Sources};
pub use error::{Action, Error, words};
pub use gateway::{Asking, Gateway, Ledger, Spent, Unaccounted};
pub use key::{CommandError, Key};
pub use message::{Image, Message, Reply, Request, Stop, ToolCall, ToolSpec, Usage};
pub use models::{Models, ModelsError};
pub use price::Price;
pub use record::{
    Departure, Exchange, OnDeparture, Outcome, Record, RecordError, Recorder, Replay, What,
};
pub use retry::{OnQuota, Quota, RetryPolicy};
pub use wire::{Effort, Wire};

/// Whoever answers.
#[async_trait]
pub trait Model: Send + Sync {
    /// The model's name, for people: as the provider knows it, or `provider/model`.
    fn name(&self) -> &str;

    /// One turn. `watch` hears the text as it comes and each retry before its wait.
    async fn reply(&self, request: &Request<'_>, watch: &mut dyn Watch) -> Result<Reply, Error>;
}

/// Who is told what happens during a turn.
#[async_trait]
pub trait Watch: Send {
    /// A piece of the answer's text. After a retry the text begins again.
    async fn text(&mut self, piece: &str);

    /// The turn failed for `reason` and is asked for again after `wait`. [`ControlFlow::Break`]
    /// makes the turn end with [`Error::Stopped`] instead.
    async fn retried(&mut self, reason: &str, wait: Duration) -> ControlFlow<()>;
}

/// Hears nothing and stops nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

#[async_trait]
impl Watch for Unwatched {
    async fn text(&mut self, _piece: &str) {}

    async fn retried(&mut self, _reason: &str, _wait: Duration) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
