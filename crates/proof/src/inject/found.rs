//! Reports that a project's own tools wrote while a check ran: JUnit XML where Maven, Gradle and
//! others put it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use computer::{Computer, Exec, SCRATCH, WORKSPACE};

use crate::report::{Report, junit};

const FIND_TIME: Duration = Duration::from_secs(60);
const FILES_MAX: usize = 2_000;
/// Of all files together.
const BYTES_MAX: u64 = 32 * 1024 * 1024;

fn stamp_file() -> PathBuf {
    Path::new(SCRATCH).join("began")
}

/// What is older than this was there before the run.
pub(crate) async fn stamp(computer: &dyn Computer) -> Result<(), computer::Error> {
    computer.write(&stamp_file(), b"", 0o644).await
}

/// Everything that was written since.
pub(crate) async fn junit(computer: &dyn Computer) -> Report {
    let mut report = Report::default();
    let paths = paths(computer).await;
    let mut left = BYTES_MAX;
    for (at, path) in paths.iter().enumerate() {
        let bytes = computer.read(Path::new(path), left).await;
        match bytes {
            Ok(bytes) if at < FILES_MAX => {
                left = left.saturating_sub(bytes.len() as u64);
                report.merge(junit::read(&String::from_utf8_lossy(&bytes)));
            }
            Ok(_) | Err(computer::Error::TooLarge { .. }) => {
                report.stopped_early = true;
                report.doubt("there are more JUnit reports than are read");
                return report;
            }
            // It went away again.
            Err(_) => {}
        }
    }
    report
}

async fn paths(computer: &dyn Computer) -> Vec<String> {
    let command = format!(
        "find {WORKSPACE} -maxdepth 10 \\( -name node_modules -o -name .git \\) -prune -o \
         -type f -name '*.xml' -newer {} \\( -path '*/surefire-reports/TEST-*' -o -path \
         '*/failsafe-reports/TEST-*' -o -path '*/test-results/*' -o -iname 'junit*.xml' -o \
         -iname '*junit.xml' -o -name 'TEST-*.xml' \\) -print0",
        stamp_file().display()
    );
    let Ok(exited) = computer.run(Exec::shell(&command).timeout(FIND_TIME)).await else {
        return Vec::new();
    };
    let text = exited.stdout.text();
    let mut paths: Vec<String> =
        text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect();
    paths.sort();
    paths
}
