//! The OpenAPI 3.1 document, made from the operations.

use std::sync::LazyLock;

use axum::http::{Method, StatusCode};
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::answer::Documented;
use super::once;
use super::operation::Operation;
use super::refusal::Kind;
use super::wire::problem::{MEDIA_TYPE, Problem};
use super::{PREFIX, operations};

/// Made once.
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(|| document(&operations::all()));

/// As it is served, and kept in `docs/openapi.json`.
#[cfg(test)]
fn text() -> String {
    let text = serde_json::to_string_pretty(&*DOCUMENT).expect("a document is JSON");
    format!("{text}\n")
}

fn document(all: &[Operation]) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut schemas = settings.into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for operation in all {
        let described = described(operation, &mut schemas);
        let method = operation.meta.method.as_str().to_ascii_lowercase();
        let path = paths.entry(address(operation.meta.path)).or_insert_with(|| json!({}));
        path[method] = described;
    }
    let responses = problems(&mut schemas);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "whimbrel",
            "version": "1",
            "summary": "Everything that a page can do, for programs.",
            "description": DESCRIPTION,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "token": [] }, { "session": [] }],
        "tags": operations::TAGS.iter().map(|(name, words)| {
            json!({ "name": name, "description": words })
        }).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer" },
                "session": { "type": "apiKey", "in": "cookie", "name": "whimbrel" },
            },
            "responses": responses,
            "schemas": schemas.take_definitions(true),
        },
    })
}

const DESCRIPTION: &str = "Lists come in pages: `limit` and `cursor`; an answer's `next`, and its \
header `Link`, lead to the next one. Each POST takes an `Idempotency-Key`: the same request under \
the same key is done once and answered the same for 24 hours. What goes wrong is a problem (RFC \
9457) whose `type` stays. Streams are server-sent events whose ids resume after a cut. \
`docs/api.md` says more.";

/// The root has no slash behind it.
fn address(path: &str) -> String {
    format!("{PREFIX}{}", if path == "/" { "" } else { path })
}

fn described(operation: &Operation, schemas: &mut SchemaGenerator) -> Value {
    let meta = &operation.meta;
    let mut parameters = path_parameters(meta.path);
    parameters.extend(query_parameters((operation.query)(schemas)));
    if meta.method == Method::POST {
        parameters.push(key_parameter());
    }
    let mut described = json!({
        "operationId": meta.id,
        "tags": [meta.tag],
        "summary": meta.summary,
        "x-scope": meta.scope.as_str(),
        "parameters": parameters,
        "responses": responses(operation, schemas),
    });
    let needs = format!("Needs the scope `{}`.", meta.scope);
    let description = match meta.description {
        "" => needs,
        words => format!("{words} {needs}"),
    };
    described["description"] = description.into();
    if let Some(body) = body(operation, schemas) {
        described["requestBody"] = body;
    }
    described
}

/// None for an operation that takes no body.
fn body(operation: &Operation, schemas: &mut SchemaGenerator) -> Option<Value> {
    if !matches!(operation.meta.method, Method::POST | Method::PUT) {
        return None;
    }
    let schema = (operation.body)(schemas);
    let whole = resolved(&schema, schemas);
    let is_required = whole.get("required").is_some_and(|all| all != &json!([]));
    Some(json!({
        "required": is_required,
        "content": { "application/json": { "schema": schema } },
    }))
}

/// What a schema that only names another one is.
fn resolved(schema: &Schema, schemas: &SchemaGenerator) -> Value {
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
    let found = name.and_then(|name| schemas.definitions().get(name));
    found.cloned().unwrap_or_else(|| schema.clone().into())
}

/// What stands in paths: name, pattern, description.
const PLACES: &[(&str, &str, &str)] = &[
    ("attempt", r"^[0-9a-hjkmnp-tv-z]{8}\.[1-9][0-9]{0,8}$", "An attempt's id."),
    ("comment", "^[0-9a-hjkmnp-tv-z]{8}$", "A comment's id."),
    ("log", r"^[A-Za-z0-9_.-]{1,255}$", "The name of a log's file."),
    ("name", "^[A-Za-z_][A-Za-z0-9_]{0,127}$", "A secret's name."),
    ("project", "^[0-9a-hjkmnp-tv-z]{8}$", "A project's id."),
    ("pull_request", "^[0-9a-hjkmnp-tv-z]{8}$", "A pull request's id: its task's."),
    ("session", "^[A-Za-z0-9_-]{1,64}$", "A session's id."),
    ("task", "^[0-9a-hjkmnp-tv-z]{8}$", "A task's id."),
    ("token", "^[A-Za-z0-9_-]{1,64}$", "A token's id."),
    ("verdict", "^[0-9a-hjkmnp-tv-z]{8}$", "A verdict's id."),
];

