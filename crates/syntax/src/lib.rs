//! Programs as syntax, without running them: which language a file is in, its functions and
//! statements, the catalogue of small edits that both repair and mutation draw from, what a test
//! is and asserts, what a file offers to others. Pure: texts in, data out. One language is one
//! file below `language/`; nothing else names one.

pub mod edit;
pub mod highlight;
pub mod language;
mod node;
mod parsed;
pub mod public;
mod role;
mod scope;
mod statement;
pub mod testing;

pub use language::Language;
pub use node::Node;
pub use parsed::Parsed;
pub use role::{Field, Role};
pub use scope::{Scope, Signature, Vocabulary};
pub use statement::{Function, children_of_block, header};
