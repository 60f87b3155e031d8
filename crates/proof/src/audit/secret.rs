//! Keys and passwords in the lines that the change adds, by forms that their makers document. A
//! finding never says the secret itself.

use std::sync::LazyLock;

use domain::evidence::{Finding, Kind, Weight};
use regex::Regex;

use super::finding;
use super::fresh::Fresh;
use crate::sources::Source;
use crate::test_files::is_test_file;

struct Rule {
    what: &'static str,
    form: Regex,
    /// In bits for each character: a placeholder has less.
    entropy_min: f64,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let rule = |what, entropy_min, form: &str| Rule {
        what,
        form: Regex::new(form).expect("it is a regular expression"),
        entropy_min,
    };
    vec![
        rule("a private key", 0.0, r"(-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----)"),
        rule("an AWS access key", 3.0, r"\b((?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})\b"),
        rule("a GitHub token", 3.0, r"\b(gh[pousr]_[A-Za-z0-9]{36,255})\b"),
        rule("a GitHub token", 3.0, r"\b(github_pat_[A-Za-z0-9_]{60,255})\b"),
        rule("a GitLab token", 3.0, r"\b(gl(?:pat|dt|rt|cbt|ptt|ft|soat)-[A-Za-z0-9_-]{20,})"),
        rule("a Slack token", 2.5, r"\b(xox[abeoprs]-[A-Za-z0-9-]{10,})"),
        rule(
            "a Slack webhook",
            3.0,
            r"hooks\.slack\.com/services/(T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,})",
        ),
        rule("a Stripe key", 3.0, r"\b((?:sk|rk)_(?:live|test)_[A-Za-z0-9]{20,})\b"),
        rule("a Google API key", 3.0, r"\b(AIza[A-Za-z0-9_-]{35})"),
        rule("a Google OAuth secret", 3.0, r"\b(GOCSPX-[A-Za-z0-9_-]{28})"),
        rule("an npm token", 3.0, r"\b(npm_[A-Za-z0-9]{36})\b"),
        rule("a PyPI token", 3.0, r"\b(pypi-AgE[A-Za-z0-9_-]{50,})"),
        rule("a crates.io token", 3.0, r"\b(cio[A-Za-z0-9]{32})\b"),
        rule("an Anthropic key", 3.0, r"\b(sk-ant-[A-Za-z0-9_-]{20,})"),
        rule("an OpenAI key", 3.0, r"\b(sk-(?:proj-)?[A-Za-z0-9_-]{32,})"),
        rule("a SendGrid key", 3.0, r"\b(SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})"),
        rule("a Twilio key", 3.0, r"\b(SK[0-9a-f]{32})\b"),
        rule("a Hugging Face token", 3.0, r"\b(hf_[A-Za-z0-9]{34,})\b"),
        rule("a DigitalOcean token", 3.0, r"\b(do[opr]_v1_[0-9a-f]{64})\b"),
        rule(
            "a signed web token",
            3.5,
            r"\b(eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})",
        ),
        rule(
            "a password in an address",
            2.5,
            r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@'\x22]{1,64}:([^\s:/@'\x22${}<>]{6,128})@",
        ),
        rule(
            "a password or key",
            3.2,
            r#"(?i)\b[a-z0-9_.-]*(?:password|passwd|secret|api_?key|access_?key|auth_?token|private_?key)[a-z0-9_]*["']?\s*(?::=|=>|=|:)\s*["']([^"'\s${}<>]{10,200})["']"#,
        ),
    ]
});

/// Words of what stands for a secret in an example.
const PLACEHOLDERS: [&str; 12] = [
    "example",
    "changeme",
    "placeholder",
    "your",
    "dummy",
    "xxxx",
    "test",
    "fake",
    "sample",
    "1234",
    "redacted",
    "password",
];

/// Findings in one file; more of them is a list of keys.
const FOUND_MAX: usize = 20;

pub(super) fn findings(sources: &[Source], fresh: &Fresh<'_>) -> Vec<Finding> {
    let files = fresh.files(sources);
    files
        .flat_map(|(source, lines)| {
            let found = lines.iter().filter_map(|(number, line)| in_line(source, *number, line));
            found.take(FOUND_MAX)
        })
        .collect()
}

fn in_line(source: &Source, number: u32, line: &str) -> Option<Finding> {
    let (rule, secret) = RULES.iter().find_map(|rule| {
        let secret = rule.form.captures(line)?.get(1)?.as_str();
        (entropy(secret) >= rule.entropy_min).then_some((rule, secret))
    })?;
    let is_generic = rule.what.starts_with("a password");
    let lower = secret.to_ascii_lowercase();
    let is_placeholder = PLACEHOLDERS.iter().any(|word| lower.contains(word));
    // AWS's own example and its like say so; of a generic form, a test's fixture is none.
    if is_placeholder || (is_generic && is_test_file(&source.path)) {
        return None;
    }
    let text = format!("what looks like {} ({})", rule.what, masked(secret));
    Some(finding(Kind::Secret, Weight::Warning, source, number, text))
}

/// `text` with every secret in it masked.
pub(super) fn without(text: &str) -> String {
    let mut shown = text.to_owned();
    for rule in RULES.iter() {
        let found: Vec<String> = rule
            .form
            .captures_iter(text)
            .filter_map(|found| Some(found.get(1)?.as_str().to_owned()))
            .filter(|secret| entropy(secret) >= rule.entropy_min)
            .collect();
        for secret in found {
            shown = shown.replace(&secret, &format!("({})", masked(&secret)));
        }
    }
    shown
}

/// Its length and nothing that could be used.
fn masked(secret: &str) -> String {
    let count = secret.chars().count();
    let start: String = if count >= 20 { secret.chars().take(4).collect() } else { String::new() };
    format!("{start}…, {count} characters")
}

/// Shannon's, in bits for each character.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let length = f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX));
    let share = |count: &u32| f64::from(*count) / length;
    counts.iter().filter(|count| **count > 0).map(share).map(|p| -p * p.log2()).sum()
}
