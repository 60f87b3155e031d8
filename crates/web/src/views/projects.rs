//! `/projects` and `/projects/{id}`: which repositories there are, what people chose for them, what
//! their computers are made from, and what was prepared. A page never waits for an origin: it shows
//! what was fetched last, and a button fetches again.

mod list;
mod log;
mod one;
mod settings;

use axum::extract::{Form, Path, Query, State};
use axum::response::Redirect;
use domain::project::{Approval, Settings};
use domain::{Project, ProjectId, Scope};
use engine::prepare::Look;
use engine::prepare::record::{Failed, Record};
use engine::project::{Disk, Ground};
use maud::Markup;
use serde::Deserialize;
use store::numbers::Activity;
use store::task::{Summary, Wanted, summaries};

use super::layout::{Page, Place, page};
use super::secrets;
use crate::failure::Failure;
use crate::{Person, Shared};

/// Tasks of a project that its page shows.
const TASKS_MAX: u32 = 10;
/// Snapshots of a project that its page shows.
const RECORDS_MAX: usize = 20;

pub async fn get(State(site): State<Shared>, person: Person) -> Result<Markup, Failure> {
    person.needs(Scope::Read)?;
    let store = &site.engine.store;
    let activity = store::numbers::activity(store).await?;
    let projects = store::project::list(store).await?;
    let mut rows = Vec::new();
    for busy in activity {
        let project = projects.iter().find(|project| project.id == busy.project);
        if let Some(project) = project.cloned() {
            let settings = store::project::settings(store, &project.id).await?;
            rows.push(list::Row { project, busy, settings });
        }
    }
    let shown = list::body(&rows, site.engine.clock.now());
    let frame = Page {
        title: "Projects",
        place: Some(Place::Projects),
        styles: &["house.css"],
        ..Page::of(&person)
    };
    Ok(page(&frame, &shown))
}

/// A page of one project.
struct View {
    project: Project,
    settings: Settings,
    busy: Option<Activity>,
    /// None where nothing was fetched yet; words where what was fetched can't be read.
    ground: Result<Option<Ground>, String>,
    looks: Result<Vec<Look>, String>,
    failures: Vec<Failed>,
    records: Vec<Record>,
    disk: Result<Disk, String>,
    tasks: Vec<Summary>,
    /// What its setup asks for.
    wanted: Vec<secrets::Want>,
    now: domain::Timestamp,
    /// What was just done.
    done: Option<Done>,
    may_decide: bool,
    may_set_secrets: bool,
}

/// Said once, after a form was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    Settings,
    Refreshed,
    SecretSet,
    SecretRemoved,
}

#[derive(Debug, Deserialize)]
pub struct Told {
    done: Option<Done>,
}

pub async fn one(
    State(site): State<Shared>,
    person: Person,
    Path(id): Path<String>,
    Query(told): Query<Told>,
) -> Result<Markup, Failure> {
    person.needs(Scope::Read)?;
    let view = gather(&site, &person, find(&site, &id).await?, told.done).await?;
    let name = view.project.origin.name();
    let frame = Page {
        title: name,
        place: Some(Place::Projects),
        crumbs: &[("/projects", "Projects")],
        styles: &["house.css"],
        ..Page::of(&person)
    };
    Ok(page(&frame, &one::body(&view)))
}

/// By its id in an address.
async fn find(site: &Shared, id: &str) -> Result<Project, Failure> {
    let id: ProjectId = id.parse().map_err(|_| Failure::missing("such project"))?;
    Ok(store::project::get(&site.engine.store, &id).await?)
}

async fn gather(
    site: &Shared,
    person: &Person,
    project: Project,
    done: Option<Done>,
) -> Result<View, Failure> {
    let (engine, store, id) = (&site.engine, &site.engine.store, &project.id);
    let settings = store::project::settings(store, id).await?;
    let activity = store::numbers::activity(store).await?;
    let ground = engine::project::ground(engine, &project).await;
    let ground = ground.map_err(|error| engine::words(&error));
    let looks = match &ground {
        Ok(Some(ground)) => ground.looks(engine).await.map_err(|error| engine::words(&error)),
        Ok(None) | Err(_) => Ok(Vec::new()),
    };
    let failures = looks
        .as_ref()
        .map_or_else(|_| Vec::new(), |looks| engine::project::failures(engine, looks));
    let names = match &ground {
        Ok(Some(ground)) => ground.environment.secrets.as_slice(),
        Ok(None) | Err(_) => &[],
    };
    let wanted = Wanted { project: Some(id), ..Wanted::default() };
    Ok(View {
        settings,
        busy: activity.into_iter().find(|busy| busy.project == *id),
        looks,
        failures,
        records: engine::project::prepared(engine, id, RECORDS_MAX)?,
        disk: engine::project::disk(engine, id).await.map_err(|error| engine::words(&error)),
        tasks: summaries(store, wanted, TASKS_MAX).await?,
        wanted: secrets::wants(engine, id, names)?,
        now: engine.clock.now(),
        done,
        may_decide: person.needs(Scope::Decide).is_ok(),
        may_set_secrets: person.needs(Scope::Secrets).is_ok(),
        ground,
        project,
    })
}

#[derive(Debug, Deserialize)]
pub struct Chosen {
    approval: Approval,
}

/// `POST /projects/{id}/settings`
pub async fn choose(
    State(site): State<Shared>,
    person: Person,
    Path(id): Path<String>,
    Form(chosen): Form<Chosen>,
) -> Result<Redirect, Failure> {
    person.needs(Scope::Decide)?;
    let project = find(&site, &id).await?;
    let settings = Settings { approval: chosen.approval };
    engine::project::choose(&person.engine(&site), &project.id, &settings).await?;
    Ok(Redirect::to(&format!("/projects/{}?done=settings", project.id)))
}

/// `POST /projects/{id}/refresh`
pub async fn refresh(
    State(site): State<Shared>,
    person: Person,
    Path(id): Path<String>,
) -> Result<Redirect, Failure> {
    person.needs(Scope::Task)?;
    let project = find(&site, &id).await?;
    engine::project::refresh(&person.engine(&site), &project).await?;
    Ok(Redirect::to(&format!("/projects/{}?done=refreshed", project.id)))
}

#[derive(Debug, Deserialize)]
pub struct From {
    /// The first line that is shown, from 1.
    #[serde(default)]
    from: usize,
}

/// `GET /projects/{id}/logs/{key}`: what a step printed.
pub async fn log(
    State(site): State<Shared>,
    person: Person,
    Path((id, key)): Path<(String, String)>,
    Query(From { from }): Query<From>,
) -> Result<Markup, Failure> {
    person.needs(Scope::Read)?;
    let project = find(&site, &id).await?;
    let found = engine::project::log(&site.engine, &project.id, &key);
    let (record, path) = found.ok_or_else(|| Failure::missing("such log"))?;
    let view = log::read(&project, record, &path, from).await?;
    let name = project.origin.name();
    let back = format!("/projects/{}", project.id);
    let title = view.title();
    let frame = Page {
        title: &title,
        place: Some(Place::Projects),
        crumbs: &[("/projects", "Projects"), (&back, name)],
        styles: &["house.css"],
        ..Page::of(&person)
    };
    Ok(page(&frame, &log::body(&view)))
}
