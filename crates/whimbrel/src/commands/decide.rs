//! `whimbrel decide VERDICT`: carries out what a person decided. Started by the engine, not by people.

use anyhow::Result;

use crate::cli::DecideArgs;
use crate::exit::Exit;

pub async fn run(args: DecideArgs) -> Result<Exit> {
    let engine = super::open().await?;
    // Held until this process ends: so everybody can see whether it lives.
    let given = engine::inherited_lock()?;
    let taken = match given {
        Some(lock) => Some(lock),
        None => engine::verdict::lock(&engine, &args.verdict).await?,
    };
    let Some(lock) = taken else { return Ok(Exit::Ok) };
    let verdict = engine::verdict::carry_out(&engine, &args.verdict).await?;
    drop(lock);
    // A follow-up begins at once where there is room.
    engine::reconcile::task(&engine, &verdict.task).await?;
    Ok(Exit::Ok)
}
