//! What is answered: each kind says itself which status, media type and headers it has, so that the
//! document can't say another.

use std::marker::PhantomData;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, LINK, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::refusal::{Kind, Refusal};
use super::wire::Page;

pub const JSON: &str = "application/json";

/// An answer on its way out.
pub struct Reply {
    pub status: StatusCode,
    pub media_type: Option<&'static str>,
    pub body: Content,
    /// Where what was made is.
    pub location: Option<String>,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// Further headers.
    pub headers: Vec<(&'static str, HeaderValue)>,
}

pub enum Content {
    Whole(Bytes),
    Stream(Body),
}

impl Reply {
    fn whole(status: StatusCode, media_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        Self {
            status,
            media_type: Some(media_type),
            body: Content::Whole(bytes.into()),
            location: None,
            next: None,
            headers: Vec::new(),
        }
    }

    pub fn into_response(self, path: &str, query: Option<&str>) -> Response {
        let body = match self.body {
            Content::Whole(bytes) => Body::from(bytes),
            Content::Stream(body) => body,
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        let media_type = self.media_type.map(HeaderValue::from_static);
        headers.extend(media_type.map(|value| (CONTENT_TYPE, value)));
        let location = self.location.and_then(|address| HeaderValue::try_from(address).ok());
        headers.extend(location.map(|value| (LOCATION, value)));
        let link = self.next.map(|cursor| link(path, query, &cursor));
        let link = link.and_then(|link| HeaderValue::try_from(link).ok());
        headers.extend(link.map(|value| (LINK, value)));
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        response
    }
}

/// The same address, from there on.
fn link(path: &str, query: Option<&str>, cursor: &str) -> String {
    let others = query.unwrap_or_default().split('&');
    let others = others.filter(|part| !part.is_empty() && !part.starts_with("cursor="));
    let query: Vec<&str> = others.collect();
    let before = query.join("&");
    let and = if before.is_empty() { "" } else { "&" };
    format!("<{path}?{before}{and}cursor={cursor}>; rel=\"next\"")
}

/// What the document says of an answer.
pub struct Documented {
    pub status: StatusCode,
    pub description: &'static str,
    /// Media type and schema; none for an answer without a body.
    pub content: Option<(&'static str, Schema)>,
    /// Name, description.
    pub headers: Vec<(&'static str, &'static str)>,
}

pub trait Answer: Send {
    fn documented(schemas: &mut SchemaGenerator) -> Documented;

    fn reply(self) -> Result<Reply, Refusal>;
}

fn json<T: Serialize>(status: StatusCode, value: &T) -> Result<Reply, Refusal> {
    let bytes = serde_json::to_vec(value)
        .map_err(|error| Refusal::new(Kind::Internal, format!("It can't be written: {error}.")))?;
    Ok(Reply::whole(status, JSON, bytes))
}

/// 200.
pub struct Ok200<T>(pub T);

impl<T: Serialize + JsonSchema + Send> Answer for Ok200<T> {
    fn documented(schemas: &mut SchemaGenerator) -> Documented {
        let content = Some((JSON, schemas.subschema_for::<T>()));
        Documented { status: StatusCode::OK, description: "As asked.", content, headers: vec![] }
    }

    fn reply(self) -> Result<Reply, Refusal> {
        json(StatusCode::OK, &self.0)
    }
}

/// 201, with where it is.
pub struct Created<T> {
    pub at: String,
    pub made: T,
}

impl<T: Serialize + JsonSchema + Send> Answer for Created<T> {
    fn documented(schemas: &mut SchemaGenerator) -> Documented {
        Documented {
            status: StatusCode::CREATED,
            description: "Made.",
            content: Some((JSON, schemas.subschema_for::<T>())),
            headers: vec![("Location", "Where it is.")],
        }
    }

    fn reply(self) -> Result<Reply, Refusal> {
        Ok(Reply { location: Some(self.at), ..json(StatusCode::CREATED, &self.made)? })
    }
}

/// 202, with where to see how it goes.
pub struct Accepted<T> {
    pub at: String,
    pub made: T,
}

impl<T: Serialize + JsonSchema + Send> Answer for Accepted<T> {
    fn documented(schemas: &mut SchemaGenerator) -> Documented {
        Documented {
            status: StatusCode::ACCEPTED,
            description: "Kept; it is carried out soon. Follow what Location names.",
            content: Some((JSON, schemas.subschema_for::<T>())),
            headers: vec![("Location", "Where to see how it goes.")],
        }
    }

