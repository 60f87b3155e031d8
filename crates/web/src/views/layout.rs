//! What all pages have around them.

use maud::{DOCTYPE, Markup, html};

use super::icon;
use crate::{Person, asset};

/// The frame of a page.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    pub title: &'a str,
    /// None where nobody is known, as on a page that says so.
    pub person: Option<&'a Person>,
    /// Which of the main places it belongs to.
    pub place: Option<Place>,
    /// The way here from there, but for the page itself: address and words.
    pub crumbs: &'a [(&'a str, &'a str)],
    /// Of this page, beside `base.css`: names of assets.
    pub styles: &'a [&'a str],
    /// Scripts of this page, deferred.
    pub scripts: &'a [&'a str],
    /// Takes the whole width of the window: for what lies side by side.
    pub wide: bool,
    /// Follows what happens; the header says whether it can.
    pub live: bool,
}

/// Where a person can go from everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Board,
    Feed,
    Projects,
    Numbers,
    Access,
}

impl Place {
    /// Those of the bar; access is in the person's menu.
    const BAR: [Self; 4] = [Self::Board, Self::Feed, Self::Projects, Self::Numbers];

    pub fn href(self) -> &'static str {
        match self {
            Self::Board => "/",
            Self::Feed => "/feed",
            Self::Projects => "/projects",
            Self::Numbers => "/numbers",
            Self::Access => "/access",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Board => "Board",
            Self::Feed => "Feed",
            Self::Projects => "Projects",
            Self::Numbers => "Numbers",
            Self::Access => "Access",
        }
    }

    fn icon(self) -> Markup {
        match self {
            Self::Board => icon::board(),
            Self::Feed => icon::feed(),
            Self::Projects => icon::projects(),
            Self::Numbers => icon::numbers(),
            Self::Access => icon::key(),
        }
    }
}

impl<'a> Page<'a> {
    pub fn of(person: &'a Person) -> Self {
        Self { person: Some(person), ..Self::of_nobody() }
    }

    pub fn of_nobody() -> Self {
        Self {
            title: "",
            person: None,
            place: None,
            crumbs: &[],
            styles: &[],
            scripts: &[],
            wide: false,
            live: false,
        }
    }
}

pub fn page(frame: &Page<'_>, shown: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(frame))
            body {
                a.skip href="#main" { "Skip to the content" }
                (header(frame))
                main #main tabindex="-1" .wide[frame.wide] {
                    (crumbs(frame))
                    (shown)
                }
            }
        }
    }
}

fn head(frame: &Page<'_>) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
            meta name="color-scheme" content="light dark";
            meta name="theme-color" media="(prefers-color-scheme: light)" content="#fafaf8";
            meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0d1012";
            title { (frame.title) " · whimbrel" }
            link rel="icon" type="image/svg+xml" href=(asset::url("favicon.svg"));
            link rel="manifest" href="/manifest.webmanifest";
            link rel="apple-touch-icon" href=(asset::url("icon-192.png"));
            link rel="mask-icon" color="#0b6a86" href=(asset::url("mask.svg"));
            link rel="preload" as="font" type="font/woff2" crossorigin href=(asset::url("inter.woff2"));
            link rel="stylesheet" href=(asset::url("base.css"));
            @for name in frame.styles {
                link rel="stylesheet" href=(asset::url(name));
            }
            @for name in frame.scripts {
                script src=(asset::url(name)) type="module" {}
            }
        }
    }
}

fn header(frame: &Page<'_>) -> Markup {
    html! {
        header.frame-header {
            a.brand href="/" { (icon::whimbrel()) "whimbrel" }
            @if let Some(person) = frame.person {
                nav.frame-nav aria-label="Main" {
                    @for place in Place::BAR {
                        a href=(place.href()) aria-current=[(frame.place == Some(place)).then_some("page")] {
                            (place.icon()) (place.name())
                        }
                    }
                }
                div.frame-end {
                    @if frame.live {
                        span.connection #connection role="status" data-is="off" hidden {}
                    }
                    (menu(person))
                }
            }
        }
    }
}

fn menu(person: &Person) -> Markup {
    html! {
        details.menu {
            summary aria-label={ "Signed in as " (person.name) } {
                (icon::person()) span { (person.name) }
            }
            div.menu-list {
                a href=(Place::Access.href()) { (Place::Access.icon()) (Place::Access.name()) }
                form method="post" action="/logout" {
                    button type="submit" { (icon::leave()) "Sign out" }
                }
            }
        }
    }
}

fn crumbs(frame: &Page<'_>) -> Markup {
    html! {
        @if !frame.crumbs.is_empty() {
            nav aria-label="The way here" {
                ol.crumbs {
                    @for (href, words) in frame.crumbs {
                        li { a href=(href) { (words) } }
                    }
                    li aria-current="page" { (frame.title) }
                }
            }
        }
    }
}
