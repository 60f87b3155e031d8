//! Projects: one row for each origin.

use domain::project::{Origin, Settings};
use domain::{Project, ProjectId};
use sqlx::FromRow;

use crate::row::Of;
use crate::{Error, Store};

#[derive(FromRow)]
struct Row {
    id: String,
    origin: String,
}

impl Row {
    fn into_project(self) -> Result<Project, Error> {
        let of = of(&self.id);
        Ok(Project { id: of.parse(&self.id)?, origin: of.decode(&self.origin)? })
    }
}

fn of(id: &str) -> Of<'_> {
    Of { noun: "project", id }
}

/// The project at `origin`; where there is none yet, it is made with `new_id`.
pub async fn find_or_create(
    store: &Store,
    origin: &Origin,
    new_id: &ProjectId,
) -> Result<Project, Error> {
    let json = of(new_id.as_str()).encode(origin)?;
    let mut transaction = store.write("find or make a project").await?;
    sqlx::query(
        "insert into projects (id, origin) values ($1, $2) on conflict (origin) do nothing",
    )
    .bind(new_id.as_str())
    .bind(&json)
    .execute(&mut *transaction.sql)
    .await
    .map_err(transaction.failed())?;
    let row: Row = sqlx::query_as("select id, origin from projects where origin = $1")
        .bind(&json)
        .fetch_one(&mut *transaction.sql)
        .await
        .map_err(transaction.failed())?;
    transaction.commit().await?;
    row.into_project()
}

pub async fn get(store: &Store, id: &ProjectId) -> Result<Project, Error> {
    let row: Option<Row> = sqlx::query_as("select id, origin from projects where id = $1")
        .bind(id.as_str())
        .fetch_optional(&store.pool)
        .await
        .map_err(store.failed("read a project"))?;
    row.ok_or_else(|| of(id.as_str()).missing())?.into_project()
}

/// All of them, by id.
pub async fn list(store: &Store) -> Result<Vec<Project>, Error> {
    let rows: Vec<Row> = sqlx::query_as("select id, origin from projects order by id")
        .fetch_all(&store.pool)
        .await
        .map_err(store.failed("list projects"))?;
    rows.into_iter().map(Row::into_project).collect()
}

/// What its people chose.
pub async fn settings(store: &Store, id: &ProjectId) -> Result<Settings, Error> {
    let found: Option<String> = sqlx::query_scalar("select settings from projects where id = $1")
        .bind(id.as_str())
        .fetch_optional(&store.pool)
        .await
        .map_err(store.failed("read a project's settings"))?;
    let of = of(id.as_str());
    of.decode(&found.ok_or_else(|| of.missing())?)
}

pub async fn put_settings(store: &Store, id: &ProjectId, settings: &Settings) -> Result<(), Error> {
    let of = of(id.as_str());
    let mut transaction = store.write("keep a project's settings").await?;
    let put = sqlx::query("update projects set settings = $2 where id = $1")
        .bind(id.as_str())
        .bind(of.encode(settings)?)
        .execute(&mut *transaction.sql)
        .await
        .map_err(transaction.failed())?;
    if put.rows_affected() == 0 {
        return Err(of.missing());
    }
    transaction.commit().await
}

#[cfg(test)]
mod tests;
