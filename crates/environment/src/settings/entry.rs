//! One entry's value, as the type that its setting takes, or an error with the line and what is
//! right. Doesn't know where a value goes.

use domain::limits::{MIB, parse_size};
use domain::network::Policy;
use domain::task::AgentName;

use super::nearest::nearest;
use crate::document::{Entry, Value};
use crate::{Error, Image};

/// Less doesn't hold git and an interpreter.
const MEMORY_MIN_BYTES: u64 = 64 * MIB;
/// Less doesn't hold a repository and its packages.
const DISK_MIN_BYTES: u64 = 64 * MIB;
/// A hundredth of a CPU: with less nothing seems to move.
/// A cent's hundredth, which a short question costs, and more than anybody spends on a task.
const USD_MIN: f64 = 0.0001;
const USD_MAX: f64 = 100_000.0;
const CPUS_MIN: f64 = 0.01;
const CPUS_MAX: f64 = 1_024.0;
/// Of secrets, inputs and network rules each.
const LIST_MAX: usize = domain::network::RULES_MAX;

impl Entry {
    fn text(&self, expected: &'static str) -> Result<&str, Error> {
        match &self.value {
            Value::Text(text) => Ok(text),
            other @ (Value::Integer(_) | Value::Float(_) | Value::List(_) | Value::Other(_)) => {
                Err(self.wrong_type(expected, other.kind()))
            }
        }
    }

    pub fn command(&self) -> Result<String, Error> {
        let text = self.text("a shell command in quotes")?;
        if text.trim().is_empty() || text.contains('\0') {
            return Err(self.bad_value("a shell command".into(), "empty".into()));
        }
        Ok(text.to_owned())
    }

    pub fn image(&self) -> Result<Image, Error> {
        let text = self.text("an image in quotes, like \"host\" or \"python:3.12\"")?;
        text.parse().map_err(|_| {
            let expected = "\"host\", a name like \"docker.io/library/python:3.12\", \
                            \"oci:/absolute/folder\" or \"tar:/absolute/file\"";
            self.bad_value(expected.into(), format!("{text:?}"))
        })
    }

    /// `"none"`, `"packages"`, `"all"`, or a list of rules.
    pub fn network(&self) -> Result<Policy, Error> {
        const POLICIES: [&str; 3] = ["none", "packages", "all"];
        let expected = "\"none\", \"packages\", \"all\" or a list like [\"crates.io\", \
                        \"GET example.com\"]";
        match &self.value {
            Value::Text(text) => text.parse().map_err(|_| {
                self.bad_value(expected.into(), format!("{text:?}{}", meant(text, &POLICIES)))
            }),
            Value::List(_) => {
                let rules = self.list("a list of hosts like \"crates.io\"")?;
                let rules: Vec<String> = rules.into_iter().map(str::to_owned).collect();
                let read = Policy::try_from(rules);
                read.map_err(|error| {
                    self.bad_value("a list of hosts".into(), format!("one where {error}"))
                })
            }
            other @ (Value::Integer(_) | Value::Float(_) | Value::Other(_)) => {
                Err(self.wrong_type("a policy in quotes, or a list of hosts", other.kind()))
            }
        }
    }

    /// Texts without repetitions, in their order.
    fn list(&self, expected: &'static str) -> Result<Vec<&str>, Error> {
        let Value::List(values) = &self.value else {
            return Err(self.wrong_type(expected, self.value.kind()));
        };
        if values.len() > LIST_MAX {
            let found = format!("one of {}", values.len());
            return Err(self.bad_value(format!("a list of at most {LIST_MAX}"), found));
        }
        let mut texts = Vec::new();
        for value in values {
            match value {
                Value::Text(text) if !texts.contains(&text.as_str()) => texts.push(text.as_str()),
                Value::Text(_) => {}
                other
                @ (Value::Integer(_) | Value::Float(_) | Value::List(_) | Value::Other(_)) => {
                    return Err(self.wrong_type(expected, other.kind()));
                }
            }
        }
        Ok(texts)
    }

    pub fn secrets(&self) -> Result<Vec<String>, Error> {
        let names = self.list("a list of names in quotes")?;
        names.into_iter().map(|name| self.variable_name(name)).collect()
    }

    /// As a shell can say it: `NAME`, not `NAME-2`.
    pub fn variable_name(&self, name: &str) -> Result<String, Error> {
        if crate::is_variable_name(name) {
            return Ok(name.to_owned());
        }
        let expected = "a short name of letters, digits and _ that starts with no digit";
        Err(self.bad_value(expected.into(), format!("{name:?}")))
    }

    pub fn variable(&self) -> Result<String, Error> {
        let text = self.text("a value in quotes")?;
        if text.contains('\0') {
            return Err(self.bad_value("a value without NUL".into(), "one with it".into()));
        }
        Ok(text.to_owned())
    }

