//! Executions are recorded outside, whatever they do inside.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use computer::record::{self, How};
use computer::{Backend, Computer, Exec, Secret, Spec};

use crate::bench::{Bench, shell};

async fn recorded(bench: &Bench, forbidden: Vec<Secret>) -> (Box<dyn Computer>, PathBuf) {
    let folder = bench.folder.join("record");
    let spec = Spec { record: Some(folder.clone()), forbidden, ..Spec::default() };
    (bench.backend.fork(&bench.backend.bare(), &spec).await.unwrap(), folder)
}

both! {
    async fn each_execution_is_recorded(bench: Bench) {
        let (computer, folder) = recorded(&bench, vec![]).await;
        let work = "python3 -c 'x = bytearray(60_000_000); n = 0\nwhile n < 3_000_000: n += 1'; echo out; echo err >&2; exit 4";
        computer.run(Exec::shell(work).env("KEY", "value").cwd("/tmp")).await.unwrap();
        shell(computer.as_ref(), "kill -9 $$").await;
        computer.run(Exec::new(["sleep", "1000"]).timeout(Duration::from_millis(50))).await.unwrap();
        computer.run(Exec::new(["no-such-program"])).await.unwrap_err();
        let entries = record::read(&folder).unwrap();
        let hows: Vec<_> = entries.iter().map(|entry| entry.end.clone().unwrap().how).collect();
        assert_eq!(hows[..3], [How::Exited(4), How::Signalled(9), How::OutOfTime]);
        assert!(matches!(&hows[3], How::NotStarted(why) if why.contains("No such file")), "{hows:?}");
        let (first, end) = (&entries[0], entries[0].end.clone().unwrap());
        assert_eq!((first.env.as_slice(), first.cwd.as_path()), (&["KEY".to_owned()][..], "/tmp".as_ref()));
        assert!(end.at >= first.began && first.began.0 > 1_700_000_000_000);
        let usage = end.usage.unwrap();
        assert!(usage.memory_peak_bytes > 60_000_000 && usage.memory_peak_bytes < 300_000_000, "{usage:?}");
        assert!((20..60_000).contains(&usage.cpu_ms), "{usage:?}");
        let said = record::output(&folder, 1).unwrap();
        assert_eq!((said.stdout.as_slice(), said.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
        assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        let all = std::fs::read_to_string(folder.join("executions.jsonl")).unwrap();
        assert!(!all.contains("value"), "{all}");
    }

    async fn secrets_are_not_recorded(bench: Bench) {
        let secret = Secret::new("INDEX_TOKEN", "correct-horse-battery").unwrap();
        let (computer, folder) = recorded(&bench, vec![secret]).await;
        let say = "printf correct-; sleep 0.05; echo horse-battery; printf correct-horse-battery | base64 >&2";
        computer.run(Exec::shell(say)).await.unwrap();
        let said = record::output(&folder, 1).unwrap();
        assert_eq!(said.stdout, b"[INDEX_TOKEN]\n");
        assert!(said.stderr.starts_with(b"[INDEX_TOKEN]"));
        let argv = record::read(&folder).unwrap().remove(0).argv;
        assert!(!argv.join(" ").contains("correct-horse"), "{argv:?}");
    }

    async fn what_runs_when_a_computer_ends_is_recorded_as_lost(bench: Bench) {
        let (computer, folder) = recorded(&bench, vec![]).await;
        let mut running = computer.exec(Exec::shell("echo begun; sleep 1000")).await.unwrap();
        running.next().await.unwrap();
        computer.destroy().await.unwrap();
        running.wait().await.unwrap_err();
        let entry = record::read(&folder).unwrap().remove(0);
        assert_eq!(entry.end.unwrap().how, How::Lost);
        assert_eq!(record::output(&folder, 1).unwrap().stdout, b"begun\n");
    }
}
