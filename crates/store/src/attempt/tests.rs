use domain::attempt::Outcome;
use expect_test::expect;

use super::*;
use crate::sample::{NOW, holder, store_with_task};

/// A move by nobody in particular.
fn to<'a>(expected: &'a State, to: &'a State, after_ms: u64) -> Move<'a> {
    Move { expected, to, at: NOW.plus_ms(after_ms), holder: None }
}

#[tokio::test]
async fn a_move_sets_the_times_and_is_in_the_log() {
    let (_home, store, task) = store_with_task(1).await;
    let id = AttemptId::new(&task, 1);
    let ended = State::Ended { outcome: Outcome::OutOfTime };
    let said = Fact::Warned { text: "late".into() };
    move_to(&store, &id, to(&State::Queued, &State::Preparing, 1), &[]).await.unwrap();
    let seq = move_to(&store, &id, to(&State::Preparing, &ended, 2), std::slice::from_ref(&said))
        .await
        .unwrap();

    let attempt = get(&store, &id).await.unwrap();
    assert_eq!((attempt.started, attempt.ended), (Some(NOW.plus_ms(1)), Some(NOW.plus_ms(2))));
    assert_eq!(attempt.state, ended);
    let facts: Vec<_> = event::since(&store, &id, 1, 10).await.unwrap();
    assert_eq!(facts.last().unwrap().seq, seq);
    let facts: Vec<_> = facts.into_iter().map(|event| event.fact).collect();
    let moved = |state| Fact::Moved { state };
    assert_eq!(facts, [moved(State::Preparing), said, moved(ended)]);
}

#[tokio::test]
async fn only_one_of_many_movers_wins_and_only_it_is_logged() {
    let (_home, store, task) = store_with_task(1).await;
    let id = AttemptId::new(&task, 1);
    let mut movers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (store, id) = (store.clone(), id.clone());
        movers.spawn(async move {
            move_to(&store, &id, to(&State::Queued, &State::Preparing, 1), &[]).await
        });
    }
    let results = movers.join_all().await;
    let conflicts: Vec<_> = results.into_iter().filter_map(Result::err).collect();
    assert_eq!(conflicts.len(), 7);
    expect!["the attempt 10000000.1 is preparing, not queued"].assert_eq(&conflicts[0].to_string());
    assert_eq!(event::latest(&store, &id).await.unwrap().unwrap().seq, 2);
}

#[tokio::test]
async fn who_lost_the_lease_moves_nothing() {
    let (_home, store, task) = store_with_task(1).await;
    let id = AttemptId::new(&task, 1);
    let (slow, quick) = (holder(1), holder(2));
    lease::take(&store, &id, &slow, NOW, 10).await.unwrap().unwrap();
    lease::take(&store, &id, &quick, NOW.plus_ms(10), 10).await.unwrap().unwrap();

    let by = |holder| Move { holder: Some(holder), ..to(&State::Queued, &State::Preparing, 11) };
    let lost = move_to(&store, &id, by(&slow), &[]).await.unwrap_err();
    assert!(matches!(lost, Error::LeaseLost { .. }));
    assert_eq!(get(&store, &id).await.unwrap().state, State::Queued);
    move_to(&store, &id, by(&quick), &[]).await.unwrap();
}

#[tokio::test]
async fn the_unattended_are_those_that_nobody_living_holds() {
    let (_home, store, task) = store_with_task(4).await;
    let id = |number| AttemptId::new(&task, number);
    lease::take(&store, &id(2), &holder(2), NOW, 1000).await.unwrap();
    lease::take(&store, &id(3), &holder(3), NOW, 10).await.unwrap();
    let ended = State::Ended { outcome: Outcome::Cancelled };
    move_to(&store, &id(4), to(&State::Queued, &ended, 1), &[]).await.unwrap();

    let unattended = unattended(&store, NOW.plus_ms(10), 10).await.unwrap();
    let ids: Vec<_> = unattended.into_iter().map(|attempt| attempt.id).collect();
    assert_eq!(ids, [id(1), id(3)]);
}

/// The numbers of the attempts that could start at that time.
async fn startable_numbers(store: &Store, now: Timestamp) -> Vec<u32> {
    let found = startable(store, now, 10).await.unwrap();
    found.into_iter().map(|candidate| candidate.attempt.id.number()).collect()
}

