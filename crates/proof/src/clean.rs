//! Clean computers: forked from the snapshot at base, with the change brought in as data. Runs git
//! inside only, with hooks off, and believes nothing that it hasn't looked at.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use computer::{Backend, Computer, Exec, SCRATCH, Snapshot, Spec, Stdin};
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

    /// The base's code with `files` as they are at head.
    pub async fn at_base_with(&self, files: &[String]) -> Result<Box<dyn Computer>, Error> {
        if files.is_empty() {
            return self.at_base().await;
        }
        let computer = self.with_change().await?;
        take_files(&*computer, &self.job.head, files).await?;
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

    /// The change's code with the files `back` as they are at base, and without the files `gone`.
    pub async fn at_head_without(
        &self,
        back: &[String],
        gone: &[String],
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
    if status.trim().is_empty() {
        return Ok(());
    }
    let status = stdx::cut::middle(&status, SAID_BYTES_MAX);
    Err(Error::Unclean { commit: commit.clone(), status })
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
