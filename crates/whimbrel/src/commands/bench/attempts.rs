//! `whimbrel bench attempts N`: N attempts at once, from the sentence to the pull request, against a
//! model that is a script and takes a while for each turn.
//!
//! Everything is what a user's attempts get: real runners, a real engine, real computers, proof and
//! pull requests. Only the model is made up, and serves from this process, whose own time is no
//! part of any figure.

mod cpu;
mod fates;
mod figures;
mod ground;
mod memory;
mod processes;
mod script;
mod watch;

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use self::cpu::Sampler;
use self::fates::Fates;
use self::figures::Figures;
use self::ground::Ground;
use self::watch::Watch;
use super::tell;
use crate::cli::BenchAttemptsArgs;
use crate::exit::Exit;

pub async fn run(args: BenchAttemptsArgs, json: bool) -> Result<Exit> {
    let mut ground = Ground::make(&args).await?;
    let measured = tokio::select! {
        measured = measure(&args, &mut ground) => measured,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
    };
    ground.end().await;
    let figures = measured?;
    figures.print(json);
    Ok(if figures.lost == 0 { Exit::Ok } else { Exit::Unhealthy })
}

async fn measure(args: &BenchAttemptsArgs, ground: &mut Ground) -> Result<Figures> {
    tell(&format!("{} attempts of {} turns", args.attempts, args.turns));
    let sampler = Sampler::start()?;
    let (began, began_at) = (Instant::now(), ground.now());
    ground.delegate(args.attempts).await?;
    let mut watch = Watch::new(args, ground);
    watch.until_the_end(ground).await?;
    let wall = began.elapsed();
    let usage = sampler.stop()?;
    if usage.is_empty() {
        bail!("no process of whimbrel's was seen in /proc, so there is nothing to measure");
    }
    let fates = Fates::read(ground, args.turns).await?;
    Ok(Figures::of(args, wall, began_at, &fates, &usage, watch.memory()))
}

/// For what whimbrel has just been asked to do.
const POLL: Duration = Duration::from_millis(250);
