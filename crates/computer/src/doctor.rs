//! What of computers works on this machine, each kind tried for real, and what would make the rest
//! work. Knows how to find out, not how it is shown.

use std::path::Path;
use std::time::Instant;

use domain::network::Policy;

use crate::choice::{Choice, Kind, Site};
use crate::containers::{Cgroups, Engine, Facts};
#[cfg(target_os = "linux")]
use crate::namespaces::{CpuBy, DiskBy, LimitsBy, Namespaces};
use crate::{Backend, Computer, Error, Exec, Spec, Status};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub group: Group,
    pub name: &'static str,
    pub state: State,
    /// What was seen.
    pub detail: String,
    /// What to do: a sentence, and on the lines below it what to copy.
    pub remedy: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The kinds of them.
    Computers,
    /// What holds each limit of a computer of the chosen kind.
    Limits,
    Machine,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Works,
    /// It works, and less well than it could.
    Weak,
    Broken,
    /// Not there, and perhaps not wanted.
    Absent,
}

impl Finding {
    pub fn new(group: Group, name: &'static str, state: State, detail: impl Into<String>) -> Self {
        Self { group, name, state, detail: detail.into(), remedy: None }
    }

    pub fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }
}

/// All findings, and which kind of computer there will be; none where none works.
#[derive(Debug)]
pub struct Examination {
    pub findings: Vec<Finding>,
    pub chosen: Option<Kind>,
}

/// Tries every kind.
pub async fn examine(choice: Choice, site: &Site) -> Examination {
    let mut trials: Vec<Trial> = try_namespaces(site).await.into_iter().collect();
    for engine in [Engine::Podman, Engine::Docker] {
        trials.push(try_engine(site, engine).await);
    }
    let chosen = trials.iter().position(|trial| trial.suits(choice));
    let mut findings: Vec<Finding> = trials.iter().map(|trial| trial.finding.clone()).collect();
    let chosen = chosen.map(|at| trials.swap_remove(at));
    if let Some(trial) = &chosen {
        findings.extend(trial.limits.iter().cloned());
    }
    findings.extend(storage(&site.home));
    findings.extend(chosen.as_ref().map(|trial| trial.network.clone()));
    Examination { findings, chosen: chosen.map(|trial| trial.kind) }
}

/// How it went with one kind.
struct Trial {
    kind: Kind,
    finding: Finding,
    limits: Vec<Finding>,
    network: Finding,
}

impl Trial {
    fn suits(&self, choice: Choice) -> bool {
        let wanted = match choice {
            Choice::Auto => true,
            Choice::Namespaces => self.kind == Kind::Namespaces,
            Choice::Podman => self.kind == Kind::Containers(Engine::Podman),
            Choice::Docker => self.kind == Kind::Containers(Engine::Docker),
        };
        wanted && matches!(self.finding.state, State::Works | State::Weak)
    }
}

/// Makes a computer, runs a program in it and destroys it; in words, and how long it took.
async fn make_one(backend: &dyn Backend, spec: &Spec) -> Result<String, Error> {
    let started = Instant::now();
    let computer = backend.fork(&backend.bare(), spec).await?;
    let ran = run_true(computer.as_ref()).await;
    let took_ms = started.elapsed().as_secs_f64() * 1e3;
    computer.destroy().await?;
    ran.map(|()| format!("made one and ran a program in {took_ms:.0} ms"))
}

async fn run_true(computer: &dyn Computer) -> Result<(), Error> {
    let exited = computer.run(Exec::new(["true"])).await?;
    match exited.status {
        Status::Exited(0) => Ok(()),
        other => Err(Error::Exec {
            argv0: "true".into(),
            source: std::io::Error::other(format!("it ended with {other:?}")),
        }),
    }
}

fn broken(group: Group, name: &'static str, error: &Error) -> Finding {
    match error {
        Error::Refused { step, remedy } => {
            Finding::new(group, name, State::Broken, step).remedy(remedy)
        }
        other => Finding::new(group, name, State::Broken, with_sources(other)),
    }
}

fn with_sources(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(next) = source {
        text.push_str(&format!(": {next}"));
        source = next.source();
    }
    text
}

/// What whimbrel itself holds, for every kind alike.
fn own_limits() -> [Finding; 2] {
    let works = |name, detail: &str| Finding::new(Group::Limits, name, State::Works, detail);
    [
        works("output", "whimbrel keeps what fits and counts the rest"),
        works("wall time", "whimbrel, by killing what is inside"),
    ]
}

#[cfg(target_os = "linux")]
async fn try_namespaces(site: &Site) -> Option<Trial> {
    let (name, kind) = ("namespaces", Kind::Namespaces);
    let backend = match site.namespaces() {
        Ok(backend) => backend,
        Err(error) => return Some(failed(kind, broken(Group::Computers, name, &error))),
    };
    Some(match make_one(&backend, &Spec::default()).await {
        Ok(made) => Trial {
            kind,
            finding: Finding::new(Group::Computers, name, State::Works, made),
            limits: limits_of_namespaces(&backend),
            network: gateway(&backend).await,
        },
        Err(error) => failed(kind, broken(Group::Computers, name, &error)),
    })
}

