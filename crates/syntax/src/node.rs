//! A file's tree in neutral words: every node with its role, its place, and what it is to its
//! parent. Laid out flat, parents first, so that any walk is a loop and no depth of nesting can
//! exhaust a stack. Knows no grammar.

use std::collections::HashMap;
use std::ops::{Range, RangeInclusive};

use tree_sitter::{Tree, TreeCursor};

use crate::language::Grammar;
use crate::parsed::Parsed;
use crate::role::{Field, Role};

/// One node as it is kept.
#[derive(Debug, Clone)]
struct Kept {
    kind: u16,
    role: Role,
    field: Option<Field>,
    named: bool,
    statement: bool,
    bytes: Range<usize>,
    rows: RangeInclusive<usize>,
    column: usize,
    parent: usize,
    /// Behind the last node below it.
    end: usize,
}

/// All nodes of a file, each before those below it.
#[derive(Debug, Clone, Default)]
pub struct Nodes {
    all: Vec<Kept>,
    /// The grammar's words for the kinds that occur, by its numbers for them.
    kinds: HashMap<u16, String>,
}

impl Nodes {
    pub(crate) fn of(tree: &Tree, text: &str, grammar: &Grammar) -> Self {
        let mut nodes = Self::default();
        nodes.read(&mut tree.walk(), grammar);
        nodes.refine(text, grammar);
        nodes
    }

    fn read(&mut self, cursor: &mut TreeCursor<'_>, grammar: &Grammar) {
        // The nodes that are being read, and how many named ones were seen below each.
        let mut open: Vec<(usize, usize)> = Vec::new();
        loop {
            self.keep(cursor, &mut open, grammar);
            if cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                self.close(&mut open);
                if !cursor.goto_parent() {
                    return;
                }
            }
            self.close(&mut open);
        }
    }

    fn close(&mut self, open: &mut Vec<(usize, usize)>) {
        if let Some((index, _)) = open.pop() {
            self.all[index].end = self.all.len();
        }
    }

    fn keep(&mut self, cursor: &TreeCursor<'_>, open: &mut Vec<(usize, usize)>, grammar: &Grammar) {
        let (node, index) = (cursor.node(), self.all.len());
        let (parent, nth) = open.last().copied().unwrap_or((index, 0));
        self.kinds.entry(node.kind_id()).or_insert_with(|| node.kind().to_owned());
        let around = self.all.get(parent).map_or("", |parent| self.kind(parent));
        let role = role(node, around, grammar);
        if let Some(last) = open.last_mut() {
            last.1 += usize::from(node.is_named() && role != Role::Comment);
        }
        let block = self.all.get(parent).is_some_and(|parent| parent.role == Role::Block);
        let nth = node.is_named().then_some(nth);
        let field = (grammar.field)(around, cursor.field_name(), nth);
        let silent = matches!(role, Role::Comment | Role::Decorator | Role::Error | Role::Other);
        let statement = block && role != Role::Block || (grammar.is_statement)(node.kind(), around);
        self.all.push(Kept {
            kind: node.kind_id(),
            role,
            field,
            named: node.is_named(),
            statement: index > 0 && node.is_named() && !silent && statement,
            bytes: node.byte_range(),
            rows: node.start_position().row..=node.end_position().row,
            column: node.start_position().column,
            parent,
            end: index + 1,
        });
        open.push((index, 0));
    }

    /// Tells operations apart where the grammar has one word for all, by their operator.
    fn refine(&mut self, text: &str, grammar: &Grammar) {
        for index in 0..self.all.len() {
            if matches!(self.all[index].role, Role::Binary | Role::Minus) {
                let operator = self.operator(index).map(|operator| &text[operator.bytes.clone()]);
                self.all[index].role = grammar.operation(self.all[index].role, operator);
            }
            let around = self.kind(&self.all[self.all[index].parent]);
            if self.all[index].role == Role::Lambda && grammar.names_functions.contains(&around) {
                self.all[index].role = Role::Function;
            }
            let bytes = self.all[index].bytes.clone();
            if matches!(self.all[index].role, Role::Name | Role::Integer | Role::Value)
                && bytes.len() <= WORD_BYTES_MAX
            {
                self.all[index].role = grammar.word(self.all[index].role, &text[bytes]);
            }
        }
    }

    fn kind(&self, kept: &Kept) -> &str {
        self.kinds.get(&kept.kind).map_or("", String::as_str)
    }

    fn operator(&self, index: usize) -> Option<&Kept> {
        let mut next = index + 1;
        while next < self.all[index].end {
            let kept = &self.all[next];
            if kept.field == Some(Field::Operator) || !kept.named {
                return Some(kept);
            }
            next = kept.end;
        }
        None
    }
}

