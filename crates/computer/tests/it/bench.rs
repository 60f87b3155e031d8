//! Where a test's computers are made, and as whom.

use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use computer::namespaces::Namespaces;
use computer::{Backend, Computer, Exec, Exited, Snapshot, Spec};

/// No account of the machine.
const ORDINARY_UID: u32 = 1500;
/// Says that this process was started to be the ordinary user's, and where it may write.
pub const FOLDER_VARIABLE: &str = "WHIMBREL_TEST_FOLDER";
/// For what the kernel does in its own time.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// `both! { async fn name(bench: Bench) { … } }`: one test as root, one as an ordinary user.
macro_rules! both {
    ($($(#[$meta:meta])* async fn $name:ident($bench:ident: Bench) $body:block)*) => { $(
        mod $name {
            use super::*;

            async fn body($bench: crate::bench::Bench) $body

            #[test]
            fn as_root() {
                crate::bench::as_root(body);
            }

            #[test]
            fn as_an_ordinary_user() {
                let name = concat!(module_path!(), "::as_an_ordinary_user");
                crate::bench::as_an_ordinary_user(name, body);
            }
        }
    )* };
}

pub struct Bench {
    pub folder: PathBuf,
    pub home: PathBuf,
    pub helper: PathBuf,
    pub backend: Namespaces,
}

impl Bench {
    /// The helper is copied, so that an ordinary user can start it wherever it was built.
    fn new(folder: &Path) -> Self {
        let (home, helper) = (folder.join("whim brel:h,öme"), folder.join("helper"));
        if !helper.exists() {
            std::fs::copy(env!("CARGO_BIN_EXE_whimbrel-computer-helper"), &helper).unwrap();
        }
        let backend = Namespaces::new(&home, helper.clone()).unwrap();
        Self { folder: folder.to_owned(), home, helper, backend }
    }

    pub async fn computer(&self) -> Box<dyn Computer> {
        self.fork(&self.backend.bare()).await
    }

    pub async fn fork(&self, snapshot: &Snapshot) -> Box<dyn Computer> {
        self.backend.fork(snapshot, &spec()).await.unwrap()
    }

    /// With limits of its own.
    pub async fn limited(&self, limits: domain::Limits) -> Box<dyn Computer> {
        let spec = Spec { limits, ..Spec::default() };
        self.backend.fork(&self.backend.bare(), &spec).await.unwrap()
    }

    /// Folders of computers that exist.
    pub fn computers(&self) -> usize {
        self.names().len()
    }

    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.home.join("computers")).unwrap().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }

    /// Words that only this test's programs have in their arguments.
    pub fn mark(&self) -> String {
        format!("mark-{}", self.folder.file_name().unwrap().to_string_lossy())
    }
}

pub fn spec() -> Spec {
    Spec::default()
}

pub async fn shell(computer: &dyn Computer, command: &str) -> Exited {
    computer.run(Exec::shell(command)).await.unwrap()
}

/// The output of a command that must succeed.
pub async fn output(computer: &dyn Computer, command: &str) -> String {
    let exited = shell(computer, command).await;
    assert!(exited.status.is_success(), "{command}: {:?}: {}", exited.status, exited.text());
    exited.text().trim_end().to_owned()
}

/// Processes of the whole machine that have `mark` in their arguments.
pub fn processes(mark: &str) -> usize {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.filter(|line| String::from_utf8_lossy(line).contains(mark)).count()
}

/// Waits until it is so.
pub fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        std::thread::yield_now();
    }
}

pub fn run<F: Future<Output = ()>>(folder: &Path, body: impl FnOnce(Bench) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async { body(Bench::new(folder)).await });
}

/// A line that is seen whether or not the test passes.
pub fn tell(line: &str) {
    use std::io::Write;
    let _nobody_reads = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

pub fn is_root() -> bool {
    std::fs::read_to_string("/proc/self/status").unwrap().contains("\nUid:\t0\t")
}

pub fn assert_root() {
    assert!(is_root(), "this half needs root: run it with sudo, or leave it out by --skip as_root");
}

pub fn as_root<F: Future<Output = ()>>(body: impl FnOnce(Bench) -> F) {
    assert_root();
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), body);
}

/// As root, starts this very test again as somebody else.
pub fn as_an_ordinary_user<F: Future<Output = ()>>(name: &str, body: impl FnOnce(Bench) -> F) {
    in_a_folder_of_an_ordinary_user(name, |folder| run(folder, body));
}

/// The same for what needs no backend of namespaces.
pub fn in_a_folder_of_an_ordinary_user(name: &str, body: impl FnOnce(&Path)) {
    let folder = tempfile::tempdir().unwrap();
    if let Some(given) = std::env::var_os(FOLDER_VARIABLE) {
        body(Path::new(&given));
    } else if is_root() {
        again(name, folder.path());
    } else {
        body(folder.path());
    }
}

fn again(name: &str, folder: &Path) {
    let helper = folder.join("helper");
    std::fs::copy(env!("CARGO_BIN_EXE_whimbrel-computer-helper"), &helper).unwrap();
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    chown(folder, Some(ORDINARY_UID), Some(ORDINARY_UID)).unwrap();
    // The names of tests don't begin with the crate's.
    let (_, name) = name.split_once("::").unwrap();
    #[expect(clippy::disallowed_methods, reason = "this test again, as somebody else")]
    let mut command = Command::new("/proc/self/exe");
    command.args(["--exact", name, "--nocapture"]).env(FOLDER_VARIABLE, folder);
    command.env("HOME", folder).env("TMPDIR", folder).uid(ORDINARY_UID).gid(ORDINARY_UID);
    let output = command.current_dir("/").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
    // What an attack ended in is told by this test too.
    String::from_utf8_lossy(&output.stderr)
        .lines()
        .filter(|line| line.starts_with("held: "))
        .for_each(tell);
}

/// What root's half of a test left in the other half's folder.
pub const GIFT: &str = "gift";

/// The same with a file that only root can make.
pub fn as_an_ordinary_user_given<F: Future<Output = ()>>(
    name: &str,
    gift: impl FnOnce() -> PathBuf,
    body: impl FnOnce(Bench) -> F,
) {
    if let Some(given) = std::env::var_os(FOLDER_VARIABLE) {
        return run(Path::new(&given), body);
    }
    assert_root();
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join(GIFT);
    std::fs::copy(gift(), &target).unwrap();
    std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o644)).unwrap();
    again(name, folder.path());
}
