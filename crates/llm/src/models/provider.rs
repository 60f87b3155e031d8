//! The providers that need no configuration but a key.

use serde::Deserialize;

use crate::wire::Wire;

/// How a key is shown to a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Auth {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// `x-api-key: KEY`, Anthropic's.
    XApiKey,
    /// `api-key: KEY`, Azure's.
    ApiKey,
    /// `x-goog-api-key: KEY`, Google's.
    XGoogApiKey,
}

impl Auth {
    pub(crate) fn usual(wire: Wire) -> Self {
        match wire {
            Wire::Responses | Wire::Chat => Self::Bearer,
            Wire::Messages => Self::XApiKey,
            Wire::Gemini => Self::XGoogApiKey,
        }
    }

    /// The header's name and what comes before the key.
    pub(crate) fn header(self) -> (&'static str, &'static str) {
        match self {
            Self::Bearer => ("authorization", "Bearer "),
            Self::XApiKey => ("x-api-key", ""),
            Self::ApiKey => ("api-key", ""),
            Self::XGoogApiKey => ("x-goog-api-key", ""),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Builtin {
    /// What stands before the first slash of `provider/model`.
    pub name: &'static str,
    pub wire: Wire,
    pub auth: Option<Auth>,
    pub url: Option<&'static str>,
    /// The variable that everybody else uses for the address.
    pub url_variable: Option<&'static str>,
    /// The variables that everybody else uses for the key; empty where none is needed.
    pub key_variables: &'static [&'static str],
}

const fn keyed(
    name: &'static str,
    wire: Wire,
    url: &'static str,
    url_variable: Option<&'static str>,
    key_variables: &'static [&'static str],
) -> Builtin {
    Builtin { name, wire, auth: None, url: Some(url), url_variable, key_variables }
}

const fn local(name: &'static str, url: Option<&'static str>) -> Builtin {
    let (wire, auth) = (Wire::Chat, None);
    Builtin { name, wire, auth, url, url_variable: None, key_variables: &[] }
}

const OPENAI: &str = "https://api.openai.com/v1";
const OPENAI_URL: Option<&str> = Some("OPENAI_BASE_URL");
const OPENAI_KEY: &[&str] = &["OPENAI_API_KEY"];
const ANTHROPIC: &str = "https://api.anthropic.com/v1";
const ANTHROPIC_URL: Option<&str> = Some("ANTHROPIC_BASE_URL");
const GEMINI: &str = "https://generativelanguage.googleapis.com/v1beta";
const GEMINI_URL: Option<&str> = Some("GOOGLE_GEMINI_BASE_URL");

pub(crate) const BUILTINS: &[Builtin] = &[
    keyed("openai", Wire::Responses, OPENAI, OPENAI_URL, OPENAI_KEY),
    keyed("openai-chat", Wire::Chat, OPENAI, OPENAI_URL, OPENAI_KEY),
    keyed("anthropic", Wire::Messages, ANTHROPIC, ANTHROPIC_URL, &["ANTHROPIC_API_KEY"]),
    keyed("gemini", Wire::Gemini, GEMINI, GEMINI_URL, &["GEMINI_API_KEY", "GOOGLE_API_KEY"]),
    Builtin {
        name: "azure",
        wire: Wire::Responses,
        auth: Some(Auth::ApiKey),
        url: None,
        url_variable: Some("AZURE_OPENAI_ENDPOINT"),
        key_variables: &["AZURE_OPENAI_API_KEY"],
    },
    keyed("openrouter", Wire::Chat, "https://openrouter.ai/api/v1", None, &["OPENROUTER_API_KEY"]),
    Builtin {
        url_variable: Some("OLLAMA_HOST"),
        ..local("ollama", Some("http://localhost:11434/v1"))
    },
    local("llamacpp", Some("http://localhost:8080/v1")),
    local("vllm", Some("http://localhost:8000/v1")),
    local("lmstudio", Some("http://localhost:1234/v1")),
    local("local", None),
];

impl Builtin {
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        BUILTINS.iter().find(|provider| provider.name == name)
    }
}
