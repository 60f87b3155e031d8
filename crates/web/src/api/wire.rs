//! What the API says and hears, as JSON. These types are the contract: the server writes them, the
//! command line reads them, and the OpenAPI document is made from them. Where a noun's own JSON is
//! stable (ids, evidence, verdicts, events), it is the domain's.
//!
//! What is asked refuses fields that it doesn't know; whoever reads an answer ignores them.

pub mod access;
pub mod attempt;
pub mod card;
pub mod change;
pub mod comment;
pub mod comparison;
pub mod environment;
pub mod notice;
pub mod numbers;
pub mod page;
pub mod problem;
pub mod project;
pub mod pull_request;
pub mod secret;
pub mod server;
pub mod task;
pub mod verdict;

pub use page::Page;
pub use problem::Problem;
