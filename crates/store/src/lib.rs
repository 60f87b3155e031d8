//! All SQL: projects, tasks, attempts, their event log, leases, evidence and pull requests, in one
//! SQLite file. Doesn't know what a task does, only that its states move by compare-and-set.
//!
//! Each noun has a module of plain functions over [`Store`], one query or one transaction each.
//! Several processes write at once, so every writing transaction takes the write lock at its
//! start: one that began by reading could be refused in the middle.

pub mod attempt;
pub mod audit;
pub mod card;
pub mod change;
pub mod check;
pub mod comment;
mod error;
pub mod event;
pub mod evidence;
pub mod examination;
pub mod exchange;
pub mod invitation;
pub mod lease;
mod migrate;
pub mod moved;
pub mod numbers;
pub mod page;
pub mod project;
pub mod pull_request;
pub mod report;
pub mod request;
mod row;
#[cfg(test)]
mod sample;
pub mod session;
pub mod tally;
pub mod task;
pub mod token;
pub mod verdict;
mod writer;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};
use stdx::lock::FileLock;

pub use error::Error;
use writer::{Writer, Writers, Writing};

/// The database's file in the home folder.
pub const FILE: &str = "whimbrel.db";

/// Beside it, whose lock is the right to write next.
const TURN_FILE: &str = "whimbrel.turn";

/// How long a statement waits for another process's lock. A transaction of ours lasts
/// milliseconds, so whoever waits this long waits for something that hangs.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Connections of one process that read; two more write.
const READERS_MAX: u32 = 2;

/// The write-ahead log is cut back to this after a checkpoint, in bytes.
const WAL_BYTES_MAX: u32 = 16 * 1024 * 1024;

/// Switching a new file to write-ahead logging doesn't wait for locks, so it is tried again this
/// often, with [`OPEN_PAUSE`] between.
const OPEN_TRIES_MAX: u32 = 100;
const OPEN_PAUSE: Duration = Duration::from_millis(50);

/// An open database. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Store {
    /// For reading.
    pool: SqlitePool,
    writers: Writers,
    path: Arc<Path>,
    busy_timeout: Duration,
}

/// A writing transaction. Dropped without [`Transaction::commit`], it has done nothing.
///
/// It is not sqlx's own: that one counts transactions by itself, and when SQLite has already rolled
/// back (as it does on a full disk), the count is wrong and the connection is unusable from then on.
/// Here a connection whose transaction didn't commit is closed, which rolls back in every case.
struct Transaction {
    sql: Writing,
    _turn: Option<FileLock>,
    context: error::Context,
}

impl Store {
    /// Opens `<home>/whimbrel.db`, makes both where they aren't yet, and brings the schema up to
    /// this version.
    ///
    /// # Errors
    /// [`Error::Home`], [`Error::Unwritable`], [`Error::Full`], [`Error::Locked`],
    /// [`Error::Damaged`] and [`Error::Newer`]; the file is as it was before.
    pub async fn open(home: &Path) -> Result<Self, Error> {
        Self::open_with(home, BUSY_TIMEOUT).await
    }

    async fn open_with(home: &Path, busy_timeout: Duration) -> Result<Self, Error> {
        make_home(home)?;
        let path: Arc<Path> = home.join(FILE).into();
        begin_private(&path);
        let options = options(&path, busy_timeout);
        let mut connection = connect(&options, &path).await?;
        migrate::run(&mut connection, &path).await?;
        // The connection has done its work; how its closing went changes nothing.
        let _closed = connection.close().await;
        let writers = Writers::new(&options);
        let pool = SqlitePoolOptions::new()
            .max_connections(READERS_MAX)
            .acquire_timeout(busy_timeout * 2)
            .test_before_acquire(false)
            .connect_lazy_with(options);
        Ok(Self { pool, writers, path, busy_timeout })
    }

    /// The database's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until all connections are closed; what was committed stays either way.
    pub async fn close(self) {
        self.writers.close().await;
        self.pool.close().await;
    }

    /// `action` completes "can't …".
    fn context(&self, action: &'static str) -> error::Context {
        error::Context { path: Arc::clone(&self.path), action }
    }

    /// For `map_err` after a reading query.
    fn failed(&self, action: &'static str) -> impl Fn(sqlx::Error) -> Error + use<> {
        let context = self.context(action);
        move |source| context.explain(source)
    }

