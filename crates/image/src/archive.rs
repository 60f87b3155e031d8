//! Images in one tar file: what `docker save` writes, in its old format and its new one, and an
//! OCI layout in an archive. The file is looked through once and then read in place. Blocking.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::blobs::Blobs;
use crate::layout::{self, Files, malformed, told};
use crate::manifest::{Descriptor, Manifest, OCI_CONFIG, OCI_LAYER, OCI_MANIFEST};
use crate::reference::Which;
use crate::{Digest, Error, IMAGE_BYTES_MAX, LAYERS_MAX, Options, Progress};

/// In one archive of images.
const ENTRIES_MAX: usize = 100_000;
/// Links to links.
const LINKS_MAX: usize = 8;
/// Docker's own list of images.
const DOCKER_LIST: &str = "manifest.json";

/// What lies where in the file.
pub struct Archive {
    path: PathBuf,
    file: File,
    places: HashMap<String, Place>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Bytes {
        offset: u64,
        length: u64,
    },
    /// Docker's old format links equal layers to each other.
    Link(String),
}

impl Archive {
    pub fn open(path: &Path) -> Result<Self, Error> {
        let read = |source| Error::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(read)?;
        let places = places(&file).map_err(read)?;
        Ok(Self { path: path.to_owned(), file, places })
    }

    fn find(&self, name: &str) -> Option<(u64, u64)> {
        let mut name = name;
        for _ in 0..LINKS_MAX {
            match self.places.get(name)? {
                Place::Bytes { offset, length } => return Some((*offset, *length)),
                Place::Link(to) => name = to,
            }
        }
        None
    }
}

fn places(file: &File) -> io::Result<HashMap<String, Place>> {
    let mut places = HashMap::new();
    for entry in tar::Archive::new(file).entries_with_seek()? {
        let entry = entry?;
        let Some(name) = normal(&entry.path_bytes()) else { continue };
        let kind = entry.header().entry_type();
        let link =
            || entry.link_name_bytes().and_then(|to| String::from_utf8(to.into_owned()).ok());
        let place = match kind {
            _ if kind.is_file() => {
                Place::Bytes { offset: entry.raw_file_position(), length: entry.size() }
            }
            _ if kind.is_symlink() => {
                let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
                let to = link().and_then(|to| normal(format!("{folder}/{to}").as_bytes()));
                Place::Link(to.unwrap_or_default())
            }
            _ if kind.is_hard_link() => {
                Place::Link(link().and_then(|to| normal(to.as_bytes())).unwrap_or_default())
            }
            _ => continue,
        };
        places.insert(name, place);
        if places.len() > ENTRIES_MAX {
            return Err(io::Error::other(format!("it has more than {ENTRIES_MAX} entries")));
        }
    }
    Ok(places)
}

/// A name within the archive, whatever dots it has; only ever looked up, never used as a path.
fn normal(name: &[u8]) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in std::str::from_utf8(name).ok()?.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

impl Files for Archive {
    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        let (offset, left) = self.find(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Section { file: &self.file, offset, left }))
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

/// A part of a file, read without moving anybody's place in it.
struct Section<'a> {
    file: &'a File,
    offset: u64,
    left: u64,
}

impl Read for Section<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let got = self.file.read_at(&mut buffer[..most], self.offset)?;
        self.offset += got as u64;
        self.left -= got as u64;
        Ok(got)
    }
}

/// Takes the image that `which` names into the store. Gives its manifest's digest.
pub fn import(
    blobs: &Blobs,
    archive: &Archive,
    which: &Which,
    options: &Options,
) -> Result<Digest, Error> {
    if archive.find(layout::INDEX).is_some() {
        return layout::import(blobs, archive, which, options);
    }
    if archive.find(DOCKER_LIST).is_none() {
        let what = "it is neither from docker save nor an OCI archive, or it is compressed";
        return Err(malformed(archive, what));
    }
    let saved = pick(archive, which)?;
    let manifest = manifest_of(blobs, archive, &saved, options)?;
    let bytes = serde_json::to_vec(&manifest).map_err(|e| malformed(archive, &e.to_string()))?;
    blobs.put(&bytes)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
}

fn pick(archive: &Archive, which: &Which) -> Result<Saved, Error> {
    let list: Vec<Saved> = serde_json::from_slice(&archive.document(DOCKER_LIST)?)
        .map_err(|error| malformed(archive, &error.to_string()))?;
    let count = list.len();
    let called = |saved: &Saved, tag: &str| {
        let mut tags = saved.repo_tags.iter().flatten();
        tags.any(|name| name == tag || name.ends_with(&format!(":{tag}")))
    };
    let mut list = list.into_iter();
    let found = match which {
        Which::Only if count == 1 => list.next(),
        Which::Only => return Err(malformed(archive, "it has several images; add one's :tag")),
        Which::Tag(tag) => list.find(|saved| called(saved, tag)),
        Which::Digest(_) => return Err(malformed(archive, "docker save writes no digests")),
    };
    found.ok_or_else(|| malformed(archive, &format!("it has no image {which}")))
}

/// The manifest that a registry would have for it.
fn manifest_of(
    blobs: &Blobs,
    archive: &Archive,
    saved: &Saved,
    options: &Options,
) -> Result<Manifest, Error> {
    if saved.layers.len() > LAYERS_MAX {
        return Err(Error::TooMuch { what: "layers", most: LAYERS_MAX as u64 });
    }
    let config = archive.document(&normal(saved.config.as_bytes()).unwrap_or_default())?;
    let (config, size) = (blobs.put(&config)?, config.len() as u64);
    let mut layers = Vec::new();
    for name in &saved.layers {
        layers.push(keep_layer(blobs, archive, name, options)?);
    }
    let manifest = Manifest {
        schema_version: 2,
        media_type: OCI_MANIFEST.into(),
        config: descriptor(OCI_CONFIG, config, size),
        layers,
    };
    if manifest.bytes() > IMAGE_BYTES_MAX {
        return Err(Error::TooMuch { what: "bytes", most: IMAGE_BYTES_MAX });
    }
    let (digest, count) = (manifest.config.digest.clone(), manifest.layers.len());
    options.tell(Progress::Resolved { digest, layers: count, bytes: manifest.bytes() });
    Ok(manifest)
}

fn keep_layer(
    blobs: &Blobs,
    archive: &Archive,
    name: &str,
    options: &Options,
) -> Result<Descriptor, Error> {
    let name = normal(name.as_bytes()).unwrap_or_default();
    let open = || {
        let opened = archive.open(&name);
        opened.map_err(|source| Error::Read { path: archive.path.join(&name), source })
    };
    let read = |source| Error::Read { path: archive.path.join(&name), source };
    let (digest, bytes) = Blobs::digest_of(&mut open()?).map_err(read)?;
    if !blobs.has(&digest, bytes) {
        blobs.take_in(&digest, bytes, &mut open()?, &mut told(&digest, bytes, options))?;
    }
    Ok(descriptor(OCI_LAYER, digest, bytes))
}

fn descriptor(media_type: &str, digest: Digest, size: u64) -> Descriptor {
    let annotations = Default::default();
    Descriptor { media_type: media_type.into(), digest, size, platform: None, annotations }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_an_archive_lead_nowhere_else() {
        let normal = |name: &str| normal(name.as_bytes()).unwrap();
        assert_eq!(normal("./a//b/"), "a/b");
        assert_eq!(normal("x/../../../etc/passwd"), "etc/passwd");
        assert_eq!(normal("/"), "");
    }
}
