//! What a computer may reach: a list of rules, and nothing else. Pure; it opens no connection and
//! resolves no name.

mod host;
mod packages;
mod rule;

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

pub use self::host::{HOST_BYTES_MAX, Host, MalformedHost};
pub use self::packages::PACKAGES;
pub use self::rule::{MalformedRule, Pattern, Rule};

/// Of one list; each of them is looked at for each request.
pub const RULES_MAX: usize = 256;

/// Default deny. The empty policy is loopback only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum Policy {
    /// Loopback only.
    #[default]
    None,
    /// The registries of the common ecosystems: [`PACKAGES`].
    Packages,
    /// Every public address, by the gateway.
    All,
    Only(Vec<Rule>),
}

/// A policy as a person writes it, in `whimbrel.toml` and everywhere else.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Word(String),
    List(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MalformedPolicy {
    #[error(
        "{0:?} is not a network policy; write \"none\", \"packages\", \"all\" or a list like \
         [\"crates.io\", \"GET example.com\"]"
    )]
    Word(String),
    #[error("{0:?} stands alone; write network = {0:?}")]
    WordInList(String),
    #[error("a list of {0} rules is too long; {max} are enough", max = RULES_MAX)]
    TooLong(usize),
    #[error(transparent)]
    Rule(#[from] MalformedRule),
}

/// What a policy says of a host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Whatever is spoken there.
    Open,
    /// Only requests with one of these methods, in capitals.
    Methods(Vec<String>),
    Denied(Denial),
}

/// What a policy says of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    Denied(Denial),
}

/// Why a policy refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    NoNetwork,
    NotListed,
    /// The host is listed, with other ports.
    Port(u16),
    /// The host is listed, with other methods. `None` where the method can't be seen.
    Method(Option<String>),
}

static PACKAGE_RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let rules = PACKAGES.iter().map(|text| text.parse());
    rules.collect::<Result<_, _>>().expect("a test reads each of them")
});

impl Policy {
    /// What may be spoken with `port` of `host`.
    pub fn access(&self, host: &Host, port: u16) -> Access {
        match self {
            Self::None => Access::Denied(Denial::NoNetwork),
            Self::All => Access::Open,
            Self::Packages => access(&PACKAGE_RULES, host, port),
            Self::Only(rules) => access(rules, host, port),
        }
    }

    /// Whether a request may be made. Without a method it stands for all that could be said.
    pub fn verdict(&self, host: &Host, port: u16, method: Option<&str>) -> Verdict {
        self.access(host, port).verdict(method)
    }

    /// Whether `host` is named at all, with whatever port: what a resolver needs to know.
    pub fn names(&self, host: &Host) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Packages => names(&PACKAGE_RULES, host),
            Self::Only(rules) => names(rules, host),
        }
    }

    /// Whether some host is listed with methods only.
    pub fn has_methods(&self) -> bool {
        match self {
            Self::None | Self::Packages | Self::All => false,
            Self::Only(rules) => rules.iter().any(|rule| !rule.methods.is_empty()),
        }
    }

    /// What to write in `whimbrel.toml` so that `rule` is allowed, too.
    pub fn remedy(&self, rule: &str) -> String {
        match self {
            Self::None if is_of_packages(rule) => "network = \"packages\"".to_owned(),
            Self::None => format!("network = [\"{rule}\"]"),
            Self::Packages => format!("network = [\"packages\", \"{rule}\"]"),
            Self::All | Self::Only(_) => format!("network = [..., \"{rule}\"]"),
        }
    }

    /// The same, as a command's option.
    pub fn remedy_option(&self, rule: &str) -> String {
        match self {
            Self::None if is_of_packages(rule) => "--network packages".to_owned(),
            Self::None => format!("--network '{rule}'"),
            Self::Packages => format!("--network 'packages,{rule}'"),
            Self::All | Self::Only(_) => format!("--network '…,{rule}'"),
        }
    }
}

/// A host that the preset has opens for itself alone only half of what its tools need.
fn is_of_packages(rule: &str) -> bool {
    rule.parse().is_ok_and(|host| names(&PACKAGE_RULES, &host))
}

