//! Coming in and going: a link's code is exchanged for a session's cookie, once.
//!
//! A link is `…/enter#CODE`. What follows the # never leaves the browser: it is in no log, no proxy
//! and no referrer. The page puts it into its form, and a person presses the button; so what only
//! looks at links, as a chat's preview does, uses none up.

pub(crate) mod cookie;

use axum::Form;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::Way;
use maud::Markup;
use serde::Deserialize;

use crate::failure::Failure;
use crate::guard::{Came, strangers};
use crate::{Person, Shared, views};

/// `GET /enter`: nothing happens but that the button is shown.
pub async fn get() -> Markup {
    views::login::ask(None)
}

#[derive(Deserialize)]
pub struct Entering {
    /// A code, or all of a link.
    token: String,
}

/// `POST /enter`: the session begins.
pub async fn post(
    State(site): State<Shared>,
    Extension(came): Extension<Came>,
    headers: HeaderMap,
    Form(entering): Form<Entering>,
) -> Result<Response, Failure> {
    // Whoever typed it off a screen may have taken the whole link.
    let code = entering.token.rsplit(['#', '=']).next().unwrap_or_default();
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let device = device(agent.unwrap_or_default());
    let Some(opened) = engine::access::enter(&site.engine, code, &device).await? else {
        if let Err(busy) = site.strangers.check(site.now(), came.peer) {
            return Ok((busy.status, views::login::ask(Some(&busy.words))).into_response());
        }
        strangers::refused(&site, came.peer).await;
        let page = views::login::ask(Some(USED));
        return Ok((StatusCode::FORBIDDEN, page).into_response());
    };
    let cookie = cookie::put(&site, came.secure, opened.reveal());
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response())
}

const USED: &str = "This link doesn't work any more: it was used, or its time is over. Make another \
    with `whimbrel link`.";

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// `POST /logout`: the session ends, for whoever has its cookie.
pub async fn leave(
    State(site): State<Shared>,
    Extension(came): Extension<Came>,
    person: Person,
) -> Result<Response, Failure> {
    match &person.via {
        Way::Session(id) => {
            engine::access::end_session(&person.engine(&site), id).await?;
        }
        Way::Cli | Way::Engine | Way::Token(_) | Way::Link => {
            let words = "A token has no session that could end; revoke it instead.";
            return Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, words));
        }
    }
    let cookie = cookie::put(&site, came.secure, "");
    // With what the feed keeps for when there is no network.
    let forget = HeaderValue::from_static("\"cache\", \"storage\"");
    let headers = [(header::SET_COOKIE, cookie), (CLEAR_SITE_DATA, forget)];
    Ok((headers, Redirect::to("/enter")).into_response())
}

/// What a person would know it by. What browsers say of themselves is long, and half of it untrue.
fn device(agent: &str) -> String {
    const BROWSERS: [(&str, &str); 4] =
        [("Firefox/", "Firefox"), ("Edg", "Edge"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
    const SYSTEMS: [(&str, &str); 6] = [
        ("iPhone", " on an iPhone"),
        ("iPad", " on an iPad"),
        ("Android", " on Android"),
        ("Windows", " on Windows"),
        ("Mac OS", " on a Mac"),
        ("Linux", " on Linux"),
    ];
    let find = |known: &[(&str, &'static str)]| {
        known.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, name)| *name)
    };
    match find(&BROWSERS) {
        Some(browser) => format!("{browser}{}", find(&SYSTEMS).unwrap_or_default()),
        None => "a program".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_called_what_a_person_calls_it() {
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 \
                     (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";
        assert_eq!(device(phone), "Safari on an iPhone");
        let edge =
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140";
        assert_eq!(device(edge), "Edge on Windows");
        assert_eq!(device("curl/8.5.0"), "a program");
    }
}
