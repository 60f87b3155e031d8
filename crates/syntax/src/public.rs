//! What a file offers to others, by syntax alone: whether the file itself can be reached from
//! outside of its package isn't known here.

use tree_sitter::Node;

use crate::testing::walk;
use crate::{Language, Parsed};

/// Something that others can name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// With what it lies in: `Queue::push`, `Queue.push`.
    pub name: String,
    /// How it is declared, with single spaces and without its body.
    pub signature: String,
    pub line: u32,
}

/// Modules and classes within each other, deeper than anybody writes them.
const DEPTH_MAX: usize = 16;

/// In the order of the text.
pub fn items(parsed: &Parsed) -> Vec<Item> {
    let mut items = Vec::new();
    match parsed.language {
        Language::Rust => rust(parsed, parsed.root(), "", true, &mut items),
        Language::Python => python(parsed, parsed.root(), "", &mut items),
        Language::JavaScript | Language::TypeScript => javascript(parsed, &mut items),
    }
    items
}

/// The text of `node` up to its body, or its value. A variant's body is what it is made of.
fn declared(parsed: &Parsed, node: Node<'_>) -> String {
    let body = node.child_by_field_name("body").filter(|_| node.kind() != "enum_variant");
    // An alias of a type is what it stands for.
    let value = node.child_by_field_name("value").filter(|_| !node.kind().contains("alias"));
    let rest = body.or(value);
    let end = rest.map_or(node.end_byte(), |rest| rest.start_byte());
    let text = walk::collapsed(&parsed.text[node.start_byte()..end]);
    text.trim_end_matches([' ', ':', ';', '{', '=']).to_owned()
}

fn item(parsed: &Parsed, name: String, node: Node<'_>) -> Item {
    Item { name, signature: declared(parsed, node), line: walk::line(node) }
}

fn name<'p>(parsed: &'p Parsed, node: Node<'_>) -> Option<&'p str> {
    node.child_by_field_name("name").map(|name| parsed.of(name))
}

/// Items need no `pub` of their own in a trait or an enum.
fn rust(parsed: &Parsed, scope: Node<'_>, prefix: &str, by_pub: bool, items: &mut Vec<Item>) {
    if prefix.matches("::").count() > DEPTH_MAX {
        return;
    }
    let mut is_for_tests = false;
    for node in walk::children(scope) {
        if node.kind() == "attribute_item" {
            is_for_tests |= parsed.of(node).contains("cfg(test)");
            continue;
        }
        if std::mem::take(&mut is_for_tests) || node.kind().ends_with("comment") {
            continue;
        }
        if node.kind() == "impl_item" && node.child_by_field_name("trait").is_none() {
            let of = node.child_by_field_name("type").map(|node| parsed.of(node));
            let of = of.unwrap_or_default().split('<').next().unwrap_or_default();
            if let Some(body) = node.child_by_field_name("body") {
                rust(parsed, body, &format!("{prefix}{of}::"), true, items);
            }
            continue;
        }
        let is_pub = |node: Node<'_>| {
            let seen = walk::children(node).into_iter().find(|n| n.kind() == "visibility_modifier");
            seen.is_some_and(|seen| parsed.of(seen) == "pub")
        };
        if by_pub && !is_pub(node) {
            continue;
        }
        let known = name(parsed, node).map(str::to_owned);
        let known = known.or_else(|| {
            (node.kind() == "use_declaration").then(|| walk::collapsed(parsed.of(node)))
        });
        let Some(known) = known else { continue };
        let full = format!("{prefix}{known}");
        let body = node.child_by_field_name("body");
        items.push(item(parsed, full.clone(), node));
        match (node.kind(), body) {
            ("mod_item", Some(body)) => rust(parsed, body, &format!("{full}::"), true, items),
            ("trait_item", Some(body)) => rust(parsed, body, &format!("{full}::"), false, items),
            ("enum_item", Some(body)) => rust(parsed, body, &format!("{full}::"), false, items),
            ("struct_item", Some(body)) => rust(parsed, body, &format!("{full}::"), true, items),
            _ => {}
        }
    }
}

fn python(parsed: &Parsed, scope: Node<'_>, prefix: &str, items: &mut Vec<Item>) {
    if prefix.matches('.').count() > DEPTH_MAX {
        return;
    }
    let offered = if prefix.is_empty() { offered(parsed, scope) } else { None };
    for statement in walk::children(scope) {
        let definition = statement.child_by_field_name("definition").unwrap_or(statement);
        let known = match definition.kind() {
            "function_definition" | "class_definition" => name(parsed, definition),
            "expression_statement" => assigned(parsed, definition),
            _ => None,
        };
        let Some(known) = known else { continue };
        let is_public = match &offered {
            Some(names) => names.iter().any(|name| name == known),
            None => !known.starts_with('_') || known == "__init__",
        };
        if !is_public {
            continue;
        }
        let full = format!("{prefix}{known}");
        if definition.kind() == "expression_statement" {
            // What it is set to is no part of how it is used.
            let line = walk::line(definition);
            items.push(Item { name: full.clone(), signature: full, line });
            continue;
        }
        items.push(item(parsed, full.clone(), definition));
        let body = definition.child_by_field_name("body");
        if let Some(body) = body.filter(|_| definition.kind() == "class_definition") {
            python(parsed, body, &format!("{full}."), items);
        }
    }
}

