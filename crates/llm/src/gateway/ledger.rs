//! The accounts: who may ask, and what it cost. Kept by somebody else.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;

use crate::error::Error;
use crate::message::Usage;

/// Who keeps the accounts of everybody who asks.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// A request wants to leave. Gives its number (counted per attempt from 1), or
    /// [`Error::OutOfBudget`] / [`Error::Stopped`]; [`Error::Ledger`] where the account can't be
    /// written. No error of this one is retried.
    async fn open(&self, asking: &Asking) -> Result<u32, Error>;

    /// It was answered or failed, and what it cost. Not called where the process dies meanwhile
    /// or the turn is dropped: an exchange that was opened and never closed cost about what was
    /// estimated.
    async fn close(&self, exchange: u32, spent: &Spent) -> Result<(), Error>;
}

/// One request that wants to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// `provider/model`.
    pub model: String,
    /// From the conversation's length; providers count differently, by a third at most.
    pub estimated_input_tokens: u64,
    /// What reading that costs if nothing is cached; what will be written isn't in it. None
    /// where the price isn't known.
    pub estimated_micros: Option<u64>,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// `provider/model`.
    pub model: String,
    /// As the provider told; estimated where the answer broke off before it did.
    pub usage: Usage,
    /// In millionths of a US dollar; none where the price isn't known.
    pub cost_micros: Option<u64>,
    pub answered: bool,
}

/// Only counts. For tests, and where nobody pays.
#[derive(Debug, Default)]
pub struct Unaccounted {
    opened: AtomicU32,
}

#[async_trait]
impl Ledger for Unaccounted {
    async fn open(&self, _asking: &Asking) -> Result<u32, Error> {
        Ok(self.opened.fetch_add(1, Ordering::Relaxed) + 1)
    }

    async fn close(&self, _exchange: u32, _spent: &Spent) -> Result<(), Error> {
        Ok(())
    }
}