#[cfg(not(target_os = "linux"))]
async fn try_namespaces(_site: &Site) -> Option<Trial> {
    None
}

fn failed(kind: Kind, finding: Finding) -> Trial {
    let network = Finding::new(Group::Machine, "network", State::Absent, "");
    Trial { kind, finding, limits: Vec::new(), network }
}

#[cfg(target_os = "linux")]
fn limits_of_namespaces(backend: &Namespaces) -> Vec<Finding> {
    let held = backend.held_by();
    let finding = |name, state, detail: &str| Finding::new(Group::Limits, name, state, detail);
    let memory = match held.memory {
        LimitsBy::CgroupV1 => finding("memory", State::Works, "control groups, version 1"),
        LimitsBy::CgroupV2 => finding("memory", State::Works, "control groups, version 2"),
        LimitsBy::Rlimits => {
            finding("memory", State::Weak, "looked at 20 times a second").remedy(delegation())
        }
    };
    let processes = match held.processes {
        LimitsBy::CgroupV1 => finding("processes", State::Works, "control groups, version 1"),
        LimitsBy::CgroupV2 => finding("processes", State::Works, "control groups, version 2"),
        LimitsBy::Rlimits => finding("processes", State::Works, "resource limits"),
    };
    let cpu = match held.cpu {
        CpuBy::CgroupV1 => finding("CPU", State::Works, "control groups, version 1"),
        CpuBy::CgroupV2 => finding("CPU", State::Works, "control groups, version 2"),
        CpuBy::Nothing => finding("CPU", State::Weak, "nothing: a computer may use all CPUs"),
    };
    let disk = match held.disk {
        DiskBy::Image => finding("disk", State::Works, "a file system of each computer's own"),
        DiskBy::Watch => watched_disk(backend),
    };
    [memory, processes, cpu, disk].into_iter().chain(own_limits()).collect()
}

#[cfg(target_os = "linux")]
fn watched_disk(backend: &Namespaces) -> Finding {
    let why = backend.disk_lack().unwrap_or_default();
    let detail = format!("looked at several times a second; {why}");
    let finding = Finding::new(Group::Limits, "disk", State::Weak, detail);
    if !is_root() {
        return finding;
    }
    let missing_program = why.contains("mkfs");
    let remedy = if missing_program { "apt-get install e2fsprogs" } else { "modprobe loop" };
    finding.remedy(format!("for a file system of each computer's own, as root:\n{remedy}"))
}

/// How an ordinary user gets control groups, or root on a machine that has none mounted.
fn delegation() -> String {
    let folder = "/etc/systemd/system/user@.service.d";
    if is_root() {
        return "for exact limits, mount control groups:\nmount -t cgroup2 none /sys/fs/cgroup"
            .into();
    }
    if !Path::new("/run/systemd/system").exists() {
        return "for exact limits this user needs a control group of its own: see docs/install.md"
            .into();
    }
    format!(
        "for exact limits, once:\n\
         systemd-run --user --scope -p Delegate=yes whimbrel …\n\
         or for good, as root, and log in again:\n\
         mkdir -p {folder} && printf '[Service]\\nDelegate=cpu cpuset io memory pids\\n' >{folder}/delegate.conf"
    )
}

#[cfg(target_os = "linux")]
fn is_root() -> bool {
    crate::namespaces::is_root_of_machine()
}

#[cfg(not(target_os = "linux"))]
fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Whether a computer's way out through the gateway can be made.
#[cfg(target_os = "linux")]
async fn gateway(backend: &Namespaces) -> Finding {
    let spec = Spec { network: Policy::Packages, ..Spec::default() };
    match make_one(backend, &spec).await {
        Ok(_made) => Finding::new(
            Group::Machine,
            "network",
            State::Works,
            "a gateway for each computer; what it opens is in whimbrel.toml",
        ),
        Err(error) => broken(Group::Machine, "network", &error),
    }
}

async fn try_engine(site: &Site, engine: Engine) -> Trial {
    let (name, kind) = (engine.name(), Kind::Containers(engine));
    let finding = |state, detail: String| Finding::new(Group::Computers, name, state, detail);
    let backend = match site.containers(engine) {
        Ok(backend) => backend,
        Err(Error::Refused { remedy, .. }) if !is_installed(name) => {
            return failed(kind, finding(State::Absent, "isn't installed".into()).remedy(remedy));
        }
        Err(error) => return failed(kind, broken(Group::Computers, name, &error)),
    };
    let facts = match backend.facts().await {
        Ok(facts) => facts.clone(),
        Err(error) => return failed(kind, broken(Group::Computers, name, &error)),
    };
    if !backend.has_image().await {
        let image = backend.image_name();
        let detail = format!("{} answers, but its image isn't here", told(&facts));
        let pull = format!("for computers that are containers:\n{name} pull {image}");
        return failed(kind, finding(State::Absent, detail).remedy(pull));
    }
    match make_one(&backend, &Spec::default()).await {
        Ok(made) => Trial {
            kind,
            finding: judged(
                finding(State::Works, format!("{}; {made}", told(&facts))),
                engine,
                &facts,
            ),
            limits: limits_of_containers(&facts),
            network: Finding::new(
                Group::Machine,
                "network",
                State::Weak,
                "containers have none at all; computers made of namespaces have a gateway",
            ),
        },
        Err(error) => failed(kind, broken(Group::Computers, name, &error)),
    }
}

