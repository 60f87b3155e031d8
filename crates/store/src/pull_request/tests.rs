use domain::AttemptId;
use domain::task::State as TaskState;
use expect_test::expect;

use super::*;
use crate::sample::{commit, open_pull_request, store_with_task};
use crate::task::{get as get_task, move_to as move_task};

const BY_ADA: Decided<'_> = Decided { at: Timestamp(2_000_000), person: "ada" };

/// A store whose one task is decided, and the pull request it is to have.
async fn decided() -> (tempfile::TempDir, Store, PullRequest) {
    let (home, store, id) = store_with_task(2).await;
    let attempt = AttemptId::new(&id, 1);
    let decided = TaskState::Decided { attempt: attempt.clone() };
    move_task(&store, &id, &TaskState::Open, &TaskState::Running).await.unwrap();
    move_task(&store, &id, &TaskState::Running, &decided).await.unwrap();
    (home, store, open_pull_request(&attempt))
}

#[tokio::test]
async fn a_task_offers_one_pull_request_whoever_races() {
    let (_home, store, new) = decided().await;
    let (one, other) = tokio::join!(create(&store, &new), create(&store, &new));
    assert!(one.is_ok() != other.is_ok());
    let lost = one.err().or(other.err()).unwrap();
    expect!["the task 10000000 is offered, not decided"].assert_eq(&lost.to_string());
    assert_eq!(list(&store, None, 10).await.unwrap(), std::slice::from_ref(&new));
    assert_eq!(get(&store, &new.id).await.unwrap(), new);
    assert_eq!(get_task(&store, &new.id.task()).await.unwrap().state.name(), "offered");
}

#[tokio::test]
async fn only_the_attempt_that_was_decided_on_is_offered() {
    let (_home, store, new) = decided().await;
    let other = PullRequest { attempt: AttemptId::new(&new.id.task(), 2), ..new };
    let refused = create(&store, &other).await.unwrap_err();
    assert!(matches!(refused, Error::Conflict { .. }));
    assert!(list(&store, None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_merge_moves_the_task_too_and_only_once() {
    let (_home, store, new) = decided().await;
    create(&store, &new).await.unwrap();
    let merged = State::Merged { commit: commit('c') };
    move_to(&store, &new.id, &State::Open, &merged, BY_ADA).await.unwrap();
    assert_eq!(get_task(&store, &new.id.task()).await.unwrap().state.name(), "merged");
    assert_eq!(get(&store, &new.id).await.unwrap().state, merged);

    let closed = State::Closed { reason: "late".into() };
    let late = move_to(&store, &new.id, &State::Open, &closed, BY_ADA).await.unwrap_err();
    expect!["the pull request 10000000 is merged, not open"].assert_eq(&late.to_string());
}

#[tokio::test]
async fn a_close_moves_the_task_too_and_reopening_is_no_move() {
    let (_home, store, new) = decided().await;
    create(&store, &new).await.unwrap();
    move_to(&store, &new.id, &State::Open, &State::Open, BY_ADA).await.unwrap_err();
    let closed = State::Closed { reason: "not wanted".into() };
    move_to(&store, &new.id, &State::Open, &closed, BY_ADA).await.unwrap();
    let task = get_task(&store, &new.id.task()).await.unwrap();
    assert_eq!(task.state, TaskState::Closed { reason: "not wanted".into() });
    assert!(list(&store, Some("open"), 10).await.unwrap().is_empty());
}
