//! `whimbrel replay ATTEMPT`

use anyhow::Result;

use crate::cli::ReplayArgs;
use crate::exit::Exit;

pub async fn run(_args: ReplayArgs, _json: bool) -> Result<Exit> {
    Ok(Exit::Ok)
}
