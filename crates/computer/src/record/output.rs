//! What an execution said, on disk: pieces of both streams in the order in which they came, each
//! behind the number of its stream and its length, compressed as one.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::{EXECUTION_BYTES_MAX, file_of};
use crate::Output;

const OUTPUT: &str = "output.gz";

/// Which stream a piece is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Stdout,
    Stderr,
}

/// What an execution said, as far as it was kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// Whether its end was written: not where whimbrel was killed before.
    pub complete: bool,
}

/// Writes pieces as they come. One that can't be written ends it.
pub struct Writer(GzEncoder<File>);

impl Writer {
    pub fn create(folder: &Path, number: u64) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let file = options.open(file_of(folder, number, OUTPUT))?;
        Ok(Self(GzEncoder::new(file, Compression::fast())))
    }

    pub fn write(&mut self, which: Which, piece: &[u8]) -> io::Result<()> {
        let length = u32::try_from(piece.len()).map_err(io::Error::other)?;
        self.0.write_all(&[which as u8])?;
        self.0.write_all(&length.to_le_bytes())?;
        self.0.write_all(piece)
    }

    /// So that a crash loses nothing of what came until now.
    pub fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }

    pub fn end(self) -> io::Result<()> {
        self.0.finish().map(drop)
    }
}

/// What the execution `number` said. Nothing where it said nothing.
pub fn output(folder: &Path, number: u64) -> io::Result<Recorded> {
    let mut recorded = Recorded::default();
    let file = match File::open(file_of(folder, number, OUTPUT)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Recorded { complete: true, ..recorded });
        }
        other => other?,
    };
    let mut pieces = GzDecoder::new(file);
    recorded.complete = loop {
        match piece(&mut pieces) {
            Ok(Some(Output::Stdout(bytes))) => recorded.stdout.extend(bytes),
            Ok(Some(Output::Stderr(bytes))) => recorded.stderr.extend(bytes),
            Ok(None) => break true,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break false,
            Err(error) => return Err(error),
        }
        if (recorded.stdout.len() + recorded.stderr.len()) as u64 > EXECUTION_BYTES_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "more than was ever kept"));
        }
    };
    Ok(recorded)
}

fn piece(from: &mut impl Read) -> io::Result<Option<Output>> {
    let mut which = [0];
    if from.read(&mut which)? == 0 {
        return Ok(None);
    }
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u64::from(u32::from_le_bytes(length));
    let mut bytes = Vec::new();
    from.take(length.min(EXECUTION_BYTES_MAX)).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(if which == [Which::Stdout as u8] {
        Output::Stdout(bytes)
    } else {
        Output::Stderr(bytes)
    }))
}
