//! `config.toml` in the home, and the environment's variables: what the person who runs whimbrel
//! chose. A repository may wish for a model, but never says where it is or which key opens it.

pub mod allowed;
pub mod network;

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use agent::native::Native;
use computer::egress;
use environment::Environment;
use serde::Deserialize;

use crate::admit::Machine;
use crate::budget::Budget;
use crate::gc::Keep;
use crate::{Error, Home};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The model to use where nobody says otherwise.
    pub model: Option<llm::FileConfig>,
    /// Which kind of computer there is to be.
    #[serde(default)]
    pub computer: Computer,
    /// What a repository may open at most.
    #[serde(default)]
    pub network: network::Network,
    /// What models may cost.
    #[serde(default)]
    pub budget: Budget,
    /// How far this machine may be filled.
    #[serde(default)]
    pub machine: Machine,
    /// How long what attempts left is kept.
    #[serde(default)]
    pub keep: Keep,
    /// Which images a repository may name.
    #[serde(default)]
    pub images: allowed::Images,
}

/// Whose requests an agent makes.
pub(crate) struct Asks {
    /// Where chance comes from.
    pub seed: u64,
    pub accounts: Arc<dyn llm::Ledger>,
    /// The folder in which each exchange is recorded.
    pub record: PathBuf,
}

/// The `[computer]` table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Computer {
    #[serde(default)]
    pub backend: computer::Choice,
    /// What containers are made from where a repository names no image.
    pub image: Option<String>,
}

impl Config {
    /// The kind of computer that the environment's variable asks for, or else the file.
    pub fn backend(&self) -> Result<computer::Choice, Error> {
        let Some(asked) = variable(BACKEND_VARIABLE) else { return Ok(self.computer.backend) };
        asked.parse().map_err(|error| Error::Unusable(format!("{BACKEND_VARIABLE}: {error}")))
    }

    pub fn read(home: &Home) -> Result<Self, Error> {
        let path = home.config_file();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(Error::Read { path, source }),
        };
        toml::from_str(&text).map_err(|error| malformed(path, &text, &error))
    }

    /// # Errors
    /// [`Error::Unusable`] where the repository wants more than this machine allows it.
    pub fn allow(&self, environment: &Environment) -> Result<(), Error> {
        allowed::check(&self.network, &self.images, environment)
    }

    /// What computers' way out is told of this machine's network.
    pub fn egress(&self, home: &Home) -> Result<egress::Options, Error> {
        self.network.egress(home)
    }

    /// The model's name: what was asked for, then what this machine is configured with, then what
    /// the repository wishes for, if this machine has what it takes.
    pub fn model_name(&self, asked: Option<&str>, environment: &Environment) -> Option<String> {
        let configured = || llm::Config::name(&variable, self.model.as_ref());
        let wished = || {
            let name = environment.agent.model.clone()?;
            self.resolve(&name).is_ok().then_some(name)
        };
        asked.map(str::to_owned).or_else(configured).or_else(wished)
    }

    /// The model that this machine is configured with, if its key and address are there too.
    pub fn configured(&self) -> Result<Option<String>, Error> {
        let name = llm::Config::name(&variable, self.model.as_ref());
        name.map(|name| self.checked(Some(name))).transpose()
    }

    /// `name`, when it can be asked: so that a missing key is said at once and not by an attempt.
    pub fn checked(&self, name: Option<String>) -> Result<String, Error> {
        let name = name.ok_or_else(|| Error::Unusable(NO_MODEL.into()))?;
        self.resolve(&name)?;
        Ok(name)
    }

    /// Whether this process has what it takes to ask the model of that name.
    pub fn can_ask(&self, name: &str) -> bool {
        self.resolve(name).is_ok()
    }

    /// What somebody should know about the model's configuration, and what stops nothing.
    pub fn warnings(&self, name: &str) -> Vec<String> {
        self.resolve(name).map_or_else(|_| Vec::new(), |config| config.warnings)
    }

    /// The native agent over the model of that name.
    pub(crate) fn native(&self, name: Option<&str>, asks: Asks) -> Result<Native, Error> {
        let seed = asks.seed;
        let name = self.checked(name.map(str::to_owned))?;
        let config = self.resolve(&name)?;
        let options = agent::native::Options {
            window_tokens: config.window_tokens,
            ..agent::native::Options::default()
        };
        let client = llm::Client::new(config, llm::Options { seed, ..llm::Options::default() })
            .map_err(|error| Error::Unusable(llm::words(&error)))?;
        Ok(Native::new(Arc::new(client), options))
    }

    fn resolve(&self, name: &str) -> Result<llm::Config, Error> {
        Ok(llm::Config::resolve(name, &variable, self.model.as_ref())?)
    }
}

/// `line` counts from 1.
fn malformed(path: PathBuf, text: &str, error: &toml::de::Error) -> Error {
    let before = text.get(..error.span().map_or(0, |span| span.start)).unwrap_or_default();
    let words = error.message().replace('\n', ", ");
    Error::Config { path, line: 1 + before.matches('\n').count(), words }
}

const BACKEND_VARIABLE: &str = "WHIMBREL_BACKEND";

const NO_MODEL: &str = "the native agent needs a model: say --model provider/model, or set \
    WHIMBREL_MODEL, or write `[model] name = \"provider/model\"` in $WHIMBREL_HOME/config.toml; \
    without a model there is --agent mechanic";

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
