//! Which model is asked, where, and with which key: from the model's name, the environment and
//! the configuration file's `[model]` table. The environment is passed in; of the disk only the
//! key's file is read.

use std::path::PathBuf;

use reqwest::Url;
use serde::Deserialize;

use crate::key::{self, Key};
use crate::wire::Wire;

const NAME_VARIABLE: &str = "WHIMBREL_MODEL";
const URL_VARIABLE: &str = "WHIMBREL_MODEL_URL";
const KEY_VARIABLE: &str = "WHIMBREL_MODEL_KEY";
const KEY_FILE_VARIABLE: &str = "WHIMBREL_MODEL_KEY_FILE";

/// What a model reads at most where nobody says otherwise, in tokens. Small for a large model,
/// so that no conversation is refused; `window_tokens` raises it.
const WINDOW_TOKENS_DEFAULT: u64 = 128_000;

/// Who serves the model: the part of `provider/model` before the first slash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    OpenAi,
    OpenAiChat,
    Anthropic,
    OpenRouter,
    Ollama,
    /// llama.cpp, vLLM, LM Studio, …: anything with an OpenAI Chat endpoint at a known address.
    Local,
}

impl Provider {
    pub const ALL: [Self; 6] = [
        Self::OpenAi,
        Self::OpenAiChat,
        Self::Anthropic,
        Self::OpenRouter,
        Self::Ollama,
        Self::Local,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::OpenAiChat => "openai-chat",
            Self::Anthropic => "anthropic",
            Self::OpenRouter => "openrouter",
            Self::Ollama => "ollama",
            Self::Local => "local",
        }
    }

    fn wire(self) -> Wire {
        match self {
            Self::OpenAi => Wire::Responses,
            Self::Anthropic => Wire::Messages,
            Self::OpenAiChat | Self::OpenRouter | Self::Ollama | Self::Local => Wire::Chat,
        }
    }

    /// The variable that everybody else uses for this provider's key; none where no key is
    /// needed.
    fn key_variable(self) -> Option<&'static str> {
        match self {
            Self::OpenAi | Self::OpenAiChat => Some("OPENAI_API_KEY"),
            Self::Anthropic => Some("ANTHROPIC_API_KEY"),
            Self::OpenRouter => Some("OPENROUTER_API_KEY"),
            Self::Ollama | Self::Local => None,
        }
    }

    fn url_variable(self) -> Option<&'static str> {
        match self {
            Self::OpenAi | Self::OpenAiChat => Some("OPENAI_BASE_URL"),
            Self::Anthropic => Some("ANTHROPIC_BASE_URL"),
            Self::Ollama => Some("OLLAMA_HOST"),
            Self::OpenRouter | Self::Local => None,
        }
    }

    fn default_url(self) -> Option<&'static str> {
        match self {
            Self::OpenAi | Self::OpenAiChat => Some("https://api.openai.com/v1"),
            Self::Anthropic => Some("https://api.anthropic.com/v1"),
            Self::OpenRouter => Some("https://openrouter.ai/api/v1"),
            Self::Ollama => Some("http://localhost:11434/v1"),
            Self::Local => None,
        }
    }
}

/// The `[model]` table of `$WHIMBREL_HOME/config.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileConfig {
    /// `provider/model`.
    pub name: Option<String>,
    pub base_url: Option<String>,
    pub key_file: Option<PathBuf>,
    /// `responses`, `chat` or `messages`, where it isn't the provider's usual one.
    pub wire: Option<Wire>,
    pub window_tokens: Option<u64>,
    pub output_tokens_max: Option<u32>,
}

/// Everything that [`crate::Client`] needs. Shown in the log as it is: the key hides itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub provider: Provider,
    pub wire: Wire,
    /// As the provider knows it.
    pub model: String,
    /// With its `/v1`, without a slash at the end.
    pub base_url: String,
    pub key: Option<Key>,
    /// What the model reads at most, in tokens.
    pub window_tokens: u64,
    pub output_tokens_max: Option<u32>,
    /// What somebody should know but what stops nothing, in sentences.
    pub warnings: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error(
        "{given:?} names no model; write provider/model, where the provider is one of {providers} \
         (for example anthropic/…, openai/… or ollama/…)",
        providers = names()
    )]
    Name { given: String },
    #[error("no key for {provider}/{model}: set {variables}, or key_file in config.toml's [model]")]
    NoKey { provider: &'static str, model: String, variables: String },
    #[error("the key in {origin} isn't one: it is empty, too long, or has spaces in it")]
    Key { origin: String },
    #[error("can't read the model's key from {path}, which {origin} names")]
    KeyFile { path: PathBuf, origin: String, source: std::io::Error },
    #[error(
        "no address for {provider}/{model}: set {URL_VARIABLE}, or base_url in config.toml's [model]"
    )]
    NoUrl { provider: &'static str, model: String },
    #[error("{origin} isn't a usable address: {why}")]
    Url { origin: String, why: String },
}

fn names() -> String {
    Provider::ALL.map(Provider::as_str).join(", ")
}

/// What a configuration is made from.
#[derive(Clone, Copy)]
struct Sources<'a> {
    env: &'a dyn Fn(&str) -> Option<String>,
    file: Option<&'a FileConfig>,
}

/// A setting and where it was found.
struct Found<T> {
    value: T,
    origin: String,
}

impl Config {
    /// The model that is configured, if one is: `WHIMBREL_MODEL`, then the file's `name`.
    pub fn name(env: &dyn Fn(&str) -> Option<String>, file: Option<&FileConfig>) -> Option<String> {
        let sources = Sources { env, file };
        sources.variable(NAME_VARIABLE).or_else(|| file?.name.clone())
    }

