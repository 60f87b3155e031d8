//! An answer names the files and lines that it rests on. Whether they are there is checked at the
//! commit that was asked about, outside of any computer.

use domain::attempt::Source;
use domain::{Fact, attempt::Outcome};
use forge::Mirror;

use super::Runner;
use crate::Error;

/// Of one file that an answer names.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

impl Runner<'_> {
    /// The answer with those of its sources that are there; of the others the log says what is
    /// wrong with them.
    pub(super) async fn answered(
        &self,
        mirror: &Mirror,
        answer: String,
        sources: Vec<Source>,
    ) -> Result<Outcome, Error> {
        let mut found = Vec::new();
        for source in sources {
            match self.wrong(mirror, &source).await? {
                None => found.push(source),
                Some(wrong) => {
                    let Source { path, first_line, last_line } = source;
                    let text =
                        format!("the answer rests on {path}:{first_line}-{last_line}, but {wrong}");
                    self.record(Fact::Warned { text }).await?;
                }
            }
        }
        Ok(Outcome::Answered { answer, sources: found })
    }

    async fn wrong(&self, mirror: &Mirror, source: &Source) -> Result<Option<String>, Error> {
        let commit = &self.task.base.commit;
        let bytes = match mirror.blob(commit, source.path.as_ref(), FILE_BYTES_MAX).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(Some(format!("there is no such file at {}", commit.short()))),
            Err(error @ forge::Error::TooLarge { .. }) => return Ok(Some(error.to_string())),
            Err(error) => return Err(error.into()),
        };
        let lines = String::from_utf8_lossy(&bytes).lines().count();
        let within = source.first_line >= 1
            && source.first_line <= source.last_line
            && source.last_line as usize <= lines;
        Ok((!within).then(|| format!("the file has {lines} lines")))
    }
}
