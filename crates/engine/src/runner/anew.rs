//! A follow-up whose computer is gone, as after a cleaning: it goes on on a new one, with the change
//! of the attempt that it follows.

use computer::Computer;
use domain::{AttemptId, Change, Event, Fact};

use super::Runner;
use crate::{Error, change};

const WORDS: &str = "the computer that it would go on with is gone: it begins on a new one, with the \
    change that there was";

impl Runner<'_> {
    fn follows_others(&self) -> bool {
        self.line.len() > 1
    }

    /// Said before the computer is made, so that one in which the change isn't yet is known.
    pub(super) async fn begin_anew(&self) -> Result<(), Error> {
        if self.follows_others() {
            self.record(Fact::Warned { text: WORDS.into() }).await?;
        }
        Ok(())
    }

    /// A runner died before the change was in the new computer.
    pub(super) async fn was_cut_short(&self) -> Result<bool, Error> {
        if !self.follows_others() {
            return Ok(false);
        }
        Ok(is_cut_short(&store::event::all(self.store(), &self.id).await?))
    }

    /// The newest change of those that are followed.
    pub(super) async fn restore(&self, computer: &dyn Computer) -> Result<(), Error> {
        let Some((attempt, change)) = self.change_before().await? else { return Ok(()) };
        let bundle = self.engine.home.bundle(&attempt);
        change::restore(computer, &bundle, &change.head).await
    }

    async fn change_before(&self) -> Result<Option<(AttemptId, Change)>, Error> {
        for attempt in self.line.iter().rev().filter(|attempt| **attempt != self.id) {
            if let Some(change) = store::change::get(self.store(), attempt).await? {
                return Ok(Some((attempt.clone(), change)));
            }
        }
        Ok(None)
    }
}

fn is_cut_short(own: &[Event]) -> bool {
    let last = own.iter().rev().find_map(|event| match &event.fact {
        Fact::Warned { text } if text == WORDS => Some(true),
        Fact::Forked { .. } | Fact::Resumed { .. } => Some(false),
        _other_facts_dont_matter => None,
    });
    last.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;

    #[test]
    fn a_new_computer_counts_once_the_change_is_in_it() {
        let event = |fact| Event {
            attempt: "k3v9x2ab.2".parse().expect("an id"),
            seq: 1,
            at: Timestamp(1),
            fact,
        };
        let begun = event(Fact::Warned { text: WORDS.into() });
        let there = event(Fact::Forked { computer: "k3v9x2ab.1".into() });
        assert!(!is_cut_short(std::slice::from_ref(&there)));
        assert!(is_cut_short(std::slice::from_ref(&begun)));
        assert!(!is_cut_short(&[begun.clone(), there.clone()]));
        assert!(is_cut_short(&[there, begun]));
    }
}
