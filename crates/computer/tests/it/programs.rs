//! Programs run as they would anywhere.

use std::path::Path;
use std::time::Duration;

use computer::{Error, Exec, Output, Status, Stdin};

use crate::bench::{PATIENCE, output, shell};

both! {
    async fn output_streams_while_the_program_runs(bench: Bench) {
        let computer = bench.computer().await;
        // It goes on only when what it said was heard.
        let command = "echo heard >&2; until [ -e go ]; do sleep 0.01; done; echo end; exit 7";
        let mut execution = computer.exec(Exec::shell(command)).await.unwrap();
        assert_eq!(execution.next().await, Some(Output::Stderr(b"heard\n".to_vec())));
        computer.write(Path::new("/workspace/go"), b"", 0o644).await.unwrap();
        let exited = execution.wait().await.unwrap();
        assert_eq!((exited.status, exited.stdout.text().as_str()), (Status::Exited(7), "end\n"));
        computer.destroy().await.unwrap();
    }

    async fn input_is_read_to_its_end(bench: Bench) {
        let computer = bench.computer().await;
        let exec = Exec::new(["sha256sum"]).stdin(Stdin::Bytes(vec![b'x'; 3_000_000]));
        let text = computer.run(exec).await.unwrap().text();
        let again = output(computer.as_ref(), "head -c 3000000 /dev/zero | tr '\\0' x | sha256sum").await;
        assert_eq!(text.trim_end(), again);
        let unread = Exec::new(["true"]).stdin(Stdin::Bytes(vec![b'x'; 3_000_000]));
        assert!(computer.run(unread).await.unwrap().status.is_success());
        let file = std::fs::File::open("/proc/self/status").unwrap();
        let exec = Exec::new(["head", "-c", "5"]).stdin(Stdin::Fd(file.into()));
        assert_eq!(computer.run(exec).await.unwrap().text(), "Name:");
        assert_eq!(computer.run(Exec::new(["cat"])).await.unwrap().text(), "");
    }

    async fn ends_are_told_apart(bench: Bench) {
        let computer = bench.computer().await;
        assert_eq!(shell(computer.as_ref(), "exit 3").await.status, Status::Exited(3));
        assert_eq!(shell(computer.as_ref(), "kill -TERM $$").await.status, Status::Signalled(15));
        let slow = Exec::shell("sleep 1000 & sleep 1000").timeout(Duration::from_millis(100));
        let exited = computer.run(slow).await.unwrap();
        assert_eq!((exited.status, exited.status.code()), (Status::OutOfTime, 124));
    }

    async fn what_cannot_start_says_why(bench: Bench) {
        let computer = bench.computer().await;
        let source = async |exec| match computer.run(exec).await {
            Err(Error::Exec { source, .. }) => source.to_string(),
            other => panic!("{other:?}"),
        };
        assert!(source(Exec::new(["no-such-program"])).await.contains("No such file"));
        assert!(source(Exec::new(["/etc/passwd"])).await.contains("Permission denied"));
        let elsewhere = Exec::new(["true"]).cwd("/nowhere");
        assert!(source(elsewhere).await.starts_with("can't enter /nowhere"));
        assert!(source(Exec::new(Vec::<String>::new())).await.contains("No such file"));
    }

    async fn only_so_much_output_is_kept(bench: Bench) {
        let computer = bench.computer().await;
        let exec = Exec::shell("head -c 5000000 /dev/zero").output_bytes_max(1000);
        let exited = computer.run(exec).await.unwrap();
        assert_eq!((exited.stdout.bytes.len(), exited.stdout.dropped_bytes), (1000, 4_999_000));
    }

    async fn a_dropped_execution_is_killed(bench: Bench) {
        let computer = bench.computer().await;
        let mark = bench.mark();
        let execution = computer.exec(Exec::shell(&format!("sleep 1000; : {mark}"))).await.unwrap();
        assert!(crate::bench::processes(&mark) > 0);
        drop(execution);
        tokio::task::yield_now().await;
        let gone = async {
            while crate::bench::processes(&mark) > 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), gone).await.unwrap();
    }

    async fn files_are_read_and_written(bench: Bench) {
        let computer = bench.computer().await;
        let path = Path::new("/workspace/new/folder/ä b");
        let bytes: Vec<u8> = (0..=255).cycle().take(700_000).collect();
        computer.write(path, &bytes, 0o750).await.unwrap();
        assert!(computer.read(path, 700_000).await.unwrap() == bytes);
        let status = output(computer.as_ref(), "stat -c '%a %U' '/workspace/new/folder/ä b'").await;
        assert_eq!(status, "750 root");
        assert!(matches!(computer.read(path, 699_999).await, Err(Error::TooLarge { .. })));
        let refused = async |path: &str| computer.read(Path::new(path), 10).await.unwrap_err().to_string();
        assert_eq!(refused("/workspace").await, "can't read /workspace in the computer");
        assert_eq!(refused("/dev/zero").await, "can't read /dev/zero in the computer");
        output(computer.as_ref(), "mkfifo pipe").await;
        refused("/workspace/pipe").await;
        refused("/workspace/nothing").await;
        let read_only = computer.write(Path::new("/usr/new"), b"", 0o644).await.unwrap_err();
        assert!(matches!(read_only, Error::Write { .. }));
    }

    async fn git_and_python_work(bench: Bench) {
        let computer = bench.computer().await;
        let git = "git init -q && echo a >a && git add a && git commit -qm 'A name' && git log --format='%an %s'";
        assert_eq!(output(computer.as_ref(), git).await, "whimbrel A name");
        let python = "python3 -c 'import os,tempfile; print(os.getuid(), os.path.expanduser(\"~\"), tempfile.gettempdir())'";
        assert_eq!(output(computer.as_ref(), python).await, "0 /home/agent /tmp");
        assert_eq!(output(computer.as_ref(), "whoami; hostname; pwd").await, "root\nwhimbrel\n/workspace");
        output(computer.as_ref(), "echo x | tee /dev/null /dev/stdout /dev/fd/1 >/dev/null; test -w /dev/shm").await;
        let terminal = "python3 -c 'import pty; pty.spawn([\"tty\"])'";
        assert_eq!(output(computer.as_ref(), terminal).await, "/dev/pts/0");
    }

    async fn death_by_any_signal_is_told(bench: Bench) {
        let computer = bench.computer().await;
        for signal in [9, 34, 35, 64] {
            let kill = format!("import os; os.kill(os.getpid(), {signal})");
            let ran = computer.run(Exec::new(["python3", "-c", &kill]));
            let ran = tokio::time::timeout(PATIENCE, ran).await.unwrap().unwrap();
            assert_eq!(ran.status, Status::Signalled(signal));
        }
    }
}