    fn reply(self) -> Result<Reply, Refusal> {
        Ok(Reply { location: Some(self.at), ..json(StatusCode::ACCEPTED, &self.made)? })
    }
}

/// 204.
pub struct Done;

impl Answer for Done {
    fn documented(_schemas: &mut SchemaGenerator) -> Documented {
        let (status, description) = (StatusCode::NO_CONTENT, "Done.");
        Documented { status, description, content: None, headers: vec![] }
    }

    fn reply(self) -> Result<Reply, Refusal> {
        let reply = Reply::whole(StatusCode::NO_CONTENT, JSON, Bytes::new());
        Ok(Reply { media_type: None, ..reply })
    }
}

/// 200, a page of a list, with a link to the next one.
pub struct Listed<T>(pub Page<T>);

impl<T> Listed<T> {
    /// All there is.
    pub fn whole(items: Vec<T>) -> Self {
        Self(Page { items, next: None })
    }
}

impl<T: Serialize + JsonSchema + Send> Answer for Listed<T> {
    fn documented(schemas: &mut SchemaGenerator) -> Documented {
        Documented {
            status: StatusCode::OK,
            description: "A page of the list.",
            content: Some((JSON, schemas.subschema_for::<Page<T>>())),
            headers: vec![("Link", "The next page, `rel=\"next\"`; not there on the last one.")],
        }
    }

    fn reply(self) -> Result<Reply, Refusal> {
        Ok(Reply { next: self.0.next.clone(), ..json(StatusCode::OK, &self.0)? })
    }
}

/// Texts: a type for each media type.
macro_rules! other_content {
    ($($(#[$doc:meta])* $name:ident: $media_type:literal, $description:literal;)*) => {$(
        $(#[$doc])*
        pub struct $name(pub Content);


        impl Answer for $name {
            fn documented(_schemas: &mut SchemaGenerator) -> Documented {
                Documented {
                    status: StatusCode::OK,
                    description: $description,
                    content: Some((
                        $media_type,
                        schemars::json_schema!({ "type": "string" }),
                    )),
                    headers: vec![],
                }
            }

            fn reply(self) -> Result<Reply, Refusal> {
                let reply = Reply::whole(StatusCode::OK, $media_type, Bytes::new());
                Ok(Reply { body: self.0, ..reply })
            }
        }
    )*};
}

other_content! {
    /// A log, as it was printed.
    Text: "text/plain; charset=utf-8", "As it was printed; bytes that aren't UTF-8 are replaced.";
    /// A unified diff, byte for byte.
    Diff: "text/x-diff", "A unified diff, byte for byte, for `git apply`.";
}

/// Server-sent events. `E` is what their data holds.
pub struct Stream<E> {
    body: Body,
    _events: PhantomData<fn() -> E>,
}

impl<E> Stream<E> {
    pub fn new(body: Body) -> Self {
        Self { body, _events: PhantomData }
    }
}

impl<E: JsonSchema> Answer for Stream<E> {
    /// One event, as programs that check streams read it.
    fn documented(schemas: &mut SchemaGenerator) -> Documented {
        let data = schemas.subschema_for::<E>();
        let event = schemars::json_schema!({
            "type": "object",
            "properties": {
                "id": { "type": "string" },
                "event": { "type": "string" },
                "data": {
                    "type": "string",
                    "contentMediaType": JSON,
                    "contentSchema": data,
                },
                "retry": { "type": "integer" },
            },
        });
        Documented {
            status: StatusCode::OK,
            description: "Server-sent events, until the connection is closed.",
            content: Some(("text/event-stream", event)),
            headers: vec![],
        }
    }

    /// Nobody between may keep it, or wait until there is more of it.
    fn reply(self) -> Result<Reply, Refusal> {
        let reply = Reply::whole(StatusCode::OK, "text/event-stream", Bytes::new());
        let headers = vec![
            ("cache-control", HeaderValue::from_static("no-store")),
            ("x-accel-buffering", HeaderValue::from_static("no")),
        ];
        Ok(Reply { body: Content::Stream(self.body), headers, ..reply })
    }
}

/// Signed evidence, byte for byte.
pub struct Envelope(pub Vec<u8>);

impl Answer for Envelope {
    fn documented(_schemas: &mut SchemaGenerator) -> Documented {
        Documented {
            status: StatusCode::OK,
            description: "A DSSE envelope around an in-toto statement.",
            content: Some((JSON, schemars::json_schema!({ "type": "object" }))),
            headers: vec![],
        }
    }

    fn reply(self) -> Result<Reply, Refusal> {
        Ok(Reply::whole(StatusCode::OK, JSON, self.0))
    }
}
