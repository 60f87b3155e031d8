//! One watched run: the tests built with counters, each run alone, and the reasons where that
//! came to nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use computer::{Exec, Exited};
use syntax::Parsed;

use super::cargo::{self, Built};
use super::marks::{self, Detail};
use super::programs::{self, Group, KILLED, Plan, Row};
use super::schemata::Schema;
use super::{File, Known, Learned, Rust, is_file, is_test, tree};
use crate::Error;
use crate::bench::{CantRun, Outcome, Recorded, Test};
use crate::languages::copy::{self, Besides};

/// A single test that takes longer hangs, as far as a repair is concerned.
const TEST_TIME_MAX: Duration = Duration::from_secs(10);
/// Builds with fewer and fewer counters, until the compiler accepts them.
const BUILDS_MAX: usize = 4;

pub async fn record(bench: &Rust<'_>, time: Duration) -> Result<(Recorded, Learned), Error> {
    let began = Instant::now();
    copy::make(bench.computer, Besides::Target).await?;
    bench.tree.forget();
    let (exited, call) = cargo::overhear(bench.computer, &bench.test_command, time).await?;
    let mut learned = Learned::default();
    let Some(call) = call else {
        return Ok((Recorded::nothing(exited, began.elapsed()), learned));
    };
    learned.call = call;
    match cargo::workspace(bench.computer, &learned.call).await? {
        Ok(workspace) => learned.workspace = workspace,
        Err(why) => {
            learned.broken = Some(why);
            return Ok((Recorded::nothing(exited, began.elapsed()), learned));
        }
    }
    let mut watched = Watched { bench, learned, lines: Vec::new() };
    watched.read().await?;
    let recorded = watched.record(exited, began, time).await?;
    Ok((recorded, watched.learned))
}

struct Watched<'b, 'c> {
    bench: &'b Rust<'c>,
    learned: Learned,
    /// The file and the line of each counter.
    lines: Vec<(String, u32)>,
}

impl Watched<'_, '_> {
    async fn read(&mut self) -> Result<(), Error> {
        let wanted = |path: &str| is_file(path) && !is_test(path);
        for (path, text) in copy::sources(self.bench.computer, wanted).await? {
            if let Some(parsed) = Parsed::new(&path, text) {
                let schema = Schema::new(&parsed);
                self.learned.files.insert(path, File { text: parsed.text, schema });
            }
        }
        Ok(())
    }

    async fn record(
        &mut self,
        exited: Exited,
        began: Instant,
        time: Duration,
    ) -> Result<Recorded, Error> {
        let left = || time.saturating_sub(began.elapsed());
        let built = self.build(time).await?;
        let mut recorded = Recorded::nothing(exited, began.elapsed());
        recorded.loaded = true;
        if !built.is_success {
            let first = built.complaints.first().map(|complaint| complaint.text.clone());
            self.learned.broken = Some(first.unwrap_or(built.output));
            return Ok(recorded);
        }
        self.learned.programs = built.programs;
        let command = Exec::shell(&self.bench.test_command)
            .cwd(copy::root())
            .env("CARGO_TARGET_DIR", tree::target().to_string_lossy())
            .timeout(left())
            .output_bytes_max(cargo::OUTPUT_BYTES_MAX);
        recorded.exited = self
            .bench
            .computer
            .run(command)
            .await
            .map_err(|source| Error::Computer { step: "running the tests", source })?;
        recorded.tests = self.tests(left()).await?;
        recorded.took = recorded.exited.duration;
        Ok(recorded)
    }

    /// With counters, as many as the compiler accepts.
    async fn build(&mut self, time: Duration) -> Result<Built, Error> {
        let mut detail: BTreeMap<String, Detail> = BTreeMap::new();
        for _ in 0..BUILDS_MAX {
            self.weave(&detail).await?;
            let Learned { call, workspace, .. } = &self.learned;
            let built = cargo::build(self.bench.computer, call, workspace, None, time).await?;
            if built.is_success {
                return Ok(built);
            }
            let places = built.complaints.iter().flat_map(|complaint| &complaint.places);
            let blamed: BTreeSet<&str> = places.map(|(path, _)| path.as_str()).collect();
            for path in self.learned.files.keys() {
                if blamed.contains(path.as_str()) {
                    let less = match detail.get(path) {
                        None | Some(Detail::Everything) => Detail::Statements,
                        Some(Detail::Statements | Detail::Nothing) => Detail::Nothing,
                    };
                    detail.insert(path.clone(), less);
                }
            }
        }
        let nothing = self.learned.files.keys().map(|path| (path.clone(), Detail::Nothing));
        self.weave(&nothing.collect()).await?;
        let Learned { call, workspace, .. } = &self.learned;
        cargo::build(self.bench.computer, call, workspace, None, time).await
    }

