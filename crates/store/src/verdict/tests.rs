use domain::verdict::{Reason, Said, Via};

use super::*;
use crate::sample::{NOW, store_with_task};

fn verdict(random: u64, attempt: &AttemptId, person: &str, at: Timestamp) -> Verdict {
    Verdict {
        id: VerdictId::from_random(random),
        task: attempt.task(),
        attempt: attempt.clone(),
        person: person.into(),
        via: Via::Feed,
        at,
        due: at.plus_ms(5_000),
        said: Said::Reject { reason: Reason::TooBig, words: String::new() },
        state: State::Pending,
    }
}

#[tokio::test]
async fn the_last_word_of_a_person_counts_and_a_resent_one_is_known() {
    let (_home, store, task) = store_with_task(1).await;
    let attempt = AttemptId::new(&task, 1);
    let first = verdict(1, &attempt, "ada", NOW);
    assert_eq!(put(&store, &first).await.unwrap(), Put::Kept);
    assert_eq!(put(&store, &first).await.unwrap(), Put::Known(Box::new(first.clone())));
    let second = Verdict { said: Said::Approve, ..verdict(2, &attempt, "ada", NOW.plus_ms(10)) };
    assert_eq!(put(&store, &second).await.unwrap(), Put::Kept);
    assert_eq!(get(&store, &first.id).await.unwrap().state, State::Withdrawn);
    assert_eq!(due(&store, NOW.plus_ms(5_010), 9).await.unwrap(), std::slice::from_ref(&second));
    assert_eq!(of_tasks(&store, &[task]).await.unwrap().len(), 2);
}

#[tokio::test]
async fn nobody_decides_over_another_or_over_what_is_being_done() {
    let (_home, store, task) = store_with_task(1).await;
    let attempt = AttemptId::new(&task, 1);
    put(&store, &verdict(1, &attempt, "ada", NOW)).await.unwrap();
    let other = put(&store, &verdict(2, &attempt, "bob", NOW)).await;
    assert!(matches!(other, Err(Error::Conflict { found: "decided by somebody else", .. })));
    let late = put(&store, &verdict(3, &attempt, "ada", NOW.plus_ms(5_000))).await;
    assert!(matches!(late, Err(Error::Conflict { .. })));
    assert!(any_pending(&store).await.unwrap());
}

#[tokio::test]
async fn tries_are_counted() {
    let (_home, store, task) = store_with_task(1).await;
    let one = verdict(1, &AttemptId::new(&task, 1), "ada", NOW);
    put(&store, &one).await.unwrap();
    assert_eq!(begin(&store, &one.id).await.unwrap(), Some(1));
    assert_eq!(begin(&store, &one.id).await.unwrap(), Some(2));
    // Whoever began with it has it: it isn't taken back, nor replaced.
    assert!(matches!(withdraw(&store, &one.id).await, Err(Error::Conflict { .. })));
    assert_eq!(begin(&store, &VerdictId::from_random(9)).await.unwrap(), None);
}

#[tokio::test]
async fn what_failed_comes_again_after_longer_and_longer_pauses() {
    let (_home, store, task) = store_with_task(1).await;
    let one = verdict(1, &AttemptId::new(&task, 1), "ada", NOW);
    put(&store, &one).await.unwrap();
    for pause_ms in [0, 8_000, 32_000, 128_000, 512_000, 512_000] {
        let again = one.due.plus_ms(pause_ms);
        assert_eq!(due(&store, Timestamp(again.0 - 1), 9).await.unwrap(), [], "{pause_ms}");
        assert_eq!(due(&store, again, 9).await.unwrap().len(), 1, "{pause_ms}");
        begin(&store, &one.id).await.unwrap();
    }
}

#[tokio::test]
async fn what_was_taken_back_before_it_arrived_is_known_when_it_does() {
    let (_home, store, task) = store_with_task(1).await;
    let one = verdict(1, &AttemptId::new(&task, 1), "ada", NOW);
    let withdrawn = Verdict { state: State::Withdrawn, ..one.clone() };
    assert_eq!(put_withdrawn(&store, &withdrawn).await.unwrap(), Put::Kept);
    let known = Put::Known(Box::new(withdrawn.clone()));
    assert_eq!(put(&store, &one).await.unwrap(), known);
    assert_eq!(put_withdrawn(&store, &withdrawn).await.unwrap(), known);
    assert!(!any_pending(&store).await.unwrap());
}

#[tokio::test]
async fn what_was_taken_back_is_not_begun() {
    let (_home, store, task) = store_with_task(1).await;
    let one = verdict(1, &AttemptId::new(&task, 1), "ada", NOW);
    put(&store, &one).await.unwrap();
    withdraw(&store, &one.id).await.unwrap();
    assert_eq!(begin(&store, &one.id).await.unwrap(), None);
    assert_eq!(get(&store, &one.id).await.unwrap().state, State::Withdrawn);
}
