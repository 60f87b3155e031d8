//! `whimbrel bench attempts N`

use anyhow::Result;

use crate::cli::BenchAttemptsArgs;
use crate::exit::Exit;

pub async fn run(_args: BenchAttemptsArgs, _json: bool) -> Result<Exit> {
    Ok(Exit::Ok)
}
