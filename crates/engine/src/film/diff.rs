//! The part of a patch that is worth a film: of the file that matters most, the first hunks.

use film::story::{Cause, CauseLine, Change, ChangeLine, LineKind};

/// Lines that are shown at most; the film's panel scrolls through so many without hurry.
const LINES_MAX: usize = 30;
/// Lines of context on each side of what changed.
const CONTEXT: usize = 2;

/// A file's part of a patch.
#[derive(Debug, Default)]
pub struct Patch {
    pub path: String,
    pub is_binary: bool,
    hunks: Vec<Hunk>,
}

#[derive(Debug, Default)]
struct Hunk {
    /// At base, from 1.
    first_line: u32,
    lines: Vec<ChangeLine>,
}

/// Reads a patch as git writes it. What isn't understood is left out.
pub fn patches(text: &str) -> Vec<Patch> {
    let mut patches: Vec<Patch> = Vec::new();
    // Lines of the hunk that are still to come, at base and at head.
    let mut left = (0, 0);
    for line in text.lines() {
        if let Some(header) = line.strip_prefix("diff --git ") {
            let path = header.rsplit_once(" b/").map_or(header, |(_, path)| path);
            patches.push(Patch { path: path.trim_end_matches('"').to_owned(), ..Patch::default() });
            left = (0, 0);
            continue;
        }
        let Some(patch) = patches.last_mut() else { continue };
        if left == (0, 0) {
            if let Some((first_line, counts)) = hunk(line) {
                patch.hunks.push(Hunk { first_line, lines: Vec::new() });
                left = counts;
            }
            patch.is_binary |= line.starts_with("Binary files ") || line == "GIT binary patch";
            continue;
        }
        let kind = match line.bytes().next() {
            Some(b'+') => LineKind::Added,
            Some(b'-') => LineKind::Removed,
            Some(b'\\') => continue,
            _kept => LineKind::Kept,
        };
        let taken = (u32::from(kind != LineKind::Added), u32::from(kind != LineKind::Removed));
        left = (left.0.saturating_sub(taken.0), left.1.saturating_sub(taken.1));
        let text = line.get(1..).unwrap_or_default().to_owned();
        if let Some(hunk) = patch.hunks.last_mut() {
            hunk.lines.push(ChangeLine { kind, text });
        }
    }
    patches
}

/// `@@ -12,5 +12,6 @@`: where it begins at base, and how many lines each side has.
fn hunk(line: &str) -> Option<(u32, (u32, u32))> {
    let ranges = line.strip_prefix("@@ -")?.split(" @@").next()?;
    let (base, head) = ranges.split_once(" +")?;
    let range = |text: &str| -> Option<(u32, u32)> {
        match text.split_once(',') {
            Some((first, count)) => Some((first.parse().ok()?, count.parse().ok()?)),
            None => Some((text.parse().ok()?, 1)),
        }
    };
    let ((first, count), (_, other)) = (range(base)?, range(head)?);
    Some((first, (count, other)))
}

/// Code that a person wrote comes first, then tests, then words, then what programs write.
fn weight(path: &str) -> u8 {
    let lower = path.to_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| lower.ends_with(end));
    if ends(&[".lock", "-lock.json", "lock.yaml", ".sum", ".snap", ".min.js", ".svg"]) {
        3
    } else if ends(&[".md", ".rst", ".txt", ".adoc"]) {
        2
    } else {
        u8::from(lower.contains("test") || lower.contains("spec"))
    }
}

/// The file that says most of what changed.
pub fn foremost(patches: &[Patch]) -> Option<&Patch> {
    patches.iter().min_by_key(|patch| (patch.hunks.is_empty(), weight(&patch.path)))
}

impl Patch {
    /// What changed, with a little around it; `files` is how many others changed too.
    pub fn change(&self, files: usize) -> Change {
        let mut lines: Vec<ChangeLine> = Vec::new();
        for hunk in &self.hunks {
            if !lines.is_empty() {
                lines.push(ChangeLine { kind: LineKind::Kept, text: "⋯".into() });
            }
            lines.extend(trimmed(&hunk.lines).iter().cloned());
        }
        let hidden = lines.len().saturating_sub(LINES_MAX);
        lines.truncate(LINES_MAX);
        if lines.is_empty() {
            let text = if self.is_binary { "a binary file" } else { "no line of it" };
            lines.push(ChangeLine { kind: LineKind::Kept, text: text.into() });
        }
        Change { path: self.path.clone(), lines, more: more(hidden, files) }
    }

