//! The work tree as it was: what the tests of edited programs left in it goes, before the test
//! command runs for good. A test that writes where an edit told it to mustn't spoil the next run.

use std::collections::BTreeSet;

use computer::{Computer, Exec, Stdin};

use crate::Error;

/// Of git's list of changes. What doesn't fit in is left alone.
const STATUS_BYTES_MAX: u64 = 1024 * 1024;

/// What git said of the work tree in the beginning.
#[derive(Debug)]
pub struct Tidy {
    before: Option<BTreeSet<String>>,
}

impl Tidy {
    pub async fn look(computer: &dyn Computer) -> Result<Self, Error> {
        Ok(Self { before: status(computer).await? })
    }

    /// Takes back what is different since, but for `own` files, which the mechanic wrote.
    pub async fn restore(&self, computer: &dyn Computer, own: &[String]) -> Result<(), Error> {
        let (Some(before), Some(now)) = (&self.before, status(computer).await?) else {
            return Ok(());
        };
        let is_own = |path: &str| own.iter().any(|own| own == path);
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for entry in now.difference(before) {
            let Some((kind, path)) = entry.split_at_checked(3) else { continue };
            match kind {
                _ if is_own(path) => {}
                "?? " => new.push(path),
                _ => changed.push(path),
            }
        }
        let checkout = [
            "git",
            "--literal-pathspecs",
            "checkout",
            "--quiet",
            "--pathspec-from-file=-",
            "--pathspec-file-nul",
        ];
        with_paths(computer, &checkout, &changed).await?;
        with_paths(computer, &["xargs", "-0", "rm", "-rf", "--"], &new).await
    }
}

async fn with_paths(
    computer: &dyn Computer,
    command: &[&str],
    paths: &[&str],
) -> Result<(), Error> {
    if paths.is_empty() {
        return Ok(());
    }
    let all: Vec<String> = paths.iter().map(|path| format!("./{path}\0")).collect();
    let exec = Exec::new(command.iter().map(|word| (*word).to_owned()))
        .stdin(Stdin::Bytes(all.concat().into_bytes()));
    let ran = computer.run(exec).await;
    let ran = ran.map_err(|source| Error::Computer { step: "tidying up", source })?;
    if !ran.status.is_success() {
        tracing::debug!(output = ran.text(), "what tests left could not be taken back");
    }
    Ok(())
}

/// An entry is two letters, a blank and a path. Renames aren't looked for, so each has one path.
/// `None` for a list that isn't whole: what isn't in it could be anyone's.
async fn status(computer: &dyn Computer) -> Result<Option<BTreeSet<String>>, Error> {
    let git = ["git", "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all"];
    let exec = Exec::new(git.map(str::to_owned)).output_bytes_max(STATUS_BYTES_MAX);
    let ran = computer.run(exec).await;
    let ran = ran.map_err(|source| Error::Computer { step: "looking at the work tree", source })?;
    if !ran.status.is_success() || ran.stdout.dropped_bytes > 0 {
        return Ok(None);
    }
    let text = ran.stdout.text();
    Ok(Some(text.split('\0').filter(|entry| !entry.is_empty()).map(str::to_owned).collect()))
}
