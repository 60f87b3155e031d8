//! The languages.

mod data;
mod families;
mod scripts;

pub(super) use data::{
    CSS, DOCKERFILE, GRAPHQL, HCL, INI, JSON, MAKE, NIX, PROTO, SQL, TOML, YAML,
};
pub(super) use families::{
    C, CPP, CSHARP, DART, GO, HASKELL, JAVA, JAVASCRIPT, KOTLIN, RUST, SCALA, SWIFT, TYPESCRIPT,
    ZIG,
};
pub(super) use scripts::{ELIXIR, LUA, PERL, PHP, PYTHON, R, RUBY, SHELL};
