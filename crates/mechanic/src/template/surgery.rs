//! Another expression of the same file in place of one. Programs repeat themselves, so the right
//! text often stands nearby (Barr et al., "The Plastic Surgery Hypothesis", FSE 2014).

use super::{Here, Sink};

/// Of an expression of another kind.
const OTHER_KIND: f64 = 0.7;

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    if !here.is_value() || here.is(&["parenthesized_expression"]) {
        return;
    }
    let operates = |text: &str| text.contains(' ');
    for text in &here.scope.expressions {
        let alike = operates(text) == operates(here.text());
        sink.expression(here.node, text, if alike { 1.0 } else { OTHER_KIND });
    }
}
