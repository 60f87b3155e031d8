//! What stands before every handler: is it us who was meant, does it come from a page of ours, who
//! asks. What isn't named in [`OPEN`] takes a [`Person`]; and what comes out again gets its headers,
//! and is a page or a problem, whichever was wanted.

pub(crate) mod answer;
pub(crate) mod body;
mod headers;
pub(crate) mod host;
mod origin;
pub(crate) mod strangers;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use domain::{Scope, Way};

use crate::failure::Failure;
use crate::login::cookie;
use crate::{Person, Shared};

/// What anybody may see: nothing of it is about what is in the home.
const OPEN: &[&str] = &[
    "/assets/{digest}/{name}",
    "/enter",
    "/healthz",
    "/readyz",
    "/manifest.webmanifest",
    "/worker.js",
];

/// What changes something takes one of these, whatever its handler asks for beside.
const CHANGING: [Scope; 4] = [Scope::Task, Scope::Decide, Scope::Secrets, Scope::Admin];

/// A longer body is refused before it is read, in bytes.
pub const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;

/// How a request came, as far as we believe it.
#[derive(Debug, Clone)]
pub(crate) struct Came {
    /// The name and port that the browser sees.
    pub host: String,
    /// Encrypted, here or as far as the proxy.
    pub secure: bool,
    /// From there.
    pub peer: std::net::IpAddr,
}

pub(crate) async fn guard(
    State(site): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let watched = site.metrics.begin(&request);
    let asked = answer::Asked::of(&request);
    let checked = checked(&site, &mut request).await;
    let secure = request.extensions().get::<Came>().is_some_and(|came| came.secure);
    let person = request.extensions().get::<Person>().cloned();
    let response = match checked {
        Ok(()) => next.run(body::in_time(request, site.options.limits.body)).await,
        Err(refused) => axum::response::IntoResponse::into_response(refused),
    };
    let mut response = answer::as_wanted(response, &asked, person.as_ref()).await;
    headers::put(response.headers_mut(), secure);
    watched.end(response.status());
    site.metrics.counted(response)
}

async fn checked(site: &Shared, request: &mut Request) -> Result<(), Failure> {
    let came = host::came(site, request)?;
    request.extensions_mut().insert(came.clone());
    let changes = !is_safe(request.method());
    if changes {
        origin::check(request.headers(), &came, cookie::name(site, came.secure).as_str())?;
    }
    body::check_length(request.headers())?;
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let is_open = route.as_deref().is_some_and(|route| OPEN.contains(&route))
        || route.as_deref() == Some("/metrics") && site.options.open_metrics;
    let person = person(site, request.headers(), &came).await;
    match person {
        Ok(Some(person)) => {
            if !is_open {
                allow(&person, changes, route.as_deref())?;
            }
            request.extensions_mut().insert(person);
        }
        Ok(None) if is_open => {}
        Ok(None) => return Err(Failure::new(StatusCode::UNAUTHORIZED, SIGN_IN)),
        // A stale cookie doesn't keep anybody from the page on which they get a new one.
        Err(_) if is_open => {}
        Err(failure) => return Err(failure),
    }
    Ok(())
}

const SIGN_IN: &str = "Nobody is signed in here. Get a link on the machine that whimbrel runs on \
    (`whimbrel link`), or send a token: `Authorization: Bearer whim_…`.";

fn is_safe(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::OPTIONS].contains(method)
}

/// What is asked of everybody, before what a handler asks for itself.
fn allow(person: &Person, changes: bool, route: Option<&str>) -> Result<(), Failure> {
    // Whoever is known may go.
    if changes && route == Some("/logout") {
        return Ok(());
    }
    if !changes {
        return person.needs(Scope::Read);
    }
    if CHANGING.iter().any(|scope| person.scopes.includes(*scope)) {
        return Ok(());
    }
    person.needs(Scope::Task)
}

/// Who asks. Where a token is sent, it alone counts: so that what it may not do isn't done with a
/// cookie.
async fn person(
    site: &Shared,
    headers: &HeaderMap,
    came: &Came,
) -> Result<Option<Person>, Failure> {
    if let Some(sent) = headers.get(header::AUTHORIZATION) {
        let bearer = sent.to_str().ok().and_then(|text| {
            let (scheme, token) = text.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(token)
        });
        return by_token(site, bearer.unwrap_or_default(), came).await.map(Some);
    }
    let Some(sent) = cookie::sent(headers, &cookie::name(site, came.secure)) else {
        return Ok(None);
    };
    let session = engine::access::session(&site.engine, sent).await?;
    Ok(session.map(|session| Person {
        name: session.person,
        via: Way::Session(session.id),
        scopes: session.scopes,
    }))
}

async fn by_token(site: &Shared, text: &str, came: &Came) -> Result<Person, Failure> {
    // First: whoever has a good one isn't kept out by others of the same address.
    if let Some(token) = engine::access::token(&site.engine, text).await? {
        let (name, via) = (token.person, Way::Token(token.id));
        return Ok(Person { name, via, scopes: token.scopes });
    }
    site.strangers.check(site.now(), came.peer)?;
    strangers::refused(site, came.peer).await;
    let words = "This token isn't known here: it was mistyped, revoked, or its time is over. \
                 `whimbrel token list` shows those that live.";
    Err(Failure::new(StatusCode::UNAUTHORIZED, words))
}

#[cfg(test)]
mod tests;
