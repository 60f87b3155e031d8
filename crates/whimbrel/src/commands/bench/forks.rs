//! Many computers at once, of one large snapshot: time, and disk that each takes.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use computer::{Backend, Computer, Snapshot, Spec};

use super::report::{Report, Series};
use super::{Bench, tell};

const AT_ONCE: [usize; 3] = [1, 16, 64];
/// Of the runs of a start, since these take so much longer.
const RUNS_SHARE: usize = 5;

pub async fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let snapshot = bench.snapshot().await?;
    let runs = (bench.runs / RUNS_SHARE).max(1);
    tell(&format!("{AT_ONCE:?} forks of {} at once, {runs} runs of each", bench.tree_is()));
    let mut series = AT_ONCE.map(|many| {
        let computers = if many == 1 { "computer" } else { "computers" };
        let name = |what| Series::new(format!("{many} {computers} {what}, {}", bench.tree_is()));
        [name("forked"), name("destroyed")]
    });
    for _ in 0..runs {
        for (many, [forked, destroyed]) in AT_ONCE.into_iter().zip(&mut series) {
            one_run(bench, &snapshot, many, forked, destroyed).await?;
        }
    }
    report.add(series.into_iter().flatten());
    Ok(())
}

async fn one_run(
    bench: &Bench,
    snapshot: &Snapshot,
    many: usize,
    forked: &mut Series,
    destroyed: &mut Series,
) -> Result<()> {
    let started = Instant::now();
    let computers = fork(bench, snapshot, many).await?;
    forked.times.push(started.elapsed());
    let bytes = disk_bytes(&bench.path().join("computers"))?;
    forked.bytes_each = Some(bytes / many as u64);
    let started = Instant::now();
    let ends = computers.into_iter().map(|computer| tokio::spawn(computer.destroy()));
    for end in ends.collect::<Vec<_>>() {
        end.await??;
    }
    destroyed.times.push(started.elapsed());
    Ok(())
}

async fn fork(bench: &Bench, snapshot: &Snapshot, many: usize) -> Result<Vec<Box<dyn Computer>>> {
    let forks = (0..many).map(|_| {
        let (backend, snapshot) = (bench.backend.clone(), snapshot.clone());
        tokio::spawn(async move { backend.fork(&snapshot, &Spec::default()).await })
    });
    let mut computers = Vec::new();
    for fork in forks.collect::<Vec<_>>() {
        computers.push(fork.await??);
    }
    Ok(computers)
}

/// What the files and folders below `folder` take, as the file system counts it.
fn disk_bytes(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // Computers don't stand still while they are looked at.
        let Ok(found) = fs::symlink_metadata(&path) else { continue };
        bytes += found.blocks() * 512;
        if found.is_dir() {
            bytes += disk_bytes(&path).unwrap_or(0);
        }
    }
    Ok(bytes)
}
