//! Languages that are interpreted.

use super::super::table::{BRACES, Block, Hash, Language, PLAIN, long, quote, raw};

pub const PYTHON: Language = Language {
    name: "Python",
    line_comments: &["#"],
    quotes: &[long("\"\"\""), long("'''"), quote("\""), quote("'")],
    prefixes: "bBfFrRtTuU",
    keywords: "and as assert async await break case class continue def del elif else except finally \
               for from global if import in is lambda match nonlocal not or pass raise return try \
               while with yield",
    types: "Ellipsis False None NotImplemented True bool bytes cls complex dict float frozenset int \
            list object self set str tuple type",
    before_functions: "def",
    before_types: "class",
    has_capital_types: true,
    has_calls: true,
    has_decorators: true,
    ..PLAIN
};

pub const RUBY: Language = Language {
    name: "Ruby",
    line_comments: &["#"],
    block: Some(Block { open: "\n=begin", close: "\n=end", nests: false }),
    quotes: &[long("\""), long("'"), long("`")],
    keywords: "alias and begin break case class def defined? do else elsif end ensure for if in \
               module next not or redo rescue retry return super then undef unless until when while \
               yield attr_accessor attr_reader attr_writer include extend private protected public \
               raise require require_relative",
    types: "false nil self true",
    before_functions: "def",
    before_types: "class module",
    name_bytes: "?",
    has_capital_types: true,
    has_calls: true,
    has_decorators: true,
    ..PLAIN
};

pub const PHP: Language = Language {
    name: "PHP",
    line_comments: &["//", "#"],
    quotes: &[long("\""), long("'")],
    keywords: "abstract and array as break case catch class clone const continue declare default do \
               echo else elseif empty enum extends final finally fn for foreach function global goto \
               if implements include include_once instanceof insteadof interface isset list match \
               namespace new or print private protected public readonly require require_once return \
               static switch throw trait try unset use var while xor yield",
    types: "bool false float int iterable mixed never null object parent self string true void",
    before_functions: "function",
    before_types: "class enum extends implements interface namespace new trait",
    has_dollars: true,
    hash: Hash::Brackets,
    ..BRACES
};

pub const PERL: Language = Language {
    name: "Perl",
    line_comments: &["#"],
    comments_stand_apart: true,
    block: Some(Block { open: "\n=pod", close: "\n=cut", nests: false }),
    quotes: &[long("\""), long("'"), quote("`")],
    keywords: "and cmp do else elsif eq eval for foreach ge gt if last le local lt my ne next no not \
               or our package redo require return sub undef unless until use while xor",
    before_functions: "sub",
    before_types: "package",
    has_calls: true,
    has_dollars: true,
    has_heredocs: true,
    ..PLAIN
};

pub const LUA: Language = Language {
    name: "Lua",
    line_comments: &["--"],
    block: Some(Block { open: "--[[", close: "]]", nests: false }),
    quotes: &[raw("[[", "]]"), quote("\""), quote("'")],
    keywords: "and break do else elseif end for function goto if in local not or repeat return then \
               until while",
    types: "false nil self true",
    before_functions: "function",
    has_calls: true,
    ..PLAIN
};

pub const R: Language = Language {
    name: "R",
    line_comments: &["#"],
    quotes: &[long("\""), long("'")],
    keywords: "break else for function if in next repeat return while",
    types: "FALSE Inf NA NULL NaN TRUE",
    name_bytes: ".",
    has_calls: true,
    ..PLAIN
};

pub const ELIXIR: Language = Language {
    name: "Elixir",
    line_comments: &["#"],
    quotes: &[long("\"\"\""), long("'''"), long("\""), quote("'")],
    keywords: "after alias and case catch cond def defdelegate defguard defimpl defmacro defmodule \
               defp defprotocol defstruct do else end fn for if import in not or quote raise receive \
               require rescue try unless unquote use when with",
    types: "false nil true",
    before_functions: "def defp defmacro defguard defdelegate",
    before_types: "defmodule defimpl defprotocol",
    name_bytes: "?",
    has_capital_types: true,
    has_calls: true,
    has_decorators: true,
    ..PLAIN
};

pub const SHELL: Language = Language {
    name: "Shell",
    line_comments: &["#"],
    comments_stand_apart: true,
    quotes: &[long("\""), raw("'", "'"), long("`")],
    keywords: "break case continue do done elif else esac eval exec exit export fi for function if \
               in local readonly return select set shift source then trap unset until while declare",
    types: "false true",
    before_functions: "function",
    name_bytes: "-",
    has_dollars: true,
    has_heredocs: true,
    ..PLAIN
};
