//! Runs Python with the makers' packages, in a virtual environment of its own in the target
//! folder, which is made anew when the requirements change.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

const REQUIREMENTS: &str = include_str!("requirements.txt");
const HELP: &str = "the makers' own packages check the wire formats, in Python: install python3 \
                    with its venv module (on Debian and Ubuntu `apt-get install python3-venv`), \
                    and let pip reach pypi.org or a mirror of it";

/// What a script prints when it is told `input`, or what it complains about.
pub(super) fn run(script: &str, input: &str) -> Result<String, String> {
    let mut python = command(environment().join("bin/python"));
    let mut child = python
        .arg("-c")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect(HELP);
    let mut stdin = child.stdin.take().expect("it is piped");
    let input = input.to_owned();
    let writing = thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("it was started");
    let _a_script_that_fails_may_not_read = writing.join().expect("it doesn't panic");
    let said = |bytes| String::from_utf8(bytes).expect("it prints text");
    if output.status.success() { Ok(said(output.stdout)) } else { Err(said(output.stderr)) }
}

/// The environment with the packages. Others who want it at the same time wait for the first.
fn environment() -> PathBuf {
    let folder = target().join(format!("official-python-{:016x}", hash()));
    if folder.join("complete").exists() {
        return folder;
    }
    fs::create_dir_all(&folder).expect("the target folder can be written");
    let lock = File::create(folder.join("lock")).expect("the target folder can be written");
    lock.lock().expect("files can be locked");
    let complete = folder.join("complete");
    if !complete.exists() {
        make(&folder);
        fs::write(complete, "").expect("the target folder can be written");
    }
    folder
}

fn make(folder: &Path) {
    must(command("python3").args(["-m", "venv", "--clear"]).arg(folder.join("venv.new")));
    for name in ["bin", "lib", "include", "pyvenv.cfg"] {
        let _first_time = fs::remove_dir_all(folder.join(name));
        fs::rename(folder.join("venv.new").join(name), folder.join(name)).expect("it was made");
    }
    let requirements = folder.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS).expect("the target folder can be written");
    let mut pip = command(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
    must(pip.arg(requirements));
}

fn must(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{error}: {HELP}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{HELP}. It said: {said}");
}

/// Without what a machine's own Python settings would change.
#[expect(clippy::disallowed_methods, reason = "the makers' packages are in Python")]
fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_remove("PYTHONPATH").env_remove("PYTHONHOME");
    command.stdin(Stdio::null());
    command
}

/// The folder that holds this test's own binary: `target/debug/deps`, so two above it.
fn target() -> PathBuf {
    let binary = std::env::current_exe().expect("a test knows its binary");
    binary.ancestors().nth(3).expect("a test lies in target").to_owned()
}

fn hash() -> u64 {
    let mut hasher = DefaultHasher::new();
    REQUIREMENTS.hash(&mut hasher);
    hasher.finish()
}
