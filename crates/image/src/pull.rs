//! One pull: resolve a name to a manifest, bring what is missing, and say what there is.

use futures::{StreamExt, TryStreamExt, stream};

use crate::archive::{self, Archive};
use crate::blobs::Blobs;
use crate::layout::{self, Folder};
use crate::manifest::{self, Descriptor, Document, LISTS_DEEP_MAX, Manifest, Platform};
use crate::registry::Repository;
use crate::{
    DOCUMENT_BYTES_MAX, Digest, Error, Layer, Options, Progress, Pulled, Reference, Source,
};

/// Registries slow clients down that ask for much at once.
const DOWNLOADS_MAX: usize = 4;

pub async fn pull(blobs: &Blobs, source: &Source, options: &Options) -> Result<Pulled, Error> {
    let (top, digest) = match source {
        Source::Registry(reference) => {
            if let Some(digest) = &reference.digest
                && let Some(pulled) = find(blobs, digest, &options.platform).await
            {
                return Ok(pulled);
            }
            from_registry(blobs, reference, options).await?
        }
        Source::Layout { path, which } => {
            let (files, which) = (Folder { path: path.clone() }, which.clone());
            let (blobs, options) = (blobs.clone(), options.clone());
            let import = move || layout::import(&blobs, &files, &which, &options);
            let digest = off_the_runtime(import).await?;
            (digest.clone(), digest)
        }
        Source::Archive { path, which } => {
            let (path, which) = (path.clone(), which.clone());
            let (blobs, options) = (blobs.clone(), options.clone());
            let import = move || archive::import(&blobs, &Archive::open(&path)?, &which, &options);
            let digest = off_the_runtime(import).await?;
            (digest.clone(), digest)
        }
    };
    blobs.see(&source.to_string(), &top)?;
    pulled(blobs, &digest, &options.platform)
}

/// Blocking work, finished even if nobody waits for it any more.
async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Stopped)?
}

pub async fn find(blobs: &Blobs, digest: &Digest, platform: &Platform) -> Option<Pulled> {
    let (blobs, digest, platform) = (blobs.clone(), digest.clone(), platform.clone());
    off_the_runtime(move || pulled(&blobs, &digest, &platform)).await.ok()
}

/// From the store alone.
fn pulled(blobs: &Blobs, digest: &Digest, platform: &Platform) -> Result<Pulled, Error> {
    let mut next = digest.clone();
    for _ in 0..=LISTS_DEEP_MAX {
        match Document::parse(&kept(blobs, &next)?)? {
            Document::List(list) => next = manifest::choose(&list, platform)?.digest.clone(),
            Document::Manifest(manifest) => return described(blobs, next, &manifest, platform),
        }
    }
    Err(lists())
}

fn lists() -> Error {
    Error::Document { what: "manifest", why: "it is a list of lists of lists".into() }
}

fn kept(blobs: &Blobs, digest: &Digest) -> Result<Vec<u8>, Error> {
    let missing = || Error::Missing { digest: digest.clone(), path: blobs.path(digest) };
    blobs.read(digest, DOCUMENT_BYTES_MAX).ok_or_else(missing)
}

fn described(
    blobs: &Blobs,
    digest: Digest,
    manifest: &Manifest,
    platform: &Platform,
) -> Result<Pulled, Error> {
    let config = kept(blobs, &manifest.config.digest)?;
    let (config, diff_ids) = manifest::parse_config(&config, manifest.layers.len(), platform)?;
    let layers = manifest.layers.iter().zip(diff_ids);
    let layers = layers.map(|(blob, diff_id)| layer(blobs, blob, diff_id));
    Ok(Pulled { digest, layers: layers.collect::<Result<_, _>>()?, config })
}

fn layer(blobs: &Blobs, blob: &Descriptor, diff_id: Digest) -> Result<Layer, Error> {
    let (digest, path) = (blob.digest.clone(), blobs.path(&blob.digest));
    if !blobs.has(&digest, blob.size) {
        return Err(Error::Missing { digest, path });
    }
    let compression = blobs.compression(&digest)?;
    Ok(Layer { path, digest, diff_id, bytes: blob.size, compression })
}

/// Gives the digests of what the name stands for, and of the manifest for the platform.
async fn from_registry(
    blobs: &Blobs,
    reference: &Reference,
    options: &Options,
) -> Result<(Digest, Digest), Error> {
    let (credentials, registry) = (options.credentials.clone(), reference.registry.clone());
    let credential = off_the_runtime(move || credentials.of(&registry)).await?;
    let repository = Repository::new(reference, credential, options)?;
    let top = document(blobs, &repository, reference.digest.as_ref(), &reference.tag).await?;
    let mut next = top.clone();
    for _ in 0..=LISTS_DEEP_MAX {
        match Document::parse(&kept(blobs, &next)?)? {
            Document::List(list) => {
                let chosen = manifest::choose(&list, &options.platform)?.digest.clone();
                next = document(blobs, &repository, Some(&chosen), "").await?;
            }
            Document::Manifest(manifest) => {
                bring(blobs, &repository, &next, &manifest, options).await?;
                return Ok((top, next));
            }
        }
    }
    Err(lists())
}

/// Fetches a manifest or a list unless it is here, checks and keeps it.
async fn document(
    blobs: &Blobs,
    repository: &Repository<'_>,
    digest: Option<&Digest>,
    tag: &str,
) -> Result<Digest, Error> {
    if let Some(digest) = digest.filter(|digest| kept(blobs, digest).is_ok()) {
        return Ok(digest.clone());
    }
    let version = digest.map_or_else(|| tag.to_owned(), Digest::to_string);
    let bytes = repository.document(&version).await?;
    let found = Digest::of(&bytes);
    if let Some(digest) = digest.filter(|digest| **digest != found) {
        return Err(Error::Mismatch { digest: digest.clone(), found });
    }
    blobs.put(&bytes)
}

async fn bring(
    blobs: &Blobs,
    repository: &Repository<'_>,
    digest: &Digest,
    manifest: &Manifest,
    options: &Options,
) -> Result<(), Error> {
    let (layers, bytes) = (manifest.layers.len(), manifest.bytes());
    options.tell(Progress::Resolved { digest: digest.clone(), layers, bytes });
    let mut wanted: Vec<&Descriptor> = Vec::new();
    for blob in std::iter::once(&manifest.config).chain(&manifest.layers) {
        if !wanted.iter().any(|other| other.digest == blob.digest) {
            wanted.push(blob);
        }
    }
    let downloads = wanted.into_iter().map(|blob| bring_blob(blobs, repository, blob, options));
    stream::iter(downloads).buffer_unordered(DOWNLOADS_MAX).try_collect().await
}

async fn bring_blob(
    blobs: &Blobs,
    repository: &Repository<'_>,
    blob: &Descriptor,
    options: &Options,
) -> Result<(), Error> {
    let (digest, bytes) = (blob.digest.clone(), blob.size);
    if !blobs.has(&digest, bytes) {
        let (store, wanted) = (blobs.clone(), digest.clone());
        let begin = move || Ok((store.lock(&wanted)?, store.partial(&wanted)?));
        let (_lock, mut partial) = off_the_runtime(begin).await?;
        // Somebody else may have brought it while we waited.
        if !blobs.has(&digest, bytes) {
            repository.blob(&digest, bytes, &mut partial).await?;
            off_the_runtime(move || partial.finish(bytes)).await?;
        }
    }
    options.tell(Progress::Layer { digest, done: bytes, bytes });
    Ok(())
}
