use std::time::Duration;

use super::*;
use crate::Stdin;

async fn computer() -> Box<dyn Computer> {
    let fake = Fake::new();
    fake.fork(&fake.bare(), &spec()).await.unwrap()
}

fn spec() -> Spec {
    Spec::default()
}

#[tokio::test]
async fn paths_inside_are_mapped_wherever_they_stand() {
    let computer = computer().await;
    computer.write(Path::new("/workspace/a/b"), b"hello", 0o644).await.unwrap();
    let shell = Exec::shell("cat /workspace/a/b $FILE; cp a/b /run/whimbrel/c")
        .env("FILE", "/workspace/a/b");
    let exited = computer.run(shell).await.unwrap();
    assert_eq!((exited.text().as_str(), exited.status), ("hellohello", Status::Exited(0)));
    let copied = computer.read(Path::new("/run/whimbrel/c"), 100).await.unwrap();
    assert_eq!(copied, b"hello");
    computer.destroy().await.unwrap();
}

#[test]
fn only_whole_roots_are_mapped() {
    let mapped = |text| replace_root(text, "/workspace", "/T");
    assert_eq!(mapped("cd /workspace/x && ls /workspace"), "cd /T/x && ls /T");
    assert_eq!(mapped("a/workspace /workspaces"), "a/workspace /workspaces");
}

#[tokio::test]
async fn input_output_limits_and_time_hold() {
    let computer = computer().await;
    let cat = Exec::new(["cat"]).stdin(Stdin::Bytes(vec![b'x'; 300_000])).output_bytes_max(10);
    let exited = computer.run(cat).await.unwrap();
    assert_eq!(exited.stdout.text(), "x".repeat(10));
    assert_eq!(exited.stdout.dropped_bytes, 299_990);
    let slow = Exec::shell("sleep 1000").timeout(Duration::from_millis(50));
    assert_eq!(computer.run(slow).await.unwrap().status, Status::OutOfTime);
}

#[tokio::test]
async fn a_program_that_is_not_there_is_an_error() {
    let error = computer().await.run(Exec::new(["/no/such/program"])).await.unwrap_err();
    assert_eq!(error.to_string(), "can't start \"/no/such/program\" in the computer");
}

#[tokio::test]
async fn a_durable_one_is_suspended_and_goes_on() {
    let fake = Fake::new();
    let spec = Spec { name: Some("task.1".into()), layer: Layer::Durable, ..Spec::default() };
    let computer = fake.fork(&fake.bare(), &spec).await.unwrap();
    computer.write(Path::new("/workspace/f"), b"kept", 0o644).await.unwrap();
    let in_use = fake.resume("task.1", &fake.bare(), &spec).await.map(drop);
    assert!(matches!(in_use, Err(Error::InUse { .. })));
    assert!(matches!(fake.discard("task.1").await, Err(Error::InUse { .. })));
    computer.suspend().await.unwrap();
    let exists = fake.fork(&fake.bare(), &spec).await.map(drop);
    assert!(matches!(exists, Err(Error::Exists { .. })) && fake.exists("task.1").await);
    let listed = fake.durables().await.unwrap();
    assert_eq!(listed, [Durable { name: "task.1".into(), bytes: 4, driven: false }]);
    let resumed = fake.clone().resume("task.1", &fake.bare(), &spec).await.unwrap();
    assert_eq!(resumed.read(Path::new("/workspace/f"), 100).await.unwrap(), b"kept");
    // As if its driver had been killed.
    drop(resumed);
    assert!(fake.discard("task.1").await.unwrap() && !fake.discard("task.1").await.unwrap());
    let gone = fake.resume("task.1", &fake.bare(), &spec).await.map(drop);
    assert!(matches!(gone, Err(Error::NotResumable { .. })));
    let scratch = fake.fork(&fake.bare(), &Spec::default()).await.unwrap();
    assert!(matches!(scratch.suspend().await, Err(Error::NotResumable { .. })));
    assert!(fake.durables().await.unwrap().is_empty());
}

#[tokio::test]
async fn files_are_searched() {
    let computer = computer().await;
    computer.write(Path::new("/workspace/a/b"), b"x\nhello\n", 0o644).await.unwrap();
    let search = Search { pattern: "hello".into(), ..Search::default() };
    assert_eq!(computer.search(search).await.unwrap().text, "a/b:2:hello\n");
}

#[tokio::test]
async fn forks_of_a_snapshot_see_it_and_not_each_other() {
    let fake = Fake::new();
    let id = SnapshotId::from_digest(&[1, 2]);
    assert_eq!(fake.find(&id), None);
    let first = fake.fork(&fake.bare(), &spec()).await.unwrap();
    first.write(Path::new("/workspace/base"), b"base", 0o644).await.unwrap();
    let snapshot = first.seal(id.clone()).await.unwrap();
    assert_eq!(fake.find(&id).as_ref(), Some(&snapshot));
    let (one, two) = (
        fake.fork(&snapshot, &spec()).await.unwrap(),
        fake.fork(&snapshot, &spec()).await.unwrap(),
    );
    one.write(Path::new("/workspace/base"), b"mine", 0o644).await.unwrap();
    assert_eq!(two.read(Path::new("/workspace/base"), 100).await.unwrap(), b"base");
}
