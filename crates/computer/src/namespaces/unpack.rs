//! Unpacks one layer of an image, a tar archive that anybody may have made, into an empty folder.
//!
//! Every name is walked from the folder's own descriptor and over no symbolic link, so nothing in
//! the archive can name what isn't in the folder; and the folder is all that there is for the
//! process that does it. It is a job of the layer worker (see `worker.rs`).

mod archive;
mod jail;
mod place;

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;

use sha2::{Digest, Sha256};

use self::archive::{Entries, Hashed};
use self::place::Place;
use super::plan::User;
use super::step::Step;
use super::worker::Answer;
use crate::Compression;

/// Files and folders of one layer.
const ENTRIES_MAX: u64 = 2_000_000;
/// Of one layer's archive, uncompressed, and of all its files with their holes.
const BYTES_MAX: u64 = 64 * domain::limits::GIB;
/// What a disk keeps free, whatever the archive asks for.
const DISK_FREE_BYTES_MIN: u64 = domain::limits::GIB;

/// Does the worker's job. Whoever made the archive is told what is wrong with it, at some length.
pub fn answer(
    archive: File,
    compression: Compression,
    into: &OwnedFd,
    user: User,
) -> Result<Answer, Step> {
    let into = jail::enter(into)?;
    Ok(match unpack(archive, compression, into, user) {
        Ok(diff_id) => Answer::Unpacked { diff_id },
        Err(error) => Answer::Malformed { what: error.to_string() },
    })
}

/// Unpacks all of `archive` into the empty folder `into`, for computers of `user`. Gives the
/// archive's diff id: `sha256:…`, over its bytes uncompressed.
fn unpack(
    archive: File,
    compression: Compression,
    into: OwnedFd,
    user: User,
) -> io::Result<String> {
    let mut hashed = Hashed::new(decompressed(archive, compression)?.take(BYTES_MAX + 1));
    let mut place = Place::new(into, user);
    Entries::new(&mut hashed).each(|entry| place.put(entry))?;
    place.finish()?;
    finish(hashed)
}

fn decompressed(archive: File, compression: Compression) -> io::Result<Box<dyn Read>> {
    let archive = io::BufReader::with_capacity(128 * 1024, archive);
    Ok(match compression {
        Compression::None => Box::new(archive),
        Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(archive)),
        Compression::Zstd => {
            Box::new(ruzstd::decoding::StreamingDecoder::new(archive).map_err(io::Error::other)?)
        }
    })
}

/// What follows the last entry belongs to the digest, too.
fn finish(mut hashed: Hashed<io::Take<Box<dyn Read>>>) -> io::Result<String> {
    io::copy(&mut hashed, &mut io::sink())?;
    let (inner, hasher) = hashed.into_parts();
    if inner.limit() == 0 {
        return Err(refused(format!("it has more than {BYTES_MAX} bytes")));
    }
    Ok(name_of(hasher))
}

fn name_of(hasher: Sha256) -> String {
    let hex: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// An archive that is no good, whoever made it.
fn refused(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests;
