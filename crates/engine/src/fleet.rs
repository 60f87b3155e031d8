//! Where attempts run: processes on this machine, one each, that outlive whoever started them.

use std::fs::OpenOptions;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use domain::AttemptId;
use store::lease::Holder;

use crate::home::private_folder;
use crate::{Error, Home};

#[derive(Debug, Clone)]
pub struct LocalFleet {
    home: Home,
    program: PathBuf,
}

impl LocalFleet {
    pub fn new(home: Home, program: PathBuf) -> Self {
        Self { home, program }
    }

    /// Starts `whimbrel attempt ID` in a session of its own, so that neither a closed terminal
    /// nor Ctrl-C reaches it. It works under the lease that `holder` has taken for it.
    #[expect(clippy::disallowed_methods, reason = "the fleet is what starts attempts")]
    pub fn start(&self, attempt: &AttemptId, holder: &Holder) -> Result<(), Error> {
        let folder = self.home.attempt(attempt);
        private_folder(&folder)?;
        let log_path = folder.join("runner.log");
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log_path)
            .map_err(|source| Error::Write { path: log_path, source })?;
        let mut command = Command::new(&self.program);
        command
            .arg0("whimbrel")
            .args(["attempt", attempt.as_str(), "--lease", &holder.to_string()])
            .env("WHIMBREL_HOME", self.home.path())
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        detach(&mut command);
        let mut child = command.spawn().map_err(|source| Error::Start { source })?;
        // Somebody has to take the exit status, or the process stays as a zombie.
        std::thread::spawn(move || child.wait());
        Ok(())
    }
}

/// Lets the child lead a session, so that the terminal's hang-up isn't its own.
fn detach(command: &mut Command) {
    // SAFETY: between fork and exec only `setsid` is called, which is async-signal-safe.
    unsafe {
        command.pre_exec(|| {
            // It fails only where the child leads a group already; then it is detached enough.
            let _ = nix::unistd::setsid();
            Ok(())
        });
    }
}
