//! What a change does that a reviewer should know, found by reading it: tests deleted, skipped or
//! weakened, settings of runners, caches, secrets, dependencies, what is public. Pure: it never
//! saw anything run. What it calls an objection no honest change has a reason for; what an honest
//! change may do is a warning, and left to a run to judge. `docs/evidence.md` has the rules.

mod cache;
mod dependency;
mod forged;
mod fresh;
mod hooks;
mod interface;
mod licence;
mod loosened;
mod places;
mod runner;
mod scripts;
mod secret;
mod special;

use std::collections::BTreeMap;

use domain::evidence::{Finding, Kind, Weight};

use crate::sources::{Mention, Source};
use fresh::Fresh;

/// Of one kind and weight; the rest is counted.
const ALIKE_MAX: usize = 30;
/// Of a finding's text.
const TEXT_CHARS_MAX: usize = 300;
/// Of what is quoted in one.
const QUOTE_CHARS_MAX: usize = 100;

/// The worst first. `mentions` are base's tests of what the change edits.
pub(crate) fn findings(sources: &[Source], mentions: &[Mention]) -> Vec<Finding> {
    let fresh = Fresh::of(sources);
    let mut findings = loosened::findings(sources);
    findings.extend(runner::findings(sources, &fresh));
    findings.extend(forged::findings(sources, &fresh));
    findings.extend(special::findings(sources, mentions));
    findings.extend(cache::findings(sources));
    findings.extend(secret::findings(sources, &fresh));
    findings.extend(dependency::findings(sources));
    findings.extend(licence::findings(sources, &fresh));
    findings.extend(interface::findings(sources));
    findings.extend(places::findings(sources));
    told(findings)
}

/// Sorted, without doubles, and not more than a person can read.
pub(crate) fn told(mut findings: Vec<Finding>) -> Vec<Finding> {
    for finding in &mut findings {
        // Whatever quotes the change may quote a key.
        finding.text = stdx::cut::line(&secret::without(&finding.text), TEXT_CHARS_MAX);
    }
    let order = |finding: &Finding| (std::cmp::Reverse(finding.weight), finding.kind);
    findings.sort_by(|a, b| {
        (order(a), &a.path, a.line, &a.text).cmp(&(order(b), &b.path, b.line, &b.text))
    });
    findings.dedup();
    let mut counts: BTreeMap<(std::cmp::Reverse<Weight>, Kind), usize> = BTreeMap::new();
    findings.retain(|finding| {
        let count = counts.entry(order(finding)).or_insert(0);
        *count += 1;
        *count <= ALIKE_MAX
    });
    for ((weight, kind), count) in counts.into_iter().filter(|(_, count)| *count > ALIKE_MAX) {
        let text = format!("and {} more like these", count - ALIKE_MAX);
        let last = findings.iter().rposition(|finding| order(finding) == (weight, kind));
        let at = last.map_or(findings.len(), |last| last + 1);
        findings.insert(at, Finding { kind, weight: weight.0, path: None, line: None, text });
    }
    findings
}

fn finding(
    kind: Kind,
    weight: Weight,
    source: &Source,
    line: impl Into<Option<u32>>,
    text: impl Into<String>,
) -> Finding {
    Finding { kind, weight, path: Some(source.path.clone()), line: line.into(), text: text.into() }
}

/// Code of the change, in a sentence.
fn quote(text: &str) -> String {
    format!("`{}`", stdx::cut::line(text.trim(), QUOTE_CHARS_MAX))
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests;
