//! Connections that write: one whose transactions are on the disk when they end, one whose aren't yet.
//!
//! No pool: that one asks each connection whether it lives before it is used and after, which are two
//! of the seven messages that a small transaction sends to its connection's thread.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteSynchronous};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// A process's; one transaction of each kind at a time. Clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Writers {
    pub durable: Writer,
    pub light: Writer,
}

/// A connection that is made when it is first needed.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    options: SqliteConnectOptions,
    connection: Arc<Mutex<Option<SqliteConnection>>>,
}

/// A connection while it writes. It is closed after it, which rolls back in every case, unless it is
/// said to be kept.
#[derive(Debug)]
pub(crate) struct Writing {
    /// Always there until it is dropped.
    connection: Option<SqliteConnection>,
    place: OwnedMutexGuard<Option<SqliteConnection>>,
    kept: bool,
}

impl Writers {
    pub(crate) fn new(options: &SqliteConnectOptions) -> Self {
        let light = options.clone().synchronous(SqliteSynchronous::Normal);
        Self { durable: Writer::new(options.clone()), light: Writer::new(light) }
    }

    /// Waits for who writes.
    pub(crate) async fn close(&self) {
        for writer in [&self.durable, &self.light] {
            if let Some(connection) = writer.connection.lock().await.take() {
                // What was committed stays either way.
                let _closed = connection.close().await;
            }
        }
    }
}

impl Writer {
    pub(crate) fn new(options: SqliteConnectOptions) -> Self {
        Self { options, connection: Arc::default() }
    }

    /// Waits for its turn within this process.
    pub(crate) async fn take(&self) -> Result<Writing, sqlx::Error> {
        let mut place = Arc::clone(&self.connection).lock_owned().await;
        let connection = match place.take() {
            Some(connection) => connection,
            None => SqliteConnection::connect_with(&self.options).await?,
        };
        Ok(Writing { connection: Some(connection), place, kept: false })
    }
}

impl Writing {
    /// Its transaction is over.
    pub(crate) fn keep(&mut self) {
        self.kept = true;
    }
}

impl Deref for Writing {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        self.connection.as_ref().expect("it is taken only when this is dropped")
    }
}

impl DerefMut for Writing {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.connection.as_mut().expect("it is taken only when this is dropped")
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if self.kept {
            *self.place = self.connection.take();
        }
    }
}
