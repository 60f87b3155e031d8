//! What a page is about, gathered from the engine and the store: structs without markup, so that
//! every way of showing the same thing looks at the same.

pub mod board;
pub mod ranked;
pub mod steps;
pub mod task;
