//! What the person who runs whimbrel lets a repository ask for. A repository's settings are as
//! hostile as the repository: it may want less than what is allowed here, never more.

use std::path::{Path, PathBuf};

use domain::network::{PACKAGES, Pattern, Policy, Rule};
use environment::{Environment, Image};
use serde::Deserialize;

use super::network::Network;
use crate::Error;

/// `[images]` in `config.toml`: pulled and read on the host, with the operator's credentials.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Images {
    /// From which a repository may name images.
    #[serde(default = "registries")]
    pub registries: Vec<String>,
    /// Below which a repository may name image folders and archives.
    #[serde(default)]
    pub folders: Vec<PathBuf>,
    /// What of registries is read with the login of whoever runs whimbrel, like `ghcr.io/team`,
    /// where a repository names it. Anything else is asked for as anybody would.
    #[serde(default)]
    pub logins: Vec<String>,
    /// Registries that are spoken to without TLS, as `host` or `host:port`.
    #[serde(default)]
    pub insecure: Vec<String>,
}

/// Public ones; a name at any other could be a service of the operator's own network.
fn registries() -> Vec<String> {
    let public = [
        "docker.io",
        "ghcr.io",
        "quay.io",
        "gcr.io",
        "mcr.microsoft.com",
        "public.ecr.aws",
        "registry.k8s.io",
        "registry.gitlab.com",
        "registry.access.redhat.com",
        "registry.fedoraproject.org",
    ];
    public.map(str::to_owned).to_vec()
}

impl Default for Images {
    fn default() -> Self {
        Self {
            registries: registries(),
            folders: Vec::new(),
            logins: Vec::new(),
            insecure: Vec::new(),
        }
    }
}

impl Images {
    /// Whether a repository that names `place` (a registry and a repository in it) has it read
    /// with the operator's login.
    pub fn has_login(&self, place: &str) -> bool {
        let covers = |login: &String| {
            let rest = place.strip_prefix(login.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.logins.iter().any(covers)
    }
}

/// Refuses, in words, what the repository wants and the operator doesn't allow.
pub fn check(network: &Network, images: &Images, wanted: &Environment) -> Result<(), Error> {
    for (setting, policy) in
        [("environment.network", &wanted.network), ("agent.network", &wanted.agent.network)]
    {
        if !covers(&network.most, policy) {
            return Err(refused_network(setting, policy, &network.most));
        }
    }
    check_image(images, &wanted.image)
}

fn refused_network(setting: &str, wanted: &Policy, most: &Policy) -> Error {
    let ours = |policy: &Policy| match policy {
        Policy::Only(_) => policy.to_string(),
        Policy::None | Policy::Packages | Policy::All => format!("\"{policy}\""),
    };
    let (wanted, most) = (ours(wanted), ours(most));
    Error::Unusable(format!(
        "whimbrel.toml asks for {setting} = {wanted}, and this machine allows a repository no more \
         than {most}; whoever runs whimbrel can allow it in $WHIMBREL_HOME/config.toml: \
         [network] most = {wanted}"
    ))
}

fn check_image(images: &Images, image: &Image) -> Result<(), Error> {
    match image {
        Image::Host => Ok(()),
        Image::Registry(name) => check_registry(images, name),
        Image::Oci(path) | Image::Tar(path) => check_path(images, image, Path::new(path)),
    }
}

fn check_registry(images: &Images, name: &str) -> Result<(), Error> {
    let registry = registry_of(name);
    if images.registries.iter().any(|allowed| allowed == registry) {
        return Ok(());
    }
    let known = images.registries.join(", ");
    Err(Error::Unusable(format!(
        "the repository asks for an image from {registry}, and this machine allows a repository \
         only those from {known}; whoever runs whimbrel can allow it in \
         $WHIMBREL_HOME/config.toml: [images] registries = [\"{registry}\"]"
    )))
}

/// The registry that a name leads to, by the rule that docker has: a first part with a point or a
/// port is a host.
pub fn registry_of(name: &str) -> &str {
    match name.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => first,
        Some(_) | None => "docker.io",
    }
}

/// Whether the file that the path leads to, links followed, lies in an allowed folder.
fn check_path(images: &Images, image: &Image, path: &Path) -> Result<(), Error> {
    let text = path.to_string_lossy();
    // A tag or digest behind a folder's path is no part of it.
    let plain = text.rsplit_once([':', '@']).map_or(path, |(before, _)| Path::new(before));
    let real = path.canonicalize().or_else(|_| plain.canonicalize());
    let is_below = |folder: &PathBuf| {
        let folder = folder.canonicalize();
        matches!((&real, folder), (Ok(real), Ok(folder)) if real.starts_with(&folder))
    };
    if images.folders.iter().any(is_below) {
        return Ok(());
    }
    Err(Error::Unusable(format!(
        "the repository asks for the image {image}, which isn't in a folder that this machine \
         allows a repository to name; whoever runs whimbrel can allow it in \
         $WHIMBREL_HOME/config.toml: [images] folders = [\"/the/folder\"]"
    )))
}

/// Whether `most` allows everything that `wanted` does.
fn covers(most: &Policy, wanted: &Policy) -> bool {
    match (most, wanted) {
        (_, Policy::None) | (Policy::All, _) | (Policy::Packages, Policy::Packages) => true,
        (Policy::None, _) | (_, Policy::All) => false,
        (Policy::Packages, Policy::Only(rules)) => all_covered(&package_rules(), rules),
        (Policy::Only(most), Policy::Packages) => all_covered(most, &package_rules()),
        (Policy::Only(most), Policy::Only(rules)) => all_covered(most, rules),
    }
}

fn package_rules() -> Vec<Rule> {
    PACKAGES.iter().filter_map(|text| text.parse().ok()).collect()
}

fn all_covered(most: &[Rule], wanted: &[Rule]) -> bool {
    wanted.iter().all(|rule| most.iter().any(|most| rule_covers(most, rule)))
}

fn rule_covers(most: &Rule, wanted: &Rule) -> bool {
    let methods = most.methods.is_empty()
        || (!wanted.methods.is_empty() && wanted.methods.iter().all(|m| most.methods.contains(m)));
    let port = match (most.port, wanted.port) {
        (most, wanted) if most == wanted => true,
        (None, Some(port)) => most.has_port(port),
        (Some(_), Some(_) | None) | (None, None) => false,
    };
    methods && port && pattern_covers(&most.host, &wanted.host)
}

fn pattern_covers(most: &Pattern, wanted: &Pattern) -> bool {
    match (most, wanted) {
        (_, Pattern::Exactly(host)) => most.matches(host),
        (Pattern::Below(most), Pattern::Below(wanted)) => {
            wanted == most || wanted.ends_with(&format!(".{most}"))
        }
        (Pattern::Exactly(_), Pattern::Below(_)) => false,
    }
}

#[cfg(test)]
mod tests;
