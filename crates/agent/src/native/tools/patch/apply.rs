//! Works out what files become under a patch. Pure. Lines must match exactly, but for white space
//! at their ends, and where that differs it is told; where they don't match, the message shows the
//! nearest place as it really is.

use std::collections::BTreeMap;

use super::parse::{Edit, Hunk, Line};
use super::{Failure, Texts};

/// Places that are named where lines fit in several.
const PLACES_SHOWN_MAX: usize = 5;
/// Lines that are shown of the place that nearly fits.
const NEAREST_LINES_MAX: usize = 30;

/// What a patch makes of the files that it touches.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Applied {
    /// `None` for one that is gone.
    pub after: Texts,
    /// Files that came from another one's place, whose permissions they keep: to, from.
    pub moved: BTreeMap<String, String>,
    /// What the model should know about how its lines were found.
    pub notes: Vec<String>,
}

pub(super) fn apply(edits: &[Edit], before: &Texts) -> Result<Applied, Failure> {
    let mut applied = Applied { after: before.clone(), ..Applied::default() };
    for edit in edits {
        let path = edit.path();
        let old = applied.after.get(path).cloned().flatten();
        match (edit, old) {
            (Edit::Add { lines, .. }, None) => applied.put(path, Some(whole(lines))),
            (Edit::Add { .. }, Some(_)) => {
                return Err(format!("{path} is already there; change it with Update File"));
            }
            (Edit::Delete { .. }, Some(_)) => applied.put(path, None),
            (Edit::Update { hunks, to, .. }, Some(old)) => {
                let new = update(path, &old, hunks, &mut applied.notes)?;
                applied.update(path, to.as_deref().filter(|to| *to != path), new)?;
            }
            (Edit::Delete { .. } | Edit::Update { .. }, None) => {
                return Err(format!("there is no file {path}"));
            }
        }
    }
    Ok(applied)
}

impl Applied {
    fn put(&mut self, path: &str, text: Option<String>) {
        self.after.insert(path.to_owned(), text);
    }

    fn update(&mut self, path: &str, to: Option<&str>, text: String) -> Result<(), Failure> {
        let Some(to) = to else {
            self.put(path, Some(text));
            return Ok(());
        };
        if self.after.get(to).is_some_and(Option::is_some) {
            return Err(format!("{path} can't be moved: {to} is already there"));
        }
        let from = self.moved.remove(path).unwrap_or_else(|| path.to_owned());
        self.moved.insert(to.to_owned(), from);
        self.put(path, None);
        self.put(to, Some(text));
        Ok(())
    }
}

fn whole(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn update(
    path: &str,
    old: &str,
    hunks: &[Hunk],
    notes: &mut Vec<String>,
) -> Result<String, Failure> {
    // The patch doesn't say how lines end, so the file does.
    let windows = old.contains("\r\n") && !old.replace("\r\n", "").contains('\n');
    let old = if windows { old.replace("\r\n", "\n") } else { old.to_owned() };
    let mut file = File::new(path, &old);
    for hunk in hunks {
        file.change(hunk)?;
    }
    notes.append(&mut file.notes);
    let new = file.finish();
    Ok(if windows { new.replace('\n', "\r\n") } else { new })
}

/// A file on the way: `done` has what comes before `next` in the old lines.
struct File<'a> {
    path: &'a str,
    old: Vec<&'a str>,
    next: usize,
    done: Vec<String>,
    ends_with_newline: bool,
    notes: Vec<String>,
}

impl<'a> File<'a> {
    fn new(path: &'a str, text: &'a str) -> Self {
        let ends_with_newline = text.is_empty() || text.ends_with('\n');
        let old = text.split_terminator('\n').collect();
        Self { path, old, next: 0, done: Vec::new(), ends_with_newline, notes: Vec::new() }
    }

    fn change(&mut self, hunk: &Hunk) -> Result<(), Failure> {
        let anchored = hunk.anchor.as_deref().map(|anchor| self.find_anchor(anchor)).transpose()?;
        let at = self.find(hunk, anchored)?;
        self.keep_until(at);
        for line in &hunk.lines {
            match line {
                // The file's own line, which may differ in white space at its end.
                Line::Stays(_) => self.keep_until(self.next + 1),
                Line::Goes(_) => self.next += 1,
                Line::Comes(text) => self.done.push(text.clone()),
            }
        }
        Ok(())
    }

    fn keep_until(&mut self, end: usize) {
        self.done.extend(self.old[self.next..end].iter().map(|line| (*line).to_owned()));
        self.next = end;
    }

