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
