//! Searching files for a pattern, by ripgrep's rules and with its crates: what `.gitignore`,
//! `.ignore` and `.git/info/exclude` name is left out, as are hidden and binary files; paths come
//! in order. A `.gitignore` counts with or without a `.git` beside it; what a person's own git
//! settings ignore doesn't count.
//!
//! One [`Tree`] is a folder of the file system that this process sees, another an archive in
//! memory; the rules are the same for both. The tree is hostile: nothing but regular files is
//! ever opened, no link is followed but the root, and all that is kept has a limit.

mod archive;
mod disk;
mod report;
mod rules;
mod tree;
mod walk;

use std::cell::Cell;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::{BinaryDetection, MmapChoice, Searcher, SearcherBuilder};
use serde::{Deserialize, Serialize};

use self::report::FileSink;
use self::tree::{Kind, Timed, Tree};
use self::walk::Walk;
use crate::{Error, WORKSPACE};

pub(crate) use self::archive::{Archive, pieces};
pub(crate) use self::disk::Disk;

/// For one search; what was found until then is told.
pub(crate) const SEARCH_TIME: Duration = Duration::from_secs(20);
/// Beyond that whoever searches is stopped: it hangs.
pub(crate) const SEARCH_TIME_MAX: Duration = Duration::from_secs(30);
/// Lines around a match, on each side.
const CONTEXT_LINES_MAX: u32 = 100;
/// Of what is found, whatever was asked for.
const FOUND_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Of one search's answer without the text.
pub(crate) const ANSWER_BYTES_MAX: u64 = 64 * 1024;
/// A line that is longer than this isn't text, and its file is left out.
const HEAP_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Of a compiled pattern.
const PATTERN_BYTES_MAX: usize = 10 * 1024 * 1024;

/// What to search for, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// A regular expression, as ripgrep takes it.
    pub pattern: String,
    /// A folder or a file; what is relative begins at [`WORKSPACE`].
    pub root: PathBuf,
    /// As ripgrep's `--glob`: only what matches one is searched; one that begins with `!` leaves
    /// out. Relative to `root`.
    pub globs: Vec<String>,
    pub ignore_case: bool,
    /// Whether hidden files are searched too; `.git` never is.
    pub hidden: bool,
    /// Lines before and after each match that are shown with it, 100 at most.
    pub before: u32,
    pub after: u32,
    /// Lines that match, of all files together.
    pub matches_max: u32,
    /// Of [`Found::text`]; 8 MiB at most.
    pub bytes_max: u64,
    /// Only the paths of files that have a match.
    pub files_only: bool,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            pattern: String::new(),
            root: WORKSPACE.into(),
            globs: Vec::new(),
            ignore_case: false,
            hidden: false,
            before: 0,
            after: 0,
            matches_max: 1000,
            bytes_max: 256 * 1024,
            files_only: false,
        }
    }
}

impl Search {
    /// Where it begins inside.
    pub(crate) fn root(&self) -> PathBuf {
        Path::new(WORKSPACE).join(&self.root)
    }

    /// With what nobody may ask for more of.
    pub(crate) fn bounded(&self) -> Self {
        Self {
            before: self.before.min(CONTEXT_LINES_MAX),
            after: self.after.min(CONTEXT_LINES_MAX),
            bytes_max: self.bytes_max.min(FOUND_BYTES_MAX),
            ..self.clone()
        }
    }
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// `path:line:text` lines, paths relative to the root; lines around a match are
    /// `path-line-text`, with `--` between groups. Long lines are cut. Control characters in paths
    /// are escaped; text is as it is in the file.
    pub text: String,
    /// Lines that match; with [`Search::files_only`] the files.
    pub matches: u64,
    /// That have a match.
    pub files: u64,
    /// More may match: a limit was reached.
    pub truncated: bool,
}

/// What whoever searched says besides the text.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    Found { matches: u64, files: u64, truncated: bool },
    Pattern(String),
    Root { missing: bool, why: String },
}

impl Answer {
    /// Together with the text.
    pub(crate) fn found(self, search: &Search, text: &[u8], cut: bool) -> Result<Found, Error> {
        match self {
            Self::Found { matches, files, truncated } => {
                let text = String::from_utf8_lossy(text).into_owned();
                Ok(Found { text, matches, files, truncated: truncated || cut })
            }
            Self::Pattern(why) => Err(Error::Pattern(why)),
            Self::Root { missing, why } => {
                let kind = if missing { io::ErrorKind::NotFound } else { io::ErrorKind::Other };
                Err(failed(search, io::Error::new(kind, why)))
            }
        }
    }
}

pub(crate) fn failed(search: &Search, source: io::Error) -> Error {
    Error::Search { root: search.root(), source }
}

/// Searches in this process and keeps the text.
pub(crate) fn search_here(tree: &dyn Tree, root: &Path, search: &Search) -> Result<Found, Error> {
    let mut text = Vec::new();
    let answer = run(tree, root, search, &mut text).map_err(|source| failed(search, source))?;
    answer.found(search, &text, false)
}

