//! Terminals, streamed input and signals.

use std::time::Duration;

use computer::{Computer, Exec, Execution, Input, Output, Signal, Status, Stdin, Tty};

use crate::bench::{PATIENCE, eventually, output, processes, shell};

const SIZE: Tty = Tty { rows: 31, columns: 97 };

async fn terminal(computer: &dyn Computer, argv: &[&str]) -> (Execution, Input) {
    let exec = Exec::new(argv.iter().copied()).env("PS1", "ready> ").tty(SIZE).stdin(Stdin::Open);
    let mut execution = computer.exec(exec).await.unwrap();
    let input = execution.input().unwrap();
    (execution, input)
}

/// Reads until `text` was said; gives all of it.
async fn until(execution: &mut Execution, text: &str) -> String {
    let mut seen = String::new();
    let reading = async {
        while !seen.contains(text) {
            match execution.next().await {
                Some(Output::Stdout(bytes)) => seen.push_str(&String::from_utf8_lossy(&bytes)),
                other => panic!("{other:?} after {seen:?}"),
            }
        }
    };
    let read = tokio::time::timeout(PATIENCE, reading).await;
    assert!(read.is_ok(), "no {text:?} in {seen:?}");
    seen
}

both! {
    async fn a_terminal_is_one(bench: Bench) {
        let computer = bench.computer().await;
        let say = "tty; stty size; test -t 0 && test -t 1 && test -t 2 && echo $TERM; echo >/dev/tty controls; ps -o tty= -p $$";
        let exec = Exec::shell(say).tty(SIZE);
        let exited = computer.run(exec).await.unwrap();
        assert_eq!(exited.stdout.text(), "/dev/pts/0\r\n31 97\r\nxterm-256color\r\ncontrols\r\npts/0\r\n");
        assert_eq!((exited.status, exited.stderr.bytes.len()), (Status::Exited(0), 0));
    }

    async fn a_shell_controls_its_jobs(bench: Bench) {
        let computer = bench.computer().await;
        let (mut bash, input) = terminal(computer.as_ref(), &["bash", "--norc", "--noediting", "-i"]).await;
        until(&mut bash, "ready> ").await;
        input.write("sleep 1000\n").await;
        output(computer.as_ref(), "until pgrep -x sleep; do :; done").await;
        input.write("\x03").await;
        // With the prompt behind it: what is typed before that is thrown away.
        until(&mut bash, "ready> ").await;
        input.write("echo sta''tus $?\n").await;
        until(&mut bash, "status 130\r\nready> ").await;
        input.write("cat\n").await;
        output(computer.as_ref(), "until pgrep -x cat; do :; done").await;
        input.write("it reads\n").await;
        until(&mut bash, "it reads\r\nit reads\r\n").await;
        input.write("\x1a").await;
        assert!(until(&mut bash, "cat\r\nready> ").await.contains("Stopped"));
        input.write("fg\n").await;
        until(&mut bash, "fg\r\ncat\r\n").await;
        input.write("through cat\n\x04").await;
        until(&mut bash, "through cat\r\nthrough cat\r\n").await;
        input.write("exit 5\n").await;
        assert_eq!(bash.wait().await.unwrap().status, Status::Exited(5));
    }

    async fn a_terminal_changes_its_size(bench: Bench) {
        let computer = bench.computer().await;
        let script = "trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.01; done";
        let (mut shell, _input) = terminal(computer.as_ref(), &["bash", "-c", script]).await;
        until(&mut shell, "ready").await;
        assert!(shell.resize(Tty { rows: 50, columns: 132 }).await);
        until(&mut shell, "50 132").await;
    }

    async fn input_to_a_terminal_ends(bench: Bench) {
        let computer = bench.computer().await;
        for text in ["a line\n", "half a line", ""] {
            let exec = Exec::new(["sha256sum"]).tty(SIZE).stdin(Stdin::Bytes(text.into()));
            let ran = tokio::time::timeout(PATIENCE, computer.run(exec)).await.unwrap().unwrap();
            assert!(ran.status.is_success(), "{text:?}: {}", ran.text());
        }
    }

    async fn a_full_screen_program_works(bench: Bench) {
        let computer = bench.computer().await;
        let program = "import curses\ndef main(screen):\n screen.addstr(3, 4, 'x'.join(str(n) for n in screen.getmaxyx())); screen.refresh(); screen.getkey()\ncurses.wrapper(main)";
        let (mut python, input) = terminal(computer.as_ref(), &["python3", "-c", program]).await;
        until(&mut python, "31x97").await;
        input.write("q").await;
        assert!(python.wait().await.unwrap().status.is_success());
    }

    async fn the_end_of_a_flood_through_a_terminal_arrives(bench: Bench) {
        let computer = bench.computer().await;
        let exec = Exec::shell("sleep 1000 & seq 200000").tty(SIZE).output_bytes_max(1 << 22);
        let exited = tokio::time::timeout(PATIENCE, computer.run(exec)).await.unwrap().unwrap();
        assert!(exited.stdout.text().ends_with("\r\n200000\r\n"), "{}", exited.stdout.bytes.len());
    }

    async fn nothing_types_into_a_terminal_from_inside(bench: Bench) {
        let computer = bench.computer().await;
        let inject = "import fcntl, termios\nfcntl.ioctl(0, termios.TIOCSTI, b'x')";
        let exec = Exec::new(["python3", "-c", inject]).tty(SIZE);
        let exited = computer.run(exec).await.unwrap();
        assert!(exited.text().contains("Operation not permitted"), "{}", exited.text());
    }

    async fn a_terminal_cannot_be_made_somebody_elses_file(bench: Bench) {
        let computer = bench.computer().await;
        shell(computer.as_ref(), "rm -f /dev/ptmx; ln -s /workspace/x /dev/ptmx; rm -f /dev/pts/ptmx; chmod 0 /dev/pts/ptmx").await;
        let exited = computer.run(Exec::new(["tty"]).tty(SIZE)).await.unwrap();
        assert_eq!(exited.stdout.text(), "/dev/pts/0\r\n");
    }

    async fn so_many_terminals_and_no_more(bench: Bench) {
        let computer = bench.computer().await;
        let open = "import os\nn = 0\ntry:\n while n < 2000: os.open('/dev/ptmx', os.O_RDWR); n += 1\nexcept OSError as error: print(n, error.strerror)";
        let said = output(computer.as_ref(), &format!("python3 -c \"{open}\"")).await;
        assert_eq!(said, "256 No space left on device");
    }

    async fn input_is_streamed_and_ends(bench: Bench) {
        let computer = bench.computer().await;
        let mut cat = computer.exec(Exec::new(["cat"]).stdin(Stdin::Open)).await.unwrap();
        let input = cat.input().unwrap();
        assert!(cat.input().is_none());
        for text in ["one\n", "two\n"] {
            assert!(input.write(text).await);
            assert_eq!(until(&mut cat, text).await, text);
        }
        drop(input);
        assert!(cat.wait().await.unwrap().status.is_success());
    }

    async fn input_that_nobody_reads_waits_and_is_refused_afterwards(bench: Bench) {
        let computer = bench.computer().await;
        let mut sleep = computer.exec(Exec::shell("sleep 1000").stdin(Stdin::Open)).await.unwrap();
        let input = sleep.input().unwrap();
        let flood = async { while input.write(vec![0; 64 * 1024]).await {} };
        assert!(tokio::time::timeout(Duration::from_millis(200), flood).await.is_err());
        sleep.kill();
        assert_eq!(sleep.wait().await.unwrap().status, Status::Signalled(9));
        assert!(!input.write("late").await);
    }

    async fn signals_reach_the_whole_group(bench: Bench) {
        let computer = bench.computer().await;
        let script = "trap 'echo heard; exit 9' TERM; sh -c 'trap \"echo child; exit\" TERM; echo set; while :; do sleep 0.01; done' & while :; do sleep 0.01; done";
        let mut execution = computer.exec(Exec::shell(script)).await.unwrap();
        until(&mut execution, "set").await;
        assert!(execution.signal(Signal::Terminate).await);
        let exited = execution.wait().await.unwrap();
        assert_eq!(exited.status, Status::Exited(9));
        assert!(exited.stdout.text().contains("heard"));
    }

    async fn a_stopped_program_goes_on_or_is_killed(bench: Bench) {
        let computer = bench.computer().await;
        let script = "while :; do echo tick; sleep 0.01; done";
        let mut execution = computer.exec(Exec::shell(script)).await.unwrap();
        until(&mut execution, "tick").await;
        execution.signal(Signal::Stop).await;
        let states = "until [ \"$(ps -eo state,args | grep -c '^T.*tick')\" -ge 1 ]; do :; done; echo stands";
        assert_eq!(output(computer.as_ref(), states).await, "stands");
        execution.signal(Signal::Continue).await;
        until(&mut execution, "tick").await;
        execution.signal(Signal::Stop).await;
        execution.kill();
        assert_eq!(execution.wait().await.unwrap().status, Status::Signalled(9));
        assert_eq!(output(computer.as_ref(), "ps -eo args | grep -c '[t]ick' || true").await, "0");
    }

    async fn background_programs_hold_nobody_up(bench: Bench) {
        let computer = bench.computer().await;
        let mark = bench.mark();
        for start in ["", "nohup", "setsid"] {
            let command = format!("{start} sh -c 'sleep 1000; : {mark}' & echo begun");
            let ran = tokio::time::timeout(PATIENCE, computer.run(Exec::shell(&command))).await;
            assert!(ran.unwrap().unwrap().text().contains("begun"));
        }
        eventually("all three run", || processes(&mark) >= 3);
        let get = "python3 -c \"import urllib.request as r; r.urlopen('http://localhost:8000/')\"";
        let serve = format!("python3 -m http.server 8000 >/dev/null 2>&1 & until {get} 2>/dev/null; do :; done; echo served");
        assert_eq!(output(computer.as_ref(), &serve).await, "served");
        assert_eq!(output(computer.as_ref(), &format!("{get} && echo still")).await, "still");
        assert_eq!(output(computer.as_ref(), "ps -eo stat | grep -c Z || true").await, "0");
    }
}
