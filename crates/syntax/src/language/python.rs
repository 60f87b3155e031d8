//! Python.

use super::{Grammar, Write};
use crate::role::{Field, Role};

pub static GRAMMAR: Grammar = Grammar {
    name: "Python",
    endings: &["py", "pyi"],
    parser: |_| tree_sitter_python::LANGUAGE.into(),
    role,
    field,
    is_statement: |kind, _| {
        kind.ends_with("_statement")
            || matches!(
                kind,
                "function_definition"
                    | "class_definition"
                    | "elif_clause"
                    | "except_clause"
                    | "case_clause"
            )
    },
    names_functions: &[],
    keywords: &[],
    write: WRITE,
};

fn role(kind: &str, around: &str) -> Role {
    match kind {
        "module" | "block" => Role::Block,
        "function_definition" => Role::Function,
        "lambda" => Role::Lambda,
        "class_definition" => Role::Class,
        "parameters" | "lambda_parameters" => Role::Parameters,
        "default_parameter" | "typed_default_parameter" => Role::DefaultParameter,
        "call" => Role::Call,
        "argument_list" if around == "class_definition" => Role::Type,
        "argument_list" => Role::Arguments,
        "keyword_argument" => Role::Keyword,
        "binary_operator" => Role::Binary,
        "comparison_operator" => Role::Comparison,
        "boolean_operator" => Role::Boolean,
        "not_operator" => Role::Not,
        "unary_operator" => Role::Minus,
        "identifier" if around == "keyword_separator" => Role::Other,
        "identifier" => Role::Name,
        "attribute" => Role::Attribute,
        "subscript" => Role::Subscript,
        "slice" => Role::Slice,
        "integer" => Role::Integer,
        "float" => Role::Float,
        "string" | "concatenated_string" => Role::Text,
        "true" => Role::True,
        "false" => Role::False,
        "none" => Role::Null,
        "list" => Role::List,
        "tuple" | "expression_list" => Role::Tuple,
        "dictionary" => Role::Map,
        "conditional_expression" => Role::Conditional,
        "parenthesized_expression" => Role::Parenthesised,
        "list_comprehension" | "set_comprehension" | "dictionary_comprehension" => {
            Role::Comprehension
        }
        "set" | "generator_expression" | "await" | "named_expression" => Role::Value,
        _ => role_of_statement(kind),
    }
}

fn role_of_statement(kind: &str) -> Role {
    match kind {
        "assignment" => Role::Assignment,
        "augmented_assignment" => Role::Augmented,
        "expression_statement" => Role::ExpressionStatement,
        "return_statement" => Role::Return,
        "yield" => Role::Yield,
        "raise_statement" => Role::Raise,
        "break_statement" => Role::Break,
        "continue_statement" => Role::Continue,
        "assert_statement" => Role::Assert,
        "pass_statement" => Role::Pass,
        "delete_statement" => Role::ExpressionStatement,
        "if_statement" => Role::If,
        "elif_clause" => Role::Elif,
        "else_clause" => Role::Else,
        "while_statement" => Role::While,
        "for_statement" => Role::For,
        "for_in_clause" => Role::ForClause,
        "if_clause" => Role::IfClause,
        "match_statement" => Role::Match,
        "case_clause" => Role::Case,
        "try_statement" => Role::Try,
        "except_clause" => Role::Except,
        "with_statement" => Role::With,
        "pattern_list"
        | "as_pattern"
        | "tuple_pattern"
        | "list_pattern"
        | "case_pattern"
        | "typed_parameter"
        | "list_splat_pattern"
        | "dictionary_splat_pattern" => Role::Pattern,
        "import_statement"
        | "import_from_statement"
        | "future_import_statement"
        | "global_statement"
        | "nonlocal_statement" => Role::Import,
        "type" | "type_parameter" | "type_alias_statement" => Role::Type,
        "decorator" => Role::Decorator,
        "comment" => Role::Comment,
        _ => Role::Other,
    }
}

fn field(around: &str, name: Option<&str>, nth: Option<usize>) -> Option<Field> {
    let Some(name) = name else { return by_place(around, nth?) };
    Some(match (around, name) {
        ("call", "function") => Field::Callee,
        (_, "arguments" | "superclasses") => Field::Arguments,
        ("assignment" | "augmented_assignment" | "for_statement" | "for_in_clause", "left") => {
            Field::Target
        }
        ("assignment" | "augmented_assignment" | "for_statement" | "for_in_clause", "right") => {
            Field::Value
        }
        ("subscript", "value") | (_, "object") => Field::Object,
        (_, "attribute") => Field::Member,
        (_, "subscript") => Field::Index,
        (_, "name") => Field::Name,
        (_, "parameters") => Field::Parameters,
        (_, "body") => Field::Body,
        (_, "left") => Field::Left,
        (_, "right") => Field::Right,
        (_, "operator" | "operators") => Field::Operator,
        (_, "argument") => Field::Argument,
        (_, "value" | "subject") => Field::Value,
        (_, "condition") => Field::Condition,
        (_, "consequence") => Field::Then,
        (_, "alternative") => Field::Otherwise,
        (_, "type" | "return_type") => Field::Type,
        _ => return by_place(around, nth?),
    })
}

