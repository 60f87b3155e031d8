use crate::jobs::tests::{Ground, nothing};
use crate::jobs::{Ended, Name};

/// A ruff in the project's own environment: two rules that it fixes, one that it can't.
const RUFF: &str = r#"#!/bin/sh
case "$*" in
--version) echo "ruff 0" ;;
*--statistics*) echo '[{"code":"A1","name":"tabs","fixable":true},{"code":"B2","name":"breaks","fixable":true},
  {"code":"C3","name":"none","fixable":false},{"code":"D4","name":"idle","fixable":true}]' ;;
*"--select A1"*) sed -i 's/\t/    /' a.py ;;
*"--select B2"*) echo broken > a.py ;;
*"--select D4"*) true ;;
*format*) echo '# formatted' >> a.py ;;
*) exit 3 ;;
esac
"#;

const CHECK: (&str, &str) = ("test", "! grep -q broken a.py");

async fn ground(config: &str, checks: &[(&str, &str)]) -> Ground {
    let ground = Ground::new(checks).await;
    let files = [("a.py", "if x:\n\ty\n"), ("pyproject.toml", config), (".venv/bin/ruff", RUFF)];
    ground.commit("Begin", &files).await;
    ground.shell("chmod +x .venv/bin/ruff && git commit -qam mode").await;
    ground
}

#[tokio::test]
async fn each_rule_that_keeps_the_tests_is_a_commit() {
    if on_path("ruff") {
        return; // It would be asked instead of the project's own.
    }
    let mut ground = ground("[tool.ruff]\n[tool.ruff.format]\n", &[CHECK]).await;
    let ended = ground.run(Name::Lint, "fix the lint warnings", None).await;
    let Ended::Changed { title, summary } = ended else { panic!("{ended:?}") };
    assert_eq!(title, "Fix 2 lint rules of ruff and ruff format");
    expect_test::expect![[r#"
        By the linters' own fixes, one rule a commit; after each, `test` passed:

        - Fix A1 tabs (ruff): 2 lines
        - Format with ruff format: 1 line

        Left out, because the tests fail with it:

        - Fix B2 breaks (ruff): 3 lines
    "#]]
    .assert_eq(&summary);
    ground.is_clean().await;
    let subjects = ground.shell("git log --reverse --format=%s").await;
    assert_eq!(subjects, "Begin\nmode\nFix A1 tabs (ruff)\nFormat with ruff format");
    assert_eq!(ground.shell("cat a.py").await, "if x:\n    y\n# formatted");
}

#[tokio::test]
async fn what_can_not_be_done_is_said() {
    let mut nobody = ground("[project]\n", &[CHECK]).await;
    nothing(nobody.run(Name::Lint, "", None).await, "configures no linter");
    let mut failing = ground("[tool.ruff]\n", &[("test", "false")]).await;
    if !on_path("ruff") {
        let ended = failing.run(Name::Lint, "", None).await;
        nothing(ended, "fails before anything is changed");
    }
    let mut missing = Ground::new(&[CHECK, ("lint", "eslint .")]).await;
    missing.commit("Begin", &[("a.js", "")]).await;
    nothing(missing.run(Name::Lint, "", None).await, "the check lint asks for eslint, which this");
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
