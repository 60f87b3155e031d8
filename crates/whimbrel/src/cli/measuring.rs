//! Counting what the work comes to, and measuring the server, as it is typed.

use clap::Args;

/// Say what the work comes to: how much is offered, merged and closed, how long people take to
/// decide, what a merged change costs, by person, agent and model.
///
/// By days in UTC, today included. What a merged change costs is everything that was spent in these
/// days, by the changes that were merged in them.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    whimbrel numbers\n  \
    whimbrel numbers --days 90 --project lilt\n  \
    whimbrel numbers --json | jq .cost.micros_per_merged")]
pub struct NumbersArgs {
    /// Today and the days before it.
    #[arg(long, default_value_t = engine::numbers::DAYS, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=engine::numbers::DAYS_MAX as i64))]
    pub days: u32,
    /// Of one project: its id, its name, or where it is [default: all].
    #[arg(long, value_name = "PROJECT")]
    pub project: Option<String>,
}

#[derive(Debug, Args)]
pub struct BenchDiffArgs {
    /// Lines that the page shows, half of them removed and half added.
    #[arg(long, default_value_t = 10_000, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    pub lines: u32,
    /// How often each is made.
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub runs: u32,
}

/// `whimbrel bench serve`.
#[derive(Debug, Args)]
pub struct BenchServeArgs {
    /// Event streams that are open all the time.
    #[arg(long, default_value_t = 1000, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub streams: u32,
    /// Requests a second, over all pages.
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=5_000))]
    pub rate: u32,
    /// How long it is measured.
    #[arg(long, default_value_t = 20, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub seconds: u32,
    /// Events that are in the store before.
    #[arg(long, default_value_t = 100_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1_000..=5_000_000))]
    pub events: u32,
    /// Events a second that are written meanwhile, and should reach the streams.
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1_000))]
    pub writes: u32,
}
