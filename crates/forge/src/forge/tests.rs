//! What every forge promises, held against the real one and the fake.

use super::*;
use crate::Error;
use crate::fake::Fake;
use crate::sample::{Repo, local, merge, with_change};

const BRANCH: &str = "whimbrel/x-00000000";
const OTHER: &str = "whimbrel/y-00000000";

async fn check(forge: &dyn Forge, base: &Base, head: &Commit) {
    check_branches(forge, base, head).await;
    check_merges(forge, base, head).await;
}

async fn check_branches(forge: &dyn Forge, base: &Base, head: &Commit) {
    let absent = forge.verify(BRANCH, head).await.unwrap_err();
    assert!(matches!(absent, Error::BranchMoved { .. }), "{absent}");
    for _twice in 0..2 {
        forge.offer(BRANCH, head).await.unwrap();
        forge.verify(BRANCH, head).await.unwrap();
    }
    let taken = forge.offer(BRANCH, &base.commit).await.unwrap_err();
    assert!(matches!(taken, Error::BranchTaken { .. }), "{taken}");
    check_renewal(forge, &base.commit, head).await;
    let moved = forge.close(BRANCH, &base.commit).await.unwrap_err();
    assert!(matches!(moved, Error::BranchMoved { .. }), "{moved}");
    for _twice in 0..2 {
        forge.close(BRANCH, head).await.unwrap();
    }
}

/// From `head` to `other` and back again; then the branch is gone, and is made again.
async fn check_renewal(forge: &dyn Forge, other: &Commit, head: &Commit) {
    for (from, to) in [(head, other), (other, head)] {
        for _twice in 0..2 {
            forge.renew(BRANCH, from, to).await.unwrap();
            forge.verify(BRANCH, to).await.unwrap();
        }
    }
    let nowhere: Commit = "e".repeat(40).parse().unwrap();
    let moved = forge.renew(BRANCH, &nowhere, other).await.unwrap_err();
    assert!(
        matches!(&moved, Error::BranchMoved { branch, expected, found }
            if branch == BRANCH && *expected == nowhere && found.as_ref() == Some(head)),
        "{moved}"
    );
    forge.close(BRANCH, head).await.unwrap();
    forge.renew(BRANCH, other, head).await.unwrap();
    forge.verify(BRANCH, head).await.unwrap();
}

async fn check_merges(forge: &dyn Forge, base: &Base, head: &Commit) {
    let nowhere = Base { branch: "none".into(), ..base.clone() };
    let unknown = forge.prepare_merge(&merge(&nowhere, head)).await.unwrap_err();
    assert!(matches!(unknown, Error::NoBranch { .. }), "{unknown}");

    let first = forge.prepare_merge(&merge(base, head)).await.unwrap();
    assert_eq!((&first.base_tip, first.moved), (&base.commit, false));
    let mut later = merge(base, head);
    later.at = later.at.plus_ms(1000);
    let second = forge.prepare_merge(&later).await.unwrap();
    for _twice in 0..2 {
        forge.publish_merge(&first).await.unwrap();
    }
    forge.verify(&base.branch, &first.commit).await.unwrap();
    let late = forge.publish_merge(&second).await.unwrap_err();
    assert!(matches!(late, Error::BaseMoved { .. }), "{late}");

    let again = forge.prepare_merge(&merge(base, head)).await.unwrap();
    assert_eq!((&again.commit, again.moved), (&first.commit, true));
    forge.publish_merge(&again).await.unwrap();
    forge.offer(OTHER, &first.commit).await.unwrap();
}

#[tokio::test]
async fn a_repository_keeps_its_promises() {
    let (home, repo) = (tempfile::tempdir().unwrap(), Repo::new());
    let (mirror, base, change) = with_change(&repo, home.path()).await;
    check(&local(&mirror), &base, &change.head).await;
}

#[tokio::test]
async fn the_fake_keeps_its_promises() {
    let commit = |digit: &str| digit.repeat(40).parse::<Commit>().unwrap();
    let base = Base { branch: "main".into(), commit: commit("a") };
    check(&Fake::new("main", &base.commit), &base, &commit("b")).await;

    let fake = Fake::new("main", &base.commit);
    fake.conflict(&commit("c"), &["x"]);
    let conflict = fake.prepare_merge(&merge(&base, &commit("c"))).await.unwrap_err();
    assert_eq!(conflict.to_string(), "it conflicts with main in x");
}
