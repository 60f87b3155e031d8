//! Tables of browsers, tokens and decisions.

use domain::{Scopes, Timestamp};
use maud::{Markup, html};
use store::session::Session;
use store::token::Token;

use super::View;
use crate::views::{figure, text};

/// Longer subjects and details are cut, in characters.
const WORDS_CHARS_MAX: usize = 200;

fn scopes(scopes: Scopes) -> Markup {
    html! {
        ul.chips { @for scope in scopes.iter() { li.chip { (scope) } } }
    }
}

pub(super) fn sessions(view: &View) -> Markup {
    html! {
        div.table-wrap tabindex="0" role="region" aria-labelledby="sessions" {
            table.table {
                thead { tr {
                    th scope="col" { "Browser" } th scope="col" { "Person" } th scope="col" { "May" }
                    th scope="col" { "Seen" } th scope="col" { "Since" } th scope="col" { span.visually-hidden { "End" } }
                } }
                tbody {
                    @for session in &view.sessions { (session_row(view, session)) }
                    @for link in &view.links {
                        tr {
                            td.muted { "a link, not used yet" }
                            td { (text::line(&link.person, WORDS_CHARS_MAX)) }
                            td { (scopes(link.scopes)) }
                            td { "–" }
                            td { (figure::ago(view.now, link.created)) }
                            td {}
                        }
                    }
                    @if view.sessions.is_empty() && view.links.is_empty() {
                        tr { td.muted colspan="6" { "None. A link signs one in." } }
                    }
                }
            }
        }
    }
}

fn session_row(view: &View, session: &Session) -> Markup {
    let is_own = view.own == format!("session {}", session.id);
    html! {
        tr {
            th scope="row" {
                (session.device) " " span.mono.muted { (session.id) }
                @if is_own { " " span.chip.chip-good { "this one" } }
            }
            td { (text::line(&session.person, WORDS_CHARS_MAX)) }
            td { (scopes(session.scopes)) }
            td { (figure::ago(view.now, session.seen)) }
            td { (figure::ago(view.now, session.created)) }
            td {
                form method="post" action={ "/access/sessions/" (session.id) "/end" } {
                    button.button.button-small.button-danger type="submit" aria-label={ "Sign out " (session.device) " " (session.id) } { "Sign out" }
                }
            }
        }
    }
}

pub(super) fn tokens(view: &View) -> Markup {
    html! {
        div.table-wrap tabindex="0" role="region" aria-labelledby="tokens" {
            table.table {
                thead { tr {
                    th scope="col" { "Token" } th scope="col" { "Person" } th scope="col" { "May" }
                    th scope="col" { "Used" } th scope="col" { "State" } th scope="col" { span.visually-hidden { "Revoke" } }
                } }
                tbody {
                    @for token in &view.tokens { (token_row(view, token)) }
                    @if view.tokens.is_empty() {
                        tr { td.muted colspan="6" { "None yet." } }
                    }
                }
            }
        }
    }
}

fn token_row(view: &View, token: &Token) -> Markup {
    html! {
        tr {
            th scope="row" { (text::line(&token.name, WORDS_CHARS_MAX)) " " span.mono.muted { (token.id) } }
            td { (text::line(&token.person, WORDS_CHARS_MAX)) }
            td { (scopes(token.scopes)) }
            td {
                @match token.seen {
                    Some(seen) => (figure::ago(view.now, seen)),
                    None => span.muted { "never" },
                }
            }
            td { (state(token, view.now)) }
            td {
                @if token.is_live(view.now) {
                    form method="post" action={ "/access/tokens/" (token.id) "/revoke" } {
                        button.button.button-small.button-danger type="submit" aria-label={ "Revoke " (token.name) " " (token.id) } { "Revoke" }
                    }
                }
            }
        }
    }
}

fn state(token: &Token, now: Timestamp) -> Markup {
    let day = |at: Timestamp| figure::moment(at)[..10].to_owned();
    match (token.revoked, token.expires) {
        (Some(_), _) => html! { span.chip.chip-bad { "revoked" } },
        (None, Some(at)) if at <= now => html! { span.chip.chip-warn { "expired" } },
        (None, Some(at)) => html! { span.nowrap { "until " (day(at)) } },
        (None, None) => html! { span.chip.chip-warn { "never expires" } },
    }
}

pub(super) fn audit(view: &View) -> Markup {
    html! {
        div.table-wrap tabindex="0" role="region" aria-labelledby="audit" {
            table.table {
                thead { tr {
                    th.number scope="col" { "Nr" } th scope="col" { "When" } th scope="col" { "Who" }
                    th scope="col" { "Did" } th scope="col" { "To" } th scope="col" { "Details" } th scope="col" { "Via" }
                } }
                tbody {
                    @for line in &view.audit {
                        tr {
                            td.number { (line.number) }
                            td { (figure::ago(view.now, line.at)) }
                            td { (text::line(&line.person, WORDS_CHARS_MAX)) }
                            td.mono.nowrap { (line.action) }
                            td.mono { (text::line(&line.subject, WORDS_CHARS_MAX)) }
                            td { (text::line(&line.details, WORDS_CHARS_MAX)) }
                            td.muted.nowrap { (text::line(&line.via, WORDS_CHARS_MAX)) }
                        }
                    }
                }
            }
        }
    }
}
