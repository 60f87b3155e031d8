//! `/numbers`: how much is offered, how much of it is wanted, how long that takes, and what it costs.

mod shown;

use axum::extract::{Query, State};
use domain::{Project, ProjectId, Scope};
use engine::numbers::{DAYS, Numbers, Wish, gather};
use maud::Markup;
use serde::Deserialize;

use super::layout::{Page, Place, page};
use crate::failure::Failure;
use crate::{Person, Shared};

/// Ranges that are one tap away, in days.
const RANGES: [u32; 3] = [7, 30, 90];

/// What a person typed or tapped.
#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    days: Option<u32>,
    /// A project's id; empty for all.
    #[serde(default)]
    project: String,
}

/// What is shown.
struct View {
    numbers: Numbers,
    days: u32,
    project: Option<ProjectId>,
    projects: Vec<Project>,
}

pub async fn get(
    State(site): State<Shared>,
    person: Person,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Failure> {
    person.needs(Scope::Read)?;
    let projects = store::project::list(&site.engine.store).await?;
    let project = projects.iter().find(|project| project.id.as_str() == wanted.project);
    if project.is_none() && !wanted.project.is_empty() {
        return Err(Failure::missing("such project"));
    }
    let project = project.map(|project| project.id.clone());
    let days = wanted.days.unwrap_or(DAYS).clamp(1, engine::numbers::DAYS_MAX);
    let numbers = gather(&site.engine, Wish { days, project: project.as_ref() }).await?;
    let shown = shown::body(&View { numbers, days, project, projects });
    let frame = Page {
        title: "Numbers",
        place: Some(Place::Numbers),
        styles: &["charts.css"],
        ..Page::of(&person)
    };
    Ok(page(&frame, &shown))
}
