//! That nothing of a repository runs, and that git is held to its limits.

use super::*;
use crate::forge::Forge;
use crate::sample::{Repo, git, local, merge, with_change};
use crate::trap::{booby_trap, filter_trap};
use crate::{Mirror, origin};

const BRANCH: &str = "whimbrel/x-00000000";

/// Objects borrowed from another repository make git ask for that one's refs, with a program.
fn borrow_objects(repo: &Repo) -> Repo {
    let other = Repo::new();
    let objects = format!("{}\n", other.path.join(".git/objects").display());
    repo.write(".git/objects/info/alternates", objects);
    other
}

#[tokio::test]
async fn nothing_of_the_user_s_repository_runs() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    repo.write(".gitattributes", "* diff=x merge=x\n");
    repo.commit("attributes");
    let _other = borrow_objects(&repo);
    let traps = tempfile::tempdir().unwrap();
    let canary = traps.path().join("canary");
    booby_trap(&repo, &canary);

    origin::resolve(repo.path.to_str().unwrap()).await.unwrap();
    origin::dirty(&repo.path).await.unwrap();
    assert!(!canary.exists(), "looking");
    let (mirror, base, change) = with_change(&repo, home.path()).await;
    assert!(!canary.exists(), "fetching");
    let forge = local(&mirror);
    forge.offer(BRANCH, &change.head).await.unwrap();
    forge.verify(BRANCH, &change.head).await.unwrap();
    assert!(!canary.exists(), "offering");
    forge.renew(BRANCH, &change.head, &base.commit).await.unwrap();
    forge.renew(BRANCH, &base.commit, &change.head).await.unwrap();
    assert!(!canary.exists(), "renewing");
    let prepared = forge.prepare_merge(&merge(&base, &change.head)).await.unwrap();
    // The base is checked out, so the work tree comes along.
    forge.publish_merge(&prepared).await.unwrap();
    assert!(!canary.exists(), "merging");
    forge.close(BRANCH, &change.head).await.unwrap();
    assert!(!canary.exists(), "closing");

    // And the traps were real: an ordinary command springs one.
    git(&repo.path, &["-c", "core.pager=cat", "diff", "--stat", "HEAD~1"]);
    git(&repo.path, &["update-index", "--refresh"]);
    assert!(canary.exists());
}

#[tokio::test]
async fn filters_of_the_user_s_repository_never_run() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    repo.write(".gitattributes", "* filter=x\n");
    repo.commit("attributes");
    let traps = tempfile::tempdir().unwrap();
    let canary = traps.path().join("canary");
    let script = booby_trap(&repo, &canary);
    filter_trap(&repo, &script);

    assert_eq!(origin::dirty(&repo.path).await.unwrap(), None);
    let (mirror, base, change) = with_change(&repo, home.path()).await;
    let prepared = local(&mirror).prepare_merge(&merge(&base, &change.head)).await.unwrap();
    let refused = local(&mirror).publish_merge(&prepared).await.unwrap_err();
    assert!(matches!(refused, Error::CheckedOut { .. }), "{refused}");
    assert!(!canary.exists());
}

#[tokio::test]
async fn the_other_object_format_works_from_end_to_end() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::init(&["--object-format=sha256"]));
    repo.git(&["switch", "--quiet", "-C", "main"]);
    repo.write("readme.txt", "one\ntwo\nthree\n");
    let first = repo.commit("first");
    assert_eq!(first.as_str().len(), 64);
    let (mirror, base, change) = with_change(&repo, home.path()).await;
    local(&mirror).offer(BRANCH, &change.head).await.unwrap();
    let prepared = local(&mirror).prepare_merge(&merge(&base, &change.head)).await.unwrap();
    local(&mirror).publish_merge(&prepared).await.unwrap();
    local(&mirror).close(BRANCH, &change.head).await.unwrap();
    assert_eq!(repo.rev("main"), prepared.commit);
}

