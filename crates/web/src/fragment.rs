//! Pages that follow what happens ask for themselves again, and want only the part that moves.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use maud::{Markup, html};

use crate::views::layout::{Page, page};

/// By which a script says that it has the frame already.
const HEADER: &str = "x-fragment";

/// Where notices of what moved come from.
const STREAM: &str = "/api/v1/events/stream";

/// Whether only the part that moves is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment(pub bool);

impl<S: Sync> FromRequestParts<S> for Fragment {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.contains_key(HEADER)))
    }
}

/// A page with one part that moves.
pub struct Moving<'a> {
    /// Ids of tasks and attempts that it shows; notices of others don't concern it. Empty for all.
    pub about: &'a [&'a str],
    pub before: Markup,
    /// The part itself.
    pub part: Markup,
    pub after: Markup,
}

impl Moving<'_> {
    /// The whole page, or the part alone.
    pub fn answer(self, wanted: Fragment, frame: &Page<'_>) -> Markup {
        if wanted.0 {
            return self.part;
        }
        let shown = html! {
            (self.before)
            div #live data-stream=(STREAM) data-about=(self.about.join(" ")) { (self.part) }
            p #live-said .visually-hidden role="status" aria-live="polite" {}
            (self.after)
        };
        page(&Page { live: true, ..*frame }, &shown)
    }
}
