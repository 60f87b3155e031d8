//! Images: what a registry, an OCI folder or an archive holds, fetched once and checked.
//!
//! A [`Store`] is a folder of blobs, each named by its digest and whole. [`Store::pull`] makes sure
//! that all blobs of an image are in it, and says which they are. It knows registries and their
//! formats; what a layer's archive contains it never looks at, and of computers it knows nothing.
//! Whoever made an image is not trusted: everything has a limit, and no name in it becomes a path.

mod archive;
mod blobs;
mod credentials;
mod digest;
mod error;
mod layout;
mod manifest;
mod pull;
mod reference;
mod registry;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use credentials::{Credential, Credentials};
pub use digest::Digest;
pub use error::Error;
pub use manifest::Platform;
pub use reference::{Malformed, Reference, Source};

/// What a manifest, an index or a configuration may have.
pub(crate) const DOCUMENT_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// One layer's blob.
pub(crate) const LAYER_BYTES_MAX: u64 = 16 * 1024 * 1024 * 1024;
/// All layers' blobs of an image.
pub(crate) const IMAGE_BYTES_MAX: u64 = 64 * 1024 * 1024 * 1024;
/// Docker's own limit.
pub(crate) const LAYERS_MAX: usize = 127;

/// An image whose blobs are all in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// Of the manifest for the platform, not of a list of several.
    pub digest: Digest,
    /// Lowest first.
    pub layers: Vec<Layer>,
    pub config: Config,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// In the store; not to be changed.
    pub path: PathBuf,
    /// Of the blob as it is.
    pub digest: Digest,
    /// Of the archive uncompressed, as the image says. Whoever unpacks it finds out.
    pub diff_id: Digest,
    pub bytes: u64,
    pub compression: Compression,
}

/// As the blob's first bytes tell, whatever its media type says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    None,
    Gzip,
    Zstd,
}

/// Of an image's configuration, what matters to a machine rather than to a single program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// `NAME=value`.
    pub env: Vec<String>,
    pub user: String,
    pub working_dir: String,
    pub platform: Platform,
}

/// How to pull.
#[derive(Clone, Default)]
pub struct Options {
    pub platform: Platform,
    pub credentials: Credentials,
    /// `host` or `host:port` of registries that are spoken to without TLS. Those on this machine
    /// needn't be listed.
    pub insecure: Vec<String>,
    /// Hears how it goes, from several threads.
    pub progress: Option<Arc<dyn Fn(Progress) + Send + Sync>>,
}

impl Options {
    pub(crate) fn tell(&self, progress: Progress) {
        if let Some(hear) = &self.progress {
            hear(progress);
        }
    }
}

/// How a pull goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It is known what there is to have.
    Resolved { digest: Digest, layers: usize, bytes: u64 },
    /// Of one layer `done` bytes are here; the last time all of them.
    Layer { digest: Digest, done: u64, bytes: u64 },
    /// A download was cut off, and goes on where it was after a pause.
    Retried { digest: Digest, reason: String },
}

/// A folder of blobs.
#[derive(Debug, Clone)]
pub struct Store {
    blobs: blobs::Blobs,
}

impl Store {
    /// Makes the folder where it isn't there yet.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        Ok(Self { blobs: blobs::Blobs::open(folder)? })
    }

    /// Brings what `source` names into the store, unless it is there.
    pub async fn pull(&self, source: &Source, options: &Options) -> Result<Pulled, Error> {
        pull::pull(&self.blobs, source, options).await
    }

    /// What an earlier pull brought, without asking anybody: the manifest `digest`, or the one for
    /// `platform` in the list of that digest. `None` where something is missing.
    pub async fn find(&self, digest: &Digest, platform: &Platform) -> Option<Pulled> {
        pull::find(&self.blobs, digest, platform).await
    }

    /// The digest that `source`'s name stood for when it was last pulled.
    pub fn last_seen(&self, source: &Source) -> Option<Digest> {
        self.blobs.last_seen(&source.to_string())
    }
}
