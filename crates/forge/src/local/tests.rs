use super::*;
use crate::sample::{Repo, local, merge, with_change};

const BRANCH: &str = "whimbrel/add-four-00000000";

#[tokio::test]
async fn a_branch_is_offered_and_nothing_else_changes() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    repo.write("readme.txt", "not committed\n");
    repo.write("untracked", "");
    let before = repo.state();
    let (mirror, _base, change) = with_change(&repo, home.path()).await;
    let forge = local(&mirror);

    forge.verify(BRANCH, &change.head).await.unwrap_err();
    forge.offer(BRANCH, &change.head).await.unwrap();
    forge.offer(BRANCH, &change.head).await.unwrap();
    forge.verify(BRANCH, &change.head).await.unwrap();
    assert_eq!(repo.git(&["show", "-s", "--format=%s", BRANCH]), "Add four");
    repo.git(&["fsck", "--strict"]);

    forge.close(BRANCH, &change.head).await.unwrap();
    forge.close(BRANCH, &change.head).await.unwrap();
    assert_eq!(repo.state(), before);
    assert!(!repo.path.join(".git/FETCH_HEAD").exists());
}

#[tokio::test]
async fn a_branch_that_is_elsewhere_is_left_alone() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    let (mirror, _base, change) = with_change(&repo, home.path()).await;
    let forge = local(&mirror);
    repo.git(&["branch", BRANCH]);
    let taken = forge.offer(BRANCH, &change.head).await.unwrap_err();
    assert!(matches!(taken, Error::BranchTaken { .. }), "{taken}");
    let moved = forge.close(BRANCH, &change.head).await.unwrap_err();
    assert!(matches!(moved, Error::BranchMoved { .. }), "{moved}");
    assert_eq!(repo.rev(BRANCH), repo.rev("main"));
}

#[tokio::test]
async fn a_branch_that_is_checked_out_is_not_closed() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    let (mirror, _base, change) = with_change(&repo, home.path()).await;
    local(&mirror).offer(BRANCH, &change.head).await.unwrap();
    repo.git(&["switch", "--quiet", BRANCH]);
    let refused = local(&mirror).close(BRANCH, &change.head).await.unwrap_err();
    assert!(matches!(refused, Error::CheckedOut { .. }), "{refused}");
}

#[tokio::test]
async fn a_merge_into_a_branch_that_nobody_has_checked_out() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    let (mirror, base, change) = with_change(&repo, home.path()).await;
    repo.git(&["switch", "--quiet", "-c", "elsewhere"]);
    let prepared = local(&mirror).prepare_merge(&merge(&base, &change.head)).await.unwrap();
    assert!(!prepared.moved);
    assert_eq!(repo.rev("main"), base.commit);

    local(&mirror).publish_merge(&prepared).await.unwrap();
    local(&mirror).publish_merge(&prepared).await.unwrap();
    assert_eq!(repo.rev("main"), prepared.commit);
    assert_eq!(repo.rev("main^1"), base.commit);
    assert_eq!(repo.rev("main^2"), change.head);
    let format = "--format=%an <%ae> %at|%cn|%s";
    assert_eq!(
        repo.git(&["show", "-s", format, "main"]),
        "Grace <grace@example.com> 5000|Grace|Merge the change"
    );
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    repo.git(&["fsck", "--strict"]);
}

#[tokio::test]
async fn a_merge_into_a_bare_repository() {
    let (home, seed) = (tempfile::tempdir().unwrap(), Repo::new());
    let bare = Repo::init(&["--bare", "--initial-branch=main"]);
    seed.git(&["push", "--quiet", bare.path.to_str().unwrap(), "main"]);
    let (mirror, base, change) = with_change(&bare, home.path()).await;
    local(&mirror).offer(BRANCH, &change.head).await.unwrap();
    let prepared = local(&mirror).prepare_merge(&merge(&base, &change.head)).await.unwrap();
    local(&mirror).publish_merge(&prepared).await.unwrap();
    assert_eq!(bare.rev("main"), prepared.commit);
}

