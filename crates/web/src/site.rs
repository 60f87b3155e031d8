//! What all handlers share.

use std::sync::Arc;

use engine::Engine;

use crate::look::ranked::Rankings;

/// One home, as the server shows it.
pub struct Site {
    pub engine: Engine,
    pub(crate) rankings: Rankings,
}

/// The state of every route.
pub type Shared = Arc<Site>;

impl Site {
    pub fn new(engine: Engine) -> Shared {
        Arc::new(Self { engine, rankings: Rankings::default() })
    }
}
