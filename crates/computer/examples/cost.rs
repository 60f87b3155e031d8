//! What a computer costs whoever drives it: forks, calls, memory, and work while nothing happens.
//!
//! `cargo run --release -p whimbrel-computer --example cost [HELPER]`

use std::collections::BTreeMap;
use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use computer::namespaces::{Namespaces, helper_main, is_helper_call};
use computer::{Backend, Computer, Exec, Layer, Search, Spec};

const RUNS: usize = 50;
const CALLS: usize = 1000;
const IDLE: Duration = Duration::from_secs(10);

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    if is_helper_call() {
        helper_main();
    }
    let helper = std::env::args_os().nth(1).map(PathBuf::from);
    let helper = helper.map_or_else(std::env::current_exe, Ok)?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(measure(helper))
}

async fn measure(helper: PathBuf) -> Result<()> {
    let home = tempfile::Builder::new().prefix("cost").tempdir_in("/var/tmp")?;
    let began = Instant::now();
    let backend = Namespaces::new(home.path(), helper)?;
    println!("backend made in {:.1?}; {}", began.elapsed(), backend.held_by().words());
    for (name, layer) in [("scratch", Layer::Scratch), ("durable", Layer::Durable)] {
        starts(&backend, name, layer).await?;
    }
    resumes(&backend).await?;
    let spec =
        Spec { layer: Layer::Durable, record: Some(home.path().join("record")), ..Spec::default() };
    let computer = backend.fork(&backend.bare(), &spec).await?;
    computer.run(Exec::shell("true")).await?;
    memory("one computer, after one call");
    calls("exec true", computer.as_ref(), || Exec::new(["true"])).await?;
    let kilobyte = || Exec::shell("printf %1000s x");
    calls("sh -c with 1 KB of output", computer.as_ref(), kilobyte).await?;
    searches(computer.as_ref()).await?;
    memory("the same, after 3000 calls");
    idle().await;
    computer.destroy().await?;
    Ok(())
}

async fn starts(backend: &Namespaces, name: &str, layer: Layer) -> Result<()> {
    let spec = Spec { layer, ..Spec::default() };
    let (mut forks, mut ends) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let began = Instant::now();
        let computer = backend.fork(&backend.bare(), &spec).await?;
        computer.run(Exec::new(["true"])).await?;
        forks.push(began.elapsed());
        computer.run(Exec::shell("echo x >x; cp /etc/passwd y")).await?;
        let began = Instant::now();
        computer.destroy().await?;
        ends.push(began.elapsed());
    }
    println!("{name}: fork + first command {}; destroy {}", spread(forks), spread(ends));
    Ok(())
}

async fn resumes(backend: &Namespaces) -> Result<()> {
    let spec = Spec { layer: Layer::Durable, ..Spec::default() };
    let mut computer = backend.fork(&backend.bare(), &spec).await?;
    let (mut suspends, mut resumes) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let name = computer.name().to_owned();
        let began = Instant::now();
        computer.suspend().await?;
        suspends.push(began.elapsed());
        let began = Instant::now();
        computer = backend.resume(&name, &backend.bare(), &spec).await?;
        computer.run(Exec::new(["true"])).await?;
        resumes.push(began.elapsed());
    }
    println!("suspend {}; resume + first command {}", spread(suspends), spread(resumes));
    Ok(computer.destroy().await?)
}

async fn calls(name: &str, computer: &dyn Computer, exec: impl Fn() -> Exec) -> Result<()> {
    let (began, before) = (Instant::now(), Cpu::now());
    for _ in 0..CALLS {
        computer.run(exec()).await?;
    }
    told(name, began, &before);
    Ok(())
}

async fn searches(computer: &dyn Computer) -> Result<()> {
    computer.run(Exec::shell("for i in $(seq 100); do echo needle >$i; done")).await?;
    let (began, before) = (Instant::now(), Cpu::now());
    for _ in 0..CALLS {
        let pattern = "needle".into();
        computer.search(Search { pattern, ..Search::default() }).await?;
    }
    told("a search of 100 files", began, &before);
    Ok(())
}

