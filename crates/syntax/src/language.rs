//! The languages. Each is a table in a file of its own below: what its grammar's words mean, and
//! how to write what differs. A further language is such a file, and a line in each list here.

mod javascript;
mod python;
mod rust;

use crate::role::{Field, Role};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    Python,
    JavaScript,
    TypeScript,
    Rust,
}

impl Language {
    pub const ALL: [Self; 4] = [Self::Python, Self::JavaScript, Self::TypeScript, Self::Rust];

    /// By the file's name alone.
    pub fn of(path: &str) -> Option<Self> {
        let (_, ending) = path.rsplit_once('.')?;
        Self::ALL.into_iter().find(|language| language.grammar().endings.contains(&ending))
    }

    pub fn name(self) -> &'static str {
        self.grammar().name
    }

    pub fn grammar(self) -> &'static Grammar {
        match self {
            Self::Python => &python::GRAMMAR,
            Self::JavaScript => &javascript::GRAMMAR,
            Self::TypeScript => &javascript::TYPESCRIPT,
            Self::Rust => &rust::GRAMMAR,
        }
    }
}

/// A language as its file tells it.
pub struct Grammar {
    pub name: &'static str,
    /// Of files' names.
    pub endings: &'static [&'static str],
    /// By a file's name: some languages have dialects.
    pub parser: fn(&str) -> tree_sitter::Language,
    /// A node's role by its kind and the kind of the one around it.
    pub role: fn(&str, &str) -> Role,
    /// What a child is to a node of a kind, by the grammar's name for it, if it has one, and by
    /// how many named children come before, if it is a named one.
    pub field: fn(&str, Option<&str>, Option<usize>) -> Option<Field>,
    /// What is a statement besides what stands in a block, by its kind and the one around it.
    pub is_statement: fn(&str, &str) -> bool,
    /// Kinds of nodes that give a function without a name one.
    pub names_functions: &'static [&'static str],
    /// Words that the grammar takes for a name, a number or any value.
    pub keywords: &'static [(&'static str, Role)],
    pub write: Write,
}

/// How to write what differs. `{}` is the expression or name in question; in statements `{a}` and
/// `{b}` are two names, `{c}` is a condition, `{s}` a statement, `{i}` the indentation.
pub struct Write {
    pub and: &'static str,
    pub or: &'static str,
    pub not: &'static str,
    pub yes: &'static str,
    pub no: &'static str,
    pub null: &'static str,
    /// The object that a method belongs to, with what stands between it and its member.
    pub this: &'static str,
    /// Between a class and its method.
    pub path: &'static str,
    /// Behind a statement.
    pub end: &'static str,
    /// In place of a statement that is taken away.
    pub nothing: &'static str,
    pub order: &'static [&'static str],
    pub equality: &'static [&'static str],
    pub arithmetic: &'static [&'static str],
    pub bits: &'static [&'static str],
    /// Of a comparison, besides order and equality: each with its opposite.
    pub opposites: &'static [(&'static str, &'static str)],
    /// Values that functions often return, and arguments that are often passed.
    pub usual: &'static [&'static str],
    pub arguments: &'static [&'static str],
    /// Empty lists, and one with an element.
    pub empty: &'static str,
    pub list: &'static str,
    /// The two ends of a part of a list.
    pub slices: &'static [&'static str],
    /// Functions and methods that are mistaken for each other.
    pub siblings: &'static [&'static [&'static str]],
    /// Around an expression.
    pub calls: &'static [&'static str],
    /// Around an expression and a second one.
    pub limits: &'static [&'static str],
    /// Behind an expression that needs no parentheses for it.
    pub suffixes: &'static [&'static str],
    /// What is asked of a name.
    pub clauses: &'static [&'static str],
    /// An operand with its operator, before or behind an expression.
    pub operands: &'static [&'static str],
    /// Statements of one name, and of two.
    pub steps: &'static [&'static str],
    pub moves: &'static [&'static str],
    /// One that does `{s}` if `{c}`.
    pub guard: &'static str,
    /// How a function ends early, without a value and with one; then how a loop does.
    pub leave: &'static str,
    pub leave_with: &'static str,
    /// A statement that raises an exception of a type, where failures tell which one was awaited.
    pub raise: Option<&'static str>,
    pub skip: &'static [&'static str],
    /// Callees, or what they begin with, whose arguments are words for people.
    pub logs: &'static [&'static str],
    /// A generator that goes on with another one's values.
    pub delegate: Option<&'static str>,
    /// How callees begin that read a text as a pattern.
    pub patterns: &'static [&'static str],
    /// Whether a block's last expression is its value.
    pub blocks_have_values: bool,
    /// What only a file that is run as a program asks.
    pub script: Option<&'static str>,
    /// Values of what a function is said to return, by how the type's name begins, the first that
    /// fits. Empty where a function may return anything.
    pub defaults: &'static [(&'static str, &'static [&'static str])],
    /// A parameter with a default, and an argument by name, where there are such.
    pub default: Option<&'static str>,
    pub keyword: Option<&'static str>,
    /// What a list of exceptions to catch looks like, and which of them is all; `None` where a handler catches all.
    pub except: Option<(&'static str, &'static str)>,
}

impl Grammar {
    /// The role of an operation with this operator.
    pub(crate) fn operation(&self, role: Role, operator: Option<&str>) -> Role {
        let Some(operator) = operator else { return role };
        let write = &self.write;
        let compares = |all: &[&str]| all.contains(&operator);
        match role {
            Role::Binary if operator == write.and || operator == write.or => Role::Boolean,
            Role::Binary if compares(write.order) || compares(write.equality) => Role::Comparison,
            Role::Binary if write.opposites.iter().any(|(word, _)| *word == operator) => {
                Role::Comparison
            }
            Role::Minus if operator == write.not.trim() => Role::Not,
            Role::Minus if operator != "-" => Role::Value,
            _ => role,
        }
    }

    /// The role of a word that the grammar doesn't tell from others.
    pub(crate) fn word(&self, role: Role, text: &str) -> Role {
        let known = self.keywords.iter().find(|(word, _)| *word == text);
        match (known, role) {
            (Some((_, role)), _) => *role,
            (None, Role::Integer) if is_float(text) => Role::Float,
            _ => role,
        }
    }
}

/// Where the grammar has one word for all numbers.
fn is_float(text: &str) -> bool {
    text.contains(['.', 'e', 'E']) && text.parse::<f64>().is_ok()
}
