//! Which model is asked, where, and with which key: from the model's name, the environment, the
//! configuration file's `[model]` table and `models.toml`. The environment is passed in; of the
//! disk only the key's file is read.

mod url;

use std::path::PathBuf;

use serde::Deserialize;

use crate::key::{self, CommandError, Key};
use crate::models::{Auth, Builtin, HeaderValue, Models, ProviderTable};
use crate::price::{Price, known};
use crate::wire::{Effort, Wire};

const NAME_VARIABLE: &str = "WHIMBREL_MODEL";
const URL_VARIABLE: &str = "WHIMBREL_MODEL_URL";
const KEY_VARIABLE: &str = "WHIMBREL_MODEL_KEY";
const KEY_FILE_VARIABLE: &str = "WHIMBREL_MODEL_KEY_FILE";

/// Azure's `api-version`, which decides between its two kinds of addresses.
const API_VERSION_VARIABLES: [&str; 2] = ["AZURE_OPENAI_API_VERSION", "OPENAI_API_VERSION"];

/// What a model reads at most where nobody says otherwise, in tokens. Small for a large model,
/// so that no conversation is refused; `window_tokens` raises it.
const WINDOW_TOKENS_DEFAULT: u64 = 128_000;

/// The `[model]` table of `$WHIMBREL_HOME/config.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileConfig {
    /// `provider/model`.
    pub name: Option<String>,
    pub base_url: Option<String>,
    pub key_file: Option<PathBuf>,
    /// `responses`, `chat`, `messages` or `gemini`, where it isn't the provider's usual one.
    pub wire: Option<Wire>,
    pub window_tokens: Option<u64>,
    pub output_tokens_max: Option<u32>,
}

/// Everything that [`crate::Client`] needs. Shown in the log as it is: secrets hide themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Who serves the model: the part of `provider/model` before the first slash.
    pub provider: String,
    pub wire: Wire,
    /// As the provider knows it.
    pub model: String,
    /// With its `/v1`, without a slash at the end.
    pub base_url: String,
    pub key: Option<Key>,
    /// What the model reads at most, in tokens.
    pub window_tokens: u64,
    pub output_tokens_max: Option<u32>,
    pub effort: Option<Effort>,
    /// None where it isn't known.
    pub price: Option<Price>,
    /// What somebody should know but what stops nothing, in sentences.
    pub warnings: Vec<String>,
    pub(crate) auth: Auth,
    pub(crate) headers: Vec<(String, HeaderValue)>,
    pub(crate) api_version: Option<String>,
    /// Where a refused key is to be mended.
    pub(crate) key_remedy: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error(
        "{given:?} names no model; write provider/model, where the provider is one of {providers} \
         (for example anthropic/…, openai/… or ollama/…), or an alias of models.toml"
    )]
    Name { given: String, providers: String },
    #[error("no key for {name}: set {remedy}")]
    NoKey { name: String, remedy: String },
    #[error("the key in {origin} isn't one: it is empty, too long, or has spaces in it")]
    Key { origin: String },
    #[error("can't read the model's key from {path}, which {origin} names")]
    KeyFile { path: PathBuf, origin: String, source: std::io::Error },
    #[error("{origin} tells no key")]
    KeyCommand { origin: String, source: CommandError },
    #[error(
        "no address for {name}: set {variables}, or base_url in config.toml's [model] or \
         models.toml's [providers.{provider}]"
    )]
    NoUrl { name: String, provider: String, variables: String },
    #[error("{origin} isn't a usable address: {why}")]
    Url { origin: String, why: String },
}

/// What configurations are made from.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The process's environment.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// The `[model]` table of `config.toml`.
    pub file: Option<&'a FileConfig>,
    /// `models.toml`.
    pub models: Option<&'a Models>,
}

/// A setting and where it was found.
struct Found<T> {
    value: T,
    origin: String,
}

impl Config {
    /// The model that is configured, if one is: `WHIMBREL_MODEL`, then the file's `name`.
    pub fn name(env: &dyn Fn(&str) -> Option<String>, file: Option<&FileConfig>) -> Option<String> {
        let sources = Sources { env, file, models: None };
        sources.variable(NAME_VARIABLE).or_else(|| file?.name.clone())
    }

    /// One model, without `models.toml`. `model` is `provider/model`. `WHIMBREL_MODEL_…`
    /// variables win over the provider's usual ones, and those over the file.
    pub fn resolve(
        model: &str,
        env: &dyn Fn(&str) -> Option<String>,
        file: Option<&FileConfig>,
    ) -> Result<Self, ConfigError> {
        let none = Models::default();
        Asked::new(model, Sources { env, file, models: None }, &none)?.config()
    }

