//! `whimbrel attempt ID`: one attempt's life. Started by the fleet, not by people.

use anyhow::Result;

use crate::cli::AttemptArgs;
use crate::exit::Exit;

pub async fn run(args: AttemptArgs) -> Result<Exit> {
    let engine = super::open().await?;
    // Held until this process ends: so everybody can see whether it lives.
    let _lock = engine::inherited_lock()?;
    engine::enter_own_group(&args.id);
    let lived = engine::runner::run(&engine, &args.id, args.lease).await;
    engine::leave_own_group(&args.id);
    lived?;
    Ok(Exit::Ok)
}
