//! What of a change is asked for, and the addresses of everything else that could be.

use domain::comment::Side;
use domain::{AttemptId, CommentId, TaskId};
use serde::Deserialize;

use crate::diff::{File, Sheet};

/// Lines around a change, where nothing else is asked for.
const CONTEXT: usize = 3;
/// More than this is the whole file.
const CONTEXT_MAX: usize = 1_000_000;

/// The query of the page's address. What can't be read is as if it weren't there.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    view: String,
    file: String,
    context: String,
    comment: String,
    edit: String,
    gap: String,
    at: String,
}

/// A line by its file's path, as other pages link to it: `?at=PATH:SIDE:LINE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByPath<'a> {
    path: &'a str,
    side: Side,
    /// Counted from 1; 0 is the file.
    line: usize,
}

impl Raw {
    pub fn of_view(view: &str) -> Self {
        Self { view: view.to_owned(), ..Self::default() }
    }

    pub fn place(&self) -> Option<ByPath<'_>> {
        let (rest, line) = self.at.rsplit_once(':')?;
        let (path, side) = rest.rsplit_once(':')?;
        let side = if side == Side::Old.as_str() { Side::Old } else { Side::New };
        Some(ByPath { path, side, line: line.parse().unwrap_or(0) })
    }
}

impl ByPath<'_> {
    /// Where that is on the attempt's page; the page's top where the change has no such file.
    pub fn address(&self, id: &AttemptId, sheet: &Sheet) -> String {
        let page = format!("/attempts/{id}/diff");
        let is_it =
            |file: &&File| file.path == self.path || file.moved_from.as_deref() == Some(self.path);
        match sheet.files.iter().find(is_it) {
            Some(file) if self.line > 0 => {
                format!("{page}#f{}{}{}", file.number, letter(self.side), self.line)
            }
            Some(file) => format!("{page}#f{}", file.number),
            None => page,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    Unified,
    Split,
}

/// A line of a file of this change: `3R12`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    pub file: usize,
    pub side: Side,
    /// Counted from 1.
    pub number: usize,
}

#[derive(Debug, Clone)]
pub struct Look {
    /// Without its query.
    pub base: String,
    /// What must stay in the query, as `&a=1&b=2`.
    kept: String,
    pub view: View,
    /// Only this file.
    pub file: Option<usize>,
    pub context: usize,
    /// Where a comment is to be written.
    pub comment: Option<Line>,
    /// Which comment is to be edited.
    pub edit: Option<CommentId>,
    /// Only the rows of these lines: where they begin in both files, and how many.
    pub gap: Option<(usize, usize, usize)>,
    /// Whether comments can be written here.
    pub is_open: bool,
}

impl Look {
    pub fn of_change(id: &AttemptId, raw: &Raw) -> Self {
        Self::new(format!("/attempts/{id}/diff"), String::new(), true, raw)
    }

    pub fn between(id: &TaskId, (a, b): (u32, u32), raw: &Raw) -> Self {
        Self::new(format!("/tasks/{id}/diff"), format!("&a={a}&b={b}"), false, raw)
    }

    fn new(base: String, kept: String, is_open: bool, raw: &Raw) -> Self {
        let view = if raw.view == "split" { View::Split } else { View::Unified };
        let context = match raw.context.as_str() {
            "all" => CONTEXT_MAX,
            other => other.parse().unwrap_or(CONTEXT).min(CONTEXT_MAX),
        };
        let gap = || {
            let mut numbers = raw.gap.split(',').map(str::parse);
            Some((numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?))
        };
        Self {
            base,
            kept,
            view,
            file: raw.file.parse().ok(),
            context,
            comment: if is_open { Line::parse(&raw.comment) } else { None },
            edit: raw.edit.parse().ok(),
            gap: gap(),
            is_open,
        }
    }

    /// The same page with another query; `more` as `&name=value`.
    fn address(&self, view: View, file: Option<usize>, more: &str) -> String {
        let mut query = self.kept.clone();
        if view == View::Split {
            query.push_str("&view=split");
        }
        if let Some(file) = file {
            query.push_str(&format!("&file={file}"));
        }
        query.push_str(more);
        match query.strip_prefix('&') {
            Some(query) => format!("{}?{query}", self.base),
            None => self.base.clone(),
        }
    }

    pub fn with_view(&self, view: View) -> String {
        self.address(view, self.file, &self.context_query())
    }

    /// Only that file.
    pub fn with_file(&self, file: usize) -> String {
        format!("{}#f{file}", self.address(self.view, Some(file), ""))
    }

    /// That file with all its lines.
    pub fn whole_file(&self, file: usize) -> String {
        self.address(self.view, Some(file), "&context=all")
    }

    pub fn all_files(&self) -> String {
        self.address(self.view, None, "")
    }

    /// The rows of a gap, for a script.
    pub fn gap(&self, file: usize, old: usize, new: usize, len: usize) -> String {
        self.address(self.view, Some(file), &format!("&gap={old},{new},{len}"))
    }

    /// With the comment's text in a form.
    pub fn editing(&self, id: &CommentId) -> String {
        let more = format!("{}&edit={id}", self.context_query());
        format!("{}#c-{id}", self.address(self.view, self.file, &more))
    }

    /// What each line's number links to begins with this; `3R12#f3R12` follows.
    pub fn comment_prefix(&self) -> String {
        let mut prefix = self.address(self.view, self.file, &self.context_query());
        prefix.replace_range(..self.base.len(), "");
        prefix.push_str(if prefix.is_empty() { "?comment=" } else { "&comment=" });
        prefix
    }

    /// Where to go back to after something was done here.
    pub fn back(&self) -> String {
        self.address(self.view, self.file, &self.context_query())
    }

    fn context_query(&self) -> String {
        match self.context {
            CONTEXT => String::new(),
            CONTEXT_MAX => "&context=all".into(),
            other => format!("&context={other}"),
        }
    }
}

impl Line {
    pub fn parse(text: &str) -> Option<Self> {
        let at = text.find(['L', 'R'])?;
        let side = if text[at..].starts_with('L') { Side::Old } else { Side::New };
        let number = text[at + 1..].parse().ok().filter(|number| *number > 0)?;
        Some(Self { file: text[..at].parse().ok()?, side, number })
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}{}", self.file, letter(self.side), self.number)
    }
}

/// As in an anchor: `f3L12`, `f3R12`.
pub fn letter(side: Side) -> char {
    match side {
        Side::Old => 'L',
        Side::New => 'R',
    }
}
