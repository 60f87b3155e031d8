//! Rust.

use super::{Grammar, Write};
use crate::role::{Field, Role};

pub static GRAMMAR: Grammar = Grammar {
    name: "Rust",
    endings: &["rs"],
    parser: |_| tree_sitter_rust::LANGUAGE.into(),
    role,
    field,
    is_statement: |kind, around| match kind {
        "if_expression" => around == "else_clause",
        "match_arm" => true,
        _ => false,
    },
    names_functions: &[],
    keywords: &[("true", Role::True), ("false", Role::False), ("None", Role::Null)],
    write: WRITE,
};

fn role(kind: &str, around: &str) -> Role {
    match kind {
        "source_file" | "block" | "declaration_list" => Role::Block,
        "function_item" => Role::Function,
        "closure_expression" => Role::Lambda,
        "impl_item" | "trait_item" => Role::Class,
        "parameters" | "closure_parameters" => Role::Parameters,
        "call_expression" => Role::Call,
        "arguments" => Role::Arguments,
        "binary_expression" => Role::Binary,
        "unary_expression" => Role::Minus,
        "identifier" | "field_identifier" | "shorthand_field_identifier" => match around {
            "token_tree"
            | "macro_invocation"
            | "scoped_identifier"
            | "shorthand_field_initializer" => Role::Other,
            _ => Role::Name,
        },
        "field_expression" => Role::Attribute,
        "index_expression" => Role::Subscript,
        "range_expression" => Role::Slice,
        "integer_literal" if around == "field_expression" => Role::Other,
        "integer_literal" => Role::Integer,
        "float_literal" => Role::Float,
        "string_literal" | "raw_string_literal" => Role::Text,
        "array_expression" => Role::List,
        "tuple_expression" => Role::Tuple,
        "parenthesized_expression" => Role::Parenthesised,
        "boolean_literal"
        | "self"
        | "char_literal"
        | "await_expression"
        | "reference_expression"
        | "try_expression"
        | "type_cast_expression"
        | "struct_expression"
        | "macro_invocation"
        | "scoped_identifier"
        | "unit_expression"
        | "unsafe_block" => Role::Value,
        "token_tree" | "macro_definition" => Role::Opaque,
        _ => role_of_statement(kind),
    }
}

fn role_of_statement(kind: &str) -> Role {
    match kind {
        "assignment_expression" => Role::Assignment,
        "let_declaration" | "const_item" | "static_item" => Role::Let,
        "compound_assignment_expr" => Role::Augmented,
        "expression_statement" => Role::ExpressionStatement,
        "return_expression" => Role::Return,
        "yield_expression" => Role::Yield,
        "break_expression" => Role::Break,
        "continue_expression" => Role::Continue,
        "empty_statement" => Role::Pass,
        "if_expression" => Role::If,
        "else_clause" => Role::Else,
        "while_expression" | "loop_expression" => Role::While,
        "for_expression" => Role::For,
        "match_expression" => Role::Match,
        "match_arm" => Role::Case,
        "let_condition" | "let_chain" => Role::Other,
        "parameter"
        | "tuple_pattern"
        | "tuple_struct_pattern"
        | "struct_pattern"
        | "match_pattern"
        | "or_pattern"
        | "slice_pattern"
        | "captured_pattern"
        | "ref_pattern"
        | "mut_pattern"
        | "reference_pattern"
        | "range_pattern"
        | "self_parameter" => Role::Pattern,
        "use_declaration" | "extern_crate_declaration" => Role::Import,
        "type_identifier"
        | "primitive_type"
        | "generic_type"
        | "type_arguments"
        | "reference_type"
        | "type_parameters"
        | "array_type"
        | "tuple_type"
        | "pointer_type"
        | "function_type"
        | "scoped_type_identifier"
        | "lifetime"
        | "where_clause"
        | "abstract_type"
        | "dynamic_type"
        | "trait_bounds"
        | "visibility_modifier"
        | "unit_type"
        | "struct_item"
        | "enum_item"
        | "type_item"
        | "union_item"
        | "function_modifiers"
        | "bounded_type"
        | "qualified_type"
        | "never_type"
        | "bracketed_type" => Role::Type,
        "attribute_item" | "inner_attribute_item" => Role::Decorator,
        "line_comment" | "block_comment" | "doc_comment" | "shebang" => Role::Comment,
        _ => Role::Other,
    }
}

fn field(around: &str, name: Option<&str>, nth: Option<usize>) -> Option<Field> {
    let Some(name) = name else { return by_place(around, nth?) };
    let assigns = matches!(around, "assignment_expression" | "compound_assignment_expr");
    Some(match (around, name) {
        (_, "function" | "macro") => Field::Callee,
        (_, "arguments") => Field::Arguments,
        ("field_expression", "value") => Field::Object,
        ("field_expression", "field") => Field::Member,
        ("let_declaration" | "for_expression" | "match_arm" | "let_condition", "pattern") => {
            Field::Target
        }
        ("const_item" | "static_item", "name") => Field::Target,
        (_, "left") if assigns => Field::Target,
        (_, "right") if assigns => Field::Value,
        ("impl_item", "type") => Field::Name,
        (_, "name" | "pattern" | "field") => Field::Name,
        (_, "parameters") => Field::Parameters,
        (_, "body") => Field::Body,
        (_, "left") => Field::Left,
        (_, "right") => Field::Right,
        (_, "operator") => Field::Operator,
        (_, "value") => Field::Value,
        (_, "condition") => Field::Condition,
        (_, "consequence") => Field::Then,
        (_, "alternative") => Field::Otherwise,
        (_, "type" | "return_type") => Field::Type,
        _ => return by_place(around, nth?),
    })
}

