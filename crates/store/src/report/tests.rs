use super::*;
use crate::sample::store_with_task;

#[tokio::test]
async fn the_last_report_stays() {
    let (_home, store, task) = store_with_task(1).await;
    let id = AttemptId::new(&task, 1);
    for title in ["first", "last"] {
        let report = Report { title: title.into(), summary: "It is said.".into() };
        put(&store, &id, &report, None).await.unwrap();
    }
    assert_eq!(get(&store, &id).await.unwrap().unwrap().title, "last");
}
