//! `whimbrel env …`: the recipe of a project's computers, and what was made from it.

mod build;
mod explain;
mod secret;
mod shell;
mod snapshots;
mod steps;

use anyhow::Result;
use domain::task::Base;
use domain::{Commit, Project};
use engine::Engine;
use environment::Environment;
use forge::Mirror;

use crate::cli::EnvCommand;
use crate::cli::env::At;
use crate::exit::Exit;

pub use steps::Steps;

pub async fn run(command: EnvCommand, json: bool) -> Result<Exit> {
    match command {
        EnvCommand::Explain(args) => explain::run(args, json).await,
        EnvCommand::Build(args) => build::run(args, json).await,
        EnvCommand::Shell(args) => shell::run(args, json).await,
        EnvCommand::List(args) => snapshots::list(args, json).await,
        EnvCommand::Prune(args) => snapshots::prune(args, json).await,
        EnvCommand::Check(args) => snapshots::check(args, json).await,
        EnvCommand::Secret(command) => secret::run(command, json).await,
    }
}

/// What a command is about.
struct Ground {
    mirror: Mirror,
    project: Project,
    /// The branch's name, or the commit's where a commit was typed.
    branch: String,
    commit: Commit,
    environment: Environment,
}

impl Ground {
    async fn find(engine: &Engine, at: &At) -> Result<Self> {
        let (mirror, project) = engine::delegate::project(engine, &at.repo).await?;
        let heads = mirror.fetch().await?;
        let Base { branch, commit } = base(&mirror, &heads, at.base.as_deref()).await?;
        let environment = engine::explain::at(&mirror, &commit).await?;
        Ok(Self { mirror, project, branch, commit, environment })
    }

    fn wish(&self, without_setup: bool) -> engine::prepare::Wish<'_> {
        engine::prepare::Wish {
            project: &self.project,
            mirror: &self.mirror,
            commit: &self.commit,
            environment: &self.environment,
            limits: self.environment.limits,
            without_setup,
            renew: false,
            until: engine::prepare::Name::Commit,
        }
    }
}

/// A branch; or a commit that the mirror has.
async fn base(mirror: &Mirror, heads: &forge::Heads, typed: Option<&str>) -> Result<Base> {
    if let Some(Ok(commit)) = typed.map(str::parse::<Commit>)
        && mirror.has(&commit).await?
    {
        return Ok(Base { branch: commit.short().to_owned(), commit });
    }
    Ok(heads.base(typed)?)
}
