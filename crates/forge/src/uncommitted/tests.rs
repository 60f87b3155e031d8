use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::sample::{Repo, git, mirror, workspace};
use crate::trap::{booby_trap, filter_trap};

const AT: Timestamp = Timestamp(7_000_000);

/// What must stay, down to the last object.
fn everything(repo: &Repo) -> String {
    let listing = walk(&repo.path.join(".git"));
    let index = std::fs::read(repo.path.join(".git/index")).unwrap_or_default();
    format!("{listing:?} {index:?} {}", repo.git(&["for-each-ref"]))
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        found.push(entry.path());
        if entry.file_type().unwrap().is_dir() {
            found.extend(walk(&entry.path()));
        }
    }
    found.sort();
    found
}

async fn taken(repo: &Repo, home: &Path) -> Result<Option<Commit>, Error> {
    taken_within(LIMITS, repo, home).await
}

async fn taken_within(limits: Limits, repo: &Repo, home: &Path) -> Result<Option<Commit>, Error> {
    let mirror = repo.mirror(home).await;
    let base = mirror.fetch().await.unwrap().base(None).unwrap();
    let before = everything(repo);
    let result = mirror.with_changes_within(limits, &base, AT).await;
    assert_eq!(everything(repo), before);
    let quarantines = walk(mirror.dir());
    assert!(!quarantines.iter().any(|path| path.to_string_lossy().contains("quarantine-")));
    result
}

async fn refusal(repo: &Repo) -> String {
    let home = tempfile::tempdir().unwrap();
    taken(repo, home.path()).await.unwrap_err().to_string()
}

/// The tree that the user's own `git add --all` makes; it is told afterwards.
fn added(repo: &Repo) -> String {
    repo.git(&["add", "--all"]);
    repo.git(&["write-tree"])
}

/// All that can be uncommitted, at once.
fn mess() -> Repo {
    let repo = Repo::new();
    for name in ["modified", "deleted", "unstaged", "both", "exec", "to-dir", "dir/a", "away/a"] {
        repo.write(name, format!("{name}\n"));
    }
    symlink("readme.txt", repo.path.join("link")).unwrap();
    symlink("/etc/passwd", repo.path.join("link-to-file")).unwrap();
    repo.write(
        ".gitattributes",
        "*.crlf text eol=crlf\n*.id ident\n*.16 working-tree-encoding=UTF-16\n",
    );
    repo.write(".gitignore", "*.log\nbuild/\n");
    repo.write("kept.log", "one");
    repo.git(&["add", "--force", "kept.log"]);
    repo.commit("second");

    repo.write("modified", "staged\n");
    repo.git(&["rm", "--quiet", "deleted"]);
    repo.write("both", "staged\n");
    repo.git(&["add", "--all"]);
    repo.write("both", "and more\n");
    std::fs::remove_file(repo.path.join("unstaged")).unwrap();
    std::fs::set_permissions(repo.path.join("exec"), PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::remove_file(repo.path.join("to-dir")).unwrap();
    repo.write("to-dir/inside", "x");
    for folder in ["dir", "away"] {
        std::fs::remove_dir_all(repo.path.join(folder)).unwrap();
    }
    repo.write("dir", "now a file");
    symlink("/etc", repo.path.join("away")).unwrap();
    std::fs::remove_file(repo.path.join("link")).unwrap();
    symlink("modified", repo.path.join("link")).unwrap();
    std::fs::remove_file(repo.path.join("link-to-file")).unwrap();
    repo.write("link-to-file", "a file");
    names_and_contents(&repo);
    repo
}

fn names_and_contents(repo: &Repo) {
    let latin1 = OsStr::from_bytes(b"caf\xe9");
    repo.write(latin1, "x");
    for name in ["-x", "--all", "new\nline", ":(glob)*", " ", "\"q\"", "deep/er/*", "tab\there"] {
        repo.write(name, name);
    }
    repo.write("x.crlf", "one\r\ntwo\r\n");
    repo.write("x.id", "$Id: 1234 $");
    repo.write("x.16", b"\xfe\xff\0h\0i");
    repo.write("x.log", "ignored");
    repo.write("build/x", "ignored");
    repo.write("kept.log", "tracked");
    repo.write("later", "x");
    repo.git(&["add", "--intent-to-add", "later"]);
    nix::unistd::mkfifo(&repo.path.join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
}

#[tokio::test]
async fn uncommitted_work_is_what_git_add_all_would_stage() {
    let (home, repo) = (tempfile::tempdir().unwrap(), mess());
    let commit = taken(&repo, home.path()).await.unwrap().unwrap();
    let mirror = repo.mirror(home.path()).await;
    let tree = mirror.tree_of(&commit).await.unwrap();
    // The same again.
    assert_eq!(taken(&repo, home.path()).await.unwrap(), Some(commit.clone()));
    let said = git(mirror.dir(), &["show", "-s", "--format=%P|%s|%at|%ct", commit.as_str()]);
    assert_eq!(said, format!("{}|Uncommitted changes|7000|7000", repo.rev("HEAD")));
    let kept = git(mirror.dir(), &["rev-parse", &format!("refs/whimbrel/bases/{commit}")]);
    assert_eq!(kept, commit.as_str());
    git(mirror.dir(), &["fsck", "--strict"]);
    // An attempt can start from it, and a fetch lets it live.
    mirror.fetch().await.unwrap();
    let agent = workspace(&mirror, &commit).await;
    assert_eq!(std::fs::read_link(agent.path.join("away")).unwrap(), Path::new("/etc"));
    assert_eq!(std::fs::read(agent.path.join("new\nline")).unwrap(), b"new\nline");

    assert_eq!(tree, added(&repo));
}

#[tokio::test]
async fn where_nothing_is_uncommitted_there_is_no_commit() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    assert_eq!(taken(&repo, home.path()).await.unwrap(), None);
    // Other times, the same content.
    repo.write("readme.txt", "one\ntwo\nthree\n");
    assert_eq!(taken(&repo, home.path()).await.unwrap(), None);
    // The same size at the same time is a change all the same.
    repo.write("readme.txt", "one\ntwo\nth3ee\n");
    assert!(taken(&repo, home.path()).await.unwrap().is_some());
}

#[tokio::test]
async fn without_an_index_all_files_are_new() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    std::fs::remove_file(repo.path.join(".git/index")).unwrap();
    assert_eq!(taken(&repo, home.path()).await.unwrap(), None);
}

