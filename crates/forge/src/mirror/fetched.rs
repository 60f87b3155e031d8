//! What the origin had when it was last fetched from: no question to it, which could take long.

use std::path::Path;

use domain::Project;

use super::{BRANCHES, HEAD, Heads, Mirror};
use crate::Error;
use crate::git::Git;
use crate::origin::shown;

impl Mirror {
    /// The mirror of `project`, where there is one.
    pub fn existing(home: &Path, project: &Project) -> Option<Self> {
        let dir = home.join("mirrors").join(format!("{}.git", project.id));
        dir.join("HEAD").exists().then(|| Self { dir, origin: project.origin.clone() })
    }

    /// What the last [`Mirror::fetch`] brought; nothing before the first. Which of the branches was
    /// current isn't kept, only where it was.
    pub async fn fetched(&self) -> Result<Heads, Error> {
        let listed = Git::new("list the branches of a mirror", &self.dir)
            .args(["for-each-ref", "--format=%(objectname)%09%(refname)", "refs/origin"])
            .run()
            .await?;
        let listing = String::from_utf8_lossy(&listed);
        let as_remote = |line: &str| {
            let (commit, name) = line.split_once('\t')?;
            let name = match name.strip_prefix(BRANCHES) {
                Some(branch) => format!("refs/heads/{branch}"),
                None if name == HEAD => "HEAD".to_owned(),
                None => return None,
            };
            Some(format!("{commit}\t{name}\n"))
        };
        let listing: String = listing.lines().filter_map(as_remote).collect();
        Heads::parse(&shown(&self.origin), &listing)
    }
}
