//! Another attribute, method or function: the usual pairs, and what the file defines or uses; and
//! a variable in place of the object's own value of that name, or the other way round.

use super::Here;
use super::sink::Sink;
use crate::node::Node;
use crate::role::{Field, Role};

/// For another function of the file, which takes other arguments more often than not.
const OF_THE_FILE: f64 = 0.3;

pub fn attribute(here: &Here<'_>, sink: &mut Sink<'_>) {
    if here.node.role() != Role::Attribute || here.node.is_callee() {
        return;
    }
    let Some(member) = here.field(Field::Member) else { return };
    siblings(here, member, sink);
    for name in &here.vocabulary().attributes {
        sink.dearer(member, name, 0.0);
    }
}

pub fn callee(here: &Here<'_>, sink: &mut Sink<'_>) {
    if here.node.role() != Role::Call {
        return;
    }
    let Some(callee) = here.field(Field::Callee) else { return };
    let (own, others) = match callee.field(Field::Member) {
        Some(member) => (member, &here.vocabulary().methods),
        None if callee.role() == Role::Name => (callee, &here.vocabulary().callables),
        None => return,
    };
    siblings(here, own, sink);
    for name in others {
        sink.dearer(own, name, OF_THE_FILE);
    }
}

fn siblings(here: &Here<'_>, node: Node<'_>, sink: &mut Sink<'_>) {
    let old = node.text();
    for group in here.write().siblings.iter().filter(|group| group.contains(&old)) {
        for new in *group {
            sink.dearer(node, *new, 0.0);
        }
    }
}

pub fn member(here: &Here<'_>, sink: &mut Sink<'_>) {
    let (node, this) = (here.node, here.write().this);
    let assigns = |parent: Node<'_>| parent.is(&[Role::Assignment, Role::Augmented]);
    let target =
        node.field_of_parent() == Some(Field::Target) && node.parent().is_some_and(assigns);
    if !node.is_value() && !target {
        return;
    }
    match node.role() {
        Role::Name => {
            let known = |name: &String| name == node.text();
            let of_object = here.scope.members.iter().any(known)
                || here.vocabulary().attributes.iter().any(known);
            if of_object && is_in_class(node) {
                sink.dearer(node, format!("{this}{}", node.text()), 0.0);
            }
        }
        Role::Attribute if !node.is_callee() => {
            let name = node.text().strip_prefix(this);
            let is_name = |name: &&str| name.chars().all(|c| c.is_alphanumeric() || c == '_');
            if let Some(name) = name.filter(is_name) {
                sink.dearer(node, name, 0.0);
            }
        }
        _ => {}
    }
}

fn is_in_class(node: Node<'_>) -> bool {
    node.ancestors().any(|outer| outer.role() == Role::Class)
}
