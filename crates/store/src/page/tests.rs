use domain::VerdictId;
use domain::verdict::{Outcome, Said, State, Via};

use super::*;
use crate::sample::{NOW, store_with_task};

/// Two of them at the same time, and one more while the pages are read.
#[tokio::test]
async fn pages_go_on_after_the_last_row_whatever_comes_meanwhile() {
    let (_home, store, task) = store_with_task(1).await;
    let given = |number: u64, at: i64| Verdict {
        id: VerdictId::from_random(number),
        task: task.clone(),
        attempt: AttemptId::new(&task, 1),
        person: format!("person {number}"),
        via: Via::Api,
        at: Timestamp(at),
        due: NOW,
        said: Said::Feedback { text: "more".into() },
        state: State::CarriedOut { outcome: Outcome::Closed },
    };
    for (number, at) in [(1, 10), (2, 20), (3, 20), (4, 30)] {
        verdict::put(&store, &given(number, at)).await.unwrap();
    }
    let wanted = Verdicts { task: Some(&task), ..Verdicts::default() };
    let first = verdicts(&store, wanted, 2).await.unwrap();
    verdict::put(&store, &given(5, 40)).await.unwrap();
    let last = &first[1];
    let after = Some(After { at: last.at, id: last.id.as_str() });
    let second = verdicts(&store, Verdicts { after, ..wanted }, 9).await.unwrap();
    let persons: Vec<&str> =
        first.iter().chain(&second).map(|verdict| verdict.person.as_str()).collect();
    assert_eq!(persons, ["person 4", "person 3", "person 2", "person 1"]);
    let bens = Verdicts { person: Some("ben"), ..wanted };
    assert!(verdicts(&store, bens, 9).await.unwrap().is_empty());
}
