//! Real git repositories for stories, made by the real git without anybody's configuration.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::world::must;

pub struct Repository {
    path: PathBuf,
}

impl Repository {
    pub fn init(path: &Path) -> Self {
        fs::create_dir_all(path).unwrap();
        let repository = Self { path: path.to_owned() };
        repository.git(&["init", "-q", "-b", "main"]);
        repository.git(&["config", "user.name", "Ada"]);
        repository.git(&["config", "user.email", "ada@example.org"]);
        repository
    }

    /// One that is there.
    pub fn open(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// A bare clone in a folder of that name beside this one.
    pub fn bare_clone(&self, name: &str) -> Self {
        let path = self.path.with_file_name(name);
        self.git(&["clone", "-q", "--bare", ".", path.to_str().unwrap()]);
        Self { path }
    }

    /// Puts a trap into every hook that git knows. Gives the file that a sprung one makes.
    pub fn trap_hooks(&self) -> PathBuf {
        let sprung = self.path.with_extension("sprung");
        let script = format!("#!/bin/sh\necho \"$0 $*\" >> '{}'\n", sprung.display());
        let hooks = self.path.join(".git/hooks");
        fs::create_dir_all(&hooks).unwrap();
        for name in HOOKS {
            fs::write(hooks.join(name), &script).unwrap();
            fs::set_permissions(hooks.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        sprung
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file, and the folders above it.
    pub fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.path.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub fn commit(&self, message: &str) -> &Self {
        self.git(&["add", "--all"]);
        self.git(&["commit", "-q", "-m", message]);
        self
    }

    /// What git prints.
    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = must(self.command().args(arguments));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    #[expect(clippy::disallowed_methods, reason = "stories make real repositories")]
    fn command(&self) -> Command {
        let mut command = Command::new("git");
        command
            // Its folder may be given to another user, who then runs whimbrel on it.
            .args(["-c", "safe.directory=*"])
            .current_dir(&self.path)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z")
            .env("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z");
        command
    }

    /// A file as it is at a commit or branch.
    #[track_caller]
    pub fn at(&self, revision: &str, path: &str) -> String {
        self.git(&["show", &format!("{revision}:{path}")])
    }

    pub fn whimbrel_branches(&self) -> Vec<String> {
        let format = "--format=%(refname:short)";
        let branches = self.git(&["for-each-ref", format, "refs/heads/whimbrel"]);
        branches.lines().map(str::to_owned).collect()
    }

    /// Everything in the folder but git's objects, reflogs and whimbrel's branches: what must be
    /// the same before and after.
    pub fn fingerprint(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.path, &mut files);
        files
    }
}

/// All hooks of githooks(5) that run on this side of a push, a merge or a checkout.
pub const HOOKS: [&str; 12] = [
    "post-checkout",
    "post-commit",
    "post-merge",
    "post-receive",
    "post-update",
    "pre-commit",
    "pre-push",
    "pre-receive",
    "proc-receive",
    "push-to-checkout",
    "reference-transaction",
    "update",
];

fn collect(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if is_ours_to_change(&path) {
            continue;
        }
        let kind = fs::symlink_metadata(&path).unwrap().file_type();
        if kind.is_dir() {
            files.insert(path.clone(), b"folder".to_vec());
            collect(&path, files);
        } else if kind.is_symlink() {
            let target = fs::read_link(&path).unwrap();
            files.insert(path, target.into_os_string().into_encoded_bytes());
        } else {
            files.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
}

fn is_ours_to_change(path: &Path) -> bool {
    [".git/objects", ".git/logs/refs/heads/whimbrel", ".git/refs/heads/whimbrel"]
        .iter()
        .any(|ours| path.ends_with(ours))
}
