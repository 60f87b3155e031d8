//! Computers with one of the programs in them: as it was written, with a bug, or repaired.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use computer::{
    Backend, Computer, Exec, Exited, Layer, Snapshot, SnapshotId, Spec, WORKSPACE, egress,
};
use domain::network::Policy;

use super::corpus::{Files, Program};
use crate::cli::BenchLanguage;

/// A program's tests take a second or two; a bug that makes them hang is left out.
const TEST_TIME: Duration = Duration::from_secs(20);
const DRIVER_TIME: Duration = Duration::from_secs(60);
const SETUP_TIME: Duration = Duration::from_secs(180);
/// What a driver prints.
const OUTPUT_BYTES_MAX: u64 = 8 * 1024 * 1024;
const MEMORY_BYTES: u64 = 2 * 1024 * domain::limits::MIB;
/// What runs TypeScript where the machine's Node doesn't.
const TSX: &str = "npm install --loglevel=error --no-audit --no-fund --no-save tsx@4";

/// What a language's computers are forked from.
pub async fn snapshot(backend: &dyn Backend, language: BenchLanguage) -> Result<Snapshot> {
    match language {
        BenchLanguage::Python | BenchLanguage::JavaScript | BenchLanguage::Rust => {
            Ok(backend.bare())
        }
        BenchLanguage::TypeScript => {
            // The operator's word on what may be reached holds here, too.
            let engine = crate::commands::open().await?;
            with_tsx(backend, engine.config.egress(&engine.home)?).await
        }
    }
}

async fn with_tsx(backend: &dyn Backend, egress: egress::Options) -> Result<Snapshot> {
    let network: Policy = "packages".parse().map_err(|error| anyhow::anyhow!("{error}"))?;
    let spec = Spec { layer: Layer::Build, network, egress, ..spec() };
    let computer = backend.fork(&backend.bare(), &spec).await?;
    let ran = computer.run(Exec::shell(TSX).timeout(SETUP_TIME)).await?;
    if !ran.status.is_success() {
        let (status, text) = (ran.status.words(), ran.text());
        computer.destroy().await?;
        bail!("`{TSX}` failed inside ({status}): {}", stdx::cut::tail(&text, 5, 1_000));
    }
    Ok(computer.seal(SnapshotId::from_digest(b"bench mechanic tsx 4")).await?)
}

fn spec() -> Spec {
    let limits = domain::Limits { memory_bytes: MEMORY_BYTES, ..domain::Limits::default() };
    Spec { limits, ..Spec::default() }
}

/// One computer with a program in it.
pub struct Ground {
    pub computer: Box<dyn Computer>,
    program: Program,
}

impl Ground {
    /// A repository of one commit, with this source.
    pub async fn make(
        backend: &dyn Backend,
        snapshot: &Snapshot,
        program: Program,
        source: &str,
    ) -> Result<Self> {
        let computer = backend.fork(snapshot, &spec()).await?;
        let ground = Self { computer, program };
        ground.write(&program.files(source)).await?;
        let git = "git init -q . && git add -A && git commit -qm 'A program'";
        let ran = ground.computer.run(Exec::shell(git)).await?;
        if !ran.status.is_success() {
            bail!("the repository can't be made: {}", ran.text());
        }
        Ok(ground)
    }

    pub async fn write(&self, files: &Files) -> Result<()> {
        for (path, text) in files {
            let path = std::path::Path::new(WORKSPACE).join(path);
            self.computer.write(&path, text.as_bytes(), 0o644).await?;
        }
        Ok(())
    }

    pub async fn put_source(&self, source: &str) -> Result<()> {
        self.write(&vec![(self.program.path(), source.to_owned())]).await
    }

    /// Files change here faster than their times tell, and Python goes by those.
    fn exec(command: &str, time: Duration) -> Exec {
        Exec::shell(command)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .timeout(time)
            .output_bytes_max(OUTPUT_BYTES_MAX)
    }

    pub async fn test(&self) -> Result<Exited> {
        let command = self.program.language.test_command();
        Ok(self.computer.run(Self::exec(command, TEST_TIME)).await?)
    }

    /// What the program gives on the random inputs of these seeds. The driver is put in for it.
    pub async fn drive(&self, seeds: &[u64]) -> Result<Vec<String>> {
        self.write(&self.program.driver()).await?;
        let mut outputs = Vec::new();
        for seed in seeds {
            let command = format!("{} {seed}", self.program.language.driver_command());
            let ran = self.computer.run(Self::exec(&command, DRIVER_TIME)).await?;
            let status = ran.status;
            // Standard error has what a driver's own runtime warns of.
            outputs.push(format!("{}\n{}", ran.stdout.text(), status.words()));
        }
        Ok(outputs)
    }

    /// The files that the last commit changed, and no others: what isn't committed goes.
    pub async fn committed(&self) -> Result<Vec<String>> {
        let git = "git reset -q --hard && git clean -fdq && git diff --name-only HEAD~1 HEAD";
        let ran = self.computer.run(Exec::shell(git)).await.context("can't look at the commit")?;
        Ok(ran.stdout.text().lines().map(str::to_owned).collect())
    }
}
