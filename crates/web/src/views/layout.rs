//! What all pages have around them.

use maud::{DOCTYPE, Markup, html};

use crate::{Person, asset};

/// The frame of a page.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    pub title: &'a str,
    /// None where nobody is known, as on a page that says so.
    pub person: Option<&'a Person>,
    /// Of this page, beside `base.css`: names of assets.
    pub styles: &'a [&'a str],
    /// Scripts of this page, deferred.
    pub scripts: &'a [&'a str],
}

impl<'a> Page<'a> {
    pub fn of(person: &'a Person) -> Self {
        Self { person: Some(person), ..Self::of_nobody() }
    }

    pub fn of_nobody() -> Self {
        Self { title: "", person: None, styles: &[], scripts: &[] }
    }
}

pub fn page(frame: &Page<'_>, shown: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                meta name="color-scheme" content="light dark";
                title { (frame.title) " · whimbrel" }
                link rel="stylesheet" href=(asset::url("base.css"));
                @for name in frame.styles {
                    link rel="stylesheet" href=(asset::url(name));
                }
                @for name in frame.scripts {
                    script src=(asset::url(name)) type="module" {}
                }
            }
            body {
                header {
                    nav aria-label="Main" {
                        a href="/" { "Board" }
                    }
                    @if let Some(person) = frame.person {
                        span { (person.name) }
                    }
                }
                main { (shown) }
            }
        }
    }
}
