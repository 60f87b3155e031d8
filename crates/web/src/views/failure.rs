//! The page of what went wrong.

use axum::http::StatusCode;
use maud::{Markup, html};

use super::layout::{Page, page};

pub fn page_of(status: StatusCode, words: &str) -> Markup {
    let title = status.canonical_reason().unwrap_or("Failed");
    let shown = html! {
        h1 { (title) }
        p { (words) }
        p { a href="/" { "Back to the board" } }
    };
    page(&Page { title, ..Page::of_nobody() }, &shown)
}