fn by_place(around: &str, nth: usize) -> Option<Field> {
    match (around, nth) {
        ("index_expression", 0) => Some(Field::Object),
        ("index_expression", 1) => Some(Field::Index),
        ("return_expression" | "break_expression", 0) => Some(Field::Value),
        ("unary_expression", 0) => Some(Field::Argument),
        _ => None,
    }
}

const WRITE: Write = Write {
    and: "&&",
    or: "||",
    not: "!",
    yes: "true",
    no: "false",
    null: "None",
    this: "self.",
    path: "::",
    end: ";",
    nothing: "",
    order: &["<", "<=", ">", ">="],
    equality: &["==", "!="],
    arithmetic: &["+", "-", "*", "/", "%"],
    bits: &["&", "|", "^", "<<", ">>"],
    opposites: &[],
    usual: &["None", "true", "false", "0", "1", "-1", "Vec::new()", "String::new()"],
    arguments: &["0", "1", "None"],
    empty: "[]",
    list: "vec![{}]",
    slices: &["{a}[{b}..]", "{a}[..{b}]"],
    siblings: &[
        &["min", "max"],
        &["any", "all"],
        &["floor", "ceil", "round", "trunc"],
        &["sin", "cos", "tan"],
        &["sqrt", "abs", "exp", "ln"],
        &["push", "push_back", "push_front", "insert", "extend"],
        &["pop", "pop_back", "pop_front", "remove"],
        &["first", "last"],
        &["front", "back"],
        &["iter", "iter_mut", "into_iter", "keys", "values"],
        &["map", "filter", "flat_map", "filter_map", "take_while", "skip_while"],
        &["take", "skip", "step_by"],
        &["sum", "product", "count"],
        &["find", "rfind", "position", "rposition"],
        &["min_by_key", "max_by_key"],
        &["min_by", "max_by"],
        &["fold", "try_fold"],
        &["starts_with", "ends_with", "contains"],
        &["trim", "trim_start", "trim_end"],
        &["split", "rsplit", "split_whitespace", "splitn", "rsplitn"],
        &["split_once", "rsplit_once"],
        &["to_lowercase", "to_uppercase", "to_ascii_lowercase", "to_ascii_uppercase"],
        &["unwrap_or", "unwrap_or_else", "unwrap_or_default"],
        &["is_some", "is_none"],
        &["is_ok", "is_err"],
        &["checked_add", "checked_sub", "saturating_add", "saturating_sub", "wrapping_add"],
        &["saturating_sub", "wrapping_sub", "abs_diff"],
        &["len", "capacity"],
        &["union", "intersection", "difference", "symmetric_difference"],
        &["rem_euclid", "div_euclid"],
        &["chars", "bytes"],
        &["sort", "sort_unstable"],
        &["lower_bound", "upper_bound"],
        &["is_alphabetic", "is_alphanumeric", "is_numeric", "is_whitespace"],
        &["is_ascii_digit", "is_ascii_alphabetic", "is_ascii_alphanumeric"],
    ],
    calls: &["Some({})", "Ok({})", "&{}", "*{}", "!{}"],
    limits: &["{a}.max({b})", "{a}.min({b})"],
    suffixes: &[
        ".abs()",
        ".len()",
        ".clone()",
        ".rev()",
        "[0]",
        "[1..]",
        ".trim()",
        "?",
        ".unwrap_or(0)",
        ".is_empty()",
        " as i64",
        " as usize",
        ".iter()",
        ".to_string()",
    ],
    clauses: &["{}", "!{}", "{}.is_empty()", "{} == 0", "{} > 0"],
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
        "{a} * {a}",
        "1 - {a}",
    ],
    steps: &["{} += 1;", "{} -= 1;"],
    moves: &["{a} = {b};", "{a}.push({b});", "{a}.insert({b});"],
    guard: "if {c} { {s} }",
    leave: "return;",
    leave_with: "return {};",
    raise: None,
    skip: &["continue;", "break;"],
    logs: &[
        "println",
        "eprintln",
        "print",
        "eprint",
        "dbg",
        "log::",
        "tracing::",
        "info",
        "debug",
        "warn",
        "error",
        "trace",
    ],
    delegate: None,
    patterns: &["Regex"],
    blocks_have_values: true,
    script: None,
    defaults: &[
        ("bool", &["true", "false"]),
        ("String", &["String::new()"]),
        ("&str", &["\"\""]),
        ("&'static str", &["\"\""]),
        ("Vec<", &["Vec::new()"]),
        ("Option<", &["None"]),
        ("HashMap<", &["HashMap::new()"]),
        ("f32", &["0.0", "1.0"]),
        ("f64", &["0.0", "1.0"]),
        ("i", &["0", "1"]),
        ("u", &["0", "1"]),
        ("Result<", &["Ok(Default::default())"]),
        ("", &["Default::default()"]),
    ],
    default: None,
    keyword: None,
    except: None,
};
