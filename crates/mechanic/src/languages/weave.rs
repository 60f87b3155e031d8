//! A text with things woven into it, counters and switches, and edits of the bare text carried
//! over to the woven one. Pure; knows no language.

use std::ops::Range;

use syntax::edit::Replacement;

/// Collects what is to be woven into a text, parents before what is in them.
#[derive(Debug, Default)]
pub struct Weave {
    threads: Vec<Thread>,
}

/// Something put in at one place.
#[derive(Debug)]
struct Thread {
    at: usize,
    kind: Kind,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Open,
    /// Ends what was opened there, as the thread of that number.
    Close {
        opened: usize,
        number: usize,
    },
}

impl Thread {
    /// At the very place where something is put in, what begins there is before it and what ends
    /// there is after it.
    fn is_before(&self, edit: &Range<usize>) -> bool {
        let at_start = self.kind == Kind::Open || !edit.is_empty();
        self.at < edit.start || self.at == edit.start && at_start
    }

    fn is_after(&self, edit: &Range<usize>) -> bool {
        let at_end = self.kind != Kind::Open || !edit.is_empty();
        self.at > edit.end || self.at == edit.end && at_end
    }
}

impl Weave {
    pub fn put(&mut self, at: usize, text: impl Into<String>) {
        self.threads.push(Thread { at, kind: Kind::Open, text: text.into() });
    }

    pub fn wrap(&mut self, range: Range<usize>, before: impl Into<String>, after: &str) {
        let kind = Kind::Close { opened: range.start, number: self.threads.len() };
        self.put(range.start, before);
        self.threads.push(Thread { at: range.end, kind, text: after.into() });
    }

    /// What ends somewhere comes before what begins there, the inner before the outer.
    pub fn finish(mut self) -> Woven {
        self.threads.sort_by_key(|thread| match thread.kind {
            Kind::Close { number, .. } => (thread.at, 0, usize::MAX - number),
            Kind::Open => (thread.at, 1, 0),
        });
        Woven { threads: self.threads }
    }
}

/// What is woven into one text, in order.
#[derive(Debug, Default)]
pub struct Woven {
    threads: Vec<Thread>,
}

impl Woven {
    /// The part of the text in `range`, with everything in it that belongs to the part.
    pub fn part(&self, text: &str, range: Range<usize>) -> String {
        let mut out = String::with_capacity(2 * range.len());
        let mut at = range.start;
        for thread in self.within(&range) {
            out.push_str(&text[at..thread.at]);
            out.push_str(&thread.text);
            at = thread.at;
        }
        out.push_str(&text[at..range.end]);
        out
    }

    /// The same with an edit in it, whose replacements go from top to bottom. `None` if one is
    /// outside, takes away one end of a pair, or can't be told to which side it belongs.
    pub fn edited(&self, text: &str, range: Range<usize>, edit: &[Replacement]) -> Option<String> {
        let mut out = String::with_capacity(2 * range.len());
        let mut last: Option<&Replacement> = None;
        let ends = edit.iter().map(Some).chain([None]);
        for next in ends {
            let start = last.map_or(range.start, |last| last.range.end);
            let end = next.map_or(range.end, |next| next.range.start);
            if start > end || end > range.end || next.is_some_and(|next| self.is_torn(&next.range))
            {
                return None;
            }
            let belongs = |thread: &&Thread| {
                last.is_none_or(|last| thread.is_after(&last.range))
                    && next.is_none_or(|next| thread.is_before(&next.range))
            };
            let mut at = start;
            for thread in self.within(&range).filter(belongs) {
                out.push_str(text.get(at..thread.at)?);
                out.push_str(&thread.text);
                at = thread.at;
            }
            out.push_str(text.get(at..end)?);
            out.push_str(next.map_or("", |next| &next.text));
            last = next;
        }
        Some(out)
    }

    fn within(&self, range: &Range<usize>) -> impl Iterator<Item = &Thread> {
        let Range { start, end } = *range;
        self.threads.iter().filter(move |thread| match thread.kind {
            Kind::Close { .. } => thread.at > start && thread.at <= end,
            Kind::Open => thread.at >= start && thread.at < end,
        })
    }

    fn is_torn(&self, edit: &Range<usize>) -> bool {
        let inside = |at: usize| edit.start < at && at < edit.end;
        let torn = self.threads.iter().any(|thread| match thread.kind {
            Kind::Open => false,
            Kind::Close { opened, .. } => {
                inside(opened) && thread.at >= edit.end || inside(thread.at) && opened <= edit.start
            }
        });
        torn || edit.is_empty() && self.is_between(edit.start)
    }

    /// Whether one thing ends there and another begins.
    fn is_between(&self, at: usize) -> bool {
        let mut ends = [false; 2];
        for thread in self.threads.iter().filter(|thread| thread.at == at) {
            ends[usize::from(thread.kind == Kind::Open)] = true;
        }
        ends == [true; 2]
    }
}

#[cfg(test)]
mod tests;
