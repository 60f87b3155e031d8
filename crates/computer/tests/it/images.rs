//! Images: real ones of Debian, small ones of busybox, and some that an attacker made.

mod debian;
mod made;

use computer::{Backend, Computer, Error, Exec, HOME, Image, SnapshotId, Spec, WORKSPACE};

use self::made::{Layer, busybox, image};
use crate::bench::{Bench, is_root, output, shell};

/// Layers of a home, whichever snapshots have them.
fn layers(bench: &Bench) -> usize {
    std::fs::read_dir(bench.home.join("layers")).unwrap().count()
}

async fn forked(bench: &Bench, image: &Image) -> Box<dyn Computer> {
    bench.fork(&bench.backend.image(image).await.unwrap()).await
}

/// Everything about why it failed.
fn told(error: Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(next) = source {
        text.push_str(&format!(": {next}"));
        source = next.source();
    }
    text
}

both! {
    async fn layers_lie_on_each_other(bench: Bench) {
        let lower = busybox().file("d/gone", "1").file("d/stays", "2").file("o/below", "3").file("f", "4");
        let upper = Layer::new().file("d/.wh.gone", "").file("o/.wh..wh..opq", "").file("o/new", "5").folder("f");
        let computer = forked(&bench, &image(&bench, vec![lower, upper])).await;
        assert_eq!(output(computer.as_ref(), "ls /d /o; cat /d/stays; test -d /f; cat /etc/motd").await,
            "/d:\nstays\n\n/o:\nnew\n2made here");
        // And what is hidden can be made anew, and all of it be removed.
        output(computer.as_ref(), "echo 6 >/d/gone && mkdir /o/below && rm -r /d /o && test ! -e /d").await;
    }

    async fn a_computer_on_an_image_has_nothing_of_the_host(bench: Bench) {
        let mut image = image(&bench, vec![busybox()]);
        image.env = vec!["PATH=/bin:/odd".into(), "FROM=image".into(), "HOME=/root".into()];
        let computer = forked(&bench, &image).await;
        let look = "id -u; pwd; echo $PATH $FROM $HOME $USER; cat /etc/passwd; grep -c whimbrel /etc/hosts; ls /";
        let seen = output(computer.as_ref(), look).await;
        let names = "bin\ndev\netc\nhome\nproc\nrun\ntmp\nworkspace";
        assert_eq!(seen, format!("0\n{WORKSPACE}\n/bin:/odd image {HOME} root\nroot:x:0:0::/:/bin/sh\n1\n{names}"));
        let mounts = output(computer.as_ref(), "cut -d' ' -f5 /proc/self/mountinfo").await;
        let foreign = |place: &&str| !["/proc", "/dev", "/tmp", "/run"].iter().any(|ours| place.starts_with(ours));
        assert_eq!(mounts.lines().filter(foreign).collect::<Vec<_>>(), ["/"]);
        output(computer.as_ref(), "echo x >/workspace/f && echo x >$HOME/f && echo x >/etc/f && touch /tmp/f").await;
    }

    async fn links_at_mount_points_lead_nowhere(bench: Bench) {
        let folder = bench.folder.display().to_string();
        std::fs::write(bench.folder.join("secret"), "of the host").unwrap();
        for to in [".", "..", "/", "/proc/self/cwd/..", "/etc", &format!("/proc/self/cwd/..{folder}"), "loop"] {
            let mut layer = busybox().symlink("loop", "loop").symlink("sys", to);
            for place in ["proc", "dev", "tmp", "run", "workspace", "home"] {
                layer = layer.symlink(place, to);
            }
            for place in ["etc/hosts", "etc/hostname", "etc/resolv.conf"] {
                layer = layer.symlink(place, &format!("{to}/secret"));
            }
            let computer = forked(&bench, &image(&bench, vec![layer])).await;
            let look = format!("cat {folder}/secret /..{folder}/secret /proc/1/root{folder}/secret; \
                ls -d /proc/self/status /dev/null /tmp /run/whimbrel; echo x >/dev/null; cat /etc/hosts");
            let seen = shell(computer.as_ref(), &look).await.text();
            assert!(!seen.contains("of the host"), "{to}: {seen}");
            assert!(seen.contains("/proc/self/status\n") && seen.contains("/run/whimbrel\n"), "{to}: {seen}");
            assert!(seen.contains("127.0.0.1 localhost"), "{to}: {seen}");
            let kinds = output(computer.as_ref(), "stat -c %F /proc /dev /tmp /run /workspace /home /home/agent").await;
            assert!(kinds.lines().all(|kind| kind == "directory"), "{to}: {kinds}");
        }
        assert_eq!(std::fs::read_to_string(bench.folder.join("secret")).unwrap(), "of the host");
    }

    async fn files_at_mount_points_are_hidden(bench: Bench) {
        let mut layer = busybox();
        for place in ["proc", "dev", "tmp", "run", "workspace", "home"] {
            layer = layer.file(place, "a file");
        }
        let computer = forked(&bench, &image(&bench, vec![layer])).await;
        output(computer.as_ref(), "test -e /proc/self && echo x >/tmp/x && echo x >/workspace/x").await;
    }

    async fn an_image_without_a_shell_runs_and_says_what_it_lacks(bench: Bench) {
        let computer = forked(&bench, &image(&bench, vec![Layer::new().busybox_alone("busybox")])).await;
        let exited = computer.run(Exec::new(["/busybox", "echo", "runs"])).await.unwrap();
        assert_eq!(exited.stdout.text(), "runs\n");
        let shell = told(computer.exec(Exec::shell("true")).await.unwrap_err());
        assert_eq!(shell, "can't start \"/bin/sh\" in the computer: the image has no shell; take one that has a /bin/sh");
        let git = told(computer.exec(Exec::new(["git", "init"])).await.unwrap_err());
        assert!(git.contains("the image has no git") && git.contains("apk add git"), "{git}");
        computer.write("/workspace/f".as_ref(), b"x", 0o644).await.unwrap();
        assert_eq!(computer.read("/workspace/f".as_ref(), 10).await.unwrap(), b"x");
    }

    async fn a_layer_is_unpacked_once_for_all_images(bench: Bench) {
        let (one, two) = (Layer::new().file("one", "1"), Layer::new().file("two", "2"));
        let first = image(&bench, vec![busybox(), one]);
        bench.backend.image(&first).await.unwrap();
        let before = layers(&bench);
        // Were it unpacked again, it would be missed.
        std::fs::remove_file(&first.layers[0].path).unwrap();
        let second = Image { layers: [first.layers[..1].to_vec(), image(&bench, vec![two]).layers].concat(), digest: "sha256:other".into(), ..first.clone() };
        let computer = forked(&bench, &second).await;
        assert_eq!(output(computer.as_ref(), "cat /two; test -e /one || echo no").await, "2no");
        assert_eq!(layers(&bench), before + 1);
    }

    async fn many_at_once_make_it_once(bench: Bench) {
        let image = image(&bench, vec![busybox(), Layer::new().file("x", "y")]);
        let made = futures_all(&bench, &image).await;
        assert!(made.windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!(layers(&bench), 3);
        assert_eq!(bench.computers(), 0);
    }

    async fn what_isnt_what_its_digest_says_is_refused(bench: Bench) {
        let mut image = image(&bench, vec![busybox()]);
        std::fs::write(&image.layers[0].path, Layer::new().file("other", "").end()).unwrap();
        let error = told(bench.backend.image(&image).await.unwrap_err());
        assert!(error.contains("unpacked"), "{error}");
        for name in ["sha256:../../x", "", "sha256:ABC", &format!("sha256:{}/", "0".repeat(63))] {
            image.layers[0].diff_id = name.into();
            let error = told(bench.backend.image(&image).await.unwrap_err());
            assert!(error.contains("is no layer's digest"), "{error}");
        }
        assert_eq!((layers(&bench), bench.computers()), (0, 0));
    }

    async fn hostile_archives_leave_nothing(bench: Bench) {
        let hostile = [
            Layer::new().file("../../escaped", "x"),
            Layer::new().symlink("way", "../../..").file("way/escaped", "x"),
            Layer::new().file("f", "x").hard_link("g", "/etc/passwd"),
            Layer::new().hard_link("h", "../../../lock"),
        ];
        for layer in hostile {
            let error = bench.backend.image(&image(&bench, vec![busybox(), layer])).await.unwrap_err();
            assert!(matches!(error, Error::Unpack { .. }), "{error}");
        }
        let garbage = image(&bench, vec![Layer::of_bytes(b"no archive at all".repeat(100))]);
        assert!(bench.backend.image(&garbage).await.is_err());
        // The good layer below them is kept for others; nothing else is.
        assert_eq!((layers(&bench), bench.computers()), (1, 0));
        assert!(!bench.folder.join("escaped").exists());
    }

    async fn owners_of_the_image_are_owners_inside(bench: Bench) {
        let layer = busybox().owned("home/someone/f", 1000, 1001).owned("beyond", 70_000, 3_000_000_000);
        let computer = forked(&bench, &image(&bench, vec![layer])).await;
        let seen = output(computer.as_ref(), "stat -c %u:%g /home/someone/f /beyond").await;
        assert_eq!(seen, if is_root() { "1000:1001\n65534:65534" } else { "0:0\n0:0" });
        output(computer.as_ref(), "chown 5:6 /home/someone/f && chmod 600 /beyond && rm /beyond").await;
    }

    async fn set_id_files_and_devices_of_an_image_have_no_power(bench: Bench) {
        let layer = busybox().busybox_with("bin/su-busybox", 0o6755).device("disk", 8, 0).device("memory", 1, 1);
        let computer = forked(&bench, &image(&bench, vec![layer])).await;
        let flags = output(computer.as_ref(), "grep ' / / ' /proc/self/mountinfo").await;
        assert!(flags.contains("nosuid") && flags.contains("nodev"), "{flags}");
        assert_eq!(output(computer.as_ref(), "stat -c %a /bin/su-busybox; ls /disk /memory 2>/dev/null; :").await, "6755");
    }

    async fn an_image_is_a_base_like_any_other(bench: Bench) {
        let base = bench.backend.image(&image(&bench, vec![busybox().file("a/b", "1")])).await.unwrap();
        let computer = bench.fork(&base).await;
        output(computer.as_ref(), "echo 2 >/a/c; rm /a/b; echo w >/workspace/w").await;
        let id = SnapshotId::from_digest(&[21; 32]);
        let live = computer.snapshot(SnapshotId::from_digest(&[22; 32])).await.unwrap();
        let sealed = computer.seal(id.clone()).await.unwrap();
        assert_eq!(bench.backend.find(&id).as_ref(), Some(&sealed));
        for snapshot in [live, sealed] {
            let fork = bench.fork(&snapshot).await;
            assert_eq!(output(fork.as_ref(), "ls /a; cat w; ls /usr 2>/dev/null; echo $PATH").await,
                "c\nw\n/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
            fork.destroy().await.unwrap();
        }
        assert_eq!(bench.backend.check(&id).unwrap(), []);
        // A collection takes nothing that a snapshot has, and all when it is forgotten.
        assert_eq!(bench.backend.collect().unwrap().layers, 0);
        for listed in bench.backend.snapshots().unwrap() {
            bench.backend.forget(&listed.id).unwrap();
        }
        bench.backend.collect().unwrap();
        assert_eq!(layers(&bench), 0);
        assert!(bench.backend.image(&image(&bench, vec![busybox()])).await.is_ok());
    }

    async fn a_durable_computer_on_an_image_is_resumed(bench: Bench) {
        let base = bench.backend.image(&image(&bench, vec![busybox()])).await.unwrap();
        let spec = Spec { layer: computer::Layer::Durable, ..Spec::default() };
        let computer = bench.backend.fork(&base, &spec).await.unwrap();
        output(computer.as_ref(), "echo kept >/etc/kept").await;
        let name = computer.name().to_owned();
        drop(computer);
        let resumed = bench.backend.resume(&name, &base, &spec).await.unwrap();
        assert_eq!(output(resumed.as_ref(), "cat /etc/kept").await, "kept");
        resumed.destroy().await.unwrap();
    }

    async fn as_many_layers_as_an_image_can_have(bench: Bench) {
        let mut all = vec![busybox()];
        all.extend((0..126).map(|n| Layer::new().file(&format!("n/{n}"), "x").file("last", &n.to_string())));
        let base = bench.backend.image(&image(&bench, all)).await.unwrap();
        let computer = bench.fork(&base).await;
        assert_eq!(output(computer.as_ref(), "ls /n | wc -l; cat /last; rm /n/0").await, "126\n125");
        let sealed = computer.seal(SnapshotId::from_digest(&[23; 32])).await.unwrap();
        let fork = bench.fork(&sealed).await;
        assert_eq!(output(fork.as_ref(), "ls /n | wc -l; cat /last /etc/motd").await, "125\n125made here");
    }
}

async fn futures_all(bench: &Bench, image: &Image) -> Vec<computer::Snapshot> {
    let image = || bench.backend.image(image);
    let (a, b, c, d) = tokio::join!(image(), image(), image(), image());
    [a, b, c, d].into_iter().map(Result::unwrap).collect()
}

/// What a package manager needs, on a real Debian and through the real proxy.
async fn packages_are_installed(bench: Bench) {
    let computer = debian::computer(&bench).await;
    output(computer.as_ref(), "apt-get -q update").await;
    let install =
        "DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends hello dbus";
    output(computer.as_ref(), install).await;
    assert_eq!(output(computer.as_ref(), "hello").await, "Hello, world!");
    // Its package makes a user, and gives it a file with set-id bits.
    let helper = "stat -c '%G %a' /usr/lib/dbus-1.0/dbus-daemon-launch-helper; getent passwd messagebus | cut -d: -f1";
    let group = if is_root() { "messagebus" } else { "root" };
    assert_eq!(output(computer.as_ref(), helper).await, format!("{group} 4754\nmessagebus"));
    output(computer.as_ref(), "dpkg --audit && apt-get -q purge -y hello && ! which hello").await;
    let become_other =
        "useradd -m someone && su someone -c 'id -un; touch /tmp/f; stat -c %U /tmp/f'";
    let who = if is_root() { "someone" } else { "root" };
    assert_eq!(output(computer.as_ref(), become_other).await, format!("{who}\n{who}"));
    computer.destroy().await.unwrap();
}

mod packages_are_installed_on_debian {
    use super::{debian, packages_are_installed};

    #[test]
    fn as_root() {
        crate::bench::as_root(packages_are_installed);
    }

    #[test]
    fn as_an_ordinary_user() {
        let name = concat!(module_path!(), "::as_an_ordinary_user");
        crate::bench::as_an_ordinary_user_given(name, debian::archive, packages_are_installed);
    }
}