#[tokio::test]
async fn the_author_is_the_user() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    repo.git(&["config", "user.name", "Grace"]);
    let other = home.path().join("conditional");
    std::fs::write(&other, "[user]\n\temail = grace@work.example\n").unwrap();
    repo.git(&["config", "includeIf.onbranch:main.path", other.to_str().unwrap()]);
    repo.write("x", "x");
    let commit = taken(&repo, home.path()).await.unwrap().unwrap();
    let mirror = repo.mirror(home.path()).await;
    let said = git(mirror.dir(), &["show", "-s", "--format=%an <%ae>|%cn <%ce>", commit.as_str()]);
    assert_eq!(said, "Grace <grace@work.example>|Grace <grace@work.example>");
}

#[tokio::test]
async fn nothing_runs_when_uncommitted_work_is_taken() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    repo.write(".gitattributes", "* diff=x merge=x\n*.lfs filter=x\n");
    repo.write("x.lfs", "content");
    repo.commit("attributes");
    submodule(&repo, &home.path().join("canary"));
    let traps = tempfile::tempdir().unwrap();
    let canary = traps.path().join("canary");
    let script = booby_trap(&repo, &canary);
    filter_trap(&repo, &script);
    // A filtered file that isn't changed is no reason to refuse.
    repo.write("readme.txt", "changed\n");
    repo.write("new", "x");
    let mirror = repo.mirror(home.path()).await;
    let base = mirror.fetch().await.unwrap().base(None).unwrap();
    // The index is as young as the files, so their contents are compared too.
    let commit = mirror.with_changes(&base, AT).await.unwrap().unwrap();
    let files = mirror.changed(&base.commit, &commit).await.unwrap();
    let names: Vec<_> = files.iter().map(|file| file.path.to_str().unwrap()).collect();
    assert_eq!(names, ["new", "readme.txt"]);
    assert!(!canary.exists() && !home.path().join("canary").exists());

    // Neither by looking at a changed one.
    repo.write("x.lfs", "another content");
    let refused = mirror.with_changes(&base, AT).await.unwrap_err();
    assert!(matches!(refused, Error::Filtered { .. }), "{refused}");
    assert!(!canary.exists());
}

