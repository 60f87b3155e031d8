//! Clean computers: forked from the snapshot at base, with the change brought in as data. Runs git
//! inside only, with hooks off, and believes nothing that it hasn't looked at.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use computer::{Backend, Computer, Exec, SCRATCH, Snapshot, Spec, Stdin, WORKSPACE};
use domain::Commit;

use crate::{Error, Job};

/// Git's own work on one change; a checkout of a large repository takes seconds.
pub(crate) const GIT_TIME: Duration = Duration::from_secs(300);
/// Of git's words in an error.
pub(crate) const SAID_BYTES_MAX: usize = 2_000;

pub(crate) const OPTIONS: [&str; 9] = [
    "git",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "safe.directory=*",
    "-c",
    "fetch.fsckObjects=true",
];

/// What a file of the workspace is to say that neither commit has it say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'a> {
    pub path: &'a str,
    pub text: &'a str,
}

/// Makes computers for one job.
#[derive(Clone, Copy)]
pub(crate) struct Yard<'a> {
    pub backend: &'a dyn Backend,
    pub snapshot: &'a Snapshot,
    pub spec: &'a Spec,
    pub job: &'a Job<'a>,
}

impl Yard<'_> {
    pub async fn at_base(&self) -> Result<Box<dyn Computer>, Error> {
        let fork = self.backend.fork(self.snapshot, self.spec).await;
        let computer = fork.map_err(Error::at("be forked"))?;
        is_at(&*computer, &self.job.base).await?;
        Ok(computer)
    }

    pub async fn at_head(&self) -> Result<Box<dyn Computer>, Error> {
        let computer = self.with_change().await?;
        let head = self.job.head.as_str();
        // Whatever the setup left in the way of the change goes.
        let checkout = ["checkout", "--quiet", "--force", "--detach", head];
        git(&*computer, "check out the change", &checkout, Stdin::Null).await?;
        is_at(&*computer, &self.job.head).await?;
        is_clean(&*computer, &self.job.head).await?;
        Ok(computer)
    }

    /// The base's code with `files` as they are at head, and with `texts`.
    pub async fn at_base_with(
        &self,
        files: &[String],
        texts: &[Text<'_>],
    ) -> Result<Box<dyn Computer>, Error> {
        let computer = match files {
            [] => self.at_base().await?,
            files => {
                let computer = self.with_change().await?;
                take_files(&*computer, &self.job.head, files).await?;
                computer
            }
        };
        write(&*computer, texts).await?;
        Ok(computer)
    }

    /// The change's code with `files` as another change, in `bundle`, has them at `commit`.
    pub async fn at_head_with(
        &self,
        bundle: &Path,
        commit: &Commit,
        files: &[String],
    ) -> Result<Box<dyn Computer>, Error> {
        let computer = self.at_head().await?;
        bring_in(&*computer, bundle).await?;
        take_files(&*computer, commit, files).await?;
        Ok(computer)
    }

    /// The change's code with the files `back` as they are at base, without the files `gone`, and
    /// with `texts`.
    pub async fn at_head_without(
        &self,
        back: &[String],
        gone: &[String],
        texts: &[Text<'_>],
    ) -> Result<Box<dyn Computer>, Error> {
        let computer = self.at_head().await?;
        let base = self.job.base.as_str();
        let from = ["--pathspec-from-file=-", "--pathspec-file-nul"];
        let paths = |files: &[String]| Stdin::Bytes(files.join("\0").into_bytes());
        if !back.is_empty() {
            let checkout = ["--literal-pathspecs", "checkout", "--quiet", base, from[0], from[1]];
            git(&*computer, "bring the base's tests to the change", &checkout, paths(back)).await?;
        }
        if !gone.is_empty() {
            let remove = ["--literal-pathspecs", "rm", "--quiet", "--force", from[0], from[1]];
            git(&*computer, "take the change's tests away", &remove, paths(gone)).await?;
        }
        write(&*computer, texts).await?;
        Ok(computer)
    }

    /// The base, with the change's commits in its repository and nothing of them in its files.
    pub async fn with_change(&self) -> Result<Box<dyn Computer>, Error> {
        let computer = self.at_base().await?;
        bring_in(&*computer, self.job.bundle).await?;
        Ok(computer)
    }
}

/// A bundle's objects, into the computer's repository.
async fn bring_in(computer: &dyn Computer, path: &Path) -> Result<(), Error> {
    let file =
        File::open(path).map_err(|source| Error::Bundle { path: path.to_owned(), source })?;
    let exec = Exec::new(["sh", "-c", "cat > \"$0\"", &bundle_path()])
        .stdin(Stdin::Fd(file.into()))
        .timeout(GIT_TIME);
    succeed(computer, "take the change's bundle in", exec).await?;
    let unbundle = ["bundle", "unbundle", &bundle_path()];
    git(computer, "read the change's bundle", &unbundle, Stdin::Null).await?;
    Ok(())
}

/// Files of the workspace as they are at `commit`.
async fn take_files(
    computer: &dyn Computer,
    commit: &Commit,
    files: &[String],
) -> Result<(), Error> {
    let checkout = [
        "--literal-pathspecs",
        "checkout",
        "--quiet",
        commit.as_str(),
        "--pathspec-from-file=-",
        "--pathspec-file-nul",
    ];
    let paths = Stdin::Bytes(files.join("\0").into_bytes());
    git(computer, "take a change's tests over", &checkout, paths).await?;
    Ok(())
}

async fn write(computer: &dyn Computer, texts: &[Text<'_>]) -> Result<(), Error> {
    for Text { path, text } in texts {
        let path = Path::new(WORKSPACE).join(path);
        let written = computer.write(&path, text.as_bytes(), 0o644).await;
        written.map_err(Error::at("be given the other commit's tests"))?;
    }
    Ok(())
}

fn bundle_path() -> String {
    format!("{SCRATCH}/change.bundle")
}

async fn is_at(computer: &dyn Computer, wanted: &Commit) -> Result<(), Error> {
    let head = git(computer, "tell its commit", &["rev-parse", "HEAD"], Stdin::Null).await?;
    if head.trim() == wanted.as_str() {
        return Ok(());
    }
    Err(Error::WrongCommit { wanted: wanted.clone(), found: stdx::cut::line(&head, 80) })
}

async fn is_clean(computer: &dyn Computer, commit: &Commit) -> Result<(), Error> {
    let status = ["status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all"];
    let status = git(computer, "tell what differs", &status, Stdin::Null).await?;
    if status.trim().is_empty() || has_the_same_bytes(computer, commit).await? {
        return Ok(());
    }
    let status = stdx::cut::middle(&status, SAID_BYTES_MAX);
    Err(Error::Unclean { commit: commit.clone(), status })
}

/// Whether each file that git calls modified is to the byte what `commit` has. Where attributes say
/// that its line endings would change once it is added, git calls it so or not by the times of its
/// files alone.
async fn has_the_same_bytes(computer: &dyn Computer, commit: &Commit) -> Result<bool, Error> {
    let options = ["diff-index", "--raw", "-z", "--no-abbrev", "--no-renames"];
    let args = [&options[..], &["--ignore-submodules=all", commit.as_str()]].concat();
    let listed = git(computer, "tell what differs", &args, Stdin::Null).await?;
    let Some(expected) = modified(&listed) else { return Ok(false) };
    let paths: String = expected.iter().map(|(path, _)| format!("{path}\n")).collect();
    let hash = ["hash-object", "--no-filters", "--stdin-paths"];
    let paths = Stdin::Bytes(paths.into_bytes());
    let found = git(computer, "hash what differs", &hash, paths).await?;
    Ok(found.lines().eq(expected.iter().map(|(_, object)| *object)))
}

/// Paths and objects of files that have another content and are otherwise as they were. `None`
/// where something else differs, or a path can't be handed on in a line.
fn modified(listed: &str) -> Option<Vec<(&str, &str)>> {
    let mut fields = listed.split_terminator('\0');
    let mut modified = Vec::new();
    while let Some(meta) = fields.next() {
        let path = fields.next()?;
        let [base, here, object, _, "M"] = meta.split(' ').collect::<Vec<_>>()[..] else {
            return None;
        };
        let is_file = base.starts_with(":100") && base.strip_prefix(':') == Some(here);
        let is_plain = !path.contains(['\n', '\u{fffd}']) && !path.starts_with('"');
        if !is_file || !is_plain {
            return None;
        }
        modified.push((path, object));
    }
    Some(modified)
}

async fn git(
    computer: &dyn Computer,
    step: &'static str,
    args: &[&str],
    stdin: Stdin,
) -> Result<String, Error> {
    succeed(computer, step, git_exec(args, stdin)).await
}

/// Git in a computer, without hooks.
pub(crate) fn git_exec(args: &[&str], stdin: Stdin) -> Exec {
    let argv = OPTIONS.iter().chain(args).copied();
    Exec::new(argv).env("GIT_TERMINAL_PROMPT", "0").stdin(stdin).timeout(GIT_TIME)
}

async fn succeed(computer: &dyn Computer, step: &'static str, exec: Exec) -> Result<String, Error> {
    let exited = computer.run(exec).await.map_err(Error::at(step))?;
    if exited.status.is_success() {
        return Ok(exited.stdout.text());
    }
    let exit = format!("exit {}", exited.status.code());
    let said = stdx::cut::middle(exited.stderr.text().trim(), SAID_BYTES_MAX);
    Err(Error::Git { step, exit, said })
}

#[cfg(test)]
mod tests;