#[tokio::test]
async fn a_base_that_moved_before_is_merged_with_and_said() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    let (mirror, base, change) = with_change(&repo, home.path()).await;
    repo.write("other", "x");
    let tip = repo.commit("meanwhile");
    let prepared = local(&mirror).prepare_merge(&merge(&base, &change.head)).await.unwrap();
    assert_eq!((prepared.moved, &prepared.base_tip), (true, &tip));
}

#[tokio::test]
async fn a_base_that_moves_after_the_preparation_stops_the_publication() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    let (mirror, base, change) = with_change(&repo, home.path()).await;
    let prepared = local(&mirror).prepare_merge(&merge(&base, &change.head)).await.unwrap();
    let tip = repo.commit("meanwhile");
    let error = local(&mirror).publish_merge(&prepared).await.unwrap_err();
    assert!(matches!(error, Error::BaseMoved { .. }), "{error}");
    assert_eq!(repo.rev("main"), tip);
}

#[tokio::test]
async fn a_conflict_names_its_files() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    let (mirror, base, change) = with_change(&repo, home.path()).await;
    repo.write("readme.txt", "one\ntwo\nthree\nfive\n");
    repo.commit("meanwhile");
    let error = local(&mirror).prepare_merge(&merge(&base, &change.head)).await.unwrap_err();
    assert_eq!(error.to_string(), "it conflicts with main in readme.txt");
}

#[tokio::test]
async fn what_was_merged_by_hand_is_merged() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    let (mirror, base, change) = with_change(&repo, home.path()).await;
    local(&mirror).offer(BRANCH, &change.head).await.unwrap();
    repo.git(&["merge", "--quiet", "--ff-only", BRANCH]);
    let prepared = local(&mirror).prepare_merge(&merge(&base, &change.head)).await.unwrap();
    assert_eq!(prepared.commit, change.head);
    local(&mirror).publish_merge(&prepared).await.unwrap();
}

/// A change whose branch is offered, and the next one, which isn't its descendant.
async fn renewable(repo: &Repo, home: &Path) -> (Local, Commit, Commit) {
    let (mirror, base, change) = with_change(repo, home).await;
    let agent = crate::sample::workspace(&mirror, &base.commit).await;
    agent.write("readme.txt", "one\ntwo\nthree\nvier\n");
    agent.commit("Add vier");
    let bundle = agent.bundle(&base.commit);
    let attempt = domain::AttemptId::new(&domain::TaskId::from_random(1), 2);
    let next = mirror.import_bytes(&attempt, &base.commit, &bundle).await.unwrap();
    local(&mirror).offer(BRANCH, &change.head).await.unwrap();
    (local(&mirror), change.head, next.head)
}

#[tokio::test]
async fn a_renewed_branch_takes_its_work_tree_along() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    let (forge, from, to) = renewable(&repo, home.path()).await;
    repo.git(&["switch", "--quiet", BRANCH]);
    repo.write("mine", "stays");
    forge.renew(BRANCH, &from, &to).await.unwrap();
    assert_eq!(repo.rev("HEAD"), to);
    assert_eq!(repo.git(&["status", "--porcelain"]), "?? mine");

    repo.write("readme.txt", "in the way");
    let before = repo.state();
    let refused = forge.renew(BRANCH, &to, &from).await.unwrap_err();
    let Error::CheckedOut { command, .. } = refused else { panic!("{refused}") };
    assert!(command.ends_with(&format!("' reset --keep {from}")), "{command}");
    assert_eq!(repo.state(), before);
}

#[tokio::test]
async fn a_branch_that_a_person_pushed_to_is_not_renewed() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    let (forge, from, to) = renewable(&repo, home.path()).await;
    repo.git(&["switch", "--quiet", BRANCH]);
    let theirs = repo.commit("a person's");
    let moved = forge.renew(BRANCH, &from, &to).await.unwrap_err();
    let expected = format!(
        "the branch {BRANCH} isn't at {from}, where whimbrel left it, but at {theirs}; whimbrel \
         leaves it alone: move it back there and run again, or go on with it by hand"
    );
    assert_eq!(moved.to_string(), expected);
    assert_eq!(repo.rev(BRANCH), theirs);
}
