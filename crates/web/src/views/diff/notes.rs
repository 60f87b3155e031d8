//! What the evidence says of single lines: faults that no test notices, and findings.

use std::collections::HashMap;

use domain::Evidence;
use domain::comment::Side;
use domain::evidence::{Finding, Kind, Mutant, Weight};

/// Notes at one line, and at one file.
const LINE_NOTES_MAX: usize = 8;
const FILE_NOTES_MAX: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub side: Side,
    /// Counted from 1; 0 where it is about the whole file.
    pub line: usize,
    pub tone: Tone,
    pub what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Warning,
    Bad,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A fault that was put in and that no test noticed: the line before, and with it.
    Mutant { before: String, after: String },
    /// A sentence, which may quote the change.
    Finding(String),
}

/// By path, in the order of lines.
#[derive(Debug, Default)]
pub struct Notes(HashMap<String, Vec<Note>>);

impl Notes {
    pub fn of(evidence: &Evidence) -> Self {
        let mut notes = Self::default();
        for finding in &evidence.findings {
            if let Some(path) = &finding.path {
                notes.push(path, of_finding(finding));
            }
        }
        for mutant in &evidence.mutation.survivors {
            notes.push(&mutant.path, of_mutant(mutant));
        }
        for of_file in notes.0.values_mut() {
            of_file.sort_by_key(|note| note.line);
            of_file.truncate(FILE_NOTES_MAX);
        }
        notes
    }

    fn push(&mut self, path: &str, note: Note) {
        self.0.entry(path.to_owned()).or_default().push(note);
    }

    pub fn at(&self, path: &str, side: Side, line: usize) -> impl Iterator<Item = &Note> {
        let of_file = self.of_file(path).iter();
        of_file.filter(move |note| note.side == side && note.line == line).take(LINE_NOTES_MAX)
    }

    pub fn of_file(&self, path: &str) -> &[Note] {
        self.0.get(path).map(Vec::as_slice).unwrap_or_default()
    }
}

fn of_finding(finding: &Finding) -> Note {
    // What was removed is at its place in base's file.
    let side = match finding.kind {
        Kind::TestDeleted => Side::Old,
        _of_head => Side::New,
    };
    let tone = match finding.weight {
        Weight::Note => Tone::Plain,
        Weight::Warning => Tone::Warning,
        Weight::Objection => Tone::Bad,
    };
    let line = finding.line.unwrap_or(0) as usize;
    Note { side, line, tone, what: What::Finding(finding.text.clone()) }
}

fn of_mutant(mutant: &Mutant) -> Note {
    let (before, after) = fault(&mutant.diff);
    let line = mutant.line as usize;
    Note { side: Side::New, line, tone: Tone::Warning, what: What::Mutant { before, after } }
}

/// The lines that a fault's diff takes away and puts in.
pub fn fault(diff: &str) -> (String, String) {
    let lines = |mark: char, header: &str| {
        let of_mark =
            diff.lines().filter(|line| line.starts_with(mark) && !line.starts_with(header));
        of_mark.map(|line| line[1..].trim()).collect::<Vec<_>>().join(" ")
    };
    (lines('-', "--- "), lines('+', "+++ "))
}
