//! `/secrets` and `/projects/{project}/secrets`: names are given out, values never.

use domain::audit::Action;
use domain::{ProjectId, Scope};
use engine::secret::{self, Source};

use crate::api::answer::{Done, Listed};
use crate::api::asked::{Call, Nothing};
use crate::api::operation::{Operation, delete, get, put};
use crate::api::refusal::Refusal;
use crate::api::wire::secret::{Secret, SecretValue};

pub fn operations() -> Vec<Operation> {
    vec![
        get("/secrets", "listSecrets", "Names of all secrets").tag("secrets").by(list),
        put("/secrets/{name}", "putSecret", "Sets a secret that every project's setup may name")
            .tag("secrets")
            .needs(Scope::Secrets)
            .by(set),
        delete("/secrets/{name}", "deleteSecret", "Removes one of every project's")
            .tag("secrets")
            .needs(Scope::Secrets)
            .by(remove),
        get("/projects/{project}/secrets", "listProjectSecrets", "Names of a project's secrets")
            .tag("secrets")
            .says("Its own, and those that every project may name.")
            .by(list_of_project),
        put("/projects/{project}/secrets/{name}", "putProjectSecret", "Sets a project's secret")
            .tag("secrets")
            .needs(Scope::Secrets)
            .by(set_of_project),
        delete(
            "/projects/{project}/secrets/{name}",
            "deleteProjectSecret",
            "Removes a project's secret",
        )
        .tag("secrets")
        .needs(Scope::Secrets)
        .by(remove_of_project),
    ]
}

fn shown(listed: secret::Listed) -> Secret {
    let project = match listed.scope {
        secret::Scope::Project(id) => Some(id),
        secret::Scope::All => None,
    };
    Secret { name: listed.name, project, variable: listed.variable }
}

async fn project(call: &Call<Nothing, impl Sized>) -> Result<ProjectId, Refusal> {
    Ok(store::project::get(call.store(), &call.path.project()?).await?.id)
}

async fn list(call: Call) -> Result<Listed<Secret>, Refusal> {
    let listed = secret::list(&call.site.engine.home)?;
    Ok(Listed::whole(listed.into_iter().map(shown).collect()))
}

async fn list_of_project(call: Call) -> Result<Listed<Secret>, Refusal> {
    let id = project(&call).await?;
    let listed = secret::list(&call.site.engine.home)?.into_iter().map(shown);
    let may = |secret: &Secret| secret.project.as_ref().is_none_or(|of| *of == id);
    Ok(Listed::whole(listed.filter(may).collect()))
}

async fn set(call: Call<Nothing, SecretValue>) -> Result<Done, Refusal> {
    put_value(&call, secret::Scope::All).await
}

async fn set_of_project(call: Call<Nothing, SecretValue>) -> Result<Done, Refusal> {
    let scope = secret::Scope::Project(project(&call).await?);
    put_value(&call, scope).await
}

async fn put_value(
    call: &Call<Nothing, SecretValue>,
    scope: secret::Scope,
) -> Result<Done, Refusal> {
    let (engine, name) = (call.engine(), call.path.text("name"));
    let value = Source::Stored(call.body.value.clone());
    secret::set(&engine.home, &scope, name, &value)?;
    engine::audit::record(&engine, Action::SecretSet, name, &words(&scope)).await?;
    Ok(Done)
}

async fn remove(call: Call) -> Result<Done, Refusal> {
    remove_value(&call, secret::Scope::All).await
}

async fn remove_of_project(call: Call) -> Result<Done, Refusal> {
    let scope = secret::Scope::Project(project(&call).await?);
    remove_value(&call, scope).await
}

async fn remove_value(call: &Call, scope: secret::Scope) -> Result<Done, Refusal> {
    let (engine, name) = (call.engine(), call.path.text("name"));
    if !secret::remove(&engine.home, &scope, name)? {
        return Err(Refusal::missing(format!("secret {name}")));
    }
    engine::audit::record(&engine, Action::SecretRemoved, name, &words(&scope)).await?;
    Ok(Done)
}

fn words(scope: &secret::Scope) -> String {
    match scope {
        secret::Scope::Project(id) => format!("of project {id}"),
        secret::Scope::All => "of every project".into(),
    }
}
