//! The harvest: what an agent left in the workspace becomes a bundle. All git runs inside the
//! computer; what comes out is bytes that nobody trusts yet.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use agent::Report;
use computer::{Computer, Exec, Exited, SCRATCH, Stdin};
use domain::Commit;

use crate::Error;
use crate::prepare::expect_success;

const GIT_TIME: Duration = Duration::from_secs(300);

/// The largest change that is taken.
const BUNDLE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Of what git says besides: it may be an agent's program that speaks, and we keep it in memory.
const SAID_BYTES_MAX: u64 = 64 * 1024;

/// Commits what is uncommitted, then bundles what is new since `base`. `None` where the tree is
/// the same as at `base`.
pub async fn bundle(
    computer: &dyn Computer,
    base: &Commit,
    report: &Report,
) -> Result<Option<Vec<u8>>, Error> {
    commit_leftovers(computer, report).await?;
    let same = git(computer, &["diff", "--quiet", "--no-ext-diff", base.as_str(), "HEAD"]).await?;
    if same.status.is_success() {
        return Ok(None);
    }
    let argv = forge::harvest_argv(base);
    let mut said = computer.run(exec(argv).output_bytes_max(BUNDLE_BYTES_MAX)).await?;
    let bundle = std::mem::take(&mut said.stdout);
    said.stderr.bytes.truncate(usize::try_from(SAID_BYTES_MAX).unwrap_or(usize::MAX));
    expect_success("`git bundle create` in the computer", &said)?;
    if bundle.dropped_bytes > 0 {
        let mib = BUNDLE_BYTES_MAX / domain::limits::MIB;
        return Err(Error::Unusable(format!("the change is larger than {mib} MiB")));
    }
    Ok(Some(bundle.bytes))
}

/// Brings a change that left a computer into one that was just made, on its branch.
pub async fn restore(computer: &dyn Computer, bundle: &Path, head: &Commit) -> Result<(), Error> {
    let path = format!("{SCRATCH}/change.bundle");
    let failed = |source| Error::Read { path: bundle.to_owned(), source };
    let file = File::open(bundle).map_err(failed)?;
    let take = ["sh", "-c", "cat > \"$0\"", &path].map(str::to_owned).to_vec();
    let taken = computer.run(exec(take).stdin(Stdin::Fd(file.into()))).await?;
    expect_success("taking the change into the computer", &taken)?;
    must(computer, &["bundle", "unbundle", &path]).await?;
    must(computer, &["reset", "--quiet", "--hard", head.as_str()]).await?;
    Ok(())
}

/// Agents edit; not all of them commit.
async fn commit_leftovers(computer: &dyn Computer, report: &Report) -> Result<(), Error> {
    // What a git that was killed left behind; the agent is gone, so nobody holds it.
    let unlock = ["rm", "-f", ".git/index.lock"].map(str::to_owned).to_vec();
    computer.run(exec(unlock)).await?;
    must(computer, &["add", "--all"]).await?;
    let staged = git(computer, &["diff", "--cached", "--quiet", "--no-ext-diff"]).await?;
    if staged.status.is_success() {
        return Ok(());
    }
    let subject = if report.title.trim().is_empty() { "Change" } else { report.title.trim() };
    // A model may say anything, and no argument may have a NUL in it or be of any length.
    let message = format!("{subject}\n\n{}", report.summary.trim()).replace('\0', "");
    let commit = ["git", "commit", "-q", "--no-verify", "--cleanup=whitespace", "-F", "-"];
    let commit = exec(commit.map(str::to_owned).to_vec()).stdin(Stdin::Bytes(message.into_bytes()));
    expect_success("`git commit` in the computer", &computer.run(commit).await?)
}

async fn must(computer: &dyn Computer, arguments: &[&str]) -> Result<Exited, Error> {
    let ran = git(computer, arguments).await?;
    expect_success(&format!("`git {}` in the computer", arguments[0]), &ran)?;
    Ok(ran)
}

async fn git(computer: &dyn Computer, arguments: &[&str]) -> Result<Exited, Error> {
    let argv = ["git"].iter().chain(arguments).map(|&word| word.to_owned());
    Ok(computer.run(exec(argv.collect())).await?)
}

fn exec(argv: Vec<String>) -> Exec {
    Exec::new(argv).timeout(GIT_TIME).output_bytes_max(SAID_BYTES_MAX)
}
