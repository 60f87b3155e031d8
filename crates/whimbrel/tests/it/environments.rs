//! A project's environment through the real program: built once for what it is made from, found
//! again with the reason, with secrets and a network that end where they should.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{Whence, lseek};
use serde_json::Value;

use crate::index::Index;
use crate::repository::Repository;
use crate::world::{Ran, World, must, wait_until};

/// Long enough for no other text to contain it.
const SECRET: &str = "hunter2-hunter2-of-the-index";

impl World {
    fn env(&self, repository: &Repository, arguments: &[&str]) -> Ran {
        let repo = ["--repo", repository.path().to_str().unwrap()];
        let (command, rest) = arguments.split_first().unwrap();
        self.run(&[&["env", *command], &repo[..], rest].concat())
    }

    /// Builds, and gives each step's outcome and reason.
    #[track_caller]
    fn steps(&self, repository: &Repository, more: &[&str]) -> Vec<(String, String)> {
        let object = self.env(repository, &[&["build", "--json"], more].concat()).exits(0).object();
        let text = |step: &Value, field: &str| step[field].as_str().unwrap().to_owned();
        let steps = object["steps"].as_array().unwrap();
        steps
            .iter()
            .map(|step| (text(&step["outcome"], "outcome"), text(&step["outcome"], "why")))
            .collect()
    }

    /// Runs a shell's command in a fork of the environment.
    fn in_fork(&self, repository: &Repository, options: &[&str], command: &str) -> Ran {
        let program = ["--", "sh", "-c", command];
        self.env(repository, &[&["shell"], options, &program].concat())
    }

    fn set_secret(&self, repository: &Repository, name: &str, value: &str) -> Ran {
        let file = self.path().join("value");
        fs::write(&file, value).unwrap();
        let repo = repository.path().to_str().unwrap();
        let set = ["env", "secret", "set", name, "--repo", repo];
        let ran = self.run_with_input(&set, fs::File::open(&file).unwrap());
        fs::remove_file(&file).unwrap();
        ran
    }

    fn configure(&self, text: &str) {
        fs::create_dir_all(self.home()).unwrap();
        fs::write(self.home().join("config.toml"), text).unwrap();
    }
}

fn set_up(world: &World, name: &str, settings: &str) -> Repository {
    let repository = world.buggy(name);
    repository.write("whimbrel.toml", settings).write("requirements.txt", "one\n");
    repository.commit("Set up");
    world.give(repository.path());
    repository
}

const COPYING: &str = "[environment]
setup = \"mkdir -p ~/made && cp requirements.txt ~/made/ && echo of the setup > ~/made/how\"
maintenance = \"echo of the maintenance >> ~/made/how\"
";

#[test]
fn a_setup_is_made_once_for_what_it_reads_and_found_again_with_the_reason() {
    found_again_with_the_reason(&World::new());
}

#[test]
fn an_ordinary_user_has_environments_too() {
    found_again_with_the_reason(&World::new().for_user());
}

#[track_caller]
fn found_again_with_the_reason(world: &World) {
    let repository = set_up(world, "app", COPYING);
    let first = world.steps(&repository, &[]);
    assert_eq!(first[1].0, "built");
    assert!(first[1].1.contains("nothing like it was prepared"), "{first:?}");
    assert_eq!(first[2], ("skipped".into(), "the setup was made at this commit".into()));

    let again = world.steps(&repository, &[]);
    assert_eq!(again[1].0, "hit");
    assert!(
        again[1].1.starts_with("same base, script and 1 input (requirements.txt)"),
        "{again:?}"
    );
    let made = world.in_fork(&repository, &[], "cat ~/made/how ~/made/requirements.txt").exits(0);
    assert_eq!(made.stdout, "of the setup\none\n");

    repository.write("double.py", "# later\n").commit("Later");
    world.give(repository.path());
    let later = world.steps(&repository, &[]);
    assert_eq!((&*later[1].0, &*later[2].0), ("hit", "built"), "{later:?}");
    let look = "cat ~/made/how double.py; git log -1 --format=%s; git status --porcelain";
    let made = world.in_fork(&repository, &[], look).exits(0);
    assert_eq!(made.stdout, "of the setup\nof the maintenance\n# later\nLater\n", "{made}");
    assert_eq!(world.steps(&repository, &[])[2].0, "hit");

    repository.write("requirements.txt", "two\n").commit("Other inputs");
    world.give(repository.path());
    world.env(&repository, &["explain"]).exits(0).says("requirements.txt changed since");
    let other = world.steps(&repository, &[]);
    assert_eq!(other[1].0, "built");
    assert!(other[1].1.starts_with("requirements.txt changed since the snapshot of"), "{other:?}");
    let renewed = world.steps(&repository, &["--no-cache"]);
    assert!(renewed[1].0 == "built" && renewed[1].1.contains("--no-cache"), "{renewed:?}");
    world.nothing_is_left(&[]);
}

