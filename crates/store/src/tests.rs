//! Homes that can't be written, disks that are full, databases that are locked, damaged or newer.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::time::Duration;

use domain::{AttemptId, Fact};
use expect_test::expect;
use sqlx::Connection;

use super::*;
use crate::sample::{NOW, store, store_with_task};

const NOBODY: u32 = 65534;

/// The error's text, with the home's path made short.
async fn refusal(home: &Path) -> String {
    let error = Store::open_with(home, Duration::from_millis(200)).await.unwrap_err();
    error.to_string().replace(home.to_str().unwrap(), "HOME")
}

#[tokio::test]
async fn nobody_else_on_the_machine_reads_it() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    std::fs::set_permissions(home.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let _store = Store::open(home.path()).await.unwrap();
    for entry in std::fs::read_dir(home.path()).unwrap().flatten() {
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?}", entry.path());
    }
}

#[tokio::test]
async fn a_new_home_is_made_for_its_owner_only() {
    let parent = tempfile::tempdir().unwrap();
    let home = parent.path().join("deep/ünd wide");
    let store = Store::open(&home).await.unwrap();
    assert_eq!(fs::metadata(&home).unwrap().permissions().mode() & 0o777, 0o700);
    store.close().await;
    Store::open(&home).await.unwrap();
}

#[tokio::test]
async fn eight_can_open_a_new_home_at_once() {
    let home = tempfile::tempdir().unwrap();
    let mut opening = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let home = home.path().to_owned();
        opening.spawn(async move { Store::open(&home).await });
    }
    for opened in opening.join_all().await {
        opened.unwrap();
    }
}

#[tokio::test]
async fn a_file_in_the_home_s_place_is_named() {
    let parent = tempfile::tempdir().unwrap();
    let home = parent.path().join("home");
    fs::write(&home, "a file").unwrap();
    expect!["can't make the home folder HOME; make it writable for this user, or set WHIMBREL_HOME to a folder that is"]
    .assert_eq(&refusal(&home).await);
    assert_eq!(fs::read(&home).unwrap(), b"a file");
}

