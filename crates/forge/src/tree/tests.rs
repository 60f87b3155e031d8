use super::*;
use crate::sample::Repo;

#[tokio::test]
async fn files_are_listed_with_their_modes_and_exact_names() {
    let repo = Repo::new();
    let latin1 = OsString::from_vec(b"caf\xe9".to_vec());
    repo.write(&latin1, "x");
    repo.write("dir/*", "glob");
    std::os::unix::fs::symlink("/etc/passwd", repo.path.join("link")).unwrap();
    repo.git(&["add", "--all"]);
    let submodule = format!("160000,{},sub", repo.rev("HEAD"));
    repo.git(&["update-index", "--add", "--cacheinfo", &submodule]);
    repo.git(&["commit", "--quiet", "-m", "second"]);
    let head = repo.rev("HEAD");

    let home = tempfile::tempdir().unwrap();
    let mirror = repo.mirror(home.path()).await;
    mirror.fetch().await.unwrap();
    let all = mirror.files(&head, 10).await.unwrap();
    let expected = [
        (latin1.clone(), 0o100644),
        ("dir/*".into(), 0o100644),
        ("link".into(), 0o120000),
        ("readme.txt".into(), 0o100644),
        ("sub".into(), 0o160000),
    ];
    let found = all.files.iter().map(|file| (file.path.clone().into_os_string(), file.mode));
    assert_eq!(found.collect::<Vec<_>>(), expected);
    assert!(!all.cut);
    let two = mirror.files(&head, 2).await.unwrap();
    assert_eq!((two.files.len(), two.cut), (2, true));

    let blob =
        async |path: &std::ffi::OsStr| mirror.blob(&head, Path::new(path), 100).await.unwrap();
    assert_eq!(blob(&latin1).await, Some(b"x".to_vec()));
    assert_eq!(blob("dir/*".as_ref()).await, Some(b"glob".to_vec()));
    for nothing in ["link", "sub", "dir", "none", "dir/", "../x", "*"] {
        assert_eq!(blob(nothing.as_ref()).await, None, "{nothing}");
    }
    let large = mirror.blob(&head, Path::new("readme.txt"), 3).await.unwrap_err();
    assert_eq!(large.to_string(), "readme.txt is 14 bytes, more than 3");
}
