//! Which kind of computer there is to be, of those that work here. Namespaces come first: they are
//! faster, have a gateway, and hold all limits. Containers stand in only where namespaces are
//! refused, and that is told; a kind that somebody asked for by name is never replaced.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use async_trait::async_trait;

use crate::containers::{Containers, DEFAULT_IMAGE, Engine};
#[cfg(target_os = "linux")]
use crate::namespaces::Namespaces;
use crate::{Backend, Computer, Durable, Error, Image, Isolation, Snapshot, SnapshotId, Spec};

/// What somebody asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// The first that works.
    #[default]
    Auto,
    Namespaces,
    Podman,
    Docker,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no kind of computer; there are auto, namespaces, podman and docker")]
pub struct UnknownChoice(pub String);

impl FromStr for Choice {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<Self, UnknownChoice> {
        match text {
            "auto" => Ok(Self::Auto),
            "namespaces" => Ok(Self::Namespaces),
            "podman" => Ok(Self::Podman),
            "docker" => Ok(Self::Docker),
            other => Err(UnknownChoice(other.to_owned())),
        }
    }
}

/// Where computers are made.
#[derive(Debug, Clone)]
pub struct Site {
    pub home: PathBuf,
    /// See [`Namespaces::new`].
    pub helper: PathBuf,
    /// Of containers for which nobody names one.
    pub image: Option<String>,
}

impl Site {
    #[cfg(target_os = "linux")]
    pub fn namespaces(&self) -> Result<Namespaces, Error> {
        Namespaces::new(&self.home, self.helper.clone())
    }

    pub fn containers(&self, engine: Engine) -> Result<Containers, Error> {
        let image = self.image.clone().unwrap_or_else(|| DEFAULT_IMAGE.to_owned());
        Containers::new(engine, engine.name().into(), &self.home, image)
    }
}

/// A kind of computer that was chosen.
#[derive(Debug, Clone)]
pub enum Chosen {
    #[cfg(target_os = "linux")]
    Namespaces(Namespaces),
    Containers(Containers),
}

impl Chosen {
    pub fn kind(&self) -> Kind {
        match self {
            #[cfg(target_os = "linux")]
            Self::Namespaces(_) => Kind::Namespaces,
            Self::Containers(containers) => Kind::Containers(containers.engine()),
        }
    }

    /// What holds the limits of its computers, in words.
    pub fn held(&self) -> String {
        match self {
            #[cfg(target_os = "linux")]
            Self::Namespaces(namespaces) => namespaces.held_by().words(),
            Self::Containers(containers) => format!("limits by {}", containers.engine()),
        }
    }

    /// For what only namespaces have.
    #[cfg(target_os = "linux")]
    pub fn namespaces(&self) -> Result<&Namespaces, Error> {
        match self {
            Self::Namespaces(namespaces) => Ok(namespaces),
            Self::Containers(containers) => {
                let what = "to list, check or prune snapshots; they are its images, see \
                    `image ls --filter label=whimbrel.home`";
                Err(Error::Unsupported { what: what.into(), by: containers.engine().name() })
            }
        }
    }

    fn backend(&self) -> &dyn Backend {
        match self {
            #[cfg(target_os = "linux")]
            Self::Namespaces(namespaces) => namespaces,
            Self::Containers(containers) => containers,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Namespaces,
    Containers(Engine),
}

impl Kind {
    pub fn isolation(self) -> Isolation {
        match self {
            Self::Namespaces => Isolation::Namespaces,
            Self::Containers(_) => Isolation::Container,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Namespaces => f.pad("namespaces"),
            Self::Containers(engine) => f.pad(engine.name()),
        }
    }
}

/// Makes the kind of computer that was asked for, or finds the first that works.
pub async fn choose(choice: Choice, site: &Site) -> Result<Chosen, Error> {
    match choice {
        Choice::Auto => first_that_works(site).await,
        Choice::Namespaces => namespaces(site),
        Choice::Podman => Ok(Chosen::Containers(site.containers(Engine::Podman)?)),
        Choice::Docker => Ok(Chosen::Containers(site.containers(Engine::Docker)?)),
    }
}

#[cfg(target_os = "linux")]
fn namespaces(site: &Site) -> Result<Chosen, Error> {
    Ok(Chosen::Namespaces(site.namespaces()?))
}

#[cfg(not(target_os = "linux"))]
fn namespaces(_site: &Site) -> Result<Chosen, Error> {
    let what = "computers made of namespaces; they need Linux".into();
    Err(Error::Unsupported { what, by: "this system" })
}

async fn first_that_works(site: &Site) -> Result<Chosen, Error> {
    let refused = match tried(site).await {
        Ok(chosen) => return Ok(chosen),
        Err(error @ (Error::Refused { .. } | Error::Unsupported { .. })) => error,
        Err(other) => return Err(other),
    };
    for engine in [Engine::Podman, Engine::Docker] {
        // Why it can't is for `whimbrel doctor`: what somebody wants first is namespaces.
        let Ok(containers) = site.containers(engine) else { continue };
        if containers.has_image().await {
            tracing::warn!(%refused, %engine, "computers are containers here");
            return Ok(Chosen::Containers(containers));
        }
    }
    Err(refused)
}

/// Namespaces, after one was made; that is remembered until the machine starts again.
async fn tried(site: &Site) -> Result<Chosen, Error> {
    let chosen = namespaces(site)?;
    let (mark, note) = (mark(), site.home.join("namespaces.tried"));
    if mark.is_some() && fs::read_to_string(&note).ok() == mark {
        return Ok(chosen);
    }
    let computer = chosen.fork(&chosen.bare(), &Spec::default()).await?;
    computer.destroy().await?;
    if let Some(mark) = mark {
        // Where it can't be noted it is tried each time.
        let _not_noted = fs::write(&note, mark);
    }
    Ok(chosen)
}

/// Of this run of this machine's kernel, and of this user.
fn mark() -> Option<String> {
    let boot = fs::read_to_string(Path::new("/proc/sys/kernel/random/boot_id")).ok()?;
    Some(format!("{} as {}\n", boot.trim(), nix::unistd::geteuid()))
}

#[async_trait]
impl Backend for Chosen {
    fn isolation(&self) -> Isolation {
        self.backend().isolation()
    }

    fn bare(&self) -> Snapshot {
        self.backend().bare()
    }

    fn find(&self, id: &SnapshotId) -> Option<Snapshot> {
        self.backend().find(id)
    }

    async fn image(&self, image: &Image) -> Result<Snapshot, Error> {
        self.backend().image(image).await
    }

    async fn fork(&self, snapshot: &Snapshot, spec: &Spec) -> Result<Box<dyn Computer>, Error> {
        self.backend().fork(snapshot, spec).await
    }

    async fn resume(
        &self,
        name: &str,
        snapshot: &Snapshot,
        spec: &Spec,
    ) -> Result<Box<dyn Computer>, Error> {
        self.backend().resume(name, snapshot, spec).await
    }

    async fn exists(&self, name: &str) -> bool {
        self.backend().exists(name).await
    }

    async fn discard(&self, name: &str) -> Result<bool, Error> {
        self.backend().discard(name).await
    }

    async fn durables(&self) -> Result<Vec<Durable>, Error> {
        self.backend().durables().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_one_of_four_words() {
        for (word, choice) in [("auto", Choice::Auto), ("docker", Choice::Docker)] {
            assert_eq!(word.parse(), Ok(choice));
        }
        let unknown = "vm".parse::<Choice>().unwrap_err().to_string();
        assert!(unknown.contains("\"vm\"") && unknown.contains("podman"), "{unknown}");
    }
}
