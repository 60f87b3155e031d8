//! Reads what differs from the mirror: no more of it than a page can show.

use std::collections::HashMap;

use domain::{Change, Commit};
use forge::{Mirror, Pair};

use super::{Body, Comparison, File, Fold, Sheet, Source, Version};

/// A longer file is shown when it is asked for by itself, up to the next limit.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
const ASKED_FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// What is read for one page.
const PAGE_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Files that a page lists.
pub const FILES_MAX: usize = 3000;

/// What a page is to show.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Only this file, whatever it is.
    pub file: Option<usize>,
    /// What is known of the change, for files that aren't read.
    pub known: Option<Change>,
}

/// The files that differ, each with both sides where it is to be shown.
pub async fn load(
    mirror: &Mirror,
    base: &Commit,
    head: &Commit,
    asked: &Asked,
) -> Result<Sheet, forge::Error> {
    let mut pairs = mirror.pairs(base, head).await?;
    let unlisted = pairs.len().saturating_sub(FILES_MAX);
    pairs.truncate(FILES_MAX);
    let names: Vec<&str> = pairs.iter().flat_map(objects).collect();
    let sizes = mirror.sizes(&names).await?;
    let mut files: Vec<File> =
        pairs.iter().enumerate().map(|(number, pair)| outline(number, pair, &sizes)).collect();
    let chosen = choose(&mut files, asked);
    let wanted: Vec<&str> = chosen.iter().flat_map(|number| objects(&pairs[*number])).collect();
    let bytes = chosen.iter().map(|number| bytes(&files[*number])).sum();
    let contents = mirror.contents(&wanted, bytes).await?;
    // Comparing takes as long as the change is large; others are answered meanwhile.
    let compared = tokio::task::spawn_blocking(move || {
        for number in chosen {
            compare(&mut files[number], &pairs[number], &contents);
        }
        files
    });
    let files = compared.await.expect("comparing texts can't panic, and is never aborted");
    Ok(Sheet { files, unlisted })
}

/// Everything but the contents.
fn outline(number: usize, pair: &Pair, sizes: &HashMap<String, u64>) -> File {
    let version = |side: &forge::Side| Version {
        mode: side.mode,
        object: side.object.clone(),
        bytes: sizes.get(&side.object).copied().filter(|_| !side.is_submodule()),
    };
    let path = |side: &forge::Side| side.path.to_string_lossy().into_owned();
    let old_path = pair.old.as_ref().map(path);
    let new_path = pair.new.as_ref().map(path);
    let path = new_path.clone().or_else(|| old_path.clone()).unwrap_or_default();
    let is_submodule = [&pair.old, &pair.new].into_iter().flatten().any(forge::Side::is_submodule);
    File {
        number,
        moved_from: old_path.filter(|old| new_path.as_ref().is_some_and(|new| new != old)),
        fold: Fold::of_path(&path),
        path,
        old: pair.old.as_ref().map(version),
        new: pair.new.as_ref().map(version),
        body: match is_submodule {
            true => Body::Submodule,
            false => Body::Unread { added: None, removed: None },
        },
    }
}

/// The numbers of those files that are to be read; of the others it is said why not.
fn choose(files: &mut [File], asked: &Asked) -> Vec<usize> {
    let mut chosen = Vec::new();
    let mut left = PAGE_BYTES_MAX;
    for file in files.iter_mut().filter(|file| !matches!(file.body, Body::Submodule)) {
        let (longest, bytes) = (longest(file), bytes(file));
        if longest > ASKED_FILE_BYTES_MAX {
            file.body = Body::TooLong;
            continue;
        }
        if asked.file == Some(file.number) {
            chosen.push(file.number);
            continue;
        }
        file.fold = file.fold.or(match () {
            () if longest > FILE_BYTES_MAX => Some(Fold::Long),
            () if bytes > left => Some(Fold::Rest),
            () => None,
        });
        if asked.file.is_none() && file.fold.is_none() {
            left -= bytes;
            chosen.push(file.number);
        } else {
            file.body = unread(file, asked.known.as_ref());
        }
    }
    chosen
}

/// With the numbers of lines that were counted when the change was harvested.
fn unread(file: &File, known: Option<&Change>) -> Body {
    let of = |path: &str| known?.files.iter().find(|known| known.path == path);
    let new = of(&file.path);
    let old = file.moved_from.as_deref().and_then(of);
    // A moved file was counted as a removed and an added one, which isn't what is shown here.
    match (new, old) {
        (Some(known), None) => Body::Unread { added: known.added, removed: known.removed },
        _ => Body::Unread { added: None, removed: None },
    }
}

fn compare(file: &mut File, pair: &Pair, contents: &HashMap<String, Vec<u8>>) {
    // One object can be several files' content, so that it stays.
    let read = |side: &Option<forge::Side>| match side {
        None => Some(Source::default()),
        Some(side) => Source::read(contents.get(&side.object).cloned().unwrap_or_default()),
    };
    file.body = match (read(&pair.old), read(&pair.new)) {
        (Some(old), Some(new)) => {
            let head = if pair.new.is_some() { new.text() } else { old.text() };
            file.fold = file.fold.or_else(|| Fold::of_text(head));
            Body::Lines(Box::new(Comparison::new(old, new)))
        }
        _ => Body::Binary,
    };
}

fn objects(pair: &Pair) -> impl Iterator<Item = &str> {
    let sides = [&pair.old, &pair.new].into_iter().flatten();
    sides.filter(|side| !side.is_submodule()).map(|side| side.object.as_str())
}

fn sizes(file: &File) -> impl Iterator<Item = u64> {
    [&file.old, &file.new].into_iter().flatten().filter_map(|version| version.bytes)
}

fn bytes(file: &File) -> u64 {
    sizes(file).sum()
}

fn longest(file: &File) -> u64 {
    sizes(file).max().unwrap_or(0)
}
