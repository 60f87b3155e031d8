//! Languages of data, settings and queries.

use super::super::table::{BRACES, Language, PLAIN, SLASHES, long, quote, raw};

pub const JSON: Language = Language {
    name: "JSON",
    line_comments: &["//"],
    block: SLASHES,
    quotes: &[quote("\"")],
    types: "false null true",
    key_end: Some(b':'),
    ..PLAIN
};

pub const YAML: Language = Language {
    name: "YAML",
    line_comments: &["#"],
    comments_stand_apart: true,
    quotes: &[long("\""), raw("'", "'")],
    types: "false no null off on true yes False True",
    name_bytes: "-./",
    key_end: Some(b':'),
    ..PLAIN
};

pub const TOML: Language = Language {
    name: "TOML",
    line_comments: &["#"],
    quotes: &[long("\"\"\""), raw("'''", "'''"), quote("\""), quote("'")],
    types: "false inf nan true",
    name_bytes: "-.",
    key_end: Some(b'='),
    ..PLAIN
};

pub const INI: Language = Language {
    name: "settings",
    line_comments: &["#", ";"],
    comments_stand_apart: true,
    quotes: &[quote("\"")],
    types: "false no off on true yes",
    name_bytes: "-.",
    key_end: Some(b'='),
    ..PLAIN
};

pub const HCL: Language = Language {
    name: "HCL",
    line_comments: &["#", "//"],
    keywords: "data for if in locals module output provider resource terraform variable",
    types: "any bool false list map null number set string true",
    name_bytes: "-",
    key_end: Some(b'='),
    has_heredocs: true,
    has_capital_types: false,
    ..BRACES
};

pub const NIX: Language = Language {
    name: "Nix",
    line_comments: &["#"],
    block: SLASHES,
    quotes: &[long("''"), long("\"")],
    keywords: "assert else if import in inherit let or rec then with",
    types: "builtins false null true",
    name_bytes: "-'",
    key_end: Some(b'='),
    ..PLAIN
};

pub const CSS: Language = Language {
    name: "CSS",
    line_comments: &[],
    keywords: "important",
    name_bytes: "-",
    has_capital_types: false,
    has_decorators: true,
    has_dollars: true,
    key_end: Some(b':'),
    ..BRACES
};

pub const SQL: Language = Language {
    name: "SQL",
    line_comments: &["--"],
    block: SLASHES,
    quotes: &[raw("'", "'"), quote("\""), quote("`")],
    keywords: "add all alter and as asc begin between by cascade case check collate column commit \
               conflict constraint create cross default delete desc distinct do drop else end except \
               exists explain fetch for foreign from full function grant group having if in index \
               inner insert intersect into is join key lateral left like limit materialized natural \
               not nothing of offset on or order outer over partition primary procedure recursive \
               references rename replace returning revoke right rollback select set table then to \
               transaction trigger truncate union unique update using values view when where with",
    types: "bigint blob boolean bytea char date datetime decimal double false float int integer \
            interval json jsonb null numeric real serial smallint text time timestamp true uuid \
            varchar",
    is_case_blind: true,
    has_calls: true,
    ..PLAIN
};

pub const GRAPHQL: Language = Language {
    name: "GraphQL",
    line_comments: &["#"],
    block: None,
    quotes: &[long("\"\"\""), quote("\"")],
    keywords: "directive enum extend fragment implements input interface mutation on query scalar \
               schema subscription type union",
    types: "false null true",
    before_types: "enum implements input interface on scalar type union",
    has_decorators: true,
    has_dollars: true,
    ..BRACES
};

pub const PROTO: Language = Language {
    name: "Protocol Buffers",
    keywords: "enum extend extensions import map message oneof option optional package public repeated \
               required reserved returns rpc service stream syntax to",
    types: "bool bytes double false fixed32 fixed64 float int32 int64 sfixed32 sfixed64 sint32 \
            sint64 string true uint32 uint64",
    before_functions: "rpc",
    before_types: "enum message service",
    has_calls: false,
    ..BRACES
};

pub const DOCKERFILE: Language = Language {
    name: "Dockerfile",
    line_comments: &["#"],
    comments_stand_apart: true,
    quotes: &[quote("\""), quote("'")],
    keywords: "ADD ARG AS CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD \
               RUN SHELL STOPSIGNAL USER VOLUME WORKDIR",
    name_bytes: "-",
    has_dollars: true,
    has_heredocs: true,
    ..PLAIN
};

pub const MAKE: Language = Language {
    name: "Make",
    line_comments: &["#"],
    comments_stand_apart: true,
    quotes: &[quote("\""), quote("'")],
    keywords: "define else endef endif export ifdef ifeq ifndef ifneq include override unexport vpath",
    name_bytes: "-.%/",
    has_dollars: true,
    key_end: Some(b':'),
    ..PLAIN
};
