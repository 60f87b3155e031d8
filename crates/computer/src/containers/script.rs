//! The few lines of shell that run inside a container: its first process, and what comes before
//! each program. Pure texts. All a container must have for them is a POSIX `/bin/sh` and `cat`,
//! `mkdir`, `head` and `chmod`.
//!
//! What is to run, with its arguments and variables, goes in on standard input as one line of
//! shell and not on anybody's command line: the host's other users can read those, and the engine
//! writes them down.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::{Exec, GIT_SETTINGS, HOME, SCRATCH, WORKSPACE};

/// What the first process says when the container is ready.
pub const READY: &str = "ready";

/// Reads one line and does what it says. `read` takes byte for byte, so that what follows on
/// standard input is the program's. Line breaks within the line are written as `$_n`, see [`quote`].
pub const FOLLOW: &str = "_n='\n'; IFS= read -r _p && eval \"$_p\"";

/// Sends a signal, by its number, to a process group.
pub const SIGNAL_GROUP: &str = "kill \"-$1\" \"-$2\"";

/// Kills all but the first process, and the shell that says so.
pub const KILL_ALL: &str = "kill -KILL -1";

/// Sets `_k` to how many processes the kernel has ended for memory, by a control group of either
/// version. Built of what a shell has in itself, because it runs before every program.
const COUNT_KILLS: &str = "_k=0; for _f in /sys/fs/cgroup/memory.events \
     /sys/fs/cgroup/memory/memory.oom_control; do if [ -r \"$_f\" ]; then \
     while read -r _a _b; do case $_a in oom_kill) _k=$_b;; esac; done <\"$_f\"; fi; done";

/// Prints that number.
pub fn count_kills() -> String {
    format!("{COUNT_KILLS}; echo \"$_k\"")
}

/// The first process. It lives as long as whoever holds the other end of its standard input, it
/// reaps, and from inside it can't be killed. Someone inside may kill the `cat`, though: then
/// there is another one.
pub fn first() -> String {
    let settings = format!("{HOME}/.gitconfig");
    format!(
        "_n='\n'\n\
         umask 022\n\
         mkdir -p {WORKSPACE} {HOME} {SCRATCH} || exit 1\n\
         [ -e {settings} ] || printf %s {} >{settings}\n\
         exec 3<&0 </dev/null\n\
         echo {READY}\n\
         exec >/dev/null 2>&1\n\
         while :; do cat <&3 & wait $! && exit 0; done\n",
        String::from_utf8_lossy(&quote(GIT_SETTINGS.as_bytes()))
    )
}

/// How far a plan came: what its first line of output says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// The process group that it is from now on, and how many processes the kernel had ended
    /// for memory before.
    Running {
        group: u32,
        memory_kills: u64,
    },
    NoFolder,
    Missing,
    Denied,
    /// The environment has a variable that this shell doesn't let anybody set.
    Environment,
    /// Something else than a plan answered.
    Garbled,
}

/// A first line, without its end, that can't be longer.
pub const BEGUN_BYTES_MAX: usize = 40;

impl Begun {
    pub fn parse(line: &[u8]) -> Self {
        match line {
            b"!folder" => Self::NoFolder,
            b"!missing" => Self::Missing,
            b"!denied" => Self::Denied,
            b"!environment" => Self::Environment,
            _ => Self::running(line).unwrap_or(Self::Garbled),
        }
    }

    fn running(line: &[u8]) -> Option<Self> {
        let numbers = std::str::from_utf8(line.strip_prefix(b"=")?).ok()?;
        let (group, memory_kills) = numbers.split_once(' ')?;
        let group = group.parse().ok().filter(|&group| group > 1)?;
        Some(Self::Running { group, memory_kills: memory_kills.parse().ok()? })
    }
}

