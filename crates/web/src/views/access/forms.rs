//! Forms that make a token or a link, and what came of them.

use domain::Scope;
use maud::{Markup, html};

use super::Made;
use crate::Person;

pub(super) fn made(made: &Made) -> Markup {
    match made {
        Made::Token { name, secret } => html! {
            section.card.stack role="status" {
                h2 { "The token " (name) }
                p { "Copy it now: it is kept nowhere, and not shown again." }
                code.secret { (secret) }
            }
        },
        Made::Link { person, link } => html! {
            section.card.stack role="status" {
                h2 { "A link for " (person) }
                p { "It signs one browser in, once, within 15 minutes. It is not shown again." }
                div.made-link {
                    @if let Some(picture) = picture(link) { (picture) }
                    code.secret { (link) }
                }
            }
        },
    }
}

/// For a phone's camera: one path, a square for each dark module.
fn picture(link: &str) -> Option<Markup> {
    /// White around it, in modules: readers want as much.
    const QUIET: usize = 4;
    let code = qrcode::QrCode::with_error_correction_level(link, qrcode::EcLevel::L).ok()?;
    let width = code.width();
    let dark = code.to_colors().into_iter().enumerate();
    let dark = dark.filter(|(_, color)| *color == qrcode::Color::Dark);
    let squares: String = dark
        .map(|(at, _)| format!("M{} {}h1v1h-1z", at % width + QUIET, at / width + QUIET))
        .collect();
    let side = width + 2 * QUIET;
    Some(html! {
        svg.qr viewBox={ "0 0 " (side) " " (side) } role="img" aria-label="The link, for a phone's camera" shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(squares) fill="#000" {}
        }
    })
}

pub(super) fn link(person: &Person) -> Markup {
    html! {
        form.card.stack method="post" action="/access/links" {
            h3 { "A link, for a browser" }
            div.field {
                label for="link-person" { "For whom" }
                input #link-person type="text" name="person" value=(person.name) required maxlength="100" autocomplete="off";
                p.field-hint { "Your own name for your phone; a colleague's for theirs." }
            }
            (scopes(person, "link", &Scope::ALL))
            div { button.button.button-primary type="submit" { "Make a link" } }
        }
    }
}

pub(super) fn token(person: &Person) -> Markup {
    html! {
        form.card.stack method="post" action="/access/tokens" {
            h3 { "A token, for a program" }
            div.fields {
                div.field {
                    label for="token-name" { "Name" }
                    input #token-name type="text" name="name" required maxlength="100" placeholder="ci" autocomplete="off";
                }
                div.field {
                    label for="token-days" { "Days" }
                    input #token-days type="number" name="days" value="90" min="1" max="3650" required;
                }
            }
            (scopes(person, "token", &[Scope::Read]))
            div { button.button.button-primary type="submit" { "Make a token" } }
        }
    }
}

/// Only what the person has can be ticked.
fn scopes(person: &Person, form: &str, ticked: &[Scope]) -> Markup {
    html! {
        fieldset.field {
            legend { "It may" }
            div.scopes {
                @for scope in person.scopes.iter() {
                    label.check for={ (form) "-" (scope) } {
                        input id={ (form) "-" (scope) } type="checkbox" name=(scope) checked[ticked.contains(&scope)];
                        span { strong { (scope) } " " span.muted { (scope.words()) } }
                    }
                }
            }
        }
    }
}
