//! Where a repository keeps its pull-request template: the places that GitHub, GitLab and
//! Forgejo look in. Knows nothing of what stands in it.

use std::path::Path;

use computer::{Computer, WORKSPACE};

use super::instructions::embedded;
use super::prompt::File;
use super::tools::observed;

/// Of the template; one that is longer is cut.
const TEMPLATE_BYTES_MAX: usize = 16 * 1024;
const FILE_BYTES_MAX: u64 = 256 * 1024;

/// Files and folders in lower case, in the order they are looked for. A folder holds several
/// templates to choose from.
const FILES: [&str; 10] = [
    ".github/pull_request_template.md",
    ".github/pull_request_template.txt",
    "pull_request_template.md",
    "pull_request_template.txt",
    "docs/pull_request_template.md",
    "docs/pull_request_template.txt",
    ".gitlab/merge_request_templates/default.md",
    ".forgejo/pull_request_template.md",
    ".gitea/pull_request_template.md",
    "pull_request_template",
];
const FOLDERS: [&str; 4] = [
    ".github/pull_request_template/",
    "pull_request_template/",
    "docs/pull_request_template/",
    ".gitlab/merge_request_templates/",
];

/// The template among the repository's `files`, if there is one.
pub(super) async fn find(
    computer: &dyn Computer,
    files: &[String],
) -> Result<Option<File>, computer::Error> {
    let Some(path) = choose(files) else { return Ok(None) };
    let read = computer.read(&Path::new(WORKSPACE).join(path), FILE_BYTES_MAX).await;
    let Ok(bytes) = observed(read)? else { return Ok(None) };
    let mut text = embedded(&String::from_utf8_lossy(&bytes));
    text.truncate(text.floor_char_boundary(TEMPLATE_BYTES_MAX));
    Ok((!text.is_empty()).then(|| File { path: path.to_owned(), text }))
}

/// A single template first; of several the first by name.
fn choose(files: &[String]) -> Option<&str> {
    let single =
        FILES.iter().find_map(|place| files.iter().find(|path| path.to_lowercase() == *place));
    let one_of_several = || {
        let first =
            |place: &&'static str| files.iter().filter(|path| is_template_in(path, place)).min();
        FOLDERS.iter().find_map(first)
    };
    single.or_else(one_of_several).map(String::as_str)
}

fn is_template_in(path: &str, folder: &str) -> bool {
    let path = path.to_lowercase();
    path.strip_prefix(folder).is_some_and(|name| !name.contains('/') && name.ends_with(".md"))
}

#[cfg(test)]
mod tests;
