//! One line of an allow-list.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::host::{Host, MalformedHost};

/// Without a port in the rule.
const USUAL_PORTS: [u16; 2] = [80, 443];
/// The longest registered method has 17 letters.
const METHOD_BYTES_MAX: usize = 20;
/// Not methods of a resource: they speak to, or about, what is in between.
const METHODS_NEVER: [&str; 2] = ["CONNECT", "TRACE"];

/// One line of an allow-list: `crates.io`, `*.example.com:8443`, `GET,POST example.com`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rule {
    /// In capitals. None is every method, and then TLS passes untouched.
    pub methods: Vec<String>,
    pub host: Pattern,
    /// None is 80 and 443.
    pub port: Option<u16>,
}

/// Which hosts a rule is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Pattern {
    Exactly(Host),
    /// `*.example.com`: any name below, but not the name itself.
    Below(String),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{rule:?} is not a network rule: {why}; write it like crates.io, *.example.com:8443 or \
     GET example.com"
)]
pub struct MalformedRule {
    pub rule: String,
    pub why: String,
}

impl Rule {
    pub fn has_port(&self, port: u16) -> bool {
        self.port.map_or_else(|| USUAL_PORTS.contains(&port), |only| only == port)
    }
}

impl Pattern {
    pub fn matches(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Exactly(wanted), host) => wanted == host,
            (Self::Below(parent), Host::Name(name)) => {
                let below = name.strip_suffix(parent.as_str());
                below.is_some_and(|below| below.len() > 1 && below.ends_with('.'))
            }
            (Self::Below(_), Host::Address(_)) => false,
        }
    }
}

impl FromStr for Rule {
    type Err = MalformedRule;

    fn from_str(text: &str) -> Result<Self, MalformedRule> {
        parse(text.trim()).map_err(|why| MalformedRule { rule: text.to_owned(), why })
    }
}

fn parse(text: &str) -> Result<Rule, String> {
    let (methods, place) = match text.split_once(char::is_whitespace) {
        Some((methods, place)) => (parse_methods(methods)?, place.trim_start()),
        None => (Vec::new(), text),
    };
    refuse_urls(place)?;
    let (host, port) = split_port(place)?;
    Ok(Rule {
        methods,
        host: host.parse().map_err(|error: MalformedHost| error.to_string())?,
        port,
    })
}

fn refuse_urls(place: &str) -> Result<(), String> {
    if place.contains("://") {
        return Err("it has a scheme".into());
    }
    if place.contains('/') {
        return Err("it has a path".into());
    }
    if place.contains('@') {
        return Err("it has a user".into());
    }
    if place == "*" {
        return Err("everything is network = \"all\"".into());
    }
    Ok(())
}

fn parse_methods(text: &str) -> Result<Vec<String>, String> {
    let mut methods: Vec<String> = text.split(',').map(str::to_owned).collect();
    methods.sort();
    methods.dedup();
    match methods.iter().find(|method| !is_method(method)) {
        Some(method) => Err(format!("{method:?} is not a method in capitals")),
        None => Ok(methods),
    }
}

fn is_method(method: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_uppercase() || byte == b'-';
    (1..=METHOD_BYTES_MAX).contains(&method.len())
        && method.bytes().all(known)
        && !METHODS_NEVER.contains(&method)
}

/// A colon inside brackets belongs to the address.
fn split_port(place: &str) -> Result<(&str, Option<u16>), String> {
    let Some((host, port)) = place.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')) else {
        return Ok((place, None));
    };
    let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    match port.parse() {
        Ok(port @ 1..) if is_number => Ok((host, Some(port))),
        Ok(_) | Err(_) => Err(format!("{port:?} is not a port")),
    }
}

impl FromStr for Pattern {
    type Err = MalformedHost;

    fn from_str(text: &str) -> Result<Self, MalformedHost> {
        let Some(parent) = text.strip_prefix("*.") else {
            return Ok(Self::Exactly(Host::from_unicode(text)?));
        };
        match Host::from_unicode(parent)? {
            Host::Name(parent) => Ok(Self::Below(parent)),
            Host::Address(_) => Err(MalformedHost(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Rule {
    type Error = MalformedRule;

    fn try_from(text: String) -> Result<Self, MalformedRule> {
        text.parse()
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> Self {
        rule.to_string()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(host) => write!(f, "{host}"),
            Self::Below(parent) => write!(f, "*.{parent}"),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.methods.is_empty() {
            write!(f, "{} ", self.methods.join(","))?;
        }
        write!(f, "{}", self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}
