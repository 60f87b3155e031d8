//! The tool that changes files: all of a patch or nothing. Reads the files, lets
//! [`apply`] work out what they become, and writes that.

mod apply;
mod parse;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use computer::{Computer, Exec, WORKSPACE};
use llm::ToolSpec;
use serde::Deserialize;
use serde_json::json;

use super::{Answer, observed, resolve};
use apply::Applied;
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

/// Files of one patch.
const FILES_MAX: usize = 200;

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
        if edits.len() > FILES_MAX {
            return Ok(refused(&format!("a patch changes at most {FILES_MAX} files")));
        }
        if let Err(failure) = check_places(computer, &edits).await? {
            return Ok(refused(&failure));
        }
        let before = match read_all(computer, &edits).await? {
            Ok(before) => before,
            Err(failure) => return Ok(refused(&failure)),
        };
        let applied = match apply::apply(&edits, &before) {
            Ok(applied) => applied,
            Err(failure) => return Ok(refused(&failure)),
        };
        Ok(match write_all(computer, &before, &applied).await? {
            Ok(done) => Answer::good(done + &noted(&applied.notes)),
            Err(failure) => refused(&failure),
        })
    }
}

fn noted(notes: &[String]) -> String {
    notes.iter().map(|note| format!("note: {note}\n")).collect()
}

/// Prints where each path really is, as far as it is there: links may lead out of the workspace.
const WHERE: &str = r#"for p; do
    until [ -e "$p" ] || [ -L "$p" ]; do p=$(dirname -- "$p"); done
    readlink -f -- "$p" || echo
done"#;

/// All paths are within the workspace, as they are written and where they lead.
async fn check_places(
    computer: &dyn Computer,
    edits: &[Edit],
) -> Result<Result<(), Failure>, computer::Error> {
    let paths: Vec<&str> = edits.iter().flat_map(Edit::paths).collect();
    let mut argv: Vec<String> =
        ["/bin/sh", "-c", WHERE, "sh", WORKSPACE].map(str::to_owned).to_vec();
    for path in &paths {
        match resolve(path) {
            Ok(inside) if inside.starts_with(WORKSPACE) => {
                argv.push(inside.to_string_lossy().into_owned());
            }
            Ok(_) => return Ok(Err(outside(path))),
            Err(failure) => return Ok(Err(failure)),
        }
    }
    let told = computer.run(Exec::new(argv)).await?.stdout.text();
    let mut places = told.lines();
    let root = places.next().unwrap_or(WORKSPACE);
    let leads_out = |(_, place): &(&&str, &str)| !Path::new(place).starts_with(root);
    Ok(match paths.iter().zip(places).find(leads_out) {
        Some((path, _)) => Err(outside(path)),
        None => Ok(()),
    })
}

fn outside(path: &str) -> Failure {
    format!("{path} is outside of the repository")
}

fn refused(failure: &str) -> Answer {
    Answer::bad(format!("Nothing was changed: {failure}"))
}

async fn read_all(
    computer: &dyn Computer,
    edits: &[Edit],
) -> Result<Result<Texts, Failure>, computer::Error> {
    let mut texts = Texts::new();
    for path in edits.iter().flat_map(Edit::paths) {
        match read(computer, path).await? {
            Ok(text) => texts.insert(path.to_owned(), text),
            Err(failure) => return Ok(Err(failure)),
        };
    }
    Ok(Ok(texts))
}

async fn read(
    computer: &dyn Computer,
    path: &str,
) -> Result<Result<Option<String>, Failure>, computer::Error> {
    let inside = inside(path);
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
    applied: &Applied,
) -> Result<Result<String, Failure>, computer::Error> {
    let modes = modes(computer, before).await?;
    let mode = |path: &str| modes.get(path).copied().unwrap_or(MODE_DEFAULT);
    let mut written: Vec<(&str, u32)> = Vec::new();
    let mut done = String::new();
    for (path, text) in &applied.after {
        let old = before.get(path).and_then(Option::as_deref);
        if old == text.as_deref() {
            continue;
        }
        let from = applied.moved.get(path).unwrap_or(path);
        if let Err(failure) = put(computer, path, text.as_deref(), mode(from)).await? {
            put_back(computer, before, &written).await?;
            return Ok(Err(failure));
        }
        written.push((path, mode(path)));
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
    let inside = inside(path);
    if let Some(text) = text {
        let written = observed(computer.write(&inside, text.as_bytes(), mode).await)?;
        return Ok(written.map_err(|observation| observation.text));
    }
    let inside = inside.to_string_lossy().into_owned();
    let removed = computer.run(Exec::new(["rm", "--", &inside])).await?;
    Ok(if removed.status.is_success() { Ok(()) } else { Err(removed.text()) })
}

fn inside(path: &str) -> PathBuf {
    Path::new(WORKSPACE).join(path.trim())
}

/// The permission bits of the files that are there.
async fn modes(
    computer: &dyn Computer,
    before: &Texts,
) -> Result<BTreeMap<String, u32>, computer::Error> {
    let there: Vec<&String> =
        before.iter().filter(|(_, text)| text.is_some()).map(|(path, _)| path).collect();
    let mut argv = ["stat", "-L", "-c", "%a", "--"].map(str::to_owned).to_vec();
    argv.extend(there.iter().map(|path| inside(path).to_string_lossy().into_owned()));
    if there.is_empty() {
        return Ok(BTreeMap::new());
    }
    let told = computer.run(Exec::new(argv)).await?.stdout.text();
    let modes = told.lines().map(|mode| u32::from_str_radix(mode, 8).unwrap_or(MODE_DEFAULT));
    Ok(there.into_iter().cloned().zip(modes).collect())
}

#[cfg(test)]
mod tests;
