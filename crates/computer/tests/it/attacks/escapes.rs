//! Attacks by what still leads out of a computer: what init holds open, and its own program, which
//! is the host's.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use computer::namespaces::Namespaces;
use computer::{Backend, Computer, Error, Exec};

use super::{held, small, still_works};
use crate::bench::{output, spec};

/// More than init ever has.
const DESCRIPTORS: u32 = 40;

/// Until a program was caught while it was the host's.
const TRIES_MAX: usize = 100;

/// Waits for a process that runs the host's file, and does to that file what it can.
const CATCH: &str = r#"
import os, signal
def attempt(what):
    try: what(); return "done"
    except OSError as error: return error.strerror
print("begun", flush=True)
while True:
    for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()):
        if pid in (1, os.getpid()): continue
        try:
            os.kill(pid, signal.SIGSTOP)
            if os.readlink(f"/proc/{pid}/exe").startswith("/usr/"): continue
            it = f"/proc/self/fd/{os.open(f'/proc/{pid}/exe', os.O_RDONLY)}"
            said = [attempt(lambda: os.chmod(it, 0o6777)), attempt(lambda: os.utime(it, (1, 1))),
                attempt(lambda: os.setxattr(it, "user.x", b"y")), attempt(lambda: os.open(it, os.O_RDWR))]
            open("new", "w").write("\n".join(said)); os.rename("new", "caught")
            raise SystemExit
        except OSError: pass
        finally:
            try: os.kill(pid, signal.SIGCONT)
            except OSError: pass
"#;

/// A link that leads whoever follows it to a descriptor of its own.
fn link(number: u32) -> PathBuf {
    Path::new("/workspace").join(format!("fd{number}"))
}

/// Runs a program in a folder, and says why that didn't work.
async fn refusal_in(computer: &dyn Computer, folder: PathBuf) -> String {
    match computer.run(Exec::new(["pwd"]).cwd(folder)).await {
        Ok(exited) => format!("it ran: {}", exited.text()),
        Err(Error::Exec { source, .. }) => source.to_string(),
        Err(error) => format!("another error: {error}"),
    }
}

both! {
    async fn what_init_has_open(bench: Bench) {
        let computer = bench.limited(small()).await;
        let links = format!("for n in $(seq 3 {DESCRIPTORS}); do ln -s /proc/self/fd/$n fd$n; done");
        output(computer.as_ref(), &links).await;
        for number in 3..=DESCRIPTORS {
            match computer.read(&link(number), 1 << 20).await {
                // The pipe that tells of the beginning has to be there, and is no file.
                Err(Error::Read { source, .. })
                    if matches!(source.kind(), ErrorKind::NotFound | ErrorKind::InvalidInput) => {}
                read => panic!("descriptor {number} can be read: {read:?}"),
            }
            let said = refusal_in(computer.as_ref(), link(number)).await;
            let nowhere = ["No such file", "Not a directory", "entity not found", "not a directory"];
            assert!(nowhere.iter().any(|end| said.contains(end)), "descriptor {number}: {said}");
        }
        still_works(computer.as_ref()).await;
        held("links to descriptors of init", "all are closed before a path is followed", "no such file");
    }

    async fn the_program_that_init_is(bench: Bench) {
        // Whoever runs whimbrel often has built it, too.
        let helper = bench.folder.join("my-helper");
        std::fs::copy(&bench.helper, &helper).unwrap();
        let backend = Namespaces::new(&bench.folder.join("my home"), helper.clone()).unwrap();
        let computer = backend.fork(&backend.bare(), &spec()).await.unwrap();
        let before = std::fs::metadata(&helper).unwrap();
        computer.write("/workspace/catch.py".as_ref(), CATCH.as_bytes(), 0o644).await.unwrap();
        output(computer.as_ref(), "ln -s /proc/self/exe me; printf '#!/proc/self/exe\\n' >script; chmod +x script").await;
        let mut catching = computer.exec(Exec::new(["python3", "catch.py"])).await.unwrap();
        assert!(catching.next().await.is_some());
        let mut caught = Err(Error::Lost);
        for program in ["/workspace/me", "/workspace/script"].iter().cycle().take(TRIES_MAX) {
            let _it_may_be_stopped = computer.run(Exec::new([*program]).timeout(Duration::from_secs(1))).await;
            caught = computer.read("/workspace/caught".as_ref(), 1 << 20).await;
            if caught.is_ok() { break; }
        }
        let caught = String::from_utf8(caught.unwrap()).unwrap();
        let after = std::fs::metadata(&helper).unwrap();
        assert_eq!((before.mode(), before.mtime()), (after.mode(), after.mtime()), "{caught}");
        assert!(!caught.contains("done"), "{caught}");
        held("the host's own program, run inside", "a read-only mount", caught);
    }
}
