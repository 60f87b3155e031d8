//! What an attempt that is taken up again has behind it.

use agent::{Ending, Report};
use domain::{Change, Event, Fact, event};

use super::Runner;
use crate::Error;

/// The log so far, and what follows from it.
pub(super) struct Past {
    /// Of the attempts that it follows and its own, oldest first.
    pub events: Vec<Event>,
    /// Of this attempt alone: pauses aren't work.
    pub worked_ms: u64,
    /// What the agent reported, if the work is done and only its harvest is missing.
    pub reported: Option<Report>,
    /// The change that a runner, which died then, has harvested and said so.
    pub harvested: Option<Change>,
}

impl Runner<'_> {
    pub(super) async fn past(&self) -> Result<Past, Error> {
        let mut events = Vec::new();
        for id in &self.line {
            events.extend(store::event::all(self.store(), id).await?);
        }
        let own: Vec<Event> =
            events.iter().filter(|event| event.attempt == self.id).cloned().collect();
        Ok(Past {
            worked_ms: event::worked_ms(&own),
            reported: reported(&own),
            harvested: harvested(&own),
            events,
        })
    }
}

/// Words that came after the report are work again.
fn reported(own: &[Event]) -> Option<Report> {
    let last = own.iter().rev().find_map(|event| match &event.fact {
        Fact::Reported { title, summary } => Some(Some((title, summary))),
        Fact::Steered { .. } => Some(None),
        _other_facts_dont_matter => None,
    })?;
    let (title, summary) = last?;
    Some(Report { ending: Ending::Finished, title: title.clone(), summary: summary.clone() })
}

fn harvested(own: &[Event]) -> Option<Change> {
    own.iter().rev().find_map(|event| match &event.fact {
        Fact::Harvested { change } => Some(change.clone()),
        _other_facts_dont_matter => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;

    #[test]
    fn work_that_was_reported_is_done_unless_somebody_said_more() {
        let event = |fact| Event {
            attempt: "k3v9x2ab.1".parse().expect("an id"),
            seq: 1,
            at: Timestamp(1),
            fact,
        };
        let done = event(Fact::Reported { title: "Fix it".into(), summary: "Fixed.".into() });
        let more = event(Fact::Steered { by: "ada".into(), text: "and test it".into() });
        let found = reported(std::slice::from_ref(&done)).map(|report| report.title);
        assert_eq!(found.as_deref(), Some("Fix it"));
        assert_eq!(reported(&[more.clone(), done.clone()]).map(|report| report.title), found);
        assert_eq!(reported(&[done, more]), None);
        assert_eq!(reported(&[]), None);
    }
}
