//! Archives as an attacker writes them, and as ordinary tools do.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Seek, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
use std::path::Path;

use tempfile::TempDir;

use super::*;

/// A tar archive written entry by entry, with names that the library would refuse to write.
#[derive(Default)]
struct Tar(Vec<u8>);

impl Tar {
    fn header(kind: tar::EntryType, name: &[u8], size: u64) -> tar::Header {
        let mut header = tar::Header::new_gnu();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name);
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(1_000_000_000);
        header
    }

    fn add(mut self, mut header: tar::Header, body: &[u8]) -> Self {
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(body);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    fn file(self, name: &str, body: &str) -> Self {
        let header = Self::header(tar::EntryType::Regular, name.as_bytes(), body.len() as u64);
        self.add(header, body.as_bytes())
    }

    fn folder(self, name: &str) -> Self {
        let mut header = Self::header(tar::EntryType::Directory, name.as_bytes(), 0);
        header.set_mode(0o755);
        self.add(header, b"")
    }

    fn link(self, kind: tar::EntryType, name: &str, to: &str) -> Self {
        let mut header = Self::header(kind, name.as_bytes(), 0);
        header.as_gnu_mut().unwrap().linkname[..to.len()].copy_from_slice(to.as_bytes());
        self.add(header, b"")
    }

    fn symlink(self, name: &str, to: &str) -> Self {
        self.link(tar::EntryType::Symlink, name, to)
    }

    fn hardlink(self, name: &str, to: &str) -> Self {
        self.link(tar::EntryType::Link, name, to)
    }

    fn pax(self, records: &[(&str, &[u8])]) -> Self {
        let mut body = Vec::new();
        for (key, value) in records {
            let rest = key.len() + value.len() + 3;
            let length = (1..).find(|length: &usize| length.to_string().len() + rest == *length);
            body.extend_from_slice(format!("{} {key}=", length.unwrap()).as_bytes());
            body.extend_from_slice(value);
            body.push(b'\n');
        }
        let header = Self::header(tar::EntryType::XHeader, b"pax", body.len() as u64);
        self.add(header, &body)
    }

    fn end(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }
}

/// A folder to unpack into, with something beside it that must stay as it is.
struct Yard {
    folder: TempDir,
}

impl Yard {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("tree")).unwrap();
        fs::write(folder.path().join("outside"), "untouched").unwrap();
        Self { folder }
    }

    fn tree(&self) -> std::path::PathBuf {
        self.folder.path().join("tree")
    }

    fn unpack(&self, tar: Tar) -> io::Result<String> {
        self.unpack_bytes(&tar.end(), Compression::None)
    }

    fn unpack_bytes(&self, bytes: &[u8], compression: Compression) -> io::Result<String> {
        let mut archive = tempfile::tempfile()?;
        archive.write_all(bytes)?;
        archive.rewind()?;
        let done = unpack(archive, compression, File::open(self.tree())?.into(), User::current());
        let beside = fs::read_to_string(self.folder.path().join("outside")).unwrap();
        assert_eq!(beside, "untouched");
        assert_eq!(fs::read_dir(self.folder.path()).unwrap().count(), 2);
        done
    }

    #[track_caller]
    fn refuses(&self, tar: Tar, why: &str) {
        let error = self.unpack(tar).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.tree().join(name)).unwrap()
    }

    fn stat(&self, name: &str) -> fs::Metadata {
        fs::symlink_metadata(self.tree().join(name)).unwrap()
    }

    fn is_whiteout(&self, name: &str) -> bool {
        let stat = self.stat(name);
        stat.file_type().is_char_device() && stat.rdev() == 0
    }

    fn is_opaque(&self, name: &str) -> bool {
        let folder = File::open(self.tree().join(name)).unwrap();
        let attribute = match User::current() {
            User::Root => c"trusted.overlay.opaque",
            User::Ordinary { .. } => c"user.overlay.opaque",
        };
        crate::namespaces::worker::attribute(&folder, attribute).unwrap().is_some()
    }
}

