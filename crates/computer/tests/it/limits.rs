//! Limits hold, and their breaking is told for what it was.

use computer::{Exec, Output, Status};
use domain::Limits;
use domain::limits::MIB;

use crate::bench::{eventually, output, processes, shell};

both! {
    async fn too_much_memory_ends_the_program_and_not_the_computer(bench: Bench) {
        let limits = Limits { memory_bytes: 128 * MIB, ..Limits::default() };
        let computer = bench.limited(limits).await;
        // tail keeps a line until it ends, and this one never does.
        let exited = shell(computer.as_ref(), "tail /dev/zero").await;
        assert_eq!((exited.status, exited.status.code()), (Status::OutOfMemory, 137));
        let in_a_pipe = "head -c 400000000 /dev/zero | tail | wc -c; exit 1";
        assert_eq!(shell(computer.as_ref(), in_a_pipe).await.status, Status::OutOfMemory);
        assert_eq!(output(computer.as_ref(), "echo alive").await, "alive");
        assert_eq!(shell(computer.as_ref(), "exit 1").await.status, Status::Exited(1));
    }

    async fn temporary_files_are_held(bench: Bench) {
        let limits = Limits { memory_bytes: 128 * MIB, ..Limits::default() };
        let computer = bench.limited(limits).await;
        for folder in ["/tmp", "/dev/shm", "/run"] {
            let fill = format!("head -c 300000000 /dev/zero >{folder}/x; rm {folder}/x");
            assert!(shell(computer.as_ref(), &fill).await.text().contains("No space left"), "{folder}");
        }
    }

    async fn a_fork_bomb_is_held_and_goes(bench: Bench) {
        let limits = Limits { processes: 40, ..Limits::default() };
        let computer = bench.limited(limits).await;
        let mark = bench.mark();
        let bomb = "import os, time\nwhile True:\n try: os.fork()\n except OSError: time.sleep(0.01)";
        let execution = computer.exec(Exec::new(["python3", "-c", bomb, &mark])).await.unwrap();
        eventually("it has gone off", || processes(&mark) > 20);
        let most = (0..100).map(|_look| processes(&mark)).max().unwrap();
        assert!(most <= 41, "{most} at once");
        drop(execution);
        computer.destroy().await.unwrap();
        assert_eq!(processes(&mark), 0);
    }

    async fn descriptors_in_flight_stop_no_other_computer(bench: Bench) {
        let computer = bench.computer().await;
        let script = r#"
import os, resource, socket
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
null, pairs = os.open("/dev/null", os.O_RDONLY), []
try:
    while len(pairs) < hard // 4:
        pairs.append(socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
        pairs[-1][0].setblocking(False)
        try:
            while True: socket.send_fds(pairs[-1][0], [b"x"], [null] * 250)
        except BlockingIOError: pass
except OSError as error: print(error, flush=True)
os.read(os.pipe()[0], 1)
"#;
        let mut full = computer.exec(Exec::new(["python3", "-c", script])).await.unwrap();
        let Some(Output::Stdout(said)) = full.next().await else { panic!("it says nothing") };
        assert!(String::from_utf8_lossy(&said).contains("Too many references"));
        assert_eq!(output(computer.as_ref(), "echo alive").await, "alive");
        assert_eq!(output(bench.computer().await.as_ref(), "echo alive").await, "alive");
        computer.destroy().await.unwrap();
    }
}
