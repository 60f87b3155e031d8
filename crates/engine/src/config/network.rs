//! `[network]` in `config.toml`: what the operator says about computers' way out. No repository
//! says anything here.

use computer::egress::{self, Upstream};
use domain::network::{Host, Policy, Rule};
use serde::Deserialize;

use crate::secret::{self, Scope};
use crate::{Error, Home};

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// The most that a repository may open, for its setup and for its agents.
    #[serde(default = "packages")]
    pub most: Policy,
    /// What every computer with a network may reach, beyond what its repository asks for.
    #[serde(default)]
    pub allow: Vec<Rule>,
    /// Hosts that may be at private addresses, like `registry.corp.example` or `*.corp.example`.
    #[serde(default)]
    pub private_hosts: Vec<String>,
    /// Private networks in which any allowed host may be, like `10.1.0.0/16`.
    #[serde(default)]
    pub private_networks: Vec<String>,
    /// `environment` (the proxy variables of whimbrel's own process), `direct`, or a proxy's URL.
    #[serde(default)]
    pub upstream: Option<String>,
    /// Certificate authorities that are trusted beyond the machine's own: a file in PEM.
    #[serde(default)]
    pub roots: Option<std::path::PathBuf>,
    /// Added to requests outside of computers, so that what they hold is never inside.
    #[serde(default)]
    pub credentials: Vec<Credential>,
}

/// `[[network.credentials]]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    pub host: String,
    #[serde(default = "authorization")]
    pub header: String,
    /// The name of a secret of all projects; its value is the header's, like `Bearer …`.
    pub secret: String,
}

fn authorization() -> String {
    "authorization".into()
}

/// What the common registries serve is public, and nothing private can be read there.
fn packages() -> Policy {
    Policy::Packages
}

impl Default for Network {
    fn default() -> Self {
        Self {
            most: packages(),
            allow: Vec::new(),
            private_hosts: Vec::new(),
            private_networks: Vec::new(),
            upstream: None,
            roots: None,
            credentials: Vec::new(),
        }
    }
}

impl Network {
    pub fn egress(&self, home: &Home) -> Result<egress::Options, Error> {
        Ok(egress::Options {
            allow: self.allow.clone(),
            private_hosts: parsed("network.private_hosts", &self.private_hosts)?,
            private_networks: parsed("network.private_networks", &self.private_networks)?,
            credentials: self.credentials(home)?,
            roots: self.roots()?,
            upstream: self.upstream(),
            ..egress::Options::default()
        })
    }

    fn upstream(&self) -> Upstream {
        match self.upstream.as_deref() {
            None | Some("environment") => Upstream::Environment,
            Some("direct") => Upstream::Direct,
            Some(url) => Upstream::Proxy(url.to_owned()),
        }
    }

    fn roots(&self) -> Result<Option<String>, Error> {
        let Some(path) = &self.roots else { return Ok(None) };
        let read = std::fs::read_to_string(path);
        read.map(Some).map_err(|source| Error::Read { path: path.clone(), source })
    }

    fn credentials(&self, home: &Home) -> Result<Vec<egress::Credential>, Error> {
        self.credentials.iter().map(|credential| credential.read(home)).collect()
    }
}

impl Credential {
    fn read(&self, home: &Home) -> Result<egress::Credential, Error> {
        let host: Host = self.host.parse().map_err(|error| wrong("network.credentials", &error))?;
        let variable = |name: &str| std::env::var(name).ok();
        let value = secret::value(home, &Scope::All, &self.secret, &variable)?;
        let value = String::from_utf8_lossy(value.value()).into_owned();
        egress::Credential::new(host, &self.header, value.trim_end())
            .map_err(|error| wrong("network.credentials", &error))
    }
}

fn parsed<T>(setting: &str, texts: &[String]) -> Result<Vec<T>, Error>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    texts.iter().map(|text| text.parse().map_err(|error| wrong(setting, &error))).collect()
}

fn wrong(setting: &str, error: &dyn std::fmt::Display) -> Error {
    Error::Unusable(format!("config.toml: {setting}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_operator_writes_is_what_computers_get() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let token = secret::Source::Stored("Bearer of-the-operator\n".into());
        secret::set(&home, &Scope::All, "CORP", &token).unwrap();
        let text = r#"
            most = ["crates.io"]
            allow = ["registry.corp.example"]
            private_hosts = ["*.corp.example"]
            private_networks = ["10.1.0.0/16"]
            upstream = "direct"
            credentials = [{ host = "registry.corp.example", secret = "CORP" }]
        "#;
        let network: Network = toml::from_str(text).unwrap();
        let egress = network.egress(&home).unwrap();
        let sizes = (egress.allow.len(), egress.private_hosts.len(), egress.credentials.len());
        assert_eq!((sizes, egress.upstream), ((1, 1, 1), Upstream::Direct));
        assert!(!format!("{:?}", egress.credentials).contains("of-the-operator"));
        for wrong in [
            "private_networks = [\"10.1.0.0/99\"]",
            "private_hosts = [\"a b\"]",
            "credentials = [{ host = \"a.example\", secret = \"GONE\" }]",
        ] {
            toml::from_str::<Network>(wrong).unwrap().egress(&home).unwrap_err();
        }
        toml::from_str::<Network>("moist = \"all\"").unwrap_err();
    }
}
