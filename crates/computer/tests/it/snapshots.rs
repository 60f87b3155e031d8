//! Snapshots are sealed, found again, and shared without being changed.

use computer::{Backend, SnapshotId};

use crate::bench::{output, shell};

both! {
    async fn forks_see_the_snapshot_and_not_each_other(bench: Bench) {
        let base = bench.computer().await;
        let make = "mkdir -p d/e; echo one >d/e/f; echo keep >g; rm -rf /var/log; ln -s /etc/passwd link; echo x >/tmp/t";
        output(base.as_ref(), make).await;
        let first = SnapshotId::from_digest(&[1; 32]);
        let snapshot = base.seal(first.clone()).await.unwrap();
        assert_eq!(bench.backend.find(&first).as_ref(), Some(&snapshot));

        let (one, two) = (bench.fork(&snapshot).await, bench.fork(&snapshot).await);
        output(one.as_ref(), "echo changed >d/e/f; rm g; mv d/e d/moved; touch new").await;
        let seen = "cat d/e/f g; ls -A; test -e /var/log || echo no log; ls /tmp; readlink link";
        let expected = "one\nkeep\nd\ng\nlink\nno log\n/etc/passwd";
        assert_eq!(output(two.as_ref(), seen).await, expected);

        let second = one.seal(SnapshotId::from_digest(&[2; 32])).await.unwrap();
        let three = bench.fork(&second).await;
        assert_eq!(output(three.as_ref(), "cat d/moved/f; ls -A . d").await, "changed\n.:\nd\nlink\nnew\n\nd:\nmoved");
        two.destroy().await.unwrap();
        three.destroy().await.unwrap();
        assert_eq!(bench.computers(), 0);
    }

    async fn who_seals_first_wins(bench: Bench) {
        let id = SnapshotId::from_digest(&[3; 32]);
        let (one, two) = (bench.computer().await, bench.computer().await);
        output(one.as_ref(), "echo one >f").await;
        output(two.as_ref(), "echo two >f").await;
        one.seal(id.clone()).await.unwrap();
        let snapshot = two.seal(id).await.unwrap();
        assert_eq!(output(bench.fork(&snapshot).await.as_ref(), "cat f").await, "one");
        let entries = std::fs::read_dir(bench.home.join("snapshots")).unwrap();
        assert_eq!(entries.count(), 1);
    }

    async fn hostile_links_in_a_snapshot_lead_nowhere(bench: Bench) {
        let base = bench.computer().await;
        let folder = bench.folder.display().to_string();
        let make = format!("rm -rf /tmp /srv; ln -s {folder} /srv; ln -s {folder}/x y");
        shell(base.as_ref(), &make).await;
        let snapshot = base.seal(SnapshotId::from_digest(&[4; 32])).await.unwrap();
        let fork = bench.fork(&snapshot).await;
        shell(fork.as_ref(), "echo out >y; echo out >/srv/x").await;
        let error = fork.read("/workspace/y".as_ref(), 10).await.unwrap_err();
        assert!(error.to_string().contains("can't read"));
        let written = fork.write("/srv/x".as_ref(), b"out", 0o644).await;
        drop(written);
        assert!(!bench.folder.join("x").exists());
    }

    async fn links_of_a_snapshot_lead_to_nothing_of_the_host(bench: Bench) {
        let base = bench.computer().await;
        let outside = bench.folder.join("etc");
        let shown = output(base.as_ref(), "cut -d' ' -f5 /proc/self/mountinfo | grep ^/etc/").await;
        for place in shown.lines() {
            std::fs::create_dir_all(outside.join(place.trim_start_matches("/etc/"))).unwrap();
        }
        let link = format!("mv /etc /etc2 && ln -s /proc/self/cwd/..{} /etc", outside.display());
        // An ordinary user's overlay can't rename a folder of a lower layer.
        let linked = shell(base.as_ref(), &link).await.status.is_success();
        let snapshot = base.seal(SnapshotId::from_digest(&[7; 32])).await.unwrap();
        let forked = bench.backend.fork(&snapshot, &crate::bench::spec()).await;
        assert_eq!(forked.is_err(), linked);
    }
}