    async fn write(&self, action: &'static str) -> Result<Transaction, Error> {
        self.begin(action, &self.writers.durable).await
    }

    /// Without waiting for the disk: a machine that loses its power may forget it, a process that
    /// is killed doesn't.
    async fn write_lightly(&self, action: &'static str) -> Result<Transaction, Error> {
        self.begin(action, &self.writers.light).await
    }

    async fn begin(&self, action: &'static str, writer: &Writer) -> Result<Transaction, Error> {
        let mut transaction = self.ready(action, writer).await?;
        let begun = sqlx::query("begin immediate").execute(&mut *transaction.sql).await;
        begun.map_err(transaction.failed())?;
        Ok(transaction)
    }

    /// A transaction that hasn't begun, for a query that is all of it. While hundreds wait for their
    /// turn on few processors, each message to the connection's thread and back is a wait for a
    /// processor that all of them have, so what is written often is one message.
    async fn ready(&self, action: &'static str, writer: &Writer) -> Result<Transaction, Error> {
        let context = self.context(action);
        let sql = writer.take().await.map_err(|source| context.explain(source))?;
        let _turn = self.turn().await;
        // Made before it begins: whoever stops waiting here must not leave it open.
        Ok(Transaction { sql, _turn, context })
    }
}

impl Store {
    /// Waits for this process's turn to write. SQLite has writers try again after ever longer
    /// pauses, by which some of hundreds wait for ever; the kernel lets them queue. It only orders
    /// them: that one writes at a time is SQLite's business, so where there is no such file, or a
    /// process was stopped in its turn, it goes without.
    async fn turn(&self) -> Option<FileLock> {
        let path = self.path.with_file_name(TURN_FILE);
        if let Ok(Some(turn)) = FileLock::try_take(&path) {
            return Some(turn);
        }
        let (told, heard) = tokio::sync::oneshot::channel();
        // A thread of its own: nobody has to wait for it who waits no longer for the turn, not even
        // this process's end. It lets go of what nobody wants any more.
        let waiting = move || told.send(FileLock::wait(&path).ok());
        std::thread::Builder::new().spawn(waiting).ok()?;
        tokio::time::timeout(self.busy_timeout, heard).await.ok()?.ok()?
    }
}

impl Transaction {
    fn failed(&self) -> impl Fn(sqlx::Error) -> Error + use<> {
        let context = self.context.clone();
        move |source| context.explain(source)
    }

    async fn commit(mut self) -> Result<(), Error> {
        sqlx::query("commit").execute(&mut *self.sql).await.map_err(self.failed())?;
        self.done();
        Ok(())
    }

    /// The query that was all of it has committed.
    fn done(mut self) {
        self.sql.keep();
    }
}

/// Only the owner may look in: prompts, logs and evidence are in there.
fn make_home(home: &Path) -> Result<(), Error> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(home)
        .map_err(|source| home_error(home.to_owned(), source))
}

/// For nobody else on the machine, also where the home was there before and is open to all. The
/// files that SQLite puts beside it have the same permissions.
fn begin_private(path: &Path) {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    // Why it can't be made, if it can't, is said where the database is opened.
    let _refused = options.create_new(true).write(true).mode(0o600).open(path);
}

fn home_error(home: PathBuf, source: io::Error) -> Error {
    if source.kind() == io::ErrorKind::StorageFull {
        return Error::Full { path: home, source: sqlx::Error::Io(source) };
    }
    Error::Home { home, source }
}

/// `synchronous=full`: an event is in the log before its step acts, and that must also be true
/// after a power failure; otherwise a step that was done could be done twice. It costs one fsync
/// a transaction, which is little beside a tool call.
fn options(path: &Path, busy_timeout: Duration) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .busy_timeout(busy_timeout)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("journal_size_limit", WAL_BYTES_MAX.to_string())
        .disable_statement_logging()
}

async fn connect(options: &SqliteConnectOptions, path: &Path) -> Result<SqliteConnection, Error> {
    let context = error::Context { path: path.into(), action: "open the database" };
    let mut tries = 1;
    loop {
        let error = match SqliteConnection::connect_with(options).await {
            Ok(connection) => return Ok(connection),
            Err(source) => context.explain(source),
        };
        if tries == OPEN_TRIES_MAX || !matches!(error, Error::Locked { .. }) {
            return Err(error);
        }
        tries += 1;
        tokio::time::sleep(OPEN_PAUSE).await;
    }
}

#[cfg(test)]
mod tests;
