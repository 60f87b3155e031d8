//! A change in parts that can be left out: of each text file first its hunks, then its single
//! lines; other files as a whole. Parts of tests stay in any case, since they say what the change
//! is for. Pure: texts in, texts out.

use similar::{DiffOp, TextDiff};

/// One file as it is before and after the whole change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub path: String,
    /// None where there is no such file.
    pub before: Option<String>,
    pub after: Option<String>,
    /// It is no text, or more than its text changed: it can only be taken or left.
    pub is_whole: bool,
}

/// What can be left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Everything about that file.
    Whole { file: usize },
    /// Lines removed from, and lines put at, one place of a file.
    Lines { file: usize, edit: Edit },
}

/// `removed` lines of the text before, from `at`, become those of the text after, from `from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    pub at: usize,
    pub removed: usize,
    pub from: usize,
    pub added: usize,
}

impl Part {
    pub fn file(&self) -> usize {
        match self {
            Self::Whole { file } | Self::Lines { file, .. } => *file,
        }
    }

    /// Lines added plus lines removed.
    pub fn lines(&self) -> usize {
        match self {
            Self::Whole { .. } => 1,
            Self::Lines { edit, .. } => edit.removed + edit.added,
        }
    }
}

/// The whole change, in hunks.
pub fn hunks(files: &[File]) -> Vec<Part> {
    let mut parts = Vec::new();
    for (file, one) in files.iter().enumerate() {
        if one.is_whole || one.after.is_none() {
            parts.push(Part::Whole { file });
            continue;
        }
        parts.extend(edits(one).into_iter().map(|edit| Part::Lines { file, edit }));
        if edits(one).is_empty() {
            // A new file without a line.
            parts.push(Part::Whole { file });
        }
    }
    parts
}

/// The same parts, each of a single line, removed ones before added ones.
pub fn lines(parts: &[Part]) -> Vec<Part> {
    let single = |part: &Part| match part {
        Part::Whole { .. } => vec![part.clone()],
        Part::Lines { file, edit } => {
            let Edit { at, removed, from, added } = *edit;
            let gone = (0..removed).map(|i| Edit { at: at + i, removed: 1, from, added: 0 });
            let come =
                (0..added).map(|i| Edit { at: at + removed, removed: 0, from: from + i, added: 1 });
            gone.chain(come).map(|edit| Part::Lines { file: *file, edit }).collect()
        }
    };
    parts.iter().flat_map(single).collect()
}

fn edits(file: &File) -> Vec<Edit> {
    let before = file.before.as_deref().unwrap_or_default();
    let after = file.after.as_deref().unwrap_or_default();
    let diff = TextDiff::from_lines(before, after);
    let edit = |op: &DiffOp| {
        let (old, new) = (op.old_range(), op.new_range());
        Edit { at: old.start, removed: old.len(), from: new.start, added: new.len() }
    };
    let changed = diff.ops().iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    // A delete beside an insert is one hunk.
    let mut edits: Vec<Edit> = Vec::new();
    for next in changed.map(edit) {
        match edits.last_mut() {
            Some(last)
                if last.at + last.removed == next.at && last.from + last.added == next.from =>
            {
                last.removed += next.removed;
                last.added += next.added;
            }
            _ => edits.push(next),
        }
    }
    edits
}

/// The file's text with these of its parts alone; none where it then isn't there.
pub fn compose(file: &File, number: usize, parts: &[&Part]) -> Option<String> {
    let mine = || parts.iter().filter(move |part| part.file() == number);
    if mine().any(|part| matches!(part, Part::Whole { .. })) {
        return file.after.clone();
    }
    let mut edits: Vec<Edit> = mine()
        .filter_map(|part| match part {
            Part::Whole { .. } => None,
            Part::Lines { edit, .. } => Some(*edit),
        })
        .collect();
    if edits.is_empty() {
        return file.before.clone();
    }
    // At one place what goes comes before what is put there, and that in its own order.
    edits.sort_by_key(|edit| (edit.at, edit.from));
    let split = |text: &'_ Option<String>| -> Vec<String> {
        let text = text.as_deref().unwrap_or_default();
        text.split_inclusive('\n').map(str::to_owned).collect()
    };
    let (before, after) = (split(&file.before), split(&file.after));
    let mut text = String::new();
    let mut at = 0;
    for edit in edits {
        text.extend(before.get(at..edit.at).into_iter().flatten().map(String::as_str));
        text.extend(
            after.get(edit.from..edit.from + edit.added).into_iter().flatten().map(String::as_str),
        );
        at = edit.at + edit.removed;
    }
    text.extend(before.get(at..).into_iter().flatten().map(String::as_str));
    Some(text)
}

/// Marks of a test in a line that is added.
const TEST_LINES: [&str; 8] = [
    "#[test]",
    "#[cfg(test)]",
    "::test]",
    "def test_",
    "unittest.TestCase",
    "describe(",
    "test(",
    "it(",
];
const TEST_FOLDERS: [&str; 6] = ["test", "tests", "testing", "__tests__", "spec", "specs"];

/// Whether it is a test's: by the file's name, or by what its lines say.
pub fn is_test(files: &[File], part: &Part) -> bool {
    let file = &files[part.file()];
    if is_test_file(&file.path) {
        return true;
    }
    let Part::Lines { edit, .. } = part else { return false };
    let after = file.after.as_deref().unwrap_or_default();
    let mut added = after.lines().skip(edit.from).take(edit.added).map(str::trim_start);
    added.any(|line| {
        TEST_LINES.iter().any(|mark| {
            line.starts_with(mark)
                || (mark.starts_with('#') || mark.contains("::")) && line.contains(mark)
        })
    })
}

fn is_test_file(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split('.').next().unwrap_or_default();
    folders.split('/').any(|folder| TEST_FOLDERS.contains(&folder))
        || name == "conftest.py"
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || name.contains(".test.")
        || name.contains(".spec.")
}

#[cfg(test)]
mod tests;
