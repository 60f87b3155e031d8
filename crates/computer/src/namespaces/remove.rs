//! Removes trees that something hostile made: without recursion, without long paths, and past
//! folders whose permissions say no. Nobody may be working in them any more.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Removes `folder` and all in it. Folders inside are moved up next to each other first, so that
/// no path gets long, however deep they were.
pub fn tree(folder: &Path) -> io::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let heap = folder.with_extension("removed");
    fs::create_dir_all(&heap)?;
    let mut waiting = vec![folder.to_owned()];
    let mut moved = 0_u64;
    while let Some(next) = waiting.pop() {
        for below in empty(&next)? {
            let target = heap.join(moved.to_string());
            moved += 1;
            fs::rename(&below, &target)?;
            waiting.push(target);
        }
        fs::remove_dir(&next)?;
    }
    fs::remove_dir(&heap)
}

/// Removes what is no folder, and the empty folders; gives the others.
fn empty(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    let mut full = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            fs::remove_file(entry.path())?;
        } else if fs::remove_dir(entry.path()).is_err() {
            // Moving a folder elsewhere changes its "..", which needs its own permission.
            fs::set_permissions(entry.path(), Permissions::from_mode(0o700))?;
            full.push(entry.path());
        }
    }
    Ok(full)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deep_locked_tree_goes_and_what_it_links_to_stays() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("kept"), "").unwrap();
        let home = tempfile::tempdir().unwrap();
        let top = home.path().join("computer");
        let mut inside = top.clone();
        for depth in 0..300 {
            inside = inside.join(format!("a-folder-{depth}"));
        }
        fs::create_dir_all(&inside).unwrap();
        std::os::unix::fs::symlink(outside.path(), top.join("link")).unwrap();
        fs::create_dir(top.join("locked")).unwrap();
        fs::write(top.join("locked/file"), "").unwrap();
        fs::set_permissions(top.join("locked"), Permissions::from_mode(0o000)).unwrap();
        tree(&top).unwrap();
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
        assert!(outside.path().join("kept").exists());
    }
}
