//! The repository in a computer's workspace: a commit's history comes in as a stream, or only what
//! is missing of it, and is checked out. All git runs inside.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use computer::{Computer, Exec, Stdin, WORKSPACE};
use domain::Commit;
use environment::Environment;
use forge::{Mirror, Packing};

use super::expect_success;
use crate::Error;

/// The branch that an agent finds itself on.
const BRANCH: &str = "whimbrel";

/// Unpacking a large history takes long; never this long.
const UNPACK_TIME: Duration = Duration::from_secs(600);

/// What tools leave in a tree without being part of it; never part of a change.
const NOT_PART_OF_A_CHANGE: &str = "__pycache__/\n*.py[cod]\n.pytest_cache/\n.mypy_cache/\n\
    .ruff_cache/\n.coverage\n*.egg-info/\nnode_modules/\n";

/// Paths of what a setup left in the tree that are remembered; a setup leaves folders, and git
/// names only the topmost.
const LEFTOVERS_MAX: usize = 1_000;

/// Makes the repository in an empty workspace.
pub async fn make(
    computer: &dyn Computer,
    mirror: &Mirror,
    commit: &Commit,
    environment: &Environment,
) -> Result<(), Error> {
    let format = if commit.as_str().len() == 64 { "sha256" } else { "sha1" };
    let format = format!("--object-format={format}");
    git(computer, &["init", "-q", "--template=", "-b", BRANCH, &format, "."]).await?;
    // A fork's files have other inode numbers than the snapshot's; their sizes and times are the
    // same, and that must be enough for git, or it reads every file again.
    git(computer, &["config", "core.checkStat", "minimal"]).await?;
    git(computer, &["config", "core.trustctime", "false"]).await?;
    take_in(computer, mirror.pack_into_pipe(commit).await?).await?;
    check_out(computer, commit).await?;
    exclude(computer, exclusions(environment)).await
}

/// Brings a workspace that is at `have`, if that is known, to `commit`. What a setup made in it,
/// and git doesn't follow, stays.
pub async fn bring_to(
    computer: &dyn Computer,
    mirror: &Mirror,
    have: Option<&Commit>,
    commit: &Commit,
) -> Result<(), Error> {
    let unlock = Exec::new(["rm", "-f", ".git/index.lock"]).timeout(UNPACK_TIME);
    expect_success("unlocking the repository in the computer", &computer.run(unlock).await?)?;
    let packing = match have {
        Some(have) => mirror.pack_since(commit, have).await?,
        None => mirror.pack_into_pipe(commit).await?,
    };
    take_in(computer, packing).await?;
    check_out(computer, commit).await
}

/// Adds a commit to what a workspace that has `have` knows; nothing that is checked out changes.
pub async fn add(
    computer: &dyn Computer,
    mirror: &Mirror,
    have: &Commit,
    commit: &Commit,
) -> Result<(), Error> {
    take_in(computer, mirror.pack_since(commit, have).await?).await
}

/// The history comes in as a stream: no file or folder of the host is ever shared.
async fn take_in(computer: &dyn Computer, packing: Packing) -> Result<(), Error> {
    let shallow: String = packing.shallow.iter().map(|commit| format!("{commit}\n")).collect();
    if !shallow.is_empty() {
        let file = Path::new(WORKSPACE).join(".git/shallow");
        computer.write(&file, shallow.as_bytes(), 0o644).await?;
    }
    let (stdout, finish) = packing.split();
    let index = Exec::new(["git", "index-pack", "--fix-thin", "--stdin"])
        .stdin(Stdin::Fd(stdout))
        .timeout(UNPACK_TIME);
    let ran = computer.run(index).await?;
    expect_success("unpacking the repository in the computer", &ran)?;
    Ok(finish.finish().await?)
}

async fn check_out(computer: &dyn Computer, commit: &Commit) -> Result<(), Error> {
    let branch = format!("refs/heads/{BRANCH}");
    git(computer, &["symbolic-ref", "HEAD", &branch]).await?;
    git(computer, &["update-ref", &branch, commit.as_str()]).await?;
    git(computer, &["-c", "core.hooksPath=/dev/null", "reset", "-q", "--hard", commit.as_str()])
        .await
}

/// What a setup changed of the project's own files is undone, and what it left beside them is
/// never part of a change: an agent's change is the agent's alone.
pub async fn tidy(computer: &dyn Computer, commit: &Commit) -> Result<(), Error> {
    check_out(computer, commit).await?;
    let others = ["git", "ls-files", "--others", "--exclude-standard", "--directory", "-z"];
    let ran = computer.run(Exec::new(others).timeout(UNPACK_TIME)).await?;
    expect_success("`git ls-files` in the computer", &ran)?;
    let left: String =
        ran.stdout.text().split_terminator('\0').take(LEFTOVERS_MAX).filter_map(pattern).collect();
    if left.is_empty() { Ok(()) } else { exclude(computer, left).await }
}

/// A line of an exclude file that stands for this path alone.
fn pattern(path: &str) -> Option<String> {
    if path.contains(['\n', '\u{fffd}']) {
        return None;
    }
    let special = |c: char| matches!(c, '*' | '?' | '[' | ']' | '\\' | '!' | '#' | ' ');
    let escaped: String =
        path.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect();
    Some(format!("/{escaped}\n"))
}

/// Adds to what git overlooks in this workspace.
async fn exclude(computer: &dyn Computer, lines: String) -> Result<(), Error> {
    let append = Exec::shell("mkdir -p .git/info && cat >> .git/info/exclude")
        .stdin(Stdin::Bytes(lines.into_bytes()))
        .timeout(UNPACK_TIME);
    expect_success("excluding files in the computer", &computer.run(append).await?)
}

fn exclusions(environment: &Environment) -> String {
    let cargo = environment.checks.iter().any(|check| check.command.contains("cargo "));
    format!("{NOT_PART_OF_A_CHANGE}{}", if cargo { "/target/\n" } else { "" })
}

/// An image has what it has.
pub fn needed(program: &'static str) -> impl FnOnce(computer::Error) -> Error {
    move |error| match &error {
        computer::Error::Exec { source, .. } if source.kind() == ErrorKind::NotFound => {
            Error::Unusable(format!(
                "the environment's image has no {program}, which whimbrel needs inside; take one \
                 that has it, or install it in an image of your own"
            ))
        }
        _ => error.into(),
    }
}

async fn git(computer: &dyn Computer, arguments: &[&str]) -> Result<(), Error> {
    let argv = ["git"].iter().chain(arguments).copied();
    let ran = computer.run(Exec::new(argv).timeout(UNPACK_TIME)).await.map_err(needed("git"))?;
    expect_success(&format!("`git {}` in the computer", arguments.join(" ")), &ran)
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn a_path_is_excluded_as_it_is() {
        assert_eq!(pattern("a b/*").unwrap(), "/a\\ b/\\*\n");
        assert_eq!(pattern("build/").unwrap(), "/build/\n");
        assert_eq!(pattern("a\nb"), None);
    }
}
