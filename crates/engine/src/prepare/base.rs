//! What lies below everything: the host's tools, or an image that is pulled once. As with docker,
//! what a tag stood for when it was pulled is used until somebody asks for a new one.

use std::sync::{Arc, Mutex, PoisonError};

use computer::{Backend, Compression, ImageLayer, Snapshot};
use domain::limits::MIB;
use environment::Image;
use image::{Credentials, Options, Platform, Pulled, Source, Store};

use super::Tell;
use super::step::{Name, Progress};
use crate::{Engine, Error};

/// What tells one base from another: `host`, or the digest of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity(String);

impl Identity {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `sha256:` and enough to tell one from another.
const DIGEST_CHARS: usize = 19;

/// A base that is there.
pub struct Base {
    pub identity: Identity,
    pub snapshot: Snapshot,
    pub why: String,
    /// Whether it was brought here just now.
    pub pulled: bool,
}

/// How to get one.
#[derive(Debug, Clone, Copy)]
pub struct How {
    /// Asks for what a tag stands for now.
    pub renew: bool,
    pub named_by: NamedBy,
}

/// Who wants the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedBy {
    /// A person at the command line, who has a right to what their own login opens.
    Person,
    Repository,
}

pub async fn get(
    engine: &Engine,
    backend: &dyn Backend,
    image: &Image,
    how: How,
    tell: Tell<'_>,
) -> Result<Base, Error> {
    let Some(source) = source(image)? else {
        return Ok(Base {
            identity: host(),
            snapshot: backend.bare(),
            why: words(image, &host()),
            pulled: false,
        });
    };
    let logs_in = may_log_in(engine, &source, how.named_by);
    let store = open(engine, logs_in)?;
    if !how.renew
        && let Some(found) = last_seen(&store, &source).await
    {
        return based(backend, image, &found, false).await;
    }
    let why = format!("{image} {}", why_pulled(&source, how.renew));
    tell(Progress::Started { step: Name::Base, why });
    let credentials = if logs_in { Credentials::of_this_user() } else { Credentials::default() };
    let pulled = pull(engine, &store, &source, credentials, tell).await?;
    based(backend, image, &pulled, true).await
}

fn why_pulled(source: &Source, renew: bool) -> &'static str {
    match source {
        Source::Registry(_) if renew => "is asked for again",
        Source::Registry(_) => "isn't here yet",
        Source::Layout { .. } | Source::Archive { .. } => "is read again, since files change",
    }
}

/// What a base is, for people.
pub fn words(image: &Image, identity: &Identity) -> String {
    match image {
        Image::Host => "this machine's own tools".into(),
        Image::Registry(_) | Image::Oci(_) | Image::Tar(_) => {
            let digest: String = identity.0.chars().take(DIGEST_CHARS).collect();
            format!("{image} is {digest}")
        }
    }
}

/// Without asking anybody; none for an image that isn't here.
pub async fn known(engine: &Engine, image: &Image) -> Result<Option<Identity>, Error> {
    let Some(source) = source(image)? else { return Ok(Some(host())) };
    let logs_in = may_log_in(engine, &source, NamedBy::Repository);
    let found = last_seen(&open(engine, logs_in)?, &source).await;
    Ok(found.map(|pulled| Identity(pulled.digest.to_string())))
}

fn host() -> Identity {
    Identity("host".into())
}

/// A hostile repository could name the operator's private images; it sees those that it may.
fn may_log_in(engine: &Engine, source: &Source, named_by: NamedBy) -> bool {
    match (named_by, source) {
        (NamedBy::Person, _) => true,
        (NamedBy::Repository, Source::Registry(reference)) => {
            let place = format!("{}/{}", reference.registry, reference.repository);
            engine.config.images.has_login(&place)
        }
        (NamedBy::Repository, Source::Layout { .. } | Source::Archive { .. }) => false,
    }
}

