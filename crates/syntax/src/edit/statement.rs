//! A statement too many, too few, or in the wrong place.

use std::collections::HashSet;

use super::said::is_path;
use super::sink::Sink;
use super::{Here, Replacement, filled, place};
use crate::node::Node;
use crate::role::{Field, Role};

/// Names that are paired with each other, the first of the function.
const NAMES_MAX: usize = 8;
/// For what ends a function or a loop, or sets a value that nothing else sets.
const ENDS: f64 = 0.2;
const OTHER_STATEMENT: f64 = 0.2;
/// For a call on what the file doesn't show to be a collection.
const UNSHOWN: f64 = 0.4;
/// Of each sort that an early end may return.
const VALUES_MAX: usize = 5;
const CONDITIONS_MAX: usize = 30;
/// Names of a statement that another one is made of.
const ADAPTED_MAX: usize = 14;
/// Names that are compared with each other, and comparisons of the function that are varied.
const COMPARED_MAX: usize = 6;
const VARIED_MAX: usize = 4;
/// Ways in which the file raises one exception.
const RAISED_MAX: usize = 3;
/// For a condition that stands nowhere.
const NEW_CONDITION: f64 = 0.3;
/// For the exception that a test waited for in vain: it tells of a check that is missing.
const AWAITED: f64 = -0.9;
const OF_THE_FILE: f64 = 0.3;

fn is_statement(here: &Here<'_>) -> bool {
    here.node == here.statement
}

/// A simple statement gone, or an `if` with what it guards.
pub fn deletion(here: &Here<'_>, sink: &mut Sink<'_>) {
    let (node, deed) = (here.node, here.node.deed());
    if !is_statement(here) || place::is_value_of_block(node) || deed.role() == Role::Let {
        return;
    }
    let simple = deed.is(&[
        Role::Assignment,
        Role::Augmented,
        Role::Update,
        Role::Call,
        Role::Return,
        Role::Raise,
        Role::Assert,
        Role::Break,
        Role::Continue,
        Role::Value,
    ]);
    let guard = deed.role() == Role::If && deed.field(Field::Otherwise).is_none();
    let text = node.role() == Role::ExpressionStatement && deed.role() == Role::Text;
    if simple && !text || guard {
        let ends = deed.is(&[Role::Return, Role::Raise]) || guard;
        sink.dearer(node, here.write().nothing, if ends { ENDS } else { 0.0 });
    }
}

/// A statement before its neighbour, behind its block, or within the block above; a loop left in
/// place of gone on with.
pub fn flow(here: &Here<'_>, sink: &mut Sink<'_>) {
    if !is_statement(here) {
        return;
    }
    exchanged(here, sink);
    if here.node.within(Role::Block).is_some() && place::is_first_on_line(here.node) {
        behind_block(here.node, sink);
        into_block(here.node, sink);
    }
    let [skip, leave] = *here.write().skip else { return };
    match here.node.deed().role() {
        Role::Break => sink.replace(here.node, skip),
        Role::Continue => sink.replace(here.node, leave),
        _ => {}
    }
}

fn exchanged(here: &Here<'_>, sink: &mut Sink<'_>) {
    let Some(next) = place::neighbour(here.node, true).filter(|_| place::is_in_row(here.node))
    else {
        return;
    };
    let simple = |node: Node<'_>| {
        let deed = node.deed();
        !place::is_value_of_block(node)
            && deed.is(&[Role::Assignment, Role::Augmented, Role::Update, Role::Call, Role::Let])
    };
    if simple(here.node) && simple(next) {
        let all = [(here.node, next.text()), (next, here.node.text())];
        let all = all.map(|(node, text)| Replacement { range: node.range(), text: text.into() });
        sink.all(all.into(), 0.0);
    }
}

/// The last statement of a block, behind what the block belongs to.
fn behind_block(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(outer) = place::around(node).filter(|outer| place::is_in_row(*outer)) else { return };
    let last = place::neighbour(node, true).is_none();
    let alone = place::neighbour(node, false).is_none();
    let loops = outer.deed().is(&[Role::For, Role::While, Role::If, Role::With]);
    if !last || alone || !loops || !place::is_first_on_line(outer) {
        return;
    }
    let at = outer.end();
    let text = format!("\n{}{}", outer.indentation(), node.text());
    let taken = Replacement { range: place::with_line(node), text: String::new() };
    sink.all(vec![taken, Replacement { range: at..at, text }], 0.0);
}

