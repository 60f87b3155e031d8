//! What is woven into a JavaScript or TypeScript file so that one copy of it serves every edit:
//! a counter before each statement, which also limits how many steps a test may take, and at the
//! head of each function a hook that can have another body in the function's place. Pure.

use std::ops::Range;

use syntax::edit::Edit;
use syntax::{Language, Parsed};
use tree_sitter::Node;

use crate::languages::weave::{Weave, Woven};

/// A file with its marks.
#[derive(Debug)]
pub struct Marked {
    pub woven: String,
    threads: Woven,
    /// The line of each counter, from the file's first one on.
    pub lines: Vec<u32>,
    pub functions: Vec<Function>,
    probe: &'static str,
}

/// A function whose body can be another one for a while.
#[derive(Debug, Clone)]
pub struct Function {
    /// Among all of all files.
    pub hook: usize,
    /// The body without its braces.
    inside: Range<usize>,
    shape: Shape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Plain,
    Async,
    Generator,
    AsyncGenerator,
    /// An arrow with a value instead of a body.
    Value,
    AsyncValue,
}

impl Marked {
    /// Numbers counters and hooks from these on.
    pub fn new(parsed: &Parsed, first_counter: usize, first_hook: usize) -> Self {
        let probe = probe(parsed.language);
        let marker = Marker {
            parsed,
            probe,
            first_counter,
            first_hook,
            lines: Vec::new(),
            functions: Vec::new(),
            weave: Weave::default(),
        };
        marker.mark()
    }

    /// The innermost function that the range lies in, by its place among the file's.
    pub fn function(&self, range: &Range<usize>) -> Option<&Function> {
        let holds = |function: &&Function| {
            function.inside.start <= range.start && range.end <= function.inside.end
        };
        self.functions.iter().filter(holds).min_by_key(|function| function.inside.len())
    }

    /// A script that, evaluated where the hook is, does what the unedited body does.
    pub fn as_it_is(&self, text: &str, function: &Function) -> String {
        self.script(function, &self.threads.part(text, function.inside.clone()))
    }

    /// The same with an edit; `None` where the marks stand in the edit's way.
    pub fn edited(&self, text: &str, function: &Function, edit: &Edit) -> Option<String> {
        let body = self.threads.edited(text, function.inside.clone(), &edit.replacements)?;
        Some(self.script(function, &body))
    }

    /// Its own hook would lead it back to itself.
    fn script(&self, function: &Function, body: &str) -> String {
        let Function { hook, shape, .. } = *function;
        let body = match shape {
            Shape::Value | Shape::AsyncValue => {
                body.replacen(&value_hook(self.probe, hook), VALUE_WITHOUT_HOOK, 1)
            }
            Shape::Plain | Shape::Async | Shape::Generator | Shape::AsyncGenerator => {
                body.replacen(&body_hook(self.probe, hook, shape), "", 1)
            }
        };
        match shape {
            Shape::Plain => format!("(()=>{{{body}\n}})()"),
            Shape::Async => format!("(async()=>{{{body}\n}})()"),
            Shape::Generator => format!("(function*(){{{body}\n}}).apply(this,arguments)"),
            Shape::AsyncGenerator => {
                format!("(async function*(){{{body}\n}}).apply(this,arguments)")
            }
            Shape::Value => format!("(()=>({body}\n))()"),
            Shape::AsyncValue => format!("(async()=>({body}\n))()"),
        }
    }
}

/// As a name that a type checker accepts, too.
fn probe(language: Language) -> &'static str {
    if language == Language::TypeScript { "(globalThis as any).__whimbrel" } else { "__whimbrel" }
}

fn body_hook(probe: &str, hook: usize, shape: Shape) -> String {
    let word = match shape {
        Shape::Generator | Shape::AsyncGenerator => "return yield*",
        Shape::Plain | Shape::Async | Shape::Value | Shape::AsyncValue => "return",
    };
    format!("if({probe}.at==={hook}){word} eval({probe}.body);")
}

fn value_hook(probe: &str, hook: usize) -> String {
    format!("({probe}.at==={hook}?eval({probe}.body):")
}

const VALUE_WITHOUT_HOOK: &str = "(0?0:";

struct Marker<'p> {
    parsed: &'p Parsed,
    probe: &'static str,
    first_counter: usize,
    first_hook: usize,
    lines: Vec<u32>,
    functions: Vec<Function>,
    weave: Weave,
}

