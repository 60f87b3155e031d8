use super::*;
use crate::sample::{NOW, holder, store_with_task};
use crate::task;

const LEASE_MS: u64 = 1_000;

fn opening() -> Opening {
    Opening {
        model: "openai/gpt-x".into(),
        estimated_input_tokens: 500,
        estimated_micros: Some(90),
    }
}

fn closing(micros: Option<u64>) -> Closing {
    let tokens = Tokens { input: 100, cached: 40, output: 10, ..Tokens::default() };
    Closing { model: "openai/gpt-x".into(), answered: true, tokens, micros }
}

#[tokio::test]
async fn a_request_is_counted_once_in_every_scope() {
    let (_home, store, id) = store_with_task(2).await;
    let task = task::get(&store, &id).await.unwrap();
    let first = AttemptId::new(&id, 1);
    let runner = holder(1);
    lease::take(&store, &first, &runner, NOW, LEASE_MS).await.unwrap();
    let opening = opening();
    let opened = |now| open(&store, &task, &first, &opening, now, Some(&runner));
    assert_eq!(opened(NOW).await.unwrap(), 1);
    let before = spent(&store, Scope::Attempt(&first)).await.unwrap();
    assert_eq!((before.micros, before.estimated, before.tokens()), (90, 1, 500));

    for micros in [Some(70), Some(7_000)] {
        close(&store, &first, 1, &closing(micros), Some(&runner)).await.unwrap();
    }
    assert_eq!(opened(NOW.plus_ms(1)).await.unwrap(), 2);
    close(&store, &first, 2, &closing(None), Some(&runner)).await.unwrap();
    let scopes = [
        (Scope::Attempt(&first), 2),
        (Scope::Task(&id), 2),
        (Scope::Project(&task.project, NOW), 2),
        (Scope::Person("ada", NOW.plus_ms(1)), 1),
        (Scope::Person("bob", NOW), 0),
        (Scope::Everybody(NOW.plus_ms(2)), 0),
        (Scope::Attempt(&AttemptId::new(&id, 2)), 0),
    ];
    for (scope, requests) in scopes {
        assert_eq!(spent(&store, scope).await.unwrap().requests, requests, "{scope:?}");
    }
    let sum = spent(&store, Scope::Task(&id)).await.unwrap();
    assert_eq!((sum.micros, sum.unpriced, sum.tokens(), sum.estimated), (70, 1, 220, 0));
    let each = of_attempt(&store, &first).await.unwrap();
    let each: Vec<_> = each.iter().map(|one| (one.number, one.state, one.micros)).collect();
    assert_eq!(each, [(1, State::Answered, Some(70)), (2, State::Answered, None)]);
}

#[tokio::test]
async fn what_was_under_way_when_its_runner_died_stays_an_estimate() {
    let (_home, store, id) = store_with_task(1).await;
    let task = task::get(&store, &id).await.unwrap();
    let attempt = AttemptId::new(&id, 1);
    let (dead, next) = (holder(1), holder(2));
    lease::take(&store, &attempt, &dead, NOW, LEASE_MS).await.unwrap();
    open(&store, &task, &attempt, &opening(), NOW, Some(&dead)).await.unwrap();
    assert!(lease::bury(&store, &attempt, &dead).await.unwrap());
    lease::take(&store, &attempt, &next, NOW, LEASE_MS).await.unwrap().unwrap();

    assert_eq!(lose(&store, &attempt, Some(&next)).await.unwrap(), 1);
    let late = close(&store, &attempt, 1, &closing(Some(1)), Some(&dead)).await;
    assert!(matches!(late, Err(Error::LeaseLost { .. })));
    close(&store, &attempt, 1, &closing(Some(1)), Some(&next)).await.unwrap();
    let sum = spent(&store, Scope::Attempt(&attempt)).await.unwrap();
    assert_eq!((sum.micros, sum.estimated), (90, 1));
}

#[tokio::test]
async fn the_log_says_each_request_by_its_number_and_none_of_a_stranger() {
    let (_home, store, id) = store_with_task(1).await;
    let task = task::get(&store, &id).await.unwrap();
    let (attempt, runner) = (AttemptId::new(&id, 1), holder(1));
    lease::take(&store, &attempt, &runner, NOW, LEASE_MS).await.unwrap();
    let opening = Opening { model: r#"own/"exchange":0,"#.into(), ..opening() };
    for number in [1, 2] {
        let opened = open(&store, &task, &attempt, &opening, NOW, Some(&runner)).await;
        assert_eq!(opened.unwrap(), number);
    }
    let refused = open(&store, &task, &attempt, &opening, NOW, Some(&holder(2))).await;
    assert!(matches!(refused, Err(Error::LeaseLost { .. })), "{refused:?}");
    let log = event::all(&store, &attempt).await.unwrap();
    let told: Vec<Fact> = log.into_iter().map(|event| event.fact).collect();
    assert_eq!(told[told.len() - 2..], [asked(1, &opening), asked(2, &opening)]);
    assert_eq!(spent(&store, Scope::Attempt(&attempt)).await.unwrap().requests, 2);
}

#[tokio::test]
async fn nothing_stays_open_when_its_attempt_ends() {
    let (_home, store, id) = store_with_task(1).await;
    let task = task::get(&store, &id).await.unwrap();
    let attempt = AttemptId::new(&id, 1);
    open(&store, &task, &attempt, &opening(), NOW, None).await.unwrap();
    let queued = domain::attempt::State::Queued;
    let ended = queued.clone().end(domain::attempt::Outcome::Cancelled).unwrap();
    let how = attempt::Move { expected: &queued, to: &ended, at: NOW, holder: None };
    attempt::move_to(&store, &attempt, how, &[]).await.unwrap();
    assert_eq!(of_attempt(&store, &attempt).await.unwrap()[0].state, State::Lost);
}