#[test]
fn what_a_setup_does_to_the_tree_is_no_part_of_a_change() {
    let world = World::new();
    let setup = "[environment]\nsetup = \"echo x >> double.py; touch left; mkdir d; touch d/e\"\n";
    let repository = set_up(&world, "app", setup);
    let look = "git status --porcelain; git diff; ls left d/e";
    let ran = world.in_fork(&repository, &[], look).exits(0);
    assert_eq!(ran.stdout, "d/e\nleft\n", "{ran}");

    let object = world.delegate(&repository, &[], "double is wrong").exits(0).object();

    let branch = object["pull_request"]["branch"].as_str().unwrap();
    let changed = repository.git(&["diff", "--name-only", "main", branch]);
    assert_eq!(changed, "double.py", "what the setup left is in the change");
}

#[test]
fn a_setup_that_fails_says_the_end_of_its_output_what_to_try_and_how_to_do_it_again() {
    let world = World::new();
    let broken = "[environment]\nsetup = \"echo before; pip3 download six; exit 3\"\n";
    let slow = "PIP_RETRIES = \"0\"\n";
    let repository = set_up(&world, "app", &format!("{broken}[variables]\n{slow}"));
    let repo = repository.path().to_str().unwrap();

    let ran = world.env(&repository, &["build"]).exits(1).says("setup failed: exit 3 after");
    let ran = ran.says("| before").says("network = \"packages\"").says("pypi.org");
    assert!(ran.stderr.contains(&format!("again: whimbrel env build --step setup --repo {repo}")));
    let log = ran.stderr.lines().find_map(|line| line.trim().strip_prefix("all it printed: "));
    assert!(fs::read_to_string(log.unwrap()).unwrap().contains("before"));
    let _ran = world.env(&repository, &["build", "--step", "setup"]).exits(1);

    let ended = world.delegate(&repository, &[], "double is wrong").exits(5).object();
    let reason = ended["attempts"][0]["reason"].as_str().unwrap();
    assert!(
        reason.contains("setup failed: exit 3") && reason.contains("--without-setup"),
        "{reason}"
    );

    let without = world.delegate(&repository, &["--without-setup"], "double is wrong");
    let task = without.exits(0).object()["task"].as_str().unwrap().to_owned();
    world.run(&["logs", &task]).exits(0).says("--without-setup");
    world.nothing_is_left(&[]);
}

#[test]
fn a_setup_that_takes_too_long_is_stopped_with_what_it_started() {
    let world = World::new();
    let settings = "[environment]\nsetup = \"setsid sleep 81071 & echo on; sleep 81071\"\n\
                    [limits]\nsetup_minutes = 1\n";
    let repository = set_up(&world, "app", settings);
    let running = world.start(&["env", "build", "--repo", repository.path().to_str().unwrap()]);
    wait_until("the setup's beginning", || running.said().contains("| on"));
    running.signal(nix::sys::signal::Signal::SIGINT);
    let _ran = running.ends().exits(130);
    wait_until("the end of what it started", || !crate::traces::is_running("sleep\081071"));
    world.nothing_is_left(&[]);
}

