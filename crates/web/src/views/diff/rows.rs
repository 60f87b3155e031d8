//! The rows of one file: lines by number, unified or side by side, with what is said at each.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::ops::Range;

use domain::comment::Side;
use maud::{Markup, PreEscaped, Render as _, html};
use syntax::highlight::{self, Span};

use super::asked::{Line, Look, View, letter};
use super::cell::code;
use super::{Shown, talk};
use crate::diff::{Budget, Comparison, File, Gap, Piece, changed_words, hunks};
use crate::views::text;

/// A gap that a script opens in steps of so many lines.
const GAP_STEP: usize = 40;

/// Writes one file's rows.
pub struct Rows<'a> {
    shown: &'a Shown,
    file: &'a File,
    comparison: &'a Comparison,
    old: Vec<Vec<Span>>,
    new: Vec<Vec<Span>>,
    comment_prefix: String,
    /// Lines at which something is said.
    spoken: HashSet<(Side, usize)>,
    /// Both versions end their lines alike, so that it needs no mark.
    hides_returns: bool,
    out: String,
    count: usize,
}

/// Which side a row's line is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Same,
    Gone,
    Came,
}

impl<'a> Rows<'a> {
    pub fn new(shown: &'a Shown, file: &'a File, comparison: &'a Comparison) -> Self {
        let old_path = file.moved_from.as_deref().unwrap_or(&file.path);
        let returns =
            |source: &crate::diff::Source| source.lines().any(|line| line.ends_with('\r'));
        let (old, new) = (&comparison.old, &comparison.new);
        Self {
            shown,
            file,
            comparison,
            old: highlight::lines(old_path, old.text()),
            new: highlight::lines(&file.path, new.text()),
            comment_prefix: shown.look.comment_prefix(),
            spoken: talk::spoken(shown, file),
            hides_returns: old.len() == 0 || new.len() == 0 || returns(old) == returns(new),
            out: String::with_capacity(16 * 1024),
            count: 0,
        }
    }

