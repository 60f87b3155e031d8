use super::super::super::tests::{computer_with, text_of};
use super::*;

async fn run(computer: &dyn Computer, body: &str) -> Answer {
    let patch = Patch { patch: format!("*** Begin Patch\n{body}\n*** End Patch\n") };
    patch.run(computer).await.unwrap()
}

#[tokio::test]
async fn files_change_and_keep_their_mode() {
    let computer = computer_with(&[("run.sh", "echo 1\n"), ("old.py", "x\n")]).await;
    computer.run(Exec::shell("chmod 755 run.sh")).await.unwrap();
    let body = "*** Update File: run.sh\n-echo 1\n+echo 2\n*** Add File: new/a.py\n+y\n\
                *** Delete File: old.py";
    let answer = run(computer.as_ref(), body).await;
    assert_eq!(answer.text, "added new/a.py\ndeleted old.py\nchanged run.sh\n");
    assert!(answer.ok);
    assert_eq!(text_of(computer.as_ref(), "new/a.py").await, "y\n");
    let shown = computer.run(Exec::shell("./run.sh; ls")).await.unwrap();
    assert_eq!(shown.text(), "2\nnew\nrun.sh\n");
}

#[tokio::test]
async fn a_moved_file_keeps_its_mode() {
    let computer = computer_with(&[("a/run.sh", "echo 1\n")]).await;
    computer.run(Exec::shell("chmod 750 a/run.sh")).await.unwrap();
    let answer = run(computer.as_ref(), "*** Update File: a/run.sh\n*** Move to: b/go.sh").await;
    assert_eq!(answer.text, "deleted a/run.sh\nadded b/go.sh\n");
    let shown = computer.run(Exec::shell("stat -c %a b/go.sh; ls a; b/go.sh")).await.unwrap();
    assert_eq!(shown.text(), "750\n1\n");
}

#[tokio::test]
async fn a_link_that_leads_out_is_refused() {
    let computer = computer_with(&[("in/a.py", "x\n")]).await;
    computer.run(Exec::shell("ln -s /tmp out; ln -s in here")).await.unwrap();
    let answer = run(computer.as_ref(), "*** Add File: out/deep/er/a.py\n+x").await;
    assert!(answer.text.contains("out/deep/er/a.py is outside"), "{answer:?}");
    let answer = run(computer.as_ref(), "*** Update File: here/a.py\n-x\n+y").await;
    assert!(answer.ok, "{answer:?}");
}

#[tokio::test]
async fn a_patch_that_fits_in_part_changes_nothing() {
    let computer = computer_with(&[("a.py", "x\n"), ("b.py", "y\n")]).await;
    let body = "*** Update File: a.py\n-x\n+z\n*** Update File: b.py\n-nowhere\n+z";
    let answer = run(computer.as_ref(), body).await;
    assert!(!answer.ok);
    assert!(
        answer.text.starts_with("Nothing was changed: b.py: these lines are not"),
        "{answer:?}"
    );
    assert_eq!(text_of(computer.as_ref(), "a.py").await, "x\n");
}

#[tokio::test]
async fn what_cannot_be_written_undoes_the_rest() {
    let computer = computer_with(&[("a.py", "x\n"), ("file", "y\n")]).await;
    let body =
        "*** Update File: a.py\n-x\n+z\n*** Add File: zz/a\n+1\n*** Add File: file/inside\n+z";
    let answer = run(computer.as_ref(), body).await;
    assert!(!answer.ok, "{answer:?}");
    assert_eq!(text_of(computer.as_ref(), "a.py").await, "x\n");
}

#[tokio::test]
async fn paths_outside_and_bytes_are_refused() {
    let computer = computer_with(&[]).await;
    computer.run(Exec::shell("printf '\\377' > bytes")).await.unwrap();
    for (body, says) in [
        ("*** Add File: /etc/x\n+y", "outside of the repository"),
        ("*** Add File: ../x\n+y", "without .."),
        ("*** Update File: bytes\n+y", "not UTF-8"),
        ("*** Update File: no.py\n+y", "there is no file no.py"),
    ] {
        let answer = run(computer.as_ref(), body).await;
        assert!(answer.text.contains(says), "{answer:?}");
    }
}
