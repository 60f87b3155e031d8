//! Who asks. Every handler that isn't open to all takes a [`Person`]; there is no other way in.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use domain::{Scope, Scopes, Way};
use engine::Engine;

use crate::Shared;
use crate::failure::Failure;

/// Somebody who may ask for this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    /// By which way they came, for the audit log.
    pub via: Way,
    /// What they may do. A handler that changes something begins with [`Person::needs`].
    pub scopes: Scopes,
}

impl Person {
    /// The engine, in that person's name.
    pub fn engine(&self, site: &Shared) -> Engine {
        site.engine.acting_for(&self.name).through(self.via.clone())
    }

    /// # Errors
    /// 403 with words for whoever may not do what `scope` lets them do.
    pub fn needs(&self, scope: Scope) -> Result<(), Failure> {
        if self.scopes.includes(scope) {
            return Ok(());
        }
        let has = match self.scopes.to_string() {
            none if none.is_empty() => "nothing".to_owned(),
            scopes => scopes,
        };
        let words = format!(
            "This takes the scope {scope} (to {}); yours is for {has}. Ask for a link or a token \
             with it: whimbrel link --scopes …, whimbrel token create … --scopes …",
            scope.words()
        );
        Err(Failure::new(StatusCode::FORBIDDEN, words))
    }

    /// A repository that is no project yet is opened only by who may do everything: it can be any
    /// folder that this server can read.
    ///
    /// # Errors
    /// 403 for whoever may not, and where `repo` is no repository.
    pub async fn may_open(&self, site: &Shared, repo: &str) -> Result<(), Failure> {
        if self.scopes.includes(Scope::Admin) {
            return Ok(());
        }
        let projects = store::project::list(&site.engine.store).await?;
        let origin = forge::origin::resolve(repo).await.ok();
        match projects.iter().any(|project| Some(&project.origin) == origin.as_ref()) {
            true => Ok(()),
            // The same answer, whatever is there: it isn't to be found out like this.
            false => self.needs(Scope::Admin),
        }
    }
}

/// The guard found out who it is, before the handler was called.
impl FromRequestParts<Shared> for Person {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _site: &Shared) -> Result<Self, Failure> {
        let known = parts.extensions.get::<Self>().cloned();
        known.ok_or_else(|| Failure::new(StatusCode::UNAUTHORIZED, "Sign in first."))
    }
}