fn by_place(around: &str, nth: usize) -> Option<Field> {
    match (around, nth) {
        ("comparison_operator", 0) => Some(Field::Left),
        ("comparison_operator", 1) => Some(Field::Right),
        ("conditional_expression", 0) => Some(Field::Then),
        ("conditional_expression", 1) => Some(Field::Condition),
        ("conditional_expression", 2) => Some(Field::Otherwise),
        ("return_statement" | "raise_statement" | "yield", 0) => Some(Field::Value),
        ("if_clause" | "assert_statement", 0) => Some(Field::Condition),
        _ => None,
    }
}

const WRITE: Write = Write {
    and: "and",
    or: "or",
    not: "not ",
    yes: "True",
    no: "False",
    null: "None",
    this: "self.",
    path: ".",
    end: "",
    nothing: "pass",
    order: &["<", "<=", ">", ">="],
    equality: &["==", "!="],
    arithmetic: &["+", "-", "*", "/", "//", "%", "**"],
    bits: &["&", "|", "^", "<<", ">>"],
    opposites: &[("is", "is not"), ("is not", "is"), ("in", "not in"), ("not in", "in")],
    usual: &["None", "True", "False", "0", "1", "-1", "[]", "\"\""],
    arguments: &["0", "1", "None", "reverse=True"],
    empty: "[]",
    list: "[{}]",
    slices: &["{a}[{b}:]", "{a}[:{b}]"],
    siblings: &[
        &["min", "max"],
        &["any", "all"],
        &["floor", "ceil", "round", "trunc", "int"],
        &["sin", "cos", "tan"],
        &["asin", "acos", "atan"],
        &["sqrt", "abs", "exp", "log"],
        &["radians", "degrees"],
        &["append", "extend", "add", "appendleft"],
        &["add", "discard", "remove"],
        &["update", "intersection_update", "difference_update"],
        &["union", "intersection", "difference", "symmetric_difference"],
        &["issubset", "issuperset"],
        &["pop", "popleft", "popitem", "remove"],
        &["lower", "upper", "title", "capitalize", "swapcase"],
        &["startswith", "endswith"],
        &["find", "rfind", "index", "rindex"],
        &["strip", "lstrip", "rstrip"],
        &["split", "rsplit", "splitlines"],
        &["partition", "rpartition"],
        &["ljust", "rjust", "center", "zfill"],
        &["keys", "values", "items"],
        &["isdigit", "isalpha", "isalnum", "isspace", "isupper", "islower"],
        &["bisect_left", "bisect_right", "insort_left", "insort_right"],
        &["heappush", "heappop", "heappushpop", "heapreplace"],
        &["list", "tuple", "set", "sorted", "reversed"],
        &["sum", "len", "max", "min"],
        &["str", "repr", "int", "float"],
        &["match", "search", "fullmatch", "findall"],
    ],
    calls: &[
        "abs({})",
        "int({})",
        "float({})",
        "round({})",
        "len({})",
        "list({})",
        "sorted({})",
        "str({})",
        "set({})",
        "reversed({})",
        "tuple({})",
        "sum({})",
    ],
    limits: &["max({a}, {b})", "min({a}, {b})"],
    suffixes: &[
        "[1:]", "[:-1]", "[::-1]", "[0]", "[-1]", ".copy()", ".lower()", ".strip()", ".items()",
        "()",
    ],
    clauses: &["{}", "not {}", "{} is None", "{} is not None", "{} == 0"],
    operands: &[
        "{a} + {b}",
        "{a} - {b}",
        "{a} * {b}",
        "{a} / {b}",
        "{a} // {b}",
        "{a} % {b}",
        "{b} + {a}",
        "{b} - {a}",
        "{a} * 2",
        "{a} / 2",
        "{a} // 2",
        "{a} ** 2",
        "1 - {a}",
    ],
    steps: &["{} += 1", "{} -= 1"],
    moves: &["{a} = {b}", "{a}.append({b})", "{a}.add({b})", "{a}.extend({b})"],
    guard: "if {c}:\n{i}    {s}",
    leave: "return",
    leave_with: "return {}",
    raise: Some("raise {}"),
    skip: &["continue", "break"],
    logs: &["print", "logging.", "logger.", "log.", "warnings."],
    delegate: Some("yield from {}"),
    patterns: &["re.", "regex."],
    blocks_have_values: false,
    script: Some("__name__"),
    defaults: &[],
    default: Some("{a}={b}"),
    keyword: Some("{a}={b}"),
    except: Some(("({})", "Exception")),
};
