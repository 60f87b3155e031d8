//! The native agent: a small loop over any model. [`machine`] decides, [`driver`] does, [`tools`]
//! act in the computer, [`conversation`] is the log as the model sees it, and [`prompt`] holds
//! every word that the model is told. Runs outside of the computer; what a model says gets inside
//! only as a tool's arguments.

mod conversation;
mod driver;
mod instructions;
mod machine;
mod plain;
mod prompt;
mod pull_request_template;
mod repetition;
mod skills;
mod tools;
mod view;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use computer::{Computer, Exec, WORKSPACE};
use domain::Fact;
use domain::task::Mode;
use llm::Model;
use tokio::time::{Instant, timeout_at};

use crate::{Agent, Brief, Ending, Error, Log, Report};
use conversation::Conversation;
use driver::Driver;
use machine::{Bounds, Machine};
use prompt::Situation;
use tools::Workbench;

/// What the loop has to know of its model. What it may use is in the brief.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// What the model reads at most in one turn, in tokens: [`llm::Config::window_tokens`].
    pub window_tokens: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { window_tokens: 128_000 }
    }
}

pub struct Native {
    model: Arc<dyn Model>,
    options: Options,
}

impl Native {
    pub fn new(model: Arc<dyn Model>, options: Options) -> Self {
        Self { model, options }
    }
}

#[async_trait]
impl Agent for Native {
    async fn work(
        &self,
        brief: &Brief,
        computer: &dyn Computer,
        log: &dyn Log,
    ) -> Result<Report, Error> {
        let deadline = Instant::now() + brief.time;
        let mut conversation = Conversation::fold(&brief.past);
        conversation.enter(&brief.attempt);
        let opening = match conversation.is_open() {
            true => None,
            false => match timeout_at(deadline, opening(brief, computer)).await {
                Ok(opening) => Some(opening?),
                Err(_elapsed) => return Ok(out_of_time()),
            },
        };
        let model = self.model.as_ref();
        let machine = Machine::new(self.bounds(brief), model.name(), conversation);
        let (tools, workbench) = (tools::specs(brief.mode), Workbench::new(computer));
        let driver = Driver { model, computer, log, deadline, tools, workbench };
        driver.run(machine, opening).await
    }
}

impl Native {
    fn bounds(&self, brief: &Brief) -> Bounds {
        Bounds {
            limits: brief.limits,
            window_tokens: self.options.window_tokens,
            time: brief.time,
            mode: brief.mode,
            plan_first: brief.plan_first,
        }
    }
}

fn out_of_time() -> Report {
    Report { ending: Ending::OutOfTime, title: String::new(), summary: String::new() }
}

/// Of a task's text.
const TASK_BYTES_MAX: usize = 256 * 1024;

/// What the conversation begins with, from what is known of the repository before the first turn.
async fn opening(brief: &Brief, computer: &dyn Computer) -> Result<Fact, computer::Error> {
    let system = prompt::system(&situation(brief, computer).await?);
    let task = prompt::task(&stdx::cut::middle(&brief.text, TASK_BYTES_MAX));
    Ok(Fact::Opened { system, task, workspace: view::workspace(computer).await? })
}

async fn situation(brief: &Brief, computer: &dyn Computer) -> Result<Situation, computer::Error> {
    let files = files(computer).await?;
    let is_code = match brief.mode {
        Mode::Code => true,
        Mode::Ask => false,
    };
    Ok(Situation {
        mode: brief.mode,
        plan_first: brief.plan_first && is_code,
        network: brief.environment.agent.network.clone(),
        checks: brief.environment.checks.clone(),
        time: brief.time,
        instructions: instructions::gather(computer, Path::new(WORKSPACE)).await?,
        nested: instructions::nested(&files),
        skills: skills::find(computer, &files).await?,
        template: pull_request_template::find(computer, &files).await?,
    })
}

/// Of the list of a repository's files; what is beyond isn't looked at.
const LIST_BYTES_MAX: u64 = 8 * 1024 * 1024;
const LIST_TIMEOUT: Duration = Duration::from_secs(60);

/// The repository's files as git knows them; none where that can't be told.
async fn files(computer: &dyn Computer) -> Result<Vec<String>, computer::Error> {
    let list = Exec::new(["git", "ls-files", "-z"]);
    let list = list.output_bytes_max(LIST_BYTES_MAX).timeout(LIST_TIMEOUT);
    let told = computer.run(list).await?;
    let paths = told.stdout.text();
    Ok(paths.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests;
