//! Engines for tests: storage in the test's folder, an image of busybox, and nothing left behind.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use computer::SnapshotId;
use computer::containers::{Containers, Engine};

use crate::bench::{eventually, is_root};

const IMAGE: &str = "localhost/whimbrel-test:1";
const BUSYBOX: &str = "/bin/busybox";

pub fn block_on<F: Future<Output = ()>>(future: F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(future);
}

pub fn id(number: u8) -> SnapshotId {
    SnapshotId::from_digest(&[number; 32])
}

pub fn write_script(path: &Path, text: &str) {
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

pub fn sha256(path: &Path) -> String {
    let said = run(Path::new("/usr/bin/sha256sum"), &[path.to_str().unwrap()]);
    said.split(' ').next().unwrap().to_owned()
}

/// A root file system: busybox under all of its names.
pub fn busybox_archive() -> Vec<u8> {
    let bytes = fs::read(BUSYBOX).expect("busybox is needed: apt-get install busybox-static");
    let mut archive = tar::Builder::new(Vec::new());
    let mut put = |path: &str, kind: tar::EntryType, mode, bytes: &[u8], link: &str| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(bytes.len() as u64);
        if link.is_empty() {
            archive.append_data(&mut header, path, bytes).unwrap();
        } else {
            archive.append_link(&mut header, path, link).unwrap();
        }
    };
    for folder in ["bin", "etc", "tmp", "root"] {
        put(folder, tar::EntryType::Directory, 0o755, b"", "");
    }
    put("bin/busybox", tar::EntryType::Regular, 0o755, &bytes, "");
    put("etc/passwd", tar::EntryType::Regular, 0o644, b"root:x:0:0:root:/root:/bin/sh\n", "");
    let names = run(Path::new(BUSYBOX), &["--list"]);
    for name in names.lines().filter(|name| *name != "busybox") {
        put(&format!("bin/{name}"), tar::EntryType::Symlink, 0o777, b"", "busybox");
    }
    archive.into_inner().unwrap()
}

fn command(program: &Path, arguments: &[&str]) -> Command {
    #[expect(clippy::disallowed_methods, reason = "an engine is what is tried here")]
    let mut command = Command::new(program);
    command.args(arguments).current_dir("/");
    command
}

fn run(program: &Path, arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = command(program, arguments).output().unwrap();
    assert!(status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

fn import(program: &Path) {
    let mut command = command(program, &["import", "-", IMAGE]);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(&busybox_archive()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn lines(program: &Path, arguments: &[&str]) -> usize {
    run(program, arguments).lines().count()
}

fn backend(engine: Engine, program: &Path, folder: &Path) -> Containers {
    let home = folder.join("whim brel:h,öme");
    Containers::new(engine, program.to_owned(), &home, IMAGE.into()).unwrap()
}

fn is_installed(program: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| folder.join(program).is_file())
}

/// A podman whose storage is in a test's folder.
pub struct Podman {
    pub folder: PathBuf,
    program: PathBuf,
    /// Another process's, in the same folder, is cleared up there.
    borrowed: bool,
}

impl Podman {
    pub fn new(folder: &Path) -> Self {
        assert!(is_installed("podman"), "podman is needed: apt-get install podman runc");
        let program = folder.join("podman");
        let podman =
            |borrowed| Self { folder: folder.to_owned(), program: program.clone(), borrowed };
        if program.exists() {
            return podman(true);
        }
        for name in ["home", "runtime"] {
            fs::create_dir(folder.join(name)).unwrap();
            fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o700)).unwrap();
        }
        write_script(&program, &script(folder));
        import(&program);
        podman(false)
    }

    pub fn backend(&self) -> Containers {
        backend(Engine::Podman, &self.program, &self.folder)
    }

    pub fn containers(&self) -> usize {
        lines(&self.program, &["ps", "--all", "--quiet"])
    }

    pub fn running(&self) -> usize {
        lines(&self.program, &["ps", "--quiet"])
    }
}

/// An ordinary user without a range of ids can't have overlays of podman's. The older crun fails
/// where both versions of control groups are there.
fn script(folder: &Path) -> String {
    let folder = folder.display();
    let driver = if is_root() { "overlay" } else { "vfs" };
    let runtime = if is_installed("runc") { "--runtime runc" } else { "" };
    format!(
        "export HOME='{folder}/home' XDG_RUNTIME_DIR='{folder}/runtime' PATH=\"$PATH:/usr/sbin:/sbin\"\n\
         unset XDG_CONFIG_HOME XDG_DATA_HOME CONTAINERS_CONF CONTAINERS_STORAGE_CONF\n\
         exec podman --root '{folder}/storage' --runroot '{folder}/run' --storage-driver {driver} \
         --cgroup-manager cgroupfs {runtime} \"$@\""
    )
}

impl Drop for Podman {
    fn drop(&mut self) {
        if self.borrowed {
            return;
        }
        // A test that failed may have left some. What pauses for an ordinary user's podman ends.
        let _nothing_to_remove = command(&self.program, &["rm", "--all", "--force"]).output();
        let _nothing_to_end = command(&self.program, &["system", "migrate"]).output();
        let overlay = self.folder.join("storage/overlay");
        let _not_mounted = command(Path::new("umount"), &[overlay.to_str().unwrap()]).output();
    }
}

/// A docker daemon of a test's own, without any network.
pub struct Docker {
    folder: PathBuf,
    program: PathBuf,
    daemon: Child,
}

impl Docker {
    pub fn new(folder: &Path) -> Self {
        assert!(is_installed("dockerd"), "a docker daemon is needed: apt-get install docker.io");
        let socket = format!("unix://{}/docker.sock", folder.display());
        let (data, exec, pid) =
            (folder.join("data"), folder.join("exec"), folder.join("docker.pid"));
        let mut daemon = command(Path::new("dockerd"), &["--iptables=false", "--bridge=none"]);
        daemon.arg("--ip6tables=false").arg("--host").arg(&socket).arg("--pidfile").arg(pid);
        daemon.arg("--data-root").arg(data).arg("--exec-root").arg(exec);
        let log = fs::File::create(folder.join("docker.log")).unwrap();
        let daemon = daemon.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let program = folder.join("docker");
        let config = folder.join("config");
        let config = config.display();
        write_script(
            &program,
            &format!("exec docker --host '{socket}' --config '{config}' \"$@\""),
        );
        let docker = Self { folder: folder.to_owned(), program, daemon };
        let answers = || command(&docker.program, &["version"]).output().unwrap().status.success();
        eventually("the docker daemon answers; see docker.log", answers);
        import(&docker.program);
        docker
    }

    pub fn backend(&self) -> Containers {
        backend(Engine::Docker, &self.program, &self.folder)
    }

    pub fn containers(&self) -> usize {
        lines(&self.program, &["ps", "--all", "--quiet"])
    }
}

impl Drop for Docker {
    fn drop(&mut self) {
        let _nothing_to_end = command(Path::new("kill"), &[&self.daemon.id().to_string()]).output();
        let _ended = self.daemon.wait();
    }
}
