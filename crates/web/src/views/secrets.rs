//! `/secrets`: which there are, for whom, and since when. Values go in and never come out: no page,
//! no answer and no log has one.

mod shown;

use axum::extract::{Form, Query, State};
use axum::response::Redirect;
use domain::{Project, ProjectId, Scope as Right, Timestamp};
use engine::Engine;
use engine::secret::{Listed, Scope, Source};
use maud::Markup;
use serde::Deserialize;

use super::layout::{Page, Place, page};
use super::projects::Done;
use crate::failure::Failure;
use crate::{Person, Shared};

pub use shown::of_project;

/// Projects whose environments are read to know what they want.
const PROJECTS_MAX: usize = 30;

/// A secret that a project's setup names.
pub struct Want {
    pub name: String,
    /// For whom it is set, as this project would get it; none where it isn't.
    pub found: Option<Listed>,
}

/// What `names` lead to for a project: its own before those of all.
pub fn wants(engine: &Engine, project: &ProjectId, names: &[String]) -> Result<Vec<Want>, Failure> {
    let listed = engine::secret::list(&engine.home)?;
    let own = Scope::Project(project.clone());
    let want = |name: &String| {
        let of = |scope: &Scope| {
            listed.iter().find(|each| each.name == *name && each.scope == *scope).cloned()
        };
        Want { name: name.clone(), found: of(&own).or_else(|| of(&Scope::All)) }
    };
    Ok(names.iter().map(want).collect())
}

/// What is shown.
struct View {
    listed: Vec<Listed>,
    projects: Vec<Project>,
    /// Of projects that want any.
    wanted: Vec<(Project, Vec<Want>)>,
    done: Option<Done>,
    now: Timestamp,
}

#[derive(Debug, Deserialize)]
pub struct Told {
    done: Option<Done>,
}

pub async fn get(
    State(site): State<Shared>,
    person: Person,
    Query(told): Query<Told>,
) -> Result<Markup, Failure> {
    person.needs(Right::Secrets)?;
    let engine = &site.engine;
    let projects = store::project::list(&engine.store).await?;
    let mut wanted = Vec::new();
    for project in projects.iter().take(PROJECTS_MAX) {
        // What can't be read wants nothing; its own page says why.
        let Ok(Some(ground)) = engine::project::ground(engine, project).await else { continue };
        let wants = wants(engine, &project.id, &ground.environment.secrets)?;
        if !wants.is_empty() {
            wanted.push((project.clone(), wants));
        }
    }
    let listed = engine::secret::list(&engine.home)?;
    let now = engine.clock.now();
    let shown = shown::body(&View { listed, projects, wanted, done: told.done, now });
    let frame = Page {
        title: "Secrets",
        place: Some(Place::Projects),
        crumbs: &[("/projects", "Projects")],
        styles: &["house.css"],
        ..Page::of(&person)
    };
    Ok(page(&frame, &shown))
}

/// What a form says; a value has no way to be shown.
#[derive(Deserialize)]
pub struct Given {
    /// `all`, or a project's id.
    scope: String,
    name: String,
    value: String,
    /// Where the form stood.
    #[serde(default)]
    back: Back,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Back {
    #[default]
    Secrets,
    Project,
}

/// `POST /secrets`
pub async fn set(
    State(site): State<Shared>,
    person: Person,
    Form(given): Form<Given>,
) -> Result<Redirect, Failure> {
    person.needs(Right::Secrets)?;
    let scope = scope(&site, &given.scope).await?;
    let source = Source::Stored(given.value);
    engine::secret::keep(&person.engine(&site), &scope, given.name.trim(), &source).await?;
    Ok(to(&scope, given.back, "secret_set"))
}

#[derive(Debug, Deserialize)]
pub struct Named {
    scope: String,
    name: String,
    #[serde(default)]
    back: Back,
}

/// `POST /secrets/remove`
pub async fn remove(
    State(site): State<Shared>,
    person: Person,
    Form(named): Form<Named>,
) -> Result<Redirect, Failure> {
    person.needs(Right::Secrets)?;
    let scope = scope(&site, &named.scope).await?;
    if !engine::secret::forget(&person.engine(&site), &scope, &named.name).await? {
        return Err(Failure::missing("such secret"));
    }
    Ok(to(&scope, named.back, "secret_removed"))
}

async fn scope(site: &Shared, typed: &str) -> Result<Scope, Failure> {
    if typed == "all" {
        return Ok(Scope::All);
    }
    let id: ProjectId = typed.parse().map_err(|_| Failure::missing("such project"))?;
    Ok(Scope::Project(store::project::get(&site.engine.store, &id).await?.id))
}

fn to(scope: &Scope, back: Back, done: &str) -> Redirect {
    match (back, scope) {
        (Back::Project, Scope::Project(id)) => {
            Redirect::to(&format!("/projects/{id}?done={done}#secrets"))
        }
        (Back::Project, Scope::All) | (Back::Secrets, _) => {
            Redirect::to(&format!("/secrets?done={done}"))
        }
    }
}
