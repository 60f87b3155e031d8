//! From a commit to a snapshot: the repository in the workspace and its setup done. Built once
//! for a commit and a setup script, then found again.

use std::path::Path;
use std::time::Duration;

use computer::{Backend, Computer, Exec, Exited, Snapshot, SnapshotId, Spec, Stdin, WORKSPACE};
use domain::Commit;
use environment::Environment;
use forge::Mirror;
use sha2::{Digest, Sha256};

use crate::{Error, Home};

/// Part of every key; another number forgets all snapshots, as a changed recipe must.
const RECIPE_VERSION: &str = "1";

/// The branch that an agent finds itself on.
const BRANCH: &str = "whimbrel";

/// Unpacking a large history takes long; never this long.
const UNPACK_TIME: Duration = Duration::from_secs(600);
const SETUP_TIME: Duration = Duration::from_secs(900);

/// Of a failed step's output, what the error shows.
const FAILURE_LINES_MAX: usize = 20;
const FAILURE_BYTES_MAX: usize = 4 * 1024;

/// What tools leave in a tree without being part of it; never part of a change.
const NOT_PART_OF_A_CHANGE: &str = "__pycache__/\n*.py[cod]\n.pytest_cache/\n.mypy_cache/\n\
    .ruff_cache/\n.coverage\n*.egg-info/\nnode_modules/\n";

/// Finds or builds the snapshot of `commit` under `environment`. Of two processes that need the
/// same one, the second waits for the first.
pub async fn snapshot(
    home: &Home,
    backend: &dyn Backend,
    mirror: &Mirror,
    commit: &Commit,
    environment: &Environment,
    spec: &Spec,
) -> Result<Snapshot, Error> {
    let id = key(mirror, commit, environment);
    if let Some(found) = backend.find(&id) {
        return Ok(found);
    }
    let _lock = home.lock(id.as_str()).await?;
    if let Some(found) = backend.find(&id) {
        return Ok(found);
    }
    build(backend, mirror, commit, environment, spec, id).await
}

fn key(mirror: &Mirror, commit: &Commit, environment: &Environment) -> SnapshotId {
    let mut hash = Sha256::new();
    let setup = environment.setup_text().unwrap_or_default();
    let image = environment.image.to_string();
    let repository = mirror.dir().to_string_lossy();
    for part in [RECIPE_VERSION, &image, &repository, commit.as_str(), &setup] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    SnapshotId::from_digest(&hash.finalize())
}

async fn build(
    backend: &dyn Backend,
    mirror: &Mirror,
    commit: &Commit,
    environment: &Environment,
    spec: &Spec,
    id: SnapshotId,
) -> Result<Snapshot, Error> {
    let computer = backend.fork(&backend.bare(), spec).await?;
    let built = fill(&*computer, mirror, commit, environment).await;
    match built {
        Ok(()) => Ok(computer.seal(id).await?),
        Err(error) => {
            computer.destroy().await?;
            Err(error)
        }
    }
}

async fn fill(
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
    unpack(computer, mirror, commit).await?;
    let branch = format!("refs/heads/{BRANCH}");
    git(computer, &["update-ref", &branch, commit.as_str()]).await?;
    git(computer, &["reset", "-q", "--hard", commit.as_str()]).await?;
    let exclude = Path::new(WORKSPACE).join(".git/info/exclude");
    computer.write(&exclude, exclusions(environment).as_bytes(), 0o644).await?;
    if let Some(setup) = &environment.setup_text() {
        let ran = computer.run(Exec::shell(setup).timeout(SETUP_TIME)).await?;
        expect_success(&format!("the environment's setup ({setup})"), &ran)?;
    }
    Ok(())
}

/// The history comes in as a stream: no file or folder of the host is ever shared.
async fn unpack(computer: &dyn Computer, mirror: &Mirror, commit: &Commit) -> Result<(), Error> {
    let packing = mirror.pack_into_pipe(commit).await?;
    let shallow: String = packing.shallow.iter().map(|commit| format!("{commit}\n")).collect();
    if !shallow.is_empty() {
        let file = Path::new(WORKSPACE).join(".git/shallow");
        computer.write(&file, shallow.as_bytes(), 0o644).await?;
    }
    let (stdout, finish) = packing.split();
    let index =
        Exec::new(["git", "index-pack", "--stdin"]).stdin(Stdin::Fd(stdout)).timeout(UNPACK_TIME);
    let ran = computer.run(index).await?;
    expect_success("unpacking the repository in the computer", &ran)?;
    Ok(finish.finish().await?)
}

async fn git(computer: &dyn Computer, arguments: &[&str]) -> Result<(), Error> {
    let argv = ["git"].iter().chain(arguments).copied();
    let ran = computer.run(Exec::new(argv).timeout(UNPACK_TIME)).await?;
    expect_success(&format!("`git {}` in the computer", arguments.join(" ")), &ran)
}

fn exclusions(environment: &Environment) -> String {
    let cargo = environment.checks.iter().any(|check| check.command.contains("cargo "));
    format!("{NOT_PART_OF_A_CHANGE}{}", if cargo { "/target/\n" } else { "" })
}

pub(crate) fn expect_success(what: &str, ran: &Exited) -> Result<(), Error> {
    if ran.status.is_success() {
        return Ok(());
    }
    Err(Error::Prepare {
        what: what.to_owned(),
        how: format!("{:?}", ran.status),
        output: stdx::cut::tail(&ran.text(), FAILURE_LINES_MAX, FAILURE_BYTES_MAX),
    })
}
