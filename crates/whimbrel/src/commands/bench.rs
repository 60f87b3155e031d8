//! `whimbrel bench computer`: from fork to the end of the first command.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use computer::{Backend, Computer, Exec, Spec};
use serde_json::json;

use crate::cli::{BenchCommand, BenchComputerArgs};
use crate::exit::Exit;
use crate::ui;

pub async fn run(command: BenchCommand, json: bool) -> Result<Exit> {
    match command {
        BenchCommand::Computer(args) => computer(args, json).await,
    }
}

/// The times of one way to run `true`.
struct Series {
    name: &'static str,
    times: Vec<Duration>,
}

/// All ways alternate, so that whatever else the machine does hits each of them alike.
async fn computer(args: BenchComputerArgs, json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let backend = engine.backend()?;
    let bubblewrap = is_installed("bwrap");
    let mut plain = Series { name: "fork + exec", times: vec![] };
    let mut first = Series { name: "computer: fork + first command", times: vec![] };
    let mut next = Series { name: "computer: next command", times: vec![] };
    let mut end = Series { name: "computer: destroy", times: vec![] };
    let mut bwrap = Series { name: "bubblewrap", times: vec![] };
    for _ in 0..args.runs {
        plain.times.push(spawn(&["true"])?);
        let [forked, ran, destroyed] = one_computer(&backend).await?;
        first.times.push(forked);
        next.times.push(ran);
        end.times.push(destroyed);
        if bubblewrap {
            bwrap.times.push(spawn(BUBBLEWRAP)?);
        }
    }
    print(&[plain, first, next, end, bwrap], json);
    if !bubblewrap {
        ui::err("bubblewrap isn't installed, so it was not measured");
    }
    Ok(Exit::Ok)
}

/// The nearest that bubblewrap does: the same namespaces and binds, no overlay, no limits.
const BUBBLEWRAP: &[&str] = &[
    "bwrap",
    "--unshare-all",
    "--die-with-parent",
    "--ro-bind",
    "/usr",
    "/usr",
    "--symlink",
    "usr/bin",
    "/bin",
    "--symlink",
    "usr/lib",
    "/lib",
    "--symlink",
    "usr/lib64",
    "/lib64",
    "--proc",
    "/proc",
    "--dev",
    "/dev",
    "--tmpfs",
    "/tmp",
    "true",
];

#[expect(clippy::disallowed_methods, reason = "what is measured here is the start of a process")]
fn spawn(argv: &[&str]) -> Result<Duration> {
    let started = Instant::now();
    let status = Command::new(argv[0]).args(&argv[1..]).stdin(Stdio::null()).status()?;
    let took = started.elapsed();
    if !status.success() {
        bail!("`{}` failed: {status}", argv.join(" "));
    }
    Ok(took)
}

async fn one_computer(backend: &impl Backend) -> Result<[Duration; 3]> {
    let spec = Spec::default();
    let started = Instant::now();
    let computer = backend.fork(&backend.bare(), &spec).await?;
    run_true(&*computer).await?;
    let forked = started.elapsed();
    let started = Instant::now();
    run_true(&*computer).await?;
    let ran = started.elapsed();
    let started = Instant::now();
    computer.destroy().await?;
    Ok([forked, ran, started.elapsed()])
}

async fn run_true(computer: &dyn Computer) -> Result<()> {
    let ran = computer.run(Exec::new(["true"])).await?;
    if !ran.status.is_success() {
        bail!("`true` failed in the computer: {:?}", ran.status);
    }
    Ok(())
}

fn is_installed(program: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| Path::new(&folder).join(program).is_file())
}

fn print(all: &[Series], json: bool) {
    let measured = all.iter().filter(|series| !series.times.is_empty());
    if json {
        for series in measured {
            let (p50, p90) = (ms(quantile(&series.times, 50)), ms(quantile(&series.times, 90)));
            let runs = series.times.len();
            let name = series.name;
            ui::out(
                &json!({ "what": name, "runs": runs, "p50_ms": p50, "p90_ms": p90 }).to_string(),
            );
        }
        return;
    }
    let rows: Vec<Vec<String>> = measured
        .map(|series| {
            let cell = |percent| format!("{:.1}", ms(quantile(&series.times, percent)));
            vec![series.name.into(), series.times.len().to_string(), cell(50), cell(90)]
        })
        .collect();
    ui::out(&ui::table(&["WHAT", "RUNS", "P50 ms", "P90 ms"], &rows));
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The nearest-rank quantile.
fn quantile(times: &[Duration], percent: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted[rank - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_sorted_times() {
        let times: Vec<Duration> = (1..=10).rev().map(Duration::from_millis).collect();
        assert_eq!(quantile(&times, 50), Duration::from_millis(5));
        assert_eq!(quantile(&times, 90), Duration::from_millis(9));
        assert_eq!(quantile(&times[..1], 50), Duration::from_millis(10));
    }
}
