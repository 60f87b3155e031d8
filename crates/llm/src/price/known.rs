//! Prices and windows of well-known models, so that budgets in dollars work without writing them
//! down. `models.toml` wins over them.
//!
//! As of June to November 2026, from the makers' own pages and from what cites them:
//! <https://platform.claude.com/docs/en/about-claude/pricing>,
//! <https://developers.openai.com/api/docs/pricing>,
//! <https://ai.google.dev/gemini-api/docs/pricing>. Standard tier. Where a maker asks more for
//! long prompts, the window here ends where that begins.

use super::Price;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    pub(super) provider: &'static str,
    pub(super) model: &'static str,
    /// What the model reads at most at this price, in tokens.
    pub window_tokens: u64,
    pub price: Price,
}

/// `milli_dollars` are thousandths of a dollar for a million tokens: 1.25 dollars are 1,250.
const fn row(
    provider: &'static str,
    model: &'static str,
    window_thousands: u64,
    milli_dollars: [u64; 4],
) -> Known {
    let [input, cached, cache_write, output] = milli_dollars;
    let price = Price {
        input: input * 1_000,
        cached: cached * 1_000,
        cache_write: cache_write * 1_000,
        output: output * 1_000,
    };
    Known { provider, model, window_tokens: window_thousands * 1_000, price }
}

/// Input, cached, cache write, output: thousandths of a dollar for a million tokens.
pub(super) const TABLE: &[Known] = &[
    row("anthropic", "claude-fable-5-1", 1_000, [10_000, 250, 12_500, 50_000]),
    row("anthropic", "claude-fable-5", 1_000, [10_000, 1_000, 12_500, 50_000]),
    row("anthropic", "claude-opus-5-5", 1_000, [4_000, 200, 5_000, 20_000]),
    row("anthropic", "claude-sonnet-5-5", 1_000, [2_000, 100, 2_500, 10_000]),
    row("anthropic", "claude-haiku-5-5", 100, [100, 10, 125, 500]),
    row("anthropic", "claude-opus-5", 1_000, [5_000, 500, 6_250, 25_000]),
    row("anthropic", "claude-opus-4-8", 200, [5_000, 500, 6_250, 25_000]),
    row("anthropic", "claude-opus-4-7", 200, [5_000, 500, 6_250, 25_000]),
    row("anthropic", "claude-opus-4-6", 200, [5_000, 500, 6_250, 25_000]),
    row("anthropic", "claude-opus-4-5", 200, [5_000, 500, 6_250, 25_000]),
    row("anthropic", "claude-sonnet-5", 1_000, [2_000, 200, 2_500, 10_000]),
    row("anthropic", "claude-sonnet-4-6", 200, [3_000, 300, 3_750, 15_000]),
    row("anthropic", "claude-sonnet-4-5", 200, [3_000, 300, 3_750, 15_000]),
    row("anthropic", "claude-haiku-4-5", 200, [1_000, 100, 1_250, 5_000]),
    row("openai", "gpt-5.5", 272, [5_000, 500, 5_000, 30_000]),
    row("openai", "gpt-5.4", 272, [2_500, 250, 2_500, 15_000]),
    row("openai", "gpt-5.4-mini", 272, [750, 75, 750, 4_500]),
    row("openai", "gpt-5.4-nano", 272, [200, 20, 200, 1_250]),
    row("openai", "gpt-5.1", 272, [1_250, 125, 1_250, 10_000]),
    row("openai", "gpt-5", 272, [1_250, 125, 1_250, 10_000]),
    row("openai", "gpt-5-mini", 272, [250, 25, 250, 2_000]),
    row("openai", "gpt-4.1", 1_000, [2_000, 500, 2_000, 8_000]),
    row("openai", "gpt-4.1-mini", 1_000, [400, 100, 400, 1_600]),
    row("openai", "o3", 200, [2_000, 500, 2_000, 8_000]),
    row("openai", "o4-mini", 200, [1_100, 275, 1_100, 4_400]),
    row("gemini", "gemini-3.5-flash", 1_000, [1_500, 150, 1_500, 9_000]),
    row("gemini", "gemini-3.1-pro-preview", 200, [2_000, 200, 2_000, 12_000]),
    row("gemini", "gemini-3-flash-preview", 1_000, [500, 50, 500, 3_000]),
    row("gemini", "gemini-2.5-pro", 200, [1_250, 125, 1_250, 10_000]),
    row("gemini", "gemini-2.5-flash", 1_000, [300, 30, 300, 2_500]),
    row("gemini", "gemini-2.5-flash-lite", 1_000, [100, 10, 100, 400]),
];

/// A model by its name, or by the name of one of its dated versions.
pub(crate) fn known(provider: &str, model: &str) -> Option<&'static Known> {
    let provider = if provider == "openai-chat" { "openai" } else { provider };
    let is = |row: &&Known| {
        let rest = model.strip_prefix(row.model);
        row.provider == provider && rest.is_some_and(is_date)
    };
    TABLE.iter().find(is)
}

/// Nothing, or `-2025-08-07`, `-20250929`, `-latest`.
fn is_date(rest: &str) -> bool {
    let digits =
        |text: &str| text.len() >= 8 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    rest.is_empty() || rest == "-latest" || rest.strip_prefix('-').is_some_and(digits)
}
