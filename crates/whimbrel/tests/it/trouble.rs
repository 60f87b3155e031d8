//! When things aren't as they should be: the home, the database, the settings, the network, the
//! command line, and texts that would command a terminal.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use llm::fake::Turn;
use nix::mount::{MntFlags, MsFlags};

use crate::scripted::{Scripted, finish, shell};
use crate::world::{Ran, World, wait_until};

/// Every command that opens the home.
const READERS: [&[&str]; 4] = [&["list"], &["show", "x"], &["pr", "list"], &["logs", "x"]];

#[test]
fn a_home_that_is_a_file_is_named_with_what_to_do() {
    let world = World::new();
    fs::write(world.home(), "not a folder").unwrap();
    for reader in READERS {
        let ran = world.run(reader).exits(1).says("WHIMBREL_HOME");
        let home = world.home().to_str().unwrap().to_owned();
        let _ran = ran.says(&home);
    }
    let told = world.run(&["list", "--json"]).exits(1).object();
    assert!(told["error"].as_str().unwrap().contains("WHIMBREL_HOME"), "{told}");
    assert_eq!(fs::read_to_string(world.home()).unwrap(), "not a folder");
}

#[test]
fn a_home_that_may_not_be_written_is_named_with_what_to_do() {
    let world = World::new().for_user();
    fs::create_dir(world.home()).unwrap();
    fs::set_permissions(world.home(), read_only()).unwrap();
    world.run(&["list"]).exits(1).says("WHIMBREL_HOME").says("home").says("ermission denied");
    let elsewhere = World::new().for_user().with("WHIMBREL_HOME", "/proc/whimbrel");
    elsewhere.run(&["list"]).exits(1).says("/proc/whimbrel").says("WHIMBREL_HOME");
}

fn read_only() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    fs::Permissions::from_mode(0o555)
}

/// A tiny file system, full to the brim or nearly so, that goes with the story.
struct Tiny<'a>(&'a Path);

impl<'a> Tiny<'a> {
    fn mount(path: &'a Path, size: &str) -> Self {
        assert!(
            nix::unistd::geteuid().is_root(),
            "only root can mount a disk to fill: run these tests as root (sudo -E cargo test), or \
             leave this one out (--skip a_full_disk)"
        );
        fs::create_dir_all(path).unwrap();
        let tiny = Self(path);
        tiny.mount_with(MsFlags::empty(), size);
        tiny
    }

    fn grow(&self, size: &str) {
        self.mount_with(MsFlags::MS_REMOUNT, size);
    }

    fn mount_with(&self, flags: MsFlags, size: &str) {
        let (kind, options) = (Some("tmpfs"), format!("size={size}"));
        nix::mount::mount(kind, self.0, kind, flags, Some(options.as_str())).unwrap();
    }
}

impl Drop for Tiny<'_> {
    fn drop(&mut self) {
        nix::mount::umount2(self.0, MntFlags::MNT_DETACH).unwrap();
    }
}

#[test]
fn a_full_disk_is_said_and_leaves_nothing_half_done() {
    let world = World::new();
    let repository = world.buggy("double");
    let before = repository.fingerprint();
    let home = world.home();
    let _tiny = Tiny::mount(&home, "64k");
    world.run(&["list"]).exits(1).says("space");
    let _ran = world.delegate(&repository, &[], "double is wrong").exits(1).says("space");
    assert_eq!(repository.fingerprint(), before);
    assert!(repository.whimbrel_branches().is_empty());
}

#[test]
fn a_disk_that_fills_up_on_the_way_is_said_and_room_heals_it() {
    let world = Scripted::new(vec![
        shell("head -c 8000000 /dev/urandom > large.bin"),
        finish("Add a large file", "It is large."),
    ]);
    let repository = world.buggy("double");
    let home = world.home();
    let tiny = Tiny::mount(&home, "4m");
    let waiting = world.start_delegate(&repository, &[], "add a large file");
    wait_until("somebody to say so", || {
        let listed = world.run(&["list", "--json"]);
        let shown = format!("{listed}{}", waiting.said());
        ["no space", "disk: ", "No space"].iter().any(|words| shown.contains(words))
    });
    assert!(repository.whimbrel_branches().is_empty());

    // Nothing is lost by it: what waits goes on.
    tiny.grow("64m");
    let ran = waiting.ends();
    let id = ran.object()["task"].as_str().unwrap().to_owned();
    wait_until("its end", || world.run(&["show", "--json", &id]).object()["state"] != "running");
    let again = world.delegate(&repository, &["--agent", "mechanic"], "double is wrong");
    let _ran = again.exits(0);
    world.nothing_is_left(&[]);
}

#[test]
fn a_damaged_database_is_left_as_it_is() {
    let world = World::new();
    world.run(&["list"]).exits(0).says("No tasks yet");
    let file = world.home().join("whimbrel.db");
    let damaged = vec![0x5a; 8192];
    fs::write(&file, &damaged).unwrap();
    let _ = fs::remove_file(file.with_extension("db-wal"));
    for reader in READERS {
        let _ran = world.run(reader).exits(1).says("damaged").says("recover");
    }
    assert_eq!(fs::read(&file).unwrap(), damaged);
}

