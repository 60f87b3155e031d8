//! The copy's sources: which text each file has right now, so that only what differs is written and
//! so built again. Each main file has our module at its end.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use computer::Computer;

use super::cargo::Workspace;
use crate::Error;
use crate::languages::copy;

const MODULE: &str = include_str!("probe/module.rs.in");

/// Where everything is built.
pub fn target() -> PathBuf {
    copy::root().join("target")
}

#[derive(Debug, Default)]
pub struct Tree {
    written: Mutex<BTreeMap<String, String>>,
}

impl Tree {
    /// After the copy was made anew.
    pub fn forget(&self) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Makes the files say these texts, with room for so many counters.
    pub async fn set(
        &self,
        computer: &dyn Computer,
        workspace: &Workspace,
        texts: impl Iterator<Item = (&str, &str)>,
        counters: usize,
    ) -> Result<(), Error> {
        let mains: BTreeSet<&str> = workspace.mains.iter().map(String::as_str).collect();
        for (path, text) in texts {
            let text = if mains.contains(path) { with_module(text, counters) } else { text.into() };
            if self.says(path, &text) {
                continue;
            }
            copy::write(computer, path, &text).await?;
            let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
            written.insert(path.to_owned(), text);
        }
        Ok(())
    }

    fn says(&self, path: &str, text: &str) -> bool {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.get(path).is_some_and(|known| known == text)
    }
}

fn with_module(text: &str, counters: usize) -> String {
    format!("{text}\n{}", MODULE.replace("COUNTERS]", &format!("{}]", counters.max(1))))
}
