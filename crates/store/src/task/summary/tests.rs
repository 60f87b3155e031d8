use domain::Evidence;
use domain::task::State;

use super::*;
use crate::exchange::{Opening, open};
use crate::sample::{add_task, commit, open_task, queued, store_with_task};
use crate::task::{create, get, move_to};

async fn ids(store: &Store, wanted: Wanted<'_>, limit: u32) -> Vec<TaskId> {
    let found = summaries(store, wanted, limit).await.unwrap();
    found.into_iter().map(|summary| summary.task.id).collect()
}

#[tokio::test]
async fn a_summary_has_each_attempt_with_its_cost_and_whether_its_evidence_holds() {
    let (_home, store, id) = store_with_task(2).await;
    let other = TaskId::from_random(2);
    add_task(&store, &other, 1).await;
    let task = get(&store, &id).await.unwrap();
    let attempts = attempt::of_task(&store, &id).await.unwrap();
    let opening = |micros| Opening {
        model: "lab/one".into(),
        estimated_input_tokens: 10,
        estimated_micros: Some(micros),
    };
    for micros in [30, 12] {
        let opening = opening(micros);
        let asked = open(&store, &task, &attempts[1].id, &opening, task.created, None);
        asked.await.unwrap();
    }
    let evidence = Evidence::new(commit('a'), commit('b'));
    evidence::put(&store, &attempts[0].id, &evidence, None).await.unwrap();

    let found = summaries(&store, Wanted::default(), 10).await.unwrap();
    let summary = found.iter().find(|summary| summary.task.id == id).unwrap();
    assert_eq!(
        summary.tries.iter().map(|each| &each.attempt).collect::<Vec<_>>(),
        [&attempts[0], &attempts[1]]
    );
    assert_eq!((summary.micros(), summary.tries[1].spent.requests), (42, 2));
    assert_eq!(summary.tries[0].spent, Spent::default());
    assert_eq!((summary.tries[0].holds, summary.tries[1].holds), (Some(false), None));
    assert_eq!(found.len(), 2);
}

#[tokio::test]
async fn pages_follow_each_other_and_leave_nothing_out() {
    let (_home, store, first) = store_with_task(1).await;
    let project = get(&store, &first).await.unwrap().project;
    // Two of each age, so that the id decides.
    for number in 2..=9_u64 {
        let id = TaskId::from_random(number);
        let mut task = open_task(&id, &project);
        task.created = Timestamp(task.created.0 + i64::try_from(number / 2).unwrap());
        task.person = if number % 2 == 0 { "ada".into() } else { "bo".into() };
        create(&store, &task, &[queued(&id, 1)]).await.unwrap();
        if number % 3 == 0 {
            move_to(&store, &id, &State::Open, &State::Running).await.unwrap();
        }
    }
    let whole = ids(&store, Wanted::default(), 100).await;
    let mut paged = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let wanted = Wanted { after: after.as_ref(), ..Wanted::default() };
        let page = summaries(&store, wanted, 2).await.unwrap();
        paged.extend(page.iter().map(|summary| summary.task.id.clone()));
        match page.last() {
            Some(last) => after = Some(last.cursor()),
            None => break,
        }
    }
    assert_eq!((whole.len(), &paged), (9, &whole));

    let running = Wanted { states: &["running"], ..Wanted::default() };
    assert_eq!(ids(&store, running, 100).await.len(), 3);
    let both = Wanted { states: &["running", "open"], ..Wanted::default() };
    assert_eq!(ids(&store, both, 100).await, whole);
    assert_eq!(ids(&store, both, 3).await, whole[..3]);
    let hers = Wanted { person: Some("bo"), project: Some(&project), ..both };
    assert_eq!(ids(&store, hers, 100).await.len(), 4);
    let nobodys = Wanted { project: Some(&ProjectId::from_random(99)), ..Wanted::default() };
    assert_eq!(ids(&store, nobodys, 100).await, []);
}

/// What `explain query plan` says of a text without values.
async fn plan(store: &Store, sql: String) -> String {
    let rows: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(AssertSqlSafe(format!("explain query plan {sql}")))
            .fetch_all(&store.pool)
            .await
            .unwrap();
    rows.into_iter().map(|row| row.3).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn no_list_reads_all_tasks() {
    let (_home, store, _id) = store_with_task(1).await;
    let project = ProjectId::from_random(7);
    let of_state = Wanted { states: &["open", "running"], ..Wanted::default() };
    let of_project = Wanted { project: Some(&project), ..Wanted::default() };
    for (wanted, index) in [
        (Wanted::default(), "tasks_by_age"),
        (of_state, "tasks_by_state_and_age"),
        (of_project, "tasks_by_project_and_age"),
    ] {
        let plan = plan(&store, sql(wanted)).await;
        assert!(plan.contains(&format!("USING INDEX {index}")), "{wanted:?}\n{plan}");
    }
}
