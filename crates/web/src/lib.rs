//! The server that people and programs talk to: pages, the feed, and the JSON API.
//!
//! [`route`] is the site map. A handler takes what was asked, calls `engine` or reads `store`, and
//! hands a view struct to a function in [`views`], which is markup and nothing else. Knows no
//! sandbox, no model's provider and no SQL. Everything that comes from an agent, a repository or a
//! program is hostile: it is shown as text, never as markup.

pub mod api;
mod asset;
mod connections;
mod diff;
mod failure;
mod films;
mod fragment;
mod guard;
mod health;
mod hub;
mod live;
mod login;
mod look;
mod metrics;
mod person;
pub mod route;
mod site;
pub mod tls;
mod views;
mod way;

pub use connections::serve;
pub use domain::Scope;
pub use person::Person;
pub use site::{Limits, Options, Shared, Site};
pub use views::diff::change_page;
pub use views::icon;