#[test]
fn a_newer_database_is_not_touched() {
    let world = World::new();
    world.run(&["list"]).exits(0).says("No tasks yet");
    set_schema(&world.home().join("whimbrel.db"), 999);
    world.run(&["list"]).exits(1).says("schema 999").says("newer whimbrel");
}

/// SQLite keeps `user_version` as 4 bytes, big endian, at offset 60 of the file.
/// See <https://www.sqlite.org/fileformat.html#the_database_header>.
fn set_schema(file: &Path, version: u32) {
    let mut bytes = fs::read(file).unwrap();
    bytes[60..64].copy_from_slice(&version.to_be_bytes());
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_broken_configuration_is_named_with_its_line() {
    let world = World::new();
    fs::create_dir(world.home()).unwrap();
    let file = world.home().join("config.toml");
    for (text, said) in [
        ("model = [[[", "config.toml:1: "),
        ("\n\nmodle = 1\n", "modle"),
        ("[model]\nnane = \"x\"\n", "nane"),
        ("[model]\nname = 7\n", "config.toml:2: "),
    ] {
        fs::write(&file, text).unwrap();
        world.run(&["list"]).exits(1).says("config.toml").says(said);
    }
}

#[test]
fn settings_of_the_repository_that_can_not_be_are_named_with_file_and_line() {
    let world = World::new();
    let repository = world.buggy("double");
    let repo = repository.path().to_str().unwrap();
    for (text, said) in [
        ("[chekcs]\n", "whimbrel.toml:1: there is no section [chekcs]; did you mean [checks]?"),
        ("[checks]\n\ntests = 7\n", "whimbrel.toml:3"),
        ("[limits]\nminuts = 3\n", "whimbrel.toml:2: there is no setting"),
        ("[limits]\nmemory = \"lots\"\n", "whimbrel.toml:2"),
        ("[environment]\nimage = \"py thon\"\n", "whimbrel.toml:2: environment.image"),
        ("[environment]\nnetwork = \"al\"\n", "whimbrel.toml:2: environment.network"),
        ("[environment]\nsecrets = [\"A-B\"]\n", "whimbrel.toml:2: environment.secrets"),
        ("[agent]\nname = \"gandalf\"\n", "whimbrel.toml:2"),
        ("[checks\n", "whimbrel.toml:1: this isn't TOML"),
    ] {
        repository.write("whimbrel.toml", text).commit("Set");
        world.delegate(&repository, &[], "double is wrong").exits(1).says(said);
        world.run(&["env", "explain", "--repo", repo]).exits(1).says(said);
    }
    assert_eq!(world.run(&["list", "--json"]).exits(0).stdout, "", "a task was stored");
}

#[test]
fn a_machine_without_git_is_told_what_to_install() {
    let world = World::new().with("PATH", "/nowhere");
    let repository = world.buggy("double");
    world.delegate(&repository, &[], "double is wrong").exits(1).says("git isn't installed");
    world.run(&["doctor"]).exits(8).says("git");
}

#[test]
fn a_repository_that_can_not_be_reached_is_named() {
    let world = World::new();
    for (url, said) in [
        ("http://127.0.0.1:1/nothing.git", "127.0.0.1"),
        ("file:///nowhere/at/all", "/nowhere/at/all"),
        ("/nowhere/at/all", "/nowhere/at/all"),
        ("ssh://-oProxyCommand=touch/x", "dash"),
        ("ext::sh -c touch% pwned", "ext::"),
    ] {
        let ran = world.run(&["delegate", "--repo", url, "--wait", "do it"]).exits(1).says(said);
        assert!(!ran.stderr.contains("Username"), "{ran}");
    }
    let hidden = "http://ada:hunter2@127.0.0.1:1/nothing.git";
    let ran = world.run(&["delegate", "--repo", hidden, "--wait", "do it"]).exits(1);
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("hunter2"), "{ran}");
}

#[test]
fn wrong_usage_exits_with_2() {
    let world = World::new();
    for arguments in [
        &["fly"][..],
        &[],
        &["delegate"],
        &["delegate", "--attempts", "0", "x"],
        &["delegate", "--attempts", "65", "x"],
        &["delegate", "--agent", "gandalf", "x"],
        &["delegate", "--minutes", "-1", "x"],
        &["delegate", "--memory", "lots", "x"],
        &["computer", "run"],
        &["computer", "run", "--network", "package", "--", "true"],
        &["computer", "run", "--cpus", "0", "--", "true"],
        &["env", "prune", "--older-than", "soon"],
        &["env", "build", "--step", "fly"],
        &["show"],
    ] {
        let ran = world.run(arguments).exits(2);
        assert!(!ran.stderr.is_empty(), "{ran}");
    }
    let repository = world.buggy("double");
    world.delegate(&repository, &[], "   ").exits(1).says("no text");
    let _ran = world.run(&["--help"]).exits(0).says("delegate");
    let _ran = world.run(&["--version"]).exits(0).says("whimbrel");
}

