//! The server that people and programs talk to: pages, the feed, and the JSON API.
//!
//! [`route`] is the site map. A handler takes what was asked, calls `engine` or reads `store`, and
//! hands a view struct to a function in [`views`], which is markup and nothing else. Knows no
//! sandbox, no model's provider and no SQL. Everything that comes from an agent, a repository or a
//! program is hostile: it is shown as text, never as markup.

pub mod api;
mod asset;
mod diff;
mod failure;
mod hub;
mod live;
mod person;
pub mod route;
mod site;
mod views;

pub use domain::Scope;
pub use person::Person;
pub use site::{Shared, Site};
pub use views::diff::change_page;
pub use views::icon;

/// Answers requests until `stop` is ready, then lets those that are under way come to their end.
///
/// # Errors
/// When nothing can be accepted any more.
pub async fn serve(
    listener: tokio::net::TcpListener,
    site: Shared,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let of_streams = site.clone();
    let stop = async move {
        stop.await;
        // They would never come to their end by themselves.
        of_streams.hub.close();
    };
    axum::serve(listener, route::router(site)).with_graceful_shutdown(stop).await
}
