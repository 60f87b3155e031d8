//! Who asks. Every handler that isn't open to all takes a [`Person`]; there is no other way in.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use engine::Engine;

use crate::Shared;
use crate::failure::Failure;

/// Somebody who may ask for this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub name: String,
}

impl Person {
    /// The engine, in that person's name.
    pub fn engine(&self, site: &Shared) -> Engine {
        site.engine.acting_for(&self.name)
    }
}

impl FromRequestParts<Shared> for Person {
    type Rejection = Failure;

    async fn from_request_parts(_parts: &mut Parts, site: &Shared) -> Result<Self, Failure> {
        Ok(Self { name: site.engine.person.clone() })
    }
}
