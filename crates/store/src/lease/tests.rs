use domain::attempt::Outcome;

use super::*;
use crate::attempt::Move;
use crate::sample::{NOW, holder, store_with_task};

#[tokio::test]
async fn one_of_many_takes_it() {
    let (_home, store, task) = store_with_task(1).await;
    let id = AttemptId::new(&task, 1);
    let mut takers = tokio::task::JoinSet::new();
    for process in 0..8 {
        let (store, id) = (store.clone(), id.clone());
        takers.spawn(async move { take(&store, &id, &holder(process), NOW, 100).await.unwrap() });
    }
    let runs: Vec<u32> = takers.join_all().await.into_iter().flatten().collect();
    assert_eq!(runs, [1]);
    assert_eq!(event::latest(&store, &id).await.unwrap().unwrap().seq, 2);
}

#[tokio::test]
async fn an_expired_lease_is_taken_over_and_counted() {
    let (_home, store, task) = store_with_task(1).await;
    let id = AttemptId::new(&task, 1);
    assert_eq!(take(&store, &id, &holder(1), NOW, 100).await.unwrap(), Some(1));
    assert!(heartbeat(&store, &id, &holder(1), NOW.plus_ms(60)).await.unwrap());
    assert_eq!(take(&store, &id, &holder(2), NOW.plus_ms(159), 100).await.unwrap(), None);
    assert!(expired(&store, NOW.plus_ms(159)).await.unwrap().is_empty());

    let late = NOW.plus_ms(160);
    assert_eq!(expired(&store, late).await.unwrap(), std::slice::from_ref(&id));
    assert_eq!(take(&store, &id, &holder(2), late, 100).await.unwrap(), Some(2));
    assert!(!heartbeat(&store, &id, &holder(1), late).await.unwrap());
    let taken = event::latest(&store, &id).await.unwrap().unwrap().fact;
    assert_eq!(taken, Fact::Taken { run: 2, process: 2 });
    assert_eq!(attempt::get(&store, &id).await.unwrap().runs, 2);
}

#[tokio::test]
async fn a_released_lease_is_free_and_a_stranger_releases_nothing() {
    let (_home, store, task) = store_with_task(1).await;
    let id = AttemptId::new(&task, 1);
    take(&store, &id, &holder(1), NOW, 100).await.unwrap();
    release(&store, &id, &holder(2)).await.unwrap();
    assert!(heartbeat(&store, &id, &holder(1), NOW).await.unwrap());
    release(&store, &id, &holder(1)).await.unwrap();
    assert_eq!(take(&store, &id, &holder(2), NOW, 100).await.unwrap(), Some(2));
}

#[tokio::test]
async fn what_has_ended_is_not_taken() {
    let (_home, store, task) = store_with_task(1).await;
    let id = AttemptId::new(&task, 1);
    let ended = State::Ended { outcome: Outcome::Cancelled };
    let cancel = Move { expected: &State::Queued, to: &ended, at: NOW, holder: None };
    attempt::move_to(&store, &id, cancel, &[]).await.unwrap();
    assert_eq!(take(&store, &id, &holder(1), NOW, 100).await.unwrap(), None);
}

#[tokio::test]
async fn of_several_at_once_only_the_free_are_taken() {
    let (_home, store, task) = store_with_task(4).await;
    let id = |number| AttemptId::new(&task, number);
    take(&store, &id(2), &holder(9), NOW, 1_000).await.unwrap().unwrap();
    let ended = State::Ended { outcome: Outcome::Cancelled };
    let end = Move { expected: &State::Queued, to: &ended, at: NOW, holder: None };
    attempt::move_to(&store, &id(3), end, &[]).await.unwrap();

    let wanted: Vec<_> = (1..=4).map(|number| (id(number), holder(number))).collect();
    let taken = take_all(&store, &wanted, NOW, 1_000).await.unwrap();
    assert_eq!(taken, [id(1), id(4)]);
    assert!(heartbeat(&store, &id(2), &holder(9), NOW).await.unwrap());
    assert!(!heartbeat(&store, &id(2), &holder(2), NOW).await.unwrap());
    assert!(heartbeat(&store, &id(4), &holder(4), NOW).await.unwrap());
}
