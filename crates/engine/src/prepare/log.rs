//! What a step printed: kept in a file up to a limit, and its end in memory for an error. Doesn't
//! know what the step is.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::Error;

/// Kept from the beginning; more is a flood, and only its end is of use.
const LOG_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Kept from the end.
const TAIL_BYTES_MAX: usize = 64 * 1024;

#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: File,
    kept_bytes: usize,
    dropped_bytes: u64,
    tail: Vec<u8>,
}

impl Log {
    /// A new one at `path`, in the place of an older one.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let file = options.open(path).map_err(failed(path))?;
        let path = path.to_owned();
        Ok(Self { path, file, kept_bytes: 0, dropped_bytes: 0, tail: Vec::new() })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let kept = bytes.len().min(LOG_BYTES_MAX - self.kept_bytes);
        self.file.write_all(&bytes[..kept]).map_err(failed(&self.path))?;
        self.kept_bytes += kept;
        self.dropped_bytes += (bytes.len() - kept) as u64;
        self.tail.extend_from_slice(bytes);
        let beyond = self.tail.len().saturating_sub(TAIL_BYTES_MAX);
        self.tail.drain(..beyond);
        Ok(())
    }

    /// Gives the end of what was printed. Where the middle is missing, the file says so.
    pub fn finish(mut self) -> Result<String, Error> {
        if self.dropped_bytes > 0 {
            let missing = self.dropped_bytes.saturating_sub(self.tail.len() as u64);
            let note = format!("\n[… {missing} bytes left out …]\n");
            let written =
                self.file.write_all(note.as_bytes()).and_then(|()| self.file.write_all(&self.tail));
            written.map_err(failed(&self.path))?;
        }
        Ok(String::from_utf8_lossy(&self.tail).into_owned())
    }
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Write { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_keeps_its_beginning_and_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = Log::create(&path).unwrap();
        log.write(b"first\n").unwrap();
        let block = vec![b'x'; 1024 * 1024];
        for _ in 0..20 {
            log.write(&block).unwrap();
        }
        log.write(b"\nlast\n").unwrap();
        assert!(log.finish().unwrap().ends_with("x\nlast\n"));
        let kept = std::fs::read(&path).unwrap();
        assert!(kept.starts_with(b"first\n") && kept.ends_with(b"x\nlast\n"));
        assert!(kept.len() < LOG_BYTES_MAX + 2 * TAIL_BYTES_MAX, "{}", kept.len());
        assert!(String::from_utf8_lossy(&kept).contains("bytes left out"));
    }
}
