//! Another number, truth value or text.

use super::sink::Sink;
use super::{Here, idle_number};
use crate::role::{Field, Role};

const FAR: f64 = 0.2;
/// For a number that the file uses elsewhere.
const SEEN_ELSEWHERE: f64 = 0.2;
const NOTHING: f64 = 0.6;
const TEXT: f64 = 0.5;

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    let write = here.write();
    match here.node.role() {
        Role::Integer if is_index_of_tuple(here) => {}
        Role::Integer => integer(here, sink),
        Role::Float => float(here, sink),
        Role::True => sink.replace(here.node, write.no),
        Role::False => sink.replace(here.node, write.yes),
        Role::Null if here.node.is_value() => {
            for new in write.usual.iter().chain([&write.empty]) {
                sink.dearer(here.node, *new, NOTHING);
            }
        }
        Role::Text if here.node.is_value() => text(here, sink),
        _ => {}
    }
}

/// `pair.0`
fn is_index_of_tuple(here: &Here<'_>) -> bool {
    here.node.field_of_parent() == Some(Field::Member)
}

fn integer(here: &Here<'_>, sink: &mut Sink<'_>) {
    let (digits, suffix) = split(here.text());
    if let Ok(old) = digits.parse::<i64>() {
        let near = [old.checked_add(1), old.checked_sub(1), Some(0), Some(1), Some(-1), Some(2)];
        let far = [
            old.checked_mul(2),
            Some(old / 2),
            old.checked_neg(),
            old.checked_mul(10),
            Some(old / 10),
        ];
        for (all, more) in [(&near[..], 0.0), (&far[..], FAR)] {
            for new in all.iter().flatten() {
                let more = more + idle_number(here.node, *new);
                sink.expression(here.node, &format!("{new}{suffix}"), more);
            }
        }
    }
    others(here, sink);
}

/// The number, and what a language says behind it of its type.
fn split(text: &str) -> (String, &str) {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    let (digits, suffix) = text.split_at(digits);
    let is_suffix = suffix.starts_with(['i', 'u']) || suffix.is_empty() || suffix == "n";
    if is_suffix { (digits.replace('_', ""), suffix) } else { (String::new(), suffix) }
}

fn float(here: &Here<'_>, sink: &mut Sink<'_>) {
    if let Ok(old) = here.text().parse::<f64>() {
        let near = [old + 1.0, old - 1.0, 0.0, 1.0, -old, 1.0 - old, 0.5, 2.0];
        let far = [old * 2.0, old / 2.0, old * 10.0, old / 10.0];
        for (all, more) in [(&near[..], 0.0), (&far[..], FAR)] {
            for new in all.iter().filter(|new| new.is_finite()) {
                sink.expression(here.node, &format!("{new:?}"), more);
            }
        }
    }
    others(here, sink);
}

fn others(here: &Here<'_>, sink: &mut Sink<'_>) {
    for number in &here.vocabulary().numbers {
        sink.dearer(here.node, number, SEEN_ELSEWHERE);
    }
}

fn text(here: &Here<'_>, sink: &mut Sink<'_>) {
    let few = ["\"\"", "\" \"", "\"0\""];
    for new in here.vocabulary().strings.iter().map(String::as_str).chain(few) {
        sink.dearer(here.node, new, TEXT);
    }
}
