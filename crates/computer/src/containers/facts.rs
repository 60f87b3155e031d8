//! What a container engine says about itself, as far as computers depend on it: whether it is
//! root, how its storage works, and which limits it can hold on this machine.

use std::path::PathBuf;

use serde::Deserialize;

use super::client::Engine;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub version: String,
    /// Whether it works without root's power.
    pub rootless: bool,
    /// Whether the engine itself maps root inside to somebody else.
    pub remaps: bool,
    /// How it stores files: `overlay`, `vfs`, …
    pub driver: String,
    pub cgroups: Cgroups,
    pub memory: bool,
    pub processes: bool,
    pub cpu: bool,
    /// Whether programs can be made to stand still.
    pub freezer: bool,
    /// Its seccomp profile, where that is a file of this machine which can be made stricter.
    pub seccomp: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cgroups {
    V1,
    V2,
}

impl Facts {
    /// The arguments whose answer [`Self::parse`] reads.
    pub const ASK: [&str; 3] = ["info", "--format", "{{json .}}"];

    pub fn parse(engine: Engine, json: &str) -> serde_json::Result<Self> {
        match engine {
            Engine::Podman => serde_json::from_str::<Podman>(json).map(Self::from),
            Engine::Docker => serde_json::from_str::<Docker>(json).map(Self::from),
        }
    }

    /// Whether a computer's files are its own copy of all that is below, so that a fork is slow.
    pub fn copies(&self) -> bool {
        self.driver == "vfs"
    }
}

fn cgroups(version: &str) -> Cgroups {
    if version.ends_with('2') { Cgroups::V2 } else { Cgroups::V1 }
}

#[derive(Debug, Deserialize)]
struct Podman {
    host: PodmanHost,
    store: PodmanStore,
    version: PodmanVersion,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodmanHost {
    #[serde(default)]
    service_is_remote: bool,
    cgroup_version: String,
    #[serde(default)]
    cgroup_controllers: Option<Vec<String>>,
    security: PodmanSecurity,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodmanSecurity {
    rootless: bool,
    #[serde(default)]
    seccomp_profile_path: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodmanStore {
    graph_driver_name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PodmanVersion {
    version: String,
}

impl From<Podman> for Facts {
    fn from(podman: Podman) -> Self {
        let controllers = podman.host.cgroup_controllers.unwrap_or_default();
        let has = |name: &str| controllers.iter().any(|controller| controller == name);
        let cgroups = cgroups(&podman.host.cgroup_version);
        let freezer = match cgroups {
            Cgroups::V1 => has("freezer"),
            // Part of every group; rootless, of every group that was handed on.
            Cgroups::V2 => !podman.host.security.rootless || has("pids"),
        };
        let profile = podman.host.security.seccomp_profile_path;
        let local = !podman.host.service_is_remote && !profile.as_os_str().is_empty();
        Self {
            seccomp: local.then_some(profile),
            version: podman.version.version,
            rootless: podman.host.security.rootless,
            remaps: false,
            driver: podman.store.graph_driver_name,
            cgroups,
            memory: has("memory"),
            processes: has("pids"),
            cpu: has("cpu"),
            freezer,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Docker {
    server_version: String,
    driver: String,
    #[serde(default)]
    cgroup_version: String,
    #[serde(default)]
    cgroup_driver: String,
    memory_limit: bool,
    pids_limit: bool,
    cpu_cfs_quota: bool,
    #[serde(default)]
    security_options: Vec<String>,
}

impl From<Docker> for Facts {
    fn from(docker: Docker) -> Self {
        let says = |name: &str| docker.security_options.iter().any(|option| option.contains(name));
        let rootless = says("name=rootless");
        Self {
            seccomp: None,
            version: docker.server_version,
            rootless,
            remaps: says("name=userns"),
            driver: docker.driver,
            cgroups: cgroups(&docker.cgroup_version),
            memory: docker.memory_limit,
            processes: docker.pids_limit,
            cpu: docker.cpu_cfs_quota,
            freezer: docker.cgroup_driver != "none",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rootless_podman_on_version_1_holds_nothing() {
        let json = r#"{"host": {"cgroupVersion": "v1", "cgroupControllers": [], "security":
            {"rootless": true}}, "store": {"graphDriverName": "vfs"}, "version": {"Version": "4.3.1"}}"#;
        let facts = Facts::parse(Engine::Podman, json).unwrap();
        assert!(facts.rootless && facts.copies() && facts.cgroups == Cgroups::V1);
        assert!(!facts.memory && !facts.processes && !facts.cpu && !facts.freezer);
    }

    #[test]
    fn a_docker_daemon_says_what_it_holds() {
        let json = r#"{"ServerVersion": "28.2.2", "Driver": "overlay2", "CgroupVersion": "2",
            "CgroupDriver": "systemd", "MemoryLimit": true, "PidsLimit": true, "CpuCfsQuota": false,
            "SecurityOptions": ["name=seccomp,profile=builtin", "name=userns"]}"#;
        let facts = Facts::parse(Engine::Docker, json).unwrap();
        assert!(facts.memory && facts.processes && !facts.cpu && facts.remaps && !facts.rootless);
        assert!(facts.cgroups == Cgroups::V2 && !facts.copies());
    }
}
