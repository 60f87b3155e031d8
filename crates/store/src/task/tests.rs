use domain::attempt;
use expect_test::expect;

use super::*;
use crate::sample::{NOW, add_task, open_task, queued, store_with_task};
use crate::{event, project};

#[tokio::test]
async fn a_task_comes_back_as_it_went_in() {
    let (_home, store, id) = store_with_task(3).await;
    let stored = get(&store, &id).await.unwrap();
    assert_eq!(stored, open_task(&id, &stored.project));
    assert!(project::get(&store, &stored.project).await.is_ok());

    let attempts = crate::attempt::of_task(&store, &id).await.unwrap();
    assert_eq!(attempts, (1..=3).map(|number| queued(&id, number)).collect::<Vec<_>>());
    let created = event::latest(&store, &attempts[2].id).await.unwrap().unwrap();
    assert_eq!((created.seq, created.at, created.fact), (1, NOW, domain::Fact::Created));
    assert_eq!(attempts[0].state, attempt::State::Queued);
}

#[tokio::test]
async fn a_task_that_fails_to_be_made_leaves_no_attempt() {
    let (_home, store, id) = store_with_task(1).await;
    let new = TaskId::from_random(2);
    let task = open_task(&new, &get(&store, &id).await.unwrap().project);
    let twice = [queued(&new, 1), queued(&new, 1)];
    create(&store, &task, &twice).await.unwrap_err();
    assert!(matches!(get(&store, &new).await, Err(Error::Missing { .. })));
    assert!(crate::attempt::of_task(&store, &new).await.unwrap().is_empty());
}

#[tokio::test]
async fn only_one_of_two_movers_wins() {
    let (_home, store, id) = store_with_task(1).await;
    let start = || move_to(&store, &id, &State::Open, &State::Running);
    let (one, other) = tokio::join!(start(), start());
    assert!(one.is_ok() != other.is_ok());
    let lost = one.err().or(other.err()).unwrap();
    expect!["the task 10000000 is running, not open"].assert_eq(&lost.to_string());
}

#[tokio::test]
async fn an_expected_state_is_compared_with_its_data() {
    let (_home, store, id) = store_with_task(1).await;
    let closed = |reason: &str| State::Closed { reason: reason.into() };
    move_to(&store, &id, &State::Open, &closed("late")).await.unwrap();
    let stale = move_to(&store, &id, &closed("early"), &State::Cancelled).await;
    assert!(matches!(stale, Err(Error::Conflict { .. })));
    move_to(&store, &id, &closed("late"), &State::Cancelled).await.unwrap();
}

#[tokio::test]
async fn a_prefix_finds_none_one_or_several() {
    let (_home, store, id) = store_with_task(1).await;
    let similar = TaskId::from_random(1 + (1 << 5));
    add_task(&store, &similar, 1).await;

    let one = find(&store, "100").await.unwrap();
    assert!(matches!(&one, Found::One(task) if task.id == id), "{one:?}");
    assert_eq!(find(&store, "1").await.unwrap(), Found::Several(vec![id, similar]));
    for nothing in ["", "2", "%", "_", "1' or '1'='1"] {
        assert_eq!(find(&store, nothing).await.unwrap(), Found::None, "{nothing}");
    }
}

#[tokio::test]
async fn a_list_is_newest_first_and_filtered() {
    let (_home, store, old) = store_with_task(1).await;
    let project = get(&store, &old).await.unwrap().project;
    let young = Task { created: NOW.plus_ms(1), ..open_task(&TaskId::from_random(2), &project) };
    create(&store, &young, &[]).await.unwrap();
    move_to(&store, &old, &State::Open, &State::Running).await.unwrap();

    let ids = |tasks: Vec<Task>| tasks.into_iter().map(|task| task.id).collect::<Vec<_>>();
    let all = list(&store, &Filter::default(), 10).await.unwrap();
    assert_eq!(ids(all), [young.id.clone(), old.clone()]);
    let first = list(&store, &Filter::default(), 1).await.unwrap();
    assert_eq!(ids(first), [young.id]);
    let running = Filter { project: Some(project), state: Some("running".into()) };
    assert_eq!(ids(list(&store, &running, 10).await.unwrap()), [old]);
    let elsewhere = Filter { project: Some(ProjectId::from_random(99)), state: None };
    assert!(list(&store, &elsewhere, 10).await.unwrap().is_empty());
}