fn told(name: &str, began: Instant, before: &Cpu) {
    let calls = u32::try_from(CALLS).unwrap_or(u32::MAX);
    let (each, used) = (began.elapsed() / calls, Cpu::now().since(before));
    let per = |ns: u64| Duration::from_nanos(ns / u64::from(calls));
    println!(
        "{name}: {each:.0?} each; CPU each: driver {:.0?}, nursery {:.0?}, init {:.0?}, programs {:.0?}",
        per(used.driver),
        per(used.nursery),
        per(used.init),
        per(used.programs),
    );
}

async fn idle() {
    // Until what began has settled, and threads that nobody wants have ended.
    tokio::time::sleep(IDLE + IDLE / 2).await;
    let (before, woken) = (Cpu::now(), switches());
    tokio::time::sleep(IDLE).await;
    let used = Cpu::now().since(&before);
    let more = switches().into_iter().map(|(thread, count)| {
        count.saturating_sub(woken.get(&thread).copied().unwrap_or_default())
    });
    let woken = more.sum::<u64>() as f64 / IDLE.as_secs_f64();
    let all = Duration::from_nanos(used.driver + used.nursery + used.init);
    println!("nothing to do for {IDLE:?}: {woken:.1} wake-ups a second, {all:.0?} of CPU in all");
}

/// Nanoseconds; of programs what init has reaped, in hundredths of a second.
struct Cpu {
    driver: u64,
    nursery: u64,
    init: u64,
    programs: u64,
}

impl Cpu {
    fn now() -> Self {
        let [driver, nursery, init] = ours();
        let of = |pid: u32| {
            let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
            let text =
                tasks.filter_map(|task| fs::read_to_string(task.path().join("schedstat")).ok());
            text.filter_map(|text| text.split(' ').next()?.parse::<u64>().ok()).sum()
        };
        let stat = fs::read_to_string(format!("/proc/{init}/stat")).unwrap_or_default();
        let reaped = stat.rsplit(')').next().map_or(0, |rest| {
            let numbers = rest.split_whitespace().skip(13).take(2);
            numbers.filter_map(|number| number.parse::<u64>().ok()).sum()
        });
        let programs = reaped * 10_000_000;
        Self { driver: of(driver), nursery: of(nursery), init: of(init), programs }
    }

    fn since(&self, before: &Self) -> Self {
        Self {
            driver: self.driver.saturating_sub(before.driver),
            nursery: self.nursery.saturating_sub(before.nursery),
            init: self.init.saturating_sub(before.init),
            programs: self.programs.saturating_sub(before.programs),
        }
    }
}

/// This process, the nursery and the newest init.
fn ours() -> [u32; 3] {
    let own = std::process::id();
    let nursery = child_of(own).unwrap_or_default();
    [own, nursery, child_of(nursery).unwrap_or_default()]
}

fn child_of(parent: u32) -> Option<u32> {
    let all = fs::read_dir("/proc").ok()?.flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_child = |pid: &u32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        status.contains(&format!("\nPPid:\t{parent}\n")) && !status.contains("\nState:\tZ")
    };
    pids.filter(is_child).max()
}

/// Of each thread, by its process and number.
fn switches() -> BTreeMap<(u32, OsString), u64> {
    let of = |pid: u32| {
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        tasks.filter_map(move |task| {
            let text = fs::read_to_string(task.path().join("status")).ok()?;
            let line = text.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
            Some(((pid, task.file_name()), line?.trim().parse().ok()?))
        })
    };
    ours().into_iter().flat_map(of).collect()
}

fn memory(when: &str) {
    let kib = |pid: u32, name: &str| {
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
        let number = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        number.unwrap_or(0)
    };
    print!("{when}:");
    for (name, pid) in ["driver", "nursery", "init"].into_iter().zip(ours()) {
        let threads = fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count);
        let (pss, own) = (kib(pid, "Pss:"), kib(pid, "Private_Dirty:"));
        print!(" {name} {pss} KiB PSS ({own} dirty, {threads} threads)");
    }
    println!();
}

fn spread(mut all: Vec<Duration>) -> String {
    all.sort();
    format!("p50 {:.1?}, p95 {:.1?}", all[all.len() / 2], all[all.len() * 95 / 100])
}
