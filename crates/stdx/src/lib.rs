//! What the standard library lacks, without knowing whimbrel.

pub mod cut;
pub mod hex;
pub mod lock;
pub mod machine;
pub mod memory;
pub mod random;
