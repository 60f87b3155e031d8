use expect_test::expect;

use super::*;
use crate::Forge;
use crate::sample::{Repo, local, merge, with_change};

/// Prepares a merge into the checked-out `main`, lets `meddle` at the work tree, and publishes.
async fn publish(repo: &Repo, meddle: impl FnOnce(&Repo)) -> Result<Commit, Error> {
    let home = tempfile::tempdir().unwrap();
    let (mirror, base, change) = with_change(repo, home.path()).await;
    let prepared = local(&mirror).prepare_merge(&merge(&base, &change.head)).await.unwrap();
    meddle(repo);
    let before = repo.state();
    let result = local(&mirror).publish_merge(&prepared).await;
    if result.is_err() {
        assert_eq!(repo.state(), before);
    }
    result.map(|()| prepared.commit)
}

async fn refusal(repo: &Repo, meddle: impl FnOnce(&Repo)) -> String {
    match publish(repo, meddle).await.unwrap_err() {
        Error::CheckedOut { why, .. } => why,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_clean_work_tree_comes_along() {
    let repo = Repo::new();
    let commit = publish(&repo, |_| ()).await.unwrap();
    assert_eq!(repo.rev("HEAD"), commit);
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    let text = std::fs::read_to_string(repo.path.join("readme.txt")).unwrap();
    assert_eq!(text, "one\ntwo\nthree\nfour\n");
    assert!(repo.git(&["reflog", "-1", "HEAD"]).contains("whimbrel"));
}

#[tokio::test]
async fn changes_to_other_files_stay() {
    let repo = Repo::new();
    repo.write("mine", "a");
    repo.commit("mine");
    publish(&repo, |repo| {
        repo.write("mine", "b");
        repo.write("staged", "c");
        repo.git(&["add", "staged"]);
    })
    .await
    .unwrap();
    assert_eq!(repo.git(&["status", "--porcelain"]), " M mine\nA  staged");
}

#[tokio::test]
async fn changes_in_the_way_are_kept_and_the_command_is_told() {
    let repo = Repo::new();
    let error = publish(&repo, |repo| repo.write("readme.txt", "mine\n")).await.unwrap_err();
    let Error::CheckedOut { why, command, .. } = error else { panic!("{error}") };
    expect![
        "uncommitted changes are in the way (error: Entry 'readme.txt' not uptodate. Cannot merge.)"
    ]
    .assert_eq(&why);
    assert!(
        command.starts_with("git -C '/") && command.contains("' merge --ff-only "),
        "{command}"
    );

    // After cleaning up, the command that was told works as it stands.
    repo.git(&["checkout", "--", "readme.txt"]);
    shell(&command);
    assert_eq!(repo.git(&["log", "-1", "--format=%s"]), "Merge the change");
}

#[expect(clippy::disallowed_methods, reason = "the test does what a person would")]
fn shell(command: &str) {
    let output = std::process::Command::new("sh").args(["-ec", command]).output().unwrap();
    assert!(output.status.success(), "{command}");
}

#[tokio::test]
async fn an_untracked_file_is_not_overwritten() {
    let repo = Repo::new();
    let why = refusal(&repo, |repo| repo.write("new dir/test é.py", "mine")).await;
    assert!(why.starts_with("uncommitted changes are in the way"), "{why}");
}

#[tokio::test]
async fn a_staged_change_is_not_overwritten() {
    let repo = Repo::new();
    let why = refusal(&repo, |repo| {
        repo.write("readme.txt", "mine\n");
        repo.git(&["add", "--all"]);
    });
    assert!(why.await.starts_with("uncommitted changes are in the way"));
}

#[tokio::test]
async fn filters_are_not_run_but_refused() {
    let configured = |repo: &Repo| {
        repo.git(&["config", "filter.x.smudge", "touch /nonexistent"]);
    };
    let why = refusal(&Repo::new(), configured).await;
    assert_eq!(why, "its configuration has filters, which whimbrel doesn't run");

    let repo = Repo::new();
    repo.write(".gitattributes", "*.txt filter=lfs\n");
    repo.commit("attributes");
    let why = refusal(&repo, |_| ()).await;
    assert_eq!(why, "a changed file goes through a filter (as with git-lfs)");
}

#[tokio::test]
async fn a_linked_work_tree_comes_along() {
    let repo = Repo::new();
    let folder = tempfile::tempdir().unwrap();
    let linked = folder.path().join("linked");
    let commit = publish(&repo, |repo| {
        repo.git(&["switch", "--quiet", "-c", "elsewhere"]);
        repo.git(&["worktree", "add", "--quiet", linked.to_str().unwrap(), "main"]);
    })
    .await
    .unwrap();
    assert_eq!(crate::sample::git(&linked, &["rev-parse", "HEAD"]), commit.as_str());
    assert_eq!(crate::sample::git(&linked, &["status", "--porcelain"]), "");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}