/// A name that a shell can export.
pub fn is_variable(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Enters the folder, sets the variables, looks for the program, says so and becomes it.
pub fn run(exec: &Exec) -> Vec<u8> {
    let cwd = exec.cwd.as_deref().unwrap_or(Path::new(WORKSPACE));
    let mut plan = b"cd ".to_vec();
    plan.extend(file(cwd));
    plan.extend(b" 2>/dev/null || { echo !folder; exit; }; set --");
    for argument in &exec.argv {
        plan.push(b' ');
        plan.extend(quote(argument.as_bytes()));
    }
    plan.push(b';');
    if !exec.env.is_empty() {
        plan.extend(b" export");
        for (name, value) in &exec.env {
            plan.extend(format!(" {name}=").as_bytes());
            plan.extend(quote(value.as_bytes()));
        }
        plan.extend(b" 2>/dev/null || { echo !environment; exit; };");
    }
    plan.extend(format!("{LOOK_UP} {COUNT_KILLS}; echo \"=$$ $_k\"; exec \"$@\"\n").as_bytes());
    plan
}

/// A path is looked at; any other name is looked for as a shell does.
const LOOK_UP: &str = " case \"$1\" in \
     ''|-*) echo !missing; exit;; \
     */*) [ -e \"$1\" ] || { echo !missing; exit; }; \
     [ -x \"$1\" ] && [ ! -d \"$1\" ] || { echo !denied; exit; };; \
     *) command -v \"$1\" >/dev/null 2>&1 || { echo !missing; exit; };; \
     esac;";

/// Exit codes of [`read`], [`write`] and [`archive`].
pub const MISSING: i32 = 92;
pub const NO_FILE: i32 = 93;
pub const FAILED: i32 = 94;
pub const NO_TAR: i32 = 95;

/// Prints a regular file's bytes, at most one more than `bytes_max`.
pub fn read(path: &Path, bytes_max: u64) -> Vec<u8> {
    let mut plan = b"f=".to_vec();
    plan.extend(file(path));
    let bytes = bytes_max.saturating_add(1);
    plan.extend(
        format!(
            "; echo \"=$$ 0\"; [ -e \"$f\" ] || exit {MISSING}; [ -f \"$f\" ] || exit {NO_FILE}; \
             exec head -c {bytes} \"$f\"\n"
        )
        .as_bytes(),
    );
    plan
}

/// Makes or replaces a file of what follows on standard input.
pub fn write(path: &Path, mode: u32) -> Vec<u8> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut plan = b"f=".to_vec();
    plan.extend(file(path));
    plan.extend(b"; d=");
    plan.extend(file(folder));
    plan.extend(
        format!(
            "; echo \"=$$ 0\"; mkdir -p \"$d\" || exit {FAILED}; \
             if [ -e \"$f\" ] && [ ! -f \"$f\" ]; then exit {NO_FILE}; fi; \
             cat >\"$f\" && chmod {mode:o} \"$f\" || exit {FAILED}\n"
        )
        .as_bytes(),
    );
    plan
}

/// Prints a tar archive of a folder or a file, and of the rules above it that say what is ignored:
/// names from `/` on. What git itself keeps is left out by a tar that can.
pub fn archive(root: &Path) -> Vec<u8> {
    let mut plan = b"r=".to_vec();
    plan.extend(file(root));
    plan.extend(
        format!(
            "; echo \"=$$ 0\"; [ -e \"$r\" ] || exit {MISSING}; \
             command -v tar >/dev/null 2>&1 || exit {NO_TAR}; cd / || exit {FAILED}; \
             set -- \".$r\"; d=$r; while [ \"$d\" != / ] && [ -n \"$d\" ]; do d=${{d%/*}}; \
             for n in .ignore .gitignore .git/info/exclude; do \
             if [ -f \"$d/$n\" ] && [ ! -h \"$d/$n\" ]; then set -- \"$@\" \".$d/$n\"; fi; done; done; \
             x=; if tar --exclude=x -cf /dev/null /dev/null 2>/dev/null; then \
             x='--exclude=.git/objects --exclude=.git/lfs --exclude=.git/modules \
             --exclude=./proc --exclude=./sys'; fi; \
             exec tar $x -cf - \"$@\" 2>/dev/null\n"
        )
        .as_bytes(),
    );
    plan
}

/// A path that no program takes for an option.
fn file(path: &Path) -> Vec<u8> {
    quote(Path::new(WORKSPACE).join(path).as_os_str().as_bytes())
}

/// One word of shell on one line, whatever is in it.
pub fn quote(bytes: &[u8]) -> Vec<u8> {
    let mut word = vec![b'\''];
    for &byte in bytes {
        match byte {
            b'\'' => word.extend(b"'\\''"),
            b'\n' => word.extend(b"'\"$_n\"'"),
            _ => word.push(byte),
        }
    }
    word.push(b'\'');
    word
}

#[cfg(test)]
mod tests;
