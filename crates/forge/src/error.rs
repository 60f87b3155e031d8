//! What can go wrong with a repository or a forge, and what to do about it.

use std::io;
use std::path::PathBuf;

use domain::Commit;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("git isn't installed, or not in PATH; install it (`apt install git`), 2.39 or newer")]
    NoGit,
    #[error("can't start git to {action}")]
    Start { action: String, source: io::Error },
    #[error("git can't {action}: {said}")]
    Git { action: String, said: String },
    #[error("git took longer than {seconds} s to {action} and was stopped")]
    OutOfTime { action: String, seconds: u64 },
    #[error("git gave more than {bytes_max} bytes to {action}")]
    TooMuch { action: String, bytes_max: u64 },
    /// Git said something that isn't what its manual says.
    #[error("git answered {said:?} to {action}, which whimbrel doesn't understand")]
    Answer { action: String, said: String },

    #[error("{given:?} is not a repository: {why}")]
    NotAnOrigin { given: String, why: String },
    #[error("{path} is not in a git repository; run `git init` there, or name another folder")]
    NotARepository { path: PathBuf },
    #[error("{origin} has no commit yet; commit something first")]
    Empty { origin: String },
    #[error(
        "{path} belongs to another user, so git won't read it; run whimbrel as its owner, or \
         make it yours with `chown -R`"
    )]
    Ownership { path: PathBuf },
    #[error("can't read {path}")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{origin} has no branch {branch:?}; it has {known}")]
    NoBranch { origin: String, branch: String, known: String },
    #[error(
        "{origin} has no current branch that a pull request could be for; name one with --base"
    )]
    Detached { origin: String },

    #[error("{origin} has no work tree, so it has no uncommitted changes to start from")]
    NoWorkTree { origin: String },
    /// The files are elsewhere, where the repository's configuration says.
    #[error(
        "{path} has its files in {elsewhere} (core.worktree); its uncommitted changes aren't read \
         from there: commit them first"
    )]
    WorkTreeElsewhere { path: PathBuf, elsewhere: PathBuf },
    #[error(
        "the uncommitted changes in {path} are made on {head} and not on {branch}, which is at \
         {commit}; switch to {branch}, or name the branch that they are made on"
    )]
    OtherBase { path: PathBuf, head: String, branch: String, commit: Commit },
    #[error("{path} has conflicts in {}; resolve them (`git status` lists them)", files.join(", "))]
    Unmerged { path: PathBuf, files: Vec<String> },
    #[error(
        "{file} isn't committed and goes through the filter {filter}, a program that whimbrel \
         doesn't run; commit it first, or run `git status` if it hasn't changed"
    )]
    Filtered { file: String, filter: String },
    /// Most likely something that should be ignored.
    #[error(
        "the uncommitted changes are {amount}, more than {amount_max} (most of them in {most_in}); \
         add what doesn't belong to .gitignore, or commit it first"
    )]
    TooMuchUncommitted { amount: String, amount_max: String, most_in: String },

    #[error("{branch:?} can't be the name of a branch")]
    NotABranch { branch: String },
    #[error("{path} isn't empty; name a folder that isn't there yet")]
    Occupied { path: PathBuf },
    #[error("{path:?} can't be a work tree: its name has a line break")]
    LineBreak { path: PathBuf },

    #[error("can't write {path}")]
    Write { path: PathBuf, source: io::Error },
    #[error("no space is left for {path}; free some and run again: nothing is half-done")]
    Full { path: PathBuf },
    #[error("another process has worked on {path} for more than {seconds} s")]
    Busy { path: PathBuf, seconds: u64 },

    /// What came out of a computer isn't what a change looks like.
    #[error("the attempt's change was refused: {why}")]
    Refused { why: String },
    #[error("{path} is {bytes} bytes, more than {bytes_max}")]
    TooLarge { path: PathBuf, bytes: u64, bytes_max: u64 },

    #[error("the branch {branch} is already there, at {found} instead of {head}")]
    BranchTaken { branch: String, found: Commit, head: Commit },
    /// Somebody else moved or removed a branch that we made. It stays as it is.
    #[error(
        "the branch {branch} isn't at {expected}, where whimbrel left it, but {}; whimbrel leaves it \
         alone: move it back there and run again, or go on with it by hand", place(found.as_ref())
    )]
    BranchMoved { branch: String, expected: Commit, found: Option<Commit> },
    #[error("it conflicts with {base_branch} in {}", files.join(", "))]
    Conflicts { base_branch: String, files: Vec<String> },
    /// The base branch isn't where the merge was prepared. Prepare it again.
    #[error("{base_branch} has moved since the merge was prepared")]
    BaseMoved { base_branch: String },
    /// The user's own files can't be brought along safely. Nothing was changed.
    #[error(
        "{branch} is checked out in {path}, and {why}; nothing was changed. By hand: {command}"
    )]
    CheckedOut { branch: String, path: PathBuf, why: String, command: String },
}

/// Where a branch is, in words.
fn place(found: Option<&Commit>) -> String {
    found.map_or("not there".to_owned(), |commit| format!("at {commit}"))
}
