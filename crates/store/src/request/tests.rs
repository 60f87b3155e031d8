use domain::Timestamp;

use super::{Answer, Asked, answer, begin, forget};
use crate::Store;

#[tokio::test]
async fn a_key_is_answered_once_and_forgotten_after_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let asked = Asked { person: "ada", key: "k", digest: "d" };
    let begin_at = |at| begin(&store, asked, Timestamp(at), Timestamp(at - 100));
    let first = begin_at(1_000).await.unwrap();
    assert_eq!((first.at, &first.answer), (Timestamp(1_000), &None));
    assert_eq!(begin_at(1_010).await.unwrap(), first, "its first time is kept");

    let said = Answer { status: 201, text: "made".into() };
    answer(&store, asked, &said).await.unwrap();
    answer(&store, asked, &Answer { status: 500, text: "late".into() }).await.unwrap();
    forget(&store, asked).await.unwrap();
    assert_eq!(begin_at(1_020).await.unwrap().answer, Some(said));

    let other = Asked { person: "ben", ..asked };
    assert_eq!(begin(&store, other, Timestamp(1_030), Timestamp(0)).await.unwrap().answer, None);
    let anew = begin_at(1_200).await.unwrap();
    assert_eq!((anew.at, anew.answer), (Timestamp(1_200), None));
    forget(&store, asked).await.unwrap();
    assert_eq!(begin_at(1_250).await.unwrap().at, Timestamp(1_250));
}
