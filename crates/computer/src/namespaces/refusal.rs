//! Says what to change where the kernel, or a container around us, forbids what a computer needs.
//! A remedy's first line says what is in the way; the lines after it are to be copied.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

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
    let machine = Machine::current();
    if is_about_ids(step) {
        return Some(machine.of_user_namespaces(step, errno));
    }
    if step.starts_with("mount overlay") {
        return Some(of_overlays(home, errno));
    }
    match (step, errno) {
        ("keep mounts private", libc::EINVAL) => Some(CHROOT.into()),
        ("pivot_root", libc::EINVAL) => Some(INITRAMFS.into()),
        ("mount proc", libc::EPERM) => Some(machine.of_proc()),
        (_, libc::ENOSYS) => Some("Linux 5.12 or newer is needed".into()),
        _ => None,
    }
}

/// AppArmor lets the namespace be made and then gives no power in it, so the first use fails.
fn is_about_ids(step: &str) -> bool {
    step.starts_with("unshare")
        || ["deny setgroups", "map the user", "map the group"].contains(&step)
}

const CHROOT: &str = "whimbrel runs in a chroot, whose root is no mount; from outside, instead of chroot FOLDER:\n\
    unshare --mount sh -c 'mount --rbind FOLDER FOLDER && cd FOLDER && pivot_root . mnt && \
    umount -l mnt && exec whimbrel …'";
const INITRAMFS: &str = "the root is an initramfs, which can't be left; boot with a root file system, or \
    before anything else:\n\
    mkdir /newroot && mount -t tmpfs none /newroot && cp -ax / /newroot && exec switch_root /newroot /sbin/init";

fn of_overlays(home: &Path, errno: i32) -> String {
    let home = home.display();
    if is_overlay(Path::new(&home.to_string())) && matches!(errno, libc::EINVAL | libc::ENOTSUP) {
        return format!(
            "{home} lies on an overlay itself, as the files of a container do; put it on a volume:\n\
             docker run --volume whimbrel:{home} …    (or set WHIMBREL_HOME to a folder on a disk)"
        );
    }
    match errno {
        libc::ENODEV => "the kernel's module for overlays isn't loaded; as root:\n\
            modprobe overlay && echo overlay >/etc/modules-load.d/overlay.conf"
            .into(),
        libc::ENOSPC => {
            "this user has no mounts left; as root:\nsysctl -w fs.mount-max=100000".into()
        }
        _ => format!(
            "Linux 5.11 or newer must let overlays be mounted on the file system of {home}; ext4, xfs, \
             btrfs and tmpfs do"
        ),
    }
}

fn is_overlay(path: &Path) -> bool {
    statfs(path).is_ok_and(|stat| stat.filesystem_type() == OVERLAYFS_SUPER_MAGIC)
}

/// What of the machine tells one refusal from another.
struct Machine {
    /// `/proc/sys`.
    settings: PathBuf,
    container: bool,
    /// Whose profile AppArmor is to have.
    program: PathBuf,
}

impl Machine {
    fn current() -> Self {
        Self {
            settings: "/proc/sys".into(),
            container: is_container(),
            program: std::env::current_exe().unwrap_or_else(|_| "/usr/local/bin/whimbrel".into()),
        }
    }

    fn is(&self, setting: &str, value: &str) -> bool {
        fs::read_to_string(self.settings.join(setting)).is_ok_and(|text| text.trim() == value)
    }

    /// Distributions forbid user namespaces in several ways.
    fn of_user_namespaces(&self, step: &str, errno: i32) -> String {
        if self.is("user/max_user_namespaces", "0") {
            return set("user namespaces are switched off", "user.max_user_namespaces=15000");
        }
        if errno == libc::ENOSPC {
            return set("all user namespaces are in use", "user.max_user_namespaces=100000");
        }
        if self.is("kernel/unprivileged_userns_clone", "0") {
            let what = "user namespaces are only for root";
            return set(what, "kernel.unprivileged_userns_clone=1");
        }
        if self.is("kernel/apparmor_restrict_unprivileged_userns", "1") {
            return self.profile();
        }
        let what = if self.container {
            "the container around whimbrel"
        } else {
            "something around whimbrel"
        };
        let flags = "--security-opt seccomp=unconfined --security-opt systempaths=unconfined";
        if step == "unshare" && nix::unistd::geteuid().is_root() && errno == libc::EPERM {
            return format!(
                "{what} gives root too little power; start it as another user, or with more:\n\
                 docker run --user 1000:1000 {flags} --volume whimbrel:/home …"
            );
        }
        format!(
            "{what} (a seccomp filter, as a container's) forbids namespaces; let it have them:\n\
             docker run --user 1000:1000 {flags} --volume whimbrel:/home …"
        )
    }

    /// Ubuntu's rule, since 23.10.
    fn profile(&self) -> String {
        let program = self.program.display();
        format!(
            "AppArmor lets only programs with a profile have user namespaces; as root:\n\
             cat >/etc/apparmor.d/whimbrel <<'END'\n\
             abi <abi/4.0>,\n\
             include <tunables/global>\n\
             profile whimbrel \"{program}\" flags=(unconfined) {{\n  \
               userns,\n\
             }}\n\
             END\n\
             apparmor_parser -r /etc/apparmor.d/whimbrel"
        )
    }

    fn of_proc(&self) -> String {
        let what = if self.container {
            "the container around whimbrel"
        } else {
            "something around whimbrel"
        };
        format!(
            "{what} masks parts of /proc; show them:\n\
             docker run --security-opt systempaths=unconfined …    (Kubernetes: procMount: Unmasked)"
        )
    }
}

/// Now, and when the machine starts again.
fn set(what: &str, setting: &str) -> String {
    let file = "/etc/sysctl.d/50-whimbrel.conf";
    format!("{what}; as root:\nsysctl -w {setting} && echo {setting} >>{file}")
}

/// As far as the usual engines say so.
pub fn is_container() -> bool {
    let named = || {
        fs::read("/proc/1/environ").is_ok_and(|env| {
            env.split(|&byte| byte == 0).any(|variable| variable.starts_with(b"container="))
        })
    };
    let marked = ["/.dockerenv", "/run/.containerenv"].iter().any(|mark| Path::new(mark).exists());
    marked || std::env::var_os("KUBERNETES_SERVICE_HOST").is_some() || named()
}

#[cfg(test)]
mod tests;
