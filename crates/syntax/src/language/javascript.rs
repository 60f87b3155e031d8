//! JavaScript, and TypeScript, which is JavaScript with types.

use super::{Grammar, Write};
use crate::role::{Field, Role};

pub static GRAMMAR: Grammar = JAVASCRIPT;

pub static TYPESCRIPT: Grammar = Grammar {
    name: "TypeScript",
    endings: &["ts", "mts", "cts", "tsx"],
    parser: |path| match path.ends_with(".tsx") {
        true => tree_sitter_typescript::LANGUAGE_TSX.into(),
        false => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
    },
    ..JAVASCRIPT
};

const JAVASCRIPT: Grammar = Grammar {
    name: "JavaScript",
    endings: &["js", "mjs", "cjs", "jsx"],
    parser: |_| tree_sitter_javascript::LANGUAGE.into(),
    role,
    field,
    is_statement: |kind, around| match kind {
        // Those of a loop's header belong to the loop.
        "lexical_declaration"
        | "variable_declaration"
        | "expression_statement"
        | "empty_statement" => around != "for_statement",
        "statement_block" => false,
        "switch_case" | "switch_default" | "catch_clause" => true,
        _ => {
            kind.ends_with("_statement") && kind != "export_statement"
                || kind.ends_with("_declaration")
        }
    },
    names_functions: &[
        "variable_declarator",
        "assignment_expression",
        "pair",
        "field_definition",
        "public_field_definition",
    ],
    keywords: &[],
    write: WRITE,
};

fn role(kind: &str, around: &str) -> Role {
    match kind {
        "program" | "statement_block" | "class_body" => Role::Block,
        "function_declaration" | "generator_function_declaration" | "method_definition" => {
            Role::Function
        }
        "function_expression" | "generator_function" | "arrow_function" => Role::Lambda,
        "class_declaration" | "class" | "abstract_class_declaration" => Role::Class,
        "formal_parameters" => Role::Parameters,
        "assignment_pattern" | "object_assignment_pattern" => Role::DefaultParameter,
        "required_parameter" | "optional_parameter" => Role::DefaultParameter,
        "call_expression" | "new_expression" => Role::Call,
        "arguments" => Role::Arguments,
        "binary_expression" => Role::Binary,
        "unary_expression" => Role::Minus,
        "identifier" if matches!(around, "import_specifier" | "namespace_import") => Role::Other,
        "identifier"
        | "property_identifier"
        | "private_property_identifier"
        | "shorthand_property_identifier_pattern" => Role::Name,
        "member_expression" => Role::Attribute,
        "subscript_expression" => Role::Subscript,
        "number" => Role::Integer,
        "string" | "template_string" => Role::Text,
        "regex" => Role::Regex,
        "true" => Role::True,
        "false" => Role::False,
        "null" | "undefined" => Role::Null,
        "array" => Role::List,
        "object" => Role::Map,
        "ternary_expression" => Role::Conditional,
        "parenthesized_expression" => Role::Parenthesised,
        "this"
        | "await_expression"
        | "as_expression"
        | "super"
        | "satisfies_expression"
        | "non_null_expression" => Role::Value,
        _ => role_of_statement(kind),
    }
}

fn role_of_statement(kind: &str) -> Role {
    match kind {
        "assignment_expression" => Role::Assignment,
        "variable_declarator" | "field_definition" | "public_field_definition" => Role::Let,
        "augmented_assignment_expression" => Role::Augmented,
        "update_expression" => Role::Update,
        "expression_statement" | "lexical_declaration" | "variable_declaration" => {
            Role::ExpressionStatement
        }
        "return_statement" => Role::Return,
        "yield_expression" => Role::Yield,
        "throw_statement" => Role::Raise,
        "break_statement" => Role::Break,
        "continue_statement" => Role::Continue,
        "empty_statement" => Role::Pass,
        "if_statement" => Role::If,
        "else_clause" => Role::Else,
        "while_statement" | "do_statement" | "for_statement" => Role::While,
        "for_in_statement" => Role::For,
        "switch_statement" => Role::Match,
        "switch_case" | "switch_default" => Role::Case,
        "try_statement" => Role::Try,
        "catch_clause" => Role::Except,
        "array_pattern" | "object_pattern" | "rest_pattern" | "pair_pattern" => Role::Pattern,
        "import_statement" | "export_clause" => Role::Import,
        "type_annotation"
        | "type_arguments"
        | "type_parameters"
        | "interface_declaration"
        | "type_alias_declaration"
        | "class_heritage"
        | "implements_clause"
        | "type_identifier"
        | "predefined_type"
        | "union_type"
        | "array_type"
        | "object_type"
        | "generic_type"
        | "literal_type"
        | "accessibility_modifier"
        | "function_signature"
        | "ambient_declaration"
        | "tuple_type"
        | "function_type"
        | "intersection_type"
        | "enum_declaration"
        | "type_query"
        | "lookup_type"
        | "readonly_type" => Role::Type,
        "decorator" => Role::Decorator,
        "comment" | "hash_bang_line" | "html_comment" => Role::Comment,
        _ => Role::Other,
    }
}