impl Marker<'_> {
    fn mark(mut self) -> Marked {
        let mut waiting = vec![self.parsed.root()];
        while let Some(node) = waiting.pop() {
            // What the parser didn't understand is left as it is.
            if !node.is_error() && node.kind() != "ambient_declaration" {
                self.visit(node);
                waiting.extend(children(node).into_iter().rev());
            }
        }
        let threads = self.weave.finish();
        let text = &self.parsed.text;
        Marked {
            woven: threads.part(text, 0..text.len()),
            threads,
            lines: self.lines,
            functions: self.functions,
            probe: self.probe,
        }
    }

    fn visit(&mut self, node: Node<'_>) {
        match node.kind() {
            "program" | "statement_block" | "switch_case" | "switch_default" => {
                self.statements(node);
            }
            "if_statement" => {
                self.condition(node);
                self.single(node.child_by_field_name("consequence"));
            }
            "while_statement" | "do_statement" => {
                self.condition(node);
                self.single(node.child_by_field_name("body"));
            }
            "for_statement" | "for_in_statement" => self.single(node.child_by_field_name("body")),
            "else_clause" => self.single(node.named_child(0)),
            "function_declaration"
            | "function_expression"
            | "generator_function"
            | "generator_function_declaration"
            | "method_definition"
            | "arrow_function" => self.function(node),
            _ => {}
        }
    }

    fn statements(&mut self, block: Node<'_>) {
        for child in children(block) {
            let is_value = block.child_by_field_name("value") == Some(child);
            if is_statement(child) && !is_value && !is_directive(child) {
                let count = self.count(child);
                // A parenthesis would be arguments for a line before that has no semicolon.
                let end = if count.starts_with('(') { ";" } else { "" };
                self.weave.put(child.start_byte(), format!("{end}{count};"));
            }
        }
    }

    /// Inside of the parentheses, as an `else if` has no room before it.
    fn condition(&mut self, node: Node<'_>) {
        let condition = node.child_by_field_name("condition");
        if let Some(value) = condition.and_then(|node| node.named_child(0)) {
            let count = self.count(value);
            self.weave.wrap(value.byte_range(), format!("{count},("), ")");
        }
    }

    /// A statement without braces around it gets them.
    fn single(&mut self, node: Option<Node<'_>>) {
        let plain = |node: &Node<'_>| {
            (is_statement(*node) || node.kind() == "empty_statement")
                && !matches!(node.kind(), "statement_block" | "if_statement")
        };
        if let Some(node) = node.filter(plain) {
            let count = self.count(node);
            self.weave.wrap(node.byte_range(), format!("{{{count};"), "}");
        }
    }

    fn function(&mut self, node: Node<'_>) {
        let Some(body) = node.child_by_field_name("body") else { return };
        let has = |token: &str| children(node).iter().any(|child| child.kind() == token);
        let is_generator = node.kind().starts_with("generator") || has("*");
        let is_block = body.kind() == "statement_block";
        let shape = match (is_block, has("async"), is_generator) {
            (true, false, false) => Shape::Plain,
            (true, true, false) => Shape::Async,
            (true, false, true) => Shape::Generator,
            (true, true, true) => Shape::AsyncGenerator,
            (false, false, _) => Shape::Value,
            (false, true, _) => Shape::AsyncValue,
        };
        let hook = self.first_hook + self.functions.len();
        let inside = if is_block { within_braces(body) } else { body.byte_range() };
        if is_block {
            let mut directives = children(body).into_iter().filter(|child| is_directive(*child));
            let directive = directives.next_back();
            let at = directive.map_or(inside.start, |last| last.end_byte());
            let end = if directive.is_some() { ";" } else { "" };
            self.weave.put(at, format!("{end}{}", body_hook(self.probe, hook, shape)));
        } else {
            let (start, count) = (value_hook(self.probe, hook), self.count(body));
            self.weave.wrap(inside.clone(), format!("{start}({count},"), "))");
        }
        self.functions.push(Function { hook, inside, shape });
    }

    fn count(&mut self, node: Node<'_>) -> String {
        let number = self.first_counter + self.lines.len();
        self.lines.push(line(node));
        format!("{}({number})", self.probe)
    }
}

/// Where a call can stand before it. Definitions of functions are there before the first statement.
fn is_statement(node: Node<'_>) -> bool {
    let kind = node.kind();
    let is_declaration =
        matches!(kind, "lexical_declaration" | "variable_declaration" | "class_declaration");
    node.is_named()
        && (is_declaration || kind.ends_with("_statement"))
        && !matches!(kind, "import_statement" | "empty_statement" | "export_statement")
        || kind == "export_statement"
            && node.child_by_field_name("declaration").is_some_and(is_statement)
}

/// `"use strict"` and the like, which must stay the first.
fn is_directive(node: Node<'_>) -> bool {
    let first = |parent: Node<'_>| {
        let before = children(parent).into_iter().take_while(|child| *child != node);
        before.filter(|child| child.is_named() && child.kind() != "comment").all(is_string)
    };
    is_string(node) && node.parent().is_some_and(first)
}

fn is_string(node: Node<'_>) -> bool {
    node.kind() == "expression_statement"
        && node.named_child(0).is_some_and(|inner| inner.kind() == "string")
}

fn within_braces(block: Node<'_>) -> Range<usize> {
    let start = block.start_byte() + 1;
    start..block.end_byte().saturating_sub(1).max(start)
}

/// Counted from 1.
pub fn line(node: Node<'_>) -> u32 {
    u32::try_from(node.start_position().row + 1).unwrap_or(u32::MAX)
}

pub fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.children(&mut cursor).collect()
}

#[cfg(test)]
mod tests;
