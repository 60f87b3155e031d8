//! Snapshots out of containers: a container's files become an image. Before that they are read as
//! an archive, where something must not be among them.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::Stdio;

use memchr::memmem::Finder;
use stdx::lock::FileLock;
use tar::Archive;

use super::client::{Client, Failed};
use super::computer::snapshot_of;
use super::shop::{ANSWER_TIME, Shop, WORK_TIME, plain_id};
use crate::{Error, Secret, Snapshot, SnapshotId};

/// Read at once.
const PIECE_BYTES: usize = 64 * 1024;
const SNAPSHOT_LABEL: &str = "whimbrel.snapshot";

/// Makes the image `id` of a container's files.
pub async fn commit(
    shop: &Shop,
    container: &str,
    id: &SnapshotId,
    pause: bool,
) -> Result<Snapshot, Error> {
    let failed = |failed: Failed| Error::Snapshot { id: id.to_string(), source: failed.into_io() };
    let (pause, label) = (format!("--pause={pause}"), format!("LABEL {SNAPSHOT_LABEL}={id}"));
    let committed = ["commit", &pause, "--change", &label, container];
    let said = shop.client.ask(&committed, WORK_TIME).await.map_err(failed)?;
    let made = plain_id(said.lines().last().unwrap_or_default());
    let kept = keep(shop, &made, id).await.map_err(failed)?;
    Ok(snapshot_of(&kept))
}

/// Gives an image its name, unless another has it: then ours is removed. Gives the id that counts.
async fn keep(shop: &Shop, made: &str, id: &SnapshotId) -> Result<String, Failed> {
    let _lock = lock(shop).await.map_err(Failed::Started)?;
    let tag = shop.tag(id);
    if let Ok(first) = shop.image_id(&tag).await {
        if first != made {
            // One that stays is a few kilobytes and no danger.
            let _stays = shop.client.ask(&["rmi", made], ANSWER_TIME).await;
        }
        return Ok(first);
    }
    shop.client.ask(&["tag", made, &tag], ANSWER_TIME).await?;
    Ok(made.to_owned())
}

async fn lock(shop: &Shop) -> io::Result<FileLock> {
    let path = shop.tags_lock();
    let waiting = tokio::task::spawn_blocking(move || FileLock::wait(&path));
    waiting.await.map_err(|_the_runtime_ends| io::Error::from(io::ErrorKind::Interrupted))?
}

/// Looks for secrets in all files of a container.
pub async fn refuse_secrets(
    client: &Client,
    container: &str,
    secrets: &[Secret],
    id: &SnapshotId,
) -> Result<(), Error> {
    if secrets.is_empty() {
        return Ok(());
    }
    let failed = |source| Error::Check { id: id.to_string(), source };
    let needles = Needles::new(secrets);
    let mut command = client.command(&["export", container]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(failed)?;
    let stdout = child.stdout.take().ok_or_else(|| failed(io::ErrorKind::BrokenPipe.into()))?;
    let stdout = File::from(stdout.into_owned_fd().map_err(failed)?);
    let looking = tokio::task::spawn_blocking(move || needles.find_in(stdout));
    let looked = tokio::time::timeout(WORK_TIME, looking).await;
    let looked = looked.map_err(|_elapsed| failed(io::ErrorKind::TimedOut.into()))?;
    let found = looked.map_err(|_the_runtime_ends| Error::Lost)?.map_err(failed)?;
    match found {
        Some((path, name)) => Err(Error::SecretInLayer { path, name }),
        // An archive that was cut off has not been looked through.
        None if child.wait().await.is_ok_and(|status| status.success()) => Ok(()),
        None => Err(failed(io::Error::other("the engine didn't export all files"))),
    }
}

/// What to look for: each form of each secret, and whose it is.
struct Needles {
    forms: Vec<(Finder<'static>, String)>,
    longest: usize,
}

impl Needles {
    fn new(secrets: &[Secret]) -> Self {
        let of = |secret: &Secret| {
            let name = secret.name().to_owned();
            secret
                .forms()
                .into_iter()
                .map(move |form| (Finder::new(&form).into_owned(), name.clone()))
        };
        let forms: Vec<_> = secrets.iter().flat_map(of).collect();
        let longest = forms.iter().map(|(finder, _)| finder.needle().len()).max().unwrap_or(0);
        Self { forms, longest }
    }

    /// The first file of an archive that has a secret in it or in its name, and the secret's name.
    fn find_in(&self, archive: impl Read) -> io::Result<Option<(PathBuf, String)>> {
        let mut archive = Archive::new(archive);
        for entry in archive.entries()? {
            let mut entry = entry?;
            let path = PathBuf::from(String::from_utf8_lossy(&entry.path_bytes()).into_owned());
            let named = [Some(entry.path_bytes()), entry.link_name_bytes()];
            let named = named.iter().flatten().find_map(|name| self.find(name)).map(str::to_owned);
            if let Some(name) = named.or(self.find_streamed(&mut entry)?) {
                return Ok(Some((PathBuf::from("/").join(path), name)));
            }
        }
        Ok(None)
    }

    fn find(&self, bytes: &[u8]) -> Option<&str> {
        let found = self.forms.iter().find(|(finder, _)| finder.find(bytes).is_some());
        found.map(|(_, name)| name.as_str())
    }

    /// Piece by piece, each with the end of what came before.
    fn find_streamed(&self, file: &mut impl Read) -> io::Result<Option<String>> {
        let mut window = Vec::with_capacity(PIECE_BYTES + self.longest);
        loop {
            let read = file.take(PIECE_BYTES as u64).read_to_end(&mut window)?;
            if let Some(name) = self.find(&window) {
                return Ok(Some(name.to_owned()));
            }
            if read == 0 {
                return Ok(None);
            }
            let kept = window.len().min(self.longest.saturating_sub(1));
            window.drain(..window.len() - kept);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(path: &str, bytes: &[u8]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, bytes).unwrap();
        builder.into_inner().unwrap()
    }

    #[test]
    fn a_secret_is_found_wherever_a_piece_ends() {
        let needles = Needles::new(&[Secret::new("TOKEN", "correct horse").unwrap()]);
        for before in [0, PIECE_BYTES - 5, PIECE_BYTES, 2 * PIECE_BYTES - 1] {
            let mut bytes = vec![b'.'; before];
            bytes.extend(b"correct horse and more");
            let found = needles.find_in(archive("home/agent/.pip", &bytes).as_slice()).unwrap();
            assert_eq!(found, Some(("/home/agent/.pip".into(), "TOKEN".into())), "{before}");
        }
        assert_eq!(needles.find_in(archive("a", b"correct  horse").as_slice()).unwrap(), None);
        let named = needles.find_in(archive("correct horse", b"").as_slice()).unwrap();
        assert_eq!(named, Some(("/correct horse".into(), "TOKEN".into())));
    }
}