/// Longer names are no keyword's.
const WORD_BYTES_MAX: usize = 40;

fn role(node: tree_sitter::Node<'_>, around: &str, grammar: &Grammar) -> Role {
    if node.is_error() || node.is_missing() {
        Role::Error
    } else if node.is_named() {
        (grammar.role)(node.kind(), around)
    } else {
        Role::Token
    }
}

/// A node of a parsed file.
#[derive(Clone, Copy)]
pub struct Node<'p> {
    parsed: &'p Parsed,
    index: usize,
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index && std::ptr::eq(self.parsed, other.parsed)
    }
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {}:{}", self.role(), self.first_line(), self.kept().column)
    }
}

impl<'p> Node<'p> {
    /// `None` where there is no node of that number.
    pub(crate) fn at(parsed: &'p Parsed, index: usize) -> Option<Self> {
        (index < parsed.nodes().all.len()).then_some(Self { parsed, index })
    }

    fn kept(self) -> &'p Kept {
        &self.parsed.nodes().all[self.index]
    }

    pub fn parsed(self) -> &'p Parsed {
        self.parsed
    }

    /// Its number in the file, from top to bottom, parents first.
    pub fn index(self) -> usize {
        self.index
    }

    /// The grammar's own word.
    pub fn kind(self) -> &'p str {
        self.parsed.nodes().kind(self.kept())
    }

    pub fn role(self) -> Role {
        self.kept().role
    }

    pub fn is(self, roles: &[Role]) -> bool {
        roles.contains(&self.role())
    }

    pub fn is_named(self) -> bool {
        self.kept().named
    }

    /// What it is to its parent.
    pub fn field_of_parent(self) -> Option<Field> {
        self.kept().field
    }

    pub fn range(self) -> Range<usize> {
        self.kept().bytes.clone()
    }

    pub fn start(self) -> usize {
        self.kept().bytes.start
    }

    pub fn end(self) -> usize {
        self.kept().bytes.end
    }

    /// In bytes, from 0.
    pub fn column(self) -> usize {
        self.kept().column
    }

    /// Counted from 1.
    pub fn first_line(self) -> u32 {
        line(*self.kept().rows.start())
    }

    pub fn last_line(self) -> u32 {
        line(*self.kept().rows.end())
    }

    pub fn text(self) -> &'p str {
        &self.parsed.text[self.range()]
    }

    pub fn parent(self) -> Option<Self> {
        let parent = self.kept().parent;
        (parent != self.index).then_some(Self { index: parent, ..self })
    }

    /// Its parent, if it is of that role.
    pub fn within(self, role: Role) -> Option<Self> {
        self.parent().filter(|parent| parent.role() == role)
    }

    /// The node itself and all around it, innermost first.
    pub fn ancestors(self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |node| node.parent())
    }

    pub fn children(self) -> impl Iterator<Item = Self> {
        let end = self.kept().end;
        let first = (self.index + 1 < end).then_some(Self { index: self.index + 1, ..self });
        std::iter::successors(first, move |node| {
            let next = node.kept().end;
            (next < end).then_some(Self { index: next, ..self })
        })
    }

    /// Children that are no punctuation and no comments.
    pub fn parts(self) -> Vec<Self> {
        self.children().filter(|child| child.is_named() && child.role() != Role::Comment).collect()
    }

    pub fn field(self, field: Field) -> Option<Self> {
        self.children().find(|child| child.field_of_parent() == Some(field))
    }

    /// The node and all below it, parents first.
    pub fn all(self) -> impl Iterator<Item = Self> {
        (self.index..self.kept().end).map(move |index| Self { index, ..self })
    }

    /// As `all`, without what `enter` keeps out and what is below that.
    pub fn walk(self, enter: impl Fn(Self) -> bool) -> Vec<Self> {
        let mut found = Vec::new();
        let (mut index, end) = (self.index, self.kept().end);
        while index < end {
            let node = Self { index, ..self };
            if enter(node) {
                found.push(node);
                index += 1;
            } else {
                index = node.kept().end;
            }
        }
        found
    }

    /// What is executed as one step: a simple statement, or the header of a compound one.
    pub fn is_statement(self) -> bool {
        self.kept().statement
    }
}

pub(crate) fn line(row: usize) -> u32 {
    u32::try_from(row + 1).unwrap_or(u32::MAX)
}
