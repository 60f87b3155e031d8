//! The project's skills: `.agents/skills/NAME/SKILL.md`, each with a name and a description in its
//! front matter, by <https://agentskills.io>. They are listed for the model and read by it when
//! they fit. Knows nothing of what stands in them.

use std::path::Path;

use computer::{Computer, WORKSPACE};
use serde::Serialize;

use super::plain::plain;
use super::tools::observed;

/// Skills that are listed.
const SKILLS_MAX: usize = 50;
/// A file that is larger is no skill.
const FILE_BYTES_MAX: u64 = 256 * 1024;
const NAME_CHARS_MAX: usize = 64;
const DESCRIPTION_CHARS_MAX: usize = 500;
/// Lines of a front matter that are looked at.
const FRONT_LINES_MAX: usize = 100;

const FOLDER: &str = ".agents/skills/";
const FILE: &str = "SKILL.md";

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Skill {
    pub name: String,
    pub description: String,
    /// From the repository's root.
    pub path: String,
}

/// The skills among the repository's `files`. Folders further down hold none.
pub(super) async fn find(
    computer: &dyn Computer,
    files: &[String],
) -> Result<Vec<Skill>, computer::Error> {
    let mut skills = Vec::new();
    for (path, folder) in files.iter().filter_map(|path| Some((path, folder_of(path)?))) {
        if skills.len() >= SKILLS_MAX {
            break;
        }
        let read = computer.read(&Path::new(WORKSPACE).join(path), FILE_BYTES_MAX).await;
        let Ok(bytes) = observed(read)? else { continue };
        skills.push(skill(path, folder, &String::from_utf8_lossy(&bytes)));
    }
    Ok(skills)
}

/// The name of a skill's own folder, if the file is one.
fn folder_of(path: &str) -> Option<&str> {
    let folder = path.strip_prefix(FOLDER)?.strip_suffix(FILE)?.strip_suffix('/')?;
    (!folder.contains(|c: char| c == '/' || c.is_control())).then_some(folder)
}

fn skill(path: &str, folder: &str, text: &str) -> Skill {
    let front = front_matter(text);
    let field = |name: &str| front.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    let name = field("name").filter(|name| !name.is_empty()).map_or(folder, String::as_str);
    let description = field("description").map_or("", String::as_str);
    Skill {
        name: stdx::cut::line(&plain(name), NAME_CHARS_MAX),
        description: stdx::cut::line(&plain(description), DESCRIPTION_CHARS_MAX),
        path: path.to_owned(),
    }
}

/// The fields between the two lines `---` at the file's beginning: `key: value`, and further
/// indented lines as part of the value. All that a skill's front matter needs of YAML.
fn front_matter(text: &str) -> Vec<(String, String)> {
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let mut fields: Vec<(String, String)> = Vec::new();
    if lines.next().map(str::trim_end) != Some("---") {
        return fields;
    }
    for line in lines.take(FRONT_LINES_MAX).take_while(|line| line.trim_end() != "---") {
        let is_indented = line.starts_with([' ', '\t']);
        match (line.split_once(':'), fields.last_mut()) {
            (_, Some((_, value))) if is_indented => join(value, line.trim()),
            (Some((key, value)), _) if !is_indented => {
                fields.push((key.trim().to_owned(), unquoted(value.trim())));
            }
            (Some(_) | None, Some(_) | None) => {}
        }
    }
    fields
}

fn join(value: &mut String, line: &str) {
    if !value.is_empty() && !line.is_empty() {
        value.push(' ');
    }
    value.push_str(line);
}

/// A value on its own line; `>` and `|` say that it follows.
fn unquoted(value: &str) -> String {
    let quoted = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    let bare = if value.starts_with(['>', '|']) { "" } else { value };
    quoted('"').or_else(|| quoted('\'')).unwrap_or(bare).to_owned()
}

#[cfg(test)]
mod tests;
