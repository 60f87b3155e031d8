//! Another number, truth value or string.

use super::{Here, Sink};

/// Of a number that the file uses elsewhere.
const SEEN_ELSEWHERE: f64 = 0.6;
/// Of `x + 0`, which nobody writes.
const IDLE: f64 = 0.1;
const SMALL: f64 = 0.9;
const FAR: f64 = 0.7;
const STRING: f64 = 0.4;
const NOTHING: f64 = 0.4;

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    match here.node.kind() {
        "integer" => integer(here, sink),
        "float" => float(here, sink),
        "true" => sink.replace(here.node, "False"),
        "false" => sink.replace(here.node, "True"),
        "none" => nothing(here, sink),
        "string" if here.is_value() => string(here, sink),
        _ => {}
    }
}

fn integer(here: &Here<'_>, sink: &mut Sink<'_>) {
    if let Ok(old) = here.text().parse::<i64>() {
        let next = [old.checked_add(1), old.checked_sub(1)];
        let small = [Some(0), Some(1), Some(-1), Some(2)];
        let far = [
            old.checked_mul(2),
            Some(old / 2),
            old.checked_neg(),
            old.checked_mul(10),
            Some(old / 10),
        ];
        let shares = [(&next[..], 1.0), (&small[..], SMALL), (&far[..], FAR)];
        for (all, share) in shares {
            for new in all.iter().flatten() {
                let share = if says_nothing(here, *new) { IDLE } else { share };
                sink.expression(here.node, &new.to_string(), share);
            }
        }
    }
    others(here, sink);
}

/// Whether an operation with the number would do nothing.
fn says_nothing(here: &Here<'_>, number: i64) -> bool {
    let operation = here.node.parent().filter(|parent| parent.kind() == "binary_operator");
    let operator = operation.and_then(|operation| operation.child_by_field_name("operator"));
    match operator.map(|operator| here.of(operator)) {
        Some("+" | "-") => number == 0,
        Some("*" | "/" | "//" | "**") => number == 0 || number == 1,
        _ => false,
    }
}

fn float(here: &Here<'_>, sink: &mut Sink<'_>) {
    if let Ok(old) = here.text().parse::<f64>() {
        let values = [
            old + 1.0,
            old - 1.0,
            0.0,
            1.0,
            -old,
            old * 2.0,
            old / 2.0,
            1.0 - old,
            0.5,
            2.0,
            old * 10.0,
            old / 10.0,
        ];
        for new in values.into_iter().filter(|new| new.is_finite()) {
            sink.expression(here.node, &format!("{new:?}"), 1.0);
        }
    }
    others(here, sink);
}

fn others(here: &Here<'_>, sink: &mut Sink<'_>) {
    for number in &here.scope.numbers {
        sink.likely(here.node, number, SEEN_ELSEWHERE);
    }
}

fn nothing(here: &Here<'_>, sink: &mut Sink<'_>) {
    for new in ["0", "1", "True", "False", "[]", "{}", "\"\""] {
        sink.likely(here.node, new, NOTHING);
    }
}

fn string(here: &Here<'_>, sink: &mut Sink<'_>) {
    let few = ["\"\"", "\" \"", "\"0\""];
    for new in here.scope.strings.iter().map(String::as_str).chain(few) {
        sink.likely(here.node, new, STRING);
    }
}
