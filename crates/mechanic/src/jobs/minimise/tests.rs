use domain::Commit;

use crate::jobs::tests::{Ground, nothing};
use crate::jobs::{Ended, Name, Other};

/// Passes where the file has both lines.
const CHECK: &str = "grep -qx one a.txt && grep -qx two b.txt";

/// The change from what is checked out to these files, as another attempt's.
async fn other(ground: &Ground, files: &[(&str, &str)]) -> Other {
    let base = ground.shell("git rev-parse HEAD").await;
    let head: Commit = ground.commit("Other", files).await.parse().unwrap();
    ground.shell(&format!("git reset -q --hard {base}")).await;
    Other { name: "k3v9x2ab.2".into(), title: "Do it".into(), head }
}

#[tokio::test]
async fn what_no_check_needs_is_left_out() {
    let mut ground = Ground::new(&[("test", CHECK)]).await;
    ground.commit("Begin", &[("a.txt", "x\ny\nz\n"), ("c.txt", "c\n"), ("gone", "g\n")]).await;
    ground.shell("git config core.hooksPath /nowhere").await;
    let a = "X\none\ny\nmore\nz\nZ\n";
    let files = [("a.txt", a), ("b.txt", "zero\ntwo\nthree\n"), ("c.txt", "d\n"), ("n/new", "n\n")];
    let other = other(&ground, &files).await;
    let ended = ground.run(Name::Minimise, "k3v9x2ab.2", Some(other)).await;
    let Ended::Changed { title, summary } = ended else { panic!("{ended:?}") };
    assert_eq!(title, "Do it");
    assert!(summary.contains("k3v9x2ab.2") && summary.contains("to 2, "), "{summary}");
    ground.is_clean().await;
    assert_eq!(ground.commits().await, 2);
    assert_eq!(ground.shell("cat a.txt").await, "x\none\ny\nz");
    assert_eq!(
        ground.shell("cat b.txt; cat c.txt gone; ls").await,
        "two\nc\ng\na.txt\nb.txt\nc.txt\ngone"
    );
}

#[tokio::test]
async fn tests_of_the_change_stay_and_say_what_it_is_for() {
    // Without its test the change is needed by nothing.
    let check = "for t in tests/*; do sh $t || exit 1; done";
    let mut ground = Ground::new(&[("test", check)]).await;
    ground.commit("Begin", &[("a.txt", "x\n"), ("tests/first", "true\n")]).await;
    let test = "# a comment\ngrep -qx one a.txt\n";
    let files = [("a.txt", "x\none\nunneeded\n"), ("tests/second", test)];
    let other = other(&ground, &files).await;
    let ended = ground.run(Name::Minimise, "", Some(other)).await;
    assert!(matches!(ended, Ended::Changed { .. }), "{ended:?}");
    assert_eq!(ground.shell("cat a.txt tests/second").await, format!("x\none\n{test}").trim_end());
}

#[tokio::test]
async fn deleted_and_binary_files_go_or_stay_as_a_whole() {
    let check = "[ ! -e old ] && [ -x run ] && [ \"$(wc -c < data)\" = 4 ]";
    let mut ground = Ground::new(&[("test", check)]).await;
    ground
        .commit("Begin", &[("old", "1\n2\n"), ("other", "o\n"), ("run", "r\n"), ("data", "x")])
        .await;
    let base = ground.shell("git rev-parse HEAD").await;
    ground.shell("git rm -q old other && chmod +x run && printf 'a\\0b\\n' > data").await;
    let head: Commit = ground.commit("Other", &[]).await.parse().unwrap();
    ground.shell(&format!("git reset -q --hard {base}")).await;
    let other = Other { name: "k3v9x2ab.2".into(), title: String::new(), head };
    let ended = ground.run(Name::Minimise, "", Some(other)).await;
    assert!(matches!(ended, Ended::Changed { .. }), "{ended:?}");
    ground.is_clean().await;
    let changed = ground.shell("git diff --name-status HEAD~1").await;
    assert_eq!(changed, "M\tdata\nD\told\nM\trun");
}

#[tokio::test]
async fn where_nothing_can_go_or_nothing_is_shown_that_is_said() {
    let mut ground = Ground::new(&[("test", CHECK)]).await;
    ground.commit("Begin", &[("a.txt", "x\n"), ("b.txt", "y\n")]).await;
    let needed = other(&ground, &[("a.txt", "x\none\n"), ("b.txt", "y\ntwo\n")]).await;
    let ended = ground.run(Name::Minimise, "", Some(needed)).await;
    nothing(ended, "each line of k3v9x2ab.2's change is needed");
    let useless = other(&ground, &[("c.txt", "x\n")]).await;
    nothing(ground.run(Name::Minimise, "", Some(useless)).await, "no check passes with");
    nothing(ground.run(Name::Minimise, "", None).await, "names no attempt");
    ground.is_clean().await;

    let mut ground = Ground::new(&[("test", "true")]).await;
    ground.commit("Begin", &[("a.txt", "x\n")]).await;
    let unseen = other(&ground, &[("a.txt", "y\n")]).await;
    nothing(ground.run(Name::Minimise, "", Some(unseen)).await, "just as well without");
    ground.is_clean().await;
}
