//! What is said of lines: written, edited, removed, and sent.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Redirect;
use domain::comment::{Place, Side};
use domain::verdict::Via;
use domain::{AttemptId, CommentId, Scope};
use serde::Deserialize;

use super::asked::Line;
use super::talk::anchor;
use crate::failure::Failure;
use crate::{Person, Shared};

#[derive(Debug, Deserialize)]
pub struct NewComment {
    path: String,
    /// Where the file was before it was moved.
    old_path: Option<String>,
    /// `3R12`: the file's number is for coming back.
    line: String,
    text: String,
    #[serde(default)]
    back: String,
}

/// `POST /attempts/{id}/comments`
pub async fn comment(
    State(site): State<Shared>,
    person: Person,
    Path(id): Path<String>,
    Form(new): Form<NewComment>,
) -> Result<Redirect, Failure> {
    person.needs(Scope::Task)?;
    let id = attempt(&id)?;
    let unusable = || engine::Error::Unusable("a comment is about a line of a file".into());
    let line = Line::parse(&new.line).ok_or_else(unusable)?;
    let path = match line.side {
        Side::Old => new.old_path.unwrap_or(new.path),
        Side::New => new.path,
    };
    let number = u32::try_from(line.number).map_err(|_| unusable())?;
    let place = Place { path, side: line.side, line: number };
    engine::comment::add(&person.engine(&site), &id, place, &new.text).await?;
    Ok(back(&id, &new.back, &anchor(line)))
}

#[derive(Debug, Deserialize)]
pub struct Edited {
    #[serde(default)]
    text: String,
    #[serde(default)]
    back: String,
}

/// `POST /comments/{id}`
pub async fn edit(
    State(site): State<Shared>,
    person: Person,
    Path(id): Path<String>,
    Form(edited): Form<Edited>,
) -> Result<Redirect, Failure> {
    person.needs(Scope::Task)?;
    let id: CommentId = id.parse().map_err(|_| Failure::missing("comment"))?;
    let comment = engine::comment::edit(&person.engine(&site), &id, &edited.text).await?;
    Ok(back(&comment.attempt, &edited.back, &format!("c-{id}")))
}

/// `POST /comments/{id}/remove`
pub async fn remove(
    State(site): State<Shared>,
    person: Person,
    Path(id): Path<String>,
    Form(edited): Form<Edited>,
) -> Result<Redirect, Failure> {
    person.needs(Scope::Task)?;
    let id: CommentId = id.parse().map_err(|_| Failure::missing("comment"))?;
    let engine = person.engine(&site);
    let comment = store::comment::get(&engine.store, &id).await?;
    engine::comment::remove(&engine, &id).await?;
    Ok(back(&comment.attempt, &edited.back, "main"))
}

#[derive(Debug, Deserialize)]
pub struct Sent {
    #[serde(default)]
    words: String,
}

/// `POST /attempts/{id}/comments/send`
pub async fn send(
    State(site): State<Shared>,
    person: Person,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Redirect, Failure> {
    person.needs(Scope::Decide)?;
    let id = attempt(&id)?;
    engine::comment::send(&person.engine(&site), &id, &sent.words, Via::Page).await?;
    Ok(Redirect::to(&format!("/tasks/{}", id.task())))
}

fn attempt(id: &str) -> Result<AttemptId, Failure> {
    id.parse().map_err(|_| Failure::missing("attempt"))
}

/// To where the form was, if that is this attempt's page: no other address is believed.
fn back(id: &AttemptId, asked: &str, anchor: &str) -> Redirect {
    let page = format!("/attempts/{id}/diff");
    let is_ours = asked.strip_prefix(&page).is_some_and(|rest| {
        let is_query = |byte: u8| byte.is_ascii_alphanumeric() || b"?&=-_".contains(&byte);
        (rest.is_empty() || rest.starts_with('?')) && rest.bytes().all(is_query)
    });
    let to = if is_ours { asked } else { &page };
    Redirect::to(&format!("{to}#{anchor}"))
}