#[test]
fn a_secret_is_in_the_setup_and_nowhere_else() {
    let world = World::new();
    let settings = "[environment]
setup = \"\"\"
printenv TOKEN; cat /run/whimbrel/secrets/TOKEN; echo
printf %s \"$TOKEN\" | sha256sum > ~/digest
setsid sh -c 'sleep 81072; echo $TOKEN' &
\"\"\"
secrets = [\"TOKEN\"]
";
    let repository = set_up(&world, "app", settings);
    let unset = world.env(&repository, &["build"]).exits(1);
    let _ran = unset.says("TOKEN").says("whimbrel env secret set TOKEN");
    let _ran = world.set_secret(&repository, "TOKEN", &format!("{SECRET}\n")).exits(0);
    let listed = world.run(&["env", "secret", "list"]).exits(0).says("TOKEN");
    assert!(!format!("{listed}").contains(SECRET), "{listed}");

    let built = world.env(&repository, &["build"]).exits(0).says("| [TOKEN]");

    assert!(!format!("{built}").contains(SECRET), "{built}");
    let look = "cat ~/digest; env; ls /run/whimbrel; cat /proc/*/environ /proc/*/cmdline; true";
    let inside = world.in_fork(&repository, &[], look).exits(0).says("  -");
    assert!(!inside.stdout.contains(SECRET) && !inside.stdout.contains("TOKEN"), "{inside}");
    assert!(!crate::traces::is_running("sleep\081072"), "what the setup started lives on");
    let secrets = world.home().join("secrets");
    let told: Vec<PathBuf> = files_with(&world.home(), SECRET);
    assert!(told.iter().all(|path| path.starts_with(&secrets)), "{told:?}");
    let task = world.delegate_away(&repository, &[], "double is wrong");
    wait_until("its end", || world.run(&["show", &task]).stdout.contains("offered"));
    let told: Vec<PathBuf> = files_with(&world.home(), SECRET);
    assert!(told.iter().all(|path| path.starts_with(&secrets)), "{told:?}");
}

/// Files of ours below a folder that have the text in them.
pub fn files_with(folder: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(files_with(&path, text));
        } else if kind.is_file() {
            let bytes = data(&path).unwrap_or_default();
            let is_in = bytes.windows(text.len()).any(|window| window == text.as_bytes());
            found.extend(is_in.then_some(path));
        }
    }
    found
}

/// A file's bytes without its holes: a computer's disk is a large file with little in it.
fn data(path: &Path) -> std::io::Result<Vec<u8>> {
    let file = fs::File::open(path)?;
    let (mut bytes, mut at) = (Vec::new(), 0);
    // Beyond the last data there is an error.
    while let Ok(start) = lseek(&file, at, Whence::SeekData) {
        let end = lseek(&file, start, Whence::SeekHole)?;
        let mut piece = vec![0; usize::try_from(end - start).unwrap()];
        file.read_exact_at(&mut piece, u64::try_from(start).unwrap())?;
        bytes.extend(piece);
        at = end;
    }
    Ok(bytes)
}

#[test]
fn a_secret_that_a_setup_leaves_behind_fails_it_and_names_the_file() {
    let world = World::new();
    let leaks = [
        ("printf 'machine x password %s' $TOKEN > ~/.netrc", "/home/agent/.netrc"),
        ("printf %s $TOKEN | base64 -w0 > /workspace/encoded", "/workspace/encoded"),
        ("mkdir -p ~/d; ln -s $TOKEN ~/d/link", "/home/agent/d/link"),
    ];
    for (number, (leak, place)) in leaks.into_iter().enumerate() {
        let settings = format!("[environment]\nsetup = \"{leak}\"\nsecrets = [\"TOKEN\"]\n");
        let repository = set_up(&world, &format!("app{number}"), &settings);
        let _ran = world.set_secret(&repository, "TOKEN", SECRET).exits(0);
        let ran = world.env(&repository, &["build"]).exits(1).says("left the secret TOKEN in");
        let ran = ran.says(place).says("again: whimbrel env build --step setup");
        assert!(!format!("{ran}").contains(SECRET), "{ran}");
    }
    assert_eq!(world.run(&["env", "list", "--json"]).exits(0).stdout, "");
}

#[test]
fn one_projects_secret_is_not_anothers() {
    let world = World::new();
    let settings = "[environment]\nsetup = \"true\"\nsecrets = [\"TOKEN\"]\n";
    let (ours, theirs) = (set_up(&world, "ours", settings), set_up(&world, "theirs", settings));
    let _ran = world.set_secret(&ours, "TOKEN", SECRET).exits(0);
    let _ran = world.env(&ours, &["build"]).exits(0);
    let _ran = world.env(&theirs, &["build"]).exits(1).says("TOKEN isn't set here");
    let all = ["env", "secret", "set", "TOKEN", "--all-projects", "--from-env", "CI_TOKEN"];
    let _ran = world.run(&all).exits(0);
    let _ran = world.env(&theirs, &["build"]).exits(1).says("CI_TOKEN, which isn't set");
    let _ran = world.with("CI_TOKEN", SECRET).env(&theirs, &["build"]).exits(0);
}

