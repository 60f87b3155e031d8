//! From nothing to the end of the first command, the next ones, and the end.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use computer::{Backend, Computer, Exec, Spec, Tty};

use super::report::{Report, Series};
use super::{Bench, process, rivals, tell};

/// Before anything is counted.
const WARM_UP: usize = 2;

pub async fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let mut rivals = rivals::find(bench.path(), report)?;
    tell(&format!("starts, {} runs of each in turns", bench.runs));
    let mut plain = Series::new("fork + exec");
    let cold = bench.cold()?;
    let mut ours = Ours::new("computer");
    let mut bare = Ours::new("computer, nothing made ahead");
    for run in 0..WARM_UP + bench.runs {
        if run == WARM_UP {
            plain.times.clear();
            ours.clear();
            bare.clear();
            rivals.iter_mut().for_each(|rival| rival.series.times.clear());
        }
        plain.times.push(process::time(&["true"])?);
        ours.run(&bench.backend).await?;
        if let Some(cold) = &cold {
            bare.run(cold).await?;
        }
        for rival in &mut rivals {
            rival.run()?;
        }
    }
    report.add([plain]);
    report.add(ours.0);
    report.add(bare.0);
    report
        .add(rivals.iter_mut().map(|rival| std::mem::replace(&mut rival.series, Series::new(""))));
    Ok(())
}

/// One computer's life.
struct Ours([Series; 4]);

impl Ours {
    fn new(name: &str) -> Self {
        Self([
            Series::new(format!("{name}: fork + first command")).beside("bubblewrap"),
            Series::new(format!("{name}: next command")),
            Series::new(format!("{name}: next command, in a terminal")),
            Series::new(format!("{name}: destroy")),
        ])
    }

    fn clear(&mut self) {
        self.0.iter_mut().for_each(|series| series.times.clear());
    }

    async fn run(&mut self, backend: &impl Backend) -> Result<()> {
        for (series, time) in self.0.iter_mut().zip(one_computer(backend).await?) {
            series.times.push(time);
        }
        Ok(())
    }
}

async fn one_computer(backend: &impl Backend) -> Result<[Duration; 4]> {
    let started = Instant::now();
    let computer = backend.fork(&backend.bare(), &Spec::default()).await?;
    run_true(&*computer, None).await?;
    let forked = started.elapsed();
    let next = timed(run_true(&*computer, None)).await?;
    let terminal = timed(run_true(&*computer, Some(Tty::default()))).await?;
    let ended = timed(async { Ok(computer.destroy().await?) }).await?;
    Ok([forked, next, terminal, ended])
}

async fn timed(work: impl Future<Output = Result<()>>) -> Result<Duration> {
    let started = Instant::now();
    work.await?;
    Ok(started.elapsed())
}

async fn run_true(computer: &dyn Computer, tty: Option<Tty>) -> Result<()> {
    let ran = computer.run(Exec { tty, ..Exec::new(["true"]) }).await?;
    if !ran.status.is_success() {
        bail!("`true` failed in the computer: {}", ran.status.words());
    }
    Ok(())
}
