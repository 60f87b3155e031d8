//! The project's own formatters, asked about the changed files only, inside a clean computer. Each
//! gets a text on its input and gives one back; a file is told where head's text comes back
//! another and base's didn't.

use std::path::Path;
use std::time::Duration;

use computer::{Computer, Exec, Stdin, WORKSPACE};
use domain::evidence::{Finding, Kind, Weight};

use crate::Error;
use crate::sources::{Source, TEXT_BYTES_MAX};

/// Files that are asked about, and for how long one may take.
const FILES_MAX: usize = 100;
const TIME: Duration = Duration::from_secs(20);
const CONFIG_BYTES_MAX: u64 = 1024 * 1024;

struct Formatter {
    name: &'static str,
    endings: &'static [&'static str],
    /// In `sh`; `$0` is the file's path. Reads a text and writes it formatted.
    command: &'static str,
    /// Ends with 0 where the project has it configured and the computer has it.
    is_there: &'static str,
}

const FORMATTERS: [Formatter; 5] = [
    Formatter {
        name: "rustfmt",
        endings: &[".rs"],
        command: "exec rustfmt --edition \"${EDITION:-2021}\" --emit stdout --quiet",
        is_there: "test -f Cargo.toml && command -v rustfmt",
    },
    Formatter {
        name: "ruff format",
        endings: &[".py", ".pyi"],
        command: "exec ruff format --quiet --stdin-filename \"$0\" -",
        is_there: "{ test -f ruff.toml || test -f .ruff.toml || grep -q '^\\[tool\\.ruff' pyproject.toml; } \
                   && ! grep -q '^\\[tool\\.black' pyproject.toml && command -v ruff",
    },
    Formatter {
        name: "black",
        endings: &[".py", ".pyi"],
        command: "exec black --quiet --stdin-filename \"$0\" -",
        is_there: "grep -q '^\\[tool\\.black' pyproject.toml && command -v black",
    },
    Formatter {
        name: "prettier",
        endings: &[".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".css", ".json"],
        command: "PATH=\"$PWD/node_modules/.bin:$PATH\"; exec prettier --stdin-filepath \"$0\"",
        is_there: "{ ls .prettierrc* prettier.config.* | grep -q . || grep -q '\"prettier\":' package.json; } \
                   && PATH=\"$PWD/node_modules/.bin:$PATH\" && command -v prettier",
    },
    Formatter {
        name: "gofmt",
        endings: &[".go"],
        command: "exec gofmt",
        is_there: "test -f go.mod && command -v gofmt",
    },
];

/// `computer` is a clean one at head; its files are not changed.
pub(crate) async fn formatters(
    computer: &dyn Computer,
    sources: &[Source],
) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for formatter in &FORMATTERS {
        let is_its = |source: &&Source| {
            source.head.text().is_some()
                && formatter.endings.iter().any(|ending| source.path.ends_with(ending))
        };
        let mut files = sources.iter().filter(is_its).take(FILES_MAX).peekable();
        if files.peek().is_none() || !formatter.is_there(computer).await? {
            continue;
        }
        let edition = edition(computer).await;
        for source in files {
            let changes = |side| formatter.changes(computer, &source.path, side, &edition);
            let (Some(base), Some(head)) = (source.base.text().or(Some("")), source.head.text())
            else {
                continue;
            };
            if changes(head).await? == Some(true) && changes(base).await? != Some(true) {
                findings.push(finding(source, formatter.name));
            }
        }
    }
    Ok(findings)
}

fn finding(source: &Source, formatter: &str) -> Finding {
    Finding {
        kind: Kind::Style,
        weight: Weight::Note,
        path: Some(source.path.clone()),
        line: None,
        text: format!("{formatter} would format it otherwise"),
    }
}

const STEP: &str = "format the changed files";

impl Formatter {
    async fn is_there(&self, computer: &dyn Computer) -> Result<bool, Error> {
        let exec = Exec::shell(&format!("{{ {}; }} >/dev/null 2>&1", self.is_there)).timeout(TIME);
        let exited = computer.run(exec).await.map_err(Error::at(STEP))?;
        Ok(exited.status.is_success())
    }

    /// `None` where it can't read the text, or says nothing in time.
    async fn changes(
        &self,
        computer: &dyn Computer,
        path: &str,
        text: &str,
        edition: &str,
    ) -> Result<Option<bool>, Error> {
        let exec = Exec::new(["/bin/sh", "-c", self.command, path])
            .env("EDITION", edition)
            .stdin(Stdin::Bytes(text.as_bytes().to_vec()))
            .timeout(TIME)
            .output_bytes_max(2 * TEXT_BYTES_MAX);
        let exited = computer.run(exec).await.map_err(Error::at(STEP))?;
        let is_whole = exited.status.is_success() && exited.stdout.dropped_bytes == 0;
        Ok(is_whole.then(|| exited.stdout.bytes != text.as_bytes()))
    }
}

/// Of the root's manifest; rustfmt alone would take the one of 2015.
async fn edition(computer: &dyn Computer) -> String {
    let manifest = Path::new(WORKSPACE).join("Cargo.toml");
    // Whether there is none or it can't be read: the default does for both.
    let text = computer.read(&manifest, CONFIG_BYTES_MAX).await.unwrap_or_default();
    let document: Option<toml::Table> = String::from_utf8_lossy(&text).parse().ok();
    let of = |table: Option<&toml::Value>| table?.get("edition")?.as_str().map(str::to_owned);
    let found = document.as_ref().and_then(|document| {
        let workspace = document.get("workspace").and_then(|table| table.get("package"));
        of(document.get("package")).or_else(|| of(workspace))
    });
    found.unwrap_or_else(|| "2021".into())
}