/// With a commit that the index doesn't have, and a program that its configuration names.
fn submodule(repo: &Repo, canary: &Path) {
    let source = Repo::new();
    let url = source.path.to_str().unwrap();
    let add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, "sub"];
    repo.git(&add);
    repo.commit("submodule");
    let inside = repo.path.join("sub");
    git(&inside, &["commit", "--quiet", "--allow-empty", "-m", "ahead"]);
    std::fs::write(inside.join("dirty"), "x").unwrap();
    let touch = format!("touch '{}'", canary.display());
    git(&inside, &["config", "core.fsmonitor", &touch]);
    git(&inside, &["config", "filter.y.clean", &touch]);
    std::fs::write(inside.join(".gitattributes"), "* filter=y\n").unwrap();
    std::fs::write(inside.join("readme.txt"), "dirty").unwrap();
}

#[tokio::test]
async fn submodules_stay_and_other_repositories_stay_out() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    submodule(&repo, &home.path().join("canary"));
    repo.git(&["init", "--quiet", "nested"]);
    repo.write("nested/file", "x");
    git(&repo.path.join("nested"), &["commit", "--quiet", "--allow-empty", "-m", "x"]);
    assert_eq!(taken(&repo, home.path()).await.unwrap(), None);
    assert!(!home.path().join("canary").exists());
}

#[tokio::test]
async fn a_file_that_needs_a_filter_is_refused_by_name() {
    let repo = Repo::new();
    repo.write(".gitattributes", "*.bin filter=lfs\n");
    repo.commit("attributes");
    repo.write("new.bin", "x");
    let home = tempfile::tempdir().unwrap();
    // Without such a program git would take it as it is.
    assert!(taken(&repo, home.path()).await.unwrap().is_some());
    repo.git(&["config", "filter.lfs.process", "touch /nonexistent"]);
    assert_eq!(
        refusal(&repo).await,
        "new.bin isn't committed and goes through the filter lfs, a program that whimbrel doesn't \
         run; commit it first, or run `git status` if it hasn't changed"
    );
    // A link is no file.
    std::fs::remove_file(repo.path.join("new.bin")).unwrap();
    symlink("x", repo.path.join("link.bin")).unwrap();
    assert!(taken(&repo, home.path()).await.unwrap().is_some());
    // Attributes that are the user's alone count too, and so do names with an equals sign.
    repo.git(&["config", "filter.a=b.clean", "touch /nonexistent"]);
    repo.write(".git/info/attributes", "*.mine filter=a=b\n");
    repo.write("x.mine", "x");
    let said = refusal(&repo).await;
    assert!(said.starts_with("x.mine isn't committed and goes through the filter a=b,"), "{said}");
}

#[tokio::test]
async fn conflicts_are_told() {
    let repo = Repo::new();
    repo.git(&["switch", "--quiet", "-c", "other"]);
    repo.write("readme.txt", "theirs\n");
    repo.commit("theirs");
    repo.git(&["switch", "--quiet", "main"]);
    repo.write("readme.txt", "ours\n");
    repo.commit("ours");
    repo.git(&["read-tree", "-m", "HEAD~1", "main", "other"]);
    let expected = format!(
        "{} has conflicts in readme.txt; resolve them (`git status` lists them)",
        repo.path.display()
    );
    assert_eq!(refusal(&repo).await, expected);
}

#[tokio::test]
async fn too_much_is_told_with_where_it_is() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    for number in 0..4 {
        repo.write(format!("node_modules/{number}"), "x");
    }
    repo.write("mine", "x".repeat(90));
    let files = taken_within(Limits { files: 4, bytes: 1000 }, &repo, home.path()).await;
    assert_eq!(
        files.unwrap_err().to_string(),
        "the uncommitted changes are 5 files, more than 4 files (most of them in node_modules); \
         add what doesn't belong to .gitignore, or commit it first"
    );
    let bytes = taken_within(Limits { files: 5, bytes: 93 }, &repo, home.path()).await;
    let said = bytes.unwrap_err().to_string();
    assert!(said.contains("are 94 bytes, more than 93 bytes (most of them in mine)"), "{said}");
    taken_within(Limits { files: 5, bytes: 94 }, &repo, home.path()).await.unwrap().unwrap();
}

