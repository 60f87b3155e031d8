//! A copy of the work tree, in which things can be woven into files without anybody else seeing
//! it. What package managers fetched isn't copied but linked to. Knows no language.

use std::path::{Path, PathBuf};
use std::time::Duration;

use computer::{Computer, Exec, HOME, SCRATCH, WORKSPACE};

use crate::Error;

/// What copying may take.
const COPY_TIME_MAX: Duration = Duration::from_secs(120);
/// The names of the tracked files.
const LISTING_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// A source file that is watched and edited. A larger one is no one's own code.
const FILE_BYTES_MAX: u64 = 256 * 1024;
/// A line that is longer was written by a program.
const LINE_BYTES_MAX: usize = 4000;
/// Files that are watched.
const FILES_MAX: usize = 800;

/// Of the copy, in the home folder. Long enough to be no part of another path.
pub const FOLDER: &str = ".cache/whimbrel/mechanic-copy";

/// Where the copy is: on the disk, as it may be large.
pub fn root() -> PathBuf {
    Path::new(HOME).join(FOLDER)
}

/// Where small things of one step are.
pub fn scratch(name: &str) -> PathBuf {
    Path::new(SCRATCH).join("mechanic").join(name)
}

/// A folder that the copy leaves out, and what stands in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Besides {
    /// `node_modules`, with a link for each package that isn't one of the work tree's own.
    NodeModules,
    /// `target`, which is the copy's own and stays from one copy to the next.
    Target,
}

/// Makes the copy anew.
pub async fn make(computer: &dyn Computer, besides: Besides) -> Result<(), Error> {
    let (to, from) = (root(), WORKSPACE);
    let script = match besides {
        Besides::NodeModules => NODE_MODULES,
        Besides::Target => TARGET,
    };
    let exec = Exec::shell(script)
        .env("TO", to.to_string_lossy())
        .env("FROM", from)
        .timeout(COPY_TIME_MAX);
    let ran = computer.run(exec).await;
    let ran = ran.map_err(|source| Error::Computer { step: "copying the work tree", source })?;
    if ran.status.is_success() { Ok(()) } else { Err(Error::Copy { output: ran.text() }) }
}

const NODE_MODULES: &str = r#"
set -e
rm -rf "$TO"; mkdir -p "$TO"; cd "$FROM"
tar --exclude=node_modules -cf - . | tar -xf - -C "$TO"
link() {
  mkdir -p "$TO/$1"
  for entry in "$1"/* "$1"/.[!.]*; do
    name="${entry##*/}"
    if [ -L "$entry" ]; then cp -P "$entry" "$TO/$1/"
    elif [ ! -e "$entry" ]; then :
    elif [ "${name#@}" != "$name" ]; then link "$entry"
    elif [ "$name" = .bin ]; then cp -RP "$entry" "$TO/$1/"
    else ln -s "$FROM/${entry#./}" "$TO/$1/$name"; fi
  done
}
find . -name node_modules -prune | while read -r found; do
  if [ -L "$found" ]; then cp -P "$found" "$TO/$found"; else link "$found"; fi
done
"#;

const TARGET: &str = r#"
set -e
mkdir -p "$TO"; cd "$TO"
find . -mindepth 1 -maxdepth 1 ! -name target -exec rm -rf {} +
cd "$FROM"
tar --exclude=./target -cf - . | tar -xf - -C "$TO"
"#;

/// Cargo builds again what is newer than the last build, and a copy is as old as what it is of.
const TOUCH: &str = r#"
cd "$TO"
find . \( -path ./target -o -path ./vendor \) -prune -o -name '*.rs' -exec touch {} +
"#;

/// A command in a copy that was just made anew, so that it leaves nothing in the work tree.
pub fn inside(command: &str) -> Exec {
    let (touch, to) = (TOUCH, root());
    Exec::shell(&format!("( {TARGET}{touch} ) || exit 70\ncd \"$TO\" || exit 70\n{command}"))
        .env("TO", to.to_string_lossy())
        .env("FROM", WORKSPACE)
}

/// The tracked files that `wanted` says yes to, with their texts. What is too large, not UTF-8 or
/// generated is left out.
pub async fn sources(
    computer: &dyn Computer,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<(String, String)>, Error> {
    let failed = |source| Error::Computer { step: "looking at the files", source };
    let listed = Exec::shell("git ls-files -z").output_bytes_max(LISTING_BYTES_MAX);
    let listed = computer.run(listed).await.map_err(failed)?.stdout.text();
    let mut found = Vec::new();
    for path in listed.split('\0').filter(|path| wanted(path)).take(FILES_MAX) {
        let bytes = computer.read(&Path::new(WORKSPACE).join(path), FILE_BYTES_MAX).await;
        // A file that can't be read is none of ours to repair, and no failure of the search.
        let text = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let written = |text: &String| text.lines().all(|line| line.len() <= LINE_BYTES_MAX);
        found.extend(text.filter(written).map(|text| (path.to_owned(), text)));
    }
    Ok(found)
}

/// Writes a file of the copy.
pub async fn write(computer: &dyn Computer, path: &str, text: &str) -> Result<(), Error> {
    let written = computer.write(&root().join(path), text.as_bytes(), 0o644).await;
    written.map_err(|source| Error::Computer { step: "writing a file of the copy", source })
}