#[test]
fn of_two_who_build_the_same_one_waits_for_the_other() {
    let world = World::new();
    let repository = set_up(&world, "app", "[environment]\nsetup = \"echo on; sleep 2\"\n");
    let repo = repository.path().to_str().unwrap();
    let first = world.start(&["env", "build", "--repo", repo]);
    wait_until("the first one's setup", || first.said().contains("| on"));
    let second = world.start(&["env", "build", "--repo", repo]);
    let second = second.ends().exits(0).says("waiting for it");
    assert!(!second.stderr.contains("| on"), "{second}");
    assert_eq!(first.ends().exits(0).stdout, second.stdout, "the same snapshot");
}

#[test]
fn who_waited_for_a_build_that_failed_fails_alike_and_does_not_repeat_it() {
    let world = World::new();
    let setup =
        "[environment]\nsetup = \"echo on $(cat /proc/sys/kernel/random/uuid); sleep 2; exit 1\"\n";
    let repository = set_up(&world, "app", setup);
    let repo = repository.path().to_str().unwrap();
    let first = world.start(&["env", "build", "--repo", repo]);
    wait_until("the first one's setup", || first.said().contains("| on"));
    let second = world.run(&["env", "build", "--repo", repo, "--json"]).exits(1);
    let first = first.ends().exits(1);
    let number = first.stderr.lines().find_map(|line| line.trim().strip_prefix("| on ")).unwrap();
    assert!(second.object()["error"].as_str().unwrap().contains(number), "{second}");
    assert!(!second.stderr.contains("| on"), "it ran again: {second}");
}

#[test]
fn a_dev_container_is_used_as_far_as_it_goes_and_the_rest_is_told() {
    let world = World::new();
    let repository = world.buggy("app");
    let container = r#"{
        // As editors write it.
        "name": "app",
        "onCreateCommand": "echo created > ~/how",
        "postCreateCommand": ["sh", "-c", "echo $GREETING >> ~/how"],
        "containerEnv": {"GREETING": "hello from ${containerWorkspaceFolder}"},
        "features": {"./tool": {"version": "7"}, "ghcr.io/devcontainers/features/node:1": {}},
        "workspaceFolder": "/workspaces/app",
        "mounts": ["source=/,target=/host,type=bind"],
        "initializeCommand": "touch /tmp/whimbrel-initialized",
    }"#;
    repository
        .write(".devcontainer/devcontainer.json", container)
        .write(".devcontainer/tool/install.sh", "#!/bin/sh\necho \"tool $VERSION\" >> ~/tools\n")
        .commit("Add a dev container");

    let look = "cat ~/how ~/tools; ls /workspaces/app/double.py; echo $GREETING";
    let ran = world.in_fork(&repository, &[], look).exits(0);

    let expected = "created\nhello from /workspace\ntool 7\n/workspaces/app/double.py\n\
                    hello from /workspace\n";
    assert_eq!(ran.stdout, expected, "{ran}");
    let explained = world.env(&repository, &["explain"]).exits(0).says("Not used:");
    let _ran = explained.says("mounts").says("initializeCommand").says("node:1");
    let ran = world.delegate(&repository, &[], "double is wrong").exits(0);
    let _ran = ran.says("mounts isn't used: no folder of the host is ever inside");
    assert!(!Path::new("/tmp/whimbrel-initialized").exists());
}

#[test]
fn a_repository_opens_no_more_than_this_machine_allows_it() {
    let world = World::new();
    let repository = world.buggy("app");
    for (settings, said) in [
        ("[environment]\nnetwork = \"all\"\n", "[network] most = \"all\""),
        ("[agent]\nnetwork = [\"example.com\"]\n", "[network] most = [\"example.com\"]"),
        ("[environment]\nimage = \"localhost:5000/x\"\n", "registries = [\"localhost:5000\"]"),
        ("[environment]\nimage = \"tar:/etc/hostname\"\n", "[images] folders"),
    ] {
        repository.write("whimbrel.toml", settings).commit("Want more");
        let refused = world.delegate(&repository, &[], "double is wrong").exits(1).object();
        assert!(refused["error"].as_str().unwrap().contains(said), "{refused}");
        let _ran = world.env(&repository, &["build"]).exits(1).says(said);
        let _ran = world.env(&repository, &["explain"]).exits(0).says("Refused:").says(said);
    }
    assert_eq!(world.run(&["list", "--json"]).exits(0).stdout, "", "a task was stored");
    world.configure("[network]\nmost = \"all\"\n");
    repository.write("whimbrel.toml", "[environment]\nnetwork = \"all\"\n").commit("All");
    let _ran = world.env(&repository, &["build"]).exits(0);
}

