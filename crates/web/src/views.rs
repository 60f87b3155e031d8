//! What people see: a page is a file. Its handlers gather a view struct, and a function from that
//! to markup shows it. Scripts only make comfortable what works without them.

pub mod access;
pub mod attempt;
pub mod board;
pub mod brief;
pub mod chart;
pub mod compare;
pub mod diff;
pub mod environment;
pub mod evidence;
pub mod failure;
pub mod feed;
pub mod figure;
pub mod icon;
pub mod layout;
pub mod log;
pub mod login;
pub mod numbers;
pub mod projects;
pub mod prose;
pub mod secrets;
pub mod standing;
pub mod step;
pub mod task;
pub mod text;
pub mod verdict;

#[cfg(test)]
mod tests;
