//! `whimbrel bench evidence`: how long the evidence of a small change to a Python project takes, and
//! where the time goes: in the project's own tests, or around them.
//!
//! The project is made here; computers, runners and the proof are what every attempt gets. The same
//! change is proved a second time, with what was kept of its base.

mod project;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use computer::Spec;
use domain::Evidence;
use domain::evidence::Spent;
use serde_json::{Value, json};

use self::project::Project;
use super::{Bench, tell};
use crate::cli::BenchEvidenceArgs;
use crate::exit::Exit;
use crate::ui;

/// For each run of the tests; far more than they take.
const TIME: Duration = Duration::from_secs(600);

pub async fn run(args: BenchEvidenceArgs, json: bool) -> Result<Exit> {
    let bench = Bench::of_evidence()?;
    let project = Project::make(&bench, &args).await?;
    let kept = Memory::default();
    let mut proofs = Vec::new();
    for what in ["first", "again"] {
        tell(&format!("{what}: {} tests of {} ms, 5 changed lines", args.tests, args.test_ms));
        let proof = prove(&bench, &project, &args, &kept).await?;
        proof.check(&args)?;
        proofs.push((what, proof));
    }
    for (what, proof) in &proofs {
        proof.print(what, &args, json);
    }
    Ok(Exit::Ok)
}

/// Results at base, as an engine keeps them in files.
#[derive(Debug, Default)]
struct Memory(Mutex<BTreeMap<String, Vec<u8>>>);

impl proof::Kept for Memory {
    fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.0.lock().ok()?.get(key).cloned()
    }

    fn put(&self, key: &str, bytes: &[u8]) {
        if let Ok(mut kept) = self.0.lock() {
            kept.insert(key.to_owned(), bytes.to_vec());
        }
    }
}

struct Proof {
    wall: Duration,
    evidence: Evidence,
}

async fn prove(
    bench: &Bench,
    project: &Project,
    args: &BenchEvidenceArgs,
    kept: &Memory,
) -> Result<Proof> {
    let job = proof::Job {
        base: project.change.base.clone(),
        head: project.change.head.clone(),
        change: &project.change,
        bundle: &project.bundle,
        checks: &project.checks,
        time: TIME,
        proving: environment::Proving {
            mutation_ms: u64::from(args.mutation_seconds) * 1_000,
            ..environment::Proving::default()
        },
        summary: "All tests pass.",
        width: args.width as usize,
        kept: Some(kept),
    };
    let began = Instant::now();
    let mut tell = |_progress| {};
    let snapshot = &project.snapshot;
    let proved = proof::prove(&bench.backend, snapshot, &Spec::default(), &job, &mut tell).await;
    let (evidence, _logs) = proved?;
    Ok(Proof { wall: began.elapsed(), evidence })
}

impl Proof {
    /// A bench of something else would say nothing.
    fn check(&self, args: &BenchEvidenceArgs) -> Result<()> {
        let tests = &self.evidence.tests;
        let expected = u64::from(args.tests);
        let notes = self.evidence.notes.join("; ");
        ensure!(
            tests.passed_head == expected && tests.fixed.len() == 1 && self.evidence.holds(),
            "the evidence isn't as it must be: {} of {expected} tests pass, {} fixed; {notes}",
            tests.passed_head,
            tests.fixed.len()
        );
        Ok(())
    }

    fn spent_ms(&self, of: impl Fn(&Spent) -> u64) -> u64 {
        self.evidence.spent.iter().map(of).sum()
    }

    /// What we took besides the project's own commands, as a part of what those took.
    fn overhead_percent(&self) -> f64 {
        let checks = self.spent_ms(|spent| spent.checks_ms);
        let ours = self.spent_ms(|spent| spent.ms.saturating_sub(spent.checks_ms));
        ours as f64 / checks.max(1) as f64 * 100.0
    }

    fn print(&self, what: &str, args: &BenchEvidenceArgs, json: bool) {
        if json {
            return ui::out(&self.object(what, args).to_string());
        }
        let row = |spent: &Spent| {
            let ours = spent.ms.saturating_sub(spent.checks_ms);
            vec![spent.step.clone(), seconds(spent.ms), seconds(spent.checks_ms), seconds(ours)]
        };
        let rows: Vec<_> = self.evidence.spent.iter().map(row).collect();
        let headings = ["STEP", "ALL s", "PROJECT'S s", "OURS s"];
        ui::out(&format!("{what}:\n{}", ui::table(&headings, &rows)));
        let wall = u64::try_from(self.wall.as_millis()).unwrap_or(u64::MAX);
        let (wall, overhead) = (seconds(wall), self.overhead_percent());
        ui::out(&format!("wall {wall} s, ours over the project's own {overhead:.1} %\n"));
    }

    fn object(&self, what: &str, args: &BenchEvidenceArgs) -> Value {
        json!({
            "proof": what,
            "tests": args.tests,
            "test_ms": args.test_ms,
            "width": args.width,
            "wall_ms": u64::try_from(self.wall.as_millis()).unwrap_or(u64::MAX),
            "project_ms": self.spent_ms(|spent| spent.checks_ms),
            "overhead_percent": self.overhead_percent(),
            "spent": self.evidence.spent,
            "mutation": {
                "possible": self.evidence.mutation.possible,
                "tried": self.evidence.mutation.tried,
                "caught": self.evidence.mutation.caught,
            },
        })
    }
}

fn seconds(ms: u64) -> String {
    format!("{:.2}", ms as f64 / 1_000.0)
}
