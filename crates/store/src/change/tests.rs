use super::*;
use crate::sample::{NOW, commit, holder, store_with_task};

#[tokio::test]
async fn the_last_change_stays() {
    let (_home, store, task) = store_with_task(1).await;
    let id = AttemptId::new(&task, 1);
    assert_eq!(get(&store, &id).await.unwrap(), None);
    lease::take(&store, &id, &holder(1), NOW, 10).await.unwrap();
    for head in ['b', 'c'] {
        let change =
            Change { base: commit('a'), head: commit(head), commits: vec![], files: vec![] };
        put(&store, &id, &change, Some(&holder(1))).await.unwrap();
    }
    assert_eq!(get(&store, &id).await.unwrap().unwrap().head, commit('c'));
}

#[tokio::test]
async fn a_digest_is_of_two_commits() {
    let (_home, store, _task) = store_with_task(1).await;
    let change =
        |head| Change { base: commit('a'), head: commit(head), commits: vec![], files: vec![] };
    assert_eq!(digest(&store, &change('b')).await.unwrap(), None);
    put_digest(&store, &change('b'), "1f").await.unwrap();
    put_digest(&store, &change('b'), "1f").await.unwrap();
    assert_eq!(digest(&store, &change('b')).await.unwrap().as_deref(), Some("1f"));
    assert_eq!(digest(&store, &change('c')).await.unwrap(), None);
}
