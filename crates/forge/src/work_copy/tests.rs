use std::os::unix::fs::symlink;

use super::*;
use crate::Forge;
use crate::sample::{HttpServer, Repo, attempt, git, local, mirror, with_change, workspace};
use crate::trap::{booby_trap, filter_trap};

const BRANCH: &str = "whimbrel/add-four-00000000";

/// A repository, and a change of it that an agent makes with `meddle`.
struct Scene {
    home: tempfile::TempDir,
    folder: tempfile::TempDir,
    forge: Local,
    head: Commit,
}

impl Scene {
    async fn new(repo: &Repo, meddle: impl FnOnce(&Repo)) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mirror = repo.mirror(home.path()).await;
        let base = mirror.fetch().await.unwrap().base(None).unwrap();
        let agent = workspace(&mirror, &base.commit).await;
        meddle(&agent);
        agent.commit("Add four");
        let bundle = agent.bundle(&base.commit);
        let change = mirror.import_bytes(&attempt(), &base.commit, &bundle).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        Self { home, folder, forge: local(&mirror), head: change.head }
    }

    fn dir(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("-a dir é")
    }

    async fn checkout(&self) -> Result<Checkout, Error> {
        self.forge.checkout(&self.head, BRANCH, &self.dir()).await
    }
}

fn four(agent: &Repo) {
    agent.write("readme.txt", "one\ntwo\nthree\nfour\n");
    agent.write("-x/new\nline", "x");
    symlink("/etc", agent.path.join("link")).unwrap();
    symlink("readme.txt", agent.path.join("inside")).unwrap();
}

/// That `dir` has the change on its branch, and nothing to say about it.
fn check_clean(dir: &Path, head: &Commit) {
    assert_eq!(git(dir, &["status", "--porcelain"]), "");
    assert_eq!(git(dir, &["rev-parse", "HEAD"]), head.as_str());
    assert_eq!(git(dir, &["symbolic-ref", "--short", "HEAD"]), BRANCH);
    git(dir, &["fsck", "--strict"]);
}

/// A bare repository with the sample's commit.
fn bare() -> Repo {
    let (seed, bare) = (Repo::new(), Repo::init(&["--bare", "--initial-branch=main"]));
    seed.git(&["push", "--quiet", bare.path.to_str().unwrap(), "main"]);
    bare
}

#[tokio::test]
async fn a_change_is_checked_out_into_a_linked_work_tree() {
    let repo = Repo::new();
    repo.write("readme.txt", "not committed\n");
    let status = repo.git(&["status", "--porcelain=v2", "--branch"]);
    let scene = Scene::new(&repo, four).await;
    let checkout = scene.checkout().await.unwrap();
    let expected = Checkout { dir: scene.dir(), branch: BRANCH.into(), notes: vec![] };
    assert_eq!(checkout, expected);
    check_clean(&scene.dir(), &scene.head);
    let read = |name: &str| std::fs::read_to_string(scene.dir().join(name)).unwrap();
    assert_eq!(
        (read("inside").as_str(), read("-x/new\nline").as_str()),
        ("one\ntwo\nthree\nfour\n", "x")
    );
    assert_eq!(std::fs::read_link(scene.dir().join("link")).unwrap(), Path::new("/etc"));
    assert_eq!(repo.git(&["status", "--porcelain=v2", "--branch"]), status);

    // It is the user's own work tree: they can go on in it.
    std::fs::write(scene.dir().join("more"), "x").unwrap();
    git(&scene.dir(), &["add", "more"]);
    git(&scene.dir(), &["commit", "--quiet", "-m", "more"]);
    assert_eq!(repo.rev(&format!("{BRANCH}~1")), scene.head);
}

