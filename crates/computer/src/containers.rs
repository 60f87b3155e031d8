//! Computers that are containers: where namespaces are refused, on other systems, or by choice.
//! Over the command line of podman or docker, so that whatever the person has set up (a daemon
//! elsewhere, rootless, a virtual machine) is what is used. Slower than namespaces, without a
//! gateway, and with the limits that the engine can hold; see `make.rs` for what each container is
//! given. Knows nothing of what runs inside.

mod client;
mod computer;
mod disk;
mod execution;
mod export;
mod facts;
mod lease;
mod load;
mod make;
mod refusal;
mod script;
mod seccomp;
mod shop;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::SystemClock;

use self::client::Client;
use self::computer::{Contained, image_of, snapshot_of};
use self::lease::Lease;
use self::make::{Order, OwnLimits};
use self::shop::{ANSWER_TIME, Hold, Shop, image_query, plain_id};
use crate::record::Journal;
use crate::snapshot::Base;
use crate::{Backend, Computer, Durable, Error, Image, Isolation, Snapshot, SnapshotId, Spec};

pub use self::client::Engine;
pub use self::facts::{Cgroups, Facts};

/// The image of computers for which nobody names one: a container can't show the machine's own
/// tools. This one has a shell, git, a C compiler and Python.
pub const DEFAULT_IMAGE: &str = "docker.io/library/buildpack-deps:bookworm";

/// For whoever drove a durable container to let go of it.
const RESUME_MAX: Duration = Duration::from_secs(5);

/// Makes computers of containers.
#[derive(Debug, Clone)]
pub struct Containers {
    shop: Arc<Shop>,
}

impl Containers {
    /// `home` is a folder of ours; `program` the engine's command line; `image` what a computer is
    /// made from where nobody says otherwise. Removes what killed processes left.
    pub fn new(
        engine: Engine,
        program: PathBuf,
        home: &Path,
        image: String,
    ) -> Result<Self, Error> {
        let shop = Shop::open(home, Client { engine, program }, image)?;
        shop.sweep().map_err(|failed| shop.refused("look for leftovers", failed))?;
        Ok(Self { shop: Arc::new(shop) })
    }

    pub fn engine(&self) -> Engine {
        self.shop.engine()
    }

    /// What the engine says about itself, and so what holds each limit.
    pub async fn facts(&self) -> Result<&Facts, Error> {
        self.shop.facts().await
    }

    /// What computers are made from where nobody says otherwise.
    pub fn image_name(&self) -> &str {
        &self.shop.image
    }

    /// Whether computers can be made at once, without a pull.
    pub async fn has_image(&self) -> bool {
        self.shop.image_id(&self.shop.image).await.is_ok()
    }

    async fn start(
        &self,
        hold: Hold,
        arguments: &[String],
        spec: &Spec,
    ) -> Result<Box<dyn Computer>, Error> {
        let facts = self.shop.facts().await?;
        let journal = journal(spec)?;
        match Lease::take(&self.shop.client, arguments).await {
            Ok(lease) => {
                let shop = Arc::clone(&self.shop);
                Ok(Box::new(Contained::new(shop, facts, hold, lease, spec, journal)))
            }
            Err(failed) => {
                self.shop.remove_later(hold);
                Err(self.shop.refused("start a container", failed))
            }
        }
    }
}

fn journal(spec: &Spec) -> Result<Option<Journal>, Error> {
    let open = |folder: &PathBuf| Journal::open(folder, &spec.forbidden, Arc::new(SystemClock));
    let journal = spec.record.as_ref().map(open).transpose();
    journal.map_err(|source| Error::Fork { step: "open its record".into(), source })
}

#[async_trait]
impl Backend for Containers {
    fn isolation(&self) -> Isolation {
        Isolation::Container
    }

    fn bare(&self) -> Snapshot {
        Snapshot { base: Base::Host, layers: Vec::new() }
    }

    fn find(&self, id: &SnapshotId) -> Option<Snapshot> {
        let tag = self.shop.tag(id);
        let said = self.shop.client.ask_blocking(&image_query(&tag), ANSWER_TIME).ok()?;
        Some(snapshot_of(&plain_id(&said)))
    }

    async fn image(&self, image: &Image) -> Result<Snapshot, Error> {
        let failed = |failed: client::Failed| Error::Unpack {
            digest: image.digest.clone(),
            source: failed.into_io(),
        };
        let tag = self.shop.image_tag(&image.digest);
        if let Ok(id) = self.shop.image_id(&tag).await {
            return Ok(snapshot_of(&id));
        }
        load::load(&self.shop.client, image, &tag).await.map_err(failed)?;
        Ok(snapshot_of(&self.shop.image_id(&tag).await.map_err(failed)?))
    }

    async fn fork(&self, snapshot: &Snapshot, spec: &Spec) -> Result<Box<dyn Computer>, Error> {
        let facts = self.shop.facts().await?;
        make::check(self.engine(), facts, spec)?;
        let image = match image_of(snapshot)? {
            Some(image) => image,
            None => self.shop.bare().await?,
        };
        let unnamed = |source| Error::Fork { step: "name it".into(), source };
        let hold = match &spec.name {
            Some(name) => self.shop.hold_named(name).await?,
            None => self.shop.hold_new().map_err(unnamed)?,
        };
        let order = Order {
            engine: self.engine(),
            facts,
            own: OwnLimits::current(),
            name: &hold.name,
            home: &self.shop.id,
            image,
            spec,
            seccomp: self.shop.seccomp().await?,
        };
        let arguments = make::arguments(&order);
        self.start(hold, &arguments, spec).await
    }

    async fn resume(
        &self,
        name: &str,
        snapshot: &Snapshot,
        spec: &Spec,
    ) -> Result<Box<dyn Computer>, Error> {
        make::check(self.engine(), self.shop.facts().await?, spec)?;
        let missing = || Error::NotResumable { name: name.to_owned() };
        if !crate::is_name(name) {
            return Err(missing());
        }
        let container = self.shop.container(name);
        let hold = self.shop.held(name, &container, RESUME_MAX).await?;
        let Some(labels) = self.shop.labels(&container).await else {
            hold.forget();
            return Err(missing());
        };
        let base = match image_of(snapshot)? {
            Some(image) => image,
            None => self.shop.bare().await?,
        };
        labels.fits(self.engine(), name, base, spec)?;
        let arguments = ["start", "--attach", "--interactive", &container];
        self.start(hold, &arguments.map(str::to_owned), spec).await
    }

    async fn exists(&self, name: &str) -> bool {
        let labels = self.shop.labels(&self.shop.container(name)).await;
        crate::is_name(name) && labels.is_some_and(|labels| labels.is_durable())
    }

    async fn discard(&self, name: &str) -> Result<bool, Error> {
        if !self.exists(name).await {
            return Ok(false);
        }
        let container = self.shop.container(name);
        let hold = self.shop.held(name, &container, Duration::ZERO).await?;
        self.shop.remove(hold).await.map(|()| true)
    }

    async fn durables(&self) -> Result<Vec<Durable>, Error> {
        let listed = self.shop.durables().await;
        listed.map_err(|failed| Error::Listed { source: failed.into_io() })
    }
}
