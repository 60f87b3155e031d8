//! The arguments that make a container a computer. Pure: from what is wanted and what the engine
//! can do to a command line.

use std::path::Path;

use domain::network;

use super::client::Engine;
use super::facts::Facts;
use super::script;
use crate::{Error, HOME, Layer, Spec};

/// Labels: whose it is, and what it was made for.
pub const HOME_LABEL: &str = "whimbrel.home";
pub const LAYER_LABEL: &str = "whimbrel.layer";
pub const LIMITS_LABEL: &str = "whimbrel.limits";
pub const BASE_LABEL: &str = "whimbrel.base";
/// The value of [`LAYER_LABEL`] that keeps a container when nobody drives it.
pub const DURABLE: &str = "durable";

/// What root inside needs for files and processes, and no more: as in the other kind of computer.
const CAPABILITIES: [&str; 9] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETUID",
];

/// Who root inside is where a podman of root's makes a computer to be thrown away.
const FOREIGN_IDS: &str = "0:1900000000:65536";

/// The environment of every program inside; the image's `PATH` stays.
const VARIABLES: [(&str, &str); 8] = [
    ("HOME", HOME),
    ("USER", "root"),
    ("LOGNAME", "root"),
    ("SHELL", "/bin/sh"),
    ("LANG", "C.UTF-8"),
    ("TERM", "dumb"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
];

/// What docker's command line would add from its own configuration, with a password as it may be.
const PROXIES: [&str; 10] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "FTP_PROXY",
    "ftp_proxy",
    "NO_PROXY",
    "no_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// Of the small `/run`, and files in each of the temporary file systems.
const RUN_BYTES_MAX: u64 = 64 * 1024 * 1024;
const TEMPORARY_FILES_MAX: u64 = 100_000;
/// Open files of one process, and processes where another limit is what holds them: engines
/// would take more than they may give where they aren't quite root.
const OPEN_FILES: u64 = 16 * 1024;
const PROCESSES_LOOSE: u64 = 16 * 1024;

/// A container to be.
#[derive(Debug)]
pub struct Order<'a> {
    pub engine: Engine,
    pub facts: &'a Facts,
    /// What this process itself may have of open files and processes; nobody can give more.
    pub own: OwnLimits,
    pub name: &'a str,
    /// The home's id.
    pub home: &'a str,
    /// The id of an image.
    pub image: &'a str,
    pub spec: &'a Spec,
    /// A profile that is stricter than the engine's own.
    pub seccomp: Option<&'a Path>,
}

#[derive(Debug, Clone, Copy)]
pub struct OwnLimits {
    pub open_files: u64,
    pub processes: u64,
}

impl OwnLimits {
    pub fn current() -> Self {
        use nix::sys::resource::{Resource, getrlimit};
        let hard = |resource| getrlimit(resource).map_or(u64::MAX, |(_, hard)| hard);
        Self { open_files: hard(Resource::RLIMIT_NOFILE), processes: hard(Resource::RLIMIT_NPROC) }
    }
}

/// What was asked for and no container can have is refused here, rather than left out.
pub fn check(engine: Engine, facts: &Facts, spec: &Spec) -> Result<(), Error> {
    let unsupported = |what: &str| Err(Error::Unsupported { what: what.into(), by: engine.name() });
    match &spec.network {
        network::Policy::None => {}
        network::Policy::Packages | network::Policy::All | network::Policy::Only(_) => {
            return unsupported(
                "a network other than \"none\"; computers made of namespaces have a gateway",
            );
        }
    }
    if spec.limits.cpu_millis.is_some() && !facts.cpu {
        return unsupported("a limit of CPU time on this machine");
    }
    Ok(())
}

/// The command that makes and starts it, attached.
pub fn arguments(order: &Order) -> Vec<String> {
    let mut arguments = Arguments::default();
    arguments.words(&["run", "--interactive", "--sig-proxy=false", "--pull=never"]);
    arguments.pair("--name", order.name);
    labels(&mut arguments, order);
    confine(&mut arguments, order);
    limit(&mut arguments, order);
    temporary(&mut arguments, order);
    environment(&mut arguments, order.engine);
    arguments.pair("--workdir", "/");
    arguments.pair("--entrypoint", "/bin/sh");
    arguments.words(&[order.image, "-c", &script::first()]);
    arguments.0
}

#[derive(Default)]
struct Arguments(Vec<String>);

impl Arguments {
    fn words(&mut self, words: &[&str]) {
        self.0.extend(words.iter().map(|&word| word.to_owned()));
    }

    fn pair(&mut self, option: &str, value: impl Into<String>) {
        self.0.extend([option.to_owned(), value.into()]);
    }
}

