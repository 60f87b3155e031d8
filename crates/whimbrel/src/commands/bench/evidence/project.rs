//! A Python project with as many tests as are asked for, one of which fails, and a change of five
//! lines that fixes it: both made in a computer.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use computer::{Backend, Computer, Exec, Layer, Snapshot, SnapshotId, Spec, WORKSPACE};
use domain::change::{FileChange, Kind};
use domain::{Change, Commit};
use environment::Check;

use super::super::Bench;
use crate::cli::BenchEvidenceArgs;

/// Tests of one file.
const TESTS_OF_MODULE: u32 = 10;
const BUNDLE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The lines that the change edits, in the first module.
const BEFORE: &str = "def total(prices, discount):\n    sum_of_all = 0\n    for price in prices:\n        \
    sum_of_all = sum_of_all + price\n    if discount > 100:\n        discount = 99\n    \
    return sum_of_all - sum_of_all * discount / 100\n";
const AFTER: &str = "def total(prices, discount):\n    whole = 0\n    for price in prices:\n        \
    whole = whole + price\n    if discount >= 100:\n        discount = 100\n    \
    return whole - whole * discount / 100\n";

pub struct Project {
    pub snapshot: Snapshot,
    pub bundle: PathBuf,
    pub change: Change,
    pub checks: Vec<Check>,
}

impl Project {
    pub async fn make(bench: &Bench, args: &BenchEvidenceArgs) -> Result<Self> {
        let spec = Spec { layer: Layer::Build, ..Spec::default() };
        let computer = bench.backend.fork(&bench.backend.bare(), &spec).await?;
        let made = commits(&*computer, args).await;
        let (base, head) = made.context("the project can't be made")?;
        let bundle = bench.path().join("change.bundle");
        let path = Path::new(WORKSPACE).join("change.bundle");
        std::fs::write(&bundle, computer.read(&path, BUNDLE_BYTES_MAX).await?)?;
        sh(&*computer, "rm change.bundle").await?;
        let snapshot = computer.seal(SnapshotId::from_digest(b"evidence")).await?;
        let file = FileChange {
            path: "shop/part_0.py".into(),
            kind: Kind::Modified,
            added: Some(5),
            removed: Some(5),
        };
        let commits = vec!["Give a whole discount".into()];
        let change = Change { base, head, commits, files: vec![file] };
        let command = "python3 -m pytest -q -p no:cacheprovider".into();
        let checks = vec![Check { name: "test".into(), command }];
        Ok(Self { snapshot, bundle, change, checks })
    }
}

async fn commits(computer: &dyn Computer, args: &BenchEvidenceArgs) -> Result<(Commit, Commit)> {
    for module in 0..args.tests.div_ceil(TESTS_OF_MODULE) {
        let code = format!("{BEFORE}\n\ndef part():\n    return {module}\n");
        write(computer, &format!("shop/part_{module}.py"), &code).await?;
        let left = args.tests - module * TESTS_OF_MODULE;
        let tests = tests(module, left.min(TESTS_OF_MODULE), args.test_ms);
        write(computer, &format!("tests/test_part_{module}.py"), &tests).await?;
    }
    for file in ["shop/__init__.py", "tests/__init__.py"] {
        write(computer, file, "").await?;
    }
    sh(computer, "git init -q -b main && git add -A && git commit -qm base").await?;
    let base = sh(computer, "git rev-parse HEAD").await?.trim().parse()?;
    let code = format!("{AFTER}\n\ndef part():\n    return 0\n");
    write(computer, "shop/part_0.py", &code).await?;
    sh(computer, "git commit -qam change && git bundle create -q change.bundle main~..main")
        .await?;
    let head = sh(computer, "git rev-parse HEAD").await?.trim().parse()?;
    sh(computer, "git reset -q --hard HEAD~ && git checkout -q --detach && git branch -qD main")
        .await?;
    Ok((base, head))
}

/// The first one of the first module fails at base. Each works for its time, as a test would.
fn tests(module: u32, count: u32, test_ms: u32) -> String {
    let mut text = format!(
        "import time\n\nfrom shop.part_{module} import part, total\n\n\ndef work():\n    \
         end = time.process_time() + {test_ms} / 1000\n    while time.process_time() < end:\n        \
         part()\n"
    );
    for test in 0..count {
        let expected = match (module, test) {
            (0, 0) => "assert total([50, 70], 120) == 0".to_owned(),
            (_, test) => {
                format!("assert total([100, {test}], 50) == {}", f64::from(100 + test) / 2.0)
            }
        };
        // Writing into a string can't fail.
        let _infallible = write!(
            text,
            "\n\ndef test_{test}():\n    work()\n    assert part() == {module}\n    {expected}\n"
        );
    }
    text
}

async fn write(computer: &dyn Computer, path: &str, text: &str) -> Result<()> {
    Ok(computer.write(&Path::new(WORKSPACE).join(path), text.as_bytes(), 0o644).await?)
}

async fn sh(computer: &dyn Computer, command: &str) -> Result<String> {
    let exited = computer.run(Exec::shell(command)).await?;
    ensure!(exited.status.is_success(), "{command}: {}", exited.text());
    Ok(exited.stdout.text())
}
