//! The project's own instructions to agents, by the published rules of AGENTS.md: from the
//! repository's root down to the directory one works in, one file a folder, `AGENTS.override.md`
//! before `AGENTS.md`, 32 KiB altogether; `CLAUDE.md` only where a folder has neither. Knows nothing
//! of what stands in them.
//!
//! Rules: <https://agents.md> and <https://developers.openai.com/codex/guides/agents-md>.

use std::path::{Path, PathBuf};

use computer::{Computer, WORKSPACE};

use super::plain::plain;
use super::prompt::File;
use super::tools::observed;

/// Of all files together; the rest is left out.
const INSTRUCTIONS_BYTES_MAX: usize = 32 * 1024;
/// A file that is larger is no instruction.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Folders with instructions of their own that are named.
const NESTED_MAX: usize = 50;

/// In the order they are looked for.
const NAMES: [&str; 3] = ["AGENTS.override.md", "AGENTS.md", "CLAUDE.md"];

/// The instructions that hold in `directory`, most general first.
pub(super) async fn gather(
    computer: &dyn Computer,
    directory: &Path,
) -> Result<Vec<File>, computer::Error> {
    let mut files = Vec::new();
    let mut room = INSTRUCTIONS_BYTES_MAX;
    for folder in folders(Path::new(WORKSPACE), directory) {
        if let Some(mut file) = of_folder(computer, &folder).await? {
            file.text.truncate(file.text.floor_char_boundary(room));
            room -= file.text.len();
            files.push(file);
        }
        if room == 0 {
            break;
        }
    }
    Ok(files)
}

async fn of_folder(
    computer: &dyn Computer,
    folder: &Path,
) -> Result<Option<File>, computer::Error> {
    for name in NAMES {
        let path = folder.join(name);
        // One that isn't there, or isn't a text file, says nothing.
        let Ok(bytes) = observed(computer.read(&path, FILE_BYTES_MAX).await)? else { continue };
        let text = embedded(&String::from_utf8_lossy(&bytes));
        if !text.is_empty() {
            let path = path.strip_prefix(WORKSPACE).unwrap_or(&path).display().to_string();
            return Ok(Some(File { path, text }));
        }
    }
    Ok(None)
}

/// From the root down to the directory, both included.
fn folders(root: &Path, directory: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = directory
        .ancestors()
        .take_while(|folder| folder.starts_with(root))
        .map(Path::to_owned)
        .collect();
    folders.reverse();
    folders
}

/// A file's text as it stands between the tags that say where it is from: it can't close them.
pub(super) fn embedded(text: &str) -> String {
    plain(text).replace("</file>", "<\\/file>").trim().to_owned()
}

/// Of the repository's files, those that instruct in folders below the root: one a folder.
pub(super) fn nested(files: &[String]) -> Vec<String> {
    let instructs = |path: &&String| {
        let (folder, name) = path.rsplit_once('/')?;
        let rank = NAMES.iter().position(|known| *known == name)?;
        let is_first = !NAMES[..rank].iter().any(|better| has(files, folder, better));
        (is_first && !path.contains(char::is_control)).then_some(())
    };
    files.iter().filter(|path| instructs(path).is_some()).take(NESTED_MAX).cloned().collect()
}

fn has(files: &[String], folder: &str, name: &str) -> bool {
    files.iter().any(|path| path.rsplit_once('/') == Some((folder, name)))
}

#[cfg(test)]
mod tests;
