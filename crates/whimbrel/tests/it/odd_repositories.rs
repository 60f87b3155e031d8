//! Repositories as people have them: empty, dirty, oddly named, large, with submodules, with hooks
//! that would notice.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;

use crate::repository::{HOOKS, Repository};
use crate::world::World;

const CODE: &str = "def double(x):\n    return x + 2\n";
const TEST: &str = "from double import double\n\n\ndef test_four():\n    assert double(2) == 4\n\n\n\
    def test_ten():\n    assert double(5) == 10\n";

fn fill(repository: &Repository) -> &Repository {
    repository.write("double.py", CODE).write("test_double.py", TEST)
}

#[test]
fn a_folder_that_is_no_repository_is_an_error_that_says_so() {
    let world = World::new();
    fs::create_dir(world.path().join("plain")).unwrap();
    let ran = world.run(&["delegate", "--repo", "plain", "--wait", "do it"]);
    ran.exits(1).says("plain").says("git");
}

#[test]
fn a_repository_without_commits_asks_for_one() {
    let world = World::new();
    let repository = world.repository("empty");
    world.delegate(&repository, &[], "do it").exits(1).says("commit");
    repository.write("a.py", "x = 1\n");
    world.delegate(&repository, &[], "do it").exits(1).says("commit");
}

#[test]
fn a_repository_with_an_empty_commit_ends_without_a_change() {
    let world = World::new();
    let repository = world.repository("bare");
    repository.git(&["commit", "-q", "--allow-empty", "-m", "Start"]);
    let ran = world.delegate(&repository, &[], "do it").exits(3);
    assert_eq!(ran.object()["attempts"][0]["outcome"], "no_change", "{ran}");
}

#[test]
fn uncommitted_changes_are_left_alone_and_are_no_part_of_the_task() {
    let world = World::new();
    let repository = world.repository("dirty");
    fill(&repository).commit("Add double");
    repository.write("double.py", "def double(x):\n    return 'uncommitted'\n");
    repository.write("staged.txt", "staged").git(&["add", "staged.txt"]);
    repository.write("untracked.txt", "untracked");
    let before = repository.fingerprint();

    let ran = world.delegate(&repository, &[], "double is wrong").exits(0);

    assert_eq!(repository.fingerprint(), before);
    let branch = ran.object()["pull_request"]["branch"].as_str().unwrap().to_owned();
    let code = repository.at(&branch, "double.py");
    assert!(!code.contains("uncommitted"), "{code}");
    assert_eq!(repository.git(&["diff", "--name-only", "main", &branch]), "double.py");
}

#[test]
fn spaces_and_letters_of_all_kinds_are_fine_in_paths() {
    let world = World::new();
    let repository = world.repository("mein Projekt – 修復");
    fill(&repository).write("daten/größe 1.txt", "x\n").write("データ/ファイル.txt", "y\n");
    let odd = std::ffi::OsStr::from_bytes(b"latin-\xe9.txt");
    fs::write(repository.path().join(odd), "z\n").unwrap();
    repository.commit("Add double");
    let ran = world.delegate(&repository, &[], "double is wrong").exits(0);
    let branch = ran.object()["pull_request"]["branch"].as_str().unwrap().to_owned();
    assert_eq!(repository.git(&["diff", "--name-only", "main", &branch]), "double.py");
}

#[test]
fn a_large_file_goes_in_and_stays_as_it_is() {
    const BYTES: u64 = 500 * 1024 * 1024;
    let world = World::new();
    let repository = world.repository("large");
    let large = fs::File::create(repository.path().join("large.bin")).unwrap();
    large.set_len(BYTES).unwrap();
    fill(&repository).commit("Add double");
    let ran = world.delegate(&repository, &[], "double is wrong").exits(0);
    let branch = ran.object()["pull_request"]["branch"].as_str().unwrap().to_owned();
    let size = repository.git(&["cat-file", "-s", &format!("{branch}:large.bin")]);
    assert_eq!(size, BYTES.to_string());
}

#[test]
fn a_submodule_is_left_as_it_is() {
    let world = World::new();
    let library = world.repository("library");
    library.write("lib.txt", "library\n").commit("Add a library");
    let repository = world.repository("with-submodule");
    let url = library.path().to_str().unwrap();
    let add = ["-c", "protocol.file.allow=always", "submodule", "add", "-q", url, "vendored"];
    repository.git(&add);
    fill(&repository).commit("Add double");
    let pinned = repository.git(&["rev-parse", "HEAD:vendored"]);

    let ran = world.delegate(&repository, &[], "double is wrong").exits(0);

    let branch = ran.object()["pull_request"]["branch"].as_str().unwrap().to_owned();
    assert_eq!(repository.git(&["rev-parse", &format!("{branch}:vendored")]), pinned);
    assert_eq!(repository.git(&["diff", "--name-only", "main", &branch]), "double.py");
}

/// Every hook there is and the settings that run programs: none may run because of us, from the
/// delegation to the merge.
#[test]
fn neither_hooks_nor_settings_of_the_repository_run() {
    let world = World::new();
    let repository = world.repository("trapped");
    fill(&repository).write(".gitattributes", "*.py filter=trap diff=trap\n").commit("Add double");
    let sprung = world.path().join("sprung");
    let trap = world.path().join("trap");
    let script = format!("#!/bin/sh\necho \"$0 $*\" >> '{}'\ncat\n", sprung.display());
    fs::write(&trap, script).unwrap();
    fs::set_permissions(&trap, fs::Permissions::from_mode(0o755)).unwrap();
    for hook in HOOKS {
        let path = repository.path().join(".git/hooks").join(hook);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(&trap, path).unwrap();
    }
    for setting in SETTINGS {
        repository.git(&["config", setting, trap.to_str().unwrap()]);
    }
    let _ = fs::remove_file(&sprung);

    let ran = world.delegate(&repository, &[], "double is wrong").exits(0);
    let task = ran.object()["task"].as_str().unwrap().to_owned();
    for arguments in [["pr", "diff", &task], ["pr", "show", &task], ["pr", "close", &task]] {
        world.run(&arguments).exits(0);
    }

    assert_eq!(fs::read_to_string(&sprung).unwrap_or_default(), "", "a trap was sprung");
}

const SETTINGS: [&str; 11] = [
    "core.fsmonitor",
    "core.sshCommand",
    "core.pager",
    "core.askPass",
    "diff.external",
    "diff.trap.textconv",
    "filter.trap.clean",
    "filter.trap.smudge",
    "gpg.program",
    "credential.helper",
    "uploadpack.packObjectsHook",
];
