//! `delegate "TEXT"`, on a server.

use anyhow::{Result, bail};
use domain::ProjectId;
use web::api::wire::project::Project;
use web::api::wire::task::{Delegated, NewTask};
use web::api::wire::{self, Page};

use super::client::Client;
use super::{read, wait};
use crate::cli::DelegateArgs;
use crate::commands::delegate;
use crate::exit::Exit;

const MINUTE_MS: f64 = 60_000.0;

pub async fn run(client: &Client, args: DelegateArgs, json: bool) -> Result<Exit> {
    let wait = args.wait;
    let (details, notes) = begin(client, new_task(client, args).await?).await?;
    let task = read::task(&details)?;
    if !json || wait {
        delegate::introduce(&task, &details.task.project_name, &notes);
    }
    if wait {
        return wait::for_task(client, &task.id, json).await;
    }
    delegate::goodbye(&task, json);
    Ok(Exit::Ok)
}

/// Delegates it. Gives the task, and what its person should know.
pub async fn begin(client: &Client, new: NewTask) -> Result<(wire::task::Details, Vec<String>)> {
    let delegated: Delegated = client.post("/tasks", &new).await?;
    let details = client.get(&format!("/tasks/{}", delegated.task.id)).await?;
    Ok((details, delegated.notes))
}

async fn new_task(client: &Client, args: DelegateArgs) -> Result<NewTask> {
    let (project, repo) = place(client, &args.repo, args.with_changes).await?;
    Ok(NewTask {
        text: delegate::text(args.text)?,
        project,
        repo,
        base: args.base,
        mode: None,
        attempts: args.attempts,
        enough: args.enough,
        agent: args.agent,
        model: args.model,
        minutes: args.minutes.map(minutes),
        usd: args.usd.map(usd),
        tokens: args.tokens,
        memory_bytes: args.memory,
        seed: args.seed,
        plan: args.plan,
        without_setup: args.without_setup,
        with_changes: false,
    })
}

pub fn minutes(wall_ms: u64) -> f64 {
    wall_ms as f64 / MINUTE_MS
}

pub fn usd(micros: u64) -> f64 {
    micros as f64 / 1e6
}

/// A project of the server's, or a URL that it can fetch from. This machine's folders are nothing
/// to it.
pub async fn place(
    client: &Client,
    typed: &str,
    with_changes: bool,
) -> Result<(Option<ProjectId>, Option<String>)> {
    if with_changes {
        bail!("the server can't see this machine's uncommitted work; push a branch, and --base it");
    }
    if is_url(typed) {
        return Ok((None, Some(typed.to_owned())));
    }
    let all: Vec<Project> = client.get::<Page<Project>>("/projects").await?.items;
    let is_it = |project: &&Project| project.id.as_str() == typed || project.name == typed;
    let found: Vec<&Project> = all.iter().filter(is_it).collect();
    match found[..] {
        [project] => Ok((Some(project.id.clone()), None)),
        [] => bail!(
            "the server can't see this machine's folders, and has no project {typed:?}: say \
             --repo with a URL, or with a project of the server's{}",
            known(&all)
        ),
        [..] => bail!("several of the server's projects are called {typed:?}; name one by its id"),
    }
}

fn known(projects: &[Project]) -> String {
    const SHOWN_MAX: usize = 10;
    let names: Vec<&str> = projects.iter().take(SHOWN_MAX).map(|p| p.name.as_str()).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!(", like {}", crate::ui::safe(&names.join(", "))),
    }
}

/// As git has it: with a scheme, or `host:path` without a slash before the colon.
fn is_url(typed: &str) -> bool {
    let before = typed.split_once(':').map(|(before, _)| before);
    typed.contains("://") || before.is_some_and(|host| !host.contains('/') && !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_no_url() {
        for url in ["https://x.example/a.git", "file:///srv/a", "git@x.example:a/b", "x:a"] {
            assert!(is_url(url), "{url}");
        }
        for other in [".", "../a", "/srv/a:b", "./a:b", "lilt", ":a"] {
            assert!(!is_url(other), "{other}");
        }
    }
}
