//! What a table says of a language.

/// A language, as far as its colours need it.
#[derive(Debug)]
pub(super) struct Language {
    pub name: &'static str,
    /// Begin a comment that ends with the line.
    pub line_comments: &'static [&'static str],
    /// A line comment begins only where nothing or white space is before it.
    pub comments_stand_apart: bool,
    pub block: Option<Block>,
    /// The longer of two with one beginning comes first.
    pub quotes: &'static [Quote],
    /// Letters that may stand directly before a quote and belong to it.
    pub prefixes: &'static str,
    /// Space between words; so are the next ones.
    pub keywords: &'static str,
    /// Types and constants of the language.
    pub types: &'static str,
    /// Keywords whose next word is a function's name, or a type's.
    pub before_functions: &'static str,
    pub before_types: &'static str,
    /// Letters of names beside letters, digits and `_`.
    pub name_bytes: &'static str,
    pub is_case_blind: bool,
    /// Names that begin with a capital letter are types.
    pub has_capital_types: bool,
    /// A name before `(` is a function.
    pub has_calls: bool,
    /// `name!` is a macro.
    pub has_macros: bool,
    /// `/…/` where a value can stand.
    pub has_regexes: bool,
    /// `'a` isn't the beginning of a string.
    pub has_lifetimes: bool,
    /// `@name`.
    pub has_decorators: bool,
    /// `$name`, `${name}`.
    pub has_dollars: bool,
    pub hash: Hash,
    /// What stands between a key and its value, where keys begin lines.
    pub key_end: Option<u8>,
    /// `<<WORD` and the lines after it.
    pub has_heredocs: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    pub open: &'static str,
    pub close: &'static str,
    pub nests: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Quote {
    pub open: &'static str,
    pub close: &'static str,
    /// A backslash takes the next character's meaning.
    pub escapes: bool,
    pub spans_lines: bool,
    /// `${` begins code, up to its `}`.
    pub has_holes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Nothing,
    /// `#word` at a line's beginning.
    Directive,
    /// `#[…]`.
    Brackets,
}

pub(super) const fn quote(mark: &'static str) -> Quote {
    Quote { open: mark, close: mark, escapes: true, spans_lines: false, has_holes: false }
}

pub(super) const fn long(mark: &'static str) -> Quote {
    Quote { spans_lines: true, ..quote(mark) }
}

pub(super) const fn raw(open: &'static str, close: &'static str) -> Quote {
    Quote { open, close, escapes: false, spans_lines: true, has_holes: false }
}

pub(super) const SLASHES: Option<Block> = Some(Block { open: "/*", close: "*/", nests: false });
pub(super) const NESTED: Option<Block> = Some(Block { open: "/*", close: "*/", nests: true });

/// No language at all; others say what differs.
pub(super) const PLAIN: Language = Language {
    name: "",
    line_comments: &[],
    comments_stand_apart: false,
    block: None,
    quotes: &[],
    prefixes: "",
    keywords: "",
    types: "",
    before_functions: "",
    before_types: "",
    name_bytes: "",
    is_case_blind: false,
    has_capital_types: false,
    has_calls: false,
    has_macros: false,
    has_regexes: false,
    has_lifetimes: false,
    has_decorators: false,
    has_dollars: false,
    hash: Hash::Nothing,
    key_end: None,
    has_heredocs: false,
};

/// What most languages with braces have.
pub(super) const BRACES: Language = Language {
    line_comments: &["//"],
    block: SLASHES,
    quotes: &[quote("\""), quote("'")],
    has_capital_types: true,
    has_calls: true,
    ..PLAIN
};