fn inside(id: u32) -> u32 {
    match User::current() {
        User::Root => crate::namespaces::plan::COMPUTER_UID + id,
        User::Ordinary { .. } => nix::unistd::geteuid().as_raw(),
    }
}

#[test]
fn an_ordinary_archive_is_unpacked_as_it_is() {
    let yard = Yard::new();
    let mut header = Tar::header(tar::EntryType::Regular, b"./usr/bin/tool", 4);
    header.set_mode(0o4755);
    header.set_uid(7);
    header.set_gid(70_000);
    let tar = Tar::default().folder("./usr/").add(header, b"tool").symlink("bin", "usr/bin");
    let tar = tar.hardlink("usr/bin/same", "./usr/bin/tool").file("new/folder/file", "made");
    yard.unpack(tar).unwrap();
    let stat = yard.stat("usr/bin/tool");
    assert_eq!((stat.mode() & 0o7777, stat.mtime(), stat.nlink()), (0o4755, 1_000_000_000, 2));
    assert_eq!(stat.uid(), inside(7));
    assert_eq!(stat.gid(), if inside(7) == inside(8) { stat.gid() } else { inside(65_534) });
    assert_eq!(yard.stat("usr").mtime(), 1_000_000_000);
    assert_eq!(yard.stat("usr").mode() & 0o7777, 0o755);
    let unsaid = yard.stat("new/folder");
    assert_eq!((unsaid.uid(), unsaid.mode() & 0o7777), (inside(0), 0o755));
    let top = yard.stat(".");
    assert_eq!((top.uid(), top.mode() & 0o7777), (inside(0), 0o755));
    assert_eq!((&*yard.read("bin/same"), &*yard.read("new/folder/file")), ("tool", "made"));
}

#[test]
fn the_digest_is_of_all_bytes_uncompressed() {
    let (yard, bytes) = (Yard::new(), Tar::default().file("a", "b").end());
    let padded = [bytes.as_slice(), &[0; 4096]].concat();
    let mut hasher = Sha256::new();
    hasher.update(&padded);
    let expected = name_of(hasher);
    assert_eq!(yard.unpack_bytes(&padded, Compression::None).unwrap(), expected);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&padded).unwrap();
    let gzip = gzip.finish().unwrap();
    assert_eq!(yard.unpack_bytes(&gzip, Compression::Gzip).unwrap(), expected);
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let zstd = ruzstd::encoding::compress_to_vec(padded.as_slice(), level);
    assert_eq!(yard.unpack_bytes(&zstd, Compression::Zstd).unwrap(), expected);
    assert!(yard.unpack_bytes(&gzip[..gzip.len() / 2], Compression::Gzip).is_err());
    assert!(yard.unpack_bytes(&padded, Compression::Gzip).is_err());
}

#[test]
fn a_name_with_dots_is_refused() {
    for name in ["../outside", "a/../../outside", "..", "a/.."] {
        Yard::new().refuses(Tar::default().file(name, "x"), "with the name");
    }
}

#[test]
fn an_absolute_name_is_in_the_layer() {
    let yard = Yard::new();
    yard.unpack(Tar::default().file("/etc/../etc-not/x", "")).unwrap_err();
    yard.unpack(Tar::default().file("//etc/passwd", "inside")).unwrap();
    assert_eq!(yard.read("etc/passwd"), "inside");
}

#[test]
fn nothing_is_written_over_a_symbolic_link() {
    for to in ["..", "/", "/tmp", ".", "../tree"] {
        let yard = Yard::new();
        let tar = Tar::default().symlink("way", to).file("way/outside", "changed");
        yard.refuses(tar, "can't put \"way/outside\"");
        let yard = Yard::new();
        let tar = Tar::default().folder("d").symlink("d/way", to).file("d/way/x/y", "changed");
        yard.refuses(tar, "can't put \"d/way/x/y\"");
    }
}

