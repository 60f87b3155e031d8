//! Each released schema, with data in it, comes up to this version with the data intact.

use sqlx::Row;
use sqlx::sqlite::SqliteConnectOptions;

use super::*;
use crate::{Store, attempt, event, evidence, pull_request, task};

/// What schema 1 held, as its programs wrote it. Never edited.
const SAMPLE_1: &str = include_str!("sample_1.sql");

async fn database(home: &Path, schema: usize, sample: &'static str) {
    use sqlx::ConnectOptions;
    let options =
        SqliteConnectOptions::new().filename(home.join(crate::FILE)).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    for sql in &MIGRATIONS[..schema] {
        sqlx::raw_sql(*sql).execute(&mut connection).await.unwrap();
    }
    let stamp = AssertSqlSafe(format!("pragma user_version = {schema}"));
    sqlx::raw_sql(stamp).execute(&mut connection).await.unwrap();
    sqlx::raw_sql(sample).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn data_of_schema_1_is_understood() {
    let home = tempfile::tempdir().unwrap();
    database(home.path(), 1, SAMPLE_1).await;
    let store = Store::open(home.path()).await.unwrap();

    let tasks = task::list(&store, &task::Filter::default(), 10).await.unwrap();
    assert_eq!(tasks.len(), 1);
    let attempts = attempt::of_task(&store, &tasks[0].id).await.unwrap();
    let id = &attempts[0].id;
    assert_eq!(attempts[0].runs, 2);
    assert_eq!(event::since(&store, id, 0, 10).await.unwrap().len(), 2);
    assert!(evidence::get(&store, id).await.unwrap().unwrap().holds());
    let holding = evidence::holding(&store, &[tasks[0].id.clone()]).await.unwrap();
    assert_eq!(holding.get(id), Some(&true));
    assert_eq!(pull_request::list(&store, Some("open"), 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(crate::FILE);
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    // The last table of the migration is in the way of its own name.
    let in_the_way = "create table pull_requests (id text)";
    sqlx::raw_sql(in_the_way).execute(&mut connection).await.unwrap();

    run(&mut connection, &path).await.unwrap_err();
    let tables = sqlx::query("select name from sqlite_master where type = 'table'")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let names: Vec<String> = tables.iter().map(|row| row.get(0)).collect();
    assert_eq!(names, ["pull_requests"]);
}
