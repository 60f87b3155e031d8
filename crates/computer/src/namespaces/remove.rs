//! Removes trees that something hostile made: however deep they are, and past folders whose
//! permissions say no. Nobody may be working in them any more.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Walked down from one folder; as deep as names of any length fit into one path.
const DEPTH_MAX: u32 = 12;

/// Removes `folder` and all in it. `heap` is a folder beside it that isn't there yet; what is too
/// deep is moved into it, next to each other.
pub fn tree(folder: &Path, heap: &Path) -> io::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let mut heap = Heap { folder: heap.to_owned(), moved: 0, waiting: vec![folder.to_owned()] };
    while let Some(next) = heap.waiting.pop() {
        heap.remove(&next, 0)?;
    }
    if heap.moved > 0 { fs::remove_dir(&heap.folder) } else { Ok(()) }
}

struct Heap {
    folder: PathBuf,
    moved: u64,
    waiting: Vec<PathBuf>,
}

impl Heap {
    fn remove(&mut self, folder: &Path, depth: u32) -> io::Result<()> {
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if !entry.file_type()?.is_dir() {
                fs::remove_file(entry.path())?;
            } else if depth < DEPTH_MAX {
                self.remove(&entry.path(), depth + 1)?;
            } else {
                self.move_up(&entry.path())?;
            }
        }
        fs::remove_dir(folder)
    }

    fn move_up(&mut self, folder: &Path) -> io::Result<()> {
        // Moving a folder elsewhere changes its "..", which needs its own permission.
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
        fs::create_dir_all(&self.folder)?;
        let target = self.folder.join(self.moved.to_string());
        self.moved += 1;
        fs::rename(folder, &target)?;
        self.waiting.push(target);
        Ok(())
    }
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
        tree(&top, &home.path().join("heap")).unwrap();
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
        assert!(outside.path().join("kept").exists());
    }
}
