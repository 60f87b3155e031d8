//! Git plumbing, and where pull requests are offered.
//!
//! [`Origin`](domain::project::Origin) is the user's repository, [`Mirror`] our bare copy of it,
//! and [`Forge`] what a pull request is offered on. Knows neither the store nor computers.
//!
//! Three rules hold everywhere:
//! - [`git`] is the only place that starts git, with a fixed environment.
//! - Nothing of the user's repository runs because of us: no hook, no filter, no configured
//!   program. It is read by fetching from it and by staging its files in an index of ours, and
//!   written by adding objects, moving one ref, and adding a work tree where that was asked for.
//! - What comes out of a computer is data: a bundle, checked before a ref names it. No git of ours
//!   ever runs in a folder that an agent could write.

mod bundle;
mod checkout;
mod diff;
mod error;
mod export;
#[cfg(any(test, feature = "fake"))]
pub mod fake;
mod forge;
mod git;
pub mod identity;
mod import;
mod local;
mod mirror;
pub mod origin;
mod pairs;
mod quarantine;
#[cfg(test)]
mod sample;
mod settings;
#[cfg(test)]
mod trap;
mod tree;
mod uncommitted;
mod work_copy;

pub use bundle::harvest_argv;
pub use diff::{Changed, Diff};
pub use error::Error;
pub use forge::{Forge, Identity, Merge, Prepared};
pub use local::Local;
pub use mirror::{Heads, Mirror, Packing};
pub use pairs::{Pair, Side};
pub use tree::{Files, TreeFile};
pub use work_copy::Checkout;

/// What `git --version` says of the git that is used.
pub async fn version() -> Result<String, Error> {
    git::Git::new("tell its version", std::path::Path::new("/")).arg("--version").line().await
}
