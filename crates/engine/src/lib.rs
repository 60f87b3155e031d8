//! Moves every task toward its intended state.
//!
//! [`reconcile`] reads the store and acts: it starts what is queued, restarts what lost its
//! runner, and offers the best change when all attempts have ended. It takes no input, may run in
//! any number of processes at once, and does nothing twice. [`runner`] is one attempt's life, in a
//! process of its own. Knows nothing of HTTP, HTML or the command line.

pub mod access;
pub mod address;
mod admit;
pub mod audit;
pub mod budget;
pub mod cancel;
pub mod card;
mod change;
pub mod comment;
mod config;
pub mod delegate;
mod enough;
mod error;
pub mod evidence;
pub mod examine;
pub mod explain;
pub mod film;
mod fleet;
pub mod gc;
mod group;
mod home;
mod judge;
mod kept;
pub mod numbers;
mod offer;
mod other;
pub mod place;
pub mod prepare;
pub mod project;
pub mod pull_request;
pub mod reconcile;
pub mod replay;
pub mod runner;
pub mod secret;
pub mod serve;
pub mod spec;
pub mod steer;
pub mod verdict;

use std::path::PathBuf;
use std::sync::Arc;

use computer::{Chosen, Site};
use domain::{Clock, Way};
use store::Store;

pub use config::Config;
pub use error::Error;
pub use fleet::{LocalFleet, inherited_lock};
pub use group::{enter as enter_own_group, leave as leave_own_group};
pub use home::Home;
pub use llm::words;
pub use offer::{rank, ranked};

/// Everything that moving a task needs. Clones share it.
#[derive(Clone)]
pub struct Engine {
    pub home: Home,
    pub config: Arc<Config>,
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub fleet: LocalFleet,
    /// In whose name things are asked for and said here.
    pub person: String,
    /// By which way that person came, for the audit log.
    pub way: Way,
    late: Arc<reconcile::Late>,
    /// The program that starts computers and attempts: whimbrel itself.
    program: PathBuf,
}

impl Engine {
    /// Opens the home, making it where there is none. `program` is whimbrel's own executable.
    pub async fn open(
        home: Home,
        program: PathBuf,
        clock: Arc<dyn Clock>,
        person: String,
    ) -> Result<Self, Error> {
        home.create()?;
        let config = Arc::new(Config::read(&home)?);
        let store = Store::open(home.path()).await?;
        let fleet = LocalFleet::new(home.clone(), program.clone());
        let late = Arc::default();
        let way = Way::Cli;
        Ok(Self { home, config, store, clock, fleet, person, way, late, program })
    }

    /// The same, in another person's name.
    pub fn acting_for(&self, person: &str) -> Self {
        Self { person: person.to_owned(), ..self.clone() }
    }

    /// The same, for somebody who came by that way.
    pub fn through(&self, way: Way) -> Self {
        Self { way, ..self.clone() }
    }

    /// Where computers come from. Also removes what killed processes left behind.
    pub async fn backend(&self) -> Result<Chosen, Error> {
        Ok(computer::choose(self.config.backend()?, &self.site()).await?)
    }

    /// What somebody should know of the disk, where so little of it is free that nothing goes on.
    pub fn lacks_space(&self) -> Option<String> {
        let room = stdx::machine::room(self.home.path());
        let floor = self.config.machine.floor_of(&room);
        (room.disk_free_bytes < floor).then(|| {
            let (home, mib) = (self.home.path().display(), domain::limits::MIB);
            format!(
                "the disk of {home} has no space left but {} MiB; attempts wait until {} MiB are \
                 free, and lose nothing",
                room.disk_free_bytes / mib,
                floor.div_ceil(mib)
            )
        })
    }

    /// Where they are made.
    pub fn site(&self) -> Site {
        let image = self.config.computer.image.clone();
        Site { home: self.home.path().to_owned(), helper: self.program.clone(), image }
    }
}
