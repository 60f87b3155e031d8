//! Another variable of the function in place of one that is read.

use super::Here;
use super::sink::Sink;
use crate::role::Role;

/// For what stood behind a dot, and for a longer name.
const MEMBER: f64 = 0.3;

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
}
