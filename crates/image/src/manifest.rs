//! The documents of an image, as docker and the Open Container Initiative write them: manifests,
//! lists of manifests by platform, configurations. Pure.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    Config, DOCUMENT_BYTES_MAX, Digest, Error, IMAGE_BYTES_MAX, LAYER_BYTES_MAX, LAYERS_MAX,
};

pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

/// Lists of one image for all its platforms have a few dozen.
const LIST_MAX: usize = 1000;
/// Lists in lists.
pub const LISTS_DEEP_MAX: usize = 3;
const VARIABLES_MAX: usize = 1000;

/// What a program runs on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Platform {
    pub os: String,
    pub architecture: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl Default for Platform {
    /// Linux on this machine's processor, in Go's names, which images use.
    fn default() -> Self {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            "powerpc64" => "ppc64le",
            other => other,
        };
        Self { os: "linux".into(), architecture: architecture.into(), variant: None }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.iter().try_for_each(|variant| write!(f, "/{variant}"))
    }
}

impl Platform {
    /// Where no variant is wanted, any will do.
    fn takes(&self, other: &Self) -> bool {
        self.os == other.os
            && self.architecture == other.architecture
            && (self.variant.is_none() || self.variant == other.variant)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    #[serde(default)]
    pub media_type: String,
    pub digest: Digest,
    pub size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    #[serde(default, skip_serializing)]
    pub annotations: std::collections::BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub schema_version: u32,
    #[serde(default)]
    pub media_type: String,
    pub config: Descriptor,
    pub layers: Vec<Descriptor>,
}

/// A manifest, or a list to choose one from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Document {
    Manifest(Manifest),
    List(Vec<Descriptor>),
}

impl Document {
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Either {
            schema_version: u32,
            manifests: Option<Vec<Descriptor>>,
        }
        let bad = |error: serde_json::Error| document("manifest", error.to_string());
        let either: Either = serde_json::from_slice(bytes).map_err(bad)?;
        if either.schema_version != 2 {
            let why = "it is in docker's first format, which nothing has written for years";
            return Err(document("manifest", why.into()));
        }
        match either.manifests {
            Some(list) if list.len() > LIST_MAX => {
                Err(Error::TooMuch { what: "manifests", most: LIST_MAX as u64 })
            }
            Some(list) => Ok(Self::List(list)),
            None => {
                let manifest: Manifest = serde_json::from_slice(bytes).map_err(bad)?;
                manifest.check().map(|()| Self::Manifest(manifest))
            }
        }
    }
}

fn document(what: &'static str, why: String) -> Error {
    Error::Document { what, why }
}

impl Manifest {
    fn check(&self) -> Result<(), Error> {
        if self.layers.len() > LAYERS_MAX {
            return Err(Error::TooMuch { what: "layers", most: LAYERS_MAX as u64 });
        }
        if self.config.size > DOCUMENT_BYTES_MAX {
            return Err(Error::TooMuch {
                what: "bytes of configuration",
                most: DOCUMENT_BYTES_MAX,
            });
        }
        if self.layers.iter().any(|layer| layer.size > LAYER_BYTES_MAX) {
            return Err(Error::TooMuch { what: "bytes in a layer", most: LAYER_BYTES_MAX });
        }
        let bytes = self.layers.iter().fold(0_u64, |sum, layer| sum.saturating_add(layer.size));
        if bytes > IMAGE_BYTES_MAX {
            return Err(Error::TooMuch { what: "bytes", most: IMAGE_BYTES_MAX });
        }
        Ok(())
    }

    pub fn bytes(&self) -> u64 {
        self.layers.iter().map(|layer| layer.size).sum()
    }
}

/// The first that is for `platform`. What says no platform may be; who made a list of one knows.
pub fn choose<'a>(list: &'a [Descriptor], platform: &Platform) -> Result<&'a Descriptor, Error> {
    let fits = |item: &&Descriptor| item.platform.as_ref().is_some_and(|has| platform.takes(has));
    let unsaid = |item: &&Descriptor| item.platform.is_none() && is_document(item);
    list.iter().find(fits).or_else(|| list.iter().find(unsaid)).ok_or_else(|| {
        let mut found: Vec<_> =
            list.iter().filter_map(|item| item.platform.as_ref()).map(cut_platform).collect();
        found.sort();
        found.dedup();
        Error::Platform { platform: platform.to_string(), found: found.join(", ") }
    })
}

fn is_document(item: &Descriptor) -> bool {
    [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST, ""].contains(&item.media_type.as_str())
}

fn cut_platform(platform: &Platform) -> String {
    platform.to_string().chars().filter(|c| c.is_ascii_graphic()).take(40).collect()
}

/// Gives the configuration and the layers' diff ids, of which there must be `layers`.
pub fn parse_config(
    bytes: &[u8],
    layers: usize,
    platform: &Platform,
) -> Result<(Config, Vec<Digest>), Error> {
    let bad = |why: String| document("configuration", why);
    let raw: RawConfig = serde_json::from_slice(bytes).map_err(|error| bad(error.to_string()))?;
    let found = Platform { os: raw.os, architecture: raw.architecture, variant: raw.variant };
    // Many images don't say their variant, or not as the list does.
    if !(Platform { variant: None, ..platform.clone() }).takes(&found) {
        let (platform, found) = (platform.to_string(), cut_platform(&found));
        return Err(Error::Platform { platform, found });
    }
    if raw.rootfs.diff_ids.len() != layers {
        let count = raw.rootfs.diff_ids.len();
        return Err(bad(format!("it speaks of {count} layers, the manifest of {layers}")));
    }
    let inner = raw.config.unwrap_or_default();
    let env = inner.env.unwrap_or_default();
    if env.len() > VARIABLES_MAX {
        return Err(Error::TooMuch { what: "variables", most: VARIABLES_MAX as u64 });
    }
    let (user, working_dir) =
        (inner.user.unwrap_or_default(), inner.working_dir.unwrap_or_default());
    Ok((Config { env, user, working_dir, platform: found }, raw.rootfs.diff_ids))
}

#[derive(Deserialize)]
struct RawConfig {
    os: String,
    architecture: String,
    variant: Option<String>,
    config: Option<RawInner>,
    rootfs: RawRootfs,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawInner {
    env: Option<Vec<String>>,
    user: Option<String>,
    working_dir: Option<String>,
}

#[derive(Deserialize)]
struct RawRootfs {
    diff_ids: Vec<Digest>,
}

#[cfg(test)]
mod tests;
