//! Statements and functions: what is executed as one step, what belongs to it, and what is around.

use std::ops::{Range, RangeInclusive};

use crate::node::Node;
use crate::parsed::Parsed;
use crate::role::{Field, Role};

/// Around one condition. Nobody writes more.
const PARENTHESES_MAX: usize = 8;

/// A function, as text and by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// `Class.method`, by the language's own way of writing that.
    pub name: String,
    /// All of it, its decorators left out.
    pub range: Range<usize>,
    /// Counted from 1.
    pub lines: RangeInclusive<u32>,
}

impl Parsed {
    /// Every statement, and the clauses that have a header of their own, from top to bottom.
    pub fn statements(&self) -> Vec<Node<'_>> {
        self.file().all().filter(|node| node.is_statement()).collect()
    }

    /// The statements of which something of their own is on one of `lines`, also behind a function
    /// in the middle of them.
    pub fn statements_on(&self, lines: &[RangeInclusive<u32>]) -> Vec<Node<'_>> {
        let overlaps = |own: RangeInclusive<u32>| {
            lines.iter().any(|lines| lines.start() <= own.end() && own.start() <= lines.end())
        };
        let touched = |statement: &Node<'_>| {
            let begins = |node: Node<'_>| node.first_line()..=node.first_line();
            let mut own = header(*statement).into_iter().filter(|node| node.is_named());
            overlaps(statement.lines()) || own.any(|node| overlaps(begins(node)))
        };
        self.statements().into_iter().filter(touched).collect()
    }

    /// Every function with a name, outer ones first.
    pub fn functions(&self) -> Vec<Function> {
        let functions = self.file().all().filter(|node| node.role() == Role::Function);
        functions.filter_map(Node::function).collect()
    }
}

/// The nodes that belong to the statement itself: all below it but the blocks it heads, the
/// statements in it, and what no edit is for: types, comments, imports, decorators. The statement
/// is not among them.
pub fn header(statement: Node<'_>) -> Vec<Node<'_>> {
    let own = |node: Node<'_>| {
        node == statement
            || !node.is_statement()
                && !node.is(&[
                    Role::Block,
                    Role::Type,
                    Role::Comment,
                    Role::Import,
                    Role::Decorator,
                    Role::Opaque,
                    Role::Error,
                ])
    };
    if statement.is(&[Role::Import, Role::Type]) {
        return Vec::new();
    }
    statement.walk(own).split_off(1)
}

/// The statements of a block.
pub fn children_of_block(block: Node<'_>) -> Vec<Node<'_>> {
    block.children().filter(|child| child.is_statement()).collect()
}

impl<'p> Node<'p> {
    /// What a statement does: the expression or the assignment in an expression's statement.
    pub fn deed(self) -> Self {
        if self.role() != Role::ExpressionStatement {
            return self;
        }
        match self.parts()[..] {
            [only] => only,
            _ => self,
        }
    }

    /// Of a statement: the lines of its own part, counted from 1. Of a compound one, those before
    /// what it heads.
    pub fn lines(self) -> RangeInclusive<u32> {
        let inner = |node: &Self| node.role() == Role::Block || node.is_statement();
        let first = self.first_line();
        let Some(inner) = self.all().skip(1).find(inner) else {
            return first..=self.last_line();
        };
        let own = header(self).into_iter().filter(|node| node.end() <= inner.start());
        first..=own.map(Self::last_line).max().unwrap_or(first).max(first)
    }

    /// The innermost function with a name that the node is in.
    pub fn function_node(self) -> Option<Self> {
        self.ancestors().find(|node| node.role() == Role::Function)
    }

    /// As `function_node`, by name and place.
    pub fn function(self) -> Option<Function> {
        let node = self.function_node()?;
        let (range, lines) = (node.range(), node.first_line()..=node.last_line());
        Some(Function { name: node.qualified_name()?, range, lines })
    }

    /// `Spring.settle` for a node in that method; `None` outside of all functions and classes.
    pub fn qualified_name(self) -> Option<String> {
        let mut names: Vec<&str> = self.ancestors().filter_map(Self::own_name).collect();
        names.reverse();
        (!names.is_empty()).then(|| names.join(self.parsed().grammar().write.path))
    }

    /// Of a function or a class. One without a name goes by that of what it is assigned to.
    pub fn own_name(self) -> Option<&'p str> {
        if !self.is(&[Role::Function, Role::Class]) {
            return None;
        }
        let given = || {
            let parent = self.parent()?;
            parent.field(Field::Target).or_else(|| parent.field(Field::Name))
        };
        let name = self.field(Field::Name).or_else(given)?;
        // Without what a type takes: the method is `A::f`, whatever `A` is of.
        (name != self).then(|| name.text().split('<').next().unwrap_or_default())
    }

    /// Whether a name or a member stands where something is bound or named, not where it is read.
    pub fn is_bound(self) -> bool {
        let Some(parent) = self.parent() else { return true };
        let of_parent = self.field_of_parent();
        match parent.role() {
            // Some languages' headers need their parentheses.
            Role::If | Role::Elif | Role::While | Role::Match => self.role() == Role::Parenthesised,
            Role::Assignment
            | Role::Let
            | Role::Augmented
            | Role::For
            | Role::ForClause
            | Role::Case => of_parent == Some(Field::Target),
            Role::Keyword | Role::Function | Role::Class | Role::DefaultParameter => {
                of_parent != Some(Field::Value) && of_parent != Some(Field::Body)
            }
            Role::Attribute => of_parent == Some(Field::Member),
            Role::Lambda => of_parent == Some(Field::Parameters),
            Role::Update => true,
            Role::Parameters | Role::Pattern | Role::Type | Role::Import | Role::Except => true,
            // A text on its own is a comment; one beside another is part of it.
            Role::ExpressionStatement | Role::Text => self.role() == Role::Text,
            Role::Other | Role::Value => of_parent == Some(Field::Name),
            _ => false,
        }
    }

    /// Whether it is an expression whose value is used, so that another may stand there.
    pub fn is_value(self) -> bool {
        self.role().is_expression() && !self.is_bound()
    }

    /// Whether it is what is called.
    pub fn is_callee(self) -> bool {
        self.field_of_parent() == Some(Field::Callee)
    }

    /// Whether only its truth counts where it stands.
    pub fn is_condition(self) -> bool {
        let parenthesised = self.ancestors().take(PARENTHESES_MAX);
        let outermost = parenthesised
            .take_while(|node| *node == self || node.role() == Role::Parenthesised)
            .last()
            .unwrap_or(self);
        let Some(parent) = outermost.parent() else { return false };
        match parent.role() {
            Role::Boolean | Role::Not => self.role().is_expression(),
            _ => outermost.field_of_parent() == Some(Field::Condition),
        }
    }

    /// The blanks that the node's line begins with, tabs and all.
    pub fn indentation(self) -> &'p str {
        let line = self.start() - self.column();
        let before = &self.parsed().text[line..self.start()];
        let blanks = before.len() - before.trim_start_matches([' ', '\t']).len();
        &before[..blanks]
    }
}

#[cfg(test)]
mod tests;
