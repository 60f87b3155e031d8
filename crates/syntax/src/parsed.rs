//! A file parsed in its language.

use std::sync::OnceLock;

use tree_sitter::{Parser, Tree};

use crate::language::{Grammar, Language};
use crate::node::{Node, Nodes};
use crate::scope::Vocabulary;

/// A file's text and its tree. A text with errors has a tree, too, with error nodes in it.
#[derive(Debug)]
pub struct Parsed {
    pub path: String,
    pub text: String,
    pub language: Language,
    tree: Tree,
    nodes: OnceLock<Nodes>,
    vocabulary: OnceLock<Vocabulary>,
}

impl Parsed {
    /// `None` for a file of no language that is known here.
    pub fn new(path: &str, text: String) -> Option<Self> {
        let language = Language::of(path)?;
        let mut parser = Parser::new();
        // Fails only for a grammar of another tree-sitter, which a test would notice.
        parser.set_language(&(language.grammar().parser)(path)).ok()?;
        let tree = parser.parse(&text, None)?;
        let (nodes, vocabulary) = (OnceLock::new(), OnceLock::new());
        Some(Self { path: path.to_owned(), text, language, tree, nodes, vocabulary })
    }

    /// The tree in the grammar's own words.
    pub fn root(&self) -> tree_sitter::Node<'_> {
        self.tree.root_node()
    }

    pub fn of(&self, node: tree_sitter::Node<'_>) -> &str {
        &self.text[node.byte_range()]
    }

    pub fn has_errors(&self) -> bool {
        self.root().has_error()
    }

    /// The tree in neutral words: its outermost node.
    pub fn file(&self) -> Node<'_> {
        Node::at(self, 0).expect("a tree has a root")
    }

    pub fn grammar(&self) -> &'static Grammar {
        self.language.grammar()
    }

    /// What the whole file uses and defines.
    pub fn vocabulary(&self) -> &Vocabulary {
        self.vocabulary.get_or_init(|| Vocabulary::of(self))
    }

    pub(crate) fn nodes(&self) -> &Nodes {
        self.nodes.get_or_init(|| Nodes::of(&self.tree, &self.text, self.grammar()))
    }

    /// The text of one line, counted from 1, without its indentation.
    pub fn line(&self, line: u32) -> &str {
        let index = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
        self.text.lines().nth(index).unwrap_or_default().trim()
    }
}

#[cfg(test)]
mod tests;
