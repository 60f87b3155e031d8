use super::*;
use crate::sample::Repo;

async fn path(given: impl AsRef<Path>) -> String {
    match resolve(given.as_ref().to_str().unwrap()).await.unwrap() {
        Origin::Path(path) => path,
        Origin::Url(url) => panic!("{url} is a URL"),
    }
}

async fn refusal(given: &str) -> String {
    resolve(given).await.unwrap_err().to_string()
}

#[tokio::test]
async fn any_place_in_a_repository_is_its_top() {
    let repo = Repo::new();
    let top = repo.path.to_str().unwrap();
    repo.write("deep/er/file", "");
    assert_eq!(path(&repo.path).await, top);
    assert_eq!(path(repo.path.join("deep/er")).await, top);
    assert_eq!(path(repo.path.join("deep/er/file")).await, top);
    assert_eq!(path(repo.path.join("deep/../deep/.")).await, top);
    let encoded = top.replace(' ', "%20").replace('—', "%E2%80%94");
    assert_eq!(path(format!("file://{encoded}/deep")).await, top);
}

#[tokio::test]
async fn a_bare_repository_and_a_linked_work_tree_are_themselves() {
    let bare = Repo::init(&["--bare"]);
    assert_eq!(path(&bare.path).await, bare.path.to_str().unwrap());

    let (repo, folder) = (Repo::new(), tempfile::tempdir().unwrap());
    let linked = folder.path().canonicalize().unwrap().join("linked");
    repo.git(&["worktree", "add", "--quiet", linked.to_str().unwrap()]);
    assert_eq!(path(&linked).await, linked.to_str().unwrap());
}

#[tokio::test]
async fn what_is_no_repository_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().canonicalize().unwrap().to_str().unwrap().to_owned();
    let expected =
        format!("{text} is not in a git repository; run `git init` there, or name another folder");
    assert_eq!(refusal(&text).await, expected);
    assert_eq!(refusal(&format!("{text}/none")).await, format!("can't read {text}/none"));
    assert!(refusal("file:///%zz").await.contains("two hexadecimal digits"));
}

#[tokio::test]
async fn urls_stay_urls() {
    for url in [
        "https://example.com/a.git",
        "http://[::1]:80/a",
        "ssh://git@example.com/a",
        "git@example.com:a/b.git",
        "host:a",
    ] {
        assert_eq!(resolve(url).await.unwrap(), Origin::Url(url.into()));
    }
}

#[tokio::test]
async fn what_could_be_an_option_or_a_program_is_refused() {
    for given in [
        "ssh://-oProxyCommand=x/y",
        "ssh://git@-oProxyCommand=x/y",
        "-oProxyCommand=x:y",
        "ext::sh -c x",
        "ext::x",
        "--upload-pack=x",
        "https://a b/",
        "",
    ] {
        assert!(resolve(given).await.is_err(), "{given}");
    }
}

#[tokio::test]
async fn uncommitted_work_is_seen() {
    let repo = Repo::new();
    assert_eq!(dirty(&repo.path).await.unwrap(), Some(false));
    repo.write("readme.txt", "changed");
    assert_eq!(dirty(&repo.path).await.unwrap(), Some(true));
    repo.git(&["checkout", "--", "readme.txt"]);
    repo.write("untracked", "");
    assert_eq!(dirty(&repo.path).await.unwrap(), Some(true));
    repo.git(&["config", "filter.x.clean", "false"]);
    assert_eq!(dirty(&repo.path).await.unwrap(), None);
    assert_eq!(dirty(&Repo::init(&["--bare"]).path).await.unwrap(), None);
}

/// Only root can make what belongs to another user.
#[tokio::test]
async fn a_repository_of_another_user_is_told() {
    const NOBODY: u32 = 65534;
    let repo = Repo::new();
    let give_away = |path: &Path| std::os::unix::fs::chown(path, Some(NOBODY), None);
    let given = give_away(&repo.path).and_then(|()| give_away(&repo.path.join(".git")));
    given.expect("giving a folder to another user needs root: run it with sudo");
    let error = resolve(repo.path.to_str().unwrap()).await.unwrap_err();
    assert!(matches!(error, Error::Ownership { .. }), "{error:?}");
    let home = tempfile::tempdir().unwrap();
    let origin = Origin::Path(repo.path.to_str().unwrap().into());
    let id = domain::ProjectId::from_random(1);
    let project = domain::Project { id, origin };
    let error = crate::Mirror::open(home.path(), &project).await.unwrap_err();
    assert!(matches!(error, Error::Ownership { .. }), "{error:?}");
}

#[test]
fn a_password_in_a_url_is_not_shown() {
    for (url, expected) in [
        ("https://ada:tok@en@example.com/a.git", "https://example.com/a.git"),
        ("https://example.com/a@b.git", "https://example.com/a@b.git"),
        ("git@example.com:a", "git@example.com:a"),
    ] {
        assert_eq!(shown(&Origin::Url(url.into())), expected);
    }
}
