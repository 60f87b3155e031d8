//! `/projects/{project}/environment` and what was prepared for it.

use domain::Commit;
use domain::task::Base;
use engine::Engine;
use engine::prepare::{self, Wish};
use forge::Mirror;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api::answer::{Listed, Ok200};
use crate::api::asked::Call;
use crate::api::operation::{Operation, get};
use crate::api::refusal::Refusal;
use crate::api::wire::environment::{Explanation, Snapshot};

pub fn operations() -> Vec<Operation> {
    vec![
        get("/projects/{project}/environment", "getEnvironment", "What its computers are made of")
            .tag("environments")
            .says("Reads the repository anew, and says of each step whether it was made before, and why.")
            .by(explain),
        get("/projects/{project}/snapshots", "listSnapshots", "What was prepared for it")
            .tag("environments")
            .by(snapshots),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct At {
    /// A branch or a commit; the repository's current branch otherwise.
    #[schemars(length(min = 1, max = 1024))]
    base: Option<String>,
}

async fn explain(call: Call<At>) -> Result<Ok200<Explanation>, Refusal> {
    let engine = call.engine();
    let project = store::project::get(call.store(), &call.path.project()?).await?;
    let mirror = Mirror::open(engine.home.path(), &project).await?;
    let heads = mirror.fetch().await?;
    let Base { branch, commit } = base(&mirror, &heads, call.query.base.as_deref()).await?;
    let environment = engine::explain::at(&mirror, &commit).await?;
    let wish = Wish {
        project: &project,
        mirror: &mirror,
        commit: &commit,
        environment: &environment,
        limits: environment.limits,
        without_setup: false,
        renew: false,
        until: prepare::Name::Commit,
    };
    let (steps, no_steps) = match looks(&engine, &wish).await {
        Ok(looks) => (Some(looks.iter().map(object).collect()), None),
        Err(error) => (None, Some(engine::words(&error))),
    };
    let refused = engine.config.allow(&environment).err().map(|error| engine::words(&error));
    let environment = object(&environment);
    let project = project.id;
    Ok(Ok200(Explanation { project, branch, commit, environment, steps, no_steps, refused }))
}

/// A branch; or a commit that the mirror has.
async fn base(mirror: &Mirror, heads: &forge::Heads, typed: Option<&str>) -> Result<Base, Refusal> {
    if let Some(Ok(commit)) = typed.map(str::parse::<Commit>)
        && mirror.has(&commit).await?
    {
        return Ok(Base { branch: commit.short().to_owned(), commit });
    }
    Ok(heads.base(typed)?)
}

async fn looks(engine: &Engine, wish: &Wish<'_>) -> Result<Vec<prepare::Look>, engine::Error> {
    let backend = engine.backend().await?;
    prepare::look(engine, &backend, wish).await
}

fn object<T: Serialize>(value: &T) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(object)) => object,
        _no_object => Map::new(),
    }
}

async fn snapshots(call: Call) -> Result<Listed<Snapshot>, Refusal> {
    let engine = call.engine();
    let project = store::project::get(call.store(), &call.path.project()?).await?;
    let mut listed = engine::explain::snapshots(&engine).await?;
    listed.retain(|snapshot| snapshot.project.as_ref() == Some(&project.id));
    let shown = |snapshot: prepare::Listed| Snapshot {
        key: snapshot.key,
        project: snapshot.project,
        commit: snapshot.commit,
        step: snapshot.step.map(|step| step.to_string()),
        bytes: snapshot.bytes,
        created: snapshot.created,
        used: snapshot.used,
        whole: snapshot.whole,
    };
    Ok(Listed::whole(listed.into_iter().map(shown).collect()))
}
