//! What a change looks like: two versions of each file, compared here rather than read from a patch,
//! so that no file's name or content can pass for something else. Pure, but for [`load`].

mod fold;
mod hunk;
mod lines;
mod load;
mod source;
mod words;

pub use domain::comment::Side;
pub use fold::Fold;
pub use hunk::{Gap, Piece, hunks};
pub use lines::Comparison;
pub use load::{Asked, load};
pub use source::Source;
pub use words::{Budget, changed_words};

/// All files that differ.
#[derive(Debug, Default)]
pub struct Sheet {
    pub files: Vec<File>,
    /// How many more there are.
    pub unlisted: usize,
}

/// One file, before and after.
#[derive(Debug)]
pub struct File {
    /// Its place in git's order: its name in anchors and addresses.
    pub number: usize,
    /// As it is after the change, or was before where it was removed. Not always UTF-8.
    pub path: String,
    /// As it was, where it was moved.
    pub moved_from: Option<String>,
    pub old: Option<Version>,
    pub new: Option<Version>,
    /// Why it needs no reading, or isn't shown at first.
    pub fold: Option<Fold>,
    pub body: Body,
}

/// What is known of a file's one side without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub mode: u32,
    /// Of a submodule it is the commit.
    pub object: String,
    /// None for a submodule, and for what isn't here.
    pub bytes: Option<u64>,
}

#[derive(Debug)]
pub enum Body {
    Lines(Box<Comparison>),
    /// Not a text.
    Binary,
    /// A commit of another repository.
    Submodule,
    /// It wasn't read; the numbers of lines are what is known, if they are.
    Unread {
        added: Option<u64>,
        removed: Option<u64>,
    },
    /// Too long to be shown at all.
    TooLong,
}

impl File {
    /// Lines added and removed, where they are known.
    pub fn counts(&self) -> Option<(u64, u64)> {
        match &self.body {
            Body::Lines(comparison) => Some(comparison.counts()),
            Body::Unread { added, removed } => Some(((*added)?, (*removed)?)),
            Body::Binary | Body::Submodule | Body::TooLong => None,
        }
    }

    /// What happened to its permissions or its kind, in words.
    pub fn mode_words(&self) -> Option<String> {
        let words = |mode: u32| match mode & 0o170000 {
            0o120000 => "symbolic link".to_owned(),
            0o160000 => "submodule".to_owned(),
            _ if mode & 0o111 != 0 => "executable file".to_owned(),
            _ => "file".to_owned(),
        };
        match (&self.old, &self.new) {
            (Some(old), Some(new)) if old.mode != new.mode => {
                Some(format!("{} → {}", words(old.mode), words(new.mode)))
            }
            (Some(only), None) | (None, Some(only)) if only.mode != 0o100644 => {
                Some(words(only.mode))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
