//! The native agent: a small loop over any model. [`machine`] decides, [`driver`] does, [`tools`]
//! act in the computer, and [`prompt`] holds every word that the model is told. Runs outside of
//! the computer; what a model says gets inside only as a tool's arguments.

mod driver;
mod instructions;
mod machine;
mod prompt;
mod pull_request_template;
mod repetition;
mod tools;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use computer::{Computer, Exec, WORKSPACE};
use llm::{Message, Model};
use tokio::time::{Instant, timeout_at};

use crate::{Agent, Brief, Ending, Error, Log, Report};
use driver::Driver;
use machine::{Bounds, Machine};
use prompt::Situation;

/// What the loop may use at most, beside the brief's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Times that the model is asked.
    pub turns_max: u32,
    /// Input and output of all turns together, in tokens.
    pub tokens_max: u64,
    /// What the model reads at most in one turn, in tokens: [`llm::Config::window_tokens`].
    pub window_tokens: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { turns_max: 200, tokens_max: 20_000_000, window_tokens: 128_000 }
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
        let Ok(start) = timeout_at(deadline, Start::find(brief, computer)).await else {
            return Ok(out_of_time());
        };
        let Start { situation, initial } = start?;
        let model = self.model.as_ref();
        let machine = Machine::new(self.bounds(brief), model.name(), opening(brief, &situation));
        let driver = Driver { model, computer, log, deadline, initial, tools: tools::specs() };
        driver.run(machine).await
    }
}

impl Native {
    fn bounds(&self, brief: &Brief) -> Bounds {
        let Options { turns_max, tokens_max, window_tokens } = self.options;
        Bounds { turns_max, tokens_max, window_tokens, time: brief.time }
    }
}

fn out_of_time() -> Report {
    Report { ending: Ending::OutOfTime, title: String::new(), summary: String::new() }
}

fn opening(brief: &Brief, situation: &Situation) -> Vec<Message> {
    vec![
        Message::System { text: prompt::system(situation) },
        Message::user(prompt::task(&brief.text)),
    ]
}

/// What is known of the repository before the first turn.
struct Start {
    situation: Situation,
    initial: Vec<u8>,
}

impl Start {
    async fn find(brief: &Brief, computer: &dyn Computer) -> Result<Self, computer::Error> {
        let files = files(computer).await?;
        let situation = Situation {
            checks: brief.environment.checks.clone(),
            time: brief.time,
            instructions: instructions::gather(computer, Path::new(WORKSPACE)).await?,
            nested: instructions::nested(&files),
            template: pull_request_template::find(computer, &files).await?,
        };
        Ok(Self { situation, initial: driver::state(computer).await? })
    }
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
