//! A commit's environment, read from the mirror: nothing is checked out to know it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::env;
use std::io;
use std::path::Path;

use domain::Commit;
use environment::{Environment, Files};
use forge::Mirror;
use tokio::runtime::{Builder, Handle, RuntimeFlavor};

use crate::{Engine, Error, prepare};

/// Files looked at in one commit; a larger tree is guessed from its first paths.
const PATHS_MAX: usize = 200_000;
/// The largest file that a guess reads.
const FILE_BYTES_MAX: u64 = 512 * 1024;

/// What the environment of `commit` is, and why.
pub async fn at(mirror: &Mirror, commit: &Commit) -> Result<Environment, Error> {
    let tree = tree(mirror, commit).await?;
    // A guess asks for files one by one, and each is a question to git that has to be waited for.
    let environment = blocking(|| environment::read(&tree));
    tree.whole()?;
    Ok(environment?)
}

/// What was prepared on this machine; nothing where computers are containers.
pub async fn snapshots(engine: &Engine) -> Result<Vec<prepare::Listed>, Error> {
    let backend = engine.backend().await?;
    match backend.namespaces() {
        Ok(backend) => prepare::snapshots(engine, backend).await,
        Err(_containers_keep_none) => Ok(Vec::new()),
    }
}

/// Does what blocks the thread. Where there are other threads, they serve who waits meanwhile.
pub(crate) fn blocking<T>(work: impl FnOnce() -> T) -> T {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::CurrentThread => work(),
        _has_other_threads => tokio::task::block_in_place(work),
    }
}

/// Waits for `future` on a thread that does nothing else: the runtime's own may be the one that
/// waits here.
fn wait<T: Send>(future: impl Future<Output = T> + Send) -> io::Result<T> {
    let waiting = || Ok(Builder::new_current_thread().enable_all().build()?.block_on(future));
    std::thread::scope(|scope| {
        let waited = std::thread::Builder::new().spawn_scoped(scope, waiting)?.join();
        waited.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// The files of `commit`. Their texts are read when they are asked for.
pub async fn tree<'a>(mirror: &'a Mirror, commit: &'a Commit) -> Result<Tree<'a>, Error> {
    let listed = mirror.files(commit, PATHS_MAX).await?;
    let named = listed.files.into_iter().filter_map(regular);
    let mut paths = Vec::new();
    let mut objects = HashMap::new();
    for (path, object) in named {
        objects.insert(path.clone(), object);
        paths.push(path);
    }
    Ok(Tree { mirror, commit, paths, objects, failure: RefCell::default() })
}

/// A name that isn't UTF-8 is no settings' name.
fn regular(file: forge::TreeFile) -> Option<(String, String)> {
    const SYMLINK: u32 = 0o120_000;
    const SUBMODULE: u32 = 0o160_000;
    let path = file.path.to_str()?.to_owned();
    let object = format!("{:o} {}", file.mode, file.object);
    (!matches!(file.mode, SYMLINK | SUBMODULE)).then_some((path, object))
}

/// One commit's files.
pub struct Tree<'a> {
    mirror: &'a Mirror,
    commit: &'a Commit,
    paths: Vec<String>,
    /// Mode and the name of the content, by path.
    objects: HashMap<String, String>,
    /// The first question that git could not answer.
    failure: RefCell<Option<forge::Error>>,
}

impl Tree<'_> {
    pub fn commit(&self) -> &Commit {
        self.commit
    }

    /// An error where git could not answer everything that was asked of it.
    pub fn whole(self) -> Result<(), Error> {
        self.failure.into_inner().map_or(Ok(()), |error| Err(error.into()))
    }

    /// What tells the contents of `paths` from others; empty for a path that isn't there.
    pub fn objects(&self, paths: &[String]) -> Vec<String> {
        let object = |path: &String| self.objects.get(path).cloned().unwrap_or_default();
        paths.iter().map(object).collect()
    }
}

impl Files for Tree<'_> {
    fn paths(&self) -> &[String] {
        &self.paths
    }

    fn exists(&self, path: &str) -> bool {
        self.objects.contains_key(path)
    }

    fn text(&self, path: &str) -> Option<String> {
        if !self.exists(path) {
            return None;
        }
        let reading = self.mirror.blob(self.commit, Path::new(path), FILE_BYTES_MAX);
        let read = match wait(reading) {
            Ok(read) => read,
            Err(source) => Err(forge::Error::Unreadable { path: path.into(), source }),
        };
        match read {
            Ok(bytes) => bytes.and_then(|bytes| String::from_utf8(bytes).ok()),
            // Too large to be settings.
            Err(forge::Error::TooLarge { .. }) => None,
            Err(error) => {
                self.failure.borrow_mut().get_or_insert(error);
                None
            }
        }
    }

    fn has_program(&self, name: &str) -> bool {
        let folders = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&folders).any(|folder| is_program(&folder.join(name)))
    }
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}
