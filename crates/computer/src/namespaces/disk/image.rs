//! An empty ext4 file system of a certain size, as a sparse file: made once by `mkfs.ext4`, then
//! copied, which takes 64 KiB of disk and a fifth of a millisecond.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use domain::Limits;
use domain::limits::MIB;

use super::super::plan::COMPUTER_UID;

const PROGRAMS: [&str; 3] = ["/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4", "/usr/local/sbin/mkfs.ext4"];
const BLOCK_BYTES: u64 = 4096;
const INODE_BYTES: u64 = 256;
/// Beside blocks and inodes: a descriptor and two bitmaps for each 128 MiB, and a little.
const OTHER_PER_BYTE: u64 = 8192;
const OTHER_BYTES: u64 = MIB;
/// Without a journal, which nothing would replay; tables of inodes are made when they are used.
/// Small folders lie in their inodes, so that the overlay's own, made by its mount, need no search
/// for free blocks, which would take half of the mount's time.
const FEATURES: &str = "none,ext_attr,dir_index,sparse_super2,filetype,extent,64bit,flex_bg,\
                        large_file,huge_file,dir_nlink,extra_isize,uninit_bg,\
                        inline_data";
/// Of the constants here: templates that others made aren't used.
const FORMAT: u32 = 2;
/// What there is to know lies together, at the beginning, once.
const LAYOUT: &str = "lazy_itable_init=1,nodiscard,packed_meta_blocks=1,num_backup_sb=0";
/// Smaller ones would have no room for themselves.
const DISK_BYTES_MIN: u64 = 4 * MIB;
const FILES_MIN: u64 = 256;
/// What ext4 itself can have.
const FILES_MAX: u64 = u32::MAX as u64 / 2;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    bytes: u64,
    files: u64,
    folder: PathBuf,
}

impl Image {
    /// One in which there is room for what `limits` allow.
    pub fn of(limits: &Limits, folder: &Path) -> Self {
        let files = limits.files.clamp(FILES_MIN, FILES_MAX);
        let room = limits.disk_bytes.max(DISK_BYTES_MIN);
        let bytes = room + files * INODE_BYTES + room / OTHER_PER_BYTE + OTHER_BYTES;
        Self { bytes: bytes.next_multiple_of(BLOCK_BYTES), files, folder: folder.to_owned() }
    }

    /// A copy that has no name: it is gone when nobody uses it any more, whatever happens.
    pub fn copy(&self) -> io::Result<File> {
        let template = self.template()?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).mode(0o600).custom_flags(libc::O_TMPFILE);
        let copy = options.open(&self.folder)?;
        copy.set_len(self.bytes)?;
        copy_blocks(&template, &copy)?;
        Ok(copy)
    }

    fn template(&self) -> io::Result<File> {
        let path = self.folder.join(format!("{}-{}-{FORMAT}.ext4", self.bytes, self.files));
        match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.make(&path)?;
                File::open(&path)
            }
            opened => opened,
        }
    }

    /// Under another name first: whoever finds one finds a whole one.
    fn make(&self, path: &Path) -> io::Result<()> {
        let work = self.folder.join(format!("new-{:016x}", stdx::random::random_u64()?));
        fs::create_dir(&work)?;
        let made = self.fill(&work).and_then(|()| fs::rename(work.join("image"), path));
        fs::remove_dir_all(&work)?;
        made
    }

    fn fill(&self, work: &Path) -> io::Result<()> {
        let content = work.join("content");
        for folder in [content.clone(), content.join("upper"), content.join("work")] {
            fs::create_dir(&folder)?;
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
            chown(&folder, Some(COMPUTER_UID), Some(COMPUTER_UID))?;
        }
        let image = work.join("image");
        File::create_new(&image)?.set_len(self.bytes)?;
        self.format(&image, &content)?;
        File::open(&image)?.sync_all()
    }

    fn format(&self, image: &Path, content: &Path) -> io::Result<()> {
        let program = PROGRAMS.iter().find(|program| Path::new(program).exists());
        let program = program.ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, "there is no mkfs.ext4 (package e2fsprogs)")
        })?;
        #[expect(clippy::disallowed_methods, reason = "a disk is formatted by the program for it")]
        let mut command = Command::new(program);
        command.args(["-q", "-F", "-m", "0", "-b", "4096", "-I", "256", "-G", "4096"]);
        command.args(["-O", FEATURES, "-E", LAYOUT, "-N", &self.files.to_string(), "-d"]);
        command.arg(content).arg(image).env_clear().stdin(Stdio::null());
        let output = command.output()?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(io::Error::other(format!("mkfs.ext4 failed: {said}")))
    }
}

/// Only what isn't zero.
fn copy_blocks(from: &File, to: &File) -> io::Result<()> {
    let mut block = [0; BLOCK_BYTES as usize];
    let mut offset = 0;
    while let Some((begin, end)) = super::super::worker::next_data(from, offset)? {
        for at in (begin..end).step_by(block.len()) {
            from.read_exact_at(&mut block, at)?;
            if block.iter().any(|byte| *byte != 0) {
                to.write_all_at(&block, at)?;
            }
        }
        offset = end;
    }
    Ok(())
}