/// Searches, and writes the text as it is found. An error is one of writing.
pub(crate) fn run(
    tree: &dyn Tree,
    root: &Path,
    search: &Search,
    out: &mut dyn Write,
) -> io::Result<Answer> {
    let search = &search.bounded();
    let matcher = match matcher(search) {
        Ok(matcher) => matcher,
        Err(why) => return Ok(Answer::Pattern(why)),
    };
    let (root, kind) = match tree.root(root) {
        Ok(root) => root,
        Err(error) => return Ok(refused(&error)),
    };
    let until = Instant::now() + SEARCH_TIME;
    let mut hunt = Hunt::new(tree, &root, search, matcher, out, until);
    match kind {
        Kind::File => {
            if hunt.visit(&root)?.is_continue() {
                hunt.out.flush()?;
            }
            Ok(hunt.answer())
        }
        Kind::Folder => match Walk::new(tree, &root, search, until) {
            Ok(walk) => hunt.follow(walk),
            Err(walk::Refused::Glob(why)) => Ok(Answer::Pattern(why)),
            Err(walk::Refused::Root(error)) => Ok(refused(&error)),
        },
        Kind::Other => {
            let why = "it is neither a folder nor a regular file".into();
            Ok(Answer::Root { missing: false, why })
        }
    }
}

fn refused(error: &io::Error) -> Answer {
    let missing = matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
    let why = if missing { "there is no such file or folder".into() } else { error.to_string() };
    Answer::Root { missing, why }
}

/// An error is in ripgrep's words.
fn matcher(search: &Search) -> Result<RegexMatcher, String> {
    let mut builder = RegexMatcherBuilder::new();
    builder.case_insensitive(search.ignore_case).multi_line(true).unicode(true);
    builder.line_terminator(Some(b'\n')).size_limit(PATTERN_BYTES_MAX);
    builder.build(&search.pattern).map_err(|error| error.to_string())
}

fn searcher(search: &Search) -> Searcher {
    let lines = |lines: u32| usize::try_from(lines).unwrap_or(usize::MAX);
    let context = |wanted: u32| if search.files_only { 0 } else { lines(wanted) };
    SearcherBuilder::new()
        .line_number(true)
        .before_context(context(search.before))
        .after_context(context(search.after))
        .binary_detection(BinaryDetection::quit(0))
        .memory_map(MmapChoice::never())
        .heap_limit(Some(HEAP_BYTES_MAX))
        .build()
}

/// One search under way.
struct Hunt<'a> {
    tree: &'a dyn Tree,
    root: &'a Path,
    search: &'a Search,
    matcher: RegexMatcher,
    searcher: Searcher,
    out: &'a mut dyn Write,
    until: Instant,
    /// What may still be written.
    room: usize,
    matches: u64,
    files: u64,
    truncated: bool,
}

impl<'a> Hunt<'a> {
    fn new(
        tree: &'a dyn Tree,
        root: &'a Path,
        search: &'a Search,
        matcher: RegexMatcher,
        out: &'a mut dyn Write,
        until: Instant,
    ) -> Self {
        let room = usize::try_from(search.bytes_max).unwrap_or(usize::MAX);
        let (searcher, matches, files, truncated) = (searcher(search), 0, 0, false);
        Self { tree, root, search, matcher, searcher, out, until, room, matches, files, truncated }
    }

    fn follow(mut self, mut walk: Walk) -> io::Result<Answer> {
        while let Some(file) = walk.next_file() {
            if self.visit(&file)?.is_break() {
                break;
            }
        }
        self.truncated |= walk.was_cut();
        self.out.flush()?;
        Ok(self.answer())
    }

    fn answer(&self) -> Answer {
        let Self { matches, files, truncated, .. } = *self;
        Answer::Found { matches, files, truncated }
    }

    /// Breaks where a limit is reached. A file that can't be read is passed over, as one that is
    /// binary is.
    fn visit(&mut self, path: &Path) -> io::Result<ControlFlow<()>> {
        let Ok(file) = self.tree.open(path) else { return Ok(ControlFlow::Continue(())) };
        let late = Cell::new(false);
        let timed = Timed { inner: file, until: self.until, late: &late };
        let matches_left = u64::from(self.search.matches_max).saturating_sub(self.matches);
        let name = report::shown(path.strip_prefix(self.root).unwrap_or(path), path);
        let mut sink =
            FileSink::new(&self.matcher, &name, self.search.files_only, matches_left, self.room);
        let read = self.searcher.search_reader(&self.matcher, timed, &mut sink);
        let found = sink.end();
        if found.binary || (read.is_err() && !late.get()) {
            return Ok(ControlFlow::Continue(()));
        }
        if found.matches > 0 {
            self.write(&found.text)?;
            self.matches += found.matches;
            self.files += 1;
        }
        self.truncated |= found.cut || late.get();
        Ok(if self.truncated { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        self.room = self.room.saturating_sub(text.len());
        self.out.write_all(text)
    }
}

#[cfg(test)]
mod tests;
