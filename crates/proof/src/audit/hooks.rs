//! Pytest's hooks in a `conftest.py`: a fixture is nobody's business, a hook that sets results is.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use domain::evidence::{Finding, Kind, Weight};
use regex::Regex;
use syntax::Parsed;

use super::fresh::is_comment;
use super::{finding, quote};
use crate::sources::Source;

/// Hooks that see results or choose tests.
const HOOKS: [&str; 14] = [
    "pytest_collection_modifyitems",
    "pytest_collection_finish",
    "pytest_ignore_collect",
    "pytest_collect_file",
    "pytest_pycollect_makeitem",
    "pytest_itemcollected",
    "pytest_runtest_makereport",
    "pytest_runtest_protocol",
    "pytest_runtest_call",
    "pytest_runtest_logreport",
    "pytest_pyfunc_call",
    "pytest_report_teststatus",
    "pytest_sessionfinish",
    "pytest_cmdline_main",
];

struct Rule {
    form: Regex,
    weight: Weight,
    what: &'static str,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let rule = |form: &str, weight, what| Rule {
        form: Regex::new(form).expect("it is a regular expression"),
        weight,
        what,
    };
    vec![
        rule(r#"\.outcome\s*=\s*["'](passed|skipped)"#, Weight::Objection, "sets a test's result"),
        rule(
            r"\.passed\s*=\s*True|\.failed\s*=\s*False",
            Weight::Objection,
            "sets a test's result",
        ),
        rule(
            r"\bexcinfo\s*=\s*None|\.longrepr\s*=\s*None",
            Weight::Objection,
            "removes a test's failure",
        ),
        rule(r"force_result\(", Weight::Objection, "sets a hook's result"),
        rule(
            r"\bexitstatus\s*=\s*(0|ExitCode\.OK|pytest\.ExitCode\.OK)",
            Weight::Objection,
            "sets the session's exit status",
        ),
        rule(r"\btestsfailed\s*=\s*0", Weight::Objection, "sets the number of failed tests"),
        rule(
            r"\bitems\.clear\(|\bitems\[:\]\s*=\s*\[\]|\bdel items\[",
            Weight::Objection,
            "removes tests from the collection",
        ),
        rule(
            r"\bitems\.remove\(|\bitems\[:\]\s*=|pytest_deselected",
            Weight::Warning,
            "chooses among the collected tests",
        ),
        rule(r"\bcollect_ignore(_glob)?\b", Weight::Warning, "leaves files out of the collection"),
        rule(
            r"mark\.(skip|xfail)",
            Weight::Warning,
            "marks tests as skipped or as expected to fail",
        ),
    ]
});

pub(super) fn findings(source: &Source, lines: &[(u32, &str)]) -> Vec<Finding> {
    let hooks = hooks(source);
    let code: Vec<&(u32, &str)> = lines.iter().filter(|(_, line)| !is_comment(line)).collect();
    let mut findings = Vec::new();
    for (number, line) in &code {
        if let Some(rule) = RULES.iter().find(|rule| rule.form.is_match(line)) {
            let text = format!("it {}: {}", rule.what, quote(line));
            findings.push(finding(Kind::RunnerConfigured, rule.weight, source, *number, text));
        }
    }
    for (name, range) in hooks {
        let is_touched = code.iter().any(|(number, _)| range.contains(number));
        if is_touched {
            findings.push(hook(source, &name, &range, &code));
        }
    }
    findings
}

/// Some hooks stop all others where they return something: no test runs any more.
fn hook(
    source: &Source,
    name: &str,
    range: &RangeInclusive<u32>,
    code: &[&(u32, &str)],
) -> Finding {
    let stops = ["pytest_pyfunc_call", "pytest_runtest_protocol", "pytest_cmdline_main"];
    let mut inside = code.iter().filter(|(number, _)| range.contains(number));
    let returns = inside.any(|(_, line)| {
        let line = line.trim();
        line.starts_with("return True") || line.starts_with("return 0")
    });
    let (weight, does) = if stops.contains(&name) && returns {
        (Weight::Objection, "keeps tests from running")
    } else {
        (Weight::Warning, "has a part in which tests run or what they give")
    };
    let text = format!("the hook {} {does}", quote(name));
    finding(Kind::RunnerConfigured, weight, source, *range.start(), text)
}

fn hooks(source: &Source) -> Vec<(String, RangeInclusive<u32>)> {
    let Some(text) = source.head.text() else { return Vec::new() };
    let Some(parsed) = Parsed::new(&source.path, text.to_owned()) else { return Vec::new() };
    let functions = syntax::testing::functions(&parsed).into_iter();
    let hooks = functions.filter(|function| HOOKS.contains(&function.name.as_str()));
    hooks.map(|function| (function.name, function.lines)).collect()
}
