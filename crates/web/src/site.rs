//! What all handlers share.

use std::sync::Arc;

use engine::Engine;

use crate::api::Flights;
use crate::hub::Hub;

/// One home, as the server shows it.
pub struct Site {
    pub engine: Engine,
    /// What moves, for whoever follows it.
    pub hub: Hub,
    /// Requests of the API that may come twice.
    pub flights: Flights,
}

/// The state of every route.
pub type Shared = Arc<Site>;

impl Site {
    pub fn new(engine: Engine) -> Shared {
        let (hub, flights) = (Hub::new(engine.store.clone()), Flights::default());
        Arc::new(Self { engine, hub, flights })
    }
}
