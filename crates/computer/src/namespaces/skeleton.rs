//! What is whimbrel's own in every computer's file system: empty folders for what is mounted, a
//! small `/etc`, and the home of whoever works inside.
//!
//! With the host's tools it is the lowest layer, made once per content and never changed. On an
//! image it lies above the image's own layers and has as little as can be.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};

use super::plan::{Bind, COMPUTER_UID, User};
use crate::{GIT_SETTINGS, HOME, WORKSPACE};

const FOLDERS: [(&str, u32); 15] = [
    (WORKSPACE, 0o755),
    (HOME, 0o755),
    ("/proc", 0o555),
    ("/dev", 0o755),
    ("/tmp", 0o1777),
    ("/run", 0o755),
    ("/root", 0o755),
    ("/srv", 0o755),
    ("/mnt", 0o755),
    ("/media", 0o755),
    ("/var/tmp", 0o1777),
    ("/var/log", 0o755),
    ("/var/cache", 0o755),
    ("/var/lib", 0o755),
    ("/etc", 0o755),
];
const LINKS: [(&str, &str); 3] =
    [("/var/run", "/run"), ("/var/lock", "/run"), ("/etc/mtab", "/proc/self/mounts")];
const FILES: [(&str, &str); 8] = [
    (
        "/etc/passwd",
        "root:x:0:0:root:/home/agent:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n",
    ),
    ("/etc/group", "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n"),
    ("/etc/hosts", "127.0.0.1 localhost whimbrel\n::1 localhost\n"),
    ("/etc/hostname", "whimbrel\n"),
    ("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"),
    // Where the doors of `egress` are, in every computer; so it is never out of date.
    ("/etc/resolv.conf", "nameserver 127.77.0.1\n"),
    ("/etc/gitconfig", ""),
    ("/home/agent/.gitconfig", GIT_SETTINGS),
];
/// Of [`FOLDERS`] and [`FILES`], what also an image's computers have of us. A folder of ours hides
/// whatever else an image has by that name, such as a link that would lead a mount elsewhere.
const IMAGE_FOLDERS: [&str; 6] = [WORKSPACE, HOME, "/proc", "/dev", "/tmp", "/run"];
const IMAGE_FILES: [&str; 4] =
    ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/home/agent/.gitconfig"];
/// Where there is one id, apt must not try to become another and look whether it did.
const APT_SETTINGS: (&str, &str) =
    ("/etc/apt/apt.conf.d/99whimbrel", "APT::Sandbox::User \"root\";\n");
/// Of the host's `/etc`, public and small; copied, so that they can be changed inside.
const COPIES: [&str; 8] = [
    "ld.so.cache",
    "ld.so.conf",
    "mime.types",
    "localtime",
    "timezone",
    "protocols",
    "services",
    "ssl/openssl.cnf",
];
const COPY_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// At the root of the host's file system, where they mostly lead into `/usr`.
const ROOT_LINKS: [&str; 6] = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

#[derive(Debug, Hash)]
struct Entry {
    path: PathBuf,
    kind: Kind,
}

#[derive(Debug, Hash)]
enum Kind {
    Folder { mode: u32 },
    File { bytes: Vec<u8> },
    Link { to: PathBuf },
}

/// The skeleton that has a place for each of `binds`, as a path below `home`.
pub fn make(home: &Path, binds: &[Bind], user: User) -> io::Result<PathBuf> {
    let entries = entries(binds);
    let mut hasher = DefaultHasher::new();
    (&entries, user == User::Root).hash(&mut hasher);
    let relative = Path::new("skeletons").join(format!("{:016x}", hasher.finish()));
    if !home.join(&relative).exists() {
        build(&home.join(&relative), &entries, user)?;
    }
    Ok(relative)
}