    fn look(&self) -> &'a Look {
        &self.shown.look
    }

    /// The whole table, and how many rows it has.
    pub fn table(mut self, budget: &mut Budget) -> (Markup, usize) {
        let view = self.look().view;
        let pins: Vec<(Side, usize)> =
            self.spoken.iter().map(|(side, line)| (*side, line - 1)).collect();
        let (hunks, last) = hunks(self.comparison, self.look().context, &pins);
        for (gap, hunk) in &hunks {
            self.gap(*gap);
            for piece in &hunk.pieces {
                match piece {
                    Piece::Same { old, new, len } => self.same(*old, *new, *len),
                    Piece::Changed(change) => {
                        let (old, new) = (change.old.clone(), change.new.clone());
                        let words = self.words(&old, &new, budget);
                        match view {
                            View::Unified => self.unified(old, new, &words),
                            View::Split => self.split(old, new, &words),
                        }
                    }
                }
            }
        }
        self.gap(last);
        let class = match view {
            View::Unified => "lines lines-unified",
            View::Split => "lines lines-split",
        };
        // Everything in it was written by the functions here, which escape.
        let rows = PreEscaped(self.out);
        // The widths are the columns': the first row may be one cell.
        let columns: &[&str] = match view {
            View::Unified => &["n", "n", "m", "t"],
            View::Split => &["n", "t", "n", "t"],
        };
        let table = html! {
            table class=(class) {
                colgroup { @for column in columns { col class=(column); } }
                tbody { (rows) }
            }
        };
        (table, self.count)
    }

    /// Only the rows of a gap, for a script.
    pub fn rows_of_gap(mut self, old: usize, new: usize, len: usize) -> Markup {
        let ends = |source: &crate::diff::Source, from: usize| source.len().saturating_sub(from);
        let len = len.min(ends(&self.comparison.old, old)).min(ends(&self.comparison.new, new));
        self.same(old, new, len);
        let rows = PreEscaped(self.out);
        html! { table { tbody { (rows) } } }
    }

    fn words(&self, old: &Range<usize>, new: &Range<usize>, budget: &mut Budget) -> Vec<Words> {
        let pairs = old.clone().zip(new.clone());
        pairs
            .map(|(old, new)| {
                changed_words(self.comparison.old.line(old), self.comparison.new.line(new), budget)
            })
            .collect()
    }

    fn gap(&mut self, gap: Gap) {
        if gap.len == 0 {
            return;
        }
        let (file, look) = (self.file.number, self.look());
        let noun = if gap.len == 1 { "line" } else { "lines" };
        html! {
            tr.gap data-old=(gap.old) data-new=(gap.new) data-len=(gap.len) data-step=(GAP_STEP)
                data-from=(look.gap(file, 0, 0, 0)) {
                td colspan="4" {
                    a href=(look.whole_file(file)) { (gap.len) " more " (noun) }
                }
            }
        }
        .render_to(&mut self.out);
    }

    fn same(&mut self, old: usize, new: usize, len: usize) {
        for at in 0..len {
            let (old, new) = (old + at, new + at);
            self.count += 1;
            self.out.push_str("<tr>");
            match self.look().view {
                View::Unified => {
                    self.number(Some((Side::Old, old)), Kind::Same);
                    self.number(Some((Side::New, new)), Kind::Same);
                    self.out.push_str("<td class=\"m\"></td>");
                    self.text(Some((Side::New, new)), Kind::Same, &[]);
                }
                View::Split => {
                    self.number(Some((Side::Old, old)), Kind::Same);
                    self.text(Some((Side::Old, old)), Kind::Same, &[]);
                    self.number(Some((Side::New, new)), Kind::Same);
                    self.text(Some((Side::New, new)), Kind::Same, &[]);
                }
            }
            self.out.push_str("</tr>");
            self.said(&[(Side::Old, old), (Side::New, new)]);
        }
    }

    fn unified(&mut self, old: Range<usize>, new: Range<usize>, words: &[Words]) {
        for (at, index) in old.enumerate() {
            let marks = words.get(at).map(|words| words.0.as_slice()).unwrap_or_default();
            self.row(Side::Old, index, Kind::Gone, marks);
        }
        for (at, index) in new.enumerate() {
            let marks = words.get(at).map(|words| words.1.as_slice()).unwrap_or_default();
            self.row(Side::New, index, Kind::Came, marks);
        }
    }

    fn row(&mut self, side: Side, index: usize, kind: Kind, marks: &[Range<usize>]) {
        self.count += 1;
        let (class, sign) = if kind == Kind::Gone { ("del", "−") } else { ("add", "+") };
        // Writing into a string can't fail.
        let _infallible = write!(self.out, "<tr class=\"{class}\">");
        let (old, new) = if side == Side::Old { (Some(index), None) } else { (None, Some(index)) };
        self.number(old.map(|old| (Side::Old, old)), kind);
        self.number(new.map(|new| (Side::New, new)), kind);
        let _infallible = write!(self.out, "<td class=\"m\">{sign}</td>");
        self.text(Some((side, index)), kind, marks);
        self.out.push_str("</tr>");
        self.said(&[(side, index)]);
    }

    fn split(&mut self, old: Range<usize>, new: Range<usize>, words: &[Words]) {
        for at in 0..old.len().max(new.len()) {
            self.count += 1;
            let left = Some(old.start + at).filter(|at| *at < old.end).map(|at| (Side::Old, at));
            let right = Some(new.start + at).filter(|at| *at < new.end).map(|at| (Side::New, at));
            let (gone, came) = match words.get(at) {
                Some((gone, came)) => (gone.as_slice(), came.as_slice()),
                None => Default::default(),
            };
            self.out.push_str("<tr class=\"both\">");
            self.number(left, Kind::Gone);
            self.text(left, Kind::Gone, gone);
            self.number(right, Kind::Came);
            self.text(right, Kind::Came, came);
            self.out.push_str("</tr>");
            let places: Vec<(Side, usize)> = left.into_iter().chain(right).collect();
            self.said(&places);
        }
    }

    /// A line's number, where comments are open a link to a form at the line.
    fn number(&mut self, place: Option<(Side, usize)>, kind: Kind) {
        let Some((side, index)) = place else {
            return self.out.push_str("<td class=\"n\"></td>");
        };
        let class = match kind {
            Kind::Same => "n",
            Kind::Gone => "n del",
            Kind::Came => "n add",
        };
        let (file, letter, number) = (self.file.number, letter(side), index + 1);
        let _infallible =
            write!(self.out, "<td class=\"{class}\"><a id=\"f{file}{letter}{number}\" href=\"");
        if self.look().is_open {
            self.comment_prefix.as_str().render_to(&mut self.out);
            let _infallible = write!(self.out, "{file}{letter}{number}");
        }
        let _infallible = write!(self.out, "#f{file}{letter}{number}\">{number}</a></td>");
    }

    fn text(&mut self, place: Option<(Side, usize)>, kind: Kind, marks: &[Range<usize>]) {
        let Some((side, index)) = place else {
            return self.out.push_str("<td class=\"t none\"></td>");
        };
        let (source, spans) = match side {
            Side::Old => (&self.comparison.old, &self.old),
            Side::New => (&self.comparison.new, &self.new),
        };
        let mut line = source.line(index);
        if kind == Kind::Same || self.hides_returns {
            line = line.strip_suffix('\r').unwrap_or(line);
        }
        self.out.push_str(match kind {
            Kind::Same => "<td class=\"t\" dir=\"ltr\">",
            Kind::Gone => "<td class=\"t del\" dir=\"ltr\">",
            Kind::Came => "<td class=\"t add\" dir=\"ltr\">",
        });
        let spans = spans.get(index).map(Vec::as_slice).unwrap_or_default();
        code(&mut self.out, line, spans, marks);
        if source.is_open_end(index) {
            self.out.push_str("<span class=\"no-end\">no line break at the end</span>");
        }
        self.out.push_str("</td>");
    }

    /// What is said of these lines, and the form for more where it was asked for.
    fn said(&mut self, places: &[(Side, usize)]) {
        for (side, index) in places {
            let number = index + 1;
            if !self.spoken.contains(&(*side, number)) {
                continue;
            }
            let line = Line { file: self.file.number, side: *side, number };
            let said = talk::at_line(self.shown, self.file, line);
            html! {
                tr.said { td colspan="4" { (said) } }
            }
            .render_to(&mut self.out);
        }
    }
}

