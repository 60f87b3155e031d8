//! How isolated an attempt's computers are: in its log before any of them is made, and never less
//! than in an earlier run of it. What was begun in one kind of computer isn't gone on with in a
//! weaker one because the machine changed meanwhile.

use computer::{Backend, Chosen, Isolation};
use domain::Fact;

use super::Runner;
use crate::Error;

/// The first run says it within so many events.
const EARLY_EVENTS: u32 = 16;

impl Runner<'_> {
    pub(super) async fn isolate(&self, backend: &Chosen) -> Result<(), Error> {
        let isolation = backend.isolation();
        if let Some(before) = self.first_isolation().await?
            && isolation < before
        {
            return Err(Error::Unusable(lowered(before, backend)));
        }
        let fact = Fact::Isolated {
            by: backend.kind().to_string(),
            isolation: isolation.name().into(),
            level: isolation.level().into(),
            held: backend.held(),
        };
        self.record(fact).await
    }

    async fn first_isolation(&self) -> Result<Option<Isolation>, Error> {
        let early = store::event::since(self.store(), &self.id, 0, EARLY_EVENTS).await?;
        Ok(early.into_iter().find_map(|event| {
            let Fact::Isolated { isolation, .. } = event.fact else { return None };
            Isolation::named(&isolation)
        }))
    }
}

fn lowered(before: Isolation, backend: &Chosen) -> String {
    format!(
        "this attempt began in computers made of {}, which this machine doesn't make any more, and \
         it is not gone on with in those of {}; `whimbrel doctor` says what is in the way",
        before.name(),
        backend.kind()
    )
}
