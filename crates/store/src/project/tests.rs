use super::*;
use crate::sample::store;

#[tokio::test]
async fn an_origin_has_one_project() {
    let (_home, store) = store().await;
    let origin = Origin::Path("/srv/ease".into());
    let first = find_or_create(&store, &origin, &ProjectId::from_random(1)).await.unwrap();
    let again = find_or_create(&store, &origin, &ProjectId::from_random(2)).await.unwrap();
    let url = Origin::Url("/srv/ease".into());
    let other = find_or_create(&store, &url, &ProjectId::from_random(3)).await.unwrap();
    assert_eq!(first, again);
    assert_ne!(first.id, other.id);
    assert_eq!(get(&store, &other.id).await.unwrap(), other);
    let missing = get(&store, &ProjectId::from_random(9)).await.unwrap_err();
    assert_eq!(missing.to_string(), "there is no project 90000000");
}
