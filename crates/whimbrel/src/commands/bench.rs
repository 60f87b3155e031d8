//! `whimbrel bench`. Here `bench computer`: how fast computers are on this machine, beside what else is here.
//!
//! All in one sitting, and in turns, so that whatever else the machine does hits each alike.

mod attempts;
mod diff;
mod evidence;
mod film;
mod forks;
mod mechanic;
mod process;
mod report;
mod rivals;
mod serve;
mod start;
mod steady;
mod tree;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use computer::namespaces::{DiskBy, Namespaces};

use self::report::Report;
use crate::cli::{BenchCommand, BenchComputerArgs, BenchPart};
use crate::exit::Exit;
use crate::ui;

pub async fn run(command: BenchCommand, json: bool) -> Result<Exit> {
    match command {
        BenchCommand::Computer(args) => computer(args, json).await,
        BenchCommand::Diff(args) => diff::run(&args, json),
        BenchCommand::Evidence(args) => evidence::run(args, json).await,
        BenchCommand::Film(args) => film::run(&args, json),
        BenchCommand::Attempts(args) => attempts::run(args, json).await,
        BenchCommand::Mechanic(args) => mechanic::run(args, json).await,
        BenchCommand::Serve(args) => serve::run(args, json).await,
    }
}

async fn computer(args: BenchComputerArgs, json: bool) -> Result<Exit> {
    let bench = Bench::begin(&args)?;
    let mut report = Report::default();
    for part in [BenchPart::Start, BenchPart::Forks, BenchPart::Steady] {
        if !args.only.is_empty() && !args.only.contains(&part) {
            continue;
        }
        match part {
            BenchPart::Start => start::measure(&bench, &mut report).await?,
            BenchPart::Forks => forks::measure(&bench, &mut report).await?,
            BenchPart::Steady => steady::measure(&bench, &mut report).await?,
        }
    }
    report.print(json);
    Ok(Exit::Ok)
}

/// Where it is measured, and how often.
struct Bench {
    /// It ends before its folder goes, since its last threads may still work there.
    backend: Namespaces,
    folder: Folder,
    runs: usize,
    quick: bool,
}

impl Bench {
    fn begin(args: &BenchComputerArgs) -> Result<Self> {
        Self::of(args.runs as usize, args.quick)
    }

    /// Only the place, for a bench that has settings of its own.
    fn of_evidence() -> Result<Self> {
        Self::of(1, false)
    }

    fn of(runs: usize, quick: bool) -> Result<Self> {
        let folder = Folder::make(super::home()?.path())?;
        let backend = Namespaces::new(&folder.path, super::program()?)?;
        Ok(Self { folder, backend, runs, quick })
    }

    /// A backend that makes nothing before it is wanted, where the usual one does.
    fn cold(&self) -> Result<Option<Namespaces>> {
        match self.backend.disk_by() {
            DiskBy::Watch => Ok(None),
            DiskBy::Image => {
                let home = self.path().join("cold");
                std::fs::create_dir(&home)?;
                Ok(Some(Namespaces::new(&home, super::program()?)?.cold()))
            }
        }
    }

    fn path(&self) -> &Path {
        &self.folder.path
    }
}

/// A folder of its own on the disk that computers really are on; it goes with the bench.
struct Folder {
    path: PathBuf,
    _lock: stdx::lock::FileLock,
}

impl Folder {
    fn make(home: &Path) -> Result<Self> {
        std::fs::create_dir_all(home).with_context(|| format!("can't make {}", home.display()))?;
        let lock = stdx::lock::FileLock::wait(&home.join("bench.lock"))?;
        let path = home.join("bench");
        // What a bench left that was killed.
        remove(&path)?;
        std::fs::create_dir(&path).with_context(|| format!("can't make {}", path.display()))?;
        Ok(Self { path: path.canonicalize()?, _lock: lock })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.path) {
            ui::err(&format!("{} stays: {error}", self.path.display()));
        }
    }
}

fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// What is being done, for who waits.
fn tell(what: &str) {
    ui::err(&format!("bench: {what}"));
}
