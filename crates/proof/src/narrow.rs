//! Runs less than all of a check: only some of pytest's test files, and only until the first
//! failure. Other runners run everything all the same, which is slower and as right. Nothing of
//! the project is touched: a small plugin of ours in the scratch folder, and variables.

use std::path::Path;

use computer::{Computer, SCRATCH};
use environment::Check;

const PLUGIN: &str = include_str!("narrow/whimbrel_narrow.py");

/// What of a check is to be run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Narrow {
    /// Relative to the workspace; none for all.
    pub files: Vec<String>,
    pub until_first_failure: bool,
}

/// Beside the other reporters, where Python looks.
pub(crate) async fn prepare(computer: &dyn Computer) -> Result<(), computer::Error> {
    let path = Path::new(SCRATCH).join("inject/whimbrel_narrow.py");
    computer.write(&path, PLUGIN.as_bytes(), 0o644).await
}

impl Narrow {
    /// The check, narrowed, after whatever an earlier run in the same computer reported. Python keeps no bytecode then: two texts of the same second and the same
    /// length would be taken for one.
    pub fn narrowed(&self, check: &Check) -> Check {
        let first = if self.until_first_failure { " -x" } else { "" };
        let mut command = format!(
            "rm -f {SCRATCH}/report-*\n\
             export PYTHONDONTWRITEBYTECODE=1 \
             PYTEST_ADDOPTS=\"$PYTEST_ADDOPTS -p no:cacheprovider -p whimbrel_narrow{first}\"\n"
        );
        if !self.files.is_empty() {
            // Quoted twice by nobody: JSON has no apostrophe left once it is escaped.
            let files = serde_json::json!(self.files).to_string().replace('\'', "\\u0027");
            command.push_str(&format!("export WHIMBREL_ONLY='{files}'\n"));
        }
        command.push_str(&check.command);
        Check { name: check.name.clone(), command }
    }
}

#[cfg(test)]
mod tests;
