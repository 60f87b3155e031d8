//! A condition the other way round.

use super::Here;
use super::sink::Sink;
use crate::role::{Field, Role};

/// For a value that may be no condition at all.
const RETURNED: f64 = 0.3;

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    let node = here.node;
    if node.role() == Role::Not {
        if let Some(argument) = here.field(Field::Argument) {
            sink.expression(node, argument.text(), 0.0);
        }
        return;
    }
    let condition = node.is_condition() && node.is_value() && node.role() != Role::Parenthesised;
    let returned = node.parent().is_some_and(|parent| parent.role() == Role::Return)
        && node.is(&[Role::Comparison, Role::Boolean, Role::Call, Role::Name, Role::Attribute]);
    if condition || returned {
        let more = if condition { 0.0 } else { RETURNED };
        sink.expression(node, &negated(here), more);
    }
}

fn negated(here: &Here<'_>) -> String {
    let (not, text) = (here.write().not, here.text());
    let atom = here.node.role().is_atom() || here.node.role() == Role::Parenthesised;
    if atom { format!("{not}{text}") } else { format!("{not}({text})") }
}