    async fn weave(&mut self, detail: &BTreeMap<String, Detail>) -> Result<(), Error> {
        self.lines.clear();
        let mut texts = Vec::new();
        for (path, file) in &self.learned.files {
            let detail = detail.get(path).copied().unwrap_or(Detail::Everything);
            let Some(parsed) = Parsed::new(path, file.text.clone()) else { continue };
            let (text, lines) = marks::counted(&parsed, self.lines.len(), detail);
            self.lines.extend(lines.into_iter().map(|line| (path.clone(), line)));
            texts.push((path.as_str(), text));
        }
        let count = self.lines.len();
        let texts = texts.iter().map(|(path, text)| (*path, text.as_str()));
        self.bench.tree.set(self.bench.computer, &self.learned.workspace, texts, count).await
    }

    /// Each test alone, so that it is known what it runs.
    async fn tests(&mut self, time: Duration) -> Result<Vec<Test>, Error> {
        let Learned { call, programs, .. } = &self.learned;
        let listed = programs::list(self.bench.computer, call, programs).await?;
        let rows = listed.iter().enumerate().filter(|(_, (_, _, ignored))| !ignored);
        let rows = rows.map(|(number, (program, name, _))| Row {
            number,
            groups: vec![Group { program: &programs[*program], names: vec![name] }],
        });
        let plan = Plan {
            rows: rows.collect(),
            limit: TEST_TIME_MAX,
            time,
            steps: u64::MAX,
            hits: true,
            stop: true,
        };
        let began = Instant::now();
        let ended = programs::run(self.bench.computer, &plan).await?;
        let count = u32::try_from(ended.len()).unwrap_or(u32::MAX).max(1);
        let usual = began.elapsed().as_secs_f64() / f64::from(count);
        let notes = programs::notes(self.bench.computer, listed.len()).await?;
        let mut tests = Vec::new();
        for ((place, (program, name, ignored)), (hits, error)) in
            listed.iter().enumerate().zip(notes)
        {
            let status = ended.get(&place).and_then(|ended| ended.groups.get(&0));
            let status = status.map(|(status, _)| *status);
            let id = self.id(*program, name);
            let seconds = usual;
            self.learned
                .tests
                .insert(id.clone(), Known { program: *program, name: name.clone(), seconds });
            tests.push(Test {
                id,
                path: self.learned.programs.get(*program).map(|program| program.main.clone()),
                outcome: outcome(*ignored, status),
                seconds,
                hung: status == Some(KILLED),
                error,
                lines: self.lines_of(&hits),
            });
        }
        Ok(tests)
    }

    /// `tests::adds`; with its program's name where it isn't the library's.
    fn id(&self, program: usize, name: &str) -> String {
        let Some(program) = self.learned.programs.get(program) else { return name.into() };
        let several =
            self.learned.programs.iter().filter(|other| other.kind == program.kind).count();
        match program.kind.as_str() {
            "test" | "bin" | "example" | "bench" => format!("{}::{name}", program.name),
            _ if several > 1 => format!("{}::{name}", program.name),
            _ => name.to_owned(),
        }
    }

    /// Numbers that no counter has were written by somebody else.
    fn lines_of(&self, hits: &[usize]) -> BTreeMap<String, Vec<u32>> {
        let mut found: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
        for (path, line) in hits.iter().filter_map(|counter| self.lines.get(*counter)) {
            found.entry(path.clone()).or_default().insert(*line);
        }
        found.into_iter().map(|(path, lines)| (path, lines.into_iter().collect())).collect()
    }
}

fn outcome(ignored: bool, status: Option<i32>) -> Outcome {
    match status {
        Some(0) if !ignored => Outcome::Passed,
        Some(_) if !ignored => Outcome::Failed,
        Some(_) | None => Outcome::Skipped,
    }
}

/// Why no test could be watched or repaired.
pub fn why_none(recorded: &Recorded, learned: &Learned) -> CantRun {
    let cant = |why: String, remedy: &str| CantRun { why, remedy: remedy.into() };
    let code = recorded.exited.status.code();
    if let Some(broken) = &learned.broken {
        let first =
            broken.lines().find(|line| !line.trim().is_empty()).unwrap_or("no reason given");
        return cant(
            format!("the tests can't be built: {}", first.trim()),
            "repair this first, or install what is missing in the environment's setup",
        );
    }
    match code {
        127 => cant(
            "the test command isn't there".into(),
            "install it in the environment's setup, or set checks.test",
        ),
        124 => cant(
            "the tests didn't end in time".into(),
            "set limits.minutes higher, or checks.test to fewer tests",
        ),
        _ if recorded.loaded => cant(
            format!(
                "cargo found no test to run but, perhaps, tests in documentation (exit code {code})"
            ),
            "set checks.test to the command that runs the tests",
        ),
        _ => cant(
            format!("the test command doesn't call cargo to run tests (exit code {code})"),
            "set checks.test to a command that runs `cargo test` or `cargo nextest run`",
        ),
    }
}
