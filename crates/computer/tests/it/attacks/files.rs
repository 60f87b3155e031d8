//! Attacks through files: out of a computer, into its snapshots, and toward the host's.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use computer::{Backend, Error, Exec, SnapshotId};

use super::{held, python, small, still_works};
use crate::bench::{output, shell};

both! {
    async fn a_link_in_the_way_of_a_copy_out(bench: Bench) {
        std::fs::write(bench.folder.join("key"), "the host's key").unwrap();
        let computer = bench.limited(small()).await;
        let target = bench.folder.join("key").display().to_string();
        output(computer.as_ref(), &format!("ln -s {target} out; ln -s /etc/shadow shadow; ln -s /proc/1/environ environ")).await;
        for name in ["out", "shadow", "environ"] {
            let read = computer.read(Path::new("/workspace").join(name).as_path(), 1 << 20).await;
            assert!(matches!(read, Err(Error::Read { .. })), "{name}: {read:?}");
        }
        held("symbolic links at copy out", "paths are resolved inside only", "no such file");
    }

    async fn a_race_at_copy_out(bench: Bench) {
        std::fs::write(bench.folder.join("key"), "the host's key").unwrap();
        let computer = bench.limited(small()).await;
        let target = bench.folder.join("key").display().to_string();
        let script = format!("import os\nopen('mine', 'w').write('mine')\nprint('begun', flush=True)\nwhile True:\n os.symlink('{target}', 'l'); os.replace('l', 'out'); os.link('mine', 'm'); os.replace('m', 'out')");
        let mut racing = computer.exec(Exec::new(["python3", "-c", &script])).await.unwrap();
        assert!(racing.next().await.is_some());
        for _try in 0..30 {
            if let Ok(bytes) = computer.read("/workspace/out".as_ref(), 1 << 20).await {
                assert_eq!(bytes, b"mine");
            }
        }
        held("a link that changes while it is copied", "paths are resolved inside only", "never the host's file");
    }

    async fn a_race_at_copy_in(bench: Bench) {
        let outside = bench.folder.join("outside");
        std::fs::create_dir(&outside).unwrap();
        std::fs::set_permissions(&outside, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        let computer = bench.limited(small()).await;
        let script = format!("import os\nprint('begun', flush=True)\nos.mkdir('real')\nwhile True:\n os.symlink('{}', 'l'); os.replace('l', 'in'); os.remove('in'); os.rename('real', 'in'); os.rename('in', 'real')", outside.display());
        let mut racing = computer.exec(Exec::new(["python3", "-c", &script])).await.unwrap();
        assert!(racing.next().await.is_some());
        for _try in 0..30 {
            let _some_fail = computer.write("/workspace/in/file".as_ref(), b"x", 0o644).await;
        }
        assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
        held("a folder that changes while it is written to", "paths are resolved inside only", "nothing outside");
    }

    async fn what_is_no_file_at_copy_out(bench: Bench) {
        let computer = bench.limited(small()).await;
        output(computer.as_ref(), "mkfifo pipe; mkdir folder; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"socket\")'").await;
        for path in ["/workspace/pipe", "/workspace/folder", "/workspace/socket", "/dev/zero", "/dev/tty", "/proc/self/mem"] {
            let read = computer.read(path.as_ref(), 1000).await;
            assert!(read.is_err(), "{path}: {read:?}");
        }
        held("pipes, sockets, devices, folders at copy out", "O_NONBLOCK and a look at the kind", "all refused");
    }

    async fn more_than_was_asked_for(bench: Bench) {
        let computer = bench.limited(small()).await;
        output(computer.as_ref(), "truncate -s 10G huge").await;
        let read = computer.read("/workspace/huge".as_ref(), 1000).await;
        assert!(matches!(read, Err(Error::TooLarge { .. })), "{read:?}");
        held("a file of 10 GB at copy out", "a limit for every copy", "TooLarge");
    }

    async fn names_that_lead_out(bench: Bench) {
        let computer = bench.limited(small()).await;
        for path in ["/../../../../../../etc/passwd", "/workspace/../../../../etc/passwd"] {
            let inside = computer.read(path.as_ref(), 1 << 20).await.unwrap();
            assert!(String::from_utf8(inside).unwrap().starts_with("root:x:0:0:root:/home/agent:"), "{path}");
        }
        let script = "import os\nfor name in (b'\\xff\\xfe', b'a\\nb', b'-rf', b'$(id)', b'\\x1b[2J', b'x' * 255):\n open(b'/workspace/' + name, 'w').write('x')\nprint(len(os.listdir('/workspace')))";
        assert_eq!(python(computer.as_ref(), script).await, "6");
        let snapshot = computer.seal(SnapshotId::from_digest(&[0x51; 32])).await.unwrap();
        let fork = bench.fork(&snapshot).await;
        assert_eq!(output(fork.as_ref(), "ls -A /workspace | wc -c; ls -A /workspace | wc -l").await.lines().count(), 2);
        fork.destroy().await.unwrap();
        held("absolute, .., non-UTF-8 and shell-like names", "pivot_root; names are bytes", "the computer's own files");
    }

    async fn links_to_files_of_the_system(bench: Bench) {
        let computer = bench.limited(small()).await;
        let said = shell(computer.as_ref(), "ln /usr/bin/env env; ls env").await;
        assert!(!said.status.is_success(), "{}", said.text());
        let before = std::fs::metadata("/usr/bin/env").unwrap().nlink();
        held("hard links to the host's files", "another mount, read-only", format!("{before} link, as before"));
    }

    async fn the_system_is_written_to(bench: Bench) {
        let computer = bench.limited(small()).await;
        for command in ["touch /usr/new", "chmod 777 /usr/bin/env", "rm -f /usr/bin/env", "mv /usr /usr2",
            "python3 -c 'import os; os.utime(\"/usr/bin/env\")'", "setfattr -n user.x -v y /usr/bin/env"] {
            let exited = shell(computer.as_ref(), command).await;
            assert!(!exited.status.is_success(), "{command}: {}", exited.text());
        }
        held("writes to the host's /usr", "read-only binds", "Read-only file system");
    }

    async fn set_ids_and_devices_in_a_snapshot(bench: Bench) {
        let computer = bench.limited(small()).await;
        shell(computer.as_ref(), "cp /usr/bin/id id; chmod 6755 id; mknod disk b 8 0; mkfifo pipe; ln -s /etc/shadow shadow").await;
        let snapshot = computer.seal(SnapshotId::from_digest(&[0x52; 32])).await.unwrap();
        let home = std::fs::metadata(bench.home.join("snapshots")).unwrap();
        assert_eq!(home.mode() & 0o077, 0, "others can reach layers");
        let fork = bench.fork(&snapshot).await;
        still_works(fork.as_ref()).await;
        assert!(!shell(fork.as_ref(), "head -c 1 disk").await.status.is_success());
        held("set-id files and devices in a layer", "layers in a private folder; nosuid, nodev", "no other user of the host reaches them");
    }

    async fn places_for_mounts_that_lead_elsewhere(bench: Bench) {
        let computer = bench.limited(small()).await;
        let folder = bench.folder.display();
        shell(computer.as_ref(), &format!("rm -rf /srv /media /workspace/* /var/log; ln -s {folder} /srv; ln -s /proc/self/cwd/..{folder} /media; mkdir -p /workspace/x; rm -rf /var/tmp; ln -s {folder} /var/tmp")).await;
        let snapshot = computer.seal(SnapshotId::from_digest(&[0x53; 32])).await.unwrap();
        if let Ok(fork) = bench.backend.fork(&snapshot, &crate::bench::spec()).await {
            shell(fork.as_ref(), "echo out >/srv/out; echo out >/media/out; echo out >/var/tmp/out").await;
        }
        assert!(!bench.folder.join("out").exists());
        held("links where mounts go, in a snapshot", "mounts are attached after pivot_root", "nothing outside");
    }

    async fn keys_and_variables_of_the_host(bench: Bench) {
        std::fs::write(bench.folder.join("secret"), "5ecret-of-the-host").unwrap();
        let computer = bench.limited(small()).await;
        let seen = output(computer.as_ref(), "env; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'").await;
        for name in ["SSH_AUTH_SOCK", "_TOKEN", "_KEY", "AWS_", "WHIMBREL_", "TMPDIR"] {
            assert!(!seen.contains(name), "{name}: {seen}");
        }
        for path in ["/etc/shadow", "/etc/ssh", "/root/.ssh", "/root/.bashrc", "/home/agent/.ssh", "/var/run/docker.sock", "/var/lib/dpkg/info", "/boot", "/lost+found"] {
            let found = shell(computer.as_ref(), &format!("test -e {path}")).await;
            assert!(!found.status.is_success(), "{path}");
        }
        let find = "find / -xdev \\( -name secret -o -name id_rsa -o -name 'credentials*' -path '*/.cargo/*' \\) 2>/dev/null";
        assert_eq!(output(computer.as_ref(), find).await, "");
        held("the host's keys and environment", "an empty environment, a skeleton and chosen binds", "nothing is there");
    }

    async fn files_of_another_attempt(bench: Bench) {
        let (one, two) = (bench.limited(small()).await, bench.limited(small()).await);
        output(one.as_ref(), "echo mine >/workspace/one; echo mine >/tmp/one; echo mine >/dev/shm/one; echo mine >/run/whimbrel/one").await;
        assert_eq!(output(two.as_ref(), "find / -xdev -name one 2>/dev/null; ls -A /tmp /dev/shm /run/whimbrel | grep one; true").await, "");
        held("another attempt's files", "mount namespaces of their own", "nothing is seen");
    }
}
