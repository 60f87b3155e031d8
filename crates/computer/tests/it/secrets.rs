//! What a computer must not see or reach.

use std::fs::{File, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use computer::{Exec, Stdin};

use crate::bench::{output, shell};

both! {
    async fn nothing_of_the_host_is_seen(bench: Bench) {
        std::fs::write(bench.folder.join("secret"), "secret").unwrap();
        let computer = bench.computer().await;
        let folder = bench.folder.display();
        assert_eq!(shell(computer.as_ref(), &format!("ls {folder}")).await.status.code(), 2);
        for path in ["/etc/shadow", "/etc/ssh", "/root/.bashrc", "/sys/kernel", "/home/agent/.ssh", "/var/run/docker.sock"] {
            let found = shell(computer.as_ref(), &format!("test -e {path}")).await;
            assert!(!found.status.is_success(), "{path}");
        }
        for file in ["credentials.toml", "credentials", "config.toml"] {
            let find = format!("find / -xdev -path '*/.cargo/{file}' 2>/dev/null");
            assert_eq!(output(computer.as_ref(), &find).await, "");
        }
        let variables = output(computer.as_ref(), "env | cut -d= -f1").await;
        let known = |name: &str| {
            ["HOME", "USER", "LOGNAME", "SHELL", "LANG", "TERM", "PATH", "PWD", "OLDPWD", "SHLVL", "_"].contains(&name)
                || name.starts_with("GIT_TERMINAL") || name.starts_with("PIP_") || name.starts_with("PYENV_")
                || ["CARGO_HOME", "CARGO_NET_OFFLINE", "RUSTUP_HOME", "NVM_DIR", "VOLTA_HOME", "GOMODCACHE", "GOPROXY"].contains(&name)
        };
        assert!(variables.lines().all(known), "{variables}");
    }

    async fn only_its_own_processes_are_seen(bench: Bench) {
        let computer = bench.computer().await;
        let all = output(computer.as_ref(), "ls /proc | grep -c '^[0-9]'").await;
        assert!(all.parse::<u32>().unwrap() < 8, "{all}");
        for file in ["/proc/1/environ", "/proc/1/mem", "/proc/1/fd", "/proc/1/root"] {
            let read = shell(computer.as_ref(), &format!("ls {file}/ || cat {file}")).await;
            assert!(!read.status.is_success(), "{file}: {}", read.text());
        }
        // Init ignores what is sent to it from inside.
        shell(computer.as_ref(), "kill -KILL 1; kill -STOP 1; kill -TERM 1").await;
        assert_eq!(output(computer.as_ref(), "echo alive").await, "alive");
    }

    async fn there_is_no_network(bench: Bench) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let computer = bench.computer().await;
        let interfaces = "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '";
        assert_eq!(output(computer.as_ref(), interfaces).await, "lo");
        let connect = |address: &str, port: u16| format!("bash -c ': </dev/tcp/{address}/{port}'");
        let refused = shell(computer.as_ref(), &connect("127.0.0.1", port)).await.text();
        assert!(refused.contains("Connection refused"), "{refused}");
        let unreachable = shell(computer.as_ref(), &connect("192.0.2.1", 80)).await.text();
        assert!(unreachable.contains("unreachable"), "{unreachable}");
        let own = "python3 -c 'import socket; s = socket.create_server((\"127.0.0.1\", 0)); \
                   socket.create_connection(s.getsockname()); print(\"own\")'";
        assert_eq!(output(computer.as_ref(), own).await, "own");
    }

    async fn a_file_as_input_cannot_be_written_or_left(bench: Bench) {
        let path = bench.folder.join("input");
        std::fs::write(&path, "given\n").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
        let computer = bench.computer().await;
        let give = |path: &Path| Stdin::Fd(File::open(path).unwrap().into());
        let script = "cat; echo lost >/proc/self/fd/0; cat /proc/self/fd/0/../*";
        let ran = computer.run(Exec::shell(script).stdin(give(&path))).await.unwrap();
        assert_eq!(ran.stdout.text(), "given\n");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "given\n");
        let folder = Exec::shell("ls /proc/self/fd/0/").stdin(give(&bench.folder));
        assert!(computer.run(folder).await.is_err());
        // One that is never read to its end holds nobody up.
        let endless = Exec::new(["head", "-c", "3"]).stdin(give("/dev/zero".as_ref()));
        assert_eq!(computer.run(endless).await.unwrap().stdout.bytes, [0; 3]);
    }
}