#[test]
fn what_is_old_or_too_much_goes_unless_somebody_needs_it() {
    let world = World::new();
    let repository = set_up(&world, "app", COPYING);
    let other =
        set_up(&world, "other", "[environment]\nsetup = \"head -c 3000000 /dev/zero > ~/x\"\n");
    world.steps(&repository, &[]);
    world.steps(&other, &[]);
    let list =
        |world: &World| world.run(&["env", "list", "--json"]).exits(0).stdout.lines().count();
    assert_eq!(list(&world), 2);
    let rest = world.run(&["env", "prune", "--dry-run"]).exits(0).says("0 snapshots would go");
    assert!(!rest.stdout.contains("gone"));
    let dry = ["env", "prune", "--older-than", "0m", "--dry-run"];
    let _ran = world.run(&dry).exits(0).says("2 snapshots would go");
    assert_eq!(list(&world), 2);

    let held = ["env", "shell", "--repo", other.path().to_str().unwrap(), "--", "sh", "-c"];
    let held = world.start(&[&held[..], &["echo here; sleep 81073"]].concat());
    wait_until("a computer of it", || held.said().contains("here"));
    let pruned = world.run(&["env", "prune", "--max-size", "1"]).exits(0);
    let _ran = pruned.says("1 snapshot gone").says("stays").says("a computer is made of it");
    assert_eq!(list(&world), 1);
    let again = world.steps(&repository, &[]);
    assert_eq!(again[1].0, "built", "{again:?}");
    drop(held);
    let gone = || world.run(&["env", "prune", "--older-than", "0m"]).stdout.contains("snapshot");
    wait_until("the end of all", || gone() && list(&world) == 0);
    let layers = fs::read_dir(world.home().join("layers")).map_or(0, Iterator::count);
    assert_eq!(layers, 0, "layers that nobody has are left");
}

#[test]
fn a_layer_that_somebody_changed_is_found() {
    let world = World::new();
    let repository = set_up(&world, "app", COPYING);
    world.steps(&repository, &[]);
    let _ran = world.run(&["env", "check"]).exits(0).says("✓");
    let layer = files_with(&world.home().join("layers"), "of the setup").pop().unwrap();
    fs::write(&layer, "of somebody else\n").unwrap();
    let _ran = world.run(&["env", "check"]).exits(8).says("was changed").says("--no-cache");
    let told = world.run(&["env", "check", "--json"]).exits(8).object();
    assert_eq!(told["flaws"][0]["is"], "changed", "{told}");
    let _ran = world.run(&["env", "check", "nothing"]).exits(1).says("whimbrel env list");
}

#[test]
fn a_setup_gets_packages_through_the_gateway_and_its_agents_get_nothing() {
    let world = World::new();
    let index = Index::start(world.path());
    let install = "python3 -m pip download -q -d ~/wheels --index-url http://index.test/simple \
                   --trusted-host index.test tiny";
    let settings =
        format!("[environment]\nsetup = \"{install}\"\nnetwork = [\"GET index.test\"]\n");
    let repository = set_up(&world, "app", &settings);
    let _ran = world.env(&repository, &["build"]).exits(1).says("[network] most");
    let upstream = index.address;
    world.configure(&format!(
        "[network]\nmost = [\"index.test\"]\nprivate_hosts = [\"index.test\"]\n\
         upstream = \"http://{upstream}\"\n"
    ));

    let _ran = world.env(&repository, &["build"]).exits(0);

    assert!(index.asked().iter().any(|line| line.contains(".whl")), "{:?}", index.asked());
    let before = index.asked().len();
    let look = "PYTHONPATH=$(ls ~/wheels/*.whl) python3 -c 'import tiny; print(tiny.SIZE)'; \
                curl -sS --max-time 5 http://index.test/ || echo nothing; env | grep -ci proxy";
    let ran = world.in_fork(&repository, &[], look);
    assert_eq!(ran.stdout, "1\nnothing\n0\n", "{ran}");
    assert_eq!(index.asked().len(), before, "an agent came out");
    let opened = ["--network", "GET index.test"];
    let ran =
        world.in_fork(&repository, &opened, "curl -sS --max-time 5 http://index.test/").exits(0);
    assert!(ran.stdout.contains("href"), "{ran}");
    let posted = "curl -sS --max-time 5 -d x http://index.test/";
    let ran = world.in_fork(&repository, &opened, posted).exits(0);
    assert!(ran.stdout.contains(" refuses "), "{ran}");
}

