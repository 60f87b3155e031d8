//! Makes test runners report single tests without touching the project: by variables that they
//! read, and by small files of ours in the computer's scratch folder. Each run has a nonce, which
//! our reporters take out of the environment before they load anything of the project. A change
//! that sets out to forge its own report can nevertheless, as it can forge an exit code: both come
//! from where it runs.

mod found;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use computer::{Computer, Exec, SCRATCH, WORKSPACE};
use environment::Check;
use tokio::sync::OnceCell;

use crate::report::{Report, go, libtest, lines, nextest, tap};
use crate::select::Selection;

/// Changes whenever what is read from a run of the same check could.
pub(crate) const VERSION: u32 = 1;

const FILES: [(&str, &str); 7] = [
    ("sitecustomize.py", include_str!("inject/sitecustomize.py")),
    ("whimbrel_runners.py", include_str!("inject/whimbrel_runners.py")),
    ("preload.cjs", include_str!("inject/preload.cjs")),
    ("reporter.mjs", include_str!("inject/reporter.mjs")),
    ("jest.cjs", include_str!("inject/jest.cjs")),
    ("vitest.mjs", include_str!("inject/vitest.mjs")),
    ("mocha.cjs", include_str!("inject/mocha.cjs")),
];

/// Of one report. A hundred thousand tests with long names and messages fit.
const REPORT_BYTES_MAX: u64 = 32 * 1024 * 1024;
const PACKAGE_BYTES_MAX: u64 = 1024 * 1024;
const PROBE_TIME: Duration = Duration::from_secs(20);

/// What the machine's tools can do, asked once for all computers of a proof.
#[derive(Debug, Default)]
pub(crate) struct Tools {
    node: OnceCell<bool>,
}

/// What was put into a computer.
#[derive(Debug)]
pub(crate) struct Injection {
    /// Node takes a reporter from the environment, and the project names none of its own.
    node: bool,
}

/// One run of a check, as it is equipped.
#[derive(Debug)]
pub(crate) struct Equipped {
    pub exec: Exec,
    pub nonce: String,
}

pub(crate) async fn prepare(
    computer: &dyn Computer,
    tools: &Tools,
) -> Result<Injection, computer::Error> {
    for (name, text) in FILES {
        computer.write(&own(name), text.as_bytes(), 0o644).await?;
    }
    let package = Path::new(WORKSPACE).join("package.json");
    let Ok(package) = computer.read(&package, PACKAGE_BYTES_MAX).await else {
        return Ok(Injection { node: false });
    };
    // Node wants as many destinations as reporters, so ours would stop a project with its own.
    let names_its_own = String::from_utf8_lossy(&package).contains("test-reporter");
    let node = !names_its_own && *tools.node.get_or_try_init(|| node_takes_it(computer)).await?;
    Ok(Injection { node })
}

/// Old versions refuse to start with an option that they don't know.
async fn node_takes_it(computer: &dyn Computer) -> Result<bool, computer::Error> {
    let probe = Exec::shell("node -e 0").env("NODE_OPTIONS", node_options()).timeout(PROBE_TIME);
    Ok(computer.run(probe).await?.status.is_success())
}

fn node_options() -> String {
    let (preload, ours) = (own("preload.cjs"), own("reporter.mjs"));
    let (preload, ours) = (preload.display(), ours.display());
    // Ours writes to its own file and says nothing on the stream that it is given.
    format!(
        "--require={preload} --test-reporter=spec --test-reporter-destination=stdout \
         --test-reporter={ours} --test-reporter-destination=stderr"
    )
}

fn own(name: &str) -> PathBuf {
    Path::new(SCRATCH).join("inject").join(name)
}

