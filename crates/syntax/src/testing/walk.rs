//! Walking a tree without recursion: a hostile text can be nested as deeply as it is long.

use tree_sitter::Node;

/// Below where a walk begins; nobody writes a text that is nested deeper, and what looks up from
/// each node would take the square of the depth.
const DEPTH_MAX: usize = 200;

/// `node` and all below it, each before what is in it, in the order of the text.
pub(crate) fn all<'t>(node: Node<'t>) -> impl Iterator<Item = Node<'t>> {
    descend(node, |_| true)
}

/// As [`all`], without what is inside the nodes that `enters` refuses.
pub(crate) fn descend<'t>(
    node: Node<'t>,
    enters: impl Fn(Node<'t>) -> bool,
) -> impl Iterator<Item = Node<'t>> {
    let mut waiting = vec![(node, 0)];
    std::iter::from_fn(move || {
        let (next, depth) = waiting.pop()?;
        if depth < DEPTH_MAX && enters(next) {
            let children = children(next).into_iter().rev();
            waiting.extend(children.map(|child| (child, depth + 1)));
        }
        Some(next)
    })
}

/// The named ones.
pub(crate) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).collect()
}

/// Counted from 1.
pub(crate) fn line(node: Node<'_>) -> u32 {
    u32::try_from(node.start_position().row).unwrap_or(u32::MAX - 1) + 1
}

/// The last line that has something of it, counted from 1.
pub(crate) fn last_line(node: Node<'_>) -> u32 {
    u32::try_from(node.end_position().row).unwrap_or(u32::MAX - 1) + 1
}

/// On one line, with one space where there was any white space.
pub(crate) fn collapsed(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}
