//! One test, as it was and as it is.

use std::collections::BTreeMap;

use domain::evidence::{Finding, Kind, Weight};
use syntax::testing::{Assertion, Mark, MarkKind, Strength, Test};

use super::super::{finding, quote};
use super::weight_of;
use crate::sources::Source;

/// What `pytest.approx` and its like allow where nobody says more.
const TOLERANCE_DEFAULT: f64 = 1e-6;

/// Assertions of one test that differ and are put beside each other.
const COMPARED_MAX: usize = 200;

pub(super) fn compare(source: &Source, base: &Test, head: &Test) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        new_marks(base, head).map(|mark| marked(source, base, mark)).collect();
    if is_skipped(head) {
        return findings;
    }
    if can_fail(base) && !can_fail(head) {
        let text = format!("the test {} can't fail any more: nothing is left of it", name(base));
        let line = *head.lines.start();
        findings.push(finding(Kind::TestWeakened, Weight::Objection, source, line, text));
        return findings;
    }
    findings.extend(assertions(source, base, head));
    if let (Some(before), Some(after)) = (base.cases, head.cases.or(Some(1)))
        && after < before
    {
        let text = format!("the test {} runs with {after} of {before} cases", name(base));
        let line = *head.lines.start();
        findings.push(finding(Kind::TestWeakened, Weight::Warning, source, line, text));
    }
    findings
}

fn name(test: &Test) -> String {
    quote(&test.name)
}

/// Something in it can fail: an assertion that asks for something, or any call.
pub(super) fn can_fail(test: &Test) -> bool {
    let asks = |assertion: &Assertion| assertion.strength != Strength::Nothing;
    // A statement that calls nothing, `raise` or a subscript, can fail as well.
    let is_bare = ["", "pass", "...", "return", "{}", "{ }", "return None", "{ return; }"]
        .contains(&without_constant_assertions(test).as_str());
    test.calls > 0 || test.assertions.iter().any(asks) || !is_bare
}

/// What the body has besides assertions that can't fail.
fn without_constant_assertions(test: &Test) -> String {
    let mut body = test.body.clone();
    if let Some((_doc, rest)) = body.strip_prefix("\"\"\"").and_then(|b| b.split_once("\"\"\"")) {
        body = rest.to_owned();
    }
    for assertion in test.assertions.iter().filter(|a| a.strength == Strength::Nothing) {
        body = body.replace(&assertion.text, "");
    }
    let statements = body.trim_matches(['{', '}', ' ']).split([';', ' ']).map(str::trim);
    let left: Vec<&str> = statements.filter(|word| !word.is_empty() && *word != "pass").collect();
    left.join(" ")
}

pub(super) fn is_skipped(test: &Test) -> bool {
    test.marks.iter().any(|mark| mark.kind == MarkKind::Skip)
}

fn new_marks<'t>(base: &'t Test, head: &'t Test) -> impl Iterator<Item = &'t Mark> {
    let is_known = |mark: &Mark| {
        base.marks.iter().any(|known| known.kind == mark.kind && known.text == mark.text)
    };
    // The same kind twice says nothing more.
    head.marks.iter().filter(move |mark| !is_known(mark))
}

fn marked(source: &Source, test: &Test, mark: &Mark) -> Finding {
    let (name, text) = (name(test), quote(&mark.text));
    let (kind, weight, sentence) = match mark.kind {
        MarkKind::Skip => {
            (Kind::TestSkipped, Weight::Warning, format!("the test {name} is skipped: {text}"))
        }
        MarkKind::SkipIf => (
            Kind::TestSkipped,
            weight_of(mark),
            format!("the test {name} runs only on a condition: {text}"),
        ),
        MarkKind::ExpectedFailure => {
            (Kind::TestSkipped, Weight::Warning, format!("the test {name} may fail now: {text}"))
        }
        MarkKind::Only => {
            (Kind::TestSkipped, Weight::Warning, format!("only tests with this mark run: {text}"))
        }
        MarkKind::Returns => (
            Kind::TestWeakened,
            Weight::Objection,
            format!("the test {name} returns before it asserts: {text}"),
        ),
        MarkKind::Swallows => (
            Kind::TestWeakened,
            Weight::Objection,
            format!("the test {name} forgets that an assertion failed: {text}"),
        ),
    };
    finding(kind, weight, source, mark.line, sentence)
}

/// Without white space, trailing commas and kinds of quotes: what a formatter changes.
pub(super) fn key(text: &str) -> String {
    let bare: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != ';')
        .map(|c| if c == '\'' || c == '`' { '"' } else { c })
        .collect();
    bare.replace(",)", ")").replace(",]", "]").replace(",}", "}")
}

fn assertions(source: &Source, base: &Test, head: &Test) -> Vec<Finding> {
    let (gone, new) = differing(&base.assertions, &head.assertions);
    let (mut findings, mut taken) = (Vec::new(), vec![false; new.len()]);
    for old in gone.iter().filter(|old| old.strength != Strength::Nothing) {
        let free = |index: &usize| !taken[*index];
        let same = (0..new.len()).filter(free).find(|i| new[*i].skeleton == old.skeleton);
        // One that only moved in the order can't stand for another.
        let found = same.or_else(|| (0..new.len()).find(free));
        let Some(index) = found else {
            let text = format!("{} loses an assertion: {}", name(base), quote(&old.text));
            let line = *head.lines.start();
            findings.push(finding(Kind::TestWeakened, Weight::Warning, source, line, text));
            continue;
        };
        taken[index] = true;
        findings.push(changed(source, base, old, new[index]));
    }
    findings
}

/// Those that only base has, and those that only head has.
fn differing<'t>(
    base: &'t [Assertion],
    head: &'t [Assertion],
) -> (Vec<&'t Assertion>, Vec<&'t Assertion>) {
    let only = |these: &'t [Assertion], others: &[Assertion]| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for other in others {
            *counts.entry(key(&other.text)).or_insert(0) += 1;
        }
        let is_only = |assertion: &&Assertion| match counts.get_mut(&key(&assertion.text)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            Some(_) | None => true,
        };
        these.iter().filter(is_only).take(COMPARED_MAX).collect()
    };
    (only(base, head), only(head, base))
}

fn changed(source: &Source, test: &Test, old: &Assertion, new: &Assertion) -> Finding {
    let became = format!("{}: {} became {}", name(test), quote(&old.text), quote(&new.text));
    let (kind, weight, text) = if new.strength == Strength::Nothing {
        let text = format!("an assertion was replaced by one that can't fail, in {became}");
        (Kind::TestWeakened, Weight::Objection, text)
    } else if new.strength < old.strength {
        (Kind::TestWeakened, Weight::Warning, format!("a weaker assertion, in {became}"))
    } else if widened(old, new) {
        (Kind::TestWeakened, Weight::Warning, format!("a wider tolerance, in {became}"))
    } else if old.skeleton == new.skeleton {
        (Kind::TestEdited, Weight::Warning, format!("an expected value is edited, in {became}"))
    } else {
        (Kind::TestEdited, Weight::Note, format!("an assertion is edited, in {became}"))
    };
    finding(kind, weight, source, new.line, text)
}

fn widened(old: &Assertion, new: &Assertion) -> bool {
    new.tolerances.iter().any(|(name, value)| {
        let before = old.tolerances.iter().find(|(known, _)| known == name).map(|(_, v)| *v);
        if ["places", "digits", "decimal"].contains(&name.as_str()) {
            before.is_some_and(|before| *value < before)
        } else {
            *value > before.unwrap_or(TOLERANCE_DEFAULT)
        }
    })
}
