use super::*;
use crate::sample::{Repo, mirror, take_in, workspace};

const BIG_FILE_BYTES: usize = 20 * 1024 * 1024;

async fn fetched(repo: &Repo) -> (tempfile::TempDir, Mirror, Heads) {
    let home = tempfile::tempdir().unwrap();
    let mirror = repo.mirror(home.path()).await;
    let heads = mirror.fetch().await.unwrap();
    (home, mirror, heads)
}

#[tokio::test]
async fn the_base_is_the_current_branch_or_the_named_one() {
    let repo = Repo::new();
    let first = repo.rev("HEAD");
    repo.git(&["switch", "--quiet", "-c", "feature/x"]);
    let second = repo.commit("second");
    let (_home, _mirror, heads) = fetched(&repo).await;
    let base = |branch: &str, commit| Base { branch: branch.into(), commit };
    assert_eq!(heads.base(None).unwrap(), base("feature/x", second));
    assert_eq!(heads.base(Some("main")).unwrap(), base("main", first));
    let unknown = heads.base(Some("none")).unwrap_err().to_string();
    assert!(unknown.ends_with("has no branch \"none\"; it has feature/x, main"), "{unknown}");
}

#[tokio::test]
async fn a_detached_head_is_the_branch_at_the_same_commit_or_none() {
    let repo = Repo::new();
    repo.git(&["branch", "a"]);
    repo.git(&["switch", "--quiet", "--detach"]);
    let (_home, _mirror, heads) = fetched(&repo).await;
    assert_eq!(heads.base(None).unwrap().branch, "main");

    repo.commit("on no branch");
    let (_home, mirror, heads) = fetched(&repo).await;
    assert!(matches!(heads.base(None), Err(Error::Detached { .. })));
    assert_eq!(heads.base(Some("a")).unwrap().branch, "a");
    // What is on no branch came along too.
    mirror.files(&repo.rev("HEAD"), 10).await.unwrap();
}

#[tokio::test]
async fn a_repository_without_commits_is_told() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::empty());
    let error = repo.mirror(home.path()).await.fetch().await.unwrap_err().to_string();
    assert!(error.ends_with("has no commit yet; commit something first"), "{error}");
}

#[tokio::test]
async fn a_repository_that_went_away_is_told() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    let mirror = repo.mirror(home.path()).await;
    std::fs::remove_dir_all(&repo.path).unwrap();
    let error = mirror.fetch().await.unwrap_err();
    assert!(matches!(error, Error::NotARepository { .. }), "{error:?}");
}

#[tokio::test]
async fn a_mirror_follows_its_origin() {
    let repo = Repo::new();
    repo.git(&["branch", "a"]);
    let (home, _mirror, _heads) = fetched(&repo).await;
    // Rewritten, removed, and a folder where a branch was.
    repo.git(&["branch", "--quiet", "-D", "a"]);
    repo.git(&["branch", "a/b"]);
    repo.git(&["commit", "--quiet", "--amend", "-m", "rewritten"]);

    let again = repo.mirror(home.path()).await;
    let heads = again.fetch().await.unwrap();
    assert_eq!(heads.branches.keys().collect::<Vec<_>>(), ["a/b", "main"]);
    let refs = crate::sample::git(again.dir(), &["for-each-ref", "--format=%(refname)"]);
    assert_eq!(refs, "refs/origin/HEAD\nrefs/origin/heads/a/b\nrefs/origin/heads/main");
}

#[tokio::test]
async fn four_may_fetch_at_once() {
    let repo = Repo::new();
    let (_home, mirror, _heads) = fetched(&repo).await;
    repo.commit("more");
    let fetch = || mirror.fetch();
    let (a, b, c, d) = tokio::join!(fetch(), fetch(), fetch(), fetch());
    for heads in [a, b, c, d] {
        assert_eq!(heads.unwrap().head, Some(repo.rev("HEAD")));
    }
}

#[tokio::test]
async fn a_pack_makes_the_whole_history_elsewhere() {
    let repo = Repo::new();
    repo.write("big", (0..BIG_FILE_BYTES).map(|i| ((i * i) >> 7) as u8).collect::<Vec<_>>());
    std::os::unix::fs::symlink("readme.txt", repo.path.join("link")).unwrap();
    let head = repo.commit("second");
    let (_home, mirror, _heads) = fetched(&repo).await;
    let agent = workspace(&mirror, &head).await;
    assert_eq!(agent.git(&["rev-list", "--count", "HEAD"]), "2");
    assert_eq!(agent.git(&["status", "--porcelain"]), "");
    agent.git(&["fsck", "--strict"]);
    assert_eq!(std::fs::metadata(agent.path.join("big")).unwrap().len(), BIG_FILE_BYTES as u64);
}

