//! The tool that changes files: all of a patch or nothing. Reads the files, lets
//! [`apply`] work out what they become, and writes that.

mod apply;
mod parse;

use std::collections::BTreeMap;
use std::path::Path;

use computer::{Computer, Exec, WORKSPACE};
use llm::ToolSpec;
use serde::Deserialize;
use serde_json::json;

use super::{Answer, observed, resolve};
use parse::Edit;

pub(super) const NAME: &str = "patch";

/// A file that is larger isn't source code.
const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Where a file's own can't be told, and of a new one.
const MODE_DEFAULT: u32 = 0o644;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(in crate::native) struct Patch {
    patch: String,
}

pub(super) fn spec() -> ToolSpec {
    ToolSpec {
        name: NAME.into(),
        description: include_str!("../prompts/patch.md").trim_end().into(),
        parameters: json!({
            "type": "object",
            "properties": {
                "patch": {
                    "type": "string",
                    "description": "From *** Begin Patch to *** End Patch.",
                },
            },
            "required": ["patch"],
        }),
    }
}

/// Files by their path in the patch; `None` for one that isn't there.
type Texts = BTreeMap<String, Option<String>>;

/// What the tool could not do, in words for the model.
type Failure = String;

impl Patch {
    pub(super) async fn run(&self, computer: &dyn Computer) -> Result<Answer, computer::Error> {
        let edits = match parse::parse(&self.patch) {
            Ok(edits) => edits,
            Err(failure) => return Ok(refused(&failure)),
        };
        let before = match read_all(computer, &edits).await? {
            Ok(before) => before,
            Err(failure) => return Ok(refused(&failure)),
        };
        let after = match apply::apply(&edits, &before) {
            Ok(after) => after,
            Err(failure) => return Ok(refused(&failure)),
        };
        Ok(match write_all(computer, &before, &after).await? {
            Ok(done) => Answer { changed: true, ..Answer::good(done) },
            Err(failure) => refused(&failure),
        })
    }
}

fn refused(failure: &str) -> Answer {
    Answer::bad(format!("Nothing was changed: {failure}"))
}

async fn read_all(
    computer: &dyn Computer,
    edits: &[Edit],
) -> Result<Result<Texts, Failure>, computer::Error> {
    let mut texts = Texts::new();
    for edit in edits {
        match read(computer, edit.path()).await? {
            Ok(text) => texts.insert(edit.path().to_owned(), text),
            Err(failure) => return Ok(Err(failure)),
        };
    }
    Ok(Ok(texts))
}

async fn read(
    computer: &dyn Computer,
    path: &str,
) -> Result<Result<Option<String>, Failure>, computer::Error> {
    let inside = match resolve(path) {
        Ok(inside) if inside.starts_with(WORKSPACE) => inside,
        Ok(_) => return Ok(Err(format!("{path} is outside of the repository"))),
        Err(failure) => return Ok(Err(failure)),
    };
    Ok(match observed(computer.read(&inside, FILE_BYTES_MAX).await)? {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(format!("{path} is not UTF-8 text; use the shell for it")),
        },
        Err(observation) if observation.absent => Ok(None),
        Err(observation) => Err(observation.text),
    })
}

/// Writes what differs. When something can't be written, what was written before it is put back.
async fn write_all(
    computer: &dyn Computer,
    before: &Texts,
    after: &Texts,
) -> Result<Result<String, Failure>, computer::Error> {
    let mut written: Vec<(&str, u32)> = Vec::new();
    let mut done = String::new();
    for (path, text) in after {
        let old = before.get(path).and_then(Option::as_deref);
        if old == text.as_deref() {
            continue;
        }
        let mode = if old.is_some() { mode(computer, path).await? } else { MODE_DEFAULT };
        if let Err(failure) = put(computer, path, text.as_deref(), mode).await? {
            put_back(computer, before, &written).await?;
            return Ok(Err(failure));
        }
        written.push((path, mode));
        done.push_str(&format!("{} {path}\n", verb(old, text.as_deref())));
    }
    Ok(if done.is_empty() { Err("the patch changes nothing".into()) } else { Ok(done) })
}

fn verb(old: Option<&str>, new: Option<&str>) -> &'static str {
    match (old, new) {
        (None, _) => "added",
        (Some(_), Some(_)) => "changed",
        (Some(_), None) => "deleted",
    }
}

/// A failure here can't be mended any further; the model sees the first one.
async fn put_back(
    computer: &dyn Computer,
    before: &Texts,
    written: &[(&str, u32)],
) -> Result<(), computer::Error> {
    for (path, mode) in written {
        let old = before.get(*path).and_then(Option::as_deref);
        let _first_failure_is_told = put(computer, path, old, *mode).await?;
    }
    Ok(())
}

async fn put(
    computer: &dyn Computer,
    path: &str,
    text: Option<&str>,
    mode: u32,
) -> Result<Result<(), Failure>, computer::Error> {
    let inside = Path::new(WORKSPACE).join(path.trim());
    if let Some(text) = text {
        let written = observed(computer.write(&inside, text.as_bytes(), mode).await)?;
        return Ok(written.map_err(|observation| observation.text));
    }
    let inside = inside.to_string_lossy().into_owned();
    let removed = computer.run(Exec::new(["rm", "--", &inside])).await?;
    Ok(if removed.status.is_success() { Ok(()) } else { Err(removed.text()) })
}

/// The permission bits of a file.
async fn mode(computer: &dyn Computer, path: &str) -> Result<u32, computer::Error> {
    let inside = Path::new(WORKSPACE).join(path.trim()).to_string_lossy().into_owned();
    let told = computer.run(Exec::new(["stat", "-L", "-c", "%a", "--", &inside])).await?;
    Ok(u32::from_str_radix(told.stdout.text().trim(), 8).unwrap_or(MODE_DEFAULT))
}

#[cfg(test)]
mod tests;
