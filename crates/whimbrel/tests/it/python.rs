//! Python with packages that check what whimbrel writes, in a virtual environment of its own in the
//! target folder, which is made anew when the requirements change.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const REQUIREMENTS: &str = "cryptography==48.0.0\njsonschema==4.26.0\n";
const HELP: &str = "independent programs check what whimbrel signs, in Python: install python3 with \
                    its venv module (on Debian `apt-get install python3-venv`), and let pip reach \
                    pypi.org or a mirror of it";

/// What a script with these arguments prints. Fails with what it complains about.
#[track_caller]
pub fn run(script: &str, arguments: &[&Path]) -> String {
    let mut python = command(&environment().join("bin/python"));
    said(python.arg("-c").arg(script).args(arguments).output().expect(HELP))
}

#[track_caller]
fn said(output: Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{HELP}. It said: {complaint}");
    String::from_utf8(output.stdout).unwrap()
}

/// The environment with the packages. Others who want it at the same time wait for the first.
fn environment() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("story-python");
    fs::create_dir_all(&folder).unwrap();
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let (venv, complete) = (folder.join("venv"), folder.join("complete"));
    if fs::read_to_string(&complete).is_ok_and(|made_of| made_of == REQUIREMENTS) {
        return venv;
    }
    let made = command(Path::new("python3")).args(["-m", "venv", "--clear"]).arg(&venv).output();
    said(made.expect(HELP));
    let mut pip = command(&venv.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    said(pip.args(REQUIREMENTS.lines()).output().expect(HELP));
    fs::write(complete, REQUIREMENTS).unwrap();
    venv
}

/// Without what a machine's own Python settings would change.
#[expect(clippy::disallowed_methods, reason = "independent checks are in Python")]
fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_remove("PYTHONPATH").env_remove("PYTHONHOME").stdin(Stdio::null());
    command
}
