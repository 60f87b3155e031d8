use std::process::Stdio;

use domain::change::Kind;

use super::*;
use crate::sample::{Repo, attempt, git_bytes, with_change, workspace};

/// What refuses a bundle that an agent makes with `meddle` and a commit.
async fn refusal(meddle: impl FnOnce(&Repo)) -> String {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    let mirror = repo.mirror(home.path()).await;
    let base = mirror.fetch().await.unwrap().base(None).unwrap().commit;
    let agent = workspace(&mirror, &base).await;
    meddle(&agent);
    refuse(&mirror, &base, &agent.bundle(&base)).await
}

async fn refuse(mirror: &Mirror, base: &Commit, bundle: &[u8]) -> String {
    let error = mirror.import_bytes(&attempt(), base, bundle).await.unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error:?}");
    assert_eq!(mirror.imported(&attempt()).await.unwrap(), None);
    let left = std::fs::read_dir(mirror.dir()).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> =
        left.filter(|name| name.to_string_lossy().starts_with("quarantine")).collect();
    assert!(left.is_empty(), "{left:?}");
    error.to_string()
}

/// Commits a tree that no checkout would make.
fn commit_tree(agent: &Repo, listing: &str) {
    std::fs::write(agent.path.join("listing"), listing).unwrap();
    let stdin = std::fs::File::open(agent.path.join("listing")).unwrap();
    let tree = git_bytes(&agent.path, &["mktree", "--missing"], Stdio::from(stdin));
    let tree = String::from_utf8(tree).unwrap();
    let commit = agent.git(&["commit-tree", tree.trim(), "-p", "HEAD", "-m", "evil"]);
    agent.git(&["reset", "--quiet", "--soft", &commit]);
}

#[tokio::test]
async fn an_honest_change_is_kept_and_told() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    let (mirror, base, change) = with_change(&repo, home.path()).await;
    assert_eq!(change.base, base.commit);
    assert_eq!(change.commits, ["Add four"]);
    let files: Vec<_> = change.files.iter().map(|file| (file.path.as_str(), file.kind)).collect();
    assert_eq!(files, [("new dir/test é.py", Kind::Added), ("readme.txt", Kind::Modified)]);
    assert_eq!(mirror.imported(&attempt()).await.unwrap(), Some(change.head.clone()));
    let text = mirror.blob(&change.head, Path::new("readme.txt"), 100).await.unwrap().unwrap();
    assert_eq!(text, b"one\ntwo\nthree\nfour\n");
    crate::sample::git(mirror.dir(), &["fsck", "--strict"]);
}

#[tokio::test]
async fn the_same_change_again_is_the_same() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    let (mirror, base, change) = with_change(&repo, home.path()).await;
    let (_mirror, _base, again) = with_change(&repo, home.path()).await;
    assert_eq!(again, change);
    assert_eq!(mirror.imported(&attempt()).await.unwrap(), Some(change.head));
    assert_eq!(mirror.fetch().await.unwrap().base(None).unwrap(), base);
}

#[tokio::test]
async fn a_merge_that_the_agent_made_comes_along() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    let old = repo.rev("HEAD");
    repo.commit("second");
    let mirror = repo.mirror(home.path()).await;
    let base = mirror.fetch().await.unwrap().base(None).unwrap().commit;
    let agent = workspace(&mirror, &base).await;
    agent.git(&["switch", "--quiet", "-c", "side", old.as_str()]);
    agent.write("side", "x");
    agent.commit("side");
    agent.git(&["switch", "--quiet", "main"]);
    agent.git(&["merge", "--quiet", "--no-ff", "-m", "merge", "side"]);
    let bundle = agent.bundle(&base);
    let change = mirror.import_bytes(&attempt(), &base, &bundle).await.unwrap();
    assert_eq!(change.commits, ["side", "merge"]);
}

#[tokio::test]
async fn trees_that_would_become_a_repository_are_refused() {
    for name in [".git", ".GIT", ".git ", "git~1", ".g\u{200c}it"] {
        let why = refusal(|agent| {
            let blob = agent.git(&["hash-object", "-w", "readme.txt"]);
            commit_tree(agent, &format!("100644 blob {blob}\t{name}\n"));
        })
        .await;
        assert!(why.contains("hasDotgit"), "{name}: {why}");
    }
    let why = refusal(|agent| {
        let blob = agent.git(&["hash-object", "-w", "readme.txt"]);
        commit_tree(agent, &format!("100644 blob {blob}\t..\n"));
    });
    assert!(why.await.contains("hasDotdot"));
}

#[tokio::test]
async fn submodules_with_options_for_urls_are_refused() {
    let why = refusal(|agent| {
        agent.write(".gitmodules", "[submodule \"x\"]\n path = x\n url = -u./payload\n");
        agent.commit("evil");
    });
    assert!(why.await.contains("gitmodulesUrl"));
    let why = refusal(|agent| {
        let blob = agent.git(&["hash-object", "-w", "readme.txt"]);
        commit_tree(agent, &format!("120000 blob {blob}\t.gitmodules\n"));
    });
    assert!(why.await.contains("gitmodulesSymlink"));
}

