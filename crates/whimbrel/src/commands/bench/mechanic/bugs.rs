//! Which bugs a program is given: some that were written by hand, the others made by mutation. A bug
//! counts only if its tests run, and at least one of them fails.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use computer::{Backend, Snapshot};
use syntax::Parsed;

use super::corpus::Program;
use super::ground::Ground;
use super::random::Random;

/// Mutants that are tried for one that counts; a program with none is no program for this.
const TRIES_FOR_ONE: usize = 12;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    Mutant,
    Written,
}

impl Sort {
    pub fn words(self) -> &'static str {
        match self {
            Self::Mutant => "by mutation",
            Self::Written => "by hand",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Bug {
    pub program: Program,
    pub sort: Sort,
    /// What is wrong.
    pub words: String,
    /// The whole source with it.
    pub source: String,
    /// What the program without it gives on the random inputs.
    pub expected: std::sync::Arc<Vec<String>>,
}

/// `each` bugs of a program, of which a third were written by hand, chosen by `seed`.
pub async fn of(
    backend: &dyn Backend,
    snapshot: &Snapshot,
    program: Program,
    each: usize,
    seed: u64,
) -> Result<Vec<Bug>> {
    let ground = Ground::make(backend, snapshot, program, program.source).await?;
    let chosen = Choosing::begin(&ground, program, seed).await;
    let chosen = match chosen {
        Ok(mut choosing) => choosing.choose(each).await.map(|()| choosing.bugs),
        Err(error) => Err(error),
    };
    ground.computer.destroy().await?;
    chosen.with_context(|| format!("no bugs of {} {}", program.language.name(), program.name))
}

struct Choosing<'g> {
    ground: &'g Ground,
    program: Program,
    random: Random,
    /// How many tests there are.
    tests: u32,
    expected: std::sync::Arc<Vec<String>>,
    seen: BTreeSet<String>,
    bugs: Vec<Bug>,
}

impl<'g> Choosing<'g> {
    async fn begin(ground: &'g Ground, program: Program, seed: u64) -> Result<Self> {
        let ran = ground.test().await?;
        let tests = program.language.tests_run(&ran.text());
        let (true, Some(tests)) = (ran.status.is_success(), tests) else {
            let text = ran.text();
            bail!("its tests don't pass as they are: {}", stdx::cut::tail(&text, 8, 1_000));
        };
        let mut random = Random::new(seed, program.name);
        let expected = ground.drive(&super::seeds(seed)).await?;
        random.next();
        Ok(Self {
            ground,
            program,
            random,
            tests,
            expected: std::sync::Arc::new(expected),
            seen: BTreeSet::from([program.source.to_owned()]),
            bugs: Vec::new(),
        })
    }

    async fn choose(&mut self, each: usize) -> Result<()> {
        let by_hand = each.div_ceil(3);
        let mut written = self.program.written_bugs()?;
        self.random.shuffle(&mut written);
        for bug in written {
            if self.bugs.len() == by_hand {
                break;
            }
            self.consider(Sort::Written, bug.words, bug.source).await?;
        }
        let path = self.program.path();
        let parsed = Parsed::new(&path, self.program.source.into()).context("no known language")?;
        let mut mutants = syntax::edit::mutants(&parsed, &[1..=u32::MAX]);
        self.random.shuffle(&mut mutants);
        for mutant in mutants.into_iter().take(TRIES_FOR_ONE * each) {
            if self.bugs.len() == each {
                break;
            }
            let words = format!("{} in line {}", mutant.edit.template.noun(), mutant.line);
            let source = mutant.edit.apply(self.program.source);
            self.consider(Sort::Mutant, words, source).await?;
        }
        Ok(())
    }

    /// Keeps it if it counts.
    async fn consider(&mut self, sort: Sort, words: String, source: String) -> Result<()> {
        if !self.seen.insert(source.clone()) {
            return Ok(());
        }
        self.ground.put_source(&source).await?;
        let ran = self.ground.test().await?;
        let fails = matches!(ran.status, computer::Status::Exited(code) if code != 0);
        if fails && self.runs_all(&ran.text()) {
            let expected = self.expected.clone();
            self.bugs.push(Bug { program: self.program, sort, words, source, expected });
        }
        Ok(())
    }

    /// What can't be loaded is another kind of bug. Cargo stops at the first binary that fails.
    fn runs_all(&self, output: &str) -> bool {
        self.program.language.tests_run(output) == Some(self.tests)
            || output.contains("test result: FAILED. ")
    }
}
