//! Says what to change where the kernel, or a container around us, forbids what a computer needs.

use std::fs;
use std::io;
use std::path::Path;

use nix::sys::statfs::{OVERLAYFS_SUPER_MAGIC, statfs};

use crate::Error;

/// The error of a step that failed, with its remedy where there is one.
pub fn explain(home: &Path, step: String, errno: i32) -> Error {
    let source = io::Error::from_raw_os_error(errno);
    match remedy(home, &step, errno) {
        Some(remedy) => Error::Refused { step: format!("{step}: {source}"), remedy },
        None => Error::Fork { step, source },
    }
}

fn remedy(home: &Path, step: &str, errno: i32) -> Option<String> {
    if step.starts_with("unshare") {
        return Some(of_user_namespaces());
    }
    match (step, errno) {
        ("mount overlay", libc::EINVAL | libc::ENOTSUP) if is_overlay(home) => Some(format!(
            "{} lies on an overlay itself, as the files of a container do: put WHIMBREL_HOME on \
             a volume or a disk",
            home.display()
        )),
        ("mount overlay", libc::ENODEV) => {
            Some("load the kernel's module: modprobe overlay".into())
        }
        ("mount overlay", _) => Some(format!(
            "Linux 5.11 or newer must let overlays be mounted on the file system of {}; ext4, xfs, \
             btrfs and tmpfs do",
            home.display()
        )),
        ("keep mounts private", libc::EINVAL) => Some(
            "whimbrel runs in a chroot, whose root is no mount: use a container, or bind the \
             folder onto itself and pivot_root into it"
                .into(),
        ),
        ("mount proc", libc::EPERM) => Some(
            "the container around whimbrel masks /proc: start it with --security-opt \
             systempaths=unconfined"
                .into(),
        ),
        (_, libc::ENOSYS) => Some("Linux 5.12 or newer is needed".into()),
        _ => None,
    }
}

fn is_overlay(path: &Path) -> bool {
    statfs(path).is_ok_and(|stat| stat.filesystem_type() == OVERLAYFS_SUPER_MAGIC)
}

/// Distributions forbid user namespaces in several ways; the first that is found here is told.
fn of_user_namespaces() -> String {
    let is =
        |file: &str, value: &str| fs::read_to_string(file).is_ok_and(|text| text.trim() == value);
    let remedies = [
        ("/proc/sys/user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=15000"),
        (
            "/proc/sys/kernel/unprivileged_userns_clone",
            "0",
            "sysctl -w kernel.unprivileged_userns_clone=1",
        ),
        (
            "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
    ];
    let found = remedies.into_iter().find(|(file, value, _)| is(file, value));
    found.map_or_else(
        || {
            "the container around whimbrel forbids namespaces: start it with --security-opt \
             seccomp=unconfined"
                .into()
        },
        |(_, _, command)| format!("as root: {command}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forbidden_has_a_remedy_and_what_is_broken_has_a_source() {
        let home = tempfile::tempdir().unwrap();
        let refused = explain(home.path(), "unshare".into(), libc::EPERM);
        assert!(matches!(refused, Error::Refused { .. }), "{refused:?}");
        let broken = explain(home.path(), "take /usr".into(), libc::EIO);
        assert!(matches!(broken, Error::Fork { .. }), "{broken:?}");
    }
}