fn entries(binds: &[Bind]) -> Vec<Entry> {
    let folders = FOLDERS
        .iter()
        .map(|&(path, mode)| Entry { path: path.into(), kind: Kind::Folder { mode } });
    let links = LINKS.iter().map(|&(path, to)| link(path, PathBuf::from(to)));
    let host_links =
        ROOT_LINKS.iter().filter_map(|path| Some(link(path, fs::read_link(path).ok()?)));
    let files = FILES.iter().map(|&(path, text)| file(path, text.into()));
    let copies = COPIES.iter().filter_map(|name| {
        let path = Path::new("/etc").join(name);
        let small = fs::metadata(&path).is_ok_and(|found| found.len() <= COPY_BYTES_MAX);
        small.then(|| fs::read(&path).ok()).flatten().map(|bytes| file(&path, bytes))
    });
    let places = binds.iter().map(place);
    folders.chain(links).chain(host_links).chain(files).chain(copies).chain(places).collect()
}

fn link(path: &str, to: PathBuf) -> Entry {
    Entry { path: path.into(), kind: Kind::Link { to } }
}

fn file(path: impl Into<PathBuf>, bytes: Vec<u8>) -> Entry {
    Entry { path: path.into(), kind: Kind::File { bytes } }
}

/// Something of the right kind to mount on.
fn place(bind: &Bind) -> Entry {
    if bind.source.is_dir() {
        Entry { path: bind.target.clone(), kind: Kind::Folder { mode: 0o755 } }
    } else {
        file(bind.target.clone(), Vec::new())
    }
}

/// Makes the layer for images' computers in `target`, which isn't there yet.
pub fn make_for_image(target: &Path, user: User) -> io::Result<()> {
    fill(target, &image_entries(user), user)
}

/// Another one when that layer is another.
pub fn image_fingerprint(user: User) -> String {
    let mut hasher = DefaultHasher::new();
    image_entries(user).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn image_entries(user: User) -> Vec<Entry> {
    let folders = FOLDERS.iter().filter(|(path, _)| IMAGE_FOLDERS.contains(path));
    let folders =
        folders.map(|&(path, mode)| Entry { path: path.into(), kind: Kind::Folder { mode } });
    let files = FILES.iter().filter(|(path, _)| IMAGE_FILES.contains(path));
    let settings = match user {
        User::Root => None,
        User::Ordinary { .. } => Some(&APT_SETTINGS),
    };
    let files = files.chain(settings).map(|&(path, text)| file(path, text.into()));
    folders.chain(files).collect()
}

/// Under another name first: whoever finds a skeleton finds a whole one.
fn build(target: &Path, entries: &[Entry], user: User) -> io::Result<()> {
    let unfinished = target.with_extension(format!("{:016x}", stdx::random::random_u64()?));
    fill(&unfinished, entries, user)?;
    match fs::rename(&unfinished, target) {
        // Somebody else was faster, with the same content.
        Err(_) if target.exists() => fs::remove_dir_all(&unfinished),
        other => other,
    }
}

fn fill(root: &Path, entries: &[Entry], user: User) -> io::Result<()> {
    fs::create_dir_all(root)?;
    for entry in entries {
        put(root, entry)?;
    }
    own(root, user)?;
    for entry in entries {
        if let Kind::Folder { mode } = entry.kind {
            fs::set_permissions(below(root, &entry.path), fs::Permissions::from_mode(mode))?;
        }
    }
    Ok(())
}

fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

fn put(root: &Path, entry: &Entry) -> io::Result<()> {
    let path = below(root, &entry.path);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    match &entry.kind {
        Kind::Folder { .. } => fs::create_dir_all(path),
        Kind::File { bytes } => fs::write(path, bytes),
        Kind::Link { to } => symlink(to, path),
    }
}

/// Gives everything to who is root inside, with ordinary permissions whatever our umask is.
fn own(path: &Path, user: User) -> io::Result<()> {
    let kind = fs::symlink_metadata(path)?.file_type();
    if user == User::Root {
        lchown(path, Some(COMPUTER_UID), Some(COMPUTER_UID))?;
    }
    if kind.is_dir() {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
        fs::read_dir(path)?.try_for_each(|entry| own(&entry?.path(), user))?;
    } else if kind.is_file() {
        fs::set_permissions(path, fs::Permissions::from_mode(0o644))?;
    }
    Ok(())
}
