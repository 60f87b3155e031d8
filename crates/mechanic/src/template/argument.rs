//! An argument more, less, or under another keyword.

use tree_sitter::Node;

use super::{Here, Sink};
use crate::source::named_children;

pub fn offer(here: &Here<'_>, sink: &mut Sink<'_>) {
    if here.node.kind() == "argument_list" {
        let arguments = named_children(here.node);
        for index in 0..arguments.len() {
            without(here, &arguments, index, sink);
        }
        one_more(here, &arguments, sink);
    }
}

fn without(here: &Here<'_>, arguments: &[Node<'_>], dropped: usize, sink: &mut Sink<'_>) {
    let kept = arguments.iter().enumerate().filter(|(index, _)| *index != dropped);
    let kept: Vec<&str> = kept.map(|(_, node)| here.of(*node)).collect();
    sink.replace(here.node, format!("({})", kept.join(", ")));
}

fn one_more(here: &Here<'_>, arguments: &[Node<'_>], sink: &mut Sink<'_>) {
    let old: Vec<&str> = arguments.iter().map(|node| here.of(*node)).collect();
    let names = here.scope.names.iter().map(|name| (name.clone(), 0.5));
    let usual = ["0", "1", "None", "reverse=True"].map(|usual| (usual.to_owned(), 0.5));
    for (new, share) in names.chain(usual) {
        let all: Vec<&str> = old.iter().copied().chain([new.as_str()]).collect();
        sink.likely(here.node, format!("({})", all.join(", ")), share);
    }
}
