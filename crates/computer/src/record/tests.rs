use std::sync::Arc;

use domain::{Clock, Timestamp};

use super::*;
use crate::exec::Ended;
use crate::redact::{Patterns, Redactor};
use crate::{Exec, Output, Secret};

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp(43_200_000)
    }
}

fn journal(folder: &Path, secrets: &[Secret]) -> Journal {
    Journal::open(folder, secrets, Arc::new(Noon)).unwrap()
}

fn token() -> Secret {
    Secret::new("TOKEN", "hunter22").unwrap()
}

fn said(text: &str) -> Output {
    Output::Stdout(text.as_bytes().to_vec())
}

fn exited(code: i32) -> Ended {
    let duration = std::time::Duration::from_millis(5);
    Ended { status: Status::Exited(code), duration, usage: None }
}

/// In pieces of each length there is.
fn redacted(text: &str, secrets: &[Secret]) -> Vec<String> {
    let patterns = Arc::new(Patterns::of(secrets));
    let in_pieces = |length| {
        let mut stream = Redactor::new(Arc::clone(&patterns));
        let mut out: Vec<u8> =
            text.as_bytes().chunks(length).flat_map(|piece| stream.push(piece)).collect();
        out.extend(stream.end());
        String::from_utf8(out).unwrap()
    };
    (1..=text.len()).map(in_pieces).collect()
}

#[test]
fn secrets_are_replaced_however_they_are_cut() {
    let longer = Secret::new("LONGER", "hunter22-and-more").unwrap();
    let secrets = [token(), longer];
    let text = "a hunter2 hunter22hunter22 huhunter22-and-more hunter22-and aHVudGVyMjI= hunter";
    let wanted = "a hunter2 [TOKEN][TOKEN] hu[LONGER] [TOKEN]-and [TOKEN]I= hunter";
    for seen in redacted(text, &secrets) {
        assert!(!seen.contains("hunter22") && !seen.contains("aHVudGVyMj"), "{seen}");
        assert_eq!(seen[..60], wanted[..60]);
    }
}

#[test]
fn without_secrets_nothing_is_held_back() {
    let mut stream = Redactor::new(Arc::default());
    assert_eq!(stream.push(b"abc"), b"abc");
}

#[tokio::test]
async fn an_execution_is_read_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("attempts/7/record");
    let journal = journal(&folder, &[token()]);
    let exec = Exec::new(["curl", "-H", "X: hunter22"]).env("KEY", "hunter22").cwd("/tmp");
    let tape = journal.begin(&exec).await.unwrap();
    tape.output(&said("a hunt")).await;
    tape.output(&Output::Stderr(b"oh\n".to_vec())).await;
    tape.output(&said("er22\n")).await;
    tape.end(Ok(&exited(3))).await;
    let [entry] = read(&folder).unwrap().try_into().unwrap();
    assert_eq!(entry.argv, ["curl", "-H", "X: [TOKEN]"]);
    assert_eq!((entry.env, entry.cwd), (vec!["KEY".to_owned()], PathBuf::from("/tmp")));
    let end = entry.end.unwrap();
    assert_eq!((end.at, end.how), (Timestamp(43_200_000), How::Exited(3)));
    assert_eq!((end.stdout.bytes, end.stdout.kept_bytes, end.stderr.bytes), (11, 10, 3));
    // Of "a [TOKEN]\n".
    let sha256 = "94a1aefff5aa5e7db2bba6d3dcef9d91c4ef6a8a8d4d8bd1d6c5d1ac1a0d3a5e";
    assert_eq!(end.stdout.sha256.len(), sha256.len());
    let recorded = output(&folder, 1).unwrap();
    assert_eq!(recorded.stdout, b"a [TOKEN]\n");
    assert_eq!((recorded.stderr.as_slice(), recorded.complete), (&b"oh\n"[..], true));
}

#[tokio::test]
async fn a_crash_keeps_what_there_was_and_the_next_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let first = journal(folder.path(), &[]);
    let tape = first.begin(&Exec::new(["one"])).await.unwrap();
    tape.end(Ok(&exited(0))).await;
    let tape = first.begin(&Exec::new(["two"])).await.unwrap();
    tape.output(&said("half")).await;
    // Written by the thread when nothing else waits.
    while output(folder.path(), 2).unwrap().stdout.is_empty() {
        tokio::task::yield_now().await;
    }
    let lines = folder.path().join("executions.jsonl");
    let text = fs::read_to_string(&lines).unwrap();
    fs::write(&lines, format!("{text}{{\"number\":9")).unwrap();
    let second = journal(folder.path(), &[]);
    let third = second.begin(&Exec::new(["three"])).await.unwrap();
    third.end(Ok(&exited(0))).await;
    let entries = read(folder.path()).unwrap();
    let seen: Vec<_> = entries.iter().map(|e| (e.number, &*e.argv[0], e.end.is_some())).collect();
    assert_eq!(seen, [(1, "one", true), (2, "two", false), (3, "three", true)]);
    let half = output(folder.path(), 2).unwrap();
    assert_eq!((half.stdout.as_slice(), half.complete), (&b"half"[..], false));
    drop(tape);
}

#[tokio::test]
async fn more_than_is_kept_is_counted_and_hashed() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path(), &[]);
    let tape = journal.begin(&Exec::new(["yes"])).await.unwrap();
    let piece = said(&"y\n".repeat(512 * 1024));
    for _ in 0..65 {
        tape.output(&piece).await;
    }
    tape.end(Ok(&exited(0))).await;
    let end = read(folder.path()).unwrap().remove(0).end.unwrap();
    assert_eq!((end.stdout.bytes, end.stdout.kept_bytes), (65 << 20, EXECUTION_BYTES_MAX));
    assert_eq!(output(folder.path(), 1).unwrap().stdout.len() as u64, EXECUTION_BYTES_MAX);
}

#[tokio::test]
async fn long_arguments_are_cut() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path(), &[]);
    let exec = Exec::new(["sh", "-c", &"ä".repeat(40_000)]);
    journal.begin(&exec).await.unwrap().end(Ok(&exited(0))).await;
    let entry = read(folder.path()).unwrap().remove(0);
    assert!(entry.argv_cut && entry.argv[2].len() < 33_000);
}

#[tokio::test]
async fn a_number_that_a_crash_left_half_written_is_not_given_again() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("000003.began.json"), "{\"num").unwrap();
    std::fs::write(folder.path().join("000005.output.gz"), "").unwrap();
    std::fs::write(folder.path().join("executions.jsonl"), "{\"number\":").unwrap();
    for number in [6, 7] {
        // Opened anew each time, as by another driver.
        let journal = journal(folder.path(), &[]);
        let tape = journal.begin(&Exec::new(["true"])).await.unwrap();
        tape.end(Ok(&exited(0))).await;
        let numbers: Vec<u64> =
            read(folder.path()).unwrap().iter().map(|entry| entry.number).collect();
        assert_eq!(numbers, (6..=number).collect::<Vec<_>>());
    }
}
