//! The operator's `models.toml`: providers, keys, aliases, fallbacks, prices and what to do when
//! a quota is used up. Reads its text and nothing else; who asks finds out what follows from it
//! in [`crate::Config`].

mod provider;
mod units;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::key::Told;
use crate::price::Price;
use crate::retry::{OnQuota, Quota};
use crate::wire::{Effort, Wire};

pub(crate) use provider::{Auth, BUILTINS, Builtin};
use units::{Dollars, Span};

/// Steps from one alias to the next.
const ALIASES_MAX: usize = 8;
/// Models in one list of fallbacks.
const FALLBACKS_MAX: usize = 8;

/// What `models.toml` says, and the keys that its commands have told so far.
#[derive(Debug, Clone, Default)]
pub struct Models {
    tables: Tables,
    pub(crate) told: Told,
}

#[derive(Debug, thiserror::Error)]
#[error("{}:{line}: {words}", path.display())]
pub struct ModelsError {
    pub path: PathBuf,
    /// Counted from 1.
    pub line: usize,
    pub words: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Tables {
    quota: OnQuota,
    quota_wait_max: Option<Span>,
    hold_max: Option<Span>,
    aliases: BTreeMap<String, String>,
    fallbacks: BTreeMap<String, Vec<String>>,
    providers: BTreeMap<String, ProviderTable>,
    models: BTreeMap<String, ModelTable>,
}

/// `[providers.NAME]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ProviderTable {
    pub base_url: Option<String>,
    pub wire: Option<Wire>,
    pub auth: Option<Auth>,
    pub key_env: Option<String>,
    pub key_file: Option<PathBuf>,
    pub key_command: Option<String>,
    pub headers: BTreeMap<String, HeaderValue>,
    /// Azure's `api-version`.
    pub api_version: Option<String>,
}

/// A header's value, which may well be a secret.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct HeaderValue(pub String);

impl std::fmt::Debug for HeaderValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HeaderValue(…)")
    }
}

/// `[models."PROVIDER/MODEL"]`.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ModelTable {
    pub window_tokens: Option<u64>,
    pub output_tokens_max: Option<u32>,
    pub effort: Option<Effort>,
    price: Option<PriceTable>,
}

/// US dollars for a million tokens.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceTable {
    input: Dollars,
    cached: Option<Dollars>,
    cache_write: Option<Dollars>,
    output: Dollars,
}

impl ModelTable {
    pub(crate) fn price(&self) -> Option<Price> {
        let PriceTable { input, cached, cache_write, output } = self.price?;
        Some(Price {
            input: input.micros(),
            cached: cached.unwrap_or(input).micros(),
            cache_write: cache_write.unwrap_or(input).micros(),
            output: output.micros(),
        })
    }
}

impl Models {
    /// `path` is only for errors: what is read is `text`.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ModelsError> {
        let error = |line, words| ModelsError { path: path.to_owned(), line, words };
        let tables: Tables = toml::from_str(text).map_err(|wrong| {
            let start = wrong.span().map_or(0, |span| span.start);
            error(line_at(text, start), wrong.message().replace('\n', ", "))
        })?;
        match tables.check() {
            Ok(()) => Ok(Self { tables, told: Told::default() }),
            Err((key, words)) => Err(error(line_of(text, &key), words)),
        }
    }

    /// What to do when a provider's quota is used up.
    pub fn quota(&self) -> Quota {
        let usual = Quota::default();
        let span = |given: Option<Span>, usual: Duration| given.map_or(usual, |span| span.0);
        Quota {
            then: self.tables.quota,
            hold_max: span(self.tables.hold_max, usual.hold_max),
            wait_max: span(self.tables.quota_wait_max, usual.wait_max),
        }
    }

    /// All aliases with what they stand for.
    pub fn aliases(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tables.aliases.iter().map(|(alias, name)| (alias.as_str(), name.as_str()))
    }

    /// `name`, or what it is an alias of.
    pub fn expand<'a>(&'a self, name: &'a str) -> &'a str {
        self.tables.expand(name)
    }

    /// Who is asked when `name` can't answer: an alias has its own list, or that of what it
    /// stands for.
    pub(crate) fn fallbacks(&self, name: &str) -> &[String] {
        let list = self.tables.steps(name).find_map(|name| self.tables.fallbacks.get(name));
        list.map_or(&[], Vec::as_slice)
    }

    pub(crate) fn provider(&self, name: &str) -> Option<&ProviderTable> {
        self.tables.providers.get(name)
    }

    /// Every provider there is: the built-in ones, then the operator's own.
    pub(crate) fn provider_names(&self) -> Vec<&str> {
        let builtin = BUILTINS.iter().map(|provider| provider.name);
        let own = self.tables.providers.keys().map(String::as_str);
        builtin.chain(own.filter(|name| Builtin::find(name).is_none())).collect()
    }

    pub(crate) fn model(&self, name: &str) -> ModelTable {
        self.tables.models.get(name).copied().unwrap_or_default()
    }
}