#[tokio::test]
async fn a_folder_is_used_once_and_a_branch_too() {
    let repo = Repo::new();
    let scene = Scene::new(&repo, four).await;
    std::fs::create_dir(scene.dir()).unwrap();
    scene.checkout().await.unwrap();
    let again = scene.checkout().await.unwrap_err();
    assert!(matches!(again, Error::Occupied { .. }), "{again}");
    let other = scene.folder.path().join("deep/er");
    let taken = scene.forge.checkout(&scene.head, BRANCH, &other).await.unwrap_err();
    assert!(matches!(&taken, Error::CheckedOut { path, .. } if *path == scene.dir()), "{taken}");
    assert!(!other.exists());
    // Removed by hand, it can be made again; there or elsewhere.
    std::fs::remove_dir_all(scene.dir()).unwrap();
    scene.checkout().await.unwrap();
    std::fs::remove_dir_all(scene.dir()).unwrap();
    scene.forge.checkout(&scene.head, BRANCH, &other).await.unwrap();
    check_clean(&other, &scene.head);
}

#[tokio::test]
async fn an_offered_branch_is_the_one_that_is_checked_out() {
    let repo = Repo::new();
    let scene = Scene::new(&repo, four).await;
    scene.forge.offer(BRANCH, &scene.head).await.unwrap();
    scene.checkout().await.unwrap();
    check_clean(&scene.dir(), &scene.head);
    // A follow-up brings it along.
    scene.forge.renew(BRANCH, &scene.head, &repo.rev("main")).await.unwrap();
    check_clean(&scene.dir(), &repo.rev("main"));
}

#[tokio::test]
async fn a_branch_that_is_elsewhere_stays() {
    let repo = Repo::new();
    let scene = Scene::new(&repo, four).await;
    repo.git(&["branch", BRANCH]);
    let before = repo.state();
    let taken = scene.checkout().await.unwrap_err();
    assert!(matches!(taken, Error::BranchTaken { .. }), "{taken}");
    assert!(!scene.dir().exists());
    assert_eq!(repo.state(), before);
}

#[tokio::test]
async fn what_fails_leaves_nothing() {
    let repo = Repo::new();
    let scene = Scene::new(&repo, four).await;
    let before = repo.state();
    let forge = &scene.forge;
    for name in ["-x", "--force", "a..b", "a b", "@{-1}", "a\nb", "", "a/", "/a", "x.lock"] {
        let error = forge.checkout(&scene.head, name, &scene.dir()).await.unwrap_err();
        assert!(matches!(error, Error::NotABranch { .. }), "{name:?}: {error}");
    }
    let line_break = scene.folder.path().join("a\nb");
    let error = forge.checkout(&scene.head, BRANCH, &line_break).await.unwrap_err();
    assert!(matches!(error, Error::LineBreak { .. }), "{error}");
    let unknown: Commit = "a".repeat(40).parse().unwrap();
    forge.checkout(&unknown, BRANCH, &scene.dir()).await.unwrap_err();
    // The branch is made, and then there is no place for the folder.
    let file = scene.folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = forge.checkout(&scene.head, BRANCH, &file.join("x")).await.unwrap_err();
    assert!(matches!(error, Error::Write { .. } | Error::Occupied { .. }), "{error}");
    let error = forge.checkout(&scene.head, BRANCH, &file).await.unwrap_err();
    assert!(matches!(error, Error::Occupied { .. }), "{error}");
    // Git itself fails with the folder half-made.
    std::fs::write(repo.path.join(".git/worktrees"), "in the way").unwrap();
    forge.checkout(&scene.head, BRANCH, &scene.dir()).await.unwrap_err();
    std::fs::remove_file(repo.path.join(".git/worktrees")).unwrap();
    assert!(!scene.dir().exists() && !line_break.exists());
    assert_eq!(repo.state(), before);
    scene.checkout().await.unwrap();
}

#[tokio::test]
async fn nothing_runs_when_a_change_is_checked_out() {
    for kind in ["linked", "bare"] {
        let repo = if kind == "bare" { bare() } else { Repo::new() };
        let traps = tempfile::tempdir().unwrap();
        let canary = traps.path().join("canary");
        // The change chooses the filter, the merge driver and the diff program.
        let scene = Scene::new(&repo, |agent| {
            four(agent);
            agent.write(".gitattributes", "* filter=x diff=x merge=x\n");
        })
        .await;
        if kind == "linked" {
            let script = booby_trap(&repo, &canary);
            filter_trap(&repo, &script);
        } else {
            bare_trap(&repo, &canary);
        }
        let checkout = scene.checkout().await.unwrap();
        assert!(!canary.exists(), "{kind}");
        assert_eq!(
            checkout.notes,
            ["The filter x wasn't run for -x/new\\nline, .gitattributes, readme.txt."]
        );
        let text = std::fs::read_to_string(scene.dir().join("readme.txt")).unwrap();
        assert_eq!(text, "one\ntwo\nthree\nfour\n");
    }
}

