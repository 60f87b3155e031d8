//! Images made here, layer by layer.

use std::fs;

use computer::{Compression, Image, ImageLayer};
use sha2::{Digest, Sha256};
use tar::EntryType;

use crate::bench::Bench;

/// Debian's busybox-static: one program that is a whole small system.
const BUSYBOX: &str = "/bin/busybox";
const APPLETS: [&str; 20] = [
    "sh", "ls", "cat", "id", "pwd", "echo", "grep", "cut", "test", "mkdir", "rm", "touch", "stat",
    "chown", "chmod", "wc", "mv", "ln", "env", "sleep",
];

/// A layer's archive, entry by entry.
pub struct Layer(Vec<u8>);

impl Layer {
    pub fn new() -> Self {
        Self(Vec::new())
    }

    pub fn of_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    fn header(kind: EntryType, name: &str, mode: u32, size: usize) -> tar::Header {
        let mut header = tar::Header::new_gnu();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(size as u64);
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

    pub fn file(self, name: &str, text: &str) -> Self {
        self.add(Self::header(EntryType::Regular, name, 0o644, text.len()), text.as_bytes())
    }

    pub fn folder(self, name: &str) -> Self {
        self.add(Self::header(EntryType::Directory, name, 0o755, 0), b"")
    }

    pub fn symlink(self, name: &str, to: &str) -> Self {
        self.link(EntryType::Symlink, name, to)
    }

    pub fn hard_link(self, name: &str, to: &str) -> Self {
        self.link(EntryType::Link, name, to)
    }

    fn link(self, kind: EntryType, name: &str, to: &str) -> Self {
        let mut header = Self::header(kind, name, 0o777, 0);
        header.set_link_name_literal(to).unwrap();
        self.add(header, b"")
    }

    pub fn owned(self, name: &str, uid: u64, gid: u64) -> Self {
        let mut header = Self::header(EntryType::Regular, name, 0o644, 0);
        header.set_uid(uid);
        header.set_gid(gid);
        self.add(header, b"")
    }

    pub fn device(self, name: &str, major: u32, minor: u32) -> Self {
        let mut header = Self::header(EntryType::Block, name, 0o666, 0);
        header.set_device_major(major).unwrap();
        header.set_device_minor(minor).unwrap();
        self.add(header, b"")
    }

    pub fn busybox_alone(self, name: &str) -> Self {
        self.busybox_with(name, 0o755)
    }

    pub fn busybox_with(self, name: &str, mode: u32) -> Self {
        let bytes = fs::read(BUSYBOX)
            .expect("this test needs busybox-static: run script/bootstrap --for test");
        self.add(Self::header(EntryType::Regular, name, mode, bytes.len()), &bytes)
    }

    pub fn end(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }
}

/// A system with a shell and little else.
pub fn busybox() -> Layer {
    let mut layer = Layer::new().folder("bin").busybox_alone("bin/busybox").folder("etc");
    for name in APPLETS {
        layer = layer.symlink(&format!("bin/{name}"), "busybox");
    }
    layer.file("etc/passwd", "root:x:0:0::/:/bin/sh\n").file("etc/motd", "made here")
}

/// Writes the archives to the test's folder.
pub fn image(bench: &Bench, layers: Vec<Layer>) -> Image {
    let folder = bench.folder.join("blobs");
    fs::create_dir_all(&folder).unwrap();
    let layers: Vec<_> = layers
        .into_iter()
        .map(|layer| {
            let bytes = layer.end();
            let diff_id = digest(&bytes);
            let path = folder.join(diff_id.trim_start_matches("sha256:"));
            fs::write(&path, bytes).unwrap();
            ImageLayer { path, diff_id, compression: Compression::None }
        })
        .collect();
    let names: Vec<&str> = layers.iter().map(|layer| layer.diff_id.as_str()).collect();
    Image { digest: digest(names.concat().as_bytes()), layers, env: Vec::new() }
}

fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