#[tokio::test]
async fn the_base_must_be_the_current_commit() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    repo.git(&["branch", "old"]);
    repo.commit("second");
    let mirror = repo.mirror(home.path()).await;
    let base = mirror.fetch().await.unwrap().base(Some("old")).unwrap();
    let error = mirror.with_changes(&base, AT).await.unwrap_err();
    assert!(matches!(error, Error::OtherBase { .. }), "{error}");
}

#[tokio::test]
async fn files_elsewhere_are_not_read() {
    let (home, repo, secrets) =
        (tempfile::tempdir().unwrap(), Repo::new(), tempfile::tempdir().unwrap());
    std::fs::write(secrets.path().join("id_rsa"), "secret").unwrap();
    let mirror = repo.mirror(home.path()).await;
    let base = mirror.fetch().await.unwrap().base(None).unwrap();
    // Above the repository, beside it, and what isn't there.
    let above = repo.path.parent().unwrap().to_owned();
    for elsewhere in [secrets.path(), &above, Path::new("/nonexistent")] {
        repo.git(&[
            "config",
            "--file",
            ".git/config",
            "core.worktree",
            elsewhere.to_str().unwrap(),
        ]);
        let error = mirror.with_changes(&base, AT).await.unwrap_err();
        assert!(matches!(error, Error::WorkTreeElsewhere { .. }), "{error}");
    }
}

#[tokio::test]
async fn without_a_work_tree_there_is_nothing_to_take() {
    let (home, seed) = (tempfile::tempdir().unwrap(), Repo::new());
    let bare = Repo::init(&["--bare", "--initial-branch=main"]);
    seed.git(&["push", "--quiet", bare.path.to_str().unwrap(), "main"]);
    let path = mirror(home.path(), Origin::Path(bare.path.to_str().unwrap().into())).await;
    let base = path.fetch().await.unwrap().base(None).unwrap();
    let url = Mirror { origin: Origin::Url("https://x:y@example.com/a".into()), ..path.clone() };
    for mirror in [path, url] {
        let error = mirror.with_changes(&base, AT).await.unwrap_err();
        assert!(matches!(error, Error::NoWorkTree { .. }), "{error}");
        assert!(!error.to_string().contains("x:y"));
    }
}

#[tokio::test]
async fn linked_work_trees_and_linked_git_folders_have_their_own() {
    let (home, repo, folder) =
        (tempfile::tempdir().unwrap(), Repo::new(), tempfile::tempdir().unwrap());
    let linked = folder.path().canonicalize().unwrap().join("linked");
    repo.git(&["worktree", "add", "--quiet", "-b", "side", linked.to_str().unwrap()]);
    std::fs::write(linked.join("new"), "linked").unwrap();
    repo.write("new", "main");
    let symlinked = folder.path().canonicalize().unwrap().join("symlinked");
    std::fs::create_dir(&symlinked).unwrap();
    symlink(repo.path.join(".git"), symlinked.join(".git")).unwrap();
    std::fs::write(symlinked.join("new"), "symlinked").unwrap();
    for (path, expected) in [(linked, "linked"), (symlinked, "symlinked")] {
        let origin = Origin::Path(path.to_str().unwrap().into());
        let mirror = mirror(&home.path().join(expected), origin).await;
        let base = mirror.fetch().await.unwrap().base(None).unwrap();
        let commit = mirror.with_changes(&base, AT).await.unwrap().unwrap();
        let text = mirror.blob(&commit, Path::new("new"), 100).await.unwrap().unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }
}

#[tokio::test]
async fn odd_indexes_are_read_and_left_alone() {
    let repo = Repo::init(&["--object-format=sha256"]);
    repo.git(&["switch", "--quiet", "-C", "main"]);
    for name in ["a", "b", "hidden"] {
        repo.write(name, name);
    }
    repo.commit("first");
    repo.git(&["update-index", "--split-index", "--untracked-cache"]);
    repo.git(&["config", "core.splitIndex", "true"]);
    repo.git(&["update-index", "--skip-worktree", "hidden"]);
    std::fs::remove_file(repo.path.join("hidden")).unwrap();
    repo.write("b", "changed");
    repo.write("c", "new");
    let home = tempfile::tempdir().unwrap();
    let commit = taken(&repo, home.path()).await.unwrap().unwrap();
    let mirror = repo.mirror(home.path()).await;
    let files = mirror.changed(&repo.rev("HEAD"), &commit).await.unwrap();
    let names: Vec<_> = files.iter().map(|file| file.path.to_str().unwrap()).collect();
    assert_eq!(names, ["b", "c"]);
}