    /// Patterns of paths in the repository.
    pub fn inputs(&self) -> Result<Vec<String>, Error> {
        let patterns = self.list("a list of paths in quotes, like \"requirements/*.txt\"")?;
        for pattern in &patterns {
            let inside = !pattern.is_empty()
                && !pattern.starts_with('/')
                && !pattern.split('/').any(|part| part == ".." || part.is_empty());
            if !inside {
                let expected = "paths inside the repository, like \"requirements/*.txt\"";
                return Err(self.bad_value(expected.into(), format!("{pattern:?}")));
            }
        }
        Ok(patterns.into_iter().map(str::to_owned).collect())
    }

    pub fn number(&self, min: i64, max: i64) -> Result<u32, Error> {
        match &self.value {
            Value::Integer(number) if (min..=max).contains(number) => {
                Ok(u32::try_from(*number).expect("the range lies within u32"))
            }
            Value::Integer(number) => {
                Err(self
                    .bad_value(format!("a whole number from {min} to {max}"), number.to_string()))
            }
            other @ (Value::Text(_) | Value::Float(_) | Value::List(_) | Value::Other(_)) => {
                Err(self.wrong_type("a whole number without quotes", other.kind()))
            }
        }
    }

    /// With or without a fraction.
    fn fraction(&self) -> Result<f64, Error> {
        match &self.value {
            #[expect(clippy::cast_precision_loss, reason = "far beyond the largest that is taken")]
            Value::Integer(number) => Ok(*number as f64),
            Value::Float(number) => Ok(*number),
            other @ (Value::Text(_) | Value::List(_) | Value::Other(_)) => {
                Err(self.wrong_type("a number like 2 or 0.5", other.kind()))
            }
        }
    }

    /// US dollars, in millionths.
    pub fn usd(&self) -> Result<u64, Error> {
        let usd = self.fraction()?;
        if (USD_MIN..=USD_MAX).contains(&usd) {
            return Ok((usd * 1_000_000.0).round() as u64);
        }
        Err(self.bad_value(format!("a number from {USD_MIN} to {USD_MAX}"), usd.to_string()))
    }

    /// In thousandths of one.
    pub fn cpus(&self) -> Result<u32, Error> {
        let cpus = self.fraction()?;
        if (CPUS_MIN..=CPUS_MAX).contains(&cpus) {
            return Ok((cpus * 1_000.0).round() as u32);
        }
        Err(self.bad_value(format!("a number from {CPUS_MIN} to {CPUS_MAX}"), cpus.to_string()))
    }

    pub fn memory(&self) -> Result<u64, Error> {
        self.size(MEMORY_MIN_BYTES)
    }

    pub fn disk(&self) -> Result<u64, Error> {
        self.size(DISK_MIN_BYTES)
    }

    fn size(&self, min_bytes: u64) -> Result<u64, Error> {
        let text = self.text("a size in quotes, like \"4GiB\"")?;
        match parse_size(text) {
            Ok(bytes) if bytes >= min_bytes => Ok(bytes),
            Ok(_) | Err(_) => {
                let min = min_bytes / MIB;
                let expected = format!("a size of at least {min}MiB, like \"512MiB\" or \"4GiB\"");
                Err(self.bad_value(expected, format!("{text:?}")))
            }
        }
    }

    pub fn agent(&self) -> Result<String, Error> {
        let text = self.text("an agent's name in quotes")?;
        let names = AgentName::ALL.map(AgentName::as_str);
        if names.contains(&text) {
            return Ok(text.to_owned());
        }
        let expected = format!("one of {}", names.join(", "));
        Err(self.bad_value(expected, format!("{text:?}{}", meant(text, &names))))
    }

    pub fn model(&self) -> Result<String, Error> {
        let text = self.text("a model in quotes")?;
        match text.split_once('/') {
            Some((provider, model)) if !provider.is_empty() && !model.is_empty() => {
                Ok(text.to_owned())
            }
            Some(_) | None => Err(self.bad_value("\"provider/model\"".into(), format!("{text:?}"))),
        }
    }

    pub fn unknown(&self, keys: &[&'static str]) -> Error {
        let hint = match nearest(&self.key, keys) {
            Some(key) => format!("did you mean {key:?}?"),
            None => format!("there are {}", keys.join(", ")),
        };
        Error::UnknownKey { line: self.line, key: self.key.clone(), hint }
    }

    fn wrong_type(&self, expected: &'static str, found: &'static str) -> Error {
        Error::WrongType { line: self.line, key: self.key.clone(), expected, found }
    }

    pub fn bad_value(&self, expected: String, found: String) -> Error {
        Error::BadValue { line: self.line, key: self.key.clone(), expected, found }
    }
}

fn meant(text: &str, names: &[&'static str]) -> String {
    nearest(text, names).map_or(String::new(), |name| format!(" (did you mean {name:?}?)"))
}
