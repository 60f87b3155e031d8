//! Test files of base that mention what the change edits: what a special case would be made for.

use std::collections::BTreeSet;

use computer::Computer;
use syntax::Parsed;

use super::{Source, git};
use crate::test_files::is_test_file;
use crate::{Error, Job};

/// Functions asked for, and files read.
const NAMES_MAX: usize = 200;
const FILES_MAX: usize = 100;
const TEXT_BYTES_MAX: u64 = 512 * 1024;
const ALL_BYTES_MAX: u64 = 16 * 1024 * 1024;
const LIST_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Names as short as `f` are in every file.
const NAME_CHARS_MIN: usize = 2;

/// A test file as it is at base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mention {
    pub path: String,
    pub text: String,
}

/// Base's test files that mention a function that `sources` change. `computer` as for
/// [`super::read`].
pub(crate) async fn mentions(
    computer: &dyn Computer,
    job: &Job<'_>,
    sources: &[Source],
) -> Result<Vec<Mention>, Error> {
    let names = changed_names(sources);
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut args = vec!["grep", "--no-color", "-l", "-z", "-w", "-I", "-F"];
    for name in names.iter().take(NAMES_MAX) {
        args.extend(["-e", name]);
    }
    args.push(job.base.as_str());
    const STEP: &str = "find the tests that mention the change's functions";
    let (listed, _) = git::run(computer, STEP, &args, Vec::new(), LIST_BYTES_MAX).await?;
    let prefix = format!("{}:", job.base);
    let names = listed.split(|byte| *byte == 0).filter_map(|name| std::str::from_utf8(name).ok());
    let paths = names.filter_map(|name| name.strip_prefix(&prefix)).filter(|p| is_test_file(p));
    // Git's batch reads one name a line.
    let paths: Vec<&str> = paths.filter(|path| !path.contains('\n')).take(FILES_MAX).collect();
    texts(computer, job, &paths).await
}

async fn texts(
    computer: &dyn Computer,
    job: &Job<'_>,
    paths: &[&str],
) -> Result<Vec<Mention>, Error> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let mut args = vec!["--literal-pathspecs", "ls-tree", "-r", "-z", job.base.as_str(), "--"];
    args.extend(paths);
    const STEP: &str = "find the tests of the base";
    let (listed, _) = git::run(computer, STEP, &args, Vec::new(), LIST_BYTES_MAX).await?;
    let listed = String::from_utf8_lossy(&listed);
    // `MODE blob OBJECT`, tab, path.
    let objects: Vec<(&str, &str)> = listed
        .split('\0')
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(meta, path)| Some((meta.rsplit(' ').next()?, path)))
        .collect();
    let wanted: Vec<&str> = objects.iter().map(|(object, _)| *object).collect();
    let blobs = git::blobs(computer, &wanted, TEXT_BYTES_MAX, ALL_BYTES_MAX).await?;
    let mention = |(object, path): &(&str, &str)| {
        let side = blobs.side(object);
        Some(Mention { path: (*path).to_owned(), text: side.text()?.to_owned() })
    };
    Ok(objects.iter().filter_map(mention).collect())
}

/// Of functions outside of tests that have a changed line.
fn changed_names(sources: &[Source]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for source in sources.iter().filter(|source| !is_test_file(&source.path)) {
        let Some(text) = source.head.text() else { continue };
        let Some(parsed) = Parsed::new(&source.path, text.to_owned()) else { continue };
        for function in syntax::testing::functions(&parsed) {
            let touches = |lines: &std::ops::RangeInclusive<u32>| {
                lines.start() <= function.lines.end() && function.lines.start() <= lines.end()
            };
            let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
            if source.changed.iter().any(touches)
                && function.name.len() >= NAME_CHARS_MIN
                && function.name.chars().all(is_word)
            {
                names.insert(function.name);
            }
        }
    }
    names
}
