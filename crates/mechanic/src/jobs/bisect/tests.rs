use crate::jobs::tests::{Ground, nothing};
use crate::jobs::{Ended, Name};

/// Passes where the file says so; code 125 where there is no such file.
const CHECK: &str = "[ -e value ] || exit 125; grep -q good value";

/// A history of so many commits, of which `bad` is the first one that is bad. Gives that commit.
async fn history(ground: &Ground, commits: usize, bad: usize) -> String {
    let mut culprit = String::new();
    for number in 0..commits {
        let value = if number < bad { "good\n" } else { "wrong\n" };
        let own = format!("{number}.txt");
        let subject = format!("Step {number}");
        let commit = ground.commit(&subject, &[("value", value), (&own, "text\n")]).await;
        if number == bad {
            culprit = commit;
        }
    }
    culprit
}

#[tokio::test]
async fn the_culprit_is_reverted() {
    let mut ground = Ground::new(&[("test", CHECK)]).await;
    let culprit = history(&ground, 12, 7).await;
    let ended = ground.run(Name::Bisect, "which commit broke it?", None).await;
    let Ended::Changed { title, summary } = ended else { panic!("{ended:?}") };
    assert_eq!(title, "Revert \"Step 7\"");
    for words in [&culprit[..], "Ada <ada@example.org>", "7.txt", "Step 7", "of 12 commits"] {
        assert!(summary.contains(words), "no {words} in {summary}");
    }
    ground.is_clean().await;
    assert_eq!(ground.commits().await, 13);
    assert_eq!(ground.shell("cat value").await, "good");
    assert!(ground.shell("git log -1 --format=%B").await.contains(&culprit));
}

#[tokio::test]
async fn a_revert_that_conflicts_leaves_an_answer() {
    let mut ground = Ground::new(&[("test", CHECK)]).await;
    let culprit = history(&ground, 5, 3).await;
    ground.commit("Change it again", &[("value", "also wrong\n")]).await;
    let ended = ground.run(Name::Bisect, "", None).await;
    let Ended::Answered { answer } = ended else { panic!("{ended:?}") };
    assert!(answer.contains(&culprit) && answer.contains("conflicts"), "{answer}");
    ground.is_clean().await;
    assert_eq!(ground.commits().await, 6);
}

#[tokio::test]
async fn commits_that_can_not_be_built_are_gone_around() {
    let mut ground = Ground::new(&[("test", CHECK)]).await;
    ground.commit("Begin", &[("a", "1")]).await;
    ground.commit("Good", &[("value", "good\n")]).await;
    ground.shell("git rm -q value").await;
    ground.commit("Lose it", &[("b", "1")]).await;
    let culprit = ground.commit("Wrong", &[("value", "wrong\n")]).await;
    ground.commit("More", &[("c", "1")]).await;
    let ended = ground.run(Name::Bisect, "", None).await;
    let Ended::Answered { answer } = ended else { panic!("{ended:?}") };
    assert!(
        answer.contains("One of these 2 commits") && answer.contains(&culprit[..12]),
        "{answer}"
    );
    ground.is_clean().await;
}

#[tokio::test]
async fn a_check_that_is_not_the_same_twice_blames_nobody() {
    // Good and bad by turns, whatever the commit.
    let check =
        "n=$(cat .git/n 2>/dev/null || echo 0); echo $((n + 1)) > .git/n; [ $((n % 3)) = 1 ]";
    let mut ground = Ground::new(&[("test", check)]).await;
    history(&ground, 6, 3).await;
    nothing(ground.run(Name::Bisect, "", None).await, "flaky");
    ground.is_clean().await;
}

#[tokio::test]
async fn where_nothing_is_broken_or_never_worked_that_is_said() {
    let mut ground = Ground::new(&[("test", CHECK), ("lint", "true")]).await;
    history(&ground, 4, 4).await;
    nothing(ground.run(Name::Bisect, "", None).await, "every check passes here (test, lint)");
    let mut ground = Ground::new(&[("test", CHECK)]).await;
    history(&ground, 4, 0).await;
    nothing(ground.run(Name::Bisect, "", None).await, "passes at none of 4 commits");
    nothing(Ground::new(&[]).await.run(Name::Bisect, "", None).await, "no check was found");
}

/// A merge is looked at as one step from its first parent, and reverted so.
#[tokio::test]
async fn a_merge_is_reverted_as_one() {
    let mut ground = Ground::new(&[("test", CHECK)]).await;
    history(&ground, 3, 3).await;
    ground.shell("git checkout -q -b side").await;
    ground.commit("Break it aside", &[("value", "wrong\n")]).await;
    ground.shell("git checkout -q main").await;
    ground.commit("Meanwhile", &[("d", "1")]).await;
    ground.shell("git merge -q --no-ff -m 'Merge side' side").await;
    ground.commit("After", &[("e", "1")]).await;
    let ended = ground.run(Name::Bisect, "", None).await;
    let Ended::Changed { title, .. } = ended else { panic!("{ended:?}") };
    assert_eq!(title, "Revert \"Merge side\"");
    assert_eq!(ground.shell("cat value; ls").await, "good\n0.txt\n1.txt\n2.txt\nd\ne\nvalue");
}

#[tokio::test]
async fn hostile_words_of_a_commit_are_plain() {
    let mut ground = Ground::new(&[("test", CHECK)]).await;
    history(&ground, 2, 2).await;
    ground.shell("git config user.name \"$(printf 'E\\033[31mve`x`')\"").await;
    let subject = "evil \u{1b}[2J `rm -rf`";
    ground.commit(subject, &[("value", "wrong\n")]).await;
    let ended = ground.run(Name::Bisect, "", None).await;
    let Ended::Changed { title, summary } = ended else { panic!("{ended:?}") };
    assert!(!title.contains(['\u{1b}', '`']) && !summary.contains('\u{1b}'), "{title} {summary}");
}
