//! What may stand in place of something else at a statement: the names, members, calls, numbers
//! and expressions that its function and its file use already.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::node::Node;
use crate::parsed::Parsed;
use crate::role::{Field, Role};
use crate::statement::header;

/// Of each list. In the order of the text, so the nearest of the function come first.
const NAMES_MAX: usize = 40;
const EXPRESSIONS_MAX: usize = 120;
/// Functions whose parameters are known.
const SIGNATURES_MAX: usize = 400;
/// A longer expression is not put elsewhere.
const EXPRESSION_BYTES_MAX: usize = 60;
/// Statements are repeated up to this length.
const STATEMENT_BYTES_MAX: usize = 120;

/// A function's name and what its parameters are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub name: String,
    pub parameters: Vec<String>,
}

/// What a file uses and defines, each once, in the order of the text.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    /// What stands behind a dot without being called, and what is called there.
    pub attributes: Vec<String>,
    pub methods: Vec<String>,
    /// Functions and classes that the file defines, and those it calls by name.
    pub callables: Vec<String>,
    pub numbers: Vec<String>,
    pub strings: Vec<String>,
    pub expressions: Vec<String>,
    /// Conditions of branches, loops and clauses.
    pub conditions: Vec<String>,
    pub signatures: Vec<Signature>,
    /// Names of arguments in calls of a function, by the function's own name.
    pub keywords: BTreeMap<String, BTreeSet<String>>,
    /// Simple statements.
    pub statements: Vec<String>,
}

/// What the function around a statement has to offer.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Variables and parameters of the function, and members of its object that it uses.
    pub names: Vec<String>,
    /// Whole expressions of the function.
    pub expressions: Vec<String>,
    pub conditions: Vec<String>,
    /// Simple statements of the function.
    pub statements: Vec<String>,
    /// What `names` has of it without the object in front: `x` for `self.x`.
    pub members: Vec<String>,
    /// Members of its object that only the class's other functions use, with the object in front.
    pub of_class: Vec<String>,
}

impl Vocabulary {
    pub(crate) fn of(parsed: &Parsed) -> Self {
        let all = || parsed.file().all();
        let few = |nodes: &mut dyn Iterator<Item = Node<'_>>| distinct(nodes, NAMES_MAX);
        let role = |wanted| all().filter(move |node: &Node<'_>| node.role() == wanted);
        let member = |called: bool| {
            let chosen = move |node: &Node<'_>| node.is_callee() == called;
            role(Role::Attribute).filter(chosen).filter_map(|node| node.field(Field::Member))
        };
        Self {
            attributes: few(&mut member(false)),
            methods: few(&mut member(true)),
            callables: few(&mut all().filter_map(callable)),
            numbers: few(&mut all().filter(|node| node.role().is_number())),
            strings: few(&mut role(Role::Text).filter(|node| !node.is_bound())),
            expressions: distinct(&mut all().filter(|node| is_portable(*node)), EXPRESSIONS_MAX),
            conditions: few(&mut all().filter(|node| is_asked(*node))),
            signatures: role(Role::Function).take(SIGNATURES_MAX).filter_map(signature).collect(),
            keywords: keywords(&mut role(Role::Keyword)),
            statements: statements(&mut all().filter(|node| is_simple(*node))),
        }
    }
}

impl Scope {
    /// Of the function that `statement` is in, or of the file outside of any; a definition's own
    /// header is seen from within it.
    pub fn of(parsed: &Parsed, statement: Node<'_>) -> Self {
        let around = statement.function_node().unwrap_or_else(|| parsed.file());
        let all = || around.all();
        let this = parsed.grammar().write.this;
        let names = distinct(&mut all().filter(|node| is_name(*node, this)), NAMES_MAX);
        let members = names.iter().filter_map(|name| name.strip_prefix(this));
        Self {
            members: members.map(str::to_owned).collect(),
            expressions: distinct(&mut all().filter(|node| is_portable(*node)), EXPRESSIONS_MAX),
            conditions: distinct(&mut all().filter(|node| is_asked(*node)), NAMES_MAX),
            statements: statements(&mut all().filter(|node| is_simple(*node))),
            of_class: of_class(around, this, &names),
            names,
        }
    }
}

fn of_class(function: Node<'_>, this: &str, known: &[String]) -> Vec<String> {
    let Some(class) = function.ancestors().find(|outer| outer.role() == Role::Class) else {
        return Vec::new();
    };
    let is_member = |node: &Node<'_>| node.role() == Role::Attribute && is_name(*node, this);
    let mut all = distinct(&mut class.all().filter(is_member), NAMES_MAX);
    all.retain(|name| !known.contains(name));
    all
}

fn distinct<'p>(nodes: &mut dyn Iterator<Item = Node<'p>>, max: usize) -> Vec<String> {
    let mut seen = HashSet::new();
    nodes
        .filter(|node| node.range().len() <= EXPRESSION_BYTES_MAX)
        .map(Node::text)
        .filter(|text| !text.is_empty() && !text.contains('\n') && seen.insert(*text))
        .take(max)
        .map(str::to_owned)
        .collect()
}

