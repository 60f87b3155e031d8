//! `/`, and the document itself.

use serde_json::{Map, Value};

use crate::api::answer::Ok200;
use crate::api::asked::Call;
use crate::api::document::DOCUMENT;
use crate::api::operation::{Operation, get};
use crate::api::refusal::Refusal;
use crate::api::wire::server::Server;

pub fn operations() -> Vec<Operation> {
    vec![
        get("/", "getServer", "Who answers, and as whom you ask").tag("server").by(server),
        get("/openapi.json", "getDocument", "This document").tag("server").by(document),
    ]
}

async fn server(call: Call) -> Result<Ok200<Server>, Refusal> {
    Ok(Ok200(Server {
        version: env!("CARGO_PKG_VERSION").into(),
        api: "v1".into(),
        person: call.person.name.clone(),
        scopes: call.person.scopes.iter().map(|scope| scope.to_string()).collect(),
        warnings: call.site.engine.lacks_space().into_iter().collect(),
    }))
}

async fn document(_call: Call) -> Result<Ok200<Map<String, Value>>, Refusal> {
    Ok(Ok200(DOCUMENT.as_object().cloned().unwrap_or_default()))
}