    /// The first changed place as it was at base, with what git shows around it.
    pub fn cause(&self) -> Option<Cause> {
        let hunk = self.hunks.first()?;
        let mut lines = Vec::new();
        let mut number = hunk.first_line;
        let is_replaced = hunk.lines.iter().any(|line| line.kind == LineKind::Removed);
        let mut is_before_addition = !is_replaced;
        for (index, line) in hunk.lines.iter().enumerate().take(LINES_MAX) {
            if line.kind == LineKind::Added {
                continue;
            }
            let next = hunk.lines.get(index + 1);
            let leads = is_before_addition && next.is_some_and(|next| next.kind == LineKind::Added);
            is_before_addition &= !leads;
            let suspect = line.kind == LineKind::Removed || leads;
            lines.push(CauseLine { number, text: line.text.clone(), suspect });
            number += 1;
        }
        let has_suspect = lines.iter().any(|line| line.suspect);
        let cause = Cause { path: self.path.clone(), lines, why: String::new() };
        has_suspect.then_some(cause)
    }
}

/// Without the context that is further away than [`CONTEXT`] lines.
fn trimmed(lines: &[ChangeLine]) -> &[ChangeLine] {
    let is_change = |line: &ChangeLine| line.kind != LineKind::Kept;
    let first = lines.iter().position(is_change).unwrap_or(0).saturating_sub(CONTEXT);
    let last = lines.iter().rposition(is_change).map_or(lines.len(), |at| at + 1 + CONTEXT);
    &lines[first..last.min(lines.len())]
}

fn more(lines: usize, files: usize) -> String {
    let count = |n: usize, word: &str| match n {
        1 => format!("1 more {word}"),
        n => format!("{n} more {word}s"),
    };
    match (lines, files) {
        (0, 0) => String::new(),
        (lines, 0) => format!("and {}", count(lines, "line")),
        (0, files) => format!("and {}", count(files, "file")),
        (lines, files) => format!("and {}, {}", count(lines, "line"), count(files, "file")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: &str = "diff --git a/README.md b/README.md
index 1..2 100644
--- a/README.md
+++ b/README.md
@@ -1 +1 @@
-old
+new
diff --git a/src/a.py b/src/a.py
--- a/src/a.py
+++ b/src/a.py
@@ -10,7 +10,7 @@ def f():
 one
 two
 three
-    if x <= y:
+    if x < y:
 four
-- not a header
+-- not a header either
\\ No newline at end of file
diff --git a/x.png b/x.png
Binary files a/x.png and b/x.png differ
";

    #[test]
    fn the_file_that_says_most_is_shown() {
        let patches = patches(PATCH);
        assert_eq!(patches.len(), 3);
        let patch = foremost(&patches).expect("there are patches");
        assert_eq!(patch.path, "src/a.py");
        let change = patch.change(2);
        let kinds: Vec<LineKind> = change.lines.iter().map(|line| line.kind).collect();
        use LineKind::{Added, Kept, Removed};
        assert_eq!(kinds, [Kept, Kept, Removed, Added, Kept, Removed, Added]);
        assert_eq!(change.lines[5].text, "- not a header");
        assert_eq!(change.more, "and 2 more files");
    }

    #[test]
    fn the_cause_is_what_was_replaced_with_its_lines_numbers() {
        let cause = patches(PATCH)[1].cause().expect("something was replaced");
        let suspects: Vec<u32> =
            cause.lines.iter().filter(|line| line.suspect).map(|line| line.number).collect();
        assert_eq!(suspects, [13, 15]);
        assert!(patches(PATCH)[2].cause().is_none());
    }

    #[test]
    fn what_only_adds_is_told_by_the_line_before_it() {
        let text = "diff --git a/a b/a\n@@ -1,2 +1,3 @@\n one\n+new\n two\n";
        let cause = patches(text)[0].cause().expect("there is a line before it");
        let suspects: Vec<bool> = cause.lines.iter().map(|line| line.suspect).collect();
        assert_eq!(suspects, [true, false]);
    }

    #[test]
    fn binary_files_and_long_hunks_are_told_in_words() {
        let patches = patches(PATCH);
        assert_eq!(patches[2].change(0).lines[0].text, "a binary file");
        let added: String = (0..100).map(|n| format!("+{n}\n")).collect();
        let long = format!("diff --git a/a b/a\n@@ -0,0 +1,100 @@\n{added}");
        let change = super::patches(&long)[0].change(0);
        assert_eq!((change.lines.len(), change.more.as_str()), (LINES_MAX, "and 70 more lines"));
    }

    #[test]
    fn nonsense_is_no_patch() {
        assert!(patches("@@ -1 +1 @@\n+x\n").is_empty());
        assert!(patches("diff --git nonsense\n@@ -x +y @@\n+x\n")[0].cause().is_none());
    }
}
