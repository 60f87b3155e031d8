//! More than one of the cheap edits: two in one statement, or the same one everywhere in the
//! function where its place looks the same.

use std::collections::BTreeMap;

use super::sink::{Origin, Sink};
use super::{Edit, Replacement, Template};
use crate::node::Node;

/// Edits that are paired, of one place and of all; and pairs.
const PER_PLACE_MAX: usize = 3;
const PAIRED_MAX: usize = 45;
const CHEAP_MAX: f64 = 1.95;
/// How much more a pair costs, for what its two cost beyond two wrong operators.
const SHARE: f64 = 0.1;
const EVERYWHERE_MAX: usize = 80;
const SITES_MAX: usize = 8;

pub fn pairs(sink: &mut Sink<'_>) {
    let mut cheap: Vec<&Edit> = sink.found().iter().filter(|edit| is_cheap(edit)).collect();
    cheap.sort_by(|a, b| a.order(b));
    let mut places: BTreeMap<usize, usize> = BTreeMap::new();
    cheap.retain(|edit| {
        let of_place = places.entry(edit.range().start).or_default();
        *of_place += 1;
        *of_place <= PER_PLACE_MAX
    });
    let cheap: Vec<(Replacement, f64)> = cheap
        .into_iter()
        .take(PAIRED_MAX)
        .map(|edit| (edit.replacements[0].clone(), edit.cost))
        .collect();
    sink.begin(Template::Pair);
    for (index, (first, one)) in cheap.iter().enumerate() {
        for (second, other) in &cheap[index + 1..] {
            let mut both = [first.clone(), second.clone()];
            both.sort_by_key(|each| (each.range.start, each.range.end));
            // Next to each other, they would be one edit of something else.
            if both[0].range.end < both[1].range.start {
                sink.all(both.into(), SHARE * (one + other - 2.0));
            }
        }
    }
}

fn is_cheap(edit: &Edit) -> bool {
    edit.cost <= CHEAP_MAX && edit.replacements.len() == 1
}

/// The same edit at its sibling sites: every node of the function that reads the same.
pub fn everywhere(statement: Node<'_>, origins: &[Origin], sink: &mut Sink<'_>) {
    let Some(function) = statement.function_node() else { return };
    sink.begin(Template::Everywhere);
    for Origin { node, text } in origins.iter().take(EVERYWHERE_MAX) {
        let Some(origin) = Node::at(statement.parsed(), *node) else { continue };
        let sites: Vec<Node<'_>> = function
            .all()
            .filter(|node| node.text() == origin.text() && is_alike(*node, origin))
            .take(SITES_MAX + 1)
            .collect();
        if (2..=SITES_MAX).contains(&sites.len()) {
            let replacements = sites.into_iter().map(|site| Replacement {
                range: site.range(),
                text: super::sink::fitted(site, text),
            });
            sink.all(replacements.collect(), 0.0);
        }
    }
}

fn is_alike(node: Node<'_>, origin: Node<'_>) -> bool {
    node.role() == origin.role()
        && node.field_of_parent() == origin.field_of_parent()
        && node.parent().map(Node::role) == origin.parent().map(Node::role)
}
