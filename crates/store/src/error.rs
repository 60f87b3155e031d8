//! What can go wrong with the database, sorted by what a person can do about it. The only place
//! that knows SQLite's result codes.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "can't make the home folder {home}; make it writable for this user, or set WHIMBREL_HOME \
         to a folder that is"
    )]
    Home { home: PathBuf, source: io::Error },
    #[error(
        "can't write the database {path}; make it and its folder writable for this user, or set \
         WHIMBREL_HOME to a folder that is"
    )]
    Unwritable { path: PathBuf, source: sqlx::Error },
    #[error(
        "no space is left for {path}; free some and run again: nothing was lost, and nothing is \
         half-done"
    )]
    Full { path: PathBuf, source: sqlx::Error },
    #[error(
        "the database {path} stayed locked by another process; end that process (`fuser {path}` \
         names it) or wait, and run again"
    )]
    Locked { path: PathBuf, source: sqlx::Error },
    #[error(
        "the database {path} is damaged; it was left as it is. Copy it away together with its \
         -wal file, then put a backup in its place, or save what can still be read: `sqlite3 \
         {path} .recover | sqlite3 recovered.db`"
    )]
    Damaged { path: PathBuf, source: sqlx::Error },
    #[error(
        "the database {path} has schema {found}, and this whimbrel knows schemas up to {known}; \
         run the newer whimbrel that wrote it, or set WHIMBREL_HOME to another folder"
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("can't {action}")]
    Query { action: &'static str, source: sqlx::Error },
    /// Somebody else moved it first. Read it again and decide anew.
    #[error("the {noun} {id} is {found}, not {expected}")]
    Conflict { noun: &'static str, id: String, expected: &'static str, found: &'static str },
    /// Another runner took the attempt over, or it was released. Stop: the log is no longer ours.
    #[error("the lease on attempt {attempt} is no longer ours")]
    LeaseLost { attempt: domain::AttemptId },
    #[error("there is no {noun} {id}")]
    Missing { noun: &'static str, id: String },
    /// A row, or a value to be one, that this version can't read or write.
    #[error("the {noun} {id} can't be understood")]
    Malformed { noun: &'static str, id: String, source: Box<dyn std::error::Error + Send + Sync> },
}

/// What was being done, and to which file.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub path: Arc<Path>,
    /// Completes "can't …".
    pub action: &'static str,
}

impl Context {
    pub fn explain(&self, source: sqlx::Error) -> Error {
        let path = self.path.to_path_buf();
        match Trouble::of(&source) {
            Trouble::Full => Error::Full { path, source },
            Trouble::Locked => Error::Locked { path, source },
            Trouble::Damaged => Error::Damaged { path, source },
            Trouble::Unwritable => Error::Unwritable { path, source },
            Trouble::Other => Error::Query { action: self.action, source },
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Full,
    Locked,
    Damaged,
    Unwritable,
    Other,
}

// Result codes, from https://www.sqlite.org/rescode.html.
const PERM: i32 = 3;
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READONLY: i32 = 8;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANTOPEN: i32 = 14;
const PROTOCOL: i32 = 15;
const NOTADB: i32 = 26;
/// The shared-memory file could not grow, which only a full disk does.
const IOERR_SHMSIZE: i32 = 10 | (19 << 8);
/// A page that must be there is beyond the end of the file.
const IOERR_SHORT_READ: i32 = 10 | (2 << 8);

impl Trouble {
    fn of(error: &sqlx::Error) -> Self {
        match error {
            // Every connection of ours waits for the write lock.
            sqlx::Error::PoolTimedOut => Self::Locked,
            sqlx::Error::Io(source) if source.kind() == io::ErrorKind::StorageFull => Self::Full,
            other => code(other).map_or(Self::Other, Self::of_code),
        }
    }

    fn of_code(extended: i32) -> Self {
        match (extended, extended & 0xff) {
            (IOERR_SHMSIZE, _) | (_, FULL) => Self::Full,
            (IOERR_SHORT_READ, _) | (_, CORRUPT | NOTADB) => Self::Damaged,
            (_, BUSY | LOCKED | PROTOCOL) => Self::Locked,
            (_, PERM | READONLY | CANTOPEN) => Self::Unwritable,
            _ => Self::Other,
        }
    }
}

fn code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}