#[test]
fn a_file_replaces_a_link_and_not_what_it_leads_to() {
    let yard = Yard::new();
    let out = yard.folder.path().join("outside");
    yard.unpack(Tar::default().symlink("l", out.to_str().unwrap()).file("l", "new")).unwrap();
    assert_eq!(yard.read("l"), "new");
    assert!(yard.stat("l").is_file());
}

#[test]
fn what_a_link_leads_to_keeps_its_mode_and_time() {
    let yard = Yard::new();
    let before = fs::metadata(yard.folder.path().join("outside")).unwrap();
    yard.unpack(Tar::default().symlink("l", "../outside")).unwrap();
    let after = fs::metadata(yard.folder.path().join("outside")).unwrap();
    assert_eq!(
        (before.mtime(), before.mode(), before.uid()),
        (after.mtime(), after.mode(), after.uid())
    );
}

#[test]
fn a_hard_link_leads_to_a_file_of_the_layer_only() {
    for to in ["../outside", "/etc/passwd", "nothing", "folder", "", "way/outside"] {
        let tar = Tar::default().folder("folder").symlink("way", "..").hardlink("l", to);
        assert!(Yard::new().unpack(tar).is_err(), "{to}");
    }
    Yard::new().refuses(Tar::default().file("a", "").hardlink("a", "a"), "a link to itself");
}

#[test]
fn a_hard_link_to_a_link_is_a_link() {
    let yard = Yard::new();
    yard.unpack(Tar::default().symlink("l", "../outside").hardlink("m", "l")).unwrap();
    assert!(yard.stat("m").is_symlink());
    // Writing to it makes a new file.
    yard.unpack(Tar::default().file("m", "new")).unwrap();
    assert!(yard.stat("m").is_file());
}

#[test]
fn devices_are_left_out() {
    let yard = Yard::new();
    let mut tar = Tar::default();
    for (kind, name) in [(tar::EntryType::Block, "sda"), (tar::EntryType::Char, "mem")] {
        let mut header = Tar::header(kind, name.as_bytes(), 0);
        header.set_device_major(8).unwrap();
        header.set_device_minor(0).unwrap();
        tar = tar.add(header, b"");
    }
    yard.unpack(tar.link(tar::EntryType::Fifo, "pipe", "")).unwrap();
    let found: Vec<_> =
        fs::read_dir(yard.tree()).unwrap().flatten().map(|e| e.file_name()).collect();
    assert_eq!(found, ["pipe"]);
    assert!(yard.stat("pipe").file_type().is_fifo());
}

#[test]
fn marks_become_the_overlays() {
    let yard = Yard::new();
    let tar = Tar::default().file("d/.wh.gone", "").file("o/.wh..wh..opq", "").file("o/new", "");
    yard.unpack(tar.file(".wh..wh.plnk", "").folder("d/sub")).unwrap();
    assert!(yard.is_whiteout("d/gone") && yard.is_opaque("o"));
    assert!(!yard.is_opaque("d") && yard.stat("o/new").is_file());
    assert!(!yard.tree().join(".wh..wh.plnk").exists());
}

#[test]
fn marks_hide_lower_layers_only_in_any_order() {
    let yard = Yard::new();
    let tar = Tar::default().file("f", "kept").file(".wh.f", "").folder("a").file("a/x", "kept");
    let tar = tar.file(".wh.a", "").file(".wh.b", "").folder("b").file("b/y", "kept");
    yard.unpack(tar.file(".wh.c", "").file("c", "kept")).unwrap();
    for name in ["f", "a/x", "b/y", "c"] {
        assert_eq!(yard.read(name), "kept", "{name}");
    }
    assert!(yard.is_opaque("a") && yard.is_opaque("b"));
}

#[test]
fn a_mark_names_nothing_elsewhere() {
    let yard = Yard::new();
    for name in [".wh.", ".wh..", ".wh...", "d/.wh..."] {
        yard.unpack(Tar::default().file(name, "")).unwrap();
    }
    assert!(!yard.is_opaque("."));
}

