//! `whimbrel examine TASK`: the cross-examination of a task's attempts. Started by the engine, not by
//! people.

use anyhow::Result;

use crate::cli::ExamineArgs;
use crate::exit::Exit;

pub async fn run(args: ExamineArgs) -> Result<Exit> {
    let engine = super::open().await?;
    // Held until this process ends: so everybody can see whether it lives.
    let given = engine::inherited_lock()?;
    let taken =
        given.map_or_else(|| engine.fleet.reserve_examination(&args.task), |lock| Ok(Some(lock)));
    let Some(lock) = taken? else { return Ok(Exit::Ok) };
    let examined = engine::examine::run(&engine, &args.task).await;
    // Free before the task is moved on, or it would wait for this process.
    drop(lock);
    examined?;
    engine::reconcile::task(&engine, &args.task).await?;
    Ok(Exit::Ok)
}
