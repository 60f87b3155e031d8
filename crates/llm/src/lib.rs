//! One message vocabulary over every model provider.
//!
//! A [`Model`] is given the whole conversation and answers with one [`Reply`]. [`Client`] does it
//! over HTTP in three wire formats, all streaming; it retries what may be retried, waits as long
//! as the provider asks for, and says of every error whether asking again makes sense. Knows
//! nothing of tasks, computers or the store: what a tool does is somebody else's business.

mod client;
mod config;
mod error;
#[cfg(any(test, feature = "fake"))]
pub mod fake;
mod key;
mod message;
mod retry;
mod sse;
mod wire;

use std::ops::ControlFlow;
use std::time::Duration;

use async_trait::async_trait;

pub use client::{Client, Options};
pub use config::{Config, ConfigError, FileConfig, Provider};
pub use error::{Action, Error, words};
pub use key::Key;
pub use message::{Image, Message, Reply, Request, Stop, ToolCall, ToolSpec, Usage};
pub use retry::RetryPolicy;
pub use wire::Wire;

/// Whoever answers.
#[async_trait]
pub trait Model: Send + Sync {
    /// The model's name, as the provider knows it.
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
