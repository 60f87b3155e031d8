//! What the user's own settings say of how files are read and written, and of whose name a commit
//! bears: looked up as data, and given to commands that see nothing else of these settings. Programs
//! among them are known by name only, so that they can be switched off.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use crate::Error;
use crate::forge::Identity;
use crate::git::Git;

/// Settings that are looked up, for `git config --get-regexp`.
const WANTED: &str = r"^(core\.(attributesfile|autocrlf|eol|excludesfile|symlinks)|user\.(name|email)|filter\..*\.(clean|smudge|process))$";

/// The settings that hold in one work tree, whichever file they are in.
#[derive(Debug)]
pub(crate) struct Settings {
    /// `core.*`, none of which names a program.
    core: BTreeMap<OsString, OsString>,
    /// Names of filters that have a program.
    filters: BTreeSet<Vec<u8>>,
    identity: Option<Identity>,
}

impl Settings {
    /// Reads them in `folder`, as its user's git would.
    pub async fn of(folder: &Path) -> Result<Self, Error> {
        let done = Git::new("read your settings", folder)
            .with_network()
            .time(crate::git::TIME_SHORT)
            .args(["config", "-z", "--get-regexp", WANTED])
            .done()
            .await?;
        // It is 1 where there are none.
        if done.code > 1 || done.code < 0 {
            return Err(done.into_error());
        }
        Ok(Self::parse(&done.stdout))
    }

    /// `<name>\n<value>\0`, or `<name>\0` for one that is merely there; the last one holds.
    fn parse(listing: &[u8]) -> Self {
        let mut settings = Self { core: BTreeMap::new(), filters: BTreeSet::new(), identity: None };
        let mut user = BTreeMap::new();
        for record in listing.split(|&byte| byte == 0).filter(|record| !record.is_empty()) {
            let mut parts = record.splitn(2, |&byte| byte == b'\n');
            let name = parts.next().unwrap_or_default();
            let value = parts.next().unwrap_or(b"true");
            if let Some(filter) = name.strip_prefix(b"filter.") {
                let dot = filter.iter().rposition(|&byte| byte == b'.').unwrap_or(filter.len());
                settings.filters.insert(filter[..dot].to_vec());
            } else if name.starts_with(b"user.") {
                user.insert(name.to_vec(), String::from_utf8_lossy(value).trim().to_owned());
            } else {
                let setting = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
                settings.core.insert(setting(name), setting(value));
            }
        }
        settings.identity = identity(&mut user);
        settings
    }

    /// Makes a command honour them, with each filter's program switched off.
    pub fn apply(&self, mut git: Git) -> Git {
        for (name, value) in &self.core {
            git = git.config(name, value);
        }
        for filter in &self.filters {
            for (key, off) in
                [("clean", ""), ("smudge", ""), ("process", ""), ("required", "false")]
            {
                let name = [b"filter.", &filter[..], b".", key.as_bytes()].concat();
                git = git.config(OsStr::from_bytes(&name), off);
            }
        }
        if let Some(home) = std::env::var_os("XDG_CONFIG_HOME") {
            // Where ignored names and attributes are by default; the settings there aren't read.
            git = git.env("XDG_CONFIG_HOME", home);
        }
        git.config("core.safecrlf", "false").env("GIT_ATTR_NOSYSTEM", "0")
    }

    pub fn has_filter(&self, name: &[u8]) -> bool {
        self.filters.contains(name)
    }

    /// The name and address that the user's own commits would have here.
    pub fn identity(&self) -> Identity {
        self.identity.clone().unwrap_or_else(Identity::unknown)
    }
}

fn identity(user: &mut BTreeMap<Vec<u8>, String>) -> Option<Identity> {
    let mut of = |name: &[u8]| user.remove(name).filter(|text| !text.is_empty());
    Some(Identity { name: of(b"user.name")?, email: of(b"user.email")? })
}

/// The files of `paths` (each ended by a NUL) that an attribute sends through a filter, in `git`'s
/// work tree, and the filter's name.
pub(crate) async fn filtered(git: Git, paths: Vec<u8>) -> Result<Vec<(Vec<u8>, Vec<u8>)>, Error> {
    let attributes = git.args(["check-attr", "--stdin", "-z", "filter"]).stdin(paths).run().await?;
    let fields: Vec<&[u8]> = attributes.split(|&byte| byte == 0).collect();
    // Path, attribute and value, again and again.
    let through = fields
        .chunks_exact(3)
        .filter(|three| !matches!(three[2], b"unspecified" | b"unset" | b"set"))
        .map(|three| (three[0].to_vec(), three[2].to_vec()));
    Ok(through.collect())
}
