//! `/attempts/{id}/diff`: an attempt's change, file by file, with what is known of its lines and what
//! persons say of them; and `/tasks/{id}/diff`: one attempt's code against another's.

mod asked;
mod cell;
mod file;
mod measure;
mod notes;
mod page;
mod post;
mod rows;
mod talk;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::{Attempt, AttemptId, Comment, Commit, Project, Task, TaskId};
use engine::Engine;
use forge::Mirror;
use maud::Markup;

use crate::diff::{Asked, Sheet, load};
use crate::failure::Failure;
use crate::{Person, Shared};

use asked::{Look, Raw};
pub use cell::code;
pub use measure::change_page;
use notes::Notes;
pub use notes::fault;
pub use post::{comment, edit, remove, send};

/// All that the page shows.
#[derive(Debug)]
pub(crate) struct Shown {
    pub look: Look,
    pub task: Task,
    pub title: String,
    pub about: About,
    pub sheet: Sheet,
    pub notes: Notes,
    pub comments: Vec<Comment>,
    /// Who looks.
    pub person: String,
}

/// What is compared.
#[derive(Debug)]
pub(crate) enum About {
    /// A change: base against head, open to comments.
    Change { attempt: Box<Attempt> },
    /// The code of two attempts.
    Two { before: AttemptId, after: AttemptId },
}

/// `GET /attempts/{id}/diff`
pub async fn get(
    State(site): State<Shared>,
    person: Person,
    Path(id): Path<String>,
    Query(raw): Query<Raw>,
) -> Result<Response, Failure> {
    let id: AttemptId = id.parse().map_err(|_| Failure::missing("attempt"))?;
    let engine = person.engine(&site);
    let attempt = store::attempt::get(&engine.store, &id).await?;
    let Some(change) = store::change::get(&engine.store, &id).await? else {
        return Err(Failure::missing(format!("change: attempt {id} has changed nothing")));
    };
    if let Some(place) = raw.place() {
        let (base, head) = (change.base.clone(), change.head.clone());
        // No file is read: only where it is in the list.
        let asked = Asked { file: Some(usize::MAX), known: None };
        let (_task, sheet) = sheet(&engine, &id.task(), (&base, &head), &asked).await?;
        return Ok(Redirect::to(&place.address(&id, &sheet)).into_response());
    }
    let evidence = store::evidence::get(&engine.store, &id).await?;
    let comments = store::comment::of_attempt(&engine.store, &id).await?;
    let look = Look::of_change(&id, &raw);
    let (base, head) = (change.base.clone(), change.head.clone());
    let asked = Asked { file: look.file, known: Some(change) };
    let (task, sheet) = sheet(&engine, &id.task(), (&base, &head), &asked).await?;
    let shown = Shown {
        title: format!("Change of attempt {}", id.number()),
        notes: evidence.as_ref().map(Notes::of).unwrap_or_default(),
        about: About::Change { attempt: Box::new(attempt) },
        person: person.name.clone(),
        look,
        task,
        sheet,
        comments,
    };
    Ok(rendered(shown, person).await?.into_response())
}

#[derive(Debug, Clone, serde::Deserialize)]
pub struct Two {
    /// Numbers of attempts.
    a: u32,
    b: u32,
}

/// `GET /tasks/{id}/diff?a=1&b=2`
pub async fn between(
    State(site): State<Shared>,
    person: Person,
    Path(id): Path<String>,
    Query(two): Query<Two>,
    Query(raw): Query<Raw>,
) -> Result<Markup, Failure> {
    let id: TaskId = id.parse().map_err(|_| Failure::missing("task"))?;
    let engine = person.engine(&site);
    let before = head_of(&engine, &AttemptId::new(&id, two.a)).await?;
    let after = head_of(&engine, &AttemptId::new(&id, two.b)).await?;
    let look = Look::between(&id, (two.a, two.b), &raw);
    let asked = Asked { file: look.file, known: None };
    let (task, sheet) = sheet(&engine, &id, (&before.1, &after.1), &asked).await?;
    let shown = Shown {
        title: format!("Attempt {} against attempt {}", two.b, two.a),
        about: About::Two { before: before.0, after: after.0 },
        notes: Notes::default(),
        person: person.name.clone(),
        look,
        task,
        sheet,
        comments: Vec::new(),
    };
    rendered(shown, person).await
}

async fn head_of(engine: &Engine, id: &AttemptId) -> Result<(AttemptId, Commit), Failure> {
    store::attempt::get(&engine.store, id).await?;
    let change = store::change::get(&engine.store, id).await?;
    let change = change
        .ok_or_else(|| Failure::missing(format!("change: attempt {id} has changed nothing")))?;
    Ok((id.clone(), change.head))
}

async fn sheet(
    engine: &Engine,
    task: &TaskId,
    (base, head): (&Commit, &Commit),
    asked: &Asked,
) -> Result<(Task, Sheet), Failure> {
    let task = store::task::get(&engine.store, task).await?;
    let project: Project = store::project::get(&engine.store, &task.project).await?;
    let mirror = Mirror::open(engine.home.path(), &project).await.map_err(engine::Error::from)?;
    let sheet = load(&mirror, base, head, asked).await.map_err(engine::Error::from)?;
    Ok((task, sheet))
}

/// Colours and words of a long change take a moment; others are answered meanwhile.
async fn rendered(shown: Shown, person: Person) -> Result<Markup, Failure> {
    let rendering = tokio::task::spawn_blocking(move || page::page_of(&shown, &person));
    rendering.await.map_err(|_| {
        let words = "The change can't be shown: rendering it failed.";
        Failure::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, words)
    })
}

#[cfg(test)]
mod tests;
