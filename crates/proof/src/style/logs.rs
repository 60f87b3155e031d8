//! Complaints about a place in a file, as linters and compilers print them. A log is hostile text:
//! what doesn't have one of the known forms is skipped.

use std::sync::LazyLock;

use computer::WORKSPACE;
use regex::Regex;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Complaint {
    pub path: String,
    pub line: u32,
    pub text: String,
    /// A warning of a build, rather than a linter's.
    pub by_compiler: bool,
}

const COMPLAINTS_MAX: usize = 20_000;
/// A longer line is no complaint.
const LINE_BYTES_MAX: usize = 2_000;
/// Of a diagnostic, in which it says which lint it is of.
const BLOCK_LINES: usize = 24;

static COLOURS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("\u{1b}\\[[0-9;]*[A-Za-z]").expect("it is a regular expression"));

/// `path:line[:column]: message`.
static COLONS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*([^\s:()][^:()]*):(\d+)(?::\d+)?:?\s+(.+)$")
        .expect("it is a regular expression")
});

/// `path(line,column): message`, as TypeScript and MSBuild have it.
static BRACKETS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*([^\s:()][^:()]*)\((\d+)(?:,\d+)?\):\s+(.+)$")
        .expect("it is a regular expression")
});

/// ` --> path:line:column`, below its message, as Rust and ruff have it.
static ARROW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*--> ([^:]+):(\d+):\d+$").expect("it is a regular expression")
});

/// `  3:10  error  message  rule`, below its path, as ESLint has it.
static STYLISH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s+(\d+):\d+\s+(?:error|warning)\s+(.+)$").expect("it is a regular expression")
});

/// A test's failure has the form of a complaint, and is none.
static FAILURE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(in \S+|[\w.]*(Error|Exception|Failed|Exit)\b.*|FAILED.*|PASSED.*)$")
        .expect("it is a regular expression")
});

static COMPILER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^warning(\[[^\]]*\])?:|^\w*Warning:|\[-W[\w=-]+\]")
        .expect("it is a regular expression")
});

pub(super) fn complaints(log: &str) -> Vec<Complaint> {
    let plain = COLOURS.replace_all(log, "");
    let lines: Vec<&str> = plain.lines().map(str::trim_end).collect();
    let (mut found, mut file) = (Vec::new(), None);
    for (index, line) in lines.iter().enumerate() {
        if line.len() > LINE_BYTES_MAX {
            continue;
        }
        if let Some(parts) = STYLISH.captures(line) {
            found.extend(file.and_then(|file| complaint(file, &parts[1], &parts[2], false)));
        } else if let Some(complaint) = below_message(&lines, index).or_else(|| in_line(line)) {
            found.push(complaint);
        } else if !line.is_empty() && !line.contains(' ') && line.contains(['.', '/']) {
            file = Some(*line);
        }
        if found.len() >= COMPLAINTS_MAX {
            break;
        }
    }
    found
}

fn in_line(line: &str) -> Option<Complaint> {
    let parts = COLONS.captures(line).or_else(|| BRACKETS.captures(line))?;
    let text = parts[3].trim();
    if FAILURE.is_match(text) {
        return None;
    }
    complaint(&parts[1], &parts[2], text, COMPILER.is_match(text))
}

fn below_message(lines: &[&str], index: usize) -> Option<Complaint> {
    let parts = ARROW.captures(lines[index])?;
    let above = lines[..index].last()?;
    let block = lines[index..].iter().take(BLOCK_LINES).take_while(|line| !line.is_empty());
    let is_lint = block.into_iter().any(|line| line.contains("clippy::"));
    let by_compiler = COMPILER.is_match(above) && !is_lint;
    complaint(&parts[1], &parts[2], above.trim(), by_compiler)
}

fn complaint(path: &str, line: &str, text: &str, by_compiler: bool) -> Option<Complaint> {
    let path = path.trim();
    let path = path.strip_prefix(WORKSPACE).map_or(path, |rest| rest.trim_start_matches('/'));
    let path = path.strip_prefix("./").unwrap_or(path).to_owned();
    let words: Vec<&str> = text.split_whitespace().collect();
    Some(Complaint { path, line: line.parse().ok()?, text: words.join(" "), by_compiler })
}
