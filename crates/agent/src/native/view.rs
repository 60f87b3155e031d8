//! What the workspace is like, by git inside of the computer.

use std::time::Duration;

use computer::{Computer, Exec};

use super::machine::View;
use super::plain::plain;

/// The id of the tree that a commit of everything would have, made beside the agent's own index.
/// Two workspaces with the same files have the same.
const TREE: &str = r#"
index=$(git rev-parse --git-path index) && copy=$(mktemp) || exit 1
cp "$index" "$copy" 2>/dev/null || rm -f "$copy"
GIT_INDEX_FILE=$copy git add -A . && GIT_INDEX_FILE=$copy git write-tree
rm -f "$copy""#;

/// For who has to go on without having seen how it came about.
const CHANGES: &str = r#"
echo "The last commits:"; git log --oneline --no-decorate -n 10
echo "Not committed:"; git status --short
git --no-pager diff HEAD --stat --no-ext-diff --no-color
git --no-pager diff HEAD --no-ext-diff --no-color"#;

const TIMEOUT: Duration = Duration::from_secs(60);
/// Read of what changed.
const READ_BYTES_MAX: u64 = 1024 * 1024;
/// Told of it.
const CHANGES_BYTES_MAX: usize = 16 * 1024;
/// Of a digest.
const DIGEST_BYTES_MAX: u64 = 200;

/// A digest of all files; empty where git can't tell.
pub(super) async fn workspace(computer: &dyn Computer) -> Result<String, computer::Error> {
    let exec = Exec::shell(TREE).timeout(TIMEOUT).output_bytes_max(DIGEST_BYTES_MAX);
    let told = computer.run(exec).await?.stdout.text();
    let is_digest = |text: &str| text.len() >= 40 && text.chars().all(|c| c.is_ascii_hexdigit());
    Ok(Some(told.trim()).filter(|text| is_digest(text)).unwrap_or_default().to_owned())
}

pub(super) async fn look(computer: &dyn Computer) -> Result<View, computer::Error> {
    let workspace = workspace(computer).await?;
    let exec = Exec::shell(CHANGES).timeout(TIMEOUT).output_bytes_max(READ_BYTES_MAX);
    let told = plain(&computer.run(exec).await?.stdout.text());
    Ok(View { workspace, changes: stdx::cut::middle(told.trim_end(), CHANGES_BYTES_MAX) })
}

#[cfg(test)]
mod tests {
    use super::super::tests::computer_with;
    use super::*;

    #[tokio::test]
    async fn the_digest_is_of_the_files_and_of_nothing_else() {
        let computer = computer_with(&[("a.py", "x\n"), (".gitignore", "ignored\n")]).await;
        assert_eq!(workspace(computer.as_ref()).await.unwrap(), "", "no repository");
        let git = "git init -q . && git config user.email a@b && git config user.name a";
        computer.run(Exec::shell(git)).await.unwrap();
        let mut digests = Vec::new();
        for command in [
            "true",
            "git add -A && git commit -qm base",
            "touch ignored && git tag t",
            "echo y >>a.py",
            "git commit -qam more",
            "echo new >b.py",
            "rm b.py; git revert -n HEAD; git commit -qm less",
        ] {
            let exited = computer.run(Exec::shell(command)).await.unwrap();
            assert!(exited.status.is_success(), "{}", exited.text());
            digests.push(workspace(computer.as_ref()).await.unwrap());
        }
        let [a, b, c, d, e, f, g] = &digests[..] else { panic!() };
        assert!(!a.is_empty() && a == b && b == c && c != d && d == e && e != f);
        assert_eq!(g, a);
        computer.run(Exec::shell("echo z >>a.py")).await.unwrap();
        let view = look(computer.as_ref()).await.unwrap();
        for told in ["less", " M a.py", "1 file changed", "+z"] {
            assert!(view.changes.contains(told), "{}", view.changes);
        }
    }
}