impl Injection {
    /// `check` with what makes runners report, end single tests, and run no others than those of
    /// `selection`.
    pub fn equip(
        &self,
        check: &Check,
        test_time: Option<Duration>,
        selection: Option<&Selection>,
    ) -> io::Result<Equipped> {
        let nonce =
            format!("{:016x}{:016x}", stdx::random::random_u64()?, stdx::random::random_u64()?);
        let command = selection.map_or(&*check.command, |selection| selection.command(check));
        // One pipe for both streams keeps the order in which a person would have read them.
        let exec = Exec::shell(&format!("{}exec 2>&1; {command}", self.exports(check)))
            .env("WHIMBREL_REPORT", lines_report(&check.name).to_string_lossy())
            .env("WHIMBREL_NONCE", &nonce)
            .env("WHIMBREL_ROOT", WORKSPACE)
            // These say each test's result, and how.
            .env("NEXTEST_STATUS_LEVEL", "all")
            .env("NEXTEST_NO_OUTPUT_INDENT", "0");
        let exec = match test_time {
            Some(time) => exec.env("WHIMBREL_TEST_SECONDS", time.as_secs().to_string()),
            None => exec,
        };
        let exec = match selection.and_then(Selection::list) {
            Some(_) => exec.env("WHIMBREL_SELECT", selection_file(&check.name).to_string_lossy()),
            None => exec,
        };
        Ok(Equipped { exec, nonce })
    }

    /// Adds to what the environment has: the project's own options stay.
    fn exports(&self, check: &Check) -> String {
        let mut exports = vec![
            ("PYTHONPATH", own("").to_string_lossy().trim_end_matches('/').to_owned(), ':'),
            ("PYTEST_ADDOPTS", "--continue-on-collection-errors".to_owned(), ' '),
        ];
        if self.node && !check.command.contains("test-reporter") {
            exports.push(("NODE_OPTIONS", node_options(), ' '));
        }
        // Other commands of go's would print something else with it, and `go vet` would pass.
        if check.command.contains("go test") && !check.command.contains("go vet") {
            exports.push(("GOFLAGS", "-json".to_owned(), ' '));
        }
        let export = |(name, value, between): &(&str, String, char)| {
            format!("export {name}=\"{value}${{{name}:+{between}${name}}}\"; ")
        };
        exports.iter().map(export).collect()
    }
}

fn lines_report(check: &str) -> PathBuf {
    Path::new(SCRATCH).join(format!("report-{check}.jsonl"))
}

pub(crate) fn selection_file(check: &str) -> PathBuf {
    Path::new(SCRATCH).join(format!("select-{check}.json"))
}

/// Makes ready for one run: nothing that an earlier one left is taken for its report.
pub(crate) async fn begin(
    computer: &dyn Computer,
    check: &Check,
    selection: Option<&Selection>,
) -> Result<(), computer::Error> {
    if let Some(list) = selection.and_then(Selection::list) {
        computer.write(&selection_file(&check.name), list.as_bytes(), 0o644).await?;
    }
    computer.write(&lines_report(&check.name), b"", 0o600).await?;
    found::stamp(computer).await
}

/// What the runners of one check reported; from its log where none wrote a file.
pub(crate) async fn collect(
    computer: &dyn Computer,
    check: &str,
    nonce: &str,
    log: &str,
) -> Report {
    let mut report = Report::default();
    if let Some(text) = text(computer, &lines_report(check), &mut report).await {
        report.merge(lines::read(&text, nonce));
    }
    if report.is_known {
        return report;
    }
    report.merge(found::junit(computer).await);
    for read in [go::read, nextest::read, libtest::read, tap::read] {
        if report.readers.is_empty() {
            report.merge(read(log));
        }
    }
    report
}

/// No file is the usual case; one that is too large is told.
async fn text(computer: &dyn Computer, path: &Path, report: &mut Report) -> Option<String> {
    match computer.read(path, REPORT_BYTES_MAX).await {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error @ computer::Error::TooLarge { .. }) => {
            report.doubt(format!("a report of single tests isn't used: {error}"));
            None
        }
        Err(_no_report) => None,
    }
}
