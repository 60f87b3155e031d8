//! Delta debugging as a machine: which units could go, half of them at once at first, then fewer,
//! until each that is left is needed. Pure; whoever drives it says what holds.

/// Some of the units `0..n`, in order.
pub type Units = Vec<usize>;

#[derive(Debug)]
pub struct Shrink {
    kept: Units,
    /// How many are left out at once.
    chunk: usize,
    /// Where the chunk that is left out next begins.
    at: usize,
    /// Something went since the last pass over all began.
    moved: bool,
}

impl Shrink {
    pub fn new(units: usize) -> Self {
        Self { kept: (0..units).collect(), chunk: units.div_ceil(2).max(1), at: 0, moved: false }
    }

    /// What is known to hold.
    pub fn kept(&self) -> &[usize] {
        &self.kept
    }

    /// What to try: fewer units than are kept. `None` when each of them is needed.
    pub fn next(&self) -> Option<Units> {
        if self.is_done() {
            return None;
        }
        let (before, rest) = self.kept.split_at(self.at);
        Some(before.iter().chain(rest.iter().skip(self.chunk)).copied().collect())
    }

    /// Whether what [`Self::next`] said holds.
    pub fn answer(&mut self, holds: bool) {
        let Some(fewer) = self.next() else { return };
        if holds {
            self.kept = fewer;
            self.moved = true;
        } else {
            self.at += self.chunk;
        }
        if self.at >= self.kept.len() {
            self.begin_a_pass();
        }
    }

    /// With smaller chunks; with single units as often as that helps.
    fn begin_a_pass(&mut self) {
        self.at = 0;
        if self.chunk == 1 && !self.moved {
            self.chunk = 0;
        } else {
            self.chunk = self.chunk.min(self.kept.len()).div_ceil(2).max(1);
            self.moved = false;
        }
    }

    fn is_done(&self) -> bool {
        self.chunk == 0 || self.kept.is_empty()
    }
}

#[cfg(test)]
mod tests;
