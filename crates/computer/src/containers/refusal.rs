//! What a container engine's words mean, and what to do about them. Knows the words, not why the
//! engine was asked.

use std::io;

use super::client::{Engine, Failed};
use crate::Error;

/// Words, in lower case, and what would help. The first that are found count, so what is certain
/// comes before what is said of many things.
const PODMAN: [(&str, &str); 8] = [
    ("\"newuidmap\": executable file not found", "as root: apt-get install uidmap"),
    (
        "no subuid ranges found",
        "as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER; then: \
         podman system migrate",
    ),
    (
        "cgroups in hybrid mode",
        "this crun can't work beside both versions of control groups: boot with \
         systemd.unified_cgroup_hierarchy=1, or install runc and write to \
         ~/.config/containers/containers.conf (as root /etc/containers/containers.conf): \
         [engine] runtime = \"runc\"",
    ),
    (
        "cannot clone: operation not permitted",
        "user namespaces are refused here; as root: sysctl -w user.max_user_namespaces=15000, and \
         on Ubuntu sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    ),
    ("cannot clone: no space left on device", "as root: sysctl -w user.max_user_namespaces=15000"),
    (
        "is not supported over overlayfs",
        "podman's storage lies on an overlay, as the files of a container do: put it on a volume, \
         or write to storage.conf: [storage] driver = \"vfs\"",
    ),
    (
        "xdg_runtime_dir",
        "log in properly, or: loginctl enable-linger; export XDG_RUNTIME_DIR=/run/user/$(id -u)",
    ),
    ("unable to connect to podman", "podman machine init; podman machine start"),
];

const NO_DAEMON: &str = "cannot connect to the docker daemon";

const DOCKER: [(&str, &str); 2] = [
    (
        NO_DAEMON,
        "start it: systemctl start docker (as root), or Docker Desktop; another daemon is named by \
         DOCKER_HOST",
    ),
    (
        "permission denied while trying to connect to the docker daemon",
        "as root: usermod -aG docker USER, and log in again; whoever is in that group can become \
         root, so rootless docker or podman is the better way",
    ),
];

const EITHER: [(&str, &str); 6] = [
    (
        "exec: \"/bin/sh\"",
        "the image has no /bin/sh: name one that has a shell and git, in config.toml: [computer] \
         image = \"docker.io/library/buildpack-deps:bookworm\"",
    ),
    (
        "registry",
        "pull it where there is a network, or name an image that is here, in config.toml: \
         [computer] image = \"…\"",
    ),
    (
        "pull access denied",
        "name an image that may be pulled, in config.toml: [computer] image = \"…\"",
    ),
    ("operation not permitted: oci permission denied", CONTAINED),
    ("error mounting \"proc\"", CONTAINED),
    ("mount `proc` to `proc`", CONTAINED),
];

const CONTAINED: &str = "the container around whimbrel forbids containers inside: start it with \
     --security-opt seccomp=unconfined --security-opt systempaths=unconfined";

/// The error of a step in which an engine failed, with its remedy where there is one.
pub fn explain(engine: Engine, step: &str, failed: Failed) -> Error {
    let step = format!("{step} ({engine})");
    match remedy(engine, &failed) {
        Some(remedy) if is_silent(&failed) => {
            Error::Refused { step: format!("no {engine} daemon answers"), remedy }
        }
        Some(remedy) => Error::Refused { step: format!("{step}: {}", said(&failed)), remedy },
        None => Error::Fork { step, source: failed.into_io() },
    }
}

/// Whatever was asked of it first is no news where nobody listens.
fn is_silent(failed: &Failed) -> bool {
    failed.words().to_lowercase().contains(NO_DAEMON)
}

pub fn remedy(engine: Engine, failed: &Failed) -> Option<String> {
    match failed {
        Failed::Started(error) if error.kind() == io::ErrorKind::NotFound => {
            Some(format!("install {engine}: as root, apt-get install {}", package(engine)))
        }
        Failed::Started(_) => None,
        Failed::OutOfTime(_) => Some(format!("see whether `{engine} info` answers")),
        Failed::Refused { words, .. } => of_words(engine, words),
    }
}

fn package(engine: Engine) -> &'static str {
    match engine {
        Engine::Podman => "podman uidmap",
        Engine::Docker => "docker.io",
    }
}

fn of_words(engine: Engine, words: &str) -> Option<String> {
    let words = words.to_lowercase();
    let own: &[(&str, &str)] = match engine {
        Engine::Podman => &PODMAN,
        Engine::Docker => &DOCKER,
    };
    let known = own.iter().chain(&EITHER).find(|(beginning, _)| words.contains(beginning));
    known.map(|(_, remedy)| (*remedy).to_owned())
}

/// Its last line, which is the error; warnings come before.
fn said(failed: &Failed) -> String {
    let words = failed.words();
    let lines = words.lines().filter(|line| !line.trim().is_empty());
    let mut telling =
        lines.filter(|line| !line.starts_with("Run 'docker") && !line.starts_with("time="));
    telling.next_back().unwrap_or(&words).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(words: &str) -> Failed {
        Failed::Refused { code: 125, words: words.into() }
    }

    /// All of these were said by podman 4.3 or docker 20.10 to 28.
    #[test]
    fn words_that_were_heard_have_a_remedy() {
        let podman = |words: &str| remedy(Engine::Podman, &refused(words)).unwrap_or_default();
        let docker = |words: &str| remedy(Engine::Docker, &refused(words)).unwrap_or_default();
        let newuidmap = "time=\"…\" level=warning msg=\"\\\"/\\\" is not a shared mount\"\nError: command \
            required for rootless mode with multiple IDs: exec: \"newuidmap\": executable file not \
            found in $PATH";
        assert!(podman(newuidmap).contains("install uidmap"));
        let hybrid = "Error: OCI runtime error: crun: cgroups in hybrid mode not supported, drop all \
            controllers from cgroupv2";
        assert!(podman(hybrid).contains("runtime = \"runc\""));
        let no_network = "Error: initializing source docker://debian:12: pinging container registry \
            registry-1.docker.io: Get \"https://registry-1.docker.io/v2/\": no such host";
        assert!(podman(no_network).contains("config.toml"));
        let daemon =
            "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?";
        assert!(docker(daemon).contains("systemctl start docker"));
        let silent = explain(Engine::Docker, "look for leftovers", refused(daemon)).to_string();
        assert!(silent.contains("(no docker daemon answers); start it"), "{silent}");
        let socket =
            "permission denied while trying to connect to the Docker daemon socket at unix:///x";
        assert!(docker(socket).contains("rootless"));
        let shell = "docker: Error response from daemon: failed to create shim task: OCI runtime create \
            failed: unable to start container process: exec: \"/bin/sh\": stat /bin/sh: no such file \
            or directory: unknown\n\nRun 'docker run --help' for more information";
        assert!(docker(shell).contains("/bin/sh"));
        assert!(said(&refused(shell)).starts_with("docker: Error response"));
        assert_eq!(podman("Error: something new"), "");
    }

    #[test]
    fn what_is_broken_has_a_source_and_no_remedy() {
        let error = explain(Engine::Docker, "make a container", refused("disk on fire"));
        let Error::Fork { step, source } = error else { panic!("{error:?}") };
        assert_eq!(
            (step.as_str(), source.to_string().as_str()),
            ("make a container (docker)", "disk on fire")
        );
    }
}