fn bare_trap(repo: &Repo, canary: &Path) {
    let touch = format!("touch '{}'", canary.display());
    for name in
        ["core.fsmonitor", "filter.x.smudge", "filter.x.clean", "uploadpack.packObjectsHook"]
    {
        repo.git(&["config", name, &touch]);
    }
}

/// The user's own filter would make other bytes; whoever looks at the state sees none of that.
#[tokio::test]
async fn filtered_files_are_raw_and_clean() {
    let repo = Repo::new();
    let scene = Scene::new(&repo, |agent| {
        agent.write(".gitattributes", "*.bin filter=lfs\n*.crlf text eol=crlf\n*.id ident\n");
        agent.write("a.bin", "pointer");
        agent.write("a.crlf", "one\ntwo\n");
        agent.write("a.id", "$Id$");
    })
    .await;
    repo.git(&["config", "filter.lfs.clean", "tr a-z A-Z"]);
    repo.git(&["config", "filter.lfs.smudge", "tr a-z 0"]);
    repo.git(&["config", "filter.lfs.required", "true"]);
    let checkout = scene.checkout().await.unwrap();
    let expected = "The filter lfs wasn't run for a.bin; `git lfs pull` there gets the contents.";
    assert_eq!(checkout.notes, [expected]);
    check_clean(&scene.dir(), &scene.head);
    let read = |name: &str| std::fs::read_to_string(scene.dir().join(name)).unwrap();
    assert_eq!((read("a.bin").as_str(), read("a.crlf").as_str()), ("pointer", "one\r\ntwo\r\n"));
    // A later change of it is seen, even one of the same size.
    std::fs::write(scene.dir().join("a.bin"), "printer").unwrap();
    assert_eq!(git(&scene.dir(), &["diff", "--name-only"]), "a.bin");
}

#[tokio::test]
async fn submodules_are_told() {
    let repo = Repo::new();
    let gitlink = format!("160000,{},sub", repo.rev("HEAD"));
    repo.git(&["update-index", "--add", "--cacheinfo", &gitlink]);
    repo.git(&["commit", "--quiet", "-m", "submodule"]);
    let scene = Scene::new(&repo, |agent| agent.write("x", "x")).await;
    let notes = scene.checkout().await.unwrap().notes;
    let expected = "Submodules are empty: sub; `git submodule update --init` there fills them.";
    assert_eq!(notes, [expected]);
    assert_eq!(git(&scene.dir(), &["status", "--porcelain"]), "");
}

/// Settings of one work tree are copied to the next by git, and a sparse one's too.
#[tokio::test]
async fn settings_of_one_work_tree_do_no_harm() {
    let repo = Repo::new();
    repo.write("deep/er/file", "x");
    repo.commit("second");
    repo.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "other"]);
    let traps = tempfile::tempdir().unwrap();
    let canary = traps.path().join("canary");
    let touch = format!("touch '{}'", canary.display());
    let scene = Scene::new(&repo, |agent| agent.write(".gitattributes", "* filter=x\n")).await;
    repo.git(&["config", "--worktree", "filter.x.smudge", &touch]);
    repo.git(&["config", "--worktree", "filter.x.clean", &touch]);
    repo.git(&["config", "--worktree", "core.fsmonitor", &touch]);
    scene.checkout().await.unwrap();
    assert!(!canary.exists());
    assert!(scene.dir().join("deep/er/file").exists());
    repo.git(&["config", "--worktree", "--unset", "core.fsmonitor"]);
    git(&scene.dir(), &["config", "--worktree", "core.fsmonitor", "false"]);
    check_clean(&scene.dir(), &scene.head);
}