#[test]
fn files_and_folders_replace_each_other() {
    let yard = Yard::new();
    let tar = Tar::default().folder("x").file("x/deep/f", "").file("x", "file");
    let tar = tar.file("y", "").folder("y").file("y/g", "in y").file("twice", "1");
    yard.unpack(tar.file("twice", "2").symlink("z", "x").folder("z").file("z/h", "")).unwrap();
    assert_eq!((&*yard.read("x"), &*yard.read("y/g"), &*yard.read("twice")), ("file", "in y", "2"));
    assert!(yard.stat("z").is_dir());
}

#[test]
fn names_of_any_length_and_bytes_are_kept() {
    let yard = Yard::new();
    let long = format!("{}/{}", "d".repeat(200), "f".repeat(255));
    let odd = b"caf\xE9 \n";
    let tar = Tar::default().pax(&[("path", long.as_bytes())]).file("short", "long");
    let tar = tar.add(Tar::header(tar::EntryType::Regular, odd, 0), b"");
    let gnu = "g".repeat(150);
    let header = Tar::header(tar::EntryType::GNULongName, b"././@LongLink", 151);
    let tar = tar.add(header, format!("{gnu}\0").as_bytes()).file("cut", "gnu");
    yard.unpack(tar).unwrap();
    assert_eq!((&*yard.read(&long), &*yard.read(&gnu)), ("long", "gnu"));
    assert!(yard.tree().join(std::ffi::OsStr::from_bytes(odd)).exists());
}

#[test]
fn names_that_no_file_can_have_are_refused() {
    let (part, path) = ("x".repeat(256), "x/".repeat(3000));
    let deep = "x/".repeat(501);
    for name in [&part, &path, &deep] {
        let tar = Tar::default().pax(&[("path", name.as_bytes())]).file("short", "");
        Yard::new().refuses(tar, "with the name");
    }
}

#[test]
fn a_header_of_any_length_takes_no_memory() {
    let header = Tar::header(tar::EntryType::GNULongName, b"././@LongLink", 1 << 40);
    let mut tar = Tar::default().add(header, b"");
    tar.0.resize(4 * 1024 * 1024, b'x');
    Yard::new().refuses(tar, "a header of more than");
}

#[test]
fn a_file_larger_than_its_archive_is_an_error() {
    let header = Tar::header(tar::EntryType::Regular, b"big", 1 << 30);
    assert!(
        Yard::new()
            .unpack_bytes(&Tar::default().add(header, b"little").0, Compression::None)
            .is_err()
    );
    let header = Tar::header(tar::EntryType::Regular, b"huge", u64::MAX / 2);
    assert!(Yard::new().unpack(Tar::default().add(header, b"little")).is_err());
}

#[test]
fn a_size_in_an_extended_header_doesnt_hide_entries() {
    let yard = Yard::new();
    // One reader would take the next header for the file's body, another wouldn't.
    let hidden = Tar::default().file("hidden", "x").0;
    let header = Tar::header(tar::EntryType::Regular, b"outer", 0);
    let tar =
        Tar::default().pax(&[("size", hidden.len().to_string().as_bytes())]).add(header, &hidden);
    yard.unpack(tar.file("after", "")).unwrap();
    assert_eq!(yard.stat("outer").len(), hidden.len() as u64);
    assert!(yard.tree().join("after").exists() && !yard.tree().join("hidden").exists());
}

#[test]
fn zeros_become_holes() {
    let yard = Yard::new();
    let zeros = "\0".repeat(8 * 1024 * 1024);
    yard.unpack(Tar::default().file("zeros", &zeros).file("end", &format!("{zeros}x"))).unwrap();
    assert_eq!(yard.stat("zeros").len(), 8 * 1024 * 1024);
    assert!(yard.stat("zeros").blocks() < 100 && yard.stat("end").blocks() < 1000);
    assert!(yard.read("end").ends_with("\0x"));
}

