//! All files below a folder that are to be searched, in the order of their paths.

use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Instant;
use std::vec;

use ignore::Match;
use ignore::overrides::{Override, OverrideBuilder};

use super::Search;
use super::rules::Rules;
use super::tree::{Entry, Kind, Tree};

/// Names of one folder; what is beyond is left out.
const ENTRIES_MAX: usize = 1_000_000;
/// Folders within folders.
const DEPTH_MAX: usize = 1024;

pub enum Refused {
    /// In ripgrep's words.
    Glob(String),
    Root(io::Error),
}

pub struct Walk<'a> {
    tree: &'a dyn Tree,
    globs: Override,
    hidden: bool,
    until: Instant,
    /// From the root down to where it is.
    folders: Vec<Folder>,
    cut: bool,
}

struct Folder {
    path: PathBuf,
    rules: Option<Rc<Rules>>,
    left: vec::IntoIter<Entry>,
}

impl<'a> Walk<'a> {
    pub fn new(
        tree: &'a dyn Tree,
        root: &Path,
        search: &Search,
        until: Instant,
    ) -> Result<Self, Refused> {
        let globs = overrides(root, &search.globs).map_err(Refused::Glob)?;
        let (hidden, folders) = (search.hidden, Vec::new());
        let mut walk = Self { tree, globs, hidden, until, folders, cut: false };
        let above = Rules::above(tree, root);
        walk.enter(root.to_owned(), above).map_err(Refused::Root)?;
        Ok(walk)
    }

    /// Whether something was left out for a limit.
    pub fn was_cut(&self) -> bool {
        self.cut
    }

    pub fn next_file(&mut self) -> Option<PathBuf> {
        while let Some(folder) = self.folders.last_mut() {
            if Instant::now() >= self.until {
                self.cut = true;
                return None;
            }
            let Some(entry) = folder.left.next() else {
                self.folders.pop();
                continue;
            };
            let (path, rules) = (folder.path.join(&entry.name), folder.rules.clone());
            if !self.wants(&path, &entry, rules.as_deref()) {
                continue;
            }
            match entry.kind {
                Kind::File => return Some(path),
                // One that can't be read is passed over.
                Kind::Folder if self.folders.len() < DEPTH_MAX => drop(self.enter(path, rules)),
                Kind::Folder => self.cut = true,
                Kind::Other => {}
            }
        }
        None
    }

    fn enter(&mut self, path: PathBuf, above: Option<Rc<Rules>>) -> io::Result<()> {
        let mut entries = self.tree.list(&path, ENTRIES_MAX)?;
        self.cut |= entries.len() == ENTRIES_MAX;
        let rules = Rules::below(self.tree, &path, &entries, above);
        entries.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        self.folders.push(Folder { path, rules, left: entries.into_iter() });
        Ok(())
    }

    /// Globs go before rules, and what a rule wants is searched though it is hidden.
    fn wants(&self, path: &Path, entry: &Entry, rules: Option<&Rules>) -> bool {
        if entry.name == ".git" || entry.kind == Kind::Other {
            return false;
        }
        let is_folder = entry.kind == Kind::Folder;
        match self.globs.matched(path, is_folder) {
            Match::Ignore(_) => return false,
            Match::Whitelist(_) => return true,
            Match::None => {}
        }
        match rules.map_or(Match::None, |rules| rules.say(path, is_folder)) {
            Match::Ignore(()) => false,
            Match::Whitelist(()) => true,
            Match::None => self.hidden || !entry.name.as_encoded_bytes().starts_with(b"."),
        }
    }
}

fn overrides(root: &Path, globs: &[String]) -> Result<Override, String> {
    let mut builder = OverrideBuilder::new(root);
    for glob in globs {
        builder.add(glob).map_err(|error| error.to_string())?;
    }
    builder.build().map_err(|error| error.to_string())
}