/// A bundle by hand: git itself makes none that lacks something.
fn bundle_of(agent: &Repo, base: &Commit, objects: &[String]) -> Vec<u8> {
    std::fs::write(agent.path.join("objects"), objects.join("\n")).unwrap();
    let stdin = std::fs::File::open(agent.path.join("objects")).unwrap();
    let pack = git_bytes(&agent.path, &["pack-objects", "--stdout", "-q"], Stdio::from(stdin));
    let head = agent.rev("HEAD");
    [format!("# v2 git bundle\n-{base} \n{head} HEAD\n\n").as_bytes(), &pack].concat()
}

#[tokio::test]
async fn missing_objects_are_refused() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    let mirror = repo.mirror(home.path()).await;
    let base = mirror.fetch().await.unwrap().base(None).unwrap().commit;
    let agent = workspace(&mirror, &base).await;
    commit_tree(&agent, &format!("100644 blob {}\tx\n", "b".repeat(40)));
    let objects = ["HEAD", "HEAD^{tree}"].map(|name| agent.rev(name).to_string());

    let no_blob = bundle_of(&agent, &base, &objects);
    refuse(&mirror, &base, &no_blob).await;
    let no_tree = bundle_of(&agent, &base, &objects[..1]);
    refuse(&mirror, &base, &no_tree).await;
    // A head that isn't in the pack.
    let no_commit = bundle_of(&agent, &base, &[agent.rev("HEAD~1:readme.txt").to_string()]);
    let why = refuse(&mirror, &base, &no_commit).await;
    assert!(why.contains("isn't a commit that is known here"), "{why}");
}

#[tokio::test]
async fn a_change_of_something_else_is_refused() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    let mirror = repo.mirror(home.path()).await;
    let old = mirror.fetch().await.unwrap().base(None).unwrap().commit;
    let agent = workspace(&mirror, &old).await;
    agent.commit("from an old base");
    let bundle = agent.bundle(&old);
    let newer = repo.commit("newer");
    mirror.fetch().await.unwrap();
    let why = refuse(&mirror, &newer, &bundle).await;
    assert!(why.contains("doesn't come after the base"), "{why}");
}

#[tokio::test]
async fn garbage_is_refused() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    let mirror = repo.mirror(home.path()).await;
    let base = mirror.fetch().await.unwrap().base(None).unwrap().commit;
    let agent = workspace(&mirror, &base).await;
    agent.commit("honest");
    let honest = agent.bundle(&base);
    let header = honest.windows(4).position(|four| four == b"PACK").unwrap();

    refuse(&mirror, &base, b"").await;
    refuse(&mirror, &base, &honest[..honest.len() / 2]).await;
    refuse(&mirror, &base, &honest[..header + 12]).await;
    let mut crowd = honest.clone();
    crowd[header + 8..header + 12].copy_from_slice(&u32::MAX.to_be_bytes());
    let why = refuse(&mirror, &base, &crowd).await;
    assert!(why.contains("4294967295 objects"), "{why}");
    mirror.import_bytes(&attempt(), &base, &honest).await.unwrap();
}

#[tokio::test]
async fn a_home_with_colons_and_quotes_is_no_obstacle() {
    let (folder, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    let home = folder.path().join("a:b \"c\" \\ d");
    let (mirror, _base, change) = with_change(&repo, &home).await;
    assert_eq!(mirror.imported(&attempt()).await.unwrap(), Some(change.head));
}

#[tokio::test]
async fn what_a_killed_import_left_is_swept_and_a_living_one_is_not() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    let mirror = repo.mirror(home.path()).await;
    let living = Quarantine::new(&mirror).await.unwrap();
    let left = mirror.dir().join("quarantine-left");
    std::fs::create_dir(&left).unwrap();
    std::fs::write(left.join("pack"), "x").unwrap();
    let other = Quarantine::new(&mirror).await.unwrap();
    assert!(!left.exists());
    assert!(living.path().exists() && other.path().exists());
}

#[tokio::test]
async fn a_change_is_in_the_origin_when_a_branch_there_has_it_and_may_be_forgotten() {
    use crate::Forge;
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    let (mirror, base, change) = with_change(&repo, home.path()).await;
    assert!(mirror.is_in_origin(&base.commit).await.unwrap());
    assert!(!mirror.is_in_origin(&change.head).await.unwrap());
    assert!(!mirror.is_in_origin(&"a".repeat(40).parse().unwrap()).await.unwrap());

    crate::sample::local(&mirror).offer("offered", &change.head).await.unwrap();
    repo.git(&["switch", "--quiet", "offered"]);
    repo.commit("on top");
    mirror.fetch().await.unwrap();
    assert!(mirror.is_in_origin(&change.head).await.unwrap());
    repo.git(&["switch", "--quiet", "main"]);
    repo.git(&["branch", "--quiet", "-D", "offered"]);
    mirror.fetch().await.unwrap();
    assert!(!mirror.is_in_origin(&change.head).await.unwrap());

    for _twice in 0..2 {
        mirror.forget(&attempt()).await.unwrap();
        assert_eq!(mirror.imported(&attempt()).await.unwrap(), None);
    }
}
