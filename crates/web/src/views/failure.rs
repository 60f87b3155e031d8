//! The page of what went wrong.

use axum::http::StatusCode;
use maud::{Markup, html};

use super::icon;
use super::layout::{Page, page};

pub fn page_of(status: StatusCode, words: &str) -> Markup {
    let title = title(status);
    let shown = html! {
        div.stack {
            p.muted.small { (status.as_str()) }
            h1 { (title) }
            @if !words.is_empty() {
                p.pre-line { (words) }
            }
            p { a.button href="/" { (icon::back()) "Back to the board" } }
        }
    };
    page(&Page { title, ..Page::of_nobody() }, &shown)
}

/// In our words where the standard's would puzzle.
fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "Nothing is here",
        StatusCode::FORBIDDEN => "You may not do this",
        StatusCode::UNAUTHORIZED => "Sign in first",
        StatusCode::CONFLICT => "It has changed meanwhile",
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::BAD_REQUEST => "That can't be done",
        StatusCode::TOO_MANY_REQUESTS => "Too much at once",
        StatusCode::INTERNAL_SERVER_ERROR => "Something of ours failed",
        other => other.canonical_reason().unwrap_or("It failed"),
    }
}
