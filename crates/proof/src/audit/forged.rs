//! Code of the change that says what only a test runner should say, or puts itself between the
//! tests and their runner.

use std::cell::OnceCell;
use std::sync::LazyLock;

use domain::evidence::{Finding, Kind, Weight};
use regex::Regex;

use super::fresh::{Fresh, is_comment, is_prose};
use super::{file_name, finding, quote};
use crate::sources::Source;
use crate::test_files::is_test_file;

/// Where a rule holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    Anywhere,
    /// Tests and what is loaded with them.
    Tests,
    /// Everything else.
    Code,
}

struct Rule {
    form: Regex,
    place: Where,
    weight: Weight,
    what: &'static str,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    use Weight::{Objection, Warning};
    let rule = |place, weight, what, form: &str| Rule {
        form: Regex::new(form).expect("it is a regular expression"),
        place,
        weight,
        what,
    };
    vec![
        rule(
            Where::Anywhere,
            Objection,
            "prints what a test runner says",
            r#"(print|println!?|console\.log|write|writeln!?|puts|echo|log|Println|printf?)\b.{0,40}["'`].{0,40}(test result: ok|\b\d+ (tests? )?pass(ed|ing)\b|Ran \d+ tests? in|^ok \d+ - |\bok 1 - |# pass \d|--- PASS: |\bTests:\s+\d+ passed)"#,
        ),
        rule(
            Where::Anywhere,
            Objection,
            "reads or writes what the server makes runners report by",
            r"WHIMBREL_(REPORT|ROOT|TEST_SECONDS)|/run/whimbrel\b",
        ),
        rule(
            Where::Anywhere,
            Objection,
            "puts itself in the place of what tests assert with",
            r"\b(TestCase|unittest|pytest|_pytest|builtins|__builtins__|assert|expect|globalThis|global|Assert|jest|chai)\.(assert\w*|run|fail|raises|debug|main|equal|strictEqual|deepEqual|deepStrictEqual|ok|expect|test|it|AssertionError|__import__)\s*=[^=]",
        ),
        rule(
            Where::Anywhere,
            Objection,
            "puts itself in the place of what tests assert with",
            r"\bsetattr\(\s*(unittest|pytest|_pytest|builtins)\b|\bsys\.modules\[.(unittest|pytest|_pytest)|require\(['\x22](node:)?assert['\x22]\)\.\w+\s*=[^=]|expect\.extend\(\{\s*toBe\b",
        ),
        rule(
            Where::Anywhere,
            Objection,
            "sets the exit code after everything else ran",
            r"atexit\.register\(.*(_exit|exit)|process\.on\(\s*['\x22](exit|beforeExit)['\x22].*(exitCode\s*=\s*0|exit\(\s*0)",
        ),
        rule(
            Where::Tests,
            Objection,
            "ends the tests' process as if they had passed",
            r"\bos\._exit\(\s*0?\s*\)|\bprocess\.reallyExit\(\s*0?\s*\)",
        ),
        rule(
            Where::Tests,
            Warning,
            "ends a process with success",
            r"\bprocess\.exit\(\s*0?\s*\)|process::exit\(\s*0\s*\)|\bsys\.exit\(\s*0?\s*\)|\bos\.Exit\(\s*0\s*\)|process\.exitCode\s*=\s*0",
        ),
        rule(
            Where::Code,
            Warning,
            "ends the process at once, with success",
            r"\bos\._exit\(\s*0\s*\)|\bprocess\.reallyExit\(\s*0?\s*\)",
        ),
        rule(
            Where::Anywhere,
            Warning,
            "touches how test runners are called or what they report",
            r"PYTEST_ADDOPTS|junit_?xml|NODE_OPTIONS|PYTEST_PLUGINS",
        ),
        rule(
            Where::Tests,
            Warning,
            "runs something when the process ends",
            r"atexit\.register\(|process\.on\(\s*['\x22](exit|beforeExit)",
        ),
    ]
});

/// `def __eq__(self, other): return True`: equal to whatever a test expects.
static EQUAL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"def __eq__\(.*\).*:\s*(return True)?\s*(#.*)?$")
        .expect("it is a regular expression")
});

pub(super) fn findings(sources: &[Source], fresh: &Fresh<'_>) -> Vec<Finding> {
    let files = fresh.files(sources).filter(|(source, _)| !is_prose(&source.path));
    let usual = Usual { sources, known: RULES.iter().map(|_| OnceCell::new()).collect() };
    files.flat_map(|(source, lines)| in_file(source, lines, &usual)).collect()
}

/// Forms that base has as well: a project that is a test runner itself, or forks.
struct Usual<'s> {
    sources: &'s [Source],
    /// In the order of the rules; looked for once.
    known: Vec<OnceCell<bool>>,
}

impl Usual<'_> {
    fn has(&self, rule: usize) -> bool {
        *self.known[rule].get_or_init(|| {
            self.sources.iter().any(|source| {
                let lines = source.base.text().unwrap_or_default().lines();
                let mut lines = lines.filter(|line| line.len() < LINE_BYTES_MAX);
                lines.any(|line| RULES[rule].form.is_match(line))
            })
        })
    }
}

/// Findings in one file; who has more is shown the first.
const FOUND_MAX: usize = 50;

/// A child that ends itself isn't the tests' process.
fn forks(source: &Source) -> bool {
    const WORDS: [&str; 4] = ["os.fork", "multiprocessing", "subprocess", "pytest.raises"];
    source.head.text().is_some_and(|text| WORDS.iter().any(|word| text.contains(word)))
}

/// Longer lines of base aren't looked at.
const LINE_BYTES_MAX: usize = 4_096;

fn in_file(source: &Source, lines: &[(u32, &str)], usual: &Usual<'_>) -> Vec<Finding> {
    let name = file_name(&source.path);
    let is_test = is_test_file(&source.path) || name == "sitecustomize.py" || name == "build.rs";
    let forks = forks(source);
    let mut findings = Vec::new();
    let code: Vec<&(u32, &str)> = lines.iter().filter(|(_, line)| !is_comment(line)).collect();
    for (index, (number, line)) in code.iter().enumerate() {
        if findings.len() >= FOUND_MAX {
            break;
        }
        let holds = |rule: &Rule| match rule.place {
            Where::Anywhere => true,
            Where::Tests => is_test,
            Where::Code => !is_test,
        };
        let found = RULES.iter().position(|rule| holds(rule) && rule.form.is_match(line));
        if let Some(found) = found {
            let rule = &RULES[found];
            let text = format!("it {}: {}", rule.what, quote(line));
            let is_excused = (rule.place == Where::Tests && forks)
                || (rule.weight == Weight::Objection && usual.has(found));
            let weight = if is_excused { Weight::Warning } else { rule.weight };
            findings.push(finding(Kind::ReportForged, weight, source, *number, text));
        }
        let next = code.get(index + 1).map_or("", |(_, next)| next.trim());
        findings.extend(equal_to_all(source, *number, line, next, is_test));
    }
    findings
}

fn equal_to_all(
    source: &Source,
    number: u32,
    line: &str,
    next: &str,
    is_test: bool,
) -> Option<Finding> {
    let is_so = EQUAL.is_match(line) && (line.contains("return True") || next == "return True");
    // A test's own wildcard is common; a product's has no use.
    let weight = if is_test { Weight::Warning } else { Weight::Objection };
    let text = format!("something that is equal to everything: {}", quote(line));
    is_so.then(|| finding(Kind::ReportForged, weight, source, number, text))
}
