//! Where templates put what they offer: bounded, each text once, at its cheapest.

use std::collections::HashMap;
use std::ops::Range;

use super::{Edit, Replacement, TEXT_BYTES_MAX, Template};
use crate::node::Node;
use crate::role::{Field, Role};
use crate::statement::header;

/// Of one statement, and of one template for it.
const PER_STATEMENT_MAX: usize = 6000;
const PER_TEMPLATE_MAX: usize = 1500;
/// Edits that are tried at other places, too.
const ORIGINS_MAX: usize = 80;
/// What they cost beyond their template at most.
const REPEATED_MAX: f64 = 0.25;
/// How far one insertion is looked for at its other equal places.
const SHIFT_MAX: usize = 256;

pub struct Sink<'s> {
    text: &'s str,
    line: u32,
    function: Option<String>,
    /// Functions with a name within the statement, inner ones last.
    functions: Vec<(Range<usize>, String)>,
    template: Template,
    /// Of the template, so far.
    offered: usize,
    /// Where each text is in `found`, by the one replacement that would make it.
    known: HashMap<Replacement, usize>,
    found: Vec<Edit>,
    wanted: Choice,
    /// How many of one template for the same text are taken.
    per_place: usize,
    places: HashMap<(Template, Range<usize>), usize>,
    origins: Vec<Origin>,
}

/// A cheap edit of one short node, before it was narrowed.
pub struct Origin {
    /// The node's number in its file.
    pub node: usize,
    pub text: String,
}

/// By the template, the text replaced, its replacement, and what it costs beyond its template.
pub type Choice = fn(Template, &str, &str, f64) -> bool;

impl<'s> Sink<'s> {
    pub fn new(statement: Node<'s>) -> Self {
        Self {
            text: &statement.parsed().text,
            line: statement.first_line(),
            function: statement.qualified_name(),
            functions: functions(statement),
            template: Template::Operator,
            offered: 0,
            known: HashMap::new(),
            found: Vec::new(),
            wanted: |_, _, _, _| true,
            per_place: usize::MAX,
            places: HashMap::new(),
            origins: Vec::new(),
        }
    }

    /// Takes only what is wanted, and of one template for the same text only the first.
    pub fn choosing(self, wanted: Choice, per_place: usize) -> Self {
        Self { wanted, per_place, ..self }
    }

    pub fn begin(&mut self, template: Template) {
        (self.template, self.offered) = (template, 0);
    }

    /// Cheapest first.
    pub fn finish(self) -> Vec<Edit> {
        let mut found = self.found;
        found.sort_by(Edit::order);
        found
    }

    /// In the order in which they were offered.
    pub fn into_offered(self) -> Vec<Edit> {
        self.found
    }

    pub fn found(&self) -> &[Edit] {
        &self.found
    }

    /// What might be wrong the same way elsewhere.
    pub fn take_origins(&mut self) -> Vec<Origin> {
        std::mem::take(&mut self.origins)
    }

    /// Offers `text` in place of `node`.
    pub fn replace(&mut self, node: Node<'_>, text: impl Into<String>) {
        self.dearer(node, text, 0.0);
    }

    /// As `replace`, for `more` than the template's cost.
    pub fn dearer(&mut self, node: Node<'_>, text: impl Into<String>, more: f64) {
        let text = text.into();
        if more <= REPEATED_MAX && self.repeats() && self.origins.len() < ORIGINS_MAX {
            self.origins.push(Origin { node: node.index(), text: text.clone() });
        }
        self.range(node.range(), text, more);
    }

    /// Whether what the template is for is a mistake that is made more than once.
    fn repeats(&self) -> bool {
        matches!(
            self.template,
            Template::Operator
                | Template::Constant
                | Template::Name
                | Template::Attribute
                | Template::Callee
                | Template::Member
        )
    }

    /// An expression, put in parentheses where its place needs that.
    pub fn expression(&mut self, node: Node<'_>, text: &str, more: f64) {
        self.range(node.range(), fitted(node, text), more);
    }

    pub fn range(&mut self, range: Range<usize>, text: impl Into<String>, more: f64) {
        self.all(vec![Replacement { range, text: text.into() }], more);
    }

    /// Several replacements as one edit, from top to bottom.
    pub fn all(&mut self, replacements: Vec<Replacement>, more: f64) {
        let cost = self.template.cost() + more;
        self.at_cost(replacements, cost);
    }

    pub fn at_cost(&mut self, replacements: Vec<Replacement>, cost: f64) {
        let long = |each: &Replacement| each.text.len().max(each.range.len()) > TEXT_BYTES_MAX;
        let full = self.found.len() >= PER_STATEMENT_MAX || self.offered >= PER_TEMPLATE_MAX;
        if full || replacements.iter().any(long) {
            return;
        }
        let Some(whole) = merged(self.text, &replacements) else { return };
        let old = &self.text[whole.range.clone()];
        if !(self.wanted)(self.template, old, &whole.text, cost - self.template.cost()) {
            return;
        }
        let place = (self.template, whole.range.clone());
        let whole = narrowed(self.text, whole);
        if whole.range.is_empty() && whole.text.is_empty() {
            return;
        }
        if let Some(index) = self.known.get(&whole) {
            let known = &mut self.found[*index];
            if cost < known.cost {
                (known.cost, known.template) = (cost, self.template);
            }
            return;
        }
        if self.per_place < usize::MAX {
            let taken = self.places.entry(place).or_default();
            *taken += 1;
            if *taken > self.per_place {
                return;
            }
        }
        let size = self.size(&self.text[whole.range.clone()], &whole.text);
        let replacements = if replacements.len() == 1 { vec![whole.clone()] } else { replacements };
        let function = self.function_of(&whole.range);
        self.offered += 1;
        self.known.insert(whole, self.found.len());
        self.found.push(Edit {
            replacements,
            template: self.template,
            cost,
            line: self.line,
            function,
            size,
        });
    }