/// The statement behind a block, as the last one within it.
fn into_block(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(above) = place::neighbour(node, false).and_then(place::body) else { return };
    if place::neighbour(node, true).is_none() && place::is_value_of_block(node) {
        return;
    }
    let inner = above.children().filter(|child| child.is_statement()).last();
    let Some(last) = inner.filter(|last| place::is_first_on_line(*last)) else { return };
    if place::is_value_of_block(last) {
        return;
    }
    let text = format!("\n{}{}", last.indentation(), node.text());
    let put = Replacement { range: last.end()..last.end(), text };
    let taken = Replacement { range: place::with_line(node), text: String::new() };
    sink.all(vec![put, taken], 0.0);
}

/// What an `if` guards, without it.
pub fn unguard(here: &Here<'_>, sink: &mut Sink<'_>) {
    let deed = here.node.deed();
    if !is_statement(here) || deed.role() != Role::If || !place::is_in_row(here.node) {
        return;
    }
    let branches = [deed.field(Field::Then), otherwise(deed)];
    for branch in branches.into_iter().flatten() {
        let Some(body) = dedented(branch, here.node) else { continue };
        sink.replace(here.node, body);
    }
}

/// The block of an `else`, or what stands there without one.
fn otherwise(branch: Node<'_>) -> Option<Node<'_>> {
    let clause = branch.field(Field::Otherwise).filter(|clause| clause.role() == Role::Else)?;
    clause.field(Field::Body).or_else(|| clause.parts().last().copied())
}

/// The statements of a block, indented as the statement around it is.
fn dedented(block: Node<'_>, outer: Node<'_>) -> Option<String> {
    if block.role() != Role::Block {
        return Some(block.text().to_owned());
    }
    let rows: Vec<Node<'_>> = block.children().filter(|child| child.is_statement()).collect();
    let (first, last) = (rows.first()?, rows.last()?);
    let text = &block.parsed().text[first.start()..last.end()];
    let inner = format!("\n{}", first.indentation());
    Some(text.replace(&inner, &format!("\n{}", outer.indentation())))
}

/// A call whose result is dropped, kept.
pub fn call_to_assignment(here: &Here<'_>, sink: &mut Sink<'_>) {
    let (node, deed) = (here.node, here.node.deed());
    if !is_statement(here) || node == deed || deed.role() != Role::Call {
        return;
    }
    let object = deed.field(Field::Callee).and_then(|callee| callee.field(Field::Object));
    let object = object.map(Node::text);
    let names = here.scope.names.iter().map(String::as_str);
    for target in object.into_iter().chain(names) {
        let own = here.write().this.trim_end_matches('.');
        if target != own && !target.contains(['(', '\n']) {
            sink.dearer(node, format!("{target} = {}", node.text()), 0.0);
        }
    }
    let (start, leave) = (node.start(), here.write().leave_with);
    if let Some((leave, _)) = leave.split_once("{}").filter(|_| here.is_in_function()) {
        sink.range(start..start, leave, OTHER_STATEMENT);
    }
}

fn takes_neighbours(here: &Here<'_>) -> bool {
    is_statement(here)
        && place::is_in_row(here.node)
        && !here.node.is(&[Role::Function, Role::Class, Role::Import, Role::Type])
}

fn put(here: &Here<'_>, new: &str, more: f64, sink: &mut Sink<'_>) {
    let new = place::ended(here.node, new);
    for replacement in [place::after(here.node, &new), place::before(here.node, &new)] {
        sink.all(replacement.into_iter().collect(), more);
    }
}

/// The statement once more with another name in it, or one of the function's others.
pub fn copy(here: &Here<'_>, sink: &mut Sink<'_>) {
    if !takes_neighbours(here) {
        return;
    }
    if here.node.range().len() <= 120 && !here.text().contains('\n') {
        for renamed in renamed(here) {
            put(here, &renamed, 0.0, sink);
        }
    }
    let own = |text: &&String| *text != here.text();
    for statement in here.scope.statements.iter().filter(own) {
        put(here, statement, OTHER_STATEMENT, sink);
    }
    for statement in here.vocabulary().statements.iter().filter(own) {
        put(here, statement, OTHER_STATEMENT + OF_THE_FILE, sink);
    }
    for statement in here.scope.statements.iter().filter(own) {
        for adapted in adapted(here, statement) {
            put(here, &adapted, OTHER_STATEMENT + OF_THE_FILE, sink);
        }
    }
}

/// Another statement's text with one name, wherever it stands there, replaced by another.
fn adapted(here: &Here<'_>, statement: &str) -> Vec<String> {
    let names = here.scope.names.iter().filter(|name| !name.contains('.')).take(ADAPTED_MAX);
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let apart = |at: usize, name: &str| {
        !statement[..at].ends_with(is_word)
            && !statement[at + name.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
    };
    let mut found = Vec::new();
    for old in names.clone() {
        let places = statement.match_indices(old.as_str()).map(|(at, _)| at);
        let places: Vec<usize> = places.filter(|at| apart(*at, old)).collect();
        for new in names.clone().filter(|new| *new != old && !places.is_empty()) {
            let mut text = statement.to_owned();
            for at in places.iter().rev() {
                text.replace_range(*at..at + old.len(), new);
            }
            found.push(text);
        }
    }
    found
}

/// The statement's text with all of one name replaced by another.
fn renamed(here: &Here<'_>) -> Vec<String> {
    let names = here.scope.names.iter().take(NAMES_MAX);
    let nodes: Vec<Node<'_>> =
        here.node.all().filter(|node| node.is(&[Role::Name, Role::Attribute])).collect();
    let binds = here.node.deed().role() == Role::Let;
    let names = names.filter(|name| !binds || !name.contains('.'));
    let mut found = Vec::new();
    for old in names.clone() {
        let places: Vec<_> = nodes.iter().filter(|node| node.text() == old).collect();
        for new in names.clone().filter(|new| *new != old && !places.is_empty()) {
            let (mut text, start) = (here.text().to_owned(), here.node.start());
            for place in places.iter().rev() {
                text.replace_range(place.start() - start..place.end() - start, new);
            }
            found.push(text);
        }
    }
    found
}

/// One variable set to another, or one more or less; an element put into a collection.
pub fn insertion(here: &Here<'_>, sink: &mut Sink<'_>) {
    if !takes_neighbours(here) {
        return;
    }
    let write = here.write();
    let names: Vec<&String> = here.scope.names.iter().take(NAMES_MAX).collect();
    for name in &names {
        for step in write.steps {
            put(here, &step.replace("{}", name), 0.0, sink);
        }
    }
    for form in write.moves {
        for a in &names {
            let more = unshown(here, form, a);
            for b in names.iter().filter(|b| *b != a) {
                put(here, &filled(form, &[("{a}", a), ("{b}", b)]), more, sink);
            }
        }
    }
}

/// For a call on a name that the file never shows to be a collection.
fn unshown(here: &Here<'_>, form: &str, name: &str) -> f64 {
    let Some(call) = form.strip_prefix("{a}.").and_then(|call| call.split('(').next()) else {
        return 0.0;
    };
    let text = &here.parsed().text;
    let shows = |form: &str| text.contains(&format!("{name}{form}"));
    let shown = shows(&format!(".{call}("))
        || shows(&format!(" = {}", here.write().empty))
        || call == "add" && (shows(" = set()") || shows(" = new Set("));
    if shown { 0.0 } else { UNSHOWN }
}

/// An early end before the statement, or a condition around it.
pub fn guard(here: &Here<'_>, sink: &mut Sink<'_>) {
    if !takes_neighbours(here) || !place::is_first_on_line(here.node) {
        return;
    }
    let conditions: Vec<String> =
        here.conditions().into_iter().take(CONDITIONS_MAX).map(bare).collect();
    let mut compared = compared(here);
    compared.retain(|condition| !conditions.contains(condition));
    let raises = raises(here);
    for (conditions, more) in [(&conditions, AWAITED), (&compared, AWAITED + NEW_CONDITION)] {
        checked(here, conditions, &raises, more, sink);
    }
    let exits = exits(here);
    for (conditions, more) in [(&conditions, 0.0), (&compared, NEW_CONDITION)] {
        wrapped(here, conditions, more, sink);
        checked(here, conditions, &exits, more, sink);
    }
}

fn checked(here: &Here<'_>, all: &[String], exits: &[String], more: f64, sink: &mut Sink<'_>) {
    for exit in exits {
        for condition in all {
            let guard = guarded(here, condition, exit);
            sink.all(place::before(here.node, &guard).into_iter().collect(), more);
        }
    }
}

/// The function's comparisons with another operator; then each two of its names.
fn compared(here: &Here<'_>) -> Vec<String> {
    let write = here.write();
    let mut all = Vec::new();
    for condition in here.scope.conditions.iter().take(VARIED_MAX) {
        let mut words = condition.split(' ');
        let three = (words.next(), words.next(), words.next(), words.next());
        let (Some(left), Some(old), Some(right), None) = three else { continue };
        let operators = [write.order, write.equality].into_iter().find(|all| all.contains(&old));
        let new = operators.unwrap_or_default().iter().filter(|new| **new != old);
        all.extend(new.map(|new| format!("{left} {new} {right}")));
    }
    let names: Vec<&String> = here.scope.names.iter().take(COMPARED_MAX).collect();
    for a in &names {
        for b in names.iter().filter(|b| *b != a) {
            all.extend(write.order.iter().take(2).map(|sign| format!("{a} {sign} {b}")));
        }
    }
    let mut seen = HashSet::new();
    all.retain(|condition| seen.insert(condition.clone()));
    all
}

/// What a test waited for in vain: as the file raises it elsewhere, then with nothing said.
fn raises(here: &Here<'_>) -> Vec<String> {
    let Some(form) = here.write().raise else { return Vec::new() };
    let mut all = Vec::new();
    for name in here.hints.not_raised.iter().filter(|name| is_path(name)) {
        let plain = form.replace("{}", name);
        let said = here.vocabulary().statements.iter();
        all.extend(said.filter(|text| text.starts_with(&plain)).take(RAISED_MAX).cloned());
        all.push(plain);
    }
    all
}

fn bare(condition: String) -> String {
    let inner = condition.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    match inner {
        Some(inner) if !inner.contains(['(', ')']) => inner.to_owned(),
        _ => condition,
    }
}

fn guarded(here: &Here<'_>, condition: &str, deed: &str) -> String {
    let parts = [("{c}", condition), ("{s}", deed), ("{i}", here.node.indentation())];
    filled(here.write().guard, &parts)
}

fn wrapped(here: &Here<'_>, conditions: &[String], more: f64, sink: &mut Sink<'_>) {
    let deed = here.node.deed();
    let simple = here.node != deed || deed.is(&[Role::Return, Role::Raise, Role::Break]);
    let binds = deed.role() == Role::Let || here.text().contains('\n');
    if !simple || binds || place::is_value_of_block(here.node) {
        return;
    }
    for condition in conditions {
        sink.dearer(here.node, guarded(here, condition, here.text()), more);
    }
}

fn exits(here: &Here<'_>) -> Vec<String> {
    let write = here.write();
    let mut exits = Vec::new();
    if here.is_in_loop() {
        exits.extend(write.skip.iter().map(|skip| (*skip).to_owned()));
    }
    if here.is_in_function() {
        let names = here.scope.names.iter().map(String::as_str);
        let usual = write.usual.iter().copied().take(VALUES_MAX);
        let values = names.take(VALUES_MAX).chain(usual);
        exits.extend(values.map(|value| write.leave_with.replace("{}", value)));
        exits.push(write.leave.to_owned());
    }
    exits
}

/// Another variable gets the value, or another element.
pub fn target(here: &Here<'_>, sink: &mut Sink<'_>) {
    let node = here.node;
    let assigns = node.parent().is_some_and(|parent| {
        parent.is(&[Role::Assignment, Role::Augmented, Role::For, Role::ForClause])
    });
    let counted = node.within(Role::Update).is_some();
    if !(assigns && node.field_of_parent() == Some(Field::Target) || counted) {
        return;
    }
    let plain = node.parent().is_some_and(|parent| parent.is(&[Role::For, Role::ForClause]));
    if node.is(&[Role::Name, Role::Attribute]) {
        for name in here.scope.names.iter().filter(|name| !plain || !name.contains('.')) {
            sink.dearer(node, name, 0.0);
        }
    }
    let element = |text: &&String| text.ends_with(']') && text.starts_with(char::is_alphabetic);
    for text in here.scope.expressions.iter().filter(element).filter(|_| !plain) {
        let atom = !text.contains([' ', '(']) || node.role() == Role::Subscript;
        if atom && !text.contains("..") {
            sink.dearer(node, text, OTHER_STATEMENT);
        }
    }
}

/// Another value to return.
pub fn returned(here: &Here<'_>, sink: &mut Sink<'_>) {
    let node = here.node;
    let write = here.write();
    let value = match node.role() {
        Role::Return | Role::Yield => node.field(Field::Value),
        _ if is_statement(here) && here.is_in_function() && node.role().is_expression() => {
            Some(node).filter(|node| node.within(Role::Block).is_some())
        }
        _ => return,
    };
    let names = here.scope.names.iter().map(String::as_str);
    let Some(value) = value else {
        if node.role() == Role::Return {
            let values = names.chain(write.usual.iter().copied());
            for value in values {
                sink.dearer(node, write.leave_with.replace("{}", value), 0.0);
            }
        }
        return;
    };
    for new in write.usual.iter().copied().chain(names.clone()) {
        sink.replace(value, new);
    }
    if let Some(delegate) = write.delegate.filter(|_| node.role() == Role::Yield) {
        sink.replace(node, delegate.replace("{}", value.text()));
    }
    for name in names {
        for clause in write.clauses {
            sink.dearer(value, clause.replace("{}", name), OTHER_STATEMENT);
        }
        sink.dearer(value, write.list.replace("{}", name), OF_THE_FILE);
    }
}
