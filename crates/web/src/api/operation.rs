//! An operation: its address, who may call it, what it takes and gives, and its handler. Its types
//! make both the route and what the OpenAPI document says, so that no route is undocumented.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use domain::Scope;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;

use super::answer::{Answer, Documented, Reply};
use super::asked::{self, Call, Places};
use super::bounds::Bounds;
use super::once::{self, Begun};
use super::refusal::Refusal;
use crate::{Person, Shared};

/// All but the handler and its types.
#[derive(Debug, Clone)]
pub struct Meta {
    pub method: Method,
    /// Below `/api/v1`.
    pub path: &'static str,
    /// `listTasks`.
    pub id: &'static str,
    pub tag: &'static str,
    pub summary: &'static str,
    pub description: &'static str,
    /// What somebody must have to call it.
    pub scope: Scope,
    /// Its answer holds a secret that isn't kept.
    pub is_secret: bool,
}

/// What is asked for or answered, as a schema.
pub type Schematic = fn(&mut SchemaGenerator) -> Schema;

pub struct Operation {
    pub meta: Arc<Meta>,
    pub query: Schematic,
    pub body: Schematic,
    pub answer: fn(&mut SchemaGenerator) -> Documented,
    pub route: MethodRouter<Shared>,
}

pub fn get(path: &'static str, id: &'static str, summary: &'static str) -> Meta {
    Meta {
        method: Method::GET,
        path,
        id,
        tag: "",
        summary,
        description: "",
        scope: Scope::Read,
        is_secret: false,
    }
}

pub fn post(path: &'static str, id: &'static str, summary: &'static str) -> Meta {
    Meta { method: Method::POST, scope: Scope::Task, ..get(path, id, summary) }
}

pub fn put(path: &'static str, id: &'static str, summary: &'static str) -> Meta {
    Meta { method: Method::PUT, scope: Scope::Decide, ..get(path, id, summary) }
}

pub fn delete(path: &'static str, id: &'static str, summary: &'static str) -> Meta {
    Meta { method: Method::DELETE, scope: Scope::Decide, ..get(path, id, summary) }
}

impl Meta {
    pub fn tag(self, tag: &'static str) -> Self {
        Self { tag, ..self }
    }

    pub fn says(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    pub fn needs(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    pub fn secret(self) -> Self {
        Self { is_secret: true, ..self }
    }

    /// Answered by that function.
    pub fn by<Q, B, A, F, R>(self, handler: F) -> Operation
    where
        Q: DeserializeOwned + JsonSchema + Send + 'static,
        B: DeserializeOwned + JsonSchema + Send + 'static,
        A: Answer + 'static,
        F: Fn(Call<Q, B>) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Result<A, Refusal>> + Send + 'static,
    {
        let meta = Arc::new(self);
        let filter = MethodFilter::try_from(meta.method.clone()).expect("it is a usual method");
        let known = Known {
            meta: Arc::clone(&meta),
            query: Arc::new(Bounds::of::<Q>()),
            body: Arc::new(Bounds::of::<B>()),
        };
        let route = on(filter, move |State(site): State<Shared>, request: Request| {
            let (known, handler) = (known.clone(), handler.clone());
            async move { answered(&known, handler, site, request).await }
        });
        Operation {
            meta,
            query: |schemas| Q::json_schema(schemas),
            body: |schemas| schemas.subschema_for::<B>(),
            answer: A::documented,
            route,
        }
    }
}

/// What a route knows of its operation.
#[derive(Clone)]
struct Known {
    meta: Arc<Meta>,
    query: Arc<Bounds>,
    body: Arc<Bounds>,
}

async fn answered<Q, B, A, F, R>(
    known: &Known,
    handler: F,
    site: Shared,
    request: Request,
) -> Response
where
    Q: DeserializeOwned,
    B: DeserializeOwned,
    A: Answer,
    F: Fn(Call<Q, B>) -> R,
    R: Future<Output = Result<A, Refusal>>,
{
    let uri = request.uri().clone();
    match called(known, handler, site, request).await {
        Ok(reply) => reply.into_response(uri.path(), uri.query()).into_response(),
        Err(refusal) => refusal.response(uri.path()),
    }
}

async fn called<Q, B, A, F, R>(
    known: &Known,
    handler: F,
    site: Shared,
    request: Request,
) -> Result<Reply, Refusal>
where
    Q: DeserializeOwned,
    B: DeserializeOwned,
    A: Answer,
    F: Fn(Call<Q, B>) -> R,
    R: Future<Output = Result<A, Refusal>>,
{
    let (mut parts, body) = request.into_parts();
    let person = Person::from_request_parts(&mut parts, &site).await?;
    person.needs(known.meta.scope)?;
    let path = Places::read(&mut parts, &site).await?;
    let query = asked::query(&parts)?;
    known.query.check_query(parts.uri.query().unwrap_or_default())?;
    let has_body = matches!(parts.method, Method::POST | Method::PUT);
    let bytes = if has_body { asked::bytes(&parts, body).await? } else { Default::default() };
    let body = asked::body(&bytes)?;
    known.body.check_body(&bytes)?;
    let flight = match once::begin(&site, &person, &parts, &bytes).await? {
        Begun::Replay(reply) => return Ok(reply),
        Begun::Plain => None,
        Begun::Once(flight) => Some(flight),
    };
    let last_event = parts.headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let call = Call {
        last_event: last_event.map(str::to_owned),
        once: flight.as_ref().map(|flight| flight.once.clone()),
        site,
        person,
        query,
        body,
        path,
    };
    let answered = handler(call).await.and_then(Answer::reply);
    if let Some(flight) = flight {
        let kept = once::kept(&answered, parts.uri.path(), known.meta.is_secret);
        flight.end(kept).await?;
    }
    answered
}
