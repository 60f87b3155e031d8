//! `doctor` where something is in the way: each refusal is a real one, made around the program, and
//! where a remedy can be followed here it is.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

use crate::world::World;

/// Becomes an ordinary user.
const AS_SOMEBODY: &str = "setpriv --reuid 1500 --regid 1500 --clear-groups";
/// Under this, the kernel refuses `unshare` as a container's seccomp filter does.
const REFUSE_UNSHARE: &str = r#"
import ctypes, os, platform, struct, sys
number = {"x86_64": 272, "aarch64": 97}[platform.machine()]
rules = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7fff0000)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(rules), ctypes.addressof(code)))
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program, 0, 0) == 0
os.execvp(sys.argv[1], sys.argv[1:])
"#;

/// Where the program runs amid something that a script made.
struct Amid {
    world: World,
    program: PathBuf,
}

impl Amid {
    /// An ordinary user's, with no container engine in sight.
    fn new() -> Self {
        let root = nix::unistd::geteuid().is_root();
        assert!(
            root,
            "what is in the way is put there by root: run it with sudo, or --skip doctor::"
        );
        let world = World::new().for_user();
        let program = world.path().join("whimbrel");
        let tools = world.path().join("tools");
        std::fs::create_dir(&tools).unwrap();
        std::os::unix::fs::symlink("/usr/bin/git", tools.join("git")).unwrap();
        std::fs::create_dir(world.home()).unwrap();
        world.give(world.path());
        std::fs::set_permissions(world.path(), PermissionsExt::from_mode(0o755)).unwrap();
        Self { world, program }
    }

    /// Runs a script that is given the program as `$0`, in mounts of its own.
    fn run(&self, script: &str) -> Output {
        #[expect(clippy::disallowed_methods, reason = "what is in the way is made by programs")]
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-ec", script]).arg(&self.program);
        command.env("WHIMBREL_HOME", self.world.home()).env("HOME", self.world.path());
        command.env("TOOLS", self.world.path().join("tools")).output().unwrap()
    }

    /// What `doctor` finds about namespaces, and its exit code.
    fn finds(&self, script: &str) -> (Value, i32) {
        let output = self.run(&format!("{script} env PATH=\"$TOOLS\" \"$0\" doctor --json"));
        let said = String::from_utf8_lossy(&output.stdout);
        let findings = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let found = findings.into_iter().find(|finding| finding["name"] == "namespaces");
        let stderr = String::from_utf8_lossy(&output.stderr);
        let found = found.unwrap_or_else(|| panic!("{script}: {said}{stderr}"));
        (found, output.status.code().unwrap())
    }

    /// That it is refused at `step`, and what the remedy says.
    fn refused(&self, script: &str, step: &str) -> String {
        let (found, code) = self.finds(script);
        assert_eq!((&found["state"], code), (&"broken".into(), 8), "{found}");
        assert!(found["detail"].as_str().unwrap().starts_with(step), "{found}");
        found["remedy"].as_str().unwrap().to_owned()
    }
}

#[test]
fn user_namespaces_that_are_switched_off() {
    let within = format!(
        "exec {AS_SOMEBODY} unshare --user --map-root-user sh -ec \
         'echo 0 >/proc/sys/user/max_user_namespaces; exec \"$@\"' sh"
    );
    let remedy = Amid::new().refused(&within, "unshare the user namespace: No space left");
    assert!(remedy.contains("switched off") && remedy.contains("\nsysctl -w user.max"), "{remedy}");
}

#[test]
fn a_filter_of_system_calls() {
    let amid = Amid::new();
    let filter = amid.world.path().join("filter.py");
    std::fs::write(&filter, REFUSE_UNSHARE).unwrap();
    let filter = filter.display();
    let somebody = format!("exec {AS_SOMEBODY} /usr/bin/python3 {filter}");
    let remedy = amid.refused(&somebody, "unshare the user namespace: Operation not permitted");
    assert!(remedy.contains("--security-opt seccomp=unconfined"), "{remedy}");
    let remedy = amid
        .refused(&format!("exec /usr/bin/python3 {filter}"), "unshare: Operation not permitted");
    assert!(remedy.contains("--user 1000:1000"), "{remedy}");
}

