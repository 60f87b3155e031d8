//! How a computer's processes come into its control groups: init by itself, each program as it is
//! forked. What that takes is opened while the host's files can still be seen.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::cgroup::Entrance;
use super::plan::Plan;
use super::step::{Step, Steps};

/// Init goes into the groups that it wasn't born into.
pub fn enter(plan: &Plan) -> Result<(), Step> {
    for entrance in &plan.entrances {
        match entrance {
            Entrance::Tasks(file) => fs::write(file, "0").step("enter its control group")?,
            Entrance::Birth(_entered_before) => {}
        }
    }
    Ok(())
}

/// Of a computer's programs, without init.
#[derive(Debug, Default)]
pub struct Programs {
    tasks: Option<File>,
    birth: Option<OwnedFd>,
    /// What makes them go on that stand still.
    thaw: Option<(File, String)>,
}

impl Programs {
    pub fn open(plan: &Plan) -> Result<Self, Step> {
        let write = |path| OpenOptions::new().write(true).open(path);
        let opened = || -> io::Result<Self> {
            let thaw = plan.thaw.as_ref().map(|(path, text)| Ok((write(path)?, text.clone())));
            let thaw = thaw.transpose().map_err(|error: io::Error| error)?;
            Ok(match &plan.programs {
                None => Self { tasks: None, birth: None, thaw },
                Some(Entrance::Tasks(path)) => {
                    Self { tasks: Some(write(path)?), birth: None, thaw }
                }
                Some(Entrance::Birth(path)) => {
                    Self { tasks: None, birth: Some(File::open(path)?.into()), thaw }
                }
            })
        };
        opened().step("open its programs' control group")
    }

    /// The group that a program is to be born into.
    pub fn birth(&self) -> Option<BorrowedFd<'_>> {
        self.birth.as_ref().map(AsFd::as_fd)
    }

    /// Called by a program's own process, before it has lost its power.
    pub fn enter(&self) -> io::Result<()> {
        self.tasks.as_ref().map_or(Ok(()), |mut tasks| tasks.write_all(b"0"))
    }

    /// So that all can die: the supervisor may have died while they stood still.
    pub fn thaw(&self) {
        if let Some((file, text)) = &self.thaw {
            let mut file = file;
            let _nothing_stands_still = file.write_all(text.as_bytes());
        }
    }
}
