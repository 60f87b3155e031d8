//! An attempt's change comes into a work tree, and uncommitted work into a task.

use std::fs;

use serde_json::json;

use crate::repository::Repository;
use crate::scripted::{Scripted, repair, shell};
use crate::watching::shown;

#[test]
fn a_change_comes_into_a_work_tree_of_its_own() {
    let world = Scripted::new(repair());
    let repository = world.buggy("double");
    let sprung = repository.trap_hooks();
    let ran = world.delegate(&repository, &[], "double is wrong").exits(0).object();
    let id = ran["attempts"][0]["id"].as_str().unwrap().to_owned();
    let head = repository.git(&["rev-parse", "HEAD"]);

    let ran = world.run(&["checkout", &id, "--json"]).exits(0).object();

    let folder = world.path().join(format!("double-{id}"));
    assert_eq!(ran["folder"], json!(folder));
    let tree = Repository::open(&folder);
    assert_eq!(tree.git(&["status", "--porcelain"]), "");
    assert_eq!(tree.git(&["rev-parse", "--abbrev-ref", "HEAD"]), format!("whimbrel/{id}"));
    assert!(fs::read_to_string(folder.join("double.py")).unwrap().contains("x * 2"));
    assert_eq!(repository.git(&["rev-parse", "HEAD"]), head);
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
    assert!(!sprung.exists(), "a hook ran");

    world.run(&["checkout", &id]).exits(1).says(folder.to_str().unwrap());
    let other = world.path().join("other");
    let again = world.run(&["checkout", &id, other.to_str().unwrap(), "--branch", "mine"]);
    again.exits(0).says("on branch mine");
}

#[test]
fn without_a_change_there_is_nothing_to_check_out() {
    let world = Scripted::new(vec![crate::scripted::finish("No", "No.")]);
    let repository = world.buggy("double");
    let ran = world.delegate(&repository, &[], "double is wrong").exits(3).object();
    world.run(&["checkout", ran["task"].as_str().unwrap()]).exits(1).says("no change");
}

/// Staged, unstaged and new files; what is ignored stays out.
#[test]
fn uncommitted_work_is_part_of_the_base() {
    let mut turns = repair();
    turns.insert(0, shell("cat double.py new.py staged.py ignored.py; git status --porcelain"));
    let world = Scripted::new(turns);
    let repository = world.buggy("double");
    repository.write(".gitignore", "ignored.py\n").commit("Ignore");
    repository.write("double.py", "# Mine.\ndef double(x):\n    return x + 2\n");
    repository.write("new.py", "NEW = 1\n").write("ignored.py", "SECRET = 1\n");
    repository.write("staged.py", "STAGED = 1\n").git(&["add", "staged.py"]);
    let before = (repository.fingerprint(), repository.git(&["status", "--porcelain"]));

    let ran = world.delegate(&repository, &["--with-changes"], "double is wrong").exits(0);

    let task = ran.object()["task"].as_str().unwrap().to_owned();
    assert_eq!(before.1, repository.git(&["status", "--porcelain"]));
    assert_eq!(before.0, repository.fingerprint());
    let requests = world.requests();
    for words in ["# Mine.", "NEW = 1", "STAGED = 1", "ignored.py: No such file"] {
        assert!(requests[1].mentions(words), "no {words}");
    }
    let diff = world.run(&["diff", &task]).exits(0).stdout;
    assert!(diff.contains("+    return x * 2") && !diff.contains("NEW"), "{diff}");
    let base = shown(&world, &task)["base"]["commit"].as_str().unwrap().to_owned();
    assert_ne!(base, repository.git(&["rev-parse", "HEAD"]));
}

#[test]
fn left_alone_uncommitted_work_is_mentioned() {
    let world = Scripted::new(repair());
    let repository = world.buggy("double");
    repository.write("new.py", "NEW = 1\n");
    let ran = world.delegate(&repository, &[], "double is wrong").exits(0);
    ran.says("--with-changes takes them along");
}