fn statements<'p>(nodes: &mut dyn Iterator<Item = Node<'p>>) -> Vec<String> {
    let mut seen = HashSet::new();
    nodes
        .filter(|node| node.range().len() <= STATEMENT_BYTES_MAX)
        .map(Node::text)
        .filter(|text| !text.contains('\n') && seen.insert(*text))
        .take(NAMES_MAX)
        .map(str::to_owned)
        .collect()
}

fn is_name(node: Node<'_>, this: &str) -> bool {
    let called = node.is_callee();
    match node.role() {
        Role::Name => is_variable(node, this),
        Role::Attribute => {
            let member = node.text().strip_prefix(this);
            !called && member.is_some_and(|member| !member.contains(['.', '(', '[']))
        }
        _ => false,
    }
}

/// Not what is called, a keyword, an attribute, a type, or a definition's name.
fn is_variable(node: Node<'_>, this: &str) -> bool {
    let Some(parent) = node.parent() else { return false };
    let own = node.text() == this.trim_end_matches('.');
    let field = node.field_of_parent();
    !own && match parent.role() {
        Role::Attribute => field == Some(Field::Object),
        Role::Keyword | Role::Function | Role::Class => field == Some(Field::Value),
        Role::Other => !matches!(field, Some(Field::Name | Field::Type)),
        Role::Type | Role::Import | Role::Decorator | Role::Opaque => false,
        _ => !node.is_callee(),
    }
}

fn callable(node: Node<'_>) -> Option<Node<'_>> {
    match node.role() {
        Role::Function | Role::Class => node.field(Field::Name),
        Role::Name => node.is_callee().then_some(node),
        _ => None,
    }
}

/// An expression that says more than one name or number.
fn is_portable(node: Node<'_>) -> bool {
    let trivial = matches!(
        node.role(),
        Role::Name
            | Role::Integer
            | Role::Float
            | Role::Text
            | Role::True
            | Role::False
            | Role::Null
            | Role::Parenthesised
            | Role::Value
    );
    let idle = |parent: Node<'_>| parent.is(&[Role::Decorator, Role::Type, Role::Import]);
    node.is_value()
        && !trivial
        && !node.is_callee()
        && node.range().len() <= EXPRESSION_BYTES_MAX
        && !node.parent().is_none_or(idle)
}

/// Asked by a branch, a loop, or a clause; in parentheses, what is in them.
fn is_asked(node: Node<'_>) -> bool {
    let condition = node.role() == Role::Comparison
        || node.is_condition()
            && !node.is(&[Role::Parenthesised, Role::True, Role::False, Role::Null]);
    condition && node.is_value()
}

fn is_simple(node: Node<'_>) -> bool {
    let deed = node.deed();
    node.is_statement()
        && deed.is(&[
            Role::Assignment,
            Role::Augmented,
            Role::Update,
            Role::Call,
            Role::Return,
            Role::Continue,
            Role::Break,
            Role::Raise,
        ])
        && header(node).iter().all(|node| node.role() != Role::Function)
}

fn signature(function: Node<'_>) -> Option<Signature> {
    let name = function.own_name()?.to_owned();
    let parameters = function.field(Field::Parameters)?.parts().into_iter().filter_map(parameter);
    Some(Signature { name, parameters: parameters.map(str::to_owned).collect() })
}

fn parameter(node: Node<'_>) -> Option<&str> {
    let named = node.field(Field::Name).unwrap_or(node);
    let name = named.all().find(|node| node.role() == Role::Name)?;
    Some(name.text())
}

fn keywords<'p>(nodes: &mut dyn Iterator<Item = Node<'p>>) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for keyword in nodes {
        let call = keyword.parent().and_then(Node::parent);
        let callee = call.and_then(|call| call.field(Field::Callee)).map(own_name_of_callee);
        if let (Some(callee), Some(name)) = (callee, keyword.field(Field::Name))
            && found.len() < SIGNATURES_MAX
        {
            found.entry(callee.to_owned()).or_default().insert(name.text().to_owned());
        }
    }
    found
}

/// `settle` for `self.spring.settle`.
pub(crate) fn own_name_of_callee(callee: Node<'_>) -> &str {
    callee.field(Field::Member).unwrap_or(callee).text()
}