#[tokio::test]
async fn what_is_paused_starts_again_when_it_is_time_and_not_before() {
    let (_home, store, task) = store_with_task(2).await;
    assert!(startable_numbers(&store, NOW).await.is_empty(), "its task isn't running");
    crate::task::move_to(&store, &task, &task::State::Open, &task::State::Running).await.unwrap();
    assert_eq!(startable_numbers(&store, NOW).await, [1, 2]);

    let id = AttemptId::new(&task, 1);
    let paused = |until: Option<i64>| State::Paused {
        until: until.map(|ms| NOW.plus_ms(ms.unsigned_abs())),
        why: domain::attempt::Pause::Plan,
    };
    move_to(&store, &id, to(&State::Queued, &paused(None), 1), &[]).await.unwrap();
    assert_eq!(startable_numbers(&store, NOW.plus_ms(1_000_000)).await, [2]);
    move_to(&store, &id, to(&paused(None), &paused(Some(50)), 2), &[]).await.unwrap();
    assert_eq!(startable_numbers(&store, NOW.plus_ms(49)).await, [2]);
    assert_eq!(startable_numbers(&store, NOW.plus_ms(50)).await, [1, 2]);

    wait_for(&store, &[(id.clone(), Some("memory".into()))]).await.unwrap();
    assert_eq!(get(&store, &id).await.unwrap().waits.as_deref(), Some("memory"));
    lease::take(&store, &id, &holder(1), NOW, 1_000).await.unwrap().unwrap();
    assert_eq!(get(&store, &id).await.unwrap().waits, None);
    assert_eq!(startable_numbers(&store, NOW.plus_ms(50)).await, [2]);
    let held = held(&store).await.unwrap();
    assert_eq!((held.len(), &held[0].holder), (1, &Some(holder(1))));
}

#[tokio::test]
async fn deaths_are_counted_until_something_is_done() {
    let (_home, store, task) = store_with_task(1).await;
    crate::task::move_to(&store, &task, &task::State::Open, &task::State::Running).await.unwrap();
    let id = AttemptId::new(&task, 1);
    let die = async |process| {
        lease::take(&store, &id, &holder(process), NOW, 10).await.unwrap().unwrap();
        lease::bury(&store, &id, &holder(process)).await.unwrap();
        startable(&store, NOW, 1).await.unwrap()[0].deaths
    };
    assert_eq!((die(1).await, die(2).await), (1, 2));
    let said = Fact::Said { text: "I look".into() };
    event::append(&store, &id, NOW, &said, None).await.unwrap();
    assert_eq!(die(3).await, 3);
    let planned = Fact::Planned { text: "1. look".into() };
    event::append_all(&store, &id, NOW, &[said, planned], None).await.unwrap();
    assert_eq!(die(4).await, 1);
    lease::take(&store, &id, &holder(5), NOW, 10).await.unwrap().unwrap();
    lease::release(&store, &id, &holder(5)).await.unwrap();
    assert_eq!(startable(&store, NOW, 1).await.unwrap()[0].deaths, 0);
}

#[tokio::test]
async fn an_ended_attempt_is_followed_once_and_its_task_runs_again() {
    let (_home, store, task) = store_with_task(1).await;
    let running = task::State::Running;
    crate::task::move_to(&store, &task, &task::State::Open, &running).await.unwrap();
    let id = AttemptId::new(&task, 1);
    let said = Fact::Steered { by: "ada".into(), text: "and its test".into() };
    let early = follow(&store, &id, &said, &running, NOW).await.unwrap_err();
    expect!["the attempt 10000000.1 is still worked on, not ended"].assert_eq(&early.to_string());

    let ended = State::Ended { outcome: Outcome::OutOfTime };
    move_to(&store, &id, to(&State::Queued, &ended, 1), &[]).await.unwrap();
    let closed = task::State::Closed { reason: "nothing".into() };
    crate::task::move_to(&store, &task, &running, &closed).await.unwrap();
    let next = follow(&store, &id, &said, &closed, NOW).await.unwrap();
    assert_eq!(next.number(), 2);
    assert_eq!(get(&store, &next).await.unwrap().follows, Some(id.clone()));
    assert_eq!(crate::task::get(&store, &task).await.unwrap().state, running);
    let heard = event::steered_since(&store, &next, 0, 10).await.unwrap();
    assert_eq!((heard.len(), heard[0].seq, &heard[0].fact), (1, 2, &said));
    assert!(event::steered_since(&store, &next, 2, 10).await.unwrap().is_empty());

    let again = follow(&store, &id, &said, &running, NOW).await.unwrap_err();
    expect!["the attempt 10000000.1 is followed already, not the last of its line"]
        .assert_eq(&again.to_string());
}
