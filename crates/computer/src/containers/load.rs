//! Hands a pulled image to an engine, as the archive that `docker save` writes and both engines
//! load. All names in it are ours; the layers go in as they are on the disk, checked before.

use std::fs::File;
use std::io::{self, Write};
use std::process::Stdio;

use serde_json::json;
use tar::{Builder, EntryType, Header};

use super::client::{Client, Failed, WORDS_BYTES_MAX, text};
use super::shop::WORK_TIME;
use crate::Image;

/// The newest moment that every program can show; an image's own would differ from pull to pull.
const CREATED: &str = "1970-01-01T00:00:00Z";

/// Makes the engine have `image` under the name `tag`.
pub async fn load(client: &Client, image: &Image, tag: &str) -> Result<(), Failed> {
    let mut command = client.command(&["load"]);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(Failed::Started)?;
    let stdin = child.stdin.take().ok_or_else(broken)?;
    let stdin = File::from(stdin.into_owned_fd().map_err(Failed::Started)?);
    let (image, tag) = (image.clone(), tag.to_owned());
    let writing = tokio::task::spawn_blocking(move || write(&image, &tag, stdin));
    let stderr = child.stderr.take();
    let loading = async { tokio::join!(writing, text(stderr, WORDS_BYTES_MAX), child.wait()) };
    let loaded = tokio::time::timeout(WORK_TIME, loading).await;
    let (written, words, status) = loaded.map_err(|_elapsed| Failed::OutOfTime(WORK_TIME))?;
    let status = status.map_err(Failed::Started)?;
    if !status.success() {
        // Why it didn't read on is in its own words.
        let words = words.trim().to_owned();
        return Err(Failed::Refused { code: status.code().unwrap_or(-1), words });
    }
    written.map_err(|_the_runtime_ends| broken())?.map_err(Failed::Started)
}

fn broken() -> Failed {
    Failed::Started(io::ErrorKind::BrokenPipe.into())
}

/// The whole archive.
fn write(image: &Image, tag: &str, to: impl Write) -> io::Result<()> {
    let mut archive = Builder::new(to);
    let names: Vec<String> = (0..image.layers.len()).map(|at| format!("{at:04}.tar")).collect();
    for (layer, name) in image.layers.iter().zip(&names) {
        let mut file = File::open(&layer.path)?;
        let bytes = file.metadata()?.len();
        archive.append_data(&mut header(bytes), name, &mut file)?;
    }
    put(&mut archive, "config.json", &config(image))?;
    let manifest = json!([{ "Config": "config.json", "RepoTags": [tag], "Layers": names }]);
    put(&mut archive, "manifest.json", &manifest)?;
    archive.finish()
}

fn config(image: &Image) -> serde_json::Value {
    let diff_ids: Vec<&str> = image.layers.iter().map(|layer| layer.diff_id.as_str()).collect();
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    json!({
        "architecture": architecture,
        "os": "linux",
        "created": CREATED,
        "config": { "Env": image.env },
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
    })
}

fn put(archive: &mut Builder<impl Write>, name: &str, json: &serde_json::Value) -> io::Result<()> {
    let bytes = json.to_string().into_bytes();
    archive.append_data(&mut header(bytes.len() as u64), name, bytes.as_slice())
}

fn header(bytes: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o644);
    header.set_size(bytes);
    header
}
