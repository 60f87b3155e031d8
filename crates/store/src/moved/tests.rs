use domain::task::State;
use domain::verdict::{Said, State as Given, Via};
use domain::{AttemptId, Fact, Verdict, VerdictId};

use super::*;
use crate::event::append;
use crate::sample::{NOW, store_with_task};

#[tokio::test]
async fn whoever_follows_hears_of_each_event_and_each_move_once() {
    let (_home, store, id) = store_with_task(1).await;
    let begin = newest(&store).await.unwrap();
    let attempt = AttemptId::new(&id, 1);
    let long = Fact::Said { text: "long ".repeat(100) };
    for fact in [Fact::Said { text: "short".into() }, long] {
        append(&store, &attempt, NOW, &fact, None).await.unwrap();
    }
    task::move_to(&store, &id, &State::Open, &State::Running).await.unwrap();
    let given = Verdict {
        id: VerdictId::from_random(7),
        task: id.clone(),
        attempt: attempt.clone(),
        person: "ada".into(),
        via: Via::Api,
        at: NOW,
        due: NOW,
        said: Said::Approve,
        state: Given::Pending,
    };
    verdict::put(&store, &given).await.unwrap();
    verdict::move_to(&store, &given.id, &Given::Pending, &Given::Withdrawn).await.unwrap();

    let grown = events(&store, begin.event, 1, 100).await.unwrap();
    assert_eq!((grown.len(), grown[0].seq), (1, 2), "what was there before isn't told");
    let grown = events(&store, grown[0].position, 10, 100).await.unwrap();
    assert_eq!((grown.len(), &grown[0].event), (1, &None), "a long one comes without its fact");
    let moved = moves(&store, begin.moved, 10).await.unwrap();
    let told: Vec<_> = moved
        .iter()
        .map(|one| (one.state.as_str(), one.verdict.as_ref().map(|(_, state)| state.as_str())))
        .collect();
    let verdict = ("running", Some("withdrawn"));
    assert_eq!(told, [("running", None), verdict, verdict], "as it is now");
    let end = Position { event: grown[0].position, moved: moved[2].position };
    assert_eq!(newest(&store).await.unwrap(), end);
    assert!(moves(&store, end.moved, 10).await.unwrap().is_empty());
}
