//! What the machine's own tools are: a setup on base `host` is only as good as the tools that it
//! was made with. Looks at names, sizes and times; runs nothing.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Programs whose version a setup's result depends on.
const PROGRAMS: [&str; 25] = [
    "bun", "cargo", "cc", "clang", "cmake", "composer", "deno", "g++", "gcc", "gem", "go",
    "gradle", "java", "make", "mvn", "node", "npm", "php", "pip3", "pnpm", "python3", "ruby",
    "rustc", "uv", "yarn",
];

/// What package managers write whenever they change anything.
const PACKAGE_DATABASES: [&str; 6] = [
    "/var/lib/dpkg/status",
    "/var/lib/rpm/rpmdb.sqlite",
    "/usr/lib/sysimage/rpm/rpmdb.sqlite",
    "/lib/apk/db/installed",
    "/var/lib/pacman/local",
    "/nix/var/nix/db/db.sqlite",
];

/// Each with a name for people, and a value that is another one when it changed.
pub fn fingerprint() -> BTreeMap<String, String> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let programs = PROGRAMS.iter().filter_map(|name| {
        let found = folders.iter().find_map(|folder| state(&folder.join(name)))?;
        Some((format!("the host's {name}"), found))
    });
    let databases = PACKAGE_DATABASES.iter().filter_map(|path| state(Path::new(path)));
    let packages = ("the host's packages".to_owned(), databases.collect::<Vec<_>>().join(" "));
    let release = ("the host's system".to_owned(), system());
    programs.chain([packages, release]).collect()
}

/// Where it really is, its size and its time.
fn state(path: &Path) -> Option<String> {
    let real = path.canonicalize().ok()?;
    let found = fs::metadata(&real).ok()?;
    Some(format!("{} {} {}", real.display(), found.len(), found.mtime()))
}

/// The name and version of the distribution.
fn system() -> String {
    let text = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let of = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key))?;
        Some(line.trim_matches('"').to_owned())
    };
    [of("ID="), of("VERSION_ID=")].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_machine_is_the_same() {
        let first = fingerprint();
        assert_eq!(first, fingerprint());
        assert!(first.contains_key("the host's packages") && first.len() > 2, "{first:?}");
    }
}