/// The remedy's own line is followed, and then it works.
#[test]
fn a_chroot() {
    let amid = Amid::new();
    let folder = amid.world.path().join("root");
    std::fs::create_dir_all(folder.join("mnt")).unwrap();
    let folder = folder.display();
    let fill = format!(
        "cd {folder}; for name in usr etc proc dev tmp sys; do mkdir -p $name; mount --rbind /$name $name; \
         done; for name in bin sbin lib lib64; do ln -sfn usr/$name $name; done; cd /; "
    );
    let remedy =
        amid.refused(&format!("{fill} exec chroot {folder}"), "keep mounts private: Invalid");
    let line = remedy.lines().nth(1).unwrap();
    // Whoever is really in a chroot has had its folders mounted there for all.
    let line = line.replace("unshare --mount sh -c '", "").replace("exec whimbrel …'", "exec ");
    let (found, _code) =
        amid.finds(&format!("{fill} {}", line.replace("FOLDER", &folder.to_string())));
    assert_eq!(found["state"], "works", "{found}");
}

#[test]
fn a_home_on_an_overlay() {
    let amid = Amid::new();
    let home = amid.world.home();
    let (parts, home) = (amid.world.path().join("parts"), home.display());
    let overlay = format!(
        "mkdir {0}; mount -t tmpfs none {0}; cd {0}; mkdir lower upper work; chown 1500 upper; \
         mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work {home}; cd /; \
         exec {AS_SOMEBODY}",
        parts.display()
    );
    let remedy = amid.refused(&overlay, "mount overlay");
    assert!(remedy.contains(&format!("--volume whimbrel:{home}")), "{remedy}");
}

#[test]
fn a_proc_that_is_masked() {
    let masked = format!("mount -t tmpfs none /proc/fs; exec {AS_SOMEBODY}");
    let remedy = Amid::new().refused(&masked, "mount proc: Operation not permitted");
    assert!(remedy.contains("systempaths=unconfined"), "{remedy}");
}

/// As in a rootless container: root, of one id.
#[test]
fn a_root_of_few_ids_is_an_ordinary_user() {
    let (found, code) =
        Amid::new().finds(&format!("exec {AS_SOMEBODY} unshare --user --map-root-user"));
    assert_eq!((&found["state"], code), (&"works".into(), 0), "{found}");
}

#[test]
fn findings_are_told_to_people_and_to_programs() {
    let world = World::new();
    let told = world.run(&["doctor"]).exits(0).stdout;
    for part in [
        "Computers\n  ✓ namespaces",
        "← used",
        "What holds a computer (namespaces, isolation L2)",
        "\n  ✓ git ",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let json = world.run(&["doctor", "--json"]).exits(0).stdout;
    for line in json.lines() {
        let finding: Value = serde_json::from_str(line).unwrap();
        let mut fields: Vec<&String> = finding.as_object().unwrap().keys().collect();
        fields.sort();
        assert_eq!(fields, ["chosen", "detail", "group", "name", "remedy", "state", "works"]);
    }
}

#[test]
fn a_kind_that_was_asked_for_is_not_replaced() {
    let world =
        World::new().with("WHIMBREL_BACKEND", "docker").with("DOCKER_HOST", "unix:///nowhere.sock");
    let run = ["computer", "run", "--", "true"];
    world.run(&run).exits(1).says("docker");
    world.run(&["doctor"]).exits(8).says("none of these works here");
    let unknown = World::new().with("WHIMBREL_BACKEND", "vm");
    unknown.run(&run).exits(1).says("WHIMBREL_BACKEND").says("podman");
}
