//! What a test is and asserts, by syntax alone. Knows no runner: whether a test runs, and what it
//! gives, only a run can tell.

mod splice;
pub(crate) mod walk;

pub use splice::tests_spliced;
