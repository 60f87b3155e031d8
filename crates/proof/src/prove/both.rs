//! The checks at head and at base. Head first where only one computer may live at a time: how long
//! it takes tells when a test at base hangs. Where two may, a base that goes on for long after head
//! has ended is given up and run anew with that knowledge.

use std::time::Instant;

use domain::evidence::Exit;
use environment::Check;

use super::Both;
use super::settle::Settled;
use crate::Error;
use crate::job::{Log, Place};
use crate::kept;
use crate::run::{Bounds, CheckRun};
use crate::runs::{ALL, Errand, Runs, run_log_name};

pub(super) async fn run(runs: &Runs<'_>, bounds: Bounds) -> Result<Both, Error> {
    let checks: Vec<&Check> = runs.yard.job.checks.iter().collect();
    let at_head =
        Errand { checks: &checks, place: Place::Head, round: 1, bounds, selections: &ALL };
    if let Some(base) = taken_over(runs) {
        let head = runs.run(runs.yard.at_head(), at_head).await?;
        return Ok(Both { base, head });
    }
    if runs.yard.job.width < 2 {
        let head = runs.run(runs.yard.at_head(), at_head).await?;
        let base = base_after(runs, bounds, &checks, &head).await?;
        return Ok(Both { base, head });
    }
    at_once(runs, bounds, &checks, at_head).await
}

async fn at_once(
    runs: &Runs<'_>,
    bounds: Bounds,
    checks: &[&Check],
    at_head: Errand<'_>,
) -> Result<Both, Error> {
    let began = Instant::now();
    let mut head = std::pin::pin!(runs.run(runs.yard.at_head(), at_head));
    let base = runs.run(runs.yard.at_base(), Errand { place: Place::Base, ..at_head });
    // In a box, so that giving it up ends its computer before there is another one.
    let mut base = Box::pin(base);
    let head = tokio::select! {
        head = &mut head => head?,
        base = &mut base => return Ok(Both { base: base?, head: head.await? }),
    };
    let base = match bounds.after(&head).test_time {
        None => base.await?,
        Some(patience) => match tokio::time::timeout(patience, &mut base).await {
            Ok(base) => base?,
            Err(_it_hangs) => {
                drop(base);
                runs.spend("checks at base, given up", began, 0);
                base_after(runs, bounds, checks, &head).await?
            }
        },
    };
    Ok(Both { base, head })
}

async fn base_after(
    runs: &Runs<'_>,
    bounds: Bounds,
    checks: &[&Check],
    head: &[CheckRun],
) -> Result<Vec<CheckRun>, Error> {
    let bounds = bounds.after(head);
    let errand = Errand { checks, place: Place::Base, round: 1, bounds, selections: &ALL };
    runs.run(runs.yard.at_base(), errand).await
}

/// What an earlier proof saw at this base, with its logs.
fn taken_over(runs: &Runs<'_>) -> Option<Vec<CheckRun>> {
    let base = kept::get(&runs.yard)?;
    for (check, run) in runs.yard.job.checks.iter().zip(&base) {
        let name = run_log_name(check, Place::Base);
        runs.keep_log(Log { name, bytes: run.log.clone() });
    }
    Some(base)
}

/// Keeps what was seen at base for later proofs, if chance had no part in it: every check ended by
/// itself, no report is in doubt, and what failed failed at head or when it was run again, too.
pub(super) fn keep(runs: &Runs<'_>, both: &Both, settled: &Settled) {
    let is_sure = |(base, head): (&CheckRun, &CheckRun)| {
        let fails_again = |name: &str| {
            settled.confirmed.iter().any(|one| one == name)
                || head.report.failed().any(|one| one == name)
        };
        let ended = matches!(base.exit, Exit::Code { .. });
        let mut failed = base.report.failed().peekable();
        let has_reason =
            base.exit.is_success() || failed.peek().is_some() || !head.exit.is_success();
        ended
            && !base.cached
            && base.report.doubts.is_empty()
            && has_reason
            && failed.all(fails_again)
    };
    if !settled.base_differs && both.base.iter().zip(&both.head).all(is_sure) {
        kept::put(&runs.yard, &both.base);
    }
}
