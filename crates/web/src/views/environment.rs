//! What a project's computers are made from, and how: the recipe with its reasons, the steps with
//! their times, and what is kept of them.

mod prepared;
mod recipe;
mod steps;

pub use prepared::prepared;
pub use recipe::recipe;
pub use steps::steps;

use engine::project::Ground;

/// What is known of a project's environment: none where nothing was fetched yet, words where what
/// was fetched can't be read.
pub type Known = Result<Option<Ground>, String>;