#[tokio::test]
async fn a_bare_origin_gives_a_repository_of_its_own() {
    let repo = bare();
    let Scene { home, folder, forge, head } = Scene::new(&repo, four).await;
    let before = repo.git(&["for-each-ref"]);
    let dir = folder.path().join("own");
    forge.checkout(&head, BRANCH, &dir).await.unwrap();
    assert_eq!(repo.git(&["for-each-ref"]), before);
    // Nothing of the mirror is needed.
    drop(home);
    assert!(!dir.join(".git/objects/info/alternates").exists());
    check_clean(&dir, &head);
    assert_eq!(git(&dir, &["remote", "get-url", "origin"]), repo.path.to_str().unwrap());
    git(&dir, &["fetch", "--quiet", "origin"]);
    git(&dir, &["push", "--quiet", "origin", BRANCH]);
    assert_eq!(repo.rev(BRANCH), head);
    let occupied = forge.checkout(&head, BRANCH, &dir).await.unwrap_err();
    assert!(matches!(occupied, Error::Occupied { .. }), "{occupied}");
}

#[tokio::test]
async fn an_origin_at_a_url_gives_a_repository_of_its_own() {
    let (home, repo) = (tempfile::tempdir().unwrap(), bare());
    let server = HttpServer::start(&repo.path);
    let mirror = mirror(home.path(), crate::origin::resolve(&server.url).await.unwrap()).await;
    let base = mirror.fetch().await.unwrap().base(None).unwrap();
    let change = crate::sample::change(&mirror, &base).await;
    // What has the files already needs no network.
    let url = server.url.clone();
    drop(server);
    let dir = home.path().join("own");
    local(&mirror).checkout(&change.head, BRANCH, &dir).await.unwrap();
    check_clean(&dir, &change.head);
    assert_eq!(git(&dir, &["remote", "get-url", "origin"]), url);
    // What fails leaves an empty folder as it was.
    let other = home.path().join("other");
    std::fs::create_dir(&other).unwrap();
    let unknown: Commit = "a".repeat(40).parse().unwrap();
    local(&mirror).checkout(&unknown, BRANCH, &other).await.unwrap_err();
    assert_eq!(std::fs::read_dir(&other).unwrap().count(), 0);
}

#[tokio::test]
async fn the_other_object_format_and_a_shallow_history_are_checked_out() {
    let repo = Repo::init(&["--object-format=sha256", "--initial-branch=main"]);
    repo.write("readme.txt", "one\ntwo\nthree\n");
    repo.commit("first");
    let scene = Scene::new(&repo, four).await;
    scene.checkout().await.unwrap();
    check_clean(&scene.dir(), &scene.head);

    let deep = Repo::new();
    deep.commit("second");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().canonicalize().unwrap().join("shallow");
    let url = format!("file://{}", deep.path.to_str().unwrap());
    deep.git(&["clone", "--quiet", "--bare", "--depth=1", &url, path.to_str().unwrap()]);
    let mirror = mirror(folder.path(), Origin::Path(path.to_str().unwrap().into())).await;
    let head = mirror.fetch().await.unwrap().base(None).unwrap().commit;
    let dir = folder.path().join("own");
    local(&mirror).checkout(&head, BRANCH, &dir).await.unwrap();
    check_clean(&dir, &head);
}

#[tokio::test]
async fn a_linked_origin_gives_another_linked_work_tree() {
    let (home, repo, folder) =
        (tempfile::tempdir().unwrap(), Repo::new(), tempfile::tempdir().unwrap());
    let linked = folder.path().canonicalize().unwrap().join("linked");
    repo.git(&["worktree", "add", "--quiet", "-b", "side", linked.to_str().unwrap()]);
    let (_mirror, _base, change) = with_change(&repo, home.path()).await;
    let mirror = mirror(home.path(), Origin::Path(linked.to_str().unwrap().into())).await;
    let dir = linked.join("inside of the other");
    local(&mirror).checkout(&change.head, BRANCH, &dir).await.unwrap();
    check_clean(&dir, &change.head);
    assert_eq!(repo.rev(BRANCH), change.head);
}
