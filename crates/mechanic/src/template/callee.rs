//! Another function: the usual pairs, and what the file itself defines or calls.

use tree_sitter::Node;

use super::{Here, Sink};

/// Functions and methods that are mistaken for each other.
const PAIRS: [&[&str]; 27] = [
    &["min", "max"],
    &["any", "all"],
    &["floor", "ceil", "round", "trunc", "int"],
    &["sin", "cos", "tan"],
    &["asin", "acos", "atan"],
    &["sqrt", "abs", "exp", "log"],
    &["radians", "degrees"],
    &["append", "extend", "add", "appendleft"],
    &["add", "discard", "remove"],
    &["update", "intersection_update", "difference_update"],
    &["union", "intersection", "difference", "symmetric_difference"],
    &["issubset", "issuperset"],
    &["pop", "popleft", "popitem", "remove"],
    &["lower", "upper", "title", "capitalize", "swapcase"],
    &["startswith", "endswith"],
    &["find", "rfind", "index", "rindex"],
    &["strip", "lstrip", "rstrip"],
    &["split", "rsplit", "splitlines"],
    &["partition", "rpartition"],
    &["ljust", "rjust", "center", "zfill"],
    &["keys", "values", "items"],
    &["isdigit", "isalpha", "isalnum", "isspace", "isupper", "islower"],
    &["bisect_left", "bisect_right", "insort_left", "insort_right"],
    &["heappush", "heappop", "heappushpop", "heapreplace"],
    &["list", "tuple", "set", "sorted", "reversed"],
    &["sum", "len", "max", "min"],
    &["str", "repr", "int", "float"],
];
/// Of another function of the file.
const OF_THE_FILE: f64 = 0.5;

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    if here.node.kind() != "call" {
        return;
    }
    let Some(function) = here.field("function") else { return };
    match function.kind() {
        "identifier" => {
            pairs(here, function, sink);
            replace_all(function, &here.scope.callables, sink);
        }
        "attribute" => {
            if let Some(attribute) = function.child_by_field_name("attribute") {
                pairs(here, attribute, sink);
            }
        }
        _ => {}
    }
}

fn pairs(here: &Here<'_>, node: Node<'_>, sink: &mut Sink<'_>) {
    let old = here.of(node);
    for group in PAIRS.iter().filter(|group| group.contains(&old)) {
        for new in group.iter().filter(|new| **new != old) {
            sink.replace(node, *new);
        }
    }
}

fn replace_all(node: Node<'_>, names: &[String], sink: &mut Sink<'_>) {
    for name in names {
        sink.likely(node, name, OF_THE_FILE);
    }
}
