//! `/access`: who may do what here, and what was decided. For those with the scope admin.

mod forms;
mod lists;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use domain::{Scope, Scopes, Timestamp};
use engine::access::{self, Grant, LISTED_MAX};
use maud::{Markup, html};
use serde::Deserialize;
use store::audit::Kept;
use store::invitation::Invitation;
use store::session::Session;
use store::token::Token;

use super::icon;
use super::layout::{Page, Place, page};
use crate::failure::Failure;
use crate::{Person, Shared};

/// Lines of the audit log on one page.
const LINES_MAX: u32 = 50;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// What the page shows.
struct View {
    now: Timestamp,
    /// This browser's own.
    own: String,
    person: Person,
    sessions: Vec<Session>,
    links: Vec<Invitation>,
    tokens: Vec<Token>,
    audit: Vec<Kept>,
    /// Where the next page of the log begins, if there is one.
    older: Option<u64>,
}

/// What was made just now. It is shown once.
enum Made {
    Token { name: String, secret: String },
    Link { person: String, link: String },
}

#[derive(Deserialize)]
pub struct Asked {
    before: Option<u64>,
}

pub async fn get(
    State(site): State<Shared>,
    person: Person,
    Query(asked): Query<Asked>,
) -> Result<Markup, Failure> {
    person.needs(Scope::Admin)?;
    Ok(shown(&view(&site, person, asked.before).await?, None))
}

async fn view(site: &Shared, person: Person, before: Option<u64>) -> Result<View, Failure> {
    let (store, now) = (&site.engine.store, site.now());
    let audit = store::audit::list(store, before, LINES_MAX).await?;
    let is_full = audit.len() == LINES_MAX as usize;
    let older = audit.last().map(|line| line.number).filter(|number| is_full && *number > 1);
    Ok(View {
        now,
        own: person.via.to_string(),
        sessions: store::session::list(store, now, LISTED_MAX).await?,
        links: store::invitation::list(store, now, LISTED_MAX).await?,
        tokens: store::token::list(store, LISTED_MAX).await?,
        person,
        audit,
        older,
    })
}

/// A form's fields; a scope's box that is ticked says `on`.
#[derive(Deserialize)]
pub struct Making {
    /// A token's name.
    #[serde(default)]
    name: String,
    /// In whose name a link is.
    #[serde(default)]
    person: String,
    #[serde(default)]
    days: Option<u64>,
    read: Option<String>,
    task: Option<String>,
    decide: Option<String>,
    secrets: Option<String>,
    admin: Option<String>,
}

impl Making {
    fn scopes(&self) -> Scopes {
        let ticked = |scope: &Scope| match scope {
            Scope::Read => self.read.is_some(),
            Scope::Task => self.task.is_some(),
            Scope::Decide => self.decide.is_some(),
            Scope::Secrets => self.secrets.is_some(),
            Scope::Admin => self.admin.is_some(),
        };
        Scope::ALL.into_iter().filter(ticked).collect()
    }
}

/// `POST /access/tokens`: the answer is the page with the token, which no address leads to again.
pub async fn make_token(
    State(site): State<Shared>,
    person: Person,
    Form(making): Form<Making>,
) -> Result<Markup, Failure> {
    person.needs(Scope::Admin)?;
    let ms = Some(making.days.unwrap_or(90).clamp(1, 3_650) * DAY_MS);
    let grant = Grant { person: person.name.clone(), scopes: making.scopes(), ms };
    let (engine, name) = (person.engine(&site), making.name.trim());
    let (token, code) = access::make_token(&engine, person.scopes, name, &grant).await?;
    let made = Made::Token { name: token.name, secret: code.reveal().to_owned() };
    Ok(shown(&view(&site, person, None).await?, Some(&made)))
}

/// `POST /access/links`
pub async fn make_link(
    State(site): State<Shared>,
    person: Person,
    Form(making): Form<Making>,
) -> Result<Markup, Failure> {
    person.needs(Scope::Admin)?;
    let whose = match making.person.trim() {
        "" => person.name.clone(),
        name => name.to_owned(),
    };
    let grant = Grant { person: whose.clone(), scopes: making.scopes(), ms: None };
    let code = access::invite(&person.engine(&site), person.scopes, &grant).await?;
    let link = format!("{}/enter#{}", site.public_url(), code.reveal());
    let made = Made::Link { person: whose, link };
    Ok(shown(&view(&site, person, None).await?, Some(&made)))
}

/// `POST /access/tokens/{token}/revoke`
pub async fn revoke(
    State(site): State<Shared>,
    person: Person,
    Path(id): Path<String>,
) -> Result<Redirect, Failure> {
    person.needs(Scope::Admin)?;
    access::revoke_token(&person.engine(&site), &id).await?;
    Ok(Redirect::to("/access#tokens"))
}

/// `POST /access/sessions/{session}/end`
pub async fn end(
    State(site): State<Shared>,
    person: Person,
    Path(id): Path<String>,
) -> Result<Redirect, Failure> {
    person.needs(Scope::Admin)?;
    access::end_session(&person.engine(&site), &id).await?;
    Ok(Redirect::to("/access#sessions"))
}

fn shown(view: &View, made: Option<&Made>) -> Markup {
    let shown = html! {
        div.page-head { h1 { "Access" } }
        @if let Some(made) = made { (forms::made(made)) }
        section.section {
            div.section-head {
                h2 #sessions { "Browsers" }
                p.muted.small { "Signed in by a link. One that nobody uses for 30 days is signed out." }
            }
            (lists::sessions(view))
        }
        section.section {
            div.section-head {
                h2 #tokens { "Tokens" }
                p.muted.small { "For programs. What a token is, is shown once and kept nowhere." }
            }
            (lists::tokens(view))
        }
        section.section aria-labelledby="more" {
            h2.visually-hidden #more { "Let somebody in" }
            div.access-forms { (forms::link(&view.person)) (forms::token(&view.person)) }
        }
        section.section {
            div.section-head {
                h2 #audit { "What was decided" }
                p.muted.small { "Lines are only added. Numbers without a gap: none was taken out." }
            }
            (lists::audit(view))
            @if let Some(older) = view.older {
                p.row { a.button href={ "/access?before=" (older) "#audit" } { (icon::back()) "Older" } }
            }
        }
    };
    let frame = Page {
        title: "Access",
        place: Some(Place::Access),
        styles: &["access.css"],
        ..Page::of(&view.person)
    };
    page(&frame, &shown)
}