/// What was read with a login is found again only by who may use it.
fn open(engine: &Engine, logs_in: bool) -> Result<Store, Error> {
    let folder = if logs_in { "login" } else { "public" };
    Ok(Store::open(&engine.home.images().join(folder))?)
}

fn source(image: &Image) -> Result<Option<Source>, Error> {
    let parse = |text: String| text.parse().map(Some);
    let parsed = match image {
        Image::Host => Ok(None),
        Image::Registry(_) | Image::Oci(_) | Image::Tar(_) => parse(image.to_string()),
    };
    parsed.map_err(|error: image::Malformed| Error::Unusable(error.to_string()))
}

/// What an earlier pull brought, if all of it is still here. A file or folder on this machine is
/// looked at each time: it costs no network, and may have changed.
async fn last_seen(store: &Store, source: &Source) -> Option<Pulled> {
    match source {
        Source::Registry(_) => store.find(&store.last_seen(source)?, &Platform::default()).await,
        Source::Layout { .. } | Source::Archive { .. } => None,
    }
}

async fn based(
    backend: &dyn Backend,
    image: &Image,
    pulled: &Pulled,
    is_new: bool,
) -> Result<Base, Error> {
    let snapshot = backend.image(&of_computers(pulled)).await?;
    let identity = Identity(pulled.digest.to_string());
    Ok(Base { why: words(image, &identity), identity, snapshot, pulled: is_new })
}

/// Pulls, and tells how far it is as output of the step.
async fn pull(
    engine: &Engine,
    store: &Store,
    source: &Source,
    credentials: Credentials,
    tell: Tell<'_>,
) -> Result<Pulled, Error> {
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let seen = Mutex::new(String::new());
    let hear = move |progress| {
        let Some(line) = line(progress) else { return };
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen != line {
            seen.clone_from(&line);
            // Whoever no longer listens has gone on.
            drop(told.send(line));
        }
    };
    let options = Options {
        platform: Platform::default(),
        credentials,
        insecure: engine.config.images.insecure.clone(),
        progress: Some(Arc::new(hear)),
    };
    let pulling = async {
        let pulled = store.pull(source, &options).await;
        drop(options);
        pulled
    };
    let telling = async {
        while let Some(line) = heard.recv().await {
            tell(Progress::Output { step: Name::Base, bytes: line.into_bytes() });
        }
    };
    let (pulled, ()) = tokio::join!(pulling, telling);
    Ok(pulled?)
}

/// Layers that come at once are told of when they are there.
const LARGE_BYTES: u64 = 16 * MIB;

/// One line; what changes only by bytes is told in tenths.
fn line(progress: image::Progress) -> Option<String> {
    match progress {
        image::Progress::Resolved { digest, layers, bytes } => {
            let are = if layers == 1 { "layer" } else { "layers" };
            Some(format!("{digest}: {layers} {are}, {} MiB\n", bytes.div_ceil(MIB)))
        }
        image::Progress::Layer { digest, done, bytes } => {
            let tenths = (done * 10).checked_div(bytes).unwrap_or(10);
            let is_told = if bytes < LARGE_BYTES { tenths >= 10 } else { tenths > 0 };
            is_told.then(|| format!("{}: {}%\n", &digest.hex()[..12], tenths * 10))
        }
        image::Progress::Retried { digest, reason } => {
            Some(format!("{}: again, {reason}\n", &digest.hex()[..12]))
        }
    }
}

fn of_computers(pulled: &Pulled) -> computer::Image {
    let layers = pulled.layers.iter().map(|layer| ImageLayer {
        path: layer.path.clone(),
        diff_id: layer.diff_id.to_string(),
        compression: match layer.compression {
            image::Compression::None => Compression::None,
            image::Compression::Gzip => Compression::Gzip,
            image::Compression::Zstd => Compression::Zstd,
        },
    });
    computer::Image {
        digest: pulled.digest.to_string(),
        layers: layers.collect(),
        env: pulled.config.env.clone(),
    }
}