const ESCAPE: &str = "\x1b]0;owned\x07\x1b[2J";

/// What a terminal would obey.
fn commands(ran: &Ran) -> Vec<char> {
    let said = format!("{}{}", ran.stdout, ran.stderr);
    let obeyed = |c: &char| c.is_control() && !matches!(c, '\n' | '\t') || *c == '\u{202e}';
    said.chars().filter(obeyed).collect()
}

/// In the task's text, a model's words and commands, a test's and a file's name, a commit's
/// subject: nothing of it may reach a terminal as it is. (A diff and a log that are piped are
/// data, byte for byte.)
#[test]
fn no_hostile_text_commands_a_terminal() {
    let test = "import unittest\n\n\nclass Odd(unittest.TestCase):\n    pass\n\n\ndef test_it(self):\n    \
                print('\\x1b[2J\\x07')\n\n\nsetattr(Odd, 'test_\\x1b[2J\\x07', test_it)\n";
    let name = format!("od{ESCAPE}d.txt");
    let world = Scripted::for_each(vec![
        Turn::say(format!("I say {ESCAPE} \u{202e}")),
        shell(&format!(
            "printf 'x' > '{name}'; cat > test_odd.py <<'END'\n{test}END\n printf '{ESCAPE}'"
        )),
        finish(&format!("Title {ESCAPE}"), &format!("Summary {ESCAPE}\r\u{202e}")),
    ]);
    let repository = world.buggy("double");
    let odd = std::ffi::OsStr::from_bytes(b"old\x1b[2J.txt");
    fs::write(repository.path().join(odd), "x").unwrap();
    repository.commit(&format!("Add {ESCAPE}"));
    let text = format!("Do {ESCAPE} it \u{202e}");
    let repo = repository.path().to_str().unwrap();
    let ran = world.run(&["delegate", "--repo", repo, "--wait", &text]).exits(0);
    assert!(commands(&ran).is_empty(), "{:?}", ran.stdout);
    let listed = world.run(&["list", "--json"]).exits(0);
    let task = listed.object()["task"].as_str().unwrap().to_owned();
    let attempt = format!("{task}.1");
    for arguments in [
        &["list"][..],
        &["show", &task],
        &["show", &attempt],
        &["logs", &task],
        &["compare", &task],
        &["evidence", &task],
        &["pr", "list"],
        &["pr", "show", &task],
        &["env", "explain", "--repo", repo],
        &["pr", "show", &task, "--json"],
        &["pr", "show", ESCAPE],
        &["delegate", "--repo", ESCAPE, "x"],
    ] {
        let ran = world.run(arguments);
        assert!(commands(&ran).is_empty(), "{arguments:?}: {:?} {:?}", ran.stdout, ran.stderr);
    }
    let evidence = world.run(&["evidence", "--json", &task]).exits(0).object();
    let added = evidence["evidence"]["tests"]["added"].to_string();
    assert!(added.contains("test_"), "the odd test isn't in the evidence: {evidence}");
}

#[test]
fn a_task_whose_repository_is_away_waits_for_it_and_stops_no_other() {
    let world = World::new();
    let repository = world.buggy("double");
    let task = world.delegate_away(&repository, &[], "double is wrong");
    let away = world.path().join("away");
    fs::rename(repository.path(), &away).unwrap();
    wait_until("the decision", || {
        world.run(&["show", "--json", &task]).exits(0).object()["state"] == "decided"
    });
    world.run(&["list"]).exits(0).says(&task).says("can't be moved on");
    let other = world.buggy("other");
    let _other = world.delegate(&other, &[], "double is wrong").exits(0);

    fs::rename(&away, repository.path()).unwrap();
    let shown = world.run(&["show", "--json", &task]).exits(0).object();
    assert_eq!(shown["state"], "offered");
    assert_eq!(repository.whimbrel_branches().len(), 1);
}

#[test]
fn whatever_a_model_says_of_its_change_can_be_committed() {
    let summary = format!("# Times\0two\n{}", "It is times two. ".repeat(20_000));
    let repair = shell("sed -i 's/x + 2/x * 2/' double.py");
    let world = Scripted::new(vec![repair, finish("Multi\0ply", &summary)]);
    let repository = world.buggy("double");
    let object = world.delegate(&repository, &[], "double is wrong").exits(0).object();
    let branch = object["pull_request"]["branch"].as_str().unwrap();
    let message = repository.git(&["log", "-1", "--format=%B", branch]);
    assert!(message.starts_with("Multiply\n\n# Timestwo\n"), "{message:.200}");
}

#[test]
fn wrong_usage_is_json_where_json_is_wanted() {
    let world = World::new();
    let told = world.run(&["show", "--json"]).exits(2).object();
    assert!(told["error"].as_str().unwrap().contains("required"), "{told}");
    world.run(&["show"]).exits(2).says("Usage");
    assert!(world.run(&["list", "--json", "--help"]).exits(0).stdout.contains("Usage"));
}

#[test]
fn what_could_not_be_printed_is_no_success() {
    let world = World::new();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ended = world.command().arg("list").stdout(full).output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("No space left"));
}
