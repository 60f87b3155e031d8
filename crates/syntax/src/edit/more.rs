//! More of an expression: an operand, a clause, a call around, an element; or another expression
//! of the function altogether. Programs repeat themselves, so the right text often stands nearby
//! (Barr et al., "The Plastic Surgery Hypothesis", FSE 2014).

use super::sink::Sink;
use super::{Here, filled};
use crate::role::{Field, Role};

/// For an expression from elsewhere in the file.
const OF_THE_FILE: f64 = 0.3;
const OTHER_KIND: f64 = 0.2;
const ALWAYS: f64 = 0.4;
/// For a clause in front of the others.
const IN_FRONT: f64 = 0.1;

pub fn operand(here: &Here<'_>, sink: &mut Sink<'_>) {
    let node = here.node;
    let fits = node.role().is_place()
        || node.role().is_number()
        || node.is(&[Role::Binary, Role::List, Role::Comprehension, Role::Text]);
    if !fits || !is_used(here) {
        return;
    }
    let text = match node.role() {
        Role::Binary => format!("({})", node.text()),
        _ => node.text().to_owned(),
    };
    for form in here.write().operands {
        if !form.contains("{b}") {
            sink.expression(node, &filled(form, &[("{a}", &text)]), 0.0);
            continue;
        }
        for name in &here.scope.names {
            sink.expression(node, &filled(form, &[("{a}", &text), ("{b}", name)]), 0.0);
        }
    }
}

pub fn wrap(here: &Here<'_>, sink: &mut Sink<'_>) {
    let node = here.node;
    let whole = node.is(&[Role::Text, Role::Null, Role::True, Role::False, Role::Tuple]);
    if whole || node.role() == Role::Parenthesised || !is_used(here) {
        return;
    }
    let (write, text) = (here.write(), node.text());
    let atom = node.role().is_atom();
    let sign = if atom { format!("-{text}") } else { format!("-({text})") };
    sink.expression(node, &sign, 0.0);
    for form in write.calls {
        sink.expression(node, &form.replace("{}", text), 0.0);
    }
    let suffixed =
        if atom && !node.role().is_number() { text.to_owned() } else { format!("({text})") };
    for suffix in write.suffixes {
        sink.expression(node, &format!("{suffixed}{suffix}"), 0.0);
    }
    let bounds = here.scope.names.iter().map(String::as_str).chain(["0", "1"]);
    for bound in bounds {
        for form in write.limits {
            let object = if form.starts_with("{a}.") { &suffixed } else { text };
            sink.replace(node, filled(form, &[("{a}", object), ("{b}", bound)]));
        }
    }
}

/// Any expression of the function, then of the file.
pub fn expression(here: &Here<'_>, sink: &mut Sink<'_>) {
    if !is_used(here) || here.node.role() == Role::Parenthesised {
        return;
    }
    let operates = |text: &str| text.contains(' ');
    let mine = here.scope.expressions.iter().map(|text| (text, 0.0));
    let others = here.vocabulary().expressions.iter().map(|text| (text, OF_THE_FILE));
    for (text, more) in mine.chain(others) {
        let other = operates(text) != operates(here.text());
        sink.expression(here.node, text, more + if other { OTHER_KIND } else { 0.0 });
    }
}

/// Whether something else may stand there and be of use: no callee, no statement of its own.
fn is_used(here: &Here<'_>) -> bool {
    let node = here.node;
    let deed = node.parent().is_some_and(|parent| parent.role() == Role::ExpressionStatement);
    node.is_value() && !node.is_callee() && !deed
}

/// A condition with a clause more, joined by and or or.
pub fn clause(here: &Here<'_>, sink: &mut Sink<'_>) {
    if !is_whole_condition(here) {
        return;
    }
    let (write, text) = (here.write(), here.text());
    let loose = here.node.is(&[Role::Boolean, Role::Conditional]);
    let old = if loose { format!("({text})") } else { text.to_owned() };
    for clause in clauses(here) {
        for joined in [write.and, write.or] {
            sink.expression(here.node, &format!("{old} {joined} {clause}"), 0.0);
            sink.expression(here.node, &format!("{clause} {joined} {old}"), IN_FRONT);
        }
    }
}

/// Another condition altogether.
pub fn condition(here: &Here<'_>, sink: &mut Sink<'_>) {
    if !is_whole_condition(here) {
        return;
    }
    for new in here.conditions() {
        sink.expression(here.node, &new, 0.0);
    }
    for new in [here.write().yes, here.write().no] {
        sink.expression(here.node, new, ALWAYS);
    }
}

fn is_whole_condition(here: &Here<'_>) -> bool {
    let node = here.node;
    let inner = node.parent().is_some_and(|parent| parent.is(&[Role::Boolean, Role::Not]));
    let returned = node.is(&[Role::Comparison, Role::Boolean, Role::Not])
        && node.parent().is_some_and(|parent| parent.role() == Role::Return);
    let asked = node.is_condition() && node.role() != Role::Parenthesised;
    (asked || returned) && node.is_value() && !inner
}

fn clauses(here: &Here<'_>) -> Vec<String> {
    let write = here.write();
    let compound = |text: &str| text.contains(write.and) || text.contains(write.or);
    let known = here.conditions().into_iter();
    known.map(|text| if compound(&text) { format!("({text})") } else { text }).collect()
}

/// `[v]` and `[[]]` for `[]`.
pub fn list(here: &Here<'_>, sink: &mut Sink<'_>) {
    let write = here.write();
    let empty = here.text() == write.empty
        || here.node.role() == Role::List && here.node.parts().is_empty();
    if !empty || !here.node.is_value() {
        return;
    }
    for element in std::iter::once(write.empty).chain(here.scope.names.iter().map(String::as_str)) {
        sink.replace(here.node, write.list.replace("{}", element));
    }
}

/// A part of a list, or another part of it.
pub fn slice(here: &Here<'_>, sink: &mut Sink<'_>) {
    let (node, write) = (here.node, here.write());
    if node.role() == Role::Slice {
        return ends(here, sink);
    }
    if !node.role().is_place() || !is_used(here) || node.field_of_parent() == Some(Field::Object) {
        return;
    }
    for name in here.scope.names.iter().map(String::as_str).chain(["1"]) {
        for form in write.slices {
            sink.replace(node, filled(form, &[("{a}", node.text()), ("{b}", name)]));
        }
    }
}

/// One bound at the other end, or only one of two.
fn ends(here: &Here<'_>, sink: &mut Sink<'_>) {
    let separator = if here.text().contains("..") { ".." } else { ":" };
    for bound in here.node.parts() {
        let bound = bound.text();
        sink.replace(here.node, format!("{bound}{separator}"));
        sink.replace(here.node, format!("{separator}{bound}"));
        if separator == ":" && !bound.starts_with('-') {
            sink.replace(here.node, format!("-{bound}{separator}"));
            sink.replace(here.node, format!("{separator}-{bound}"));
        }
    }
}