#[tokio::test]
async fn time_and_output_have_an_end() {
    let repo = Repo::new();
    let endless = || Git::new("wait", &repo.path).args(["cat-file", "--batch"]);
    let (read_end, write_end) = nix::unistd::pipe().unwrap();
    let late = endless().stdin_fd(read_end).time(Duration::from_millis(100)).run().await;
    assert_eq!(late.unwrap_err().to_string(), "git took longer than 0 s to wait and was stopped");
    drop(write_end);

    let much = Git::new("show much", &repo.path).args(["version"]).bytes_max(5).run().await;
    assert_eq!(much.unwrap_err().to_string(), "git gave more than 5 bytes to show much");
}

#[tokio::test]
async fn git_s_own_words_are_in_the_error() {
    let repo = Repo::new();
    let error = Git::new("look", &repo.path).args(["cat-file", "-t", "none"]).run().await;
    let text = error.unwrap_err().to_string();
    assert_eq!(text, "git can't look: fatal: Not a valid object name none");
}

/// A mirror whose origin is spoken to over HTTP is written to by pushing.
#[tokio::test]
async fn an_http_origin_is_fetched_and_pushed_to() {
    let (home, repo) =
        (tempfile::tempdir().unwrap(), Repo::init(&["--bare", "--initial-branch=main"]));
    let seed = Repo::new();
    seed.git(&["push", "--quiet", repo.path.to_str().unwrap(), "main"]);
    repo.git(&["config", "http.receivepack", "true"]);
    let server = crate::sample::HttpServer::start(&repo.path);
    let origin = origin::resolve(&server.url).await.unwrap();
    let mirror = crate::sample::mirror(home.path(), origin).await;
    story(&mirror, &repo).await;
}

async fn story(mirror: &Mirror, repo: &Repo) {
    let base = mirror.fetch().await.unwrap().base(None).unwrap();
    let change = crate::sample::change(mirror, &base).await;
    let forge = local(mirror);
    forge.offer(BRANCH, &change.head).await.unwrap();
    forge.offer(BRANCH, &change.head).await.unwrap();
    forge.verify(BRANCH, &change.head).await.unwrap();
    for (from, to) in [(&change.head, &base.commit), (&base.commit, &change.head)] {
        forge.renew(BRANCH, from, to).await.unwrap();
        forge.renew(BRANCH, from, to).await.unwrap();
        assert_eq!(repo.rev(BRANCH), *to);
    }
    repo.git(&["update-ref", "-d", &format!("refs/heads/{BRANCH}")]);
    forge.renew(BRANCH, &base.commit, &change.head).await.unwrap();
    let prepared = forge.prepare_merge(&merge(&base, &change.head)).await.unwrap();
    forge.publish_merge(&prepared).await.unwrap();
    assert_eq!(repo.rev("main"), prepared.commit);
    forge.publish_merge(&prepared).await.unwrap();
    forge.close(BRANCH, &change.head).await.unwrap();
    assert!(!repo.git(&["for-each-ref"]).contains(BRANCH));
}

/// Mounting needs root; elsewhere this shows nothing.
#[tokio::test]
async fn a_full_disk_is_told_and_the_mirror_works_again_with_space() {
    use nix::mount::{MntFlags, MsFlags, mount, umount2};
    let repo = Repo::new();
    let noise: Vec<u8> =
        (0..4_000_000_u32).flat_map(|i| i.wrapping_mul(0x9e37_79b1).to_le_bytes()).collect();
    repo.write("big", &noise);
    repo.commit("big");
    let home = tempfile::tempdir().unwrap();
    let small = |size: &'static str, flags| {
        mount(Some("tmpfs"), home.path(), Some("tmpfs"), flags, Some(size))
    };
    small("size=1m", MsFlags::empty()).expect("mounting a full disk needs root: run it with sudo");
    let mirror = repo.mirror(home.path()).await;
    let full = mirror.fetch().await.unwrap_err();
    small("size=100m", MsFlags::MS_REMOUNT).unwrap();
    let heads = mirror.fetch().await;
    umount2(home.path(), MntFlags::MNT_DETACH).unwrap();
    assert!(matches!(full, Error::Full { .. }), "{full:?}");
    assert_eq!(heads.unwrap().head, Some(repo.rev("HEAD")));
}
