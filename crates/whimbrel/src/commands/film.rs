//! `whimbrel film ATTEMPT|TASK`

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;

use crate::cli::FilmArgs;
use crate::exit::Exit;
use crate::{find, ui};

pub async fn run(args: FilmArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let attempt = find::attempt(&engine, find::without_branch(&args.id)).await?;
    let film = args.output.unwrap_or_else(|| PathBuf::from(format!("whimbrel-{attempt}.mp4")));
    if !json {
        ui::err(&format!("whimbrel: making the film of attempt {attempt}"));
    }
    let made = engine::film::ensure(&engine, &attempt).await?;
    copy(&made.mp4, &film)?;
    for (from, to) in [(&made.vtt, &args.vtt), (&made.jpg, &args.poster)] {
        to.as_ref().map_or(Ok(()), |to| copy(from, to))?;
    }
    let bytes = fs::metadata(&film).map_or(0, |found| found.len());
    if json {
        ui::json(&json!({
            "attempt": attempt,
            "film": film,
            "captions": args.vtt,
            "poster": args.poster,
            "bytes": bytes,
            "digest": made.digest,
        }));
    } else {
        let film = ui::safe(&film.display().to_string());
        ui::out(&format!("{film}  {}", ui::size(bytes)));
    }
    Ok(Exit::Ok)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let bytes = fs::read(from).with_context(|| format!("can't read {}", from.display()))?;
    fs::write(to, bytes).with_context(|| {
        format!("can't write {}; name another file with -o, --vtt or --poster", to.display())
    })
}
