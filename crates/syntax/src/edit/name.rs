//! Another variable of the function, or another member of its class, in place of one that is read.

use super::Here;
use super::sink::Sink;
use crate::role::Role;

/// For what stood behind a dot, and for a longer name.
const MEMBER: f64 = 0.3;
/// For what the function itself uses nowhere.
const OF_THE_CLASS: f64 = 0.4;

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    let node = here.node;
    if !node.is_value() || node.is_callee() {
        return;
    }
    let more = match node.role() {
        Role::Name => 0.0,
        Role::Attribute => MEMBER,
        _ => return,
    };
    for name in &here.scope.names {
        sink.dearer(node, name, more);
    }
    for name in &here.scope.of_class {
        sink.dearer(node, name, OF_THE_CLASS);
    }
}
