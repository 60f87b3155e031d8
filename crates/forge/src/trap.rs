//! Repositories that would run a program at every chance, for tests that show that none does.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::sample::Repo;

const HOOKS: [&str; 20] = [
    "applypatch-msg",
    "commit-msg",
    "fsmonitor-watchman",
    "post-applypatch",
    "post-checkout",
    "post-commit",
    "post-index-change",
    "post-merge",
    "post-receive",
    "post-rewrite",
    "post-update",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "pre-push",
    "pre-rebase",
    "pre-receive",
    "proc-receive",
    "reference-transaction",
    "update",
];

/// Settings whose value is a program.
const PROGRAMS: [&str; 29] = [
    "core.alternateRefsCommand",
    "core.askPass",
    "core.editor",
    "core.fsmonitor",
    "core.gitProxy",
    "core.pager",
    "core.sshCommand",
    "credential.helper",
    "diff.external",
    "diff.x.command",
    "diff.x.textconv",
    "gc.recentObjectsHook",
    "gpg.program",
    "gpg.ssh.program",
    "interactive.diffFilter",
    "merge.x.driver",
    "mergetool.x.cmd",
    "pager.status",
    "remote.origin.receivepack",
    "remote.origin.uploadpack",
    "sequence.editor",
    "submodule.x.update",
    "trailer.x.command",
    "uploadpack.packObjectsHook",
    "alias.status",
    "alias.rev-parse",
    "alias.upload-pack",
    "browser.x.cmd",
    "sendemail.sendmailCmd",
];

/// A repository that runs `canary` at every chance that git gives it.
pub(crate) fn booby_trap(repo: &Repo, canary: &Path) -> PathBuf {
    let script = canary.with_file_name("script");
    let text = format!("#!/bin/sh\ntouch '{}'\ncat\n", canary.display());
    std::fs::write(&script, text).unwrap();
    executable(&script);
    let hooks = canary.with_file_name("hooks");
    std::fs::create_dir(&hooks).unwrap();
    for folder in [&hooks, &repo.path.join(".git/hooks")] {
        std::fs::create_dir_all(folder).unwrap();
        for hook in HOOKS {
            std::fs::copy(&script, folder.join(hook)).unwrap();
        }
    }
    configure(repo, &script, &hooks);
    script
}

fn executable(path: &Path) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Written into the file, so that setting one doesn't already run another.
fn configure(repo: &Repo, script: &Path, hooks: &Path) {
    let quoted = |path: &Path| format!("\"{}\"", path.display());
    let mut config = std::fs::read_to_string(repo.path.join(".git/config")).unwrap();
    for name in PROGRAMS {
        let (section, key) = name.rsplit_once('.').unwrap();
        let header = match section.split_once('.') {
            Some((section, sub)) => format!("[{section} \"{sub}\"]"),
            None => format!("[{section}]"),
        };
        let shell = if section == "alias" || section == "credential" { "!" } else { "" };
        config += &format!("{header}\n\t{key} = \"{shell}{}\"\n", script.display());
    }
    config += &format!("[core]\n\thooksPath = {}\n", quoted(hooks));
    let included = hooks.with_file_name("included");
    let text =
        format!("[core]\n\tfsmonitor = {0}\n\thooksPath = {1}\n", quoted(script), quoted(hooks));
    std::fs::write(&included, text).unwrap();
    for condition in ["gitdir:/", "onbranch:**"] {
        config += &format!("[includeIf \"{condition}\"]\n\tpath = {}\n", quoted(&included));
    }
    config += "[gc]\n\tauto = 1\n\tautoDetach = false\n[commit]\n\tgpgSign = true\n";
    config += "[protocol \"ext\"]\n\tallow = always\n[submodule]\n\trecurse = true\n";
    config += &format!("[url \"ext::{}\"]\n\tinsteadOf = /\n", script.display());
    config += "[remote \"origin\"]\n\tpromisor = true\n\tpartialCloneFilter = blob:none\n";
    config += &format!("\turl = ext::{}\n", script.display());
    std::fs::write(repo.path.join(".git/config"), config).unwrap();
}

/// And each file that has `filter=x`.
pub(crate) fn filter_trap(repo: &Repo, script: &Path) {
    let mut config = std::fs::read_to_string(repo.path.join(".git/config")).unwrap();
    for key in ["clean", "smudge", "process"] {
        config += &format!("[filter \"x\"]\n\t{key} = \"{}\"\n", script.display());
    }
    config += "[filter \"x\"]\n\trequired = true\n";
    std::fs::write(repo.path.join(".git/config"), config).unwrap();
}
