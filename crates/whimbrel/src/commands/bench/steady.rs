//! Work on many files, outside, on an overlay of the kernel and nothing else, and in a computer.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use computer::{Backend, Computer, Exec, Spec};

use super::report::{Report, Series};
use super::{Bench, process, rivals, tell};

/// What is done, in which folder.
struct Work {
    name: &'static str,
    /// In the names of its series: outside, on an overlay, inside.
    series: [&'static str; 3],
    folder: &'static str,
    command: &'static str,
    needs: &'static str,
}

const WORKS: [Work; 3] = [
    Work {
        name: "git status",
        series: ["git status, outside", "git status, bare overlay", "git status, in a computer"],
        folder: "tree",
        command: "git status --porcelain",
        needs: "git",
    },
    Work {
        name: "grep -r",
        series: ["grep -r, outside", "grep -r, bare overlay", "grep -r, in a computer"],
        folder: "tree",
        command: "grep -r --exclude-dir=.git not-there- . || true",
        needs: "grep",
    },
    Work {
        name: "cargo build",
        series: ["cargo build, outside", "cargo build, bare overlay", "cargo build, in a computer"],
        folder: "crate",
        command: "rm -rf target; cargo build -q --offline",
        needs: "cargo",
    },
];
/// Of the runs of a start, since these take so much longer.
const RUNS_SHARE: usize = 5;

pub async fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let snapshot = bench.snapshot().await?;
    let places = Places::make(bench, report)?;
    let computer = bench.backend.fork(&snapshot, &Spec::default()).await?;
    let runs = (bench.runs / RUNS_SHARE).max(1);
    for work in &WORKS {
        if !process::is_installed(work.needs) {
            report.note(format!("{} isn't installed, so it was not measured", work.needs));
            continue;
        }
        tell(&format!("{} over {}, {runs} runs of each in turns", work.name, bench.tree_is()));
        match in_turns(&*computer, &places, work, runs).await {
            Ok(series) => report.add(series),
            Err(error) => report.note(format!("{} was not measured: {error:#}", work.name)),
        }
    }
    Ok(computer.destroy().await?)
}

/// The first run of each isn't counted: it fills the caches, and git's index.
async fn in_turns(
    computer: &dyn Computer,
    places: &Places,
    work: &Work,
    runs: usize,
) -> Result<[Series; 3]> {
    let [outside, overlay, inside] = work.series;
    let mut series = [
        Series::new(outside),
        Series::new(overlay).beside(outside),
        Series::new(inside).beside(if places.overlay { overlay } else { outside }),
    ];
    for run in 0..=runs {
        let script = timed(work);
        let times = [
            Some(places.outside(&script)?),
            places.overlay.then(|| places.on_overlay(&script)).transpose()?,
            Some(inside_of(computer, &script).await?),
        ];
        for (series, time) in series.iter_mut().zip(times) {
            series.times.extend(time.filter(|_| run > 0));
        }
    }
    Ok(series)
}

/// Says how many nanoseconds the work took. The same shell everywhere, so that only the work
/// differs.
fn timed(work: &Work) -> String {
    let Work { folder, command, .. } = work;
    format!(
        "cd {folder} && begun=$(date +%s%N) && {{ {command}; }} >/dev/null && \
         ended=$(date +%s%N) && echo $((ended - begun))"
    )
}

fn parse(said: &str) -> Result<Duration> {
    let last = said.lines().last().unwrap_or_default();
    let nanoseconds = last.trim().parse().with_context(|| format!("no time in {said:?}"))?;
    Ok(Duration::from_nanos(nanoseconds))
}

async fn inside_of(computer: &dyn Computer, script: &str) -> Result<Duration> {
    let ran = computer.run(Exec::new(["sh", "-c", script])).await?;
    if !ran.status.is_success() {
        bail!("it failed in the computer: {}: {}", ran.status.words(), ran.text());
    }
    parse(&ran.stdout.text())
}

/// The same files twice on the host's disk.
struct Places {
    plain: PathBuf,
    /// Has `upper`, `work` and `root`.
    layers: PathBuf,
    /// Whether an overlay can be mounted.
    overlay: bool,
}

impl Places {
    fn make(bench: &Bench, report: &mut Report) -> Result<Self> {
        tell(&format!("{} outside", bench.tree_is()));
        let plain = bench.path().join("plain");
        let layers = bench.path().join("overlay");
        std::fs::create_dir(&plain)?;
        for name in ["upper", "work", "root"] {
            std::fs::create_dir_all(layers.join(name))?;
        }
        process::output(&["sh", "-c", &bench.script()], &plain)?;
        let mut places = Self { plain, layers, overlay: true };
        if let Err(error) = places.mounted("true") {
            report.note(format!("no bare overlay beside: {error:#}"));
            places.overlay = false;
        }
        Ok(places)
    }

    fn outside(&self, script: &str) -> Result<Duration> {
        parse(&process::output(&["sh", "-c", script], &self.plain)?)
    }

    fn on_overlay(&self, script: &str) -> Result<Duration> {
        parse(&self.mounted(script)?)
    }

    /// In namespaces of its own, so that nothing has to be unmounted. Twice, and the second time
    /// counts: the computer beside it has been there for a while, too.
    fn mounted(&self, script: &str) -> Result<String> {
        let root = rivals::ids().0 == 0;
        let (unshare, mode) = if root { ("-m", "redirect_dir=on") } else { ("-Urm", "userxattr") };
        let lower = path_of(&self.plain);
        let script = format!(
            "mount -t overlay overlay -o lowerdir={lower},upperdir=upper,workdir=work,{mode} root \
             && cd root && ({script}) && {script}"
        );
        process::output(&["unshare", unshare, "sh", "-c", &script], &self.layers)
    }
}

/// Relative, since an option knows no quotes.
fn path_of(plain: &Path) -> String {
    let name = plain.file_name().unwrap_or_default();
    Path::new("..").join(name).display().to_string()
}