/// The key that a complaint is about, and the complaint.
type Complaint = (String, String);

impl Tables {
    fn expand<'a>(&'a self, name: &'a str) -> &'a str {
        self.steps(name).last().unwrap_or(name)
    }

    /// From a name over its aliases to the model's own.
    fn steps<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let step = |name: &&'a str| self.aliases.get(*name).map(String::as_str);
        std::iter::successors(Some(name), step).take(ALIASES_MAX)
    }

    fn check(&self) -> Result<(), Complaint> {
        for (name, table) in &self.providers {
            check_provider(name, table)?;
        }
        for alias in self.aliases.keys() {
            if alias.contains('/') {
                return Err((alias.clone(), format!("the alias {alias:?} has a / in it")));
            }
            self.check_model(alias, alias)?;
        }
        for (name, list) in &self.fallbacks {
            self.check_model(name, name)?;
            if list.len() > FALLBACKS_MAX {
                let words = format!("{name:?} has more than {FALLBACKS_MAX} fallbacks");
                return Err((name.clone(), words));
            }
            list.iter().try_for_each(|fallback| self.check_model(name, fallback))?;
        }
        self.models.keys().try_for_each(|name| self.check_model(name, name))
    }

    /// `name` must end at a model of a provider that there is.
    fn check_model(&self, key: &str, name: &str) -> Result<(), Complaint> {
        let full = self.expand(name);
        let provider = full.split_once('/').filter(|(_, model)| !model.is_empty());
        match provider {
            Some((provider, _)) if self.is_provider(provider) => Ok(()),
            Some((provider, _)) => {
                let words = format!("{full:?} is of the provider {provider:?}, which isn't one");
                Err((key.to_owned(), words))
            }
            None => {
                let words = format!("{full:?} names no model; write provider/model");
                Err((key.to_owned(), words))
            }
        }
    }

    fn is_provider(&self, name: &str) -> bool {
        Builtin::find(name).is_some() || self.providers.contains_key(name)
    }
}

fn check_provider(name: &str, table: &ProviderTable) -> Result<(), Complaint> {
    let complain = |words: String| Err((name.to_owned(), words));
    if name.contains('/') || name.is_empty() {
        return complain(format!("the provider {name:?} is empty or has a / in it"));
    }
    if Builtin::find(name).is_none() && table.base_url.is_none() {
        return complain(format!("providers.{name} needs a base_url, as it isn't a built-in one"));
    }
    for (header, HeaderValue(value)) in &table.headers {
        let valid = header.parse::<reqwest::header::HeaderName>().is_ok();
        if !valid || reqwest::header::HeaderValue::from_str(value).is_err() {
            return complain(format!(
                "providers.{name}: {header:?} is no header, or its value none"
            ));
        }
    }
    Ok(())
}

fn line_at(text: &str, offset: usize) -> usize {
    1 + text.get(..offset).unwrap_or_default().matches('\n').count()
}

/// The first line that has the key: close enough to find what is meant.
fn line_of(text: &str, key: &str) -> usize {
    let has = |line: &str| line.split('=').next().unwrap_or_default().contains(key);
    text.lines().position(has).map_or(1, |at| at + 1)
}

#[cfg(test)]
mod tests;
