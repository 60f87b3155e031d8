//! What people see: a page is a file. Its handlers gather a view struct, and a function from that
//! to markup shows it. Scripts only make comfortable what works without them.

pub mod board;
pub mod chart;
pub mod diff;
pub mod evidence;
pub mod failure;
pub mod figure;
pub mod icon;
pub mod layout;
pub mod log;
pub mod numbers;
pub mod text;
