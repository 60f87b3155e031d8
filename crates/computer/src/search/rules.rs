//! What a folder's `.ignore`, `.gitignore` and `.git/info/exclude` leave out below it. The deepest
//! rule decides; any `.ignore` goes before any `.gitignore`, and git's end where its repository
//! begins.

use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;
use std::rc::Rc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::tree::{Entry, Tree};

/// Of one file of rules; a larger one has none.
const RULES_BYTES_MAX: u64 = 256 * 1024;
/// Rules of one file beyond this don't count.
const RULES_MAX: usize = 10_000;

/// The rules of one folder, and of those above it.
#[derive(Debug)]
pub struct Rules {
    above: Option<Rc<Self>>,
    has_git: bool,
    ignore: Gitignore,
    git: Gitignore,
    exclude: Gitignore,
}

impl Rules {
    /// Those of all folders above `root`, and of itself.
    pub fn above(tree: &dyn Tree, root: &Path) -> Option<Rc<Self>> {
        let mut folders = Vec::new();
        for folder in root.ancestors().skip(1) {
            folders.push(folder);
            if tree.is_top(folder) {
                break;
            }
        }
        if tree.is_top(root) {
            folders.clear();
        }
        let of = |above, folder: &&Path| {
            let has_git = tree.root(&folder.join(".git")).is_ok();
            Self::of(tree, folder, above, |name| name != ".git" || has_git)
        };
        folders.iter().rev().fold(None, of)
    }

    /// Of a folder with these entries.
    pub fn below(
        tree: &dyn Tree,
        folder: &Path,
        entries: &[Entry],
        above: Option<Rc<Self>>,
    ) -> Option<Rc<Self>> {
        Self::of(tree, folder, above, |name| entries.iter().any(|entry| entry.name == name))
    }

    /// One that has nothing to say is that above.
    fn of(
        tree: &dyn Tree,
        folder: &Path,
        above: Option<Rc<Self>>,
        has: impl Fn(&OsStr) -> bool,
    ) -> Option<Rc<Self>> {
        let has_git = has(".git".as_ref());
        let read = |there: bool, name: &str| {
            if there { read(tree, folder, name) } else { Gitignore::empty() }
        };
        let ignore = read(has(".ignore".as_ref()), ".ignore");
        let git = read(has(".gitignore".as_ref()), ".gitignore");
        let exclude = read(has_git, ".git/info/exclude");
        if !has_git && ignore.is_empty() && git.is_empty() {
            return above;
        }
        Some(Rc::new(Self { above, has_git, ignore, git, exclude }))
    }

    /// What is said of a path below: left out, wanted, or nothing.
    pub fn say(&self, path: &Path, is_folder: bool) -> Match<()> {
        let (mut ignore, mut git, mut exclude) = (Match::None, Match::None, Match::None);
        let (mut next, mut in_repository) = (Some(self), true);
        while let Some(rules) = next {
            let said = |by: &Gitignore| by.matched(path, is_folder).map(drop);
            ignore = ignore.or(said(&rules.ignore));
            if in_repository {
                git = git.or(said(&rules.git));
                exclude = exclude.or(said(&rules.exclude));
            }
            in_repository &= !rules.has_git;
            next = rules.above.as_deref();
        }
        ignore.or(git).or(exclude)
    }
}

/// A rule that is none is passed over, as ripgrep does.
fn read(tree: &dyn Tree, folder: &Path, name: &str) -> Gitignore {
    let mut text = Vec::new();
    let file = tree.open(&folder.join(name));
    let read = file.and_then(|file| file.take(RULES_BYTES_MAX + 1).read_to_end(&mut text));
    if !read.is_ok_and(|bytes| bytes as u64 <= RULES_BYTES_MAX) {
        return Gitignore::empty();
    }
    let mut rules = GitignoreBuilder::new(folder);
    for line in
        String::from_utf8_lossy(&text).trim_start_matches('\u{feff}').lines().take(RULES_MAX)
    {
        let _not_a_rule = rules.add_line(None, line);
    }
    rules.build().unwrap_or_else(|_too_large| Gitignore::empty())
}
