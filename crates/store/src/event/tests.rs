use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use super::*;
use crate::sample::{NOW, holder, store_with_task};

const WRITERS: usize = 8;
const EVENTS_EACH: usize = 25;

/// Each writer has connections of its own, as a process has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_writers_leave_no_gap_and_no_duplicate() {
    let (home, store, task) = store_with_task(1).await;
    let id = AttemptId::new(&task, 1);
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let (home, id) = (home.path().to_owned(), id.clone());
        writers.spawn(async move { write(&home, &id, writer).await });
    }
    let numbers: BTreeSet<u64> = writers.join_all().await.into_iter().flatten().collect();

    let last = 1 + (WRITERS * EVENTS_EACH) as u64;
    assert!(numbers.into_iter().eq(2..=last));
    let stored = since(&store, &id, 0, u32::MAX).await.unwrap();
    assert!(stored.iter().map(|event| event.seq).eq(1..=last));
}

async fn write(home: &Path, id: &AttemptId, writer: usize) -> Vec<u64> {
    let store = Store::open(home).await.unwrap();
    let mut numbers = Vec::new();
    for step in 0..EVENTS_EACH {
        let fact = Fact::Progress { text: format!("writer {writer}, step {step}") };
        numbers.push(append(&store, id, NOW, &fact, None).await.unwrap());
    }
    numbers
}

#[tokio::test]
async fn events_are_read_in_pages() {
    let (_home, store, task) = store_with_task(2).await;
    let id = AttemptId::new(&task, 1);
    for text in ["a", "b", "c"] {
        let fact = Fact::Said { text: text.into() };
        append(&store, &id, NOW.plus_ms(5), &fact, None).await.unwrap();
    }
    let page = since(&store, &id, 1, 2).await.unwrap();
    assert!(page.iter().map(|event| event.seq).eq([2, 3]));
    let newest = latest(&store, &id).await.unwrap().unwrap();
    assert_eq!(newest.fact, Fact::Said { text: "c".into() });
    assert_eq!((newest.seq, newest.at), (4, NOW.plus_ms(5)));
    assert!(since(&store, &id, 4, 10).await.unwrap().is_empty());
    assert!(since(&store, &id, u64::MAX, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_event_of_no_attempt_or_of_a_lost_lease_is_refused() {
    let (_home, store, task) = store_with_task(1).await;
    let nobody = AttemptId::new(&task, 9);
    let missing = append(&store, &nobody, NOW, &Fact::Created, None).await.unwrap_err();
    assert_eq!(missing.to_string(), "there is no attempt 10000000.9");
    assert_eq!(latest(&store, &nobody).await.unwrap(), None);

    let id = AttemptId::new(&task, 1);
    let lost = append(&store, &id, NOW, &Fact::Created, Some(&holder(1))).await.unwrap_err();
    assert_eq!(lost.to_string(), "the lease on attempt 10000000.1 is no longer ours");
    assert_eq!(latest(&store, &id).await.unwrap().unwrap().seq, 1);
}

const KILLED_HOME: &str = "WHIMBREL_TEST_KILLED_HOME";

/// The test runs itself again as the process that is killed in the middle of writing.
#[test]
fn what_was_acknowledged_survives_a_kill() {
    if let Some(home) = std::env::var_os(KILLED_HOME) {
        return write_until_killed(Path::new(&home));
    }
    let (home, id) = killed_home();
    let acknowledged = run_and_kill(home.path());
    let stored = stored(home.path(), &id);
    assert!(stored.len() as u64 >= acknowledged, "{} of {acknowledged}", stored.len());
    assert!(stored.iter().map(|event| event.seq).eq(1..=stored.len() as u64));
}

#[tokio::main(flavor = "current_thread")]
async fn killed_home() -> (tempfile::TempDir, AttemptId) {
    let (home, store, task) = store_with_task(1).await;
    store.close().await;
    (home, AttemptId::new(&task, 1))
}

/// Says each number once it was given.
#[tokio::main(flavor = "current_thread")]
async fn write_until_killed(home: &Path) {
    let store = Store::open(home).await.unwrap();
    let id: AttemptId = "10000000.1".parse().unwrap();
    let fact = Fact::Said { text: "x".repeat(3000) };
    for _ in 0..100_000 {
        println!("\nseq {}", append(&store, &id, NOW, &fact, None).await.unwrap());
    }
}

/// The last number that the process said before it was killed.
#[expect(clippy::disallowed_methods, reason = "the test needs a process to kill")]
fn run_and_kill(home: &Path) -> u64 {
    const ENOUGH: u64 = 200;
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "event::tests::what_was_acknowledged_survives_a_kill", "--nocapture"])
        .env(KILLED_HOME, home)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut numbers = lines.filter_map(|line| line.strip_prefix("seq ")?.parse().ok());
    let enough = numbers.by_ref().find(|&seq| seq >= ENOUGH).unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    numbers.last().unwrap_or(enough)
}

#[tokio::main(flavor = "current_thread")]
async fn stored(home: &Path, id: &AttemptId) -> Vec<Event> {
    let store = Store::open(home).await.unwrap();
    since(&store, id, 0, u32::MAX).await.unwrap()
}

#[tokio::test]
async fn many_at_once_are_in_their_order_and_none_are_none() {
    let (_home, store, task) = store_with_task(1).await;
    let id = AttemptId::new(&task, 1);
    let facts: Vec<Fact> = (0..150).map(|number| Fact::Said { text: number.to_string() }).collect();
    assert_eq!(append_all(&store, &id, Timestamp(1), &[], None).await.unwrap(), 0);
    let newest = append_all(&store, &id, Timestamp(1), &facts, None).await.unwrap();
    let log = all(&store, &id).await.unwrap();
    assert!(log.iter().map(|event| event.seq).eq(1..=newest));
    let said = log.into_iter().map(|event| event.fact).skip(log_begins(newest, &facts));
    assert_eq!(said.collect::<Vec<_>>(), facts);
}

/// What an attempt's log has before them.
fn log_begins(newest: u64, facts: &[Fact]) -> usize {
    newest as usize - facts.len()
}
