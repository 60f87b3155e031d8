//! The languages, and a file parsed in one of them.

use tree_sitter::{Node, Parser, Tree};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    Python,
    JavaScript,
    TypeScript,
    Rust,
}

impl Language {
    /// By the file's name alone.
    pub fn of(path: &str) -> Option<Self> {
        let (_, ending) = path.rsplit_once('.')?;
        match ending {
            "py" | "pyi" => Some(Self::Python),
            "js" | "mjs" | "cjs" | "jsx" => Some(Self::JavaScript),
            "ts" | "mts" | "cts" | "tsx" => Some(Self::TypeScript),
            "rs" => Some(Self::Rust),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "Python",
            Self::JavaScript => "JavaScript",
            Self::TypeScript => "TypeScript",
            Self::Rust => "Rust",
        }
    }

    fn grammar(self, path: &str) -> tree_sitter::Language {
        match self {
            Self::Python => tree_sitter_python::LANGUAGE.into(),
            Self::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
            Self::TypeScript if path.ends_with(".tsx") => {
                tree_sitter_typescript::LANGUAGE_TSX.into()
            }
            Self::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            Self::Rust => tree_sitter_rust::LANGUAGE.into(),
        }
    }
}

/// A file's text and its tree. A text with errors has a tree, too, with error nodes in it.
#[derive(Debug)]
pub struct Parsed {
    pub path: String,
    pub text: String,
    pub language: Language,
    tree: Tree,
}

impl Parsed {
    /// `None` for a file of no language that is known here.
    pub fn new(path: &str, text: String) -> Option<Self> {
        let language = Language::of(path)?;
        let mut parser = Parser::new();
        // Fails only for a grammar of another tree-sitter, which a test would notice.
        parser.set_language(&language.grammar(path)).ok()?;
        let tree = parser.parse(&text, None)?;
        Some(Self { path: path.to_owned(), text, language, tree })
    }

    pub fn root(&self) -> Node<'_> {
        self.tree.root_node()
    }

    pub fn of(&self, node: Node<'_>) -> &str {
        &self.text[node.byte_range()]
    }

    pub fn has_errors(&self) -> bool {
        self.root().has_error()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_a_grammar_that_reads_it() {
        let texts = [
            ("a.py", "def f(x):\n    return x\n"),
            ("a.js", "export const f = (x) => x;\n"),
            ("a.jsx", "export const f = (x) => <b>{x}</b>;\n"),
            ("a.ts", "export function f<T>(x: T): T { return x; }\n"),
            ("a.tsx", "export const f = (x: number) => <b>{x}</b>;\n"),
            ("a.rs", "pub fn f(x: u8) -> u8 { x }\n"),
        ];
        for (path, text) in texts {
            let parsed = Parsed::new(path, text.into()).expect("a known language");
            assert!(!parsed.has_errors(), "{path}");
        }
        assert!(Parsed::new("a.c", "int x;".into()).is_none());
    }
}
