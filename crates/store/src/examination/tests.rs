use domain::AttemptId;
use domain::examination::Exam;

use super::*;
use crate::sample::store_with_task;

const HEADS: &str = "1:a 2:b";

#[tokio::test]
async fn what_was_known_survives_who_made_it_and_what_is_done_stays() {
    let (_home, store, task) = store_with_task(2).await;
    assert_eq!(get(&store, &task, HEADS).await.unwrap(), None);

    let new = Examination::default();
    let first = begin(&store, &task, HEADS, &new).await.unwrap();
    assert_eq!((first.begun, first.done), (1, false));
    let exam = Exam {
        tests_of: AttemptId::new(&task, 1),
        code_of: AttemptId::new(&task, 2),
        tests: Vec::new(),
        duration_ms: 7,
    };
    let known = Examination { exams: vec![exam], ..new.clone() };
    put(&store, &task, HEADS, &known, false).await.unwrap();

    let second = begin(&store, &task, HEADS, &new).await.unwrap();
    assert_eq!((second.begun, &second.examination), (2, &known));
    put(&store, &task, HEADS, &known, true).await.unwrap();
    put(&store, &task, HEADS, &new, true).await.unwrap();
    let stored = get(&store, &task, HEADS).await.unwrap().unwrap();
    assert_eq!((stored.done, stored.examination), (true, known));
    assert_eq!(get(&store, &task, "1:a 2:c").await.unwrap(), None, "other heads");
}
