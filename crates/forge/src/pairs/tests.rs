use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::sample::Repo;

#[tokio::test]
async fn pairs_have_both_sides_whatever_their_names_are() {
    let repo = Repo::new();
    let text = "one\ntwo\nthree\nfour\nfive\nsix\n";
    repo.write("old name", text);
    repo.write("gone\n+++ b/x", "1");
    repo.write("run", "#!/bin/sh\n");
    let base = repo.commit("base");
    std::fs::remove_file(repo.path.join("old name")).unwrap();
    std::fs::remove_file(repo.path.join("gone\n+++ b/x")).unwrap();
    repo.write("new \"name\"\t", text.replace("six", "seven"));
    repo.write(std::ffi::OsStr::from_bytes(b"bytes\xff<b>"), "é".as_bytes());
    symlink("../../etc/passwd", repo.path.join("link")).unwrap();
    std::fs::set_permissions(repo.path.join("run"), PermissionsExt::from_mode(0o755)).unwrap();
    let head = repo.commit("head");
    let home = tempfile::tempdir().unwrap();
    let mirror = repo.mirror(home.path()).await;
    mirror.fetch().await.unwrap();

    let pairs = mirror.pairs(&base, &head).await.unwrap();
    let shown: Vec<String> = pairs
        .iter()
        .map(|pair| {
            let side = |side: &Option<Side>| {
                side.as_ref().map(|side| (format!("{:o}", side.mode), side.path.clone()))
            };
            format!("{:?} {:?}", side(&pair.old), side(&pair.new))
        })
        .collect();
    expect_test::expect![[r#"
        None Some(("100644", "bytes\xFF<b>"))
        Some(("100644", "gone\n+++ b/x")) None
        None Some(("120000", "link"))
        Some(("100644", "old name")) Some(("100644", "new \"name\"\t"))
        Some(("100644", "run")) Some(("100755", "run"))"#]]
    .assert_eq(&shown.join("\n"));

    let objects: Vec<&str> =
        pairs.iter().filter_map(|pair| pair.new.as_ref()).map(|new| new.object.as_str()).collect();
    let sizes = mirror.sizes(&objects).await.unwrap();
    let contents = mirror.contents(&objects, 1024).await.unwrap();
    assert_eq!(contents.len(), objects.len());
    for (object, content) in &contents {
        assert_eq!(sizes[object], content.len() as u64);
    }
    let link = pairs.iter().filter_map(|pair| pair.new.as_ref()).find(|new| new.is_link()).unwrap();
    assert_eq!(contents[&link.object], b"../../etc/passwd");
    let missing = "0123456789012345678901234567890123456789";
    assert_eq!(mirror.contents(&[missing, objects[0]], 1024).await.unwrap().len(), 1);
}
