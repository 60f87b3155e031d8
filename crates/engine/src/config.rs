//! `config.toml` in the home, and the environment's variables: what the person who runs whimbrel
//! chose. A repository may wish for a model, but never says where it is or which key opens it.

pub mod allowed;
pub mod network;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
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
    /// How the server is reached.
    #[serde(default)]
    pub server: Server,
    /// `models.toml`, which is a file of its own.
    #[serde(skip)]
    pub models: llm::Models,
}

/// Whose requests an agent makes.
pub(crate) struct Asks {
    /// Where chance comes from.
    pub seed: u64,
    pub accounts: Arc<dyn llm::Ledger>,
    /// The folder in which each exchange is recorded.
    pub record: PathBuf,
    /// What is in no record.
    pub secrets: Vec<String>,
}

/// The `[server]` table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// What links begin with, as people reach it: `https://whimbrel.example.com`.
    pub url: Option<String>,
    /// Names that it answers to, beside this machine's own and that of `url`.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Figures are shown to whoever asks.
    #[serde(default)]
    pub open_metrics: bool,
}

impl Server {
    /// The address of a path of the server; none where nobody said where it is.
    pub fn link(&self, path: &str) -> Option<String> {
        let url = self.url.as_deref()?.trim_end_matches('/');
        let is_web = url.starts_with("https://") || url.starts_with("http://");
        (is_web && !url.contains(char::is_whitespace)).then(|| format!("{url}{path}"))
    }
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

    /// `config.toml` and `models.toml` of the home; one that isn't there says nothing.
    pub fn read(home: &Home) -> Result<Self, Error> {
        let path = home.config_file();
        let text = optional(&path)?.unwrap_or_default();
        let mut config: Self =
            toml::from_str(&text).map_err(|error| malformed(path, &text, &error))?;
        let path = home.models_file();
        if let Some(text) = optional(&path)? {
            config.models = llm::Models::parse(&path, &text)?;
        }
        Ok(config)
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
            self.chain(&name).is_ok().then_some(name)
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
        self.chain(&name)?;
        Ok(name)
    }

    /// Whether this process has what it takes to ask the model of that name.
    pub fn can_ask(&self, name: &str) -> bool {
        self.chain(name).is_ok()
    }

    /// What somebody should know about the model's configuration, and what stops nothing.
    pub fn warnings(&self, name: &str, limits: domain::Limits) -> Vec<String> {
        let Ok(chain) = self.chain(name) else { return Vec::new() };
        let unpriced = chain.iter().filter(|config| config.price.is_none());
        let unpriced = unpriced.map(|config| {
            let name = config.full_name();
            format!(
                "what {name} costs isn't known, so no limit in dollars holds; write its \
                     price in models.toml"
            )
        });
        let is_in_dollars = self.budget.is_in_dollars() || limits.usd_micros.is_some();
        let warnings = chain.iter().flat_map(|config| config.warnings.clone());
        warnings.chain(unpriced.filter(|_| is_in_dollars)).collect()
    }

    /// The native agent over the model of that name, through the gateway.
    pub(crate) fn native(&self, name: Option<&str>, asks: Asks) -> Result<Native, Error> {
        let name = self.checked(name.map(str::to_owned))?;
        let gateway = self.gateway(&name, asks)?;
        let options = agent::native::Options { window_tokens: gateway.window_tokens() };
        Ok(Native::new(Arc::new(gateway), options))
    }

    /// The model of that name, in front of which every request is counted and recorded.
    pub(crate) fn gateway(&self, name: &str, asks: Asks) -> Result<llm::Gateway, Error> {
        let options =
            llm::Options { seed: asks.seed, quota: self.models.quota(), ..llm::Options::default() };
        let path = asks.record;
        let recorder = llm::Recorder::new(&path, asks.secrets)
            .map_err(|source| Error::Write { path, source })?;
        let gateway = llm::Gateway::new(self.chain(name)?, options, asks.accounts)
            .map_err(|error| Error::Unusable(llm::words(&error)))?;
        Ok(gateway.recording(recorder))
    }

    /// What the model of that name reads at most in a turn, in tokens.
    pub fn window(&self, name: &str) -> Option<u64> {
        self.chain(name).ok()?.first().map(|config| config.window_tokens)
    }

    /// What must be in no log: the keys and headers of the model of that name.
    pub fn secrets(&self, name: &str) -> Vec<String> {
        let chain = self.chain(name).unwrap_or_default();
        chain.iter().flat_map(llm::Config::secrets).collect()
    }

    fn chain(&self, name: &str) -> Result<Vec<llm::Config>, Error> {
        let sources =
            llm::Sources { env: &variable, file: self.model.as_ref(), models: Some(&self.models) };
        Ok(llm::Config::chain(name, sources)?)
    }
}

fn optional(path: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Read { path: path.to_owned(), source }),
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
