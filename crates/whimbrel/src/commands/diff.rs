//! `whimbrel diff TASK|ATTEMPT`

use anyhow::{Result, bail};
use domain::{AttemptId, Change};
use engine::Engine;
use forge::{Diff, Mirror};
use serde_json::json;

use crate::cli::DiffArgs;
use crate::exit::Exit;
use crate::{find, ui};

/// The longest diff that is printed.
pub const DIFF_BYTES_MAX: u64 = 64 * 1024 * 1024;

pub async fn run(args: DiffArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let attempt = find::attempt(&engine, &args.id).await?;
    let Some(change) = store::change::get(&engine.store, &attempt).await? else {
        bail!(changed_nothing(&attempt));
    };
    print(&engine, &attempt, &change, json).await?;
    Ok(Exit::Ok)
}

pub async fn print(
    engine: &Engine,
    attempt: &AttemptId,
    change: &Change,
    json: bool,
) -> Result<()> {
    let task = store::task::get(&engine.store, &attempt.task()).await?;
    let project = store::project::get(&engine.store, &task.project).await?;
    let mirror = Mirror::open(engine.home.path(), &project).await?;
    let diff = mirror.diff(&change.base, &change.head, DIFF_BYTES_MAX).await?;
    show(attempt, change, &diff, json);
    Ok(())
}

pub fn show(attempt: &AttemptId, change: &Change, diff: &Diff, json: bool) {
    if json {
        let text = String::from_utf8_lossy(&diff.bytes);
        ui::json(&json!({ "attempt": attempt, "change": change, "diff": text }));
    } else if ui::is_terminal() {
        ui::out(ui::paint_diff(&String::from_utf8_lossy(&diff.bytes)).trim_end());
    } else {
        // Piped, it is data that `git apply` must be able to read, byte for byte.
        ui::out_bytes(&diff.bytes);
    }
    if diff.cut {
        let mib = DIFF_BYTES_MAX / domain::limits::MIB;
        ui::err(&format!("whimbrel: the diff is longer than {mib} MiB and was cut"));
    }
}

/// Why there is none to show.
pub fn changed_nothing(attempt: &AttemptId) -> String {
    format!("attempt {attempt} has changed nothing (`whimbrel show {attempt}`)")
}
