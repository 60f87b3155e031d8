//! The hunt for the commit that broke something, as a machine. Commits are numbered from the newest,
//! 0, which is known to be bad; first one that was good is looked for, in steps that double, then
//! the border between the two. Pure; whoever drives it says what a commit is. It takes for granted
//! that what was broken stayed broken.

/// What a commit turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    Good,
    Bad,
    /// It can't be told: it can't be built, or doesn't have the test yet.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// This one is bad, and the one before it is good.
    Culprit(usize),
    /// One of these, both included: what is between them can't be told.
    OneOf { newest: usize, oldest: usize },
    /// None that could be looked at was good.
    NeverGood,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Look(usize),
    Found(Found),
}

/// Commits that can't be told, until no good one is looked for behind them any more.
const UNKNOWN_MAX: usize = 24;

#[derive(Debug)]
pub struct Hunt {
    seen: Vec<Option<Seen>>,
    /// The oldest that is known to be bad with nothing good after it.
    bad: usize,
    /// The newest that is known to be good.
    good: Option<usize>,
    /// The oldest that was looked at while no good one was known.
    reached: usize,
}

impl Hunt {
    /// Among so many commits, at least one.
    pub fn new(commits: usize) -> Self {
        let mut seen = vec![None; commits.max(1)];
        seen[0] = Some(Seen::Bad);
        Self { seen, bad: 0, good: None, reached: 0 }
    }

    pub fn note(&mut self, commit: usize, seen: Seen) {
        let Some(place) = self.seen.get_mut(commit) else { return };
        *place = Some(seen);
        self.reached = self.reached.max(commit);
        match seen {
            Seen::Good => self.good = Some(self.good.map_or(commit, |good| good.min(commit))),
            Seen::Bad if self.good.is_none_or(|good| commit < good) => {
                self.bad = self.bad.max(commit);
            }
            // Broken, repaired and broken again: the last time is what is hunted for.
            Seen::Bad | Seen::Unknown => {}
        }
    }

    /// How many were looked at and couldn't be told.
    pub fn unknown(&self) -> usize {
        self.seen.iter().filter(|seen| **seen == Some(Seen::Unknown)).count()
    }

    /// How many were looked at.
    pub fn looked_at(&self) -> usize {
        self.seen.iter().flatten().count()
    }

    pub fn next(&self) -> Next {
        match self.good {
            Some(good) => self.between(good),
            None => self.further(),
        }
    }

    fn between(&self, good: usize) -> Next {
        if let Some(commit) = self.middle(good) {
            return Next::Look(commit);
        }
        let oldest = good - 1;
        if self.bad == oldest {
            Next::Found(Found::Culprit(self.bad))
        } else {
            Next::Found(Found::OneOf { newest: self.bad, oldest })
        }
    }

    /// Twice as far back each time; at the end, between what is bad and what can't be told.
    fn further(&self) -> Next {
        let last = self.seen.len() - 1;
        if self.reached < last {
            return Next::Look((2 * self.reached).clamp(1, last));
        }
        let is_unknown = |commit: &usize| self.seen[*commit] == Some(Seen::Unknown);
        let unknown = (self.bad + 1..=last).find(is_unknown);
        let middle = unknown.and_then(|unknown| self.middle(unknown));
        middle.or_else(|| self.widest_gap()).map_or(Next::Found(Found::NeverGood), Next::Look)
    }

    /// Somewhere among what can't be told a good one may be: in the middle of the most commits in a
    /// row that nobody looked at.
    fn widest_gap(&self) -> Option<usize> {
        if self.unknown() >= UNKNOWN_MAX {
            return None;
        }
        let (mut widest, mut begin) = (0..0, self.bad + 1);
        for commit in self.bad + 1..=self.seen.len() {
            if self.seen.get(commit).is_none_or(Option::is_some) {
                if commit - begin > widest.len() {
                    widest = begin..commit;
                }
                begin = commit + 1;
            }
        }
        (!widest.is_empty()).then(|| (widest.start + widest.end) / 2)
    }

    /// Of those between what is bad and `end` that nobody looked at, the one nearest to the middle.
    fn middle(&self, end: usize) -> Option<usize> {
        let middle = (self.bad + end) / 2;
        let open = (self.bad + 1..end).filter(|&commit| self.seen[commit].is_none());
        open.min_by_key(|commit| commit.abs_diff(middle))
    }
}

#[cfg(test)]
mod tests;
