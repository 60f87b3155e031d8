use super::*;
use crate::sample::{NOW, store_with_task};

fn comment(attempt: &AttemptId, number: u64) -> Comment {
    Comment {
        id: CommentId::from_random(number),
        attempt: attempt.clone(),
        person: "ada".into(),
        at: NOW.plus_ms(number),
        place: Place { path: "src/a.rs".into(), side: Side::New, line: 7 },
        text: "why?".into(),
        sent: None,
    }
}

#[tokio::test]
async fn a_comment_is_its_authors_until_it_is_sent() {
    let (_home, store, task) = store_with_task(1).await;
    let attempt = AttemptId::new(&task, 1);
    let new = comment(&attempt, 1);
    assert!(put(&store, &new, 2).await.unwrap());
    assert_eq!(get(&store, &new.id).await.unwrap(), new);

    assert!(edit(&store, &new.id, "bob", "mine").await.is_err());
    edit(&store, &new.id, "ada", "why not?").await.unwrap();
    sent(&store, std::slice::from_ref(&new.id), NOW).await.unwrap();
    sent(&store, std::slice::from_ref(&new.id), NOW.plus_ms(9)).await.unwrap();
    assert!(edit(&store, &new.id, "ada", "late").await.is_err());
    assert!(remove(&store, &new.id, "ada").await.is_err());
    let kept = Comment { text: "why not?".into(), sent: Some(NOW), ..new };
    assert_eq!(of_attempt(&store, &attempt).await.unwrap(), [kept]);
}

#[tokio::test]
async fn only_so_many_wait() {
    let (_home, store, task) = store_with_task(1).await;
    let attempt = AttemptId::new(&task, 1);
    assert!(put(&store, &comment(&attempt, 1), 1).await.unwrap());
    assert!(!put(&store, &comment(&attempt, 2), 1).await.unwrap());
    remove(&store, &comment(&attempt, 1).id, "ada").await.unwrap();
    assert!(put(&store, &comment(&attempt, 2), 1).await.unwrap());
}