/// Modes don't bind root, so where the test runs as root, it runs itself again as nobody.
#[test]
fn a_read_only_home_is_told() {
    const HOME: &str = "WHIMBREL_TEST_READ_ONLY_HOME";
    if let Some(home) = std::env::var_os(HOME) {
        return open_read_only(Path::new(&home));
    }
    let parent = tempfile::tempdir().unwrap();
    fs::set_permissions(parent.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let home = parent.path().join("home");
    fs::create_dir(&home).unwrap();
    // SAFETY: it reads one number of this process.
    let root = unsafe { libc::geteuid() } == 0;
    if root {
        chown(&home, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    fs::set_permissions(&home, fs::Permissions::from_mode(0o500)).unwrap();
    if root { as_nobody(parent.path(), HOME, &home) } else { open_read_only(&home) }
}

#[expect(clippy::disallowed_methods, reason = "the test needs another user's process")]
fn as_nobody(folder: &Path, variable: &str, home: &Path) {
    let program = folder.join("tests");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let output = std::process::Command::new(program)
        .args(["--exact", "tests::a_read_only_home_is_told", "--nocapture"])
        .env(variable, home)
        .current_dir("/")
        .uid(NOBODY)
        .gid(NOBODY)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{output:?}");
}

#[tokio::main(flavor = "current_thread")]
async fn open_read_only(home: &Path) {
    expect!["can't write the database HOME/whimbrel.db; make it and its folder writable for this user, or set WHIMBREL_HOME to a folder that is"]
    .assert_eq(&refusal(home).await);
    assert_eq!(fs::read_dir(home).unwrap().count(), 0);
}

#[tokio::test]
async fn a_full_disk_stops_a_write_and_loses_nothing() {
    let (_home, store, task) = store_with_task(1).await;
    let attempt = AttemptId::new(&task, 1);
    limit_pages(&store, 120).await;

    let (written, error) = fill(&store, &attempt).await;
    assert!(matches!(error, Error::Full { .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.starts_with("no space is left for"), "{message}");

    limit_pages(&store, 100_000).await;
    let after = event::append(&store, &attempt, NOW, &Fact::Created, None).await.unwrap();
    assert_eq!(after, written + 1);
    let all = event::since(&store, &attempt, 0, u32::MAX).await.unwrap();
    assert!(all.iter().map(|event| event.seq).eq(1..=after));
}

/// Of the connection that writes, until it is closed because of a full disk.
async fn limit_pages(store: &Store, pages: u32) {
    let mut writing = store.writers.durable.take().await.unwrap();
    let limit = sqlx::AssertSqlSafe(format!("pragma max_page_count = {pages}"));
    sqlx::query(limit).execute(&mut *writing).await.unwrap();
    writing.keep();
}

/// Writes until it can't. Gives the last number that was written, and the error.
async fn fill(store: &Store, attempt: &AttemptId) -> (u64, Error) {
    const TRIES_MAX: usize = 10_000;
    let mut last = 0;
    for _ in 0..TRIES_MAX {
        let fact = Fact::Said { text: "x".repeat(10_000) };
        match event::append(store, attempt, NOW, &fact, None).await {
            Ok(seq) => last = seq,
            Err(error) => return (last, error),
        }
    }
    panic!("it never filled up");
}

/// A file system of its own, as only root can mount one.
struct Tmpfs(tempfile::TempDir);

impl Tmpfs {
    fn mount(options: &std::ffi::CStr) -> Self {
        use std::os::unix::ffi::OsStrExt;
        let folder = tempfile::tempdir().unwrap();
        let target = std::ffi::CString::new(folder.path().as_os_str().as_bytes()).unwrap();
        let kind = c"tmpfs".as_ptr();
        // SAFETY: all pointers are to texts that live until the call returns.
        let failed =
            unsafe { libc::mount(kind, target.as_ptr(), kind, 0, options.as_ptr().cast()) } != 0;
        assert!(
            !failed,
            "mounting a full disk needs root: run it with sudo, or --skip full_file_system"
        );
        Self(folder)
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        use std::os::unix::ffi::OsStrExt;
        let target = std::ffi::CString::new(self.0.path().as_os_str().as_bytes()).unwrap();
        // SAFETY: the pointer is to a text that lives until the call returns.
        unsafe { libc::umount2(target.as_ptr(), libc::MNT_DETACH) };
    }
}

#[tokio::test]
async fn a_full_file_system_stops_a_write_and_loses_nothing() {
    let disk = Tmpfs::mount(c"size=600k");
    let home = disk.0.path();
    let store = Store::open(home).await.unwrap();
    let task = domain::TaskId::from_random(1);
    sample::add_task(&store, &task, 1).await;
    let attempt = AttemptId::new(&task, 1);

    let (written, error) = fill(&store, &attempt).await;
    assert!(matches!(error, Error::Full { .. }), "{error:?}");
    let all = event::since(&store, &attempt, 0, u32::MAX).await.unwrap();
    assert!(all.iter().map(|event| event.seq).eq(1..=written));
    store.close().await;
}

#[tokio::test]
async fn a_home_on_a_full_file_system_is_told() {
    let disk = Tmpfs::mount(c"size=64k");
    fs::write(disk.0.path().join("filler"), vec![1; 60 * 1024]).unwrap();
    expect!["no space is left for HOME/whimbrel.db; free some and run again: nothing was lost, and nothing is half-done"]
    .assert_eq(&refusal(disk.0.path()).await);
}

#[tokio::test]
async fn garbage_is_told_and_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let garbage = b"no database at all ".repeat(1000);
    fs::write(home.path().join(FILE), &garbage).unwrap();
    expect!["the database HOME/whimbrel.db is damaged; it was left as it is. Copy it away together with its -wal file, then put a backup in its place, or save what can still be read: `sqlite3 HOME/whimbrel.db .recover | sqlite3 recovered.db`"]
    .assert_eq(&refusal(home.path()).await);
    assert_eq!(fs::read(home.path().join(FILE)).unwrap(), garbage);
}

#[tokio::test]
async fn a_truncated_database_is_told_and_left_alone() {
    let (home, store, _task) = store_with_task(4).await;
    store.close().await;
    let whole = fs::read(home.path().join(FILE)).unwrap();
    let half = &whole[..whole.len() / 2];
    fs::write(home.path().join(FILE), half).unwrap();

    let error = match Store::open(home.path()).await {
        Err(error) => error,
        Ok(store) => task::list(&store, &task::Filter::default(), 10).await.unwrap_err(),
    };
    assert!(matches!(error, Error::Damaged { .. }), "{error:?}");
    assert_eq!(fs::read(home.path().join(FILE)).unwrap(), half);
}

#[tokio::test]
async fn a_lock_held_by_another_is_told_after_a_while() {
    let (home, store, task) = store_with_task(1).await;
    let mut holder = connect(&options(store.path(), BUSY_TIMEOUT), store.path()).await.unwrap();
    let held = holder.begin_with("begin immediate").await.unwrap();

    let patient = Store::open_with(home.path(), Duration::from_millis(100)).await.unwrap();
    let attempt = AttemptId::new(&task, 1);
    let error = event::append(&patient, &attempt, NOW, &Fact::Created, None).await.unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error:?}");
    // Reading goes on meanwhile.
    task::get(&patient, &task).await.unwrap();

    held.rollback().await.unwrap();
    event::append(&patient, &attempt, NOW, &Fact::Created, None).await.unwrap();
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let (home, store) = store().await;
    sqlx::query("pragma user_version = 999").execute(&store.pool).await.unwrap();
    store.close().await;
    expect!["the database HOME/whimbrel.db has schema 999, and this whimbrel knows schemas up to 8; run the newer whimbrel that wrote it, or set WHIMBREL_HOME to another folder"]
    .assert_eq(&refusal(home.path()).await);
}

/// A runner that is told to stop drops what it was writing.
#[tokio::test]
async fn a_write_that_nobody_waits_for_any_more_leaves_nothing_locked() {
    let (home, store, task) = store_with_task(1).await;
    let attempt = AttemptId::new(&task, 1);
    for polls in 1..=200 {
        let writing = std::pin::pin!(event::append(&store, &attempt, NOW, &Fact::Created, None));
        give_up_after(polls % 10, writing).await;
    }
    event::append(&store, &attempt, NOW, &Fact::Created, None).await.unwrap();
    let other = Store::open_with(home.path(), Duration::from_secs(2)).await.unwrap();
    event::append(&other, &attempt, NOW, &Fact::Created, None).await.unwrap();
}

/// Polls that often, each time when it is woken, and leaves it there.
async fn give_up_after<T>(polls: u32, mut future: std::pin::Pin<&mut impl Future<Output = T>>) {
    let mut polled = 0;
    std::future::poll_fn(|context| {
        polled += 1;
        let is_over = future.as_mut().poll(context).is_ready() || polled >= polls;
        if is_over { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

/// As a process does that was stopped in its turn: nobody may wait for ever for it, least of all
/// the engine that would end it.
#[tokio::test]
async fn a_turn_that_nobody_ends_is_not_waited_for_for_ever() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open_with(home.path(), Duration::from_millis(100)).await.unwrap();
    let held = FileLock::wait(&home.path().join(TURN_FILE)).unwrap();
    let wrote = async { store.write("write").await?.commit().await };
    tokio::time::timeout(Duration::from_secs(5), wrote).await.unwrap().unwrap();
    drop(held);
}
