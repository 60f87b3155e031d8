//! Licences: their files, the fields that name them, and the notes in files' heads.

use std::sync::LazyLock;

use domain::change;
use domain::evidence::{Finding, Kind, Weight};
use regex::Regex;

use super::fresh::Fresh;
use super::{file_name, finding, quote};
use crate::sources::Source;

static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^\s*"?(license|license-file|licence)"?\s*[:=]\s*(.+?),?\s*$"#)
        .expect("it is a regular expression")
});

static HEADER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"SPDX-License-Identifier:\s*([A-Za-z0-9.+() -]+)")
        .expect("it is a regular expression")
});

pub(super) fn findings(sources: &[Source], fresh: &Fresh<'_>) -> Vec<Finding> {
    let files = fresh.files(sources);
    files.flat_map(|(source, lines)| file(source).into_iter().chain(said(source, lines))).collect()
}

fn file(source: &Source) -> Option<Finding> {
    let name = file_name(&source.path).to_ascii_uppercase();
    let starts = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"];
    // `license.py` is a program.
    let is_prose = [".MD", ".TXT", ".RST"].iter().any(|ending| name.ends_with(ending));
    let is_licence = starts.iter().any(|start| name.starts_with(start))
        && (is_prose || !name.contains('.') || syntax::Language::of(&source.path).is_none());
    is_licence.then(|| {
        let done = match source.kind {
            change::Kind::Added => "added",
            change::Kind::Modified => "edited",
            change::Kind::Deleted => "deleted",
        };
        let text = format!("a licence is {done}");
        finding(Kind::Licence, Weight::Warning, source, None, text)
    })
}

fn said(source: &Source, lines: &[(u32, &str)]) -> Vec<Finding> {
    let is_manifest =
        ["Cargo.toml", "package.json", "pyproject.toml"].contains(&file_name(&source.path));
    let mut findings = Vec::new();
    for (number, line) in lines {
        let field = FIELD.captures(line).filter(|_| is_manifest);
        let found = field.and_then(|f| f.get(2)).map(|value| (value.as_str(), true));
        let header = HEADER.captures(line).and_then(|f| f.get(1));
        let found = found.or_else(|| header.map(|value| (value.as_str(), false)));
        let Some((value, is_field)) = found else { continue };
        let what =
            if is_field { "the licence is said to be" } else { "a file says its licence is" };
        let weight = if is_field { Weight::Warning } else { Weight::Note };
        let text = format!("{what} {}", quote(value));
        findings.push(finding(Kind::Licence, weight, source, *number, text));
    }
    let kept = source.head.text().is_some_and(|text| HEADER.is_match(text));
    let lost = source.removed_lines().find(|(_, line)| HEADER.is_match(line));
    if let (false, Some((_, line)), change::Kind::Modified) = (kept, lost, source.kind) {
        let text = format!("the note of its licence is gone: {}", quote(line));
        findings.push(finding(Kind::Licence, Weight::Warning, source, None, text));
    }
    findings
}