/// Builds a small image: git, busybox and what they need, and a mark.
const MAKE_IMAGE: &str = "
import hashlib, io, json, os, re, subprocess, sys, tarfile
layer = io.BytesIO()
with tarfile.open(fileobj=layer, mode='w') as tar:
    def add(path, source):
        with open(source, 'rb') as file:
            entry = tarfile.TarInfo(path.lstrip('/'))
            entry.size, entry.mode = os.fstat(file.fileno()).st_size, 0o755
            tar.addfile(entry, file)
    done = set()
    for program in ['/usr/bin/git', '/bin/busybox']:
        said = subprocess.run(['ldd', program], capture_output=True, text=True).stdout
        for path in [program] + re.findall(r'(/\\S+)', said):
            if path not in done:
                done.add(path)
                add(path, path)
    for name in ['sh', 'cat', 'cp', 'mkdir', 'rm', 'ls', 'echo', 'env']:
        link = tarfile.TarInfo('bin/' + name)
        link.type, link.linkname = tarfile.SYMTYPE, '/bin/busybox'
        tar.addfile(link)
    mark = tarfile.TarInfo('etc/mark')
    mark.size = 9
    tar.addfile(mark, io.BytesIO(b'of image\\n'))
layer = layer.getvalue()
rootfs = {'type': 'layers', 'diff_ids': ['sha256:' + hashlib.sha256(layer).hexdigest()]}
config = {'PATH': '', 'Env': ['PATH=/usr/bin:/bin', 'FROM_IMAGE=yes']}
arch = {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(os.uname().machine, os.uname().machine)
config = json.dumps({'architecture': arch, 'os': 'linux', 'config': config, 'rootfs': rootfs}).encode()
manifest = json.dumps([{'Config': 'config.json', 'RepoTags': [], 'Layers': ['layer.tar']}]).encode()
with tarfile.open(sys.argv[1], 'w') as tar:
    for name, data in [('manifest.json', manifest), ('config.json', config), ('layer.tar', layer)]:
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        tar.addfile(entry, io.BytesIO(data))
";

#[test]
#[expect(clippy::disallowed_methods, reason = "python makes an archive like any other")]
fn an_image_is_the_base_where_the_repository_asks_for_it() {
    let world = World::new();
    let folder = world.path().join("images");
    fs::create_dir(&folder).unwrap();
    let archive = folder.join("small.tar");
    must(Command::new("python3").args(["-c", MAKE_IMAGE]).arg(&archive));
    world.configure(&format!("[images]\nfolders = [\"{}\"]\n", folder.display()));
    let image = format!("tar:{}", archive.display());
    let by_hand =
        ["computer", "run", "--image", &image, "--", "sh", "-c", "cat /etc/mark; ls /usr/bin"];
    let ran = world.run(&by_hand).exits(0);
    assert_eq!(ran.stdout, "of image\ngit\n", "{ran}");

    let settings = format!("[environment]\nimage = \"{image}\"\nsetup = \"cp /etc/mark ~/mark\"\n");
    let repository = set_up(&world, "app", &settings);
    let steps = world.steps(&repository, &[]);
    assert!(steps[0].1.contains("is sha256:"), "{steps:?}");
    let look = "cat ~/mark double.py; echo $FROM_IMAGE; git log --format=%s; ls /usr/bin";
    let ran = world.in_fork(&repository, &[], look).exits(0);
    assert!(ran.stdout.starts_with("of image\ndef double"), "{ran}");
    assert!(ran.stdout.ends_with("yes\nSet up\nAdd double\ngit\n"), "{ran}");
    assert_eq!(world.steps(&repository, &[])[1].0, "hit");
    world.nothing_is_left(&[]);
}

#[test]
fn a_computer_by_hand_has_the_limits_and_the_terminal_that_were_asked_for() {
    let world = World::new();
    let run = |options: &[&str], command: &str| {
        world.run(&[&["computer", "run"], options, &["--", "sh", "-c", command]].concat())
    };
    let fill = "head -c 200000000 /dev/zero > /workspace/x";
    let ran = run(&["--disk", "64MiB"], fill);
    assert!(matches!(ran.code(), Some(1 | 122)), "{ran}");
    assert_eq!(run(&["--tty"], "tty").exits(0).stdout, "/dev/pts/0\r\n");
    let _ran = run(&["--cpus", "0.5"], "true").exits(0);
    let denied = "curl -sS --max-time 5 http://example.invalid/ 2>&1; true";
    let ran = run(&["--network", "packages"], denied).exits(0);
    assert!(ran.stdout.contains(" refuses "), "{ran}");
}
