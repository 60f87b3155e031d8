//! podman's own seccomp profile, made stricter. As it is it lets programs without any power make
//! namespaces and mounts in them, which is most of the kernel that an attacker wants to reach.
//! Pure: from one JSON document to another. docker's profile refuses these already.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// Never needed by programs that build and test; each has been somebody's way out.
const REFUSED: [&str; 34] = [
    "add_key",
    "bpf",
    "clone",
    "clone3",
    "fanotify_init",
    "fsconfig",
    "fsmount",
    "fsopen",
    "fspick",
    "init_module",
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    "kexec_file_load",
    "kexec_load",
    "keyctl",
    "lookup_dcookie",
    "mount",
    "mount_setattr",
    "move_mount",
    "name_to_handle_at",
    "open_by_handle_at",
    "open_tree",
    "perf_event_open",
    "pivot_root",
    "quotactl",
    "request_key",
    "setns",
    "socket",
    "umount",
    "umount2",
    "unshare",
    "userfaultfd",
    "vmsplice",
];

const CLONE_NEWUSER: u64 = 0x1000_0000;
const ENOSYS: i32 = 38;
/// Unix, internet of both versions.
const FAMILIES: [u64; 3] = [1, 2, 10];
const NETLINK: u64 = 16;
const ROUTE: u64 = 0;

/// Writes the stricter form of `profile` into `folder`.
pub fn write(profile: &Path, folder: &Path) -> io::Result<PathBuf> {
    let text = fs::read_to_string(profile)?;
    let strict = stricter(serde_json::from_str(&text)?).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, "it has no list of system calls")
    })?;
    let path = folder.join("seccomp.json");
    // Whoever reads it meanwhile reads a whole one.
    let unfinished = folder.join(format!("seccomp.{:016x}", stdx::random::random_u64()?));
    fs::write(&unfinished, strict.to_string())?;
    fs::rename(&unfinished, &path)?;
    Ok(path)
}

/// Where a profile has none of the rules that this one knows, there is none.
fn stricter(mut profile: Value) -> Option<Value> {
    let rules = profile.get_mut("syscalls")?.as_array_mut()?;
    for rule in rules.iter_mut().filter(|rule| rule["action"] == "SCMP_ACT_ALLOW") {
        let names = rule.get_mut("names")?.as_array_mut()?;
        names.retain(|name| name.as_str().is_some_and(|name| !REFUSED.contains(&name)));
    }
    // What is refused in some words stays refused in ours.
    rules.retain(|rule| {
        let names = rule["names"].as_array();
        let ours = |name: &Value| ["clone3", "socket"].iter().any(|own| name == own);
        names.is_some_and(|names| !names.is_empty() && !names.iter().any(ours))
    });
    rules.extend(added());
    Some(profile)
}

fn added() -> Vec<Value> {
    let mut rules = vec![
        allow(
            "clone",
            &json!([{ "index": 0, "value": CLONE_NEWUSER, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ" }]),
        ),
        // Libraries fall back to clone, whose flags can be seen.
        json!({ "names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": ENOSYS }),
        allow("socket", &json!([equal(0, NETLINK), equal(2, ROUTE)])),
    ];
    rules.extend(FAMILIES.map(|family| allow("socket", &json!([equal(0, family)]))));
    rules
}

fn allow(name: &str, arguments: &Value) -> Value {
    json!({ "names": [name], "action": "SCMP_ACT_ALLOW", "args": arguments })
}

fn equal(index: u32, value: u64) -> Value {
    json!({ "index": index, "value": value, "valueTwo": 0, "op": "SCMP_CMP_EQ" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(profile: &Value, name: &str) -> usize {
        let rules = profile["syscalls"].as_array().unwrap().iter();
        let allowing = rules.filter(|rule| rule["action"] == "SCMP_ACT_ALLOW");
        allowing.filter(|rule| rule["names"].as_array().unwrap().iter().any(|n| n == name)).count()
    }

    #[test]
    fn namespaces_and_mounts_are_refused_and_files_are_not() {
        let profile = json!({ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
            { "names": ["read", "unshare", "mount", "clone", "clone3", "socket"], "action": "SCMP_ACT_ALLOW" },
            { "names": ["setns"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["CAP_SYS_ADMIN"] } },
            { "names": ["userfaultfd"], "action": "SCMP_ACT_ERRNO" },
        ]});
        let strict = stricter(profile).unwrap();
        assert_eq!(strict["defaultAction"], "SCMP_ACT_ERRNO");
        for name in ["unshare", "mount", "setns", "clone3", "userfaultfd"] {
            assert_eq!(allowed(&strict, name), 0, "{name}");
        }
        assert_eq!(
            (allowed(&strict, "read"), allowed(&strict, "clone"), allowed(&strict, "socket")),
            (1, 1, 4)
        );
        assert_eq!(stricter(json!({})), None);
    }
}
