//! The wire formats against their makers' own Python packages: requests must be what the packages'
//! types allow, and their clients must understand the scripted servers, so that a scripted model
//! and the real one can't differ in form. Tests only.

mod python;
mod tests;