#[tokio::test]
async fn a_sparse_work_tree_that_borrows_its_objects_is_taken() {
    let source = Repo::new();
    source.write("deep/er/file", "x");
    source.commit("second");
    let repo = Repo::empty();
    let objects = format!("{}\n", source.path.join(".git/objects").display());
    repo.write(".git/objects/info/alternates", objects);
    repo.git(&["update-ref", "refs/heads/main", source.rev("HEAD").as_str()]);
    repo.git(&["reset", "--quiet", "--hard"]);
    repo.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "other"]);
    assert!(!repo.path.join("deep").exists());
    let home = tempfile::tempdir().unwrap();
    assert_eq!(taken(&repo, home.path()).await.unwrap(), None);
    repo.write("other/new", "x");
    // Staged before, so that only the user's repository has it.
    repo.write("staged", "y");
    repo.git(&["add", "--sparse", "staged"]);
    let commit = taken(&repo, home.path()).await.unwrap().unwrap();
    let mirror = repo.mirror(home.path()).await;
    let files = mirror.changed(&repo.rev("HEAD"), &commit).await.unwrap();
    let names: Vec<_> = files.iter().map(|file| file.path.to_str().unwrap()).collect();
    assert_eq!(names, ["other/new", "staged"]);
    git(mirror.dir(), &["fsck", "--strict"]);
}

/// An index that nobody's git wrote has a file for git's own folder in it.
#[tokio::test]
async fn a_tree_that_no_checkout_should_see_stays_out_of_the_mirror() {
    let repo = Repo::new();
    let blob = repo.git(&["hash-object", "-w", "readme.txt"]);
    repo.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},XgitX/config")]);
    let index = repo.path.join(".git/index");
    let bytes = std::fs::read(&index).unwrap();
    let at = bytes.windows(12).position(|name| name == b"XgitX/config").unwrap();
    let mut forged = bytes.clone();
    forged[at..at + 12].copy_from_slice(b".git//config");
    // Without its checksum git believes it.
    let end = forged.len() - 20;
    forged[end..].fill(0);
    std::fs::write(&index, forged).unwrap();
    let home = tempfile::tempdir().unwrap();
    taken(&repo, home.path()).await.unwrap_err();
}

/// Ignored by settings that are for all of the user's repositories: their secrets, most likely.
/// Such settings are the process's, so the test is a process of its own.
#[tokio::test]
async fn what_the_user_ignores_everywhere_stays_out() {
    const NAME: &str = "uncommitted::tests::what_the_user_ignores_everywhere_stays_out";
    const INNER: &str = "WHIMBREL_TEST_GLOBAL_SETTINGS";
    if std::env::var_os(INNER).is_none() {
        let folder = tempfile::tempdir().unwrap();
        let ignore = folder.path().join("ignore");
        std::fs::write(&ignore, ".env\n").unwrap();
        let settings = folder.path().join("settings");
        let text =
            "[filter \"lfs\"]\n\tclean = touch /nonexistent\n[user]\n\tname = G\n\temail = g@x\n";
        let text = format!("[core]\n\texcludesFile = {}\n{text}", ignore.display());
        std::fs::write(&settings, text).unwrap();
        return again(NAME, &[(INNER, Path::new("1")), ("GIT_CONFIG_GLOBAL", &settings)]);
    }
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    repo.write(".env", "SECRET=1");
    assert_eq!(taken(&repo, home.path()).await.unwrap(), None);
    repo.write("x.bin", "x");
    repo.write(".gitattributes", "*.bin filter=lfs\n");
    let error = taken(&repo, home.path()).await.unwrap_err();
    assert!(matches!(error, Error::Filtered { .. }), "{error}");
}

#[expect(clippy::disallowed_methods, reason = "the test runs itself with another environment")]
fn again(name: &str, variables: &[(&str, &Path)]) {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}
