//! Evidence: the checks at base and head, read, compared and ranked.
//!
//! [`prove`] runs a project's checks in clean computers, with the agent gone, and says what
//! changed between base and head; [`rank`] orders attempts by that, and [`markdown`] tells it to
//! people. Knows neither models nor forges. All that comes out of a computer, test names
//! included, is hostile data: read up to a limit, and escaped where it is shown.

mod audit;
pub mod chips;
mod claims;
mod clean;
mod compare;
mod doubt;
mod error;
pub mod examine;
mod hidden;
mod inject;
mod inline;
mod job;
mod kept;
pub mod markdown;
mod mutate;
mod narrow;
mod prove;
mod rank;
mod report;
mod risk;
mod run;
mod runner_config;
mod runs;
#[cfg(test)]
mod sample;
pub mod seal;
mod select;
mod sources;
mod style;
mod test_files;
pub mod words;

pub use error::Error;
pub use job::{Job, Kept, Log, Place, Progress};
pub use prove::prove;
pub use rank::{Candidate, Ranking, rank};
