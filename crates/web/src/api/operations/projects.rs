//! `/projects`

use domain::Scope;
use domain::audit::Action;

use crate::api::answer::{Created, Listed, Ok200};
use crate::api::asked::{Call, Nothing};
use crate::api::operation::{Operation, get, post, put};
use crate::api::refusal::Refusal;
use crate::api::wire::project::{NewProject, Project, Settings};
use crate::api::{PREFIX, shape};

pub fn operations() -> Vec<Operation> {
    vec![
        get("/projects", "listProjects", "All projects").tag("projects").by(list),
        post("/projects", "createProject", "Makes a repository a project")
            .tag("projects")
            .says(
                "One that is a project already is given as it is. The server opens the folder or \
                 the URL, with what its user may.",
            )
            .needs(Scope::Admin)
            .by(create),
        get("/projects/{project}", "getProject", "A project").tag("projects").by(read),
        put("/projects/{project}/settings", "putProjectSettings", "Changes a project's settings")
            .tag("projects")
            .by(put_settings),
    ]
}

async fn list(call: Call) -> Result<Listed<Project>, Refusal> {
    let mut shown = Vec::new();
    for project in store::project::list(call.store()).await? {
        shown.push(shape::project(&call.site.engine, &project).await?);
    }
    Ok(Listed::whole(shown))
}

async fn create(call: Call<Nothing, NewProject>) -> Result<Created<Project>, Refusal> {
    let engine = call.engine();
    let (mirror, project) = engine::delegate::project(&engine, &call.body.repo).await?;
    // A project of which nothing can be read would only fail later.
    mirror.fetch().await?;
    let made = shape::project(&engine, &project).await?;
    Ok(Created { at: format!("{PREFIX}/projects/{}", project.id), made })
}

async fn read(call: Call) -> Result<Ok200<Project>, Refusal> {
    let project = store::project::get(call.store(), &call.path.project()?).await?;
    Ok(Ok200(shape::project(&call.site.engine, &project).await?))
}

async fn put_settings(call: Call<Nothing, Settings>) -> Result<Ok200<Project>, Refusal> {
    let engine = call.engine();
    let project = store::project::get(call.store(), &call.path.project()?).await?;
    let settings = domain::project::Settings { approval: call.body.approval };
    store::project::put_settings(call.store(), &project.id, &settings).await?;
    let words = serde_json::to_string(&settings).unwrap_or_default();
    engine::audit::record(&engine, Action::SettingsChanged, &project.id, &words).await?;
    Ok(Ok200(shape::project(&engine, &project).await?))
}