    fn finish(mut self) -> String {
        self.keep_until(self.old.len());
        let text = self.done.join("\n");
        if self.ends_with_newline && !text.is_empty() { text + "\n" } else { text }
    }

    /// Where to look on: the line that fits the anchor, which may itself be in the hunk.
    fn find_anchor(&self, anchor: &str) -> Result<usize, Failure> {
        let fits = |line: &str| line.trim() == anchor || line.trim_start().starts_with(anchor);
        let found = (self.next..self.old.len()).find(|&at| fits(self.old[at]));
        found.ok_or_else(|| {
            let after = self.position();
            format!("{}: no line begins with {anchor:?}{after}", self.path)
        })
    }

    fn position(&self) -> String {
        match self.next {
            0 => String::new(),
            next => format!(" after line {next}, where the part before it ended"),
        }
    }

    /// Where the hunk's old lines are. The first place after an anchor; without one, the only
    /// place; at the end of the file, the last one.
    fn find(&mut self, hunk: &Hunk, anchored: Option<usize>) -> Result<usize, Failure> {
        let wanted = old_lines(hunk);
        if wanted.is_empty() {
            let after = anchored.filter(|_| !hunk.at_end);
            return Ok(after.map_or(self.old.len(), |at| at + 1));
        }
        let from = anchored.unwrap_or(self.next);
        let mut places = self.places(&wanted, from, |have, want| have == want);
        let is_exact = !places.is_empty();
        if !is_exact {
            places = self.places(&wanted, from, |have, want| have.trim_end() == want.trim_end());
        }
        if hunk.at_end {
            places.retain(|at| at + wanted.len() == self.old.len());
        }
        match (places[..].first(), anchored) {
            (None, _) => Err(self.no_match(&wanted, from)),
            (Some(_), None) if places.len() > 1 => Err(self.ambiguous(&places)),
            (Some(&at), _) => {
                if !is_exact {
                    self.note(at);
                }
                Ok(at)
            }
        }
    }

    fn note(&mut self, at: usize) {
        let (path, line) = (self.path, at + 1);
        self.notes
            .push(format!("{path}: from line {line} the white space at lines' ends differed"));
    }

    fn places(&self, wanted: &[&str], from: usize, same: fn(&str, &str) -> bool) -> Vec<usize> {
        let fits =
            |at: &usize| wanted.iter().zip(&self.old[*at..]).all(|(want, have)| same(have, want));
        let last = (self.old.len() + 1).saturating_sub(wanted.len());
        (from..last).filter(fits).collect()
    }

    fn ambiguous(&self, places: &[usize]) -> Failure {
        let shown = places.iter().take(PLACES_SHOWN_MAX).map(|at| (at + 1).to_string());
        let shown: Vec<String> = shown.collect();
        format!(
            "{}: the lines fit in {} places (from line {}): give more lines around the change, or \
             a line above it after @@",
            self.path,
            places.len(),
            shown.join(", ")
        )
    }

    fn no_match(&self, wanted: &[&str], from: usize) -> Failure {
        let (path, wanted_text) = (self.path, wanted.join("\n"));
        let start = self.position();
        let nearest = self.nearest(wanted, from);
        let Some(at) = nearest else {
            return format!("{path}: these lines are not in the file{start}:\n{wanted_text}");
        };
        let shown = wanted.len().min(NEAREST_LINES_MAX);
        let end = (at + shown).min(self.old.len());
        let have = self.old[at..end].join("\n");
        format!(
            "{path}: these lines are not in the file{start}:\n{wanted_text}\nThe nearest is lines \
             {} to {end}:\n{have}",
            at + 1
        )
    }

    /// The place where most lines fit, white space aside; none where not one does.
    fn nearest(&self, wanted: &[&str], from: usize) -> Option<usize> {
        let score = |at: usize| {
            let pairs = wanted.iter().zip(&self.old[at..]);
            pairs
                .filter(|(want, have)| !want.trim().is_empty() && want.trim() == have.trim())
                .count()
        };
        let scored = (from..self.old.len()).map(|at| (score(at), std::cmp::Reverse(at)));
        scored.max().filter(|(score, _)| *score > 0).map(|(_, at)| at.0)
    }
}

fn old_lines(hunk: &Hunk) -> Vec<&str> {
    let old = hunk.lines.iter().filter_map(|line| match line {
        Line::Stays(text) | Line::Goes(text) => Some(text.as_str()),
        Line::Comes(_) => None,
    });
    old.collect()
}

#[cfg(test)]
mod tests;
