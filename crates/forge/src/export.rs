//! A change of our own making, as the same kind of bundle that an attempt's change comes in.

use std::path::Path;

use domain::{Change, Commit};

use crate::git::Git;
use crate::{Error, Mirror};

impl Mirror {
    /// Writes the commits that `head` has and `base` hasn't as a bundle to `path`, and says what
    /// they change.
    pub async fn export(&self, base: &Commit, head: &Commit, path: &Path) -> Result<Change, Error> {
        // A bundle names refs, never bare commits.
        let reference = format!("refs/whimbrel/exports/{head}");
        let action = format!("bundle {head}");
        let update = ["update-ref", &reference, head.as_str()];
        Git::new(&action, &self.dir).args(update).run().await?;
        let written = Git::new(&action, &self.dir)
            .args(["bundle", "create", "--quiet"])
            .arg(path)
            .args([&reference, &format!("^{base}")])
            .run()
            .await;
        Git::new(&action, &self.dir).args(["update-ref", "-d", &reference]).run().await?;
        written?;
        self.change(base, head).await
    }
}