/// Changed bytes of a line before, and of the one after.
type Words = (Vec<Range<usize>>, Vec<Range<usize>>);

/// Something isn't valid UTF-8, or all line ends are CRLF: once for the file instead of at each line.
pub fn remarks(file: &File, comparison: &Comparison) -> Vec<String> {
    let mut remarks = Vec::new();
    if comparison.old.is_lossy || comparison.new.is_lossy {
        remarks.push("not all of it is valid UTF-8; what isn't is marked".into());
    }
    let returns = |source: &crate::diff::Source| source.lines().any(|line| line.ends_with('\r'));
    match (returns(&comparison.old), returns(&comparison.new)) {
        (false, true) if file.old.is_some() => remarks.push("line ends become CRLF".into()),
        (true, false) if file.new.is_some() => remarks.push("line ends become LF".into()),
        (_, true) => remarks.push("CRLF line ends".into()),
        _ => {}
    }
    let odd = comparison.new.lines().filter(|line| has_odd(line)).count();
    if odd > 0 {
        let noun = if odd == 1 { "line has" } else { "lines have" };
        remarks.push(format!("{odd} {noun} characters that can't be seen or could deceive"));
    }
    remarks
}

fn has_odd(line: &str) -> bool {
    let line = line.strip_suffix('\r').unwrap_or(line);
    !text::is_plain(line)
        && line
            .chars()
            .any(|char| char != '\t' && !char.is_ascii_graphic() && text::words(char).is_some())
}
