//! What clippy and the compiler say and can fix, from cargo's messages; one rule's fixes are put
//! into the files by ourselves, since cargo can only fix all of them at once. The format is the
//! compiler's: <https://doc.rust-lang.org/rustc/json.html>.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::Error;
use crate::disk::File;
use crate::jobs::tree::Tree;

const COMMAND: &str = "cargo clippy --quiet --offline --workspace --all-targets \
    --message-format json";
const FIXES_MAX: usize = 10_000;

/// One place that a rule's fix changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fix {
    pub code: String,
    path: String,
    start: usize,
    end: usize,
    text: String,
    /// Fixes of one message go together.
    message: usize,
}

#[derive(Deserialize)]
struct Line {
    message: Option<Message>,
}

#[derive(Deserialize)]
struct Message {
    code: Option<Code>,
    #[serde(default)]
    spans: Vec<Span>,
    #[serde(default)]
    children: Vec<Self>,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

#[derive(Deserialize)]
struct Span {
    file_name: String,
    byte_start: usize,
    byte_end: usize,
    suggested_replacement: Option<String>,
    suggestion_applicability: Option<String>,
    expansion: Option<serde_json::Value>,
}

pub async fn find(tree: &Tree<'_>) -> Result<Vec<Fix>, Error> {
    let tracked = tree.must(&["ls-files", "-z"]).await?;
    let tracked: BTreeSet<&str> = tracked.split_terminator('\0').collect();
    let ran = tree.shell(COMMAND).await?;
    let fixes = read(&ran.stdout.text());
    Ok(fixes.into_iter().filter(|fix| tracked.contains(fix.path.as_str())).collect())
}

/// Fixes what that rule finds now. Offsets are those of the files as they are.
pub async fn fix(tree: &Tree<'_>, code: &str) -> Result<(), Error> {
    let mut files: BTreeMap<String, Vec<Fix>> = BTreeMap::new();
    for fix in find(tree).await?.into_iter().filter(|fix| fix.code == code) {
        files.entry(fix.path.clone()).or_default().push(fix);
    }
    for (path, fixes) in files {
        let file = File::read(tree.computer, &path).await?;
        if let Some(text) = apply(&file.text, &fixes) {
            file.write(tree.computer, &text).await?;
        }
    }
    Ok(())
}

/// The fixes that the compiler itself calls safe to apply.
fn read(output: &str) -> Vec<Fix> {
    let lines = output.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    let mut seen = BTreeSet::new();
    let mut fixes = Vec::new();
    for (number, message) in lines.filter_map(|line| line.message).enumerate() {
        let of_it = of(&message, number);
        // A library is compiled for its tests, too, and says everything twice.
        let key: Vec<_> = of_it.iter().map(|fix| Fix { message: 0, ..fix.clone() }).collect();
        if !of_it.is_empty() && seen.insert(key) && fixes.len() < FIXES_MAX {
            fixes.extend(of_it);
        }
    }
    fixes
}

/// None where there are several ways to fix it, or one of them isn't safe.
fn of(message: &Message, number: usize) -> Vec<Fix> {
    let Some(code) = message.code.as_ref().map(|code| &code.code) else { return Vec::new() };
    let suggests = |child: &&Message| child.spans.iter().any(|s| s.suggested_replacement.is_some());
    let mut children = message.children.iter().filter(suggests);
    let (Some(child), None) = (children.next(), children.next()) else { return Vec::new() };
    let fix = |span: &Span| {
        let safe = span.suggestion_applicability.as_deref() == Some("MachineApplicable");
        let text =
            span.suggested_replacement.clone().filter(|_| safe && span.expansion.is_none())?;
        let (start, end) = (span.byte_start, span.byte_end);
        let (code, path) = (code.clone(), span.file_name.clone());
        (start <= end).then_some(Fix { code, path, start, end, text, message: number })
    };
    child.spans.iter().map(fix).collect::<Option<Vec<_>>>().unwrap_or_default()
}

/// The text with these fixes; a message whose fixes touch another's is left for the next run.
fn apply(text: &str, fixes: &[Fix]) -> Option<String> {
    let mut by_message: BTreeMap<usize, Vec<&Fix>> = BTreeMap::new();
    for fix in fixes {
        by_message.entry(fix.message).or_default().push(fix);
    }
    let mut taken: Vec<&Fix> = Vec::new();
    for group in by_message.into_values() {
        let fits = |fix: &&&Fix| text.get(fix.start..fix.end).is_some();
        let apart = |fix: &Fix| taken.iter().all(|o| fix.end < o.start || o.end < fix.start);
        if group.iter().filter(fits).count() == group.len() && group.iter().all(|fix| apart(fix)) {
            taken.extend(group);
        }
    }
    taken.sort_by_key(|fix| std::cmp::Reverse((fix.start, fix.end)));
    let mut fixed = text.to_owned();
    for fix in &taken {
        // Spans of one message could overlap, if the compiler said so.
        fixed.get(fix.start..fix.end)?;
        fixed.replace_range(fix.start..fix.end, &fix.text);
    }
    (!taken.is_empty()).then_some(fixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(code: &str, spans: &[(usize, usize, &str, &str)]) -> String {
        let spans: Vec<_> = spans
            .iter()
            .map(|(start, end, text, how)| {
                serde_json::json!({
                    "file_name": "src/lib.rs", "byte_start": start, "byte_end": end,
                    "suggested_replacement": text, "suggestion_applicability": how,
                    "expansion": null,
                })
            })
            .collect();
        let child = serde_json::json!({ "code": null, "spans": spans, "children": [] });
        let message = serde_json::json!({
            "code": { "code": code }, "spans": [], "children": [child],
        });
        serde_json::json!({ "reason": "compiler-message", "message": message }).to_string()
    }

    const SAFE: &str = "MachineApplicable";

    #[test]
    fn safe_fixes_are_applied_once_and_from_the_end() {
        let output = [
            line("a", &[(0, 1, "xx", SAFE), (4, 5, "", SAFE)]),
            line("a", &[(0, 1, "xx", SAFE), (4, 5, "", SAFE)]),
            line("a", &[(2, 3, "YY", SAFE)]),
            "no JSON".into(),
        ];
        let fixes = read(&output.join("\n"));
        assert_eq!(fixes.len(), 3);
        assert_eq!(apply("abcdef", &fixes).as_deref(), Some("xxbYYdf"));
    }

    #[test]
    fn what_is_not_safe_or_not_there_is_left() {
        assert!(read(&line("a", &[(0, 1, "x", "MaybeIncorrect")])).is_empty());
        assert!(read(&line("a", &[(0, 1, "x", SAFE), (2, 3, "y", "Unspecified")])).is_empty());
        assert!(read(&line("a", &[(3, 1, "x", SAFE)])).is_empty());
        let beyond = read(&line("a", &[(3, 900, "x", SAFE)]));
        assert_eq!(apply("abc", &beyond), None);
        let inside_a_character = read(&line("a", &[(1, 2, "x", SAFE)]));
        assert_eq!(apply("ä", &inside_a_character), None);
    }

    #[test]
    fn of_two_that_touch_each_other_the_first_is_applied() {
        let output = [line("a", &[(0, 3, "x", SAFE)]), line("a", &[(2, 4, "y", SAFE)])];
        assert_eq!(apply("abcdef", &read(&output.join("\n"))).as_deref(), Some("xdef"));
    }
}
