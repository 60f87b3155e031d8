//! `whimbrel bench serve`: the server under load. A home with many events, event streams that are
//! open all the time, a writer, and requests that come when they come, however long the answers to
//! earlier ones take.
//!
//! The server is a process of its own, as everybody's is; this one fills its home, asks and listens.

mod client;
mod figures;
mod fill;
mod ground;
mod load;
mod pages;
mod server;
mod streams;
mod writer;

use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use self::figures::Figures;
use self::server::Server;
use super::{Folder, tell};
use crate::cli::BenchServeArgs;
use crate::exit::Exit;

/// Files and connections of this process beside its streams.
const FILES_BESIDE: u64 = 1_000;
/// For the last events to arrive.
const SETTLE_TIME: Duration = Duration::from_secs(10);
/// Before it is measured: what is read once is read then, as on a server that has run for a while.
const WARM_UP: Duration = Duration::from_secs(2);

pub async fn run(args: BenchServeArgs, json: bool) -> Result<Exit> {
    raise_files(u64::from(args.streams) * 2 + FILES_BESIDE)?;
    let folder = Folder::make(super::super::home()?.path())?;
    tell(&format!("fills a home with {} events", args.events));
    let home = fill::fill(&folder.path.join("home"), &args).await?;
    let server = Server::start(&home).await?;
    let measured = tokio::select! {
        measured = measure(&args, &home, &server) => measured,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
    };
    server.end().await;
    let figures = measured?;
    figures.print(json);
    Ok(if figures.is_whole() { Exit::Ok } else { Exit::Unhealthy })
}

async fn measure(args: &BenchServeArgs, home: &fill::Filled, server: &Server) -> Result<Figures> {
    let idle = server.weigh()?;
    let pages = pages::answering(&server.place, home).await?;
    let listening = streams::open(args, home, &server.place).await?;
    tell(&format!("{} streams are open; {} requests a second", args.streams, args.rate));
    load::run(&server.place, &pages, args.rate, WARM_UP).await?;
    let writing = writer::start(args, home, &listening.times);
    let before = server.worked()?;
    let loaded =
        load::run(&server.place, &pages, args.rate, Duration::from_secs(args.seconds.into()))
            .await?;
    let worked = server.worked()?.saturating_sub(before);
    let written = writing.stop().await?;
    let weight = server.weigh()?;
    let heard = listening.end(&written, SETTLE_TIME).await;
    Ok(Figures { rate: args.rate, loaded, written: written.events, heard, idle, weight, worked })
}

/// Each stream is a connection, here and there: the server inherits this limit.
fn raise_files(wanted: u64) -> Result<()> {
    let (soft, hard) =
        getrlimit(Resource::RLIMIT_NOFILE).context("can't read the limit of open files")?;
    if soft >= wanted {
        return Ok(());
    }
    setrlimit(Resource::RLIMIT_NOFILE, wanted.max(soft), hard.max(wanted))
        .or_else(|_| setrlimit(Resource::RLIMIT_NOFILE, wanted.min(hard), hard))?;
    anyhow::ensure!(
        hard >= wanted || getrlimit(Resource::RLIMIT_NOFILE)?.0 >= wanted,
        "{wanted} open files are needed and {hard} are allowed: `ulimit -Hn {wanted}` as root, or \
         LimitNOFILE={wanted} in a systemd unit, allows more; or take fewer --streams"
    );
    Ok(())
}