fn assigned<'p>(parsed: &'p Parsed, statement: Node<'_>) -> Option<&'p str> {
    let assignment = walk::children(statement).into_iter().find(|n| n.kind() == "assignment")?;
    let left = assignment.child_by_field_name("left").filter(|left| left.kind() == "identifier")?;
    Some(parsed.of(left))
}

/// What `__all__` lists.
fn offered(parsed: &Parsed, module: Node<'_>) -> Option<Vec<String>> {
    let statements = walk::children(module);
    let listed = statements.iter().find(|node| assigned(parsed, **node) == Some("__all__"))?;
    let strings = walk::all(*listed).filter(|node| node.kind() == "string");
    Some(strings.map(|node| parsed.of(node).trim_matches(['"', '\'']).to_owned()).collect())
}

fn javascript(parsed: &Parsed, items: &mut Vec<Item>) {
    for statement in walk::children(parsed.root()) {
        match statement.kind() {
            "export_statement" => exported(parsed, statement, items),
            "expression_statement" => common_js(parsed, statement, items),
            _ => {}
        }
    }
}

fn exported(parsed: &Parsed, statement: Node<'_>, items: &mut Vec<Item>) {
    let is_default = parsed.of(statement).starts_with("export default");
    let Some(declaration) = statement.child_by_field_name("declaration") else {
        let clause = walk::children(statement).into_iter().find(|n| n.kind() == "export_clause");
        let specifiers = clause.map(walk::children).unwrap_or_default();
        if specifiers.is_empty() {
            let known = walk::collapsed(parsed.of(statement).lines().next().unwrap_or_default());
            let known = if is_default { "default".to_owned() } else { known };
            let line = walk::line(statement);
            items.push(Item { name: known.clone(), signature: known, line });
        }
        for specifier in specifiers {
            let alias = specifier.child_by_field_name("alias");
            let known = alias.map(|node| parsed.of(node)).or_else(|| name(parsed, specifier));
            let known = known.unwrap_or_default().to_owned();
            let line = walk::line(specifier);
            items.push(Item { name: known.clone(), signature: known, line });
        }
        return;
    };
    if matches!(declaration.kind(), "lexical_declaration" | "variable_declaration") {
        let variables = walk::children(declaration).into_iter();
        for variable in variables.filter(|node| node.kind() == "variable_declarator") {
            let known = name(parsed, variable).unwrap_or_default().to_owned();
            let signature = variable_signature(parsed, variable);
            items.push(Item { name: known, signature, line: walk::line(variable) });
        }
        return;
    }
    let known = if is_default { "default" } else { name(parsed, declaration).unwrap_or("default") };
    let is_class = declaration.kind().contains("class");
    // A type is its body.
    let signature = match declaration.kind() {
        "interface_declaration" | "enum_declaration" => walk::collapsed(parsed.of(declaration)),
        _ => declared(parsed, declaration),
    };
    items.push(Item { name: known.to_owned(), signature, line: walk::line(declaration) });
    if let Some(body) = declaration.child_by_field_name("body").filter(|_| is_class) {
        for member in walk::children(body) {
            let Some(own) = name(parsed, member) else { continue };
            let text = parsed.of(member);
            let is_private = ["private ", "protected ", "#"].iter().any(|p| text.starts_with(p));
            if !is_private {
                items.push(item(parsed, format!("{known}.{own}"), member));
            }
        }
    }
}

/// `f = (a, b)` of a function, the name and the type of anything else.
fn variable_signature(parsed: &Parsed, variable: Node<'_>) -> String {
    let value = variable.child_by_field_name("value");
    let function = value.filter(|v| matches!(v.kind(), "arrow_function" | "function_expression"));
    let end = match (function, value) {
        (Some(function), _) => {
            function.child_by_field_name("body").map_or(function.end_byte(), |b| b.start_byte())
        }
        (None, Some(value)) => value.start_byte(),
        (None, None) => variable.end_byte(),
    };
    let text = walk::collapsed(&parsed.text[variable.start_byte()..end]);
    text.trim_end_matches([' ', '=', '>']).to_owned()
}

/// `exports.f = …`, `module.exports = { f, g }`.
fn common_js(parsed: &Parsed, statement: Node<'_>, items: &mut Vec<Item>) {
    let assignments = walk::children(statement);
    let Some(assignment) = assignments.iter().find(|n| n.kind() == "assignment_expression") else {
        return;
    };
    let (Some(left), Some(right)) =
        (assignment.child_by_field_name("left"), assignment.child_by_field_name("right"))
    else {
        return;
    };
    let target = parsed.of(left);
    let line = walk::line(statement);
    let mut push = |name: &str| {
        items.push(Item { name: name.to_owned(), signature: name.to_owned(), line });
    };
    if target == "module.exports" && right.kind() == "object" {
        for member in walk::children(right) {
            let key = member.child_by_field_name("key").or(member.child_by_field_name("name"));
            push(parsed.of(key.unwrap_or(member)));
        }
    } else if target == "module.exports" {
        push("module.exports");
    } else if let Some(own) =
        target.strip_prefix("exports.").or(target.strip_prefix("module.exports."))
    {
        push(own);
    }
}

#[cfg(test)]
mod tests;
