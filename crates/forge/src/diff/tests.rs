use std::os::unix::fs::PermissionsExt;

use expect_test::expect;

use super::*;
use crate::sample::Repo;

#[tokio::test]
async fn a_change_is_told_file_by_file() {
    let repo = Repo::new();
    repo.write("moved", "same\n");
    repo.write("run.sh", "x\n");
    let base = repo.commit("base");
    repo.git(&["mv", "moved", "moved to\nhere"]);
    repo.write("binary", b"\0\x01");
    repo.write(OsString::from_vec(b"caf\xe9".to_vec()), "a\nb\n");
    repo.write("readme.txt", "one\n2\nthree\n");
    let script = repo.path.join("run.sh");
    std::fs::set_permissions(script, std::fs::Permissions::from_mode(0o755)).unwrap();
    repo.commit("Change\n\nwith a body");
    let head = repo.commit("Nothing");

    let home = tempfile::tempdir().unwrap();
    let mirror = repo.mirror(home.path()).await;
    mirror.fetch().await.unwrap();
    let changed = mirror.changed(&base, &head).await.unwrap();
    let lines: Vec<String> = changed
        .iter()
        .map(|file| {
            let Changed { path, kind, base_mode, head_mode, added, removed } = file;
            format!("{path:?} {kind:?} {base_mode:o} {head_mode:o} {added:?} {removed:?}")
        })
        .collect();
    expect![[r#"
        "binary" Added 0 100644 None None
        "caf\xE9" Added 0 100644 Some(2) Some(0)
        "moved" Deleted 100644 0 Some(0) Some(1)
        "moved to\nhere" Added 0 100644 Some(1) Some(0)
        "readme.txt" Modified 100644 100644 Some(1) Some(1)
        "run.sh" Modified 100644 100755 Some(0) Some(0)"#]]
    .assert_eq(&lines.join("\n"));

    let change = mirror.change(&base, &head).await.unwrap();
    assert_eq!(change.commits, ["Change", "Nothing"]);
    assert_eq!(change.files[1].path, "caf\u{fffd}");
    assert_eq!(change.lines(), 6);
}

#[tokio::test]
async fn a_patch_is_cut_where_it_is_too_long() {
    let repo = Repo::new();
    let base = repo.rev("HEAD");
    repo.write("readme.txt", "one\n2\nthree\n");
    let head = repo.commit("second");
    let home = tempfile::tempdir().unwrap();
    let mirror = repo.mirror(home.path()).await;
    mirror.fetch().await.unwrap();
    let diff = mirror.diff(&base, &head, 10_000).await.unwrap();
    assert!(!diff.cut);
    let text = String::from_utf8(diff.bytes).unwrap();
    assert!(text.ends_with("@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"), "{text}");
    let short = mirror.diff(&base, &head, 10).await.unwrap();
    assert_eq!((short.bytes.as_slice(), short.cut), (&b"diff --git"[..], true));
}