    /// The model that is asked and, after it, the ones that are asked when it can't answer.
    /// `name` is `provider/model` or an alias. A fallback without its key or address is left
    /// out, and the first one's warnings say so. May run the operator's commands for keys, and
    /// then blocks until they have answered.
    pub fn chain(name: &str, sources: Sources<'_>) -> Result<Vec<Self>, ConfigError> {
        let none = Models::default();
        let models = sources.models.unwrap_or(&none);
        let mut first = Asked::new(name, sources, models)?.config()?;
        let mut rest: Vec<Self> = Vec::new();
        for fallback in models.fallbacks(name.trim()) {
            let asked = Asked::new(fallback, sources, models).map(|asked| {
                let own = asked.provider == first.provider;
                Asked { own, ..asked }
            });
            match asked.and_then(|asked| asked.config()) {
                Ok(config) if config.full_name() == first.full_name() => {}
                Ok(config) => rest.push(config),
                Err(error) => first
                    .warnings
                    .push(format!("the fallback {fallback} is left out: {}", crate::words(&error))),
            }
        }
        Ok(std::iter::once(first).chain(rest).collect())
    }

    /// `provider/model`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.provider, self.model)
    }

    /// What must be in no record and in no message: the key, and whatever the headers say.
    pub fn secrets(&self) -> Vec<String> {
        let key = self.key.iter().map(|key| key.expose().to_owned());
        key.chain(self.headers.iter().map(|(_, HeaderValue(value))| value.clone())).collect()
    }
}

/// One model that is asked for, and what is known of it.
struct Asked<'a> {
    provider: &'a str,
    model: &'a str,
    builtin: Option<&'static Builtin>,
    table: Option<&'a ProviderTable>,
    models: &'a Models,
    sources: Sources<'a>,
    /// Whether `WHIMBREL_MODEL_…` and the `[model]` table are about this one. They are about the
    /// model that is asked first, and about others of its provider.
    own: bool,
}

impl<'a> Asked<'a> {
    fn new(name: &'a str, sources: Sources<'a>, models: &'a Models) -> Result<Self, ConfigError> {
        let full = models.expand(name.trim());
        let wrong = || ConfigError::Name {
            given: name.to_owned(),
            providers: models.provider_names().join(", "),
        };
        let (provider, model) = full.split_once('/').ok_or_else(wrong)?;
        let (builtin, table) = (Builtin::find(provider), models.provider(provider));
        if model.is_empty() || (builtin.is_none() && table.is_none()) {
            return Err(wrong());
        }
        Ok(Self { provider, model, builtin, table, models, sources, own: true })
    }

