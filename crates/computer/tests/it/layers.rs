//! Layers are named by what is in them, kept once, and checked; what overlays are known for to
//! surprise programs with.

use std::fs;
use std::path::{Path, PathBuf};

use computer::namespaces::{Collected, Flaw};
use computer::{Backend, Computer, Error, Exec, Layer, Secret, Snapshot, SnapshotId, Spec};

use crate::bench::{Bench, output, shell};

fn id(number: u8) -> SnapshotId {
    SnapshotId::from_digest(&[number; 32])
}

async fn build(bench: &Bench, below: &Snapshot) -> Box<dyn Computer> {
    let spec = Spec { layer: Layer::Build, ..Spec::default() };
    bench.backend.fork(below, &spec).await.unwrap()
}

/// A snapshot of what `script` makes on top of `below`.
async fn sealed(bench: &Bench, below: &Snapshot, script: &str, number: u8) -> Snapshot {
    let computer = build(bench, below).await;
    output(computer.as_ref(), script).await;
    computer.seal(id(number)).await.unwrap()
}

fn layers(bench: &Bench) -> Vec<PathBuf> {
    let entries = fs::read_dir(bench.home.join("layers")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Something of each kind.
const EVERYTHING: &str = "mkdir -p d/e; echo text >d/f; ln d/f d/g; ln -s ../x d/l; mkfifo d/p; \
    chmod 4750 d/f; truncate -s 10M d/sparse; echo end >>d/sparse; mkdir d/locked; echo x >d/locked/x; \
    chmod 000 d/locked; rm -rf /var/log; rm /etc/hosts; rm -rf /var/cache; mkdir /var/cache; \
    touch -d 2001-02-03 d/old; python3 -c 'import os; os.setxattr(\"d/f\", \"user.note\", b\"kept\")'";

/// What a program sees of it.
const SEEN: &str = "cd /workspace/d; chmod 700 locked; find . /var /etc/hosts -printf '%p %y %m %n %l %s\\n' 2>/dev/null \
    | grep -v '^[^ ]* d ' | sort; cat f locked/x; tail -n1 sparse | tr -d '\\0'; test f -ef g && echo same; stat -c %Y old; \
    python3 -c 'import os; print(os.getxattr(\"f\", \"user.note\"))'; ls -d /var/log /var/cache 2>/dev/null; ls -A /var/cache";

both! {
    async fn equal_layers_are_kept_once(bench: Bench) {
        let bare = bench.backend.bare();
        let one = sealed(&bench, &bare, EVERYTHING, 1).await;
        let two = sealed(&bench, &bare, EVERYTHING, 2).await;
        assert_eq!(layers(&bench).len(), 1);
        assert_eq!(one, two);
        let other = format!("{EVERYTHING}; chmod g+w d/g");
        sealed(&bench, &bare, &other, 3).await;
        assert_eq!(layers(&bench).len(), 2);
        for path in layers(&bench).iter().chain([&bench.home.join("layers"), &bench.home.join("snapshots")]) {
            use std::os::unix::fs::PermissionsExt;
            let above = path.ancestors().take_while(|above| above.starts_with(&bench.home));
            assert!(above.into_iter().any(|path| fs::metadata(path).unwrap().permissions().mode() & 0o077 == 0));
        }
    }

    /// A scratch computer's layer is copied out of its disk as root, a build's is renamed.
    async fn a_copied_layer_is_as_good_as_the_one_itself(bench: Bench) {
        let bare = bench.backend.bare();
        let renamed = sealed(&bench, &bare, EVERYTHING, 1).await;
        let scratch = bench.computer().await;
        output(scratch.as_ref(), EVERYTHING).await;
        let live = scratch.snapshot(id(2)).await.unwrap();
        let copied = scratch.seal(id(3)).await.unwrap();
        assert_eq!((&renamed, &renamed), (&live, &copied));
        // The one that is kept came first; a copy of it is what has to be looked at.
        let fork = bench.fork(&renamed).await;
        let expected = output(fork.as_ref(), SEEN).await;
        for line in ["./g f 4750 2", "./l l 777 1 ../x", "./p p 644", "kept", "same", "981158400"] {
            assert!(expected.contains(line), "{line}: {expected}");
        }
        assert!(!expected.contains("/etc/hosts") && !expected.contains("/var/log"), "{expected}");
        bench.backend.forget(&id(1)).unwrap();
        bench.backend.forget(&id(2)).unwrap();
        bench.backend.forget(&id(3)).unwrap();
        fork.destroy().await.unwrap();
        assert_eq!(bench.backend.collect().unwrap().layers, 1);
        let scratch = bench.computer().await;
        output(scratch.as_ref(), EVERYTHING).await;
        let live = scratch.snapshot(id(2)).await.unwrap();
        assert_eq!(output(bench.fork(&live).await.as_ref(), SEEN).await, expected);
    }

    async fn a_check_names_what_was_changed_or_is_gone(bench: Bench) {
        let bare = bench.backend.bare();
        let one = sealed(&bench, &bare, "echo one >one", 1).await;
        sealed(&bench, &one, "echo two >two", 2).await;
        assert_eq!(bench.backend.check(&id(2)).unwrap(), []);
        let of = |name: &str| {
            let is_of = |layer: &&PathBuf| layer.join("tree/workspace").join(name).exists();
            layers(&bench).iter().find(is_of).unwrap().clone()
        };
        let name = |layer: &Path| layer.file_name().unwrap().to_str().unwrap().to_owned();
        let (lower, upper) = (of("one"), of("two"));
        fs::write(lower.join("tree/workspace/one"), "eno\n").unwrap();
        let flaws = bench.backend.check(&id(2)).unwrap();
        assert!(matches!(&flaws[..], [Flaw::Changed { layer, .. }] if *layer == name(&lower)), "{flaws:?}");
        fs::rename(&upper, bench.folder.join("elsewhere")).unwrap();
        let flaws = bench.backend.check(&id(2)).unwrap();
        assert_eq!(flaws[1], Flaw::Absent { layer: name(&upper) });
        assert!(bench.backend.find(&id(2)).is_none() && bench.backend.find(&id(1)).is_some());
        assert!(matches!(bench.backend.check(&id(9)), Err(Error::Check { .. })));
    }

    async fn only_what_nothing_needs_is_collected(bench: Bench) {
        let bare = bench.backend.bare();
        let one = sealed(&bench, &bare, "echo one >one", 1).await;
        let two = sealed(&bench, &one, "echo two >two", 2).await;
        assert_eq!(bench.backend.collect().unwrap(), Collected::default());
        let fork = bench.fork(&two).await;
        bench.backend.forget(&id(2)).unwrap();
        assert_eq!(bench.backend.snapshots().unwrap().len(), 1);
        // A computer lies on it still.
        assert_eq!(bench.backend.collect().unwrap(), Collected::default());
        assert_eq!(output(fork.as_ref(), "cat one two").await, "one\ntwo");
        fork.destroy().await.unwrap();
        assert_eq!(bench.backend.collect().unwrap(), Collected { layers: 1, bytes: 4 });
        assert!(bench.backend.find(&id(1)).is_some());
        assert!(bench.backend.fork(&two, &Spec::default()).await.is_err());
        assert_eq!(bench.computers(), 0);
    }

    async fn a_secret_gets_into_no_layer(bench: Bench) {
        let secret = Secret::new("INDEX_TOKEN", "hunter22-and-more").unwrap();
        let spec = Spec { layer: Layer::Build, forbidden: vec![secret], ..Spec::default() };
        let cases = [
            ("printf 'x hunter22-and-more y' >leak", "/workspace/leak"),
            // Across the border of two pieces that are read, of two blocks, and at the end.
            ("head -c 262139 /dev/urandom >b; printf hunter22-and-more >>b", "/workspace/b"),
            ("head -c 4090 /dev/urandom >b; printf hunter22-and-more >>b", "/workspace/b"),
            ("truncate -s 3G s; printf hunter22-and-more >>s", "/workspace/s"),
            ("mkdir -p a/hunter22-and-more", "/workspace/a/hunter22-and-more"),
            ("touch pre-hunter22-and-more", "/workspace/pre-hunter22-and-more"),
            ("ln -s /hunter22-and-more l", "/workspace/l"),
            ("touch f; python3 -c 'import os; os.setxattr(\"f\", \"user.x\", b\"hunter22-and-more\")'", "/workspace/f"),
            ("mkdir d; python3 -c 'import os; os.setxattr(\"d\", \"user.x\", b\"hunter22-and-more\")'", "/workspace/d"),
            ("printf 'u:hunter22-and-more' | base64 >netrc", "/workspace/netrc"),
            ("mkdir o; echo hunter22-and-more >o/f; chmod 000 o/f o", "/workspace/o/f"),
        ];
        for (script, expected) in cases {
            let computer = bench.backend.fork(&bench.backend.bare(), &spec).await.unwrap();
            output(computer.as_ref(), script).await;
            let live = computer.snapshot(id(1)).await;
            let error = computer.seal(id(1)).await.unwrap_err();
            let Error::SecretInLayer { path, name } = &error else { panic!("{script}: {error:?}") };
            assert_eq!((path.to_str().unwrap(), name.as_str()), (expected, "INDEX_TOKEN"), "{script}");
            assert!(matches!(live, Err(Error::SecretInLayer { .. })), "{script}");
            let told = format!("{error} {error:?}").replace(expected, "");
            assert!(!told.contains("hunter22"), "{told}");
        }
        assert!(bench.backend.find(&id(1)).is_none());
        assert_eq!((layers(&bench).len(), bench.computers()), (0, 0));
    }

    async fn a_layer_that_is_too_deep_is_refused_and_removed(bench: Bench) {
        let computer = build(&bench, &bench.backend.bare()).await;
        let dig = "import os\nfor _ in range(3000):\n os.mkdir('deep'); os.chdir('deep')";
        computer.run(Exec::new(["python3", "-c", dig])).await.unwrap();
        let error = computer.seal(id(1)).await.unwrap_err();
        let text = format!("{error:?}");
        assert!(text.contains("more than 1000 folders"), "{text}");
        assert_eq!((layers(&bench).len(), bench.computers()), (0, 0));
    }
}

/// What one snapshot of a long chain changes: whiteouts, opaque folders, renamed folders, each
/// over what another one made.
fn change(number: usize) -> String {
    let before = number.saturating_sub(1);
    format!(
        "echo {number} >n{number}; mkdir -p k/{number}; echo {number} >k/{number}/f; rm -rf k/{before}; \
         echo {number} >same; rm -rf o; mkdir o; echo {number} >o/{number}; \
         if [ -d m ]; then mv m m2 && mv m2 m-{number} && mv m-{number} m; else mkdir m; fi; \
         echo {number} >m/{number}; rm -f n{}",
        number.saturating_sub(3)
    )
}

both! {
    async fn a_long_chain_of_snapshots_stays_the_same_and_shallow(bench: Bench) {
        let mut snapshot = bench.backend.bare();
        for number in 0..110 {
            let computer = build(&bench, &snapshot).await;
            output(computer.as_ref(), &change(number)).await;
            let digest = [u8::try_from(number).unwrap(); 32];
            snapshot = computer.seal(SnapshotId::from_digest(&digest)).await.unwrap();
        }
        let seen = "ls; ls k o; cat same k/*/f o/*; ls m | sort -n | tr '\\n' ' '; cat m/0 m/77";
        let fork = bench.fork(&snapshot).await;
        let all: Vec<_> = (0..110).map(|number| number.to_string()).collect();
        let expected = format!(
            "k\nm\nn107\nn108\nn109\no\nsame\nk:\n109\n\no:\n109\n109\n109\n109\n{} 0\n77", all.join(" ")
        );
        assert_eq!(output(fork.as_ref(), seen).await, expected);
        // What lies below was changed in none of them, and hidden in none.
        assert_eq!(output(fork.as_ref(), "cat /etc/hostname; ls -d /var/log /srv").await, "whimbrel\n/srv\n/var/log");
        let last = bench.backend.snapshots().unwrap();
        let deepest = last.iter().map(|kept| kept.layers.len()).max().unwrap();
        assert!(deepest <= 64 && last.len() == 110, "{deepest} of {}", last.len());
        assert_eq!(bench.backend.check(&SnapshotId::from_digest(&[109; 32])).unwrap(), []);
    }

    async fn renaming_a_folder_of_a_lower_layer_works_for_programs(bench: Bench) {
        let make = "git init -q r && cd r && mkdir d && echo x >d/f && git add . && git commit -qm one";
        let below = sealed(&bench, &bench.backend.bare(), make, 1).await;
        let fork = bench.fork(&below).await;
        let rename = "python3 -c 'import os; os.rename(\"r/d\", \"r/e\")'";
        let renamed = shell(fork.as_ref(), rename).await;
        // As an ordinary user the kernel says that these are two file systems.
        assert!(renamed.status.is_success() || renamed.text().contains("EXDEV") || renamed.text().contains("cross-device"));
        if renamed.status.is_success() {
            output(fork.as_ref(), "mv r/e r/d").await;
        }
        // git renames a folder by itself only, so there one file at a time it is.
        let moves = "cd r && { git mv d g 2>/dev/null || { mkdir g && git mv d/f g/; }; } && git commit -qam two";
        output(fork.as_ref(), &format!("{moves} && test -f g/f && test -z \"$(git status --porcelain)\"")).await;
        output(fork.as_ref(), "mv r s && cat s/g/f && mv s r").await;
        let shutil = "python3 -c 'import shutil; shutil.move(\"r\", \"t\")' && cat t/g/f && test ! -e r";
        assert_eq!(output(fork.as_ref(), shutil).await, "x");
        let sealed = fork.seal(id(2)).await.unwrap();
        assert_eq!(output(bench.fork(&sealed).await.as_ref(), "cat t/g/f; ls").await, "x\nt");
    }

    async fn what_is_deleted_stays_deleted(bench: Bench) {
        let make = "mkdir -p a/b c; touch a/1 a/b/2 c/3 f g; echo low >h";
        let below = sealed(&bench, &bench.backend.bare(), make, 1).await;
        let fork = bench.fork(&below).await;
        // A merged folder, a folder that is made anew, a file that becomes a folder and the reverse.
        output(fork.as_ref(), "touch a/new && rm -r a && rm -r c && mkdir c && touch c/4 && rm f && mkdir f && touch f/5 && rm g && rm h && echo up >h").await;
        // A program's own whiteout hides what is below, as removing it does; tar takes both along.
        let whiteout = "mkdir w && mknod w/x c 0 0 && test ! -e w/y && tar -cf w.tar w 2>/dev/null; rm -rf w";
        shell(fork.as_ref(), whiteout).await;
        let sealed = fork.seal(id(2)).await.unwrap();
        let again = bench.fork(&sealed).await;
        assert_eq!(output(again.as_ref(), "ls -d a g 2>/dev/null; ls c f; cat h").await, "c:\n4\n\nf:\n5\nup");
        let third = again.seal(id(3)).await.unwrap();
        assert_eq!(output(bench.fork(&third).await.as_ref(), "ls -d a g 2>/dev/null; ls c f; cat h").await, "c:\n4\n\nf:\n5\nup");
    }

    async fn a_copied_file_is_another_one(bench: Bench) {
        let make = "echo low >f; ln f g; head -c 20000000 /dev/zero | tr '\\0' x >big";
        let below = sealed(&bench, &bench.backend.bare(), make, 1).await;
        let fork = bench.fork(&below).await;
        // What was mapped into memory before shows what it was; other names of it do, too.
        let open = "python3 -c 'import mmap; f = open(\"f\"); m = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ); \
            open(\"f\", \"w\").write(\"up\\n\"); print(m[:].decode(), end=\"\")'; cat f g; stat -c %h f g";
        assert_eq!(output(fork.as_ref(), open).await, "low\nup\nlow\n1\n2");
        let number = "a=$(stat -c %i big); chmod 600 big; b=$(stat -c %i big); test $a = $b && echo kept; cksum <big; stat -c %a big";
        let kept = output(fork.as_ref(), number).await;
        assert!(kept.ends_with("600") && kept.contains("20000000"), "{kept}");
        let other = bench.fork(&below).await;
        assert_eq!(output(other.as_ref(), "cat f g; stat -c %a big").await, "low\nlow\n644");
    }
}
