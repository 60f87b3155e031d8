//! The work tree in a computer, as jobs use it: git, the project's checks, commits. All of it runs
//! inside; what comes out is hostile text.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use computer::{Computer, Exec, Exited, SCRATCH, Stdin};

use crate::Error;

/// Git, on a large repository.
const GIT_TIME: Duration = Duration::from_secs(120);
/// Of what a program prints, what is looked at.
const OUTPUT_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Of what git says when it refuses.
const REFUSAL_LINES_MAX: usize = 10;

pub struct Tree<'c> {
    pub computer: &'c dyn Computer,
    deadline: Instant,
    runs: AtomicU32,
}

impl<'c> Tree<'c> {
    pub fn new(computer: &'c dyn Computer, time: Duration) -> Self {
        Self { computer, deadline: Instant::now() + time, runs: AtomicU32::new(0) }
    }

    pub fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    pub fn is_late(&self) -> bool {
        self.left().is_zero()
    }

    /// Runs a program or a check of the project's as it is, within the time that is left.
    pub async fn shell(&self, command: &str) -> Result<Exited, Error> {
        // Files change here faster than their times tell, and Python goes by those.
        let run = self.runs.fetch_add(1, Ordering::Relaxed);
        let exec = Exec::shell(command)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONPYCACHEPREFIX", format!("{SCRATCH}/pycache/{run}"))
            .timeout(self.left().max(Duration::from_secs(1)))
            .output_bytes_max(OUTPUT_BYTES_MAX);
        self.run("running a command", exec).await
    }

    pub async fn passes(&self, command: &str) -> Result<bool, Error> {
        Ok(self.shell(command).await?.status.is_success())
    }

    /// Git with hooks off: the repository's own programs have no say in these steps.
    pub async fn git(&self, arguments: &[&str]) -> Result<Exited, Error> {
        self.git_with(arguments, Stdin::Null).await
    }

    async fn git_with(&self, arguments: &[&str], stdin: Stdin) -> Result<Exited, Error> {
        let argv = ["git", "-c", "core.hooksPath=/dev/null"].iter().chain(arguments).copied();
        let exec =
            Exec::new(argv).stdin(stdin).timeout(GIT_TIME).output_bytes_max(OUTPUT_BYTES_MAX);
        self.run("running git", exec).await
    }

    /// Git that must succeed. Gives what it prints.
    pub async fn must(&self, arguments: &[&str]) -> Result<String, Error> {
        let ran = self.git(arguments).await?;
        if ran.status.is_success() { Ok(ran.stdout.text()) } else { Err(refused(arguments, &ran)) }
    }

    /// The same, without the newline at the end.
    pub async fn line(&self, arguments: &[&str]) -> Result<String, Error> {
        Ok(self.must(arguments).await?.trim_end().to_owned())
    }

    pub async fn is_dirty(&self) -> Result<bool, Error> {
        Ok(!self.must(&["status", "--porcelain", "--untracked-files=no"]).await?.is_empty())
    }

    /// The files as at `commit`, on no branch. What git doesn't follow and nobody excluded goes.
    pub async fn visit(&self, commit: &str) -> Result<(), Error> {
        self.must(&["checkout", "--quiet", "--force", "--detach", commit, "--"]).await?;
        self.must(&["clean", "-ffdq"]).await?;
        Ok(())
    }

    /// Back to the branch that `visit` left.
    pub async fn go_back(&self, branch: &str) -> Result<(), Error> {
        self.must(&["checkout", "--quiet", "--force", branch, "--"]).await?;
        self.must(&["clean", "-ffdq"]).await?;
        Ok(())
    }

    /// Takes back whatever isn't committed.
    pub async fn discard(&self) -> Result<(), Error> {
        self.must(&["reset", "--quiet", "--hard"]).await?;
        self.must(&["clean", "-ffdq"]).await?;
        Ok(())
    }

    /// Commits all that changed in files that git follows, and those that are staged.
    pub async fn commit(&self, message: &str) -> Result<(), Error> {
        let arguments =
            ["commit", "--quiet", "--all", "--no-verify", "--cleanup=whitespace", "-F", "-"];
        let message = message.replace('\0', "").into_bytes();
        let ran = self.git_with(&arguments, Stdin::Bytes(message)).await?;
        if ran.status.is_success() { Ok(()) } else { Err(refused(&arguments, &ran)) }
    }

    async fn run(&self, step: &'static str, exec: Exec) -> Result<Exited, Error> {
        self.computer.run(exec).await.map_err(|source| Error::Computer { step, source })
    }
}

fn refused(arguments: &[&str], ran: &Exited) -> Error {
    let text = ran.text();
    let lines: Vec<&str> = text.lines().take(REFUSAL_LINES_MAX).collect();
    Error::Git { command: arguments[0].to_owned(), output: lines.join("\n") }
}
