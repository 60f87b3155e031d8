//! Programs as syntax, without running them: which language a file is in, its functions and
//! statements, the catalogue of small edits that both repair and mutation draw from, what a test
//! is and asserts, what a file offers to others. Pure: texts in, data out. One language is one
//! file below `language/`; nothing else names one.

pub mod language;
pub mod public;
pub mod testing;

pub use language::{Language, Parsed};