fn is_installed(program: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| folder.join(program).is_file())
}

fn told(facts: &Facts) -> String {
    let who = if facts.rootless { "rootless" } else { "as root" };
    format!("{}, {who}, {}", facts.version, facts.driver)
}

/// Who root inside is, and what a fork costs.
fn judged(finding: Finding, engine: Engine, facts: &Facts) -> Finding {
    if engine == Engine::Docker && !facts.rootless && !facts.remaps {
        let detail = format!(
            "{}; root inside is the machine's root, without most of its power",
            finding.detail
        );
        return Finding { state: State::Weak, detail, ..finding }.remedy(
            "let docker map root inside to somebody else, as root:\n\
             dockerd-rootless-setuptool.sh install    (as the user; or \"userns-remap\": \"default\" in \
             /etc/docker/daemon.json)",
        );
    }
    if facts.copies() {
        let detail = format!("{}; each fork copies all files", finding.detail);
        return Finding { state: State::Weak, detail, ..finding }.remedy(
            "let podman use overlays (Linux 5.13), in ~/.config/containers/storage.conf:\n\
             printf '[storage]\\ndriver = \"overlay\"\\n' >~/.config/containers/storage.conf && podman system reset",
        );
    }
    finding
}

fn limits_of_containers(facts: &Facts) -> Vec<Finding> {
    let version = match facts.cgroups {
        Cgroups::V1 => "control groups, version 1",
        Cgroups::V2 => "control groups, version 2",
    };
    let held = |name, held: bool, otherwise: &str| {
        if held {
            return Finding::new(Group::Limits, name, State::Works, version);
        }
        let finding = Finding::new(Group::Limits, name, State::Weak, otherwise);
        match facts.cgroups {
            Cgroups::V1 if facts.rootless => finding.remedy(
                "rootless engines hold limits only with version 2 of control groups; boot with:\n\
                 systemd.unified_cgroup_hierarchy=1",
            ),
            Cgroups::V1 | Cgroups::V2 => finding.remedy(delegation()),
        }
    };
    let mut findings = vec![
        held("memory", facts.memory, "a resource limit of each process, not of all together"),
        held(
            "processes",
            facts.processes,
            "a resource limit of all the user's containers together",
        ),
        held("CPU", facts.cpu, "nothing: a computer may use all CPUs"),
        Finding::new(
            Group::Limits,
            "disk",
            State::Weak,
            "looked at every 5 s, one file held at once; the number of files isn't held",
        ),
    ];
    findings.extend(own_limits());
    findings
}

/// Where computers' files lie.
fn storage(home: &Path) -> Option<Finding> {
    let stat = nix::sys::statvfs::statvfs(home).ok()?;
    let free_gib = stat.blocks_available() as u64 * stat.fragment_size() as u64 / (1 << 30);
    let kind = file_system(home);
    let detail = format!("{} on {kind}, {free_gib} GiB free", home.display());
    let state = if kind == "overlay" { State::Weak } else { State::Works };
    Some(Finding::new(Group::Machine, "home", state, detail))
}

#[cfg(target_os = "linux")]
fn file_system(path: &Path) -> String {
    use nix::sys::statfs::{
        BTRFS_SUPER_MAGIC, EXT4_SUPER_MAGIC, NFS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC, TMPFS_MAGIC,
        XFS_SUPER_MAGIC, statfs,
    };
    let names = [
        (EXT4_SUPER_MAGIC, "ext4"),
        (XFS_SUPER_MAGIC, "xfs"),
        (BTRFS_SUPER_MAGIC, "btrfs"),
        (TMPFS_MAGIC, "tmpfs"),
        (OVERLAYFS_SUPER_MAGIC, "overlay"),
        (NFS_SUPER_MAGIC, "nfs"),
    ];
    let Ok(stat) = statfs(path) else { return "?".into() };
    let known = names.iter().find(|(magic, _)| *magic == stat.filesystem_type());
    known
        .map_or_else(|| format!("type {:#x}", stat.filesystem_type().0), |(_, name)| (*name).into())
}

#[cfg(not(target_os = "linux"))]
fn file_system(_path: &Path) -> String {
    "a file system".into()
}

#[cfg(test)]
mod tests;
