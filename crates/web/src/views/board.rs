//! `/`: what runs, what waits for you, and what is done.

use axum::extract::State;
use maud::{Markup, html};

use super::layout::{Page, page};
use crate::failure::Failure;
use crate::{Person, Shared};

pub async fn get(State(site): State<Shared>, person: Person) -> Result<Markup, Failure> {
    let tasks = store::task::list(&site.engine.store, &store::task::Filter::default(), 50).await?;
    let shown = html! {
        h1 { "Tasks" }
        ul {
            @for task in &tasks {
                li { (task.text) }
            }
        }
    };
    Ok(page(
        &Page { title: "Board", place: Some(super::layout::Place::Board), ..Page::of(&person) },
        &shown,
    ))
}
