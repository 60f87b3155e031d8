//! What tokens cost, in whole micro-dollars. An unknown price is none, never nothing.

mod known;

use crate::message::Usage;

pub(crate) use known::known;

/// Micro-dollars for a million tokens; so that a price of 1.25 dollars is 1,250,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    pub input: u64,
    /// What was read from the provider's cache.
    pub cached: u64,
    /// What was written to the provider's cache.
    pub cache_write: u64,
    /// Everything that the model wrote, its thoughts included.
    pub output: u64,
}

const TOKENS: u128 = 1_000_000;

impl Price {
    /// Rounded up, so that a budget is never overdrawn by what was cut off.
    pub fn cost_micros(&self, usage: &Usage) -> u64 {
        let fresh = usage
            .input_tokens
            .saturating_sub(usage.cached_tokens.saturating_add(usage.written_tokens));
        let parts = [
            (fresh, self.input),
            (usage.cached_tokens, self.cached),
            (usage.written_tokens, self.cache_write),
            (usage.output_tokens, self.output),
        ];
        let cost = |(n, price): &(u64, u64)| u128::from(*n) * u128::from(*price);
        let total = parts.iter().map(cost).fold(0, u128::saturating_add);
        u64::try_from(total.div_ceil(TOKENS)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests;
