//! Limits hold, and their breaking is told for what it was.

use computer::Status;
use domain::Limits;
use domain::limits::MIB;

use crate::bench::{output, shell};

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
}
