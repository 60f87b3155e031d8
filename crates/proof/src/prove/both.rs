//! The checks at head and at base. Head first where only one computer may live at a time: how long
//! it takes tells when a test at base hangs.

use environment::Check;

use super::Both;
use crate::Error;
use crate::job::Place;
use crate::run::Bounds;
use crate::runs::{Errand, Runs};

pub(super) async fn run(runs: &Runs<'_>, bounds: Bounds) -> Result<Both, Error> {
    let checks: Vec<&Check> = runs.yard.job.checks.iter().collect();
    let errand = Errand { checks: &checks, place: Place::Head, round: 1, bounds };
    let head = runs.run(runs.yard.at_head(), errand).await?;
    let errand = Errand { place: Place::Base, bounds: bounds.after(&head), ..errand };
    let base = runs.run(runs.yard.at_base(), errand).await?;
    Ok(Both { base, head })
}