fn path_parameters(path: &str) -> Vec<Value> {
    let parts = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameter = |name: &str| {
        let place = PLACES.iter().find(|(known, _, _)| *known == name);
        let (_, pattern, words) = place.unwrap_or_else(|| panic!("what is {{{name}}} in {path}?"));
        json!({
            "name": name, "in": "path", "required": true, "description": words,
            "schema": { "type": "string", "pattern": pattern },
        })
    };
    parts.map(parameter).collect()
}

fn query_parameters(schema: Schema) -> Vec<Value> {
    let required = schema.get("required").cloned().unwrap_or_default();
    let is_required =
        |name: &str| required.as_array().is_some_and(|all| all.contains(&name.into()));
    let Some(Value::Object(properties)) = schema.get("properties").cloned() else {
        return Vec::new();
    };
    let parameter = |(name, mut schema): (String, Value)| {
        let description = schema.as_object_mut().and_then(|one| one.remove("description"));
        json!({
            "name": name, "in": "query", "required": is_required(&name),
            "description": description, "schema": without_null(schema),
        })
    };
    properties.into_iter().map(parameter).collect()
}

/// A query leaves out what it doesn't say; there is no null in it.
fn without_null(mut schema: Value) -> Value {
    let others = |all: &Vec<Value>, null: &Value| -> Vec<Value> {
        all.iter().filter(|one| *one != null).cloned().collect()
    };
    if let Some(Value::Array(types)) = schema.get("type") {
        let types = others(types, &"null".into());
        schema["type"] = if types.len() == 1 { types[0].clone() } else { types.into() };
    }
    if let Some(Value::Array(any)) = schema.get("anyOf") {
        let any = others(any, &json!({ "type": "null" }));
        if any.len() == 1 {
            return any[0].clone();
        }
    }
    schema
}

fn key_parameter() -> Value {
    json!({
        "name": "Idempotency-Key", "in": "header", "required": false,
        "description": "The same request under the same key is done once, and answered the same \
             for 24 hours.",
        "schema": {
            "type": "string", "minLength": 1, "maxLength": once::KEY_CHARS_MAX,
            "pattern": "^[!-~]+$",
        },
    })
}

fn responses(operation: &Operation, schemas: &mut SchemaGenerator) -> Value {
    let Documented { status, description, content, headers } = (operation.answer)(schemas);
    let mut answer = json!({ "description": description });
    if let Some((media_type, schema)) = content {
        answer["content"] = json!({ media_type: { "schema": schema } });
    }
    for (name, words) in headers {
        answer["headers"][name] = json!({ "description": words, "schema": { "type": "string" } });
    }
    if operation.meta.method == Method::POST {
        answer["headers"]["Idempotency-Replayed"] = json!({
            "description": "`true` where the same request was answered before.",
            "schema": { "type": "string" },
        });
    }
    let mut responses = json!({ status.as_str(): answer });
    for status in refused(operation) {
        let name = status.as_str();
        responses[name] = json!({ "$ref": format!("#/components/responses/{name}") });
    }
    responses
}

/// With which statuses it may be refused.
fn refused(operation: &Operation) -> Vec<StatusCode> {
    let writes = operation.meta.method != Method::GET;
    let has_body = matches!(operation.meta.method, Method::POST | Method::PUT);
    let can = |kind: &Kind| match kind {
        Kind::BadRequest
        | Kind::Unauthorized
        | Kind::Forbidden
        | Kind::NotFound
        | Kind::Misdirected
        | Kind::TooManyRequests
        | Kind::Unprocessable
        | Kind::Internal
        | Kind::Unavailable => true,
        Kind::TooLarge | Kind::UnsupportedMediaType => has_body,
        Kind::Conflict => writes,
        // Another kind has their statuses, or they are no answers of an operation's.
        Kind::InFlight | Kind::KeyReused | Kind::MethodNotAllowed => false,
    };
    Kind::ALL.into_iter().filter(can).map(Kind::status).collect()
}

/// The problems by their statuses.
fn problems(schemas: &mut SchemaGenerator) -> Value {
    let schema = schemas.subschema_for::<Problem>();
    let mut responses = json!({});
    for kind in Kind::ALL {
        let status = kind.status();
        if responses.get(status.as_str()).is_none() {
            let mut response = json!({
                "description": format!("{}. {}", kind.title(), kind.what_to_do()),
                "content": { MEDIA_TYPE: { "schema": schema } },
            });
            let waits = matches!(status.as_u16(), 409 | 429 | 503);
            if waits {
                response["headers"]["Retry-After"] = json!({
                    "description": "Seconds after which it may be asked again.",
                    "schema": { "type": "integer" },
                });
            }
            responses[status.as_str()] = response;
        }
    }
    responses
}

#[cfg(test)]
mod tests;