    fn function_of(&self, range: &Range<usize>) -> Option<String> {
        let within = |outer: &Range<usize>| outer.start <= range.start && range.end <= outer.end;
        let inner = self.functions.iter().rev().find(|(outer, _)| within(outer));
        inner.map(|(_, name)| name.clone()).or_else(|| self.function.clone())
    }

    /// One more or less is one slip, though it is two tokens; so are two things in each other's
    /// place, however long they are.
    fn size(&self, old: &str, new: &str) -> usize {
        let changed = tokens_changed(old, new).max(1);
        match self.template {
            Template::OffByOne => 1,
            Template::Swap => changed.min(2),
            _ => changed,
        }
    }
}

/// Of a statement that gives a function its name, such as `const f = () => …`.
fn functions(statement: Node<'_>) -> Vec<(Range<usize>, String)> {
    let named = header(statement).into_iter().filter(|node| node.role() == Role::Function);
    named.filter_map(|node| Some((node.range(), node.qualified_name()?))).collect()
}

/// `text`, in parentheses where it falls apart or takes something along in place of `node`.
pub fn fitted(node: Node<'_>, text: &str) -> String {
    let Some(parent) = node.parent().filter(|_| node.is_named()) else { return text.to_owned() };
    let binds = match parent.role() {
        Role::Binary
        | Role::Minus
        | Role::Not
        | Role::Boolean
        | Role::Comparison
        | Role::Conditional
        | Role::Value => true,
        Role::Attribute | Role::Subscript => node.field_of_parent() == Some(Field::Object),
        Role::Call => node.field_of_parent() == Some(Field::Callee),
        _ => false,
    };
    let tight = !parent.is(&[Role::Comparison, Role::Boolean, Role::Conditional]);
    let negative = !tight && text.strip_prefix('-').is_some_and(is_number);
    if binds && !negative && !is_atom(text) { format!("({text})") } else { text.to_owned() }
}

fn is_number(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || c == '.')
}

/// A name, a number, a call, …: no operator outside of brackets.
fn is_atom(text: &str) -> bool {
    // Where a statement may begin, a brace opens a block.
    if text.starts_with('{') {
        return false;
    }
    let mut depth = 0_u32;
    text.chars().all(|c| {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > 0 || c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | '\'' | ')' | ']' | '}')
    })
}

/// All replacements as one, with what stands between them. `None` if they are out of order.
fn merged(text: &str, all: &[Replacement]) -> Option<Replacement> {
    let (first, rest) = all.split_first()?;
    let mut whole = first.clone();
    for each in rest {
        whole.text.push_str(text.get(whole.range.end..each.range.start)?);
        whole.text.push_str(&each.text);
        whole.range.end = each.range.end;
    }
    Some(whole)
}

/// The one shortest way of making the same text, so that equal edits found at different nodes are
/// seen to be equal.
fn narrowed(text: &str, whole: Replacement) -> Replacement {
    let (old, new) = (&text[whole.range.clone()], whole.text.as_str());
    let front = common(old.chars(), new.chars());
    let back = common(old[front..].chars().rev(), new[front..].chars().rev());
    let range = whole.range.start + front..whole.range.end - back;
    shifted(text, Replacement { range, text: new[front..new.len() - back].to_owned() })
}

/// What is only put in or only taken out, at the last of the places where that does the same.
fn shifted(text: &str, mut edit: Replacement) -> Replacement {
    for _ in 0..SHIFT_MAX {
        let Some(next) = text[edit.range.end..].chars().next() else { break };
        let taken = text[edit.range.clone()].chars().next();
        match (taken, edit.text.chars().next()) {
            (None, Some(put)) if put == next => {
                edit.text = edit.text.split_off(put.len_utf8());
                edit.text.push(put);
            }
            (Some(taken), None) if taken == next => {}
            _ => break,
        }
        edit.range.start += next.len_utf8();
        edit.range.end += next.len_utf8();
    }
    edit
}

fn common(a: impl Iterator<Item = char>, b: impl Iterator<Item = char>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
}

/// How many tokens differ between two texts, where they differ in one place.
fn tokens_changed(old: &str, new: &str) -> usize {
    let (old, new) = (tokens(old), tokens(new));
    let front = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[front..], &new[front..]);
    let back = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    old.len().max(new.len()) - back
}

/// Words and numbers whole, everything else by the character, blanks not at all.
fn tokens(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let in_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let word = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
        let (token, after) = rest.split_at(word.max(first.len_utf8()));
        found.push(token);
        rest = after.trim_start();
    }
    found
}
