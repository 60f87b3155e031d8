//! A tree of many files: made by the same script outside and inside.

use anyhow::{Result, bail};
use computer::{Backend, Exec, Layer, Snapshot, SnapshotId, Spec};

use super::{Bench, tell};

/// Of one file. A thousand of them in each folder.
const FILE_BYTES: usize = 20 * 1024;
const FILES_IN_FOLDER: usize = 1000;
const FOLDERS: usize = 50;
const FOLDERS_QUICK: usize = 2;
/// Rust code that the compiler has something to do with.
const MODULES: usize = 40;

impl Bench {
    fn folders(&self) -> usize {
        if self.quick { FOLDERS_QUICK } else { FOLDERS }
    }

    pub fn tree_is(&self) -> String {
        let files = self.folders() * FILES_IN_FOLDER;
        format!("{} MB in {files} files", files * FILE_BYTES / 1_000_000)
    }

    /// Makes, in the current folder, many files under git and a crate of Rust.
    pub fn script(&self) -> String {
        let (folders, bytes) = (self.folders(), FILES_IN_FOLDER * FILE_BYTES);
        let modules = MODULES;
        format!(
            "set -e; mkdir tree crate crate/src; cd tree; \
             for folder in $(seq {folders}); do mkdir $folder; \
             head -c {bytes} /dev/urandom | base64 -w 76 | head -c {bytes} | \
             split -b {FILE_BYTES} -a 3 -d - $folder/file; done; \
             git init -q .; git -c core.looseCompression=0 add .; \
             git -c user.name=b -c user.email=b@invalid -c commit.gpgsign=false commit -qm all; \
             git status --porcelain; cd ../crate; \
             printf '[package]\\nname=\"b\"\\nversion=\"0.0.0\"\\nedition=\"2021\"\\n[workspace]\\n' >Cargo.toml; \
             for n in $(seq {modules}); do \
             printf 'use std::collections::BTreeMap;\\n#[derive(Debug, Clone, Default, PartialEq)]\\npub struct T {{ a: BTreeMap<String, Vec<u64>> }}\\nimpl T {{ pub fn f(&self, n: u64) -> String {{ format!(\"{{:?}} {{}}\", self.a.get(&n.to_string()), n) }} }}\\n' >src/m$n.rs; \
             echo \"pub mod m$n;\" >>src/lib.rs; done"
        )
    }

    /// A snapshot that has it in its workspace.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let id = SnapshotId::from_digest(b"bench");
        if let Some(snapshot) = self.backend.find(&id) {
            return Ok(snapshot);
        }
        tell(&format!("a snapshot of {}", self.tree_is()));
        let spec = Spec { layer: Layer::Build, ..Spec::default() };
        let computer = self.backend.fork(&self.backend.bare(), &spec).await?;
        let ran = computer.run(Exec::new(["sh", "-c", &self.script()])).await?;
        if !ran.status.is_success() {
            bail!("the tree couldn't be made inside: {}: {}", ran.status.words(), ran.text());
        }
        Ok(computer.seal(id).await?)
    }
}