#[test]
fn a_sparse_file_as_gnu_writes_it_is_read() {
    let yard = Yard::new();
    let mut header = Tar::header(tar::EntryType::GNUSparse, b"sparse", 512);
    let gnu = header.as_gnu_mut().unwrap();
    gnu.realsize.copy_from_slice(b"00010000000\0");
    gnu.sparse[0].offset.copy_from_slice(b"00000001000\0");
    gnu.sparse[0].numbytes.copy_from_slice(b"00000001000\0");
    gnu.sparse[1].offset.copy_from_slice(b"00010000000\0");
    gnu.sparse[1].numbytes.copy_from_slice(b"00000000000\0");
    yard.unpack(Tar::default().add(header, &[b'd'; 512])).unwrap();
    let text = yard.read("sparse");
    assert_eq!(
        (text.len(), text.find('d'), text.matches('d').count()),
        (0o10_000_000, Some(512), 512)
    );
}

#[test]
fn a_sparse_file_of_the_other_kind_is_refused_in_words() {
    let tar = Tar::default().pax(&[("GNU.sparse.major", b"1")]).file("f", "");
    Yard::new().refuses(tar, "sparse");
}

#[test]
fn only_a_users_own_attributes_are_kept() {
    let yard = Yard::new();
    let records: BTreeMap<&str, &[u8]> = BTreeMap::from([
        ("SCHILY.xattr.user.mine", b"kept".as_slice()),
        ("SCHILY.xattr.user.overlay.opaque", b"y"),
        ("SCHILY.xattr.trusted.overlay.redirect", b"/etc"),
        (
            "SCHILY.xattr.security.capability",
            b"\x01\x00\x00\x02\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00",
        ),
    ]);
    let records: Vec<_> = records.into_iter().collect();
    yard.unpack(Tar::default().pax(&records).file("f", "")).unwrap();
    let file = File::open(yard.tree().join("f")).unwrap();
    let has = |name| crate::namespaces::worker::attribute(&file, name).unwrap();
    assert_eq!(has(c"user.mine").as_deref(), Some(b"kept".as_slice()));
    for name in [c"user.overlay.opaque", c"trusted.overlay.redirect", c"security.capability"] {
        assert_eq!(has(name), None, "{name:?}");
    }
}

#[test]
fn an_unknown_kind_is_refused() {
    let header = Tar::header(tar::EntryType::new(b'Z'), b"odd", 0);
    Yard::new().refuses(Tar::default().add(header, b""), "of the kind 'Z'");
}

#[test]
fn a_bomb_of_zeros_ends_at_the_limit_of_files() {
    let mut header = Tar::header(tar::EntryType::GNUSparse, b"bomb", 0);
    let gnu = header.as_gnu_mut().unwrap();
    // 2^60 bytes, in base 256, and nothing of them in the archive.
    gnu.realsize.copy_from_slice(&[0x80, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0]);
    gnu.sparse[0].offset.copy_from_slice(&[0x80, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0]);
    gnu.sparse[0].numbytes.copy_from_slice(b"00000000000\0");
    Yard::new().refuses(Tar::default().add(header, b""), "have more than");
}

#[test]
fn a_folder_that_nobody_may_enter_is_filled() {
    let yard = Yard::new();
    let mut header = Tar::header(tar::EntryType::Directory, b"closed/", 0);
    header.set_mode(0);
    yard.unpack(Tar::default().add(header, b"").file("closed/f", "")).unwrap();
    assert_eq!(yard.stat("closed").mode() & 0o7777, 0);
}

#[test]
fn what_is_there_already_is_walked_over_no_link() {
    let yard = Yard::new();
    symlink("..", yard.tree().join("way")).unwrap();
    assert!(yard.unpack(Tar::default().file("way/outside", "x")).is_err());
    assert!(Path::new(&yard.folder.path().join("outside")).exists());
}
