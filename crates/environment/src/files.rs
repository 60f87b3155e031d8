//! What a guess may look at: one commit's files, by repo-relative path. Doesn't know where they
//! are kept.

/// The files of one commit, and the machine's tools.
pub trait Files {
    /// Repo-relative paths with `/`, of files only.
    fn paths(&self) -> &[String];

    fn exists(&self, path: &str) -> bool;

    /// A file's text; `None` where there is no such file or it isn't UTF-8. Read lazily: a guess
    /// asks for few files.
    fn text(&self, path: &str) -> Option<String>;

    /// Whether a computer of this machine has the program on its `PATH`. A linter is only guessed
    /// where it is, since one that can't start would fail every change.
    fn has_program(&self, _name: &str) -> bool {
        false
    }
}