fn field(around: &str, name: Option<&str>, nth: Option<usize>) -> Option<Field> {
    let Some(name) = name else { return by_place(around, nth?) };
    let assigns = matches!(
        around,
        "assignment_expression" | "augmented_assignment_expression" | "for_in_statement"
    );
    Some(match (around, name) {
        (_, "function" | "constructor") => Field::Callee,
        (_, "arguments") => Field::Arguments,
        ("assignment_pattern" | "object_assignment_pattern", "left")
        | ("required_parameter" | "optional_parameter", "pattern") => Field::Name,
        ("assignment_pattern" | "object_assignment_pattern", "right") => Field::Value,
        (_, "left") if assigns => Field::Target,
        (_, "right") if assigns => Field::Value,
        ("variable_declarator" | "public_field_definition", "name")
        | ("field_definition", "property") => Field::Target,
        (_, "object") => Field::Object,
        (_, "property") => Field::Member,
        (_, "index") => Field::Index,
        (_, "name" | "key") => Field::Name,
        (_, "parameters" | "parameter") => Field::Parameters,
        ("switch_case" | "switch_default", "body") => return None,
        (_, "body") => Field::Body,
        (_, "left") => Field::Left,
        (_, "right") => Field::Right,
        (_, "operator") => Field::Operator,
        (_, "argument") => Field::Argument,
        (_, "value") => Field::Value,
        (_, "condition") => Field::Condition,
        (_, "consequence") => Field::Then,
        (_, "alternative") => Field::Otherwise,
        (_, "type" | "return_type") => Field::Type,
        _ => return by_place(around, nth?),
    })
}

fn by_place(around: &str, nth: usize) -> Option<Field> {
    let first = matches!(around, "return_statement" | "throw_statement" | "yield_expression");
    (first && nth == 0).then_some(Field::Value)
}

const WRITE: Write = Write {
    and: "&&",
    or: "||",
    not: "!",
    yes: "true",
    no: "false",
    null: "null",
    this: "this.",
    path: ".",
    end: ";",
    nothing: ";",
    order: &["<", "<=", ">", ">="],
    equality: &["===", "!==", "==", "!="],
    arithmetic: &["+", "-", "*", "/", "%", "**"],
    bits: &["&", "|", "^", "<<", ">>", ">>>"],
    opposites: &[],
    usual: &["null", "undefined", "true", "false", "0", "1", "-1", "[]", "\"\""],
    arguments: &["0", "1", "10", "null"],
    empty: "[]",
    list: "[{}]",
    slices: &["{a}.slice({b})", "{a}.slice(0, {b})"],
    siblings: &[
        &["min", "max"],
        &["some", "every"],
        &["floor", "ceil", "round", "trunc"],
        &["sin", "cos", "tan"],
        &["sqrt", "abs", "cbrt", "log"],
        &["push", "unshift", "concat", "add"],
        &["pop", "shift"],
        &["slice", "splice", "substring", "substr"],
        &["map", "filter", "flatMap", "forEach"],
        &["find", "findLast", "findIndex", "filter"],
        &["indexOf", "lastIndexOf", "search", "findIndex"],
        &["reduce", "reduceRight"],
        &["startsWith", "endsWith", "includes"],
        &["trim", "trimStart", "trimEnd"],
        &["padStart", "padEnd"],
        &["toLowerCase", "toUpperCase"],
        &["keys", "values", "entries"],
        &["parseInt", "parseFloat", "Number"],
        &["add", "delete", "has"],
        &["get", "has", "set"],
        &["replace", "replaceAll"],
        &["match", "matchAll", "test", "exec"],
        &["charAt", "charCodeAt", "codePointAt", "at"],
        &["length", "size"],
        &["getDate", "getDay"],
        &["getMonth", "getUTCMonth"],
        &["all", "allSettled", "race", "any"],
    ],
    calls: &[
        "Math.abs({})",
        "Math.floor({})",
        "Math.ceil({})",
        "Math.round({})",
        "Math.trunc({})",
        "Number({})",
        "String({})",
        "[...{}]",
        "Array.from({})",
        "new Set({})",
    ],
    limits: &["Math.max({a}, {b})", "Math.min({a}, {b})"],
    suffixes: &[
        ".length",
        ".slice(1)",
        ".slice(0, -1)",
        "[0]",
        ".slice()",
        ".reverse()",
        ".trim()",
        ".toLowerCase()",
        ".sort()",
        "()",
    ],
    clauses: &["{}", "!{}", "{} === null", "{} !== undefined", "{} === 0"],
    operands: &[
        "{a} + {b}",
        "{a} - {b}",
        "{a} * {b}",
        "{a} / {b}",
        "{a} % {b}",
        "{b} + {a}",
        "{b} - {a}",
        "{a} * 2",
        "{a} / 2",
        "{a} ** 2",
        "1 - {a}",
    ],
    steps: &["{} += 1;", "{} -= 1;"],
    moves: &["{a} = {b};", "{a}.push({b});", "{a}.add({b});"],
    guard: "if ({c}) {s}",
    leave: "return;",
    leave_with: "return {};",
    raise: None,
    skip: &["continue;", "break;"],
    logs: &["console.", "logger.", "log."],
    delegate: Some("yield* {}"),
    patterns: &["RegExp"],
    blocks_have_values: false,
    script: Some("require.main"),
    defaults: &[],
    default: Some("{a} = {b}"),
    keyword: None,
    except: None,
};
