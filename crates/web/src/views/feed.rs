//! `/feed`: what waits for a person, one card to a screen, the most worthwhile first. Whole without a
//! script: each card has its forms. `feed.js` adds gestures, films that play, and decisions that are
//! kept while there is no network.

mod card;
mod snippet;

use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::{Scope, Verdict, VerdictId, verdict};
use engine::card::Card;
use maud::{Markup, html};
use serde::Deserialize;

use super::layout::{Page, Place, page};
use super::{icon, verdict as decided};
use crate::failure::Failure;
use crate::{Person, Shared, asset};

/// Cards of one page; whoever gets through them asks for the next.
const CARDS_MAX: usize = 50;
/// Cards whose code is shown at once; each takes a run of git.
const SNIPPETS_MAX: usize = 16;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// One that was just given, to be told and taken back.
    verdict: String,
}

/// What the page shows.
struct View {
    cards: Vec<Shown>,
    /// Decisions that are on their way.
    pending: Vec<Card>,
    /// Just given.
    given: Option<Given>,
    /// Who decides here: what is kept in a browser is sent in nobody else's name.
    person: String,
}

struct Shown {
    card: Card,
    /// Where its film can't be shown.
    code: Vec<snippet::Line>,
}

struct Given {
    verdict: Verdict,
    /// Whether this person can take it back yet.
    can_undo: bool,
}

pub async fn get(
    State(site): State<Shared>,
    person: Person,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    person.needs(Scope::Read)?;
    let view = view(&site, &person, &asked).await?;
    let frame = Page {
        title: "Feed",
        place: Some(Place::Feed),
        styles: &["feed.css"],
        scripts: &["feed.js"],
        ..Page::of(&person)
    };
    let shown = shown(&view);
    Ok(([(header::CACHE_CONTROL, "no-store")], page(&frame, &shown)).into_response())
}

async fn view(site: &Shared, person: &Person, asked: &Asked) -> Result<View, Failure> {
    let engine = person.engine(site);
    let cards = engine::card::cards(&engine).await?;
    let (pending, waiting): (Vec<Card>, Vec<Card>) =
        cards.into_iter().partition(|card| card.pending.is_some());
    let mut shown = Vec::new();
    for (place, card) in waiting.into_iter().take(CARDS_MAX).enumerate() {
        let code = match place < SNIPPETS_MAX {
            true => snippet::of(&engine, &card).await,
            false => Vec::new(),
        };
        shown.push(Shown { card, code });
    }
    let given = given(site, person, &asked.verdict).await?;
    Ok(View { cards: shown, pending, given, person: person.name.clone() })
}

/// An address that names no verdict is as good as none.
async fn given(site: &Shared, person: &Person, id: &str) -> Result<Option<Given>, Failure> {
    let Ok(id) = id.parse::<VerdictId>() else { return Ok(None) };
    let verdict = match store::verdict::get(&site.engine.store, &id).await {
        Ok(verdict) => verdict,
        Err(store::Error::Missing { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let can_undo = verdict.state == verdict::State::Pending
        && verdict.person == person.name
        && verdict.due > site.engine.clock.now();
    Ok(Some(Given { verdict, can_undo }))
}

fn shown(view: &View) -> Markup {
    let all = view.cards.len();
    html! {
        div.feed #feed data-cards=(all) data-person=(view.person) {
            h1.visually-hidden { "Feed" }
            @if let Some(given) = &view.given { (banner(given)) }
            div.visually-hidden #feed-said role="status" aria-live="polite" {}
            ol.feed-list #feed-list tabindex="-1" aria-label="Changes that wait for you" {
                @for (index, one) in view.cards.iter().enumerate() {
                    (card::card(one, index + 1, all))
                }
                li.feed-end { (end(view)) }
            }
        }
        (card::furniture())
    }
}

/// Undo, where no script does it.
fn banner(given: &Given) -> Markup {
    html! {
        div.feed-banner role="status" {
            span { (decided::words(&given.verdict)) "." }
            @if given.can_undo {
                form method="post" action={ "/verdicts/" (given.verdict.id) "/withdraw" } {
                    input type="hidden" name="back" value="/feed";
                    button.button.button-small type="submit" { (icon::back()) "Undo" }
                    span.muted.tiny { "for 5 seconds" }
                }
            }
        }
    }
}

fn end(view: &View) -> Markup {
    html! {
        div.feed-end-in {
            div.feed-end-mark { (icon::check()) }
            @if view.cards.is_empty() {
                h2 { "Nothing waits for you" }
                p.muted { "What agents finish comes here, with its proof." }
            } @else {
                h2 { "That was all" }
                p.muted { "New cards come by themselves." }
            }
            p { a.button href="/" { (icon::board()) "To the board" } }
            @if !view.pending.is_empty() {
                section.feed-pending aria-label="On their way" {
                    h3 { "On their way" }
                    ul {
                        @for card in &view.pending { (card::pending(card)) }
                    }
                }
            }
        }
    }
}

/// `GET /worker.js`: a service worker rules over the addresses below its own, so that it isn't with
/// the other assets. It is asked for without a session when it is renewed, and holds nothing private.
pub async fn worker() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    let import = format!("import \"{}\";\n", asset::url("feed-worker.js"));
    (headers, import).into_response()
}

/// `GET /manifest.webmanifest`: what a phone needs to install the feed.
pub async fn manifest() -> Response {
    let icon = |name: &str, sizes: &str, media_type: &str, purpose: &str| {
        serde_json::json!({
            "src": asset::url(name), "sizes": sizes, "type": media_type, "purpose": purpose,
        })
    };
    let manifest = serde_json::json!({
        "id": "/feed",
        "name": "whimbrel",
        "short_name": "whimbrel",
        "description": "Fixes with proof, one card at a time.",
        "start_url": "/feed",
        "scope": "/",
        "display": "standalone",
        "orientation": "any",
        "background_color": "#0d1012",
        "theme_color": "#0d1012",
        "icons": [
            icon("icon-192.png", "192x192", "image/png", "any"),
            icon("icon-512.png", "512x512", "image/png", "any"),
            icon("icon-maskable-512.png", "512x512", "image/png", "maskable"),
            icon("favicon.svg", "any", "image/svg+xml", "any"),
        ],
        "shortcuts": [{ "name": "Board", "url": "/" }],
    });
    let headers =
        [(header::CONTENT_TYPE, "application/manifest+json"), (header::CACHE_CONTROL, "no-cache")];
    (headers, manifest.to_string()).into_response()
}
