//! Images made for tests: a few blobs, a configuration and a manifest.

use image::{Digest, Platform};
use serde_json::{Value, json};

pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

pub struct Made {
    /// Plain archives as far as anybody here can tell.
    pub layers: Vec<Vec<u8>>,
    pub config: Vec<u8>,
    pub manifest: Vec<u8>,
    pub media_type: &'static str,
}

/// Bytes that no two calls with other seeds have in common.
pub fn noise(seed: u32, bytes: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    };
    (0..bytes).map(|_| next()).collect()
}

pub fn made(layers: Vec<Vec<u8>>) -> Made {
    of_kind(layers, MANIFEST)
}

/// As docker pushes it.
pub fn docker(layers: Vec<Vec<u8>>) -> Made {
    of_kind(layers, DOCKER_MANIFEST)
}

fn of_kind(layers: Vec<Vec<u8>>, media_type: &'static str) -> Made {
    let config = config(&layers, &Platform::default());
    let manifest = manifest(&config, &layers, media_type);
    Made { layers, config, manifest, media_type }
}

pub fn config(layers: &[Vec<u8>], platform: &Platform) -> Vec<u8> {
    let ids: Vec<_> = layers.iter().map(|layer| digest(layer)).collect();
    let config = json!({
        "os": platform.os, "architecture": platform.architecture,
        "config": { "Env": ["PATH=/usr/bin", "MADE=here"] },
        "rootfs": { "type": "layers", "diff_ids": ids },
    });
    config.to_string().into_bytes()
}

fn manifest(config: &[u8], layers: &[Vec<u8>], media_type: &str) -> Vec<u8> {
    let layers: Vec<_> = layers
        .iter()
        .map(|layer| descriptor(layer, "application/vnd.oci.image.layer.v1.tar"))
        .collect();
    let config = descriptor(config, "application/vnd.oci.image.config.v1+json");
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type, "config": config, "layers": layers,
    });
    manifest.to_string().into_bytes()
}

pub fn descriptor(bytes: &[u8], media_type: &str) -> Value {
    json!({ "mediaType": media_type, "digest": digest(bytes), "size": bytes.len() })
}

pub fn index(of: &[(&Made, &str)]) -> Vec<u8> {
    let items: Vec<_> = of
        .iter()
        .map(|(made, architecture)| {
            let mut item = descriptor(&made.manifest, made.media_type);
            item["platform"] = json!({ "os": "linux", "architecture": architecture });
            item
        })
        .collect();
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": items });
    index.to_string().into_bytes()
}

pub fn digest(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    let hex: String = sha2::Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
    format!("sha256:{hex}")
}

impl Made {
    pub fn digest(&self) -> Digest {
        digest(&self.manifest).parse().unwrap()
    }

    pub fn blobs(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.layers.iter().chain([&self.config])
    }
}