    /// `model` is `provider/model`. `WHIMBREL_MODEL_…` variables win over the provider's usual
    /// ones, and those over the file.
    pub fn resolve(
        model: &str,
        env: &dyn Fn(&str) -> Option<String>,
        file: Option<&FileConfig>,
    ) -> Result<Self, ConfigError> {
        let sources = Sources { env, file };
        let (provider, model) = split_name(model)?;
        let wire = file.and_then(|file| file.wire).unwrap_or(provider.wire());
        let mut warnings = Vec::new();
        Ok(Self {
            provider,
            wire,
            model: model.to_owned(),
            base_url: sources.base_url(provider, model)?,
            key: sources.key(provider, model, &mut warnings)?,
            window_tokens: file.and_then(|f| f.window_tokens).unwrap_or(WINDOW_TOKENS_DEFAULT),
            output_tokens_max: file.and_then(|file| file.output_tokens_max),
            warnings,
        })
    }

    /// Where a refused key is to be mended.
    pub(crate) fn key_remedy(&self) -> String {
        key_variables(self.provider)
    }
}

fn split_name(name: &str) -> Result<(Provider, &str), ConfigError> {
    let wrong = || ConfigError::Name { given: name.to_owned() };
    let (provider, model) = name.trim().split_once('/').ok_or_else(wrong)?;
    let provider = Provider::ALL.into_iter().find(|known| known.as_str() == provider);
    match (provider, model) {
        (None, _) | (_, "") => Err(wrong()),
        (Some(provider), model) => Ok((provider, model)),
    }
}

fn key_variables(provider: Provider) -> String {
    let own = format!("{KEY_VARIABLE} or {KEY_FILE_VARIABLE}");
    provider.key_variable().map_or(own.clone(), |usual| format!("{usual}, {own}"))
}

impl Sources<'_> {
    /// A variable that is set to nothing counts as not set.
    fn variable(self, name: &str) -> Option<String> {
        (self.env)(name).filter(|value| !value.trim().is_empty())
    }

    fn found(self, name: &str) -> Option<Found<String>> {
        self.variable(name).map(|value| Found { value, origin: name.to_owned() })
    }

    fn base_url(self, provider: Provider, model: &str) -> Result<String, ConfigError> {
        let file_url = || {
            let value = self.file?.base_url.clone()?;
            Some(Found { value, origin: "base_url in config.toml's [model]".into() })
        };
        let default = || {
            let value = provider.default_url()?.to_owned();
            Some(Found { value, origin: "the provider's usual address".into() })
        };
        let found = self
            .found(URL_VARIABLE)
            .or_else(|| self.found(provider.url_variable()?))
            .or_else(file_url)
            .or_else(default);
        let missing =
            || ConfigError::NoUrl { provider: provider.as_str(), model: model.to_owned() };
        normal_url(found.ok_or_else(missing)?)
    }

    fn key(
        self,
        provider: Provider,
        model: &str,
        warnings: &mut Vec<String>,
    ) -> Result<Option<Key>, ConfigError> {
        if let Some(found) = self.found(KEY_VARIABLE) {
            return parse_key(&found).map(Some);
        }
        if let Some(found) = self.found(KEY_FILE_VARIABLE) {
            let found = Found { value: PathBuf::from(found.value), origin: found.origin };
            return read_key(found, warnings).map(Some);
        }
        if let Some(found) = provider.key_variable().and_then(|name| self.found(name)) {
            return parse_key(&found).map(Some);
        }
        if let Some(path) = self.file.and_then(|file| file.key_file.clone()) {
            let origin = "key_file in config.toml's [model]".into();
            return read_key(Found { value: path, origin }, warnings).map(Some);
        }
        no_key(provider, model)
    }
}

fn no_key(provider: Provider, model: &str) -> Result<Option<Key>, ConfigError> {
    if provider.key_variable().is_none() {
        return Ok(None);
    }
    Err(ConfigError::NoKey {
        provider: provider.as_str(),
        model: model.to_owned(),
        variables: key_variables(provider),
    })
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

/// Adds what people leave out: `http://` (as `OLLAMA_HOST` does) and the `/v1` after a host.
fn normal_url(found: Found<String>) -> Result<String, ConfigError> {
    let Found { value, origin } = found;
    let given = value.trim().trim_end_matches('/');
    let given = if given.contains("://") { given.to_owned() } else { format!("http://{given}") };
    let wrong = |why: &str| ConfigError::Url { origin: origin.clone(), why: why.to_owned() };
    let mut url = Url::parse(&given).map_err(|error| wrong(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it begins with neither http:// nor https://"));
    }
    // It would get into logs, and the key has its own place.
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("it has a user name or password in it; give the key as a key"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("it has a ? or # in it"));
    }
    complete(&mut url, &origin);
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn complete(url: &mut Url, origin: &str) {
    // A server's own address for "every interface" is no place to connect to. The port can't be
    // lost by it, and an address of numbers is always a valid host.
    if url.host_str() == Some("0.0.0.0") {
        let _always_valid = url.set_host(Some("127.0.0.1"));
    }
    if origin == "OLLAMA_HOST" && url.port().is_none() && url.scheme() == "http" {
        let _http_has_ports = url.set_port(Some(11434));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    if path.is_empty() || (origin == "ANTHROPIC_BASE_URL" && !path.ends_with("/v1")) {
        url.set_path(&format!("{path}/v1"));
    }
}

#[cfg(test)]
mod tests;
