//! A computer's way out, from this backend's side: what init opens for it inside, and what its
//! programs are told. What is let through, [`crate::egress`] decides.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::plan::Bind;
use super::step::{Step, Steps};
use crate::egress::{self, BUNDLE_PATH, Doors, Egress, Gate, Opening};
use crate::{HOME, Spec};

/// Of the host's caches, which are shown read-only where there is no network.
const CRATES: &str = ".cargo/registry";
/// What keeps programs from trying where there is no network.
const OFFLINE: [&str; 3] = ["CARGO_NET_OFFLINE", "GOPROXY", "GOMODCACHE"];
const GO_PROXY: &str = "https://proxy.golang.org,direct";

/// What init is to open and to leave for programs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Opened {
    opening: Opening,
    /// The certificate authorities to trust, where they are not those of the system.
    bundle: Option<String>,
}

impl Opened {
    /// The sockets, for the supervisor. To be called where the computer's network is ours.
    pub fn doors(&self) -> Result<Vec<OwnedFd>, Step> {
        egress::open(self.opening).step("open the way out")
    }

    /// To be called when there is [`crate::SCRATCH`].
    pub fn leave_bundle(&self) -> Result<(), Step> {
        let Some(bundle) = &self.bundle else { return Ok(()) };
        fs::write(BUNDLE_PATH, bundle).step("write the certificates to trust")
    }
}

/// The supervisor's side, before it is served.
#[derive(Debug)]
pub struct Outlet {
    gate: Gate,
    pub opened: Opened,
    /// Empty until init has opened them.
    pub doors: Vec<OwnedFd>,
}

impl Outlet {
    pub fn new(spec: &Spec) -> io::Result<Self> {
        let gate = Gate::new(&spec.network, &spec.egress)?;
        let opened = Opened { opening: gate.opening(), bundle: gate.bundle() };
        Ok(Self { gate, opened, doors: Vec::new() })
    }

    /// Must be called within tokio.
    pub fn serve(self) -> io::Result<Egress> {
        Egress::start(self.gate, Doors::new(self.doors)?)
    }

    /// Makes the variables of every program inside fit.
    pub fn adjust(&self, env: &mut Arc<BTreeMap<String, String>>) {
        if !self.leads_out() {
            return;
        }
        let env = Arc::make_mut(env);
        let modules = env.get("GOMODCACHE").cloned();
        for name in OFFLINE {
            env.remove(name);
        }
        if let Some(modules) = modules {
            // What the host has, go can copy from there.
            let proxy = format!("file://{modules}/cache/download,{GO_PROXY}");
            env.insert("GOPROXY".into(), proxy);
        }
        env.extend(egress::variables(&self.gate));
        if self.opened.bundle.is_some() {
            env.extend(egress::trusting());
        }
    }

    /// Of the folders of the host, those that are to be shown. Cargo writes to its registry when
    /// it downloads, and what was downloaded into a layer must not be hidden later.
    pub fn binds(&self, all: &[Bind], layers: impl IntoIterator<Item = PathBuf>) -> Vec<Bind> {
        let crates = Path::new(HOME).join(CRATES);
        let hides = self.leads_out() || layers.into_iter().any(|layer| has_folder(&layer, &crates));
        let shown = all.iter().filter(|bind| !(hides && bind.target == crates));
        shown.cloned().collect()
    }

    fn leads_out(&self) -> bool {
        self.gate.opening() == Opening::All
    }
}

/// Whether a sealed layer has this folder, without following a link on the way.
fn has_folder(layer: &Path, inside: &Path) -> bool {
    let mut path = layer.to_owned();
    inside.iter().filter(|part| *part != "/").all(|part| {
        path.push(part);
        fs::symlink_metadata(&path).is_ok_and(|found| found.is_dir())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outlet(network: &str) -> Outlet {
        let spec = Spec { network: network.parse().unwrap(), ..Spec::default() };
        Outlet::new(&spec).unwrap()
    }

    fn env() -> Arc<BTreeMap<String, String>> {
        let env = [("CARGO_NET_OFFLINE", "true"), ("GOPROXY", "off"), ("GOMODCACHE", "/go/mod")];
        Arc::new(env.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
    }

    #[test]
    fn programs_may_try_only_where_there_is_a_network() {
        let mut none = env();
        outlet("none").adjust(&mut none);
        assert_eq!(none, env());
        let mut packages = env();
        outlet("packages").adjust(&mut packages);
        assert!(
            !packages.contains_key("CARGO_NET_OFFLINE") && !packages.contains_key("GOMODCACHE")
        );
        assert_eq!(packages["https_proxy"], "http://127.77.0.1:3128");
        assert_eq!(
            packages["GOPROXY"],
            "file:///go/mod/cache/download,https://proxy.golang.org,direct"
        );
    }

    #[test]
    fn the_hosts_crates_are_shown_only_where_none_can_be_downloaded() {
        let folder = tempfile::tempdir().unwrap();
        let (empty, full, linked) =
            (folder.path().join("empty"), folder.path().join("full"), folder.path().join("linked"));
        fs::create_dir_all(full.join("home/agent/.cargo/registry")).unwrap();
        fs::create_dir_all(&empty).unwrap();
        fs::create_dir_all(linked.join("home")).unwrap();
        std::os::unix::fs::symlink(full.join("home/agent"), linked.join("home/agent")).unwrap();
        let target = Path::new(HOME).join(CRATES);
        let binds = [Bind::same("/usr"), Bind { source: "/root/r".into(), target }];
        let shown = |network: &str, layers: &[PathBuf]| {
            outlet(network).binds(&binds, layers.to_vec()).len()
        };
        assert_eq!(shown("none", &[]), 2);
        assert_eq!(shown("none", &[empty.clone(), linked]), 2);
        assert_eq!(shown("none", &[empty, full]), 1);
        assert_eq!(shown("all", &[]), 1);
    }
}
