//! Makes test runners report single tests without touching the project: by variables that they
//! read, and by two small files of ours in the computer's scratch folder. A change that sets out
//! to forge its own report can, as it can forge an exit code: both come from where it runs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use computer::{Computer, Exec, SCRATCH, WORKSPACE};

use crate::report::{Report, junit, libtest, lines};

const SITECUSTOMIZE: &str = include_str!("inject/sitecustomize.py");
const REPORTER: &str = include_str!("inject/reporter.mjs");

/// Of one report. A hundred thousand tests with long names and messages fit.
const REPORT_BYTES_MAX: u64 = 32 * 1024 * 1024;
const PACKAGE_BYTES_MAX: u64 = 1024 * 1024;
const PROBE_TIME: Duration = Duration::from_secs(20);

/// What was put into a computer.
#[derive(Debug)]
pub(crate) struct Injection {
    /// Node takes a reporter from the environment, and the project names none of its own.
    node: bool,
}

pub(crate) async fn prepare(computer: &dyn Computer) -> Result<Injection, computer::Error> {
    let own = |name: &str| Path::new(SCRATCH).join("inject").join(name);
    computer.write(&own("sitecustomize.py"), SITECUSTOMIZE.as_bytes(), 0o644).await?;
    computer.write(&own("reporter.mjs"), REPORTER.as_bytes(), 0o644).await?;
    let node = !names_a_reporter(computer).await && node_takes_it(computer).await?;
    Ok(Injection { node })
}

/// Node wants as many destinations as reporters, so ours would stop a project that has its own.
async fn names_a_reporter(computer: &dyn Computer) -> bool {
    let package = Path::new(WORKSPACE).join("package.json");
    let text = computer.read(&package, PACKAGE_BYTES_MAX).await.unwrap_or_default();
    String::from_utf8_lossy(&text).contains("test-reporter")
}

/// Old versions refuse to start with an option that they don't know.
async fn node_takes_it(computer: &dyn Computer) -> Result<bool, computer::Error> {
    let probe = Exec::shell("node -e 0").env("NODE_OPTIONS", node_options()).timeout(PROBE_TIME);
    Ok(computer.run(probe).await?.status.is_success())
}

fn node_options() -> String {
    let ours = format!("{SCRATCH}/inject/reporter.mjs");
    // Ours writes to its own file and says nothing on the stream that it is given.
    format!(
        "--test-reporter=spec --test-reporter-destination=stdout \
         --test-reporter={ours} --test-reporter-destination=stderr"
    )
}

impl Injection {
    /// `exec` with what makes runners report under the name of `check`, and end single tests.
    pub fn equip(
        &self,
        exec: Exec,
        check: &environment::Check,
        test_time: Option<Duration>,
    ) -> Exec {
        let pytest = pytest_report(&check.name);
        let options = format!(
            "--junitxml={} -o junit_family=xunit1 --continue-on-collection-errors",
            pytest.display()
        );
        let exec = exec
            .env("PYTEST_ADDOPTS", options)
            .env("PYTHONPATH", format!("{SCRATCH}/inject"))
            .env("WHIMBREL_REPORT", lines_report(&check.name).to_string_lossy())
            .env("WHIMBREL_ROOT", WORKSPACE);
        let exec = match test_time {
            Some(time) => exec.env("WHIMBREL_TEST_SECONDS", time.as_secs().to_string()),
            None => exec,
        };
        if self.node && !check.command.contains("test-reporter") {
            exec.env("NODE_OPTIONS", node_options())
        } else {
            exec
        }
    }
}

fn pytest_report(check: &str) -> PathBuf {
    Path::new(SCRATCH).join(format!("report-{check}.xml"))
}

fn lines_report(check: &str) -> PathBuf {
    Path::new(SCRATCH).join(format!("report-{check}.jsonl"))
}

/// What the runners of one check reported; from its log where none wrote a file.
pub(crate) async fn collect(computer: &dyn Computer, check: &str, log: &str) -> Report {
    let mut report = Report::default();
    if let Some(text) = text(computer, &pytest_report(check), &mut report).await {
        report.merge(junit::read(&text));
        report.stopped_early |= log.contains("! stopping after ");
    }
    if let Some(text) = text(computer, &lines_report(check), &mut report).await {
        report.merge(lines::read(&text));
    }
    if report.is_known {
        return report;
    }
    report.merge(libtest::read(log));
    report
}

/// No file is the usual case; one that is too large is told.
async fn text(computer: &dyn Computer, path: &Path, report: &mut Report) -> Option<String> {
    match computer.read(path, REPORT_BYTES_MAX).await {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error @ computer::Error::TooLarge { .. }) => {
            report.notes.push(format!("a report of single tests isn't used: {error}"));
            None
        }
        Err(_no_report) => None,
    }
}