/// What a list of rules says; the most open of those that fit counts.
pub fn access(rules: &[Rule], host: &Host, port: u16) -> Access {
    let named: Vec<_> = rules.iter().filter(|rule| rule.host.matches(host)).collect();
    let fitting: Vec<_> = named.iter().filter(|rule| rule.has_port(port)).collect();
    if fitting.iter().any(|rule| rule.methods.is_empty()) {
        return Access::Open;
    }
    let mut methods: Vec<_> = fitting.iter().flat_map(|rule| rule.methods.clone()).collect();
    methods.sort();
    methods.dedup();
    match (named.is_empty(), methods.is_empty()) {
        (true, _) => Access::Denied(Denial::NotListed),
        (false, true) => Access::Denied(Denial::Port(port)),
        (false, false) => Access::Methods(methods),
    }
}

/// Whether one of the rules is about `host`.
pub fn names(rules: &[Rule], host: &Host) -> bool {
    rules.iter().any(|rule| rule.host.matches(host))
}

impl Access {
    /// The more open of two.
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Open, _) | (_, Self::Open) => Self::Open,
            (Self::Methods(mut ours), Self::Methods(theirs)) => {
                ours.extend(theirs);
                ours.sort();
                ours.dedup();
                Self::Methods(ours)
            }
            (Self::Methods(methods), Self::Denied(_))
            | (Self::Denied(_), Self::Methods(methods)) => Self::Methods(methods),
            (Self::Denied(ours), Self::Denied(_)) => Self::Denied(ours),
        }
    }

    /// Without a method the request stands for all that could be said.
    pub fn verdict(self, method: Option<&str>) -> Verdict {
        match self {
            Self::Open => Verdict::Allowed,
            Self::Methods(methods) if method.is_some_and(|said| may_use(&methods, said)) => {
                Verdict::Allowed
            }
            Self::Methods(_) => Verdict::Denied(Denial::Method(method.map(str::to_owned))),
            Self::Denied(denial) => Verdict::Denied(denial),
        }
    }
}

/// Methods are told apart by case (RFC 9110, section 9.1). `HEAD` is `GET` without the body.
fn may_use(methods: &[String], method: &str) -> bool {
    let listed = |wanted: &str| methods.iter().any(|listed| listed == wanted);
    listed(method) || (method == "HEAD" && listed("GET"))
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoNetwork => f.write_str("there is no network here"),
            Self::NotListed => f.write_str("the host is not listed"),
            Self::Port(port) => write!(f, "the host is not listed with port {port}"),
            Self::Method(Some(method)) => write!(f, "the host is not listed with {method}"),
            Self::Method(None) => {
                f.write_str("the host is listed with methods, and what is spoken is no HTTP")
            }
        }
    }
}

impl FromStr for Policy {
    type Err = MalformedPolicy;

    fn from_str(word: &str) -> Result<Self, MalformedPolicy> {
        match word {
            "none" => Ok(Self::None),
            "packages" => Ok(Self::Packages),
            "all" => Ok(Self::All),
            other => Err(MalformedPolicy::Word(other.to_owned())),
        }
    }
}

/// An empty list is no network. `packages` in a list stands for all of [`PACKAGES`].
impl TryFrom<Vec<String>> for Policy {
    type Error = MalformedPolicy;

    fn try_from(list: Vec<String>) -> Result<Self, MalformedPolicy> {
        let mut rules = Vec::new();
        for text in list {
            match text.as_str() {
                "packages" => rules.extend(PACKAGE_RULES.iter().cloned()),
                "none" | "all" => return Err(MalformedPolicy::WordInList(text)),
                rule => rules.push(rule.parse()?),
            }
        }
        match rules.len() {
            0 => Ok(Self::None),
            1..=RULES_MAX => Ok(Self::Only(rules)),
            more => Err(MalformedPolicy::TooLong(more)),
        }
    }
}

impl TryFrom<Written> for Policy {
    type Error = MalformedPolicy;

    fn try_from(written: Written) -> Result<Self, MalformedPolicy> {
        match written {
            Written::Word(word) => word.parse(),
            Written::List(list) => list.try_into(),
        }
    }
}

impl From<Policy> for Written {
    fn from(policy: Policy) -> Self {
        match &policy {
            Policy::Only(rules) => Self::List(rules.iter().map(Rule::to_string).collect()),
            Policy::None | Policy::Packages | Policy::All => Self::Word(policy.to_string()),
        }
    }
}

/// As it is written in `whimbrel.toml`, without the quotes of a word.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.pad("none"),
            Self::Packages => f.pad("packages"),
            Self::All => f.pad("all"),
            Self::Only(rules) => {
                let quoted: Vec<_> = rules.iter().map(|rule| format!("\"{rule}\"")).collect();
                f.pad(&format!("[{}]", quoted.join(", ")))
            }
        }
    }
}

#[cfg(test)]
mod tests;
