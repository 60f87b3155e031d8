//! A hostile bundle into the mirror: everything is checked in a quarantine beside it, and nothing
//! names a commit of it before all checks hold.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use domain::{AttemptId, Change, Commit};

use crate::bundle::{self, Header};
use crate::git::Git;
use crate::quarantine::Quarantine;
use crate::{Error, Mirror};

/// Of a whole bundle.
pub const BUNDLE_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// In a bundle's pack.
const OBJECTS_MAX: u32 = 100_000;
/// Between base and head.
const COMMITS_MAX: u64 = 1000;
/// Between base and head.
const FILES_MAX: usize = 10_000;
impl Mirror {
    /// Checks what [`crate::harvest_argv`] wrote in a computer, keeps it as
    /// `refs/whimbrel/attempts/<id>`, and says what it changes. Doing it again does no harm.
    ///
    /// # Errors
    /// [`Error::Refused`] says what is wrong with the bundle; the mirror is as before.
    pub async fn import(
        &self,
        attempt: &AttemptId,
        base: &Commit,
        bundle: &Path,
    ) -> Result<Change, Error> {
        let unreadable = |source| Error::Unreadable { path: bundle.to_owned(), source };
        let file = File::open(bundle).map_err(unreadable)?;
        self.import_file(attempt, base, file).await
    }

    /// As [`Mirror::import`], for a bundle in memory.
    pub async fn import_bytes(
        &self,
        attempt: &AttemptId,
        base: &Commit,
        bundle: &[u8],
    ) -> Result<Change, Error> {
        let write_error = |source| Error::Write { path: self.dir.clone(), source };
        // A file without a name, so that a crash leaves nothing.
        let mut file = tempfile::tempfile_in(&self.dir).map_err(write_error)?;
        file.write_all(bundle).and_then(|()| file.rewind()).map_err(write_error)?;
        self.import_file(attempt, base, file).await
    }

    async fn import_file(
        &self,
        attempt: &AttemptId,
        base: &Commit,
        bundle: File,
    ) -> Result<Change, Error> {
        let (pack, header) = self.open_bundle(bundle)?;
        let quarantine = Quarantine::new(self).await?;
        quarantine.index(pack).await?;
        quarantine.check_descent(base, &header).await?;
        quarantine.release()?;
        let change = self.change(base, &header.head).await?;
        if change.files.len() > FILES_MAX {
            return Err(refused(format!("it changes more than {FILES_MAX} files")));
        }
        self.keep(attempt, &header.head).await?;
        Ok(change)
    }

    /// The head that an attempt's change was imported with.
    pub async fn imported(&self, attempt: &AttemptId) -> Result<Option<Commit>, Error> {
        let action = format!("look for the change of {attempt}");
        let done = Git::new(&action, &self.dir)
            .args(["rev-parse", "--verify", "--quiet", "--end-of-options", &reference(attempt)])
            .done()
            .await?;
        if done.code != 0 {
            return Ok(None);
        }
        let said = String::from_utf8_lossy(&done.stdout).trim().to_owned();
        said.parse().map(Some).map_err(|_| Error::Answer { action, said })
    }

    /// Lets go of an attempt's change: nothing keeps it here any more but a branch that has it.
    /// Doing it again does no harm.
    pub async fn forget(&self, attempt: &AttemptId) -> Result<(), Error> {
        Git::new(format!("forget the change of {attempt}"), &self.dir)
            .args(["update-ref", "--no-deref", "-d", &reference(attempt)])
            .run()
            .await?;
        Ok(())
    }

    /// The bundle's file, standing where its pack begins.
    fn open_bundle(&self, mut file: File) -> Result<(File, Header), Error> {
        let unreadable = |source| Error::Unreadable { path: self.dir.clone(), source };
        let bytes = file.metadata().map_err(unreadable)?.len();
        if bytes > BUNDLE_BYTES_MAX {
            return Err(refused(format!("it is {bytes} bytes, more than {BUNDLE_BYTES_MAX}")));
        }
        let header = bundle::read(&mut file).map_err(unreadable)?.map_err(refused)?;
        if header.objects > OBJECTS_MAX {
            let objects = header.objects;
            return Err(refused(format!("it has {objects} objects, more than {OBJECTS_MAX}")));
        }
        file.seek(SeekFrom::Start(header.pack_offset)).map_err(unreadable)?;
        Ok((file, header))
    }

    async fn keep(&self, attempt: &AttemptId, head: &Commit) -> Result<(), Error> {
        Git::new(format!("keep the change of {attempt}"), &self.dir)
            .args(["update-ref", "--no-deref", &reference(attempt), head.as_str()])
            .run()
            .await?;
        Ok(())
    }
}

fn reference(attempt: &AttemptId) -> String {
    format!("refs/whimbrel/attempts/{attempt}")
}

fn refused(why: impl Into<String>) -> Error {
    Error::Refused { why: why.into() }
}

impl Quarantine<'_> {
    /// Indexes the pack. `--strict` also checks each object as `git fsck` does: no `.git` in a
    /// tree by any spelling, no submodule with an option for a URL, no malformed commit.
    async fn index(&self, pack: File) -> Result<(), Error> {
        let done = self
            .git("read the attempt's pack")
            .args(["index-pack", "--stdin", "--fix-thin", "--strict", "--threads=1"])
            .arg(format!("--max-input-size={BUNDLE_BYTES_MAX}"))
            .stdin_fd(pack)
            .done()
            .await?;
        if done.is_out_of_space() {
            return Err(done.into_error());
        }
        if done.code == 0 { Ok(()) } else { Err(refused(done.said())) }
    }

    /// The head is a commit that comes after the base, and all that it needs is there.
    async fn check_descent(&self, base: &Commit, header: &Header) -> Result<(), Error> {
        let head = &header.head;
        for commit in header.prerequisites.iter().chain([base, head]) {
            self.check_commit(commit).await?;
        }
        if head == base {
            return Err(refused("its head is the base"));
        }
        let ancestry = ["merge-base", "--is-ancestor", base.as_str(), head.as_str()];
        let done = self.git("check its ancestry").args(ancestry).done().await?;
        if done.code != 0 {
            return Err(refused(format!("its head {head} doesn't come after the base {base}")));
        }
        self.check_size(base, head).await?;
        self.check_whole(head).await
    }

    async fn check_commit(&self, commit: &Commit) -> Result<(), Error> {
        let git = self.git("check its commits").args(["cat-file", "-t", commit.as_str()]);
        let done = git.done().await?;
        if done.stdout == b"commit\n" {
            return Ok(());
        }
        Err(refused(format!("{commit} isn't a commit that is known here")))
    }

    async fn check_size(&self, base: &Commit, head: &Commit) -> Result<(), Error> {
        let action = "count its commits";
        let said = self
            .git(action)
            .args(["rev-list", "--count", head.as_str(), &format!("^{base}"), "--"])
            .line()
            .await?;
        let answer = |_| Error::Answer { action: action.into(), said: said.clone() };
        let commits: u64 = said.parse().map_err(answer)?;
        if commits > COMMITS_MAX {
            return Err(refused(format!("it has {commits} commits, more than {COMMITS_MAX}")));
        }
        Ok(())
    }

    /// Walks everything that the head needs and the mirror's refs don't already vouch for.
    async fn check_whole(&self, head: &Commit) -> Result<(), Error> {
        let done = self
            .git("check that it is whole")
            .args(["rev-list", "--objects", "--quiet", head.as_str(), "--not", "--all", "--"])
            .done()
            .await?;
        if done.code == 0 { Ok(()) } else { Err(refused(done.said())) }
    }
}

#[cfg(test)]
mod tests;
