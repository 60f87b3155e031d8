//! `computer run`: one command in a fresh computer, as root and as an ordinary user; and a whole
//! task as an ordinary user.

use std::fs;
use std::io::{Seek, Write};
use std::net::TcpListener;

use crate::world::{Ran, World, wait_until};

impl World {
    /// Runs a shell's command in a fresh computer.
    #[must_use = "say which exit code is right"]
    fn inside(&self, options: &[&str], command: &str) -> Ran {
        let program = ["--", "sh", "-c", command];
        self.run(&[&["computer", "run"], options, &program].concat())
    }
}

fn file_of(bytes: &[u8]) -> fs::File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    file
}

#[test]
fn the_status_of_the_program_is_the_commands() {
    let world = World::new();
    let ran = world.inside(&[], "echo out; echo err >&2; exit 42").exits(42);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("out\n", "err\n"));
    let missing = ["computer", "run", "--", "no-such-program"];
    world.run(&missing).exits(127).says("no-such-program");
    let _ran = world.run(&["computer", "run", "--", "/etc/hostname"]).exits(126);
    let _ran = world.inside(&[], "kill -TERM $$").exits(128 + 15);
    world.inside(&["--minutes", "0.01"], "sleep 1000").exits(124).says("--minutes");
    let fill = "python3 -c 'x = bytearray(10**9); print(len(x))'";
    world.inside(&["--memory", "64MiB"], fill).exits(137).says("--memory");
    world.nothing_is_left(&[]);
}

#[test]
fn what_it_ran_is_told_as_json_too() {
    let world = World::new();
    let ran = world.inside(&["--json"], "echo out; echo err >&2; exit 3").exits(3);
    let object = ran.object();
    assert_eq!((&object["exit"], &object["stdout"]), (&3.into(), &"out\n".into()));
    assert_eq!(object["stderr"], "err\n");
    let object = world.inside(&["--json", "--minutes", "0.01"], "sleep 1000").exits(124).object();
    assert_eq!((&object["exit"], &object["status"]), (&124.into(), &"out_of_time".into()));
}

#[test]
fn standard_input_goes_in_and_large_output_comes_out() {
    const BYTES: usize = 20_000_000;
    let world = World::new();
    let input: Vec<u8> = (0..BYTES).map(|at| b'a' + u8::try_from(at % 26).unwrap()).collect();
    let command = ["computer", "run", "--", "cat"];
    let ran = world.run_with_input(&command, file_of(&input)).exits(0);
    assert_eq!(ran.stdout.len(), BYTES);
    assert!(ran.stdout.as_bytes() == input, "what came out isn't what went in");
}

#[test]
fn the_current_commit_is_in_the_workspace_with_its_history() {
    let world = World::new();
    let repository = world.buggy("double");
    repository.write("notes.txt", "committed\n").commit("Add notes");
    repository.write("notes.txt", "uncommitted\n");
    let before = repository.fingerprint();
    let repo = repository.path().to_str().unwrap();
    let look = "pwd; cat notes.txt; git log --format=%s; git status --porcelain; touch mine; \
                git commit -q --allow-empty -m x && echo committed inside";
    let ran = world.inside(&["--repo", repo], look).exits(0);
    let seen = "/workspace\ncommitted\nAdd notes\nAdd double\ncommitted inside\n";
    assert_eq!(ran.stdout, seen, "{ran}");
    let again = world.inside(&["--repo", repo], "git log -1 --format=%s; ls mine").exits(2);
    assert_eq!(again.stdout, "Add notes\n", "something of the first computer is in the second");
    assert_eq!(repository.fingerprint(), before);
    world.nothing_is_left(&[]);
}

#[test]
fn neither_the_host_nor_the_net_can_be_reached() {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let connect = format!(
        "import socket
for target in [('127.0.0.1', {port}), ('1.1.1.1', 53)]:
    try:
        socket.create_connection(target, 2)
        print('reached', target)
    except OSError as error:
        print('refused')
try:
    print(socket.getaddrinfo('example.com', 80))
except OSError:
    print('unknown')
"
    );
    let ran = world.run(&["computer", "run", "--", "python3", "-c", &connect]).exits(0);
    assert_eq!(ran.stdout, "refused\nrefused\nunknown\n", "{ran}");
    assert!(listener.accept().is_err(), "somebody came out");
}

#[test]
fn nothing_of_the_hosts_people_is_inside() {
    let world = World::new().with("SECRET_TOKEN", "hunter2-from-the-environment");
    fs::create_dir_all(world.home()).unwrap();
    fs::write(world.home().join("config.toml"), "# hunter2-from-the-home\n").unwrap();
    let home = world.path().display();
    let look = format!(
        "env; cat /proc/*/environ; cat /etc/shadow /etc/sudoers; ls -A /root; ls -A /home; \
         ls {home}; find / -name config.toml -exec cat {{}} + ; cat /proc/1/cmdline; true"
    );
    let ran = world.inside(&[], &look).exits(0);
    assert!(!ran.stdout.contains("hunter2"), "{ran}");
    assert!(!ran.stdout.contains("root:"), "{ran}");
    assert!(ran.stdout.contains("HOME=/home/agent"), "{ran}");
}

#[test]
fn what_runs_in_the_background_ends_with_the_command() {
    let world = World::new();
    let ran = world.inside(&[], "sleep 81041 & setsid sleep 81041 & echo started").exits(0);
    assert_eq!(ran.stdout, "started\n");
    wait_until("their end", || !crate::traces::is_running("sleep\081041"));
    world.nothing_is_left(&[]);
}

#[test]
fn ctrl_c_ends_the_computer() {
    let world = World::new();
    let running = world.start(&["computer", "run", "--", "sh", "-c", "echo on; sleep 81042"]);
    wait_until("its beginning", || running.said().contains("on"));
    let computers = world.computers();
    running.signal(nix::sys::signal::Signal::SIGINT);
    let _ran = running.ends().exits(130);
    world.nothing_is_left(&computers);
}

/// The whole way, with no rights at all: unshared namespaces instead of root's.
#[test]
fn an_ordinary_user_has_computers_and_pull_requests_too() {
    let world = World::new().for_user();
    let ran = world.inside(&[], "id -u; cat /proc/self/uid_map; exit 7").exits(7);
    let seen: Vec<&str> = ran.stdout.split_whitespace().collect();
    assert_eq!((seen[0], seen[1]), ("0", "0"), "root inside: {ran}");
    assert_ne!(seen[2], "0", "and nobody outside: {ran}");
    world.inside(&["--minutes", "0.01"], "sleep 1000").exits(124).says("--minutes");
    let repository = world.buggy("double");
    world.give(repository.path());

    let object = world.delegate(&repository, &[], "double is wrong").exits(0).object();

    assert_eq!(object["attempts"][0]["evidence"]["holds"], true);
    let id = object["task"].as_str().unwrap();
    world.run(&["pr", "merge", id]).exits(0).says("Merged");
    world.nothing_is_left(&[]);
}
