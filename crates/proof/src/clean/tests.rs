use computer::fake::Fake;

use super::*;

/// A repository in which git calls `a.txt` modified as soon as it looks into the file.
async fn with_other_line_endings() -> (Box<dyn Computer>, Commit) {
    let fake = Fake::new();
    let computer = fake.fork(&fake.bare(), &Spec::default()).await.unwrap();
    let make = "git init -q && git config user.name A && git config user.email a@b && \
                printf 'a\\r\\n' > a.txt && git add -A && git commit -q -m c && \
                echo '* text' > .gitattributes && git add .gitattributes && git commit -q -m d && \
                touch -d 2100-01-01 a.txt";
    succeed(&*computer, "make a repository", Exec::shell(make)).await.unwrap();
    let head = git(&*computer, "tell its commit", &["rev-parse", "HEAD"], Stdin::Null);
    let head = head.await.unwrap().trim().parse().unwrap();
    (computer, head)
}

#[tokio::test]
async fn a_file_is_clean_that_only_git_would_change() {
    let (computer, head) = with_other_line_endings().await;
    let status = git(&*computer, "tell what differs", &["status", "--porcelain"], Stdin::Null);
    assert_eq!(status.await.unwrap(), " M a.txt\n");
    is_clean(&*computer, &head).await.unwrap();
}

#[tokio::test]
async fn what_differs_is_not_clean() {
    for differing in
        ["printf 'b\\r\\n' > a.txt", "rm a.txt", "chmod +x a.txt", "git rm -q --cached a.txt"]
    {
        let (computer, head) = with_other_line_endings().await;
        succeed(&*computer, "differ", Exec::shell(differing)).await.unwrap();
        let error = is_clean(&*computer, &head).await.unwrap_err();
        assert!(matches!(error, Error::Unclean { .. }), "{differing}: {error:?}");
    }
}
