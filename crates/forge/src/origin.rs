//! From what a person typed to an [`Origin`]: a folder in a repository, or a URL.

use std::path::{Path, PathBuf};

use domain::project::Origin;

use crate::Error;
use crate::git::Git;

const SCHEMES: [&str; 4] = ["http://", "https://", "ssh://", "git://"];

/// The repository that `given` names: a path (in a work tree, a bare repository or a git
/// directory), `file://…`, or a URL that git can fetch from.
///
/// # Errors
/// [`Error::NotAnOrigin`], [`Error::NotARepository`], [`Error::Unreadable`],
/// [`Error::Ownership`], [`Error::NoGit`].
pub async fn resolve(given: &str) -> Result<Origin, Error> {
    if let Some(path) = given.strip_prefix("file://") {
        return resolve_path(&decode(path, given)?).await;
    }
    if SCHEMES.iter().any(|scheme| given.starts_with(scheme)) {
        return url(given);
    }
    if Path::new(given).exists() || !is_scp_like(given) {
        return resolve_path(Path::new(given)).await;
    }
    url(given)
}

fn not_an_origin(given: &str, why: &str) -> Error {
    Error::NotAnOrigin { given: given.to_owned(), why: why.to_owned() }
}

fn url(given: &str) -> Result<Origin, Error> {
    let host = SCHEMES.iter().find_map(|scheme| given.strip_prefix(scheme)).unwrap_or(given);
    // Such a host would be an option of ssh's.
    if host.starts_with('-') || host.contains("@-") {
        return Err(not_an_origin(given, "its host starts with a dash"));
    }
    if given.chars().any(|c| c.is_control() || c == ' ') {
        return Err(not_an_origin(given, "a URL has no spaces or control characters"));
    }
    Ok(Origin::Url(given.to_owned()))
}

/// `host:path` or `user@host:path`, by git's rule: a colon before any slash. Two colons would be
/// the name of a remote helper, which is a program.
fn is_scp_like(given: &str) -> bool {
    given.split_once(':').is_some_and(|(host, path)| {
        !host.is_empty() && !host.contains('/') && !path.is_empty() && !path.starts_with(':')
    })
}

/// Percent-decodes, as git does with `file://`.
fn decode(path: &str, given: &str) -> Result<PathBuf, Error> {
    use std::os::unix::ffi::OsStringExt;
    let malformed = || not_an_origin(given, "it has a % without two hexadecimal digits");
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first != b'%' {
            bytes.push(first);
            rest = after;
            continue;
        }
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        bytes.push(byte.ok_or_else(malformed)?);
        rest = &after[2..];
    }
    Ok(std::ffi::OsString::from_vec(bytes).into())
}

async fn resolve_path(given: &Path) -> Result<Origin, Error> {
    let path = given
        .canonicalize()
        .map_err(|source| Error::Unreadable { path: given.to_owned(), source })?;
    let folder =
        if path.is_dir() { path } else { path.parent().map(Path::to_owned).unwrap_or(path) };
    let top = top_level(&folder).await?;
    let Some(text) = top.to_str() else {
        return Err(not_an_origin(&top.to_string_lossy(), "its path isn't UTF-8"));
    };
    Ok(Origin::Path(text.to_owned()))
}

/// The top of the work tree that `folder` is in, or the bare repository.
async fn top_level(folder: &Path) -> Result<PathBuf, Error> {
    let action = "find the repository";
    let done = Git::new(action, folder).args(["rev-parse", "--absolute-git-dir"]).done().await?;
    if done.code != 0 {
        return Err(unresolved(folder, done));
    }
    let git_dir = one_path(done.stdout);
    let done = Git::new(action, folder).args(["rev-parse", "--show-toplevel"]).done().await?;
    let top = if done.code == 0 { one_path(done.stdout) } else { git_dir };
    top.canonicalize().map_err(|source| Error::Unreadable { path: top, source })
}

fn unresolved(folder: &Path, done: crate::git::Done) -> Error {
    if done.mentions("not a git repository") {
        return Error::NotARepository { path: folder.to_owned() };
    }
    done.into_error()
}

pub(crate) fn one_path(mut stdout: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    if stdout.last() == Some(&b'\n') {
        stdout.pop();
    }
    std::ffi::OsString::from_vec(stdout).into()
}

/// What `git rev-parse` says is where.
pub(crate) async fn path_of(folder: &Path, what: &[&str]) -> Result<PathBuf, Error> {
    let bytes = Git::new("find the repository", folder)
        .args(["rev-parse", "--path-format=absolute"])
        .args(what)
        .run()
        .await?;
    Ok(one_path(bytes))
}

/// The origin, for people: a URL without the name and password that may be in it.
pub fn shown(origin: &Origin) -> String {
    let text = origin.as_str();
    let secret = match (origin, text.split_once("://")) {
        (Origin::Url(_), Some((scheme, rest))) => {
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            authority.rsplit_once('@').map(|(_, host)| format!("{scheme}://{host}/{path}"))
        }
        (Origin::Url(_), None) | (Origin::Path(_), _) => None,
    };
    secret.unwrap_or_else(|| text.to_owned())
}

/// Whether the work tree at `path` has changes that no commit has. `None` where looking could run
/// a program of its configuration (a filter), or where there is no work tree.
pub async fn dirty(path: &Path) -> Result<Option<bool>, Error> {
    if has_filters(path).await? {
        return Ok(None);
    }
    let done = Git::new("look for uncommitted changes", path)
        .args(["status", "--porcelain", "-z", "--no-renames", "--ignore-submodules=all"])
        .arg("--untracked-files=normal")
        .bytes_max(1)
        .done()
        .await?;
    if done.code != 0 && !done.cut {
        return Ok(None);
    }
    Ok(Some(!done.stdout.is_empty()))
}

/// Whether the repository's configuration names programs that files go through.
pub(crate) async fn has_filters(path: &Path) -> Result<bool, Error> {
    let done = Git::new("read the repository's configuration", path)
        .args(["config", "--name-only", "--get-regexp", r"^filter\..*\.(clean|smudge|process)$"])
        .done()
        .await?;
    match done.code {
        0 => Ok(true),
        1 => Ok(false),
        _ => Err(done.into_error()),
    }
}

#[cfg(test)]
mod tests;
