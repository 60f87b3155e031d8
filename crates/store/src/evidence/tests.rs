use super::*;
use crate::sample::{commit, holder, store_with_task};

fn evidence(note: &str) -> Evidence {
    Evidence { notes: vec![note.into()], ..Evidence::new(commit('a'), commit('b')) }
}

#[tokio::test]
async fn the_first_evidence_stays() {
    let (_home, store, task) = store_with_task(1).await;
    let id = AttemptId::new(&task, 1);
    assert_eq!(get(&store, &id).await.unwrap(), None);
    assert!(put(&store, &id, &evidence("first"), None).await.unwrap());
    assert!(!put(&store, &id, &evidence("second"), None).await.unwrap());
    assert_eq!(get(&store, &id).await.unwrap(), Some(evidence("first")));
}

#[tokio::test]
async fn who_has_no_lease_stores_nothing() {
    let (_home, store, task) = store_with_task(1).await;
    let id = AttemptId::new(&task, 1);
    let lost = put(&store, &id, &evidence("stale"), Some(&holder(1))).await.unwrap_err();
    assert!(matches!(lost, Error::LeaseLost { .. }));
    assert_eq!(get(&store, &id).await.unwrap(), None);
}