fn labels(arguments: &mut Arguments, order: &Order) {
    let layer = match order.spec.layer {
        Layer::Scratch => "scratch",
        Layer::Build => "build",
        Layer::Durable => DURABLE,
    };
    arguments.pair("--label", format!("{HOME_LABEL}={}", order.home));
    arguments.pair("--label", format!("{LAYER_LABEL}={layer}"));
    arguments.pair("--label", format!("{BASE_LABEL}={}", order.image));
    arguments.pair("--label", format!("{LIMITS_LABEL}={}", limits_text(order.spec)));
}

/// What a container can't be given anew when it is started again.
pub fn limits_text(spec: &Spec) -> String {
    let limits = &spec.limits;
    let cpu = limits.cpu_millis.map_or_else(|| "-".into(), |millis| millis.to_string());
    format!("{}/{}/{}/{cpu}", limits.memory_bytes, limits.processes, limits.disk_bytes)
}

/// Whether root inside is nobody else on the machine. What such a computer wrote can't be made a
/// snapshot of: podman commits the machine's ids instead of the container's
/// (<https://github.com/containers/storage/issues/2396>).
pub fn is_foreign(engine: Engine, facts: &Facts, layer: Layer) -> bool {
    engine == Engine::Podman && !facts.rootless && layer == Layer::Scratch
}

/// Nothing of the host is reached from inside: no network, folder, device, power or word.
fn confine(arguments: &mut Arguments, order: &Order) {
    arguments.words(&["--network=none", "--user=0:0", "--hostname=whimbrel", "--cap-drop=ALL"]);
    for capability in CAPABILITIES {
        arguments.pair("--cap-add", capability);
    }
    arguments.words(&["--security-opt=no-new-privileges", "--ipc=private", "--cgroupns=private"]);
    if let Some(profile) = order.seccomp {
        arguments.pair("--security-opt", format!("seccomp={}", profile.display()));
    }
    arguments.words(&["--no-healthcheck", "--log-driver=none", "--stop-signal=SIGKILL"]);
    if order.engine == Engine::Podman {
        arguments.words(&["--http-proxy=false", "--systemd=false", "--image-volume=ignore"]);
        if is_foreign(order.engine, order.facts, order.spec.layer) {
            arguments.pair("--uidmap", FOREIGN_IDS);
            arguments.pair("--gidmap", FOREIGN_IDS);
        }
    }
}

fn limit(arguments: &mut Arguments, order: &Order) {
    let limits = &order.spec.limits;
    if order.facts.memory {
        arguments.pair("--memory", limits.memory_bytes.to_string());
        arguments.pair("--memory-swap", limits.memory_bytes.to_string());
    } else {
        // Of each process; the best there is without a control group.
        ulimit(arguments, "data", limits.memory_bytes);
    }
    if order.facts.processes {
        arguments.pair("--pids-limit", limits.processes.to_string());
    }
    if let (true, Some(millis)) = (order.facts.cpu, limits.cpu_millis) {
        arguments.pair("--cpus", format!("{}.{:03}", millis / 1000, millis % 1000));
    }
    let processes = if order.facts.processes { PROCESSES_LOOSE } else { limits.processes };
    ulimit(arguments, "nproc", processes.min(order.own.processes));
    ulimit(arguments, "nofile", OPEN_FILES.min(order.own.open_files));
    ulimit(arguments, "fsize", limits.disk_bytes);
    ulimit(arguments, "core", 0);
}

fn ulimit(arguments: &mut Arguments, name: &str, value: u64) {
    // Engines read a signed number.
    let value = value.min(i64::MAX.cast_unsigned());
    arguments.pair("--ulimit", format!("{name}={value}:{value}"));
}

/// In memory, so in no snapshot.
fn temporary(arguments: &mut Arguments, order: &Order) {
    let memory_bytes = order.spec.limits.memory_bytes;
    let inodes = match order.engine {
        // It takes no such option.
        Engine::Podman => String::new(),
        Engine::Docker => format!(",nr_inodes={TEMPORARY_FILES_MAX}"),
    };
    let mut tmpfs = |path: &str, bytes: u64, mode: &str| {
        let options = format!("rw,exec,nosuid,nodev,size={bytes},mode={mode}{inodes}");
        arguments.pair("--tmpfs", format!("{path}:{options}"));
    };
    tmpfs("/tmp", memory_bytes / 2, "1777");
    tmpfs("/run", RUN_BYTES_MAX.min(memory_bytes / 8), "0755");
    arguments.pair("--shm-size", (memory_bytes / 4).to_string());
}

fn environment(arguments: &mut Arguments, engine: Engine) {
    for (name, value) in VARIABLES {
        arguments.pair("--env", format!("{name}={value}"));
    }
    if engine == Engine::Docker {
        for name in PROXIES {
            arguments.pair("--env", format!("{name}="));
        }
    }
}

#[cfg(test)]
mod tests;
