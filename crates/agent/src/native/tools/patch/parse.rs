//! Reads a patch. Pure. A patch that can't be read is refused with the line and what is right.

/// One file's change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Edit {
    Add {
        path: String,
        lines: Vec<String>,
    },
    Delete {
        path: String,
    },
    Update {
        path: String,
        /// Where the file is afterwards.
        to: Option<String>,
        hunks: Vec<Hunk>,
    },
}

/// One place in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hunk {
    /// A line above the place.
    pub anchor: Option<String>,
    pub lines: Vec<Line>,
    /// Its lines are the file's last ones.
    pub at_end: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    Stays(String),
    Goes(String),
    Comes(String),
}

impl Edit {
    pub(super) fn path(&self) -> &str {
        match self {
            Self::Add { path, .. } | Self::Delete { path } | Self::Update { path, .. } => path,
        }
    }

    /// Every file that it reads or writes.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        let to = match self {
            Self::Update { to, .. } => to.as_deref(),
            Self::Add { .. } | Self::Delete { .. } => None,
        };
        std::iter::once(self.path()).chain(to)
    }
}

const BEGIN: &str = "*** Begin Patch";
const END: &str = "*** End Patch";
const ADD: &str = "*** Add File: ";
const DELETE: &str = "*** Delete File: ";
const UPDATE: &str = "*** Update File: ";
const MOVE: &str = "*** Move to: ";
/// The part before it ends with the file's last line.
const END_OF_FILE: &str = "*** End of File";

pub(super) fn parse(patch: &str) -> Result<Vec<Edit>, String> {
    let mut edits = Vec::new();
    for (number, line) in body(patch)? {
        let read = match line.strip_prefix("*** ") {
            Some(_) => begin(&mut edits, line),
            None => match edits.last_mut() {
                Some(edit) => add_line(edit, line),
                None => Err("a patch begins with a line like *** Update File: path".into()),
            },
        };
        read.map_err(|why| format!("line {number} of the patch ({line:?}): {why}"))?;
    }
    edits.iter().try_for_each(check)?;
    if edits.is_empty() { Err("the patch is empty".into()) } else { Ok(edits) }
}

/// The lines between the begin and the end, with their numbers. What stands around them, such as
/// the fence of a Markdown block, doesn't matter.
fn body(patch: &str) -> Result<impl Iterator<Item = (usize, &str)>, String> {
    let lines: Vec<(usize, &str)> = (1..).zip(patch.lines()).collect();
    let at = |mark: &str| lines.iter().position(|(_, line)| line.trim() == mark);
    let begin = at(BEGIN).ok_or(format!("the patch must begin with the line {BEGIN}"))?;
    let end = at(END).ok_or(format!("the patch must end with the line {END}"))?;
    if end < begin {
        return Err(format!("{END} stands before {BEGIN}"));
    }
    Ok(lines.into_iter().take(end).skip(begin + 1))
}

/// A line with three stars: another file, or more about the last one.
fn begin(edits: &mut Vec<Edit>, line: &str) -> Result<(), String> {
    let path = |mark| line.strip_prefix(mark).map(|path: &str| path.trim().to_owned());
    if let Some(path) = path(ADD) {
        edits.push(Edit::Add { path, lines: Vec::new() });
    } else if let Some(path) = path(DELETE) {
        edits.push(Edit::Delete { path });
    } else if let Some(path) = path(UPDATE) {
        edits.push(Edit::Update { path, to: None, hunks: Vec::new() });
    } else if let Some(path) = path(MOVE) {
        return move_to(edits.last_mut(), path);
    } else if line.trim() == END_OF_FILE {
        return end_of_file(edits.last_mut());
    } else {
        return Err(
            "only Add File, Update File, Move to, Delete File and End of File are known".into()
        );
    }
    Ok(())
}

fn move_to(edit: Option<&mut Edit>, path: String) -> Result<(), String> {
    match edit {
        Some(Edit::Update { to: to @ None, hunks, .. }) if hunks.is_empty() => {
            *to = Some(path);
            Ok(())
        }
        Some(Edit::Update { .. } | Edit::Add { .. } | Edit::Delete { .. }) | None => {
            Err("Move to follows directly upon Update File, once".into())
        }
    }
}

fn end_of_file(edit: Option<&mut Edit>) -> Result<(), String> {
    match edit {
        Some(Edit::Update { hunks, .. }) if !hunks.is_empty() => {
            hunks.last_mut().expect("it isn't empty").at_end = true;
            Ok(())
        }
        // A new file ends where it ends.
        Some(Edit::Add { .. }) => Ok(()),
        Some(Edit::Update { .. } | Edit::Delete { .. }) | None => {
            Err("End of File follows upon the lines of an update".into())
        }
    }
}

fn add_line(edit: &mut Edit, line: &str) -> Result<(), String> {
    match edit {
        Edit::Add { lines, .. } => {
            let text = line.strip_prefix('+');
            lines.push(text.ok_or("each line of a new file begins with +")?.to_owned());
            Ok(())
        }
        Edit::Delete { .. } if line.trim().is_empty() => Ok(()),
        Edit::Delete { .. } => Err("nothing follows a Delete File".into()),
        Edit::Update { hunks, .. } => add_to_hunk(hunks, line),
    }
}

fn add_to_hunk(hunks: &mut Vec<Hunk>, line: &str) -> Result<(), String> {
    if let Some(anchor) = line.strip_prefix("@@") {
        hunks.push(Hunk { anchor: read_anchor(anchor), ..Hunk::default() });
        return Ok(());
    }
    if hunks.is_empty() {
        hunks.push(Hunk::default());
    }
    let hunk = hunks.last_mut().expect("one was just made");
    hunk.lines.push(read_line(line)?);
    Ok(())
}

fn read_line(line: &str) -> Result<Line, String> {
    let mut chars = line.chars();
    let first = chars.next();
    let text = chars.as_str().to_owned();
    match first {
        // Editors and models strip the space of an empty line.
        None => Ok(Line::Stays(text)),
        Some(' ') => Ok(Line::Stays(text)),
        Some('-') => Ok(Line::Goes(text)),
        Some('+') => Ok(Line::Comes(text)),
        Some(_) => Err("a line begins with a space (stays), - (goes), + (comes) or @@".into()),
    }
}

/// `@@ -1,3 +1,4 @@ def f():` is what diffs write: only what follows the numbers says something.
fn read_anchor(text: &str) -> Option<String> {
    let text = text.trim();
    let numbers = text.strip_prefix('-').and_then(|text| text.split_once("@@"));
    let text = numbers.map_or(text, |(_, rest)| rest);
    let text = text.trim_end_matches("@@").trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn check(edit: &Edit) -> Result<(), String> {
    match edit {
        Edit::Add { path, .. } | Edit::Delete { path } => check_path(path),
        Edit::Update { path, to, hunks } => {
            check_path(path)?;
            to.iter().try_for_each(|to| check_path(to))?;
            let changes = |hunk: &Hunk| hunk.lines.iter().any(|l| !matches!(l, Line::Stays(_)));
            match to.is_some() || hunks.iter().any(changes) {
                true => Ok(()),
                false => Err(format!("the update of {path} has no line that goes or comes")),
            }
        }
    }
}

fn check_path(path: &str) -> Result<(), String> {
    if path.is_empty() { Err("a file has no path".into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
