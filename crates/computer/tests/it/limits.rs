//! Limits hold, and their breaking is told for what it was.

use computer::namespaces::CpuBy;
use computer::{Exec, Status};
use domain::Limits;
use domain::limits::MIB;

use crate::bench::{eventually, output, processes, shell};

both! {
    async fn cpu_time_is_held_where_it_can_be(bench: Bench) {
        let limits = Limits { cpu_millis: Some(200), ..Limits::default() };
        let computer = bench.limited(limits).await;
        let burn = "timeout 1 sh -c 'while :; do :; done' & timeout 1 sh -c 'while :; do :; done' & wait";
        let exited = shell(computer.as_ref(), burn).await;
        let used = u128::from(exited.usage.unwrap().cpu_ms);
        let share = used * 1000 / exited.duration.as_millis();
        match bench.backend.held_by().cpu {
            CpuBy::CgroupV1 | CpuBy::CgroupV2 => assert!((1..350).contains(&share), "{share} of 1000"),
            // How much it gets then is for whatever else the machine does to say.
            CpuBy::Nothing => assert!(used > 0),
        }
    }

    async fn whatever_it_did_it_ends_within_a_second(bench: Bench) {
        let limits = Limits { processes: 60, ..Limits::default() };
        let computer = bench.limited(limits).await;
        let mark = bench.mark();
        let defy = "import os, signal, time\nfor n in range(1, 65):\n try: signal.signal(n, signal.SIG_IGN)\n except (OSError, ValueError): pass\nwhile True:\n try:\n  if os.fork() == 0: os.setsid()\n except OSError: os.kill(os.getpid(), signal.SIGSTOP) if os.getpid() % 3 == 0 else time.sleep(0.01)";
        let _running = computer.exec(Exec::new(["python3", "-c", defy, &mark])).await.unwrap();
        eventually("it has gone off", || processes(&mark) > 30);
        let started = std::time::Instant::now();
        computer.destroy().await.unwrap();
        let took = started.elapsed();
        assert_eq!(processes(&mark), 0);
        assert!(took < std::time::Duration::from_secs(1), "{took:?}");
    }

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
}