    fn file(&self) -> Option<&'a FileConfig> {
        self.sources.file.filter(|_| self.own)
    }

    /// One of `WHIMBREL_MODEL_…`.
    fn found_own(&self, name: &str) -> Option<Found<String>> {
        if self.own { self.sources.found(name) } else { None }
    }

    fn config(&self) -> Result<Config, ConfigError> {
        let name = format!("{}/{}", self.provider, self.model);
        let (table, known) = (self.models.model(&name), known(self.provider, self.model));
        let api_version = self.api_version();
        let wire = self.wire(api_version.as_deref());
        let mut warnings = Vec::new();
        let file = self.file();
        Ok(Config {
            wire,
            base_url: self.base_url(wire, api_version.as_deref())?,
            key: self.key(&mut warnings)?,
            window_tokens: file
                .and_then(|file| file.window_tokens)
                .or(table.window_tokens)
                .or(known.map(|known| known.window_tokens))
                .unwrap_or(WINDOW_TOKENS_DEFAULT),
            output_tokens_max: file.and_then(|f| f.output_tokens_max).or(table.output_tokens_max),
            effort: table.effort,
            price: table.price().or(known.map(|known| known.price)),
            auth: self.auth(wire),
            headers: self.headers(),
            key_remedy: self.key_remedy(),
            provider: self.provider.to_owned(),
            model: self.model.to_owned(),
            api_version,
            warnings,
        })
    }

    /// Azure's older addresses, with a version, have Chat only.
    fn wire(&self, api_version: Option<&str>) -> Wire {
        let usual = match self.builtin {
            Some(_) if self.is_azure() && api_version.is_some_and(url::is_dated) => Wire::Chat,
            Some(builtin) => builtin.wire,
            None => Wire::Chat,
        };
        let given =
            self.file().and_then(|file| file.wire).or(self.table.and_then(|table| table.wire));
        given.unwrap_or(usual)
    }

    fn is_azure(&self) -> bool {
        self.auth(Wire::Chat) == Auth::ApiKey
    }

    fn auth(&self, wire: Wire) -> Auth {
        let given = self.table.and_then(|table| table.auth);
        let usual = || self.builtin.and_then(|builtin| builtin.auth);
        given.or_else(usual).unwrap_or(Auth::usual(wire))
    }

    fn headers(&self) -> Vec<(String, HeaderValue)> {
        let headers = self.table.iter().flat_map(|table| &table.headers);
        headers.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    fn api_version(&self) -> Option<String> {
        let given = self.table.and_then(|table| table.api_version.clone());
        let usual = || API_VERSION_VARIABLES.iter().find_map(|name| self.sources.variable(name));
        given.or_else(|| (self.provider == "azure").then(usual).flatten())
    }

    fn base_url(&self, wire: Wire, api_version: Option<&str>) -> Result<String, ConfigError> {
        let here = |value: String, origin: String| Found { value, origin };
        let in_table = || {
            let url = self.table?.base_url.clone()?;
            Some(here(url, format!("base_url in models.toml's [providers.{}]", self.provider)))
        };
        let in_file = || {
            let url = self.file()?.base_url.clone()?;
            Some(here(url, "base_url in config.toml's [model]".into()))
        };
        let usual =
            || Some(here(self.builtin?.url?.to_owned(), "the provider's usual address".into()));
        let found = self
            .found_own(URL_VARIABLE)
            .or_else(in_table)
            .or_else(|| self.sources.found(self.builtin?.url_variable?))
            .or_else(in_file)
            .or_else(usual);
        let azure = self.is_azure().then_some(api_version);
        url::normal(found.ok_or_else(|| self.no_url())?, wire, azure)
    }

    fn no_url(&self) -> ConfigError {
        let usual = self.builtin.and_then(|builtin| builtin.url_variable);
        let variables = usual.map(|name| format!("{name} or ")).unwrap_or_default();
        ConfigError::NoUrl {
            name: format!("{}/{}", self.provider, self.model),
            provider: self.provider.to_owned(),
            variables: variables + URL_VARIABLE,
        }
    }

    fn key(&self, warnings: &mut Vec<String>) -> Result<Option<Key>, ConfigError> {
        if let Some(found) = self.found_own(KEY_VARIABLE) {
            return parse_key(&found).map(Some);
        }
        if let Some(found) = self.found_own(KEY_FILE_VARIABLE) {
            let found = Found { value: PathBuf::from(found.value), origin: found.origin };
            return read_key(found, warnings).map(Some);
        }
        if let Some(key) = self.key_in_table(warnings)? {
            return Ok(Some(key));
        }
        if let Some(found) = self.usual_keys().iter().find_map(|name| self.sources.found(name)) {
            return parse_key(&found).map(Some);
        }
        if let Some(path) = self.file().and_then(|file| file.key_file.clone()) {
            let origin = "key_file in config.toml's [model]".into();
            return read_key(Found { value: path, origin }, warnings).map(Some);
        }
        self.no_key()
    }

    fn key_in_table(&self, warnings: &mut Vec<String>) -> Result<Option<Key>, ConfigError> {
        let Some(table) = self.table else { return Ok(None) };
        let origin = |key: &str| format!("{key} of models.toml's [providers.{}]", self.provider);
        if let Some(found) = table.key_env.as_ref().and_then(|name| self.sources.found(name)) {
            return parse_key(&found).map(Some);
        }
        if let Some(path) = table.key_file.clone() {
            return read_key(Found { value: path, origin: origin("key_file") }, warnings).map(Some);
        }
        let Some(command) = &table.key_command else { return Ok(None) };
        let origin = origin("key_command");
        match self.models.told.by(command) {
            Ok(value) => parse_key(&Found { value, origin }).map(Some),
            Err(source) => Err(ConfigError::KeyCommand { origin, source }),
        }
    }

    fn usual_keys(&self) -> &'static [&'static str] {
        self.builtin.map_or(&[], |builtin| builtin.key_variables)
    }

    /// Fine where none is needed: a server on this machine, or one that the operator described
    /// without naming a key.
    fn no_key(&self) -> Result<Option<Key>, ConfigError> {
        let named = self.table.is_some_and(|table| table.key_env.is_some());
        if self.usual_keys().is_empty() && !named {
            return Ok(None);
        }
        let (name, remedy) = (format!("{}/{}", self.provider, self.model), self.key_remedy());
        Err(ConfigError::NoKey { name, remedy })
    }

    fn key_remedy(&self) -> String {
        let own = self.table.and_then(|table| table.key_env.as_deref());
        let usual = own.into_iter().chain(self.usual_keys().iter().copied());
        let variables: Vec<&str> = usual.chain([KEY_VARIABLE, KEY_FILE_VARIABLE]).collect();
        format!("{}, or a key in models.toml's [providers.{}]", variables.join(", "), self.provider)
    }
}

impl Sources<'_> {
    /// A variable that is set to nothing counts as not set.
    fn variable(self, name: &str) -> Option<String> {
        (self.env)(name).filter(|value| !value.trim().is_empty())
    }

    fn found(self, name: &str) -> Option<Found<String>> {
        self.variable(name).map(|value| Found { value, origin: name.to_owned() })
    }
}

fn parse_key(found: &Found<String>) -> Result<Key, ConfigError> {
    Key::new(&found.value).ok_or_else(|| ConfigError::Key { origin: found.origin.clone() })
}

/// A key that others on the machine can read is used all the same: container platforms mount
/// their secrets so, and there nobody else is.
fn read_key(found: Found<PathBuf>, warnings: &mut Vec<String>) -> Result<Key, ConfigError> {
    let Found { value: path, origin } = found;
    let (text, exposed) = match key::read_file(&path) {
        Ok(read) => read,
        Err(source) => return Err(ConfigError::KeyFile { path, origin, source }),
    };
    if exposed {
        let path = path.display();
        warnings.push(format!(
            "every user of this machine can read the model's key in {path}; chmod 600 mends it"
        ));
    }
    parse_key(&Found { value: text, origin: path.display().to_string() })
}

#[cfg(test)]
mod tests;