#[tokio::test]
async fn a_pack_of_an_unknown_commit_is_an_error_at_its_end() {
    let (_home, mirror, _heads) = fetched(&Repo::new()).await;
    let packing = mirror.pack_into_pipe(&"a".repeat(40).parse().unwrap()).await.unwrap();
    let (pipe, finish) = packing.split();
    drop(pipe);
    finish.finish().await.unwrap_err();
}

#[tokio::test]
async fn a_pack_since_a_commit_has_what_is_missing_and_no_more() {
    let repo = Repo::new();
    repo.write("big", (0..BIG_FILE_BYTES).map(|i| ((i * i) >> 7) as u8).collect::<Vec<_>>());
    let first = repo.commit("second");
    let (_home, mirror, _heads) = fetched(&repo).await;
    let inside = workspace(&mirror, &first).await;
    let (large, files) = packs(&inside);
    repo.write("small", "new");
    let second = repo.commit("third");
    mirror.fetch().await.unwrap();

    take_in(&inside, mirror.pack_since(&second, &first).await.unwrap()).await;

    let (grown, more) = packs(&inside);
    assert!(more == files + 1 && grown < large + 10_000, "{large} grew to {grown}");
    inside.git(&["reset", "--hard", "--quiet", second.as_str()]);
    inside.git(&["fsck", "--strict"]);
    // Back again nothing is missing, and what the mirror doesn't know is no reason to fail.
    take_in(&inside, mirror.pack_since(&first, &second).await.unwrap()).await;
    let unknown = "a".repeat(40).parse().unwrap();
    take_in(&inside, mirror.pack_since(&second, &unknown).await.unwrap()).await;
    assert!(packs(&inside).0 > large * 3 / 2);
}

/// How large they are together, and how many.
fn packs(repo: &Repo) -> (u64, usize) {
    let folder = std::fs::read_dir(repo.path.join(".git/objects/pack")).unwrap();
    let packs = folder.map(Result::unwrap).filter(|e| e.path().extension().unwrap() == "pack");
    let sizes: Vec<u64> = packs.map(|entry| entry.metadata().unwrap().len()).collect();
    (sizes.iter().sum(), sizes.len())
}

#[tokio::test]
async fn a_shallow_clone_is_taken_as_it_is() {
    let deep = Repo::new();
    deep.commit("second");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().canonicalize().unwrap().join("shallow");
    let url = format!("file://{}", deep.path.to_str().unwrap());
    deep.git(&["clone", "--quiet", "--depth=1", &url, path.to_str().unwrap()]);

    let home = tempfile::tempdir().unwrap();
    let mirror = mirror(home.path(), Origin::Path(path.to_str().unwrap().into())).await;
    let head = mirror.fetch().await.unwrap().base(None).unwrap().commit;
    let agent = workspace(&mirror, &head).await;
    assert_eq!(agent.git(&["rev-list", "--count", "HEAD"]), "1");
    agent.git(&["fsck", "--strict"]);
}

#[tokio::test]
async fn a_linked_work_tree_has_its_own_current_branch() {
    let (repo, folder) = (Repo::new(), tempfile::tempdir().unwrap());
    let linked = folder.path().canonicalize().unwrap().join("linked");
    repo.git(&["worktree", "add", "--quiet", "-b", "side", linked.to_str().unwrap()]);
    let home = tempfile::tempdir().unwrap();
    let mirror = mirror(home.path(), Origin::Path(linked.to_str().unwrap().into())).await;
    assert_eq!(mirror.fetch().await.unwrap().base(None).unwrap().branch, "side");
}

#[tokio::test]
async fn what_was_fetched_is_known_without_the_origin() {
    let repo = Repo::new();
    repo.git(&["branch", "a"]);
    let (home, mirror, heads) = fetched(&repo).await;
    let before = heads.base(None).unwrap();
    repo.commit("later");
    std::fs::remove_dir_all(&repo.path).unwrap();
    assert_eq!(mirror.fetched().await.unwrap().base(None).unwrap(), before);

    let mut project =
        Project { id: domain::ProjectId::from_random(99), origin: mirror.origin().clone() };
    assert!(Mirror::existing(home.path(), &project).is_none());
    let stem = mirror.dir().file_stem().unwrap().to_str().unwrap();
    project.id = stem.parse().unwrap();
    assert!(Mirror::existing(home.path(), &project).is_some());
}
