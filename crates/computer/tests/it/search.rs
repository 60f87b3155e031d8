//! Searching in real computers: what inside makes of it, also when it is hostile. What ripgrep's
//! rules are is tested beside the code.

use std::path::Path;
use std::time::{Duration, Instant};

use computer::{Backend, Computer, Error, Found, Search};

use crate::bench::output;

fn pattern(pattern: &str) -> Search {
    Search { pattern: pattern.into(), ..Search::default() }
}

async fn found(computer: &dyn Computer, search: Search) -> Found {
    computer.search(search).await.unwrap()
}

/// For every kind of computer.
pub async fn files_are_searched(backend: &dyn Backend) {
    let computer = crate::contract::fork(backend).await;
    let make = "mkdir -p src/deep target; echo 'fn main() {}' >src/main.rs; echo target >.gitignore; \
        echo 'fn other() {}' >target/o.rs; printf 'a\\nfn deep\\nb\\n' >src/deep/d.rs; \
        printf 'fn \\0' >bin; mkdir .git; echo fn >.git/HEAD; echo deep >src/.ignore";
    output(computer.as_ref(), make).await;
    let all =
        found(computer.as_ref(), Search { globs: vec!["*.rs".into()], ..pattern("fn") }).await;
    assert_eq!(all.text, "src/main.rs:1:fn main() {}\n");
    let root = found(computer.as_ref(), Search { root: "src/deep".into(), ..pattern("FN") }).await;
    assert_eq!((root.text.as_str(), root.matches), ("", 0));
    let search = Search {
        root: "/workspace/src/deep".into(),
        ignore_case: true,
        before: 1,
        ..pattern("FN")
    };
    assert_eq!(found(computer.as_ref(), search).await.text, "d.rs-1-a\nd.rs:2:fn deep\n");
    let file = Search { root: "src/main.rs".into(), ..pattern("main") };
    assert_eq!(found(computer.as_ref(), file).await.text, "main.rs:1:fn main() {}\n");
    let wrong = computer.search(pattern("a(")).await.unwrap_err();
    assert!(matches!(&wrong, Error::Pattern(why) if why.contains("unclosed group")), "{wrong:?}");
    match computer.search(Search { root: "no/such".into(), ..pattern("x") }).await {
        Err(Error::Search { root, source }) => {
            assert_eq!(root, Path::new("/workspace/no/such"));
            assert!(source.to_string().contains("no such file"), "{source}");
        }
        other => panic!("{other:?}"),
    }
    computer.destroy().await.unwrap();
}

both! {
    async fn a_search_meets_only_what_is_inside(bench: Bench) {
        let computer = bench.computer().await;
        std::fs::write(bench.folder.join("outside"), "needle").unwrap();
        let link = format!("ln -s {:?} out; ln -s / root; ln -s . loop; echo needle >f", bench.folder);
        output(computer.as_ref(), &link).await;
        assert_eq!(found(computer.as_ref(), pattern("needle")).await.text, "f:1:needle\n");
        // A root that is a link is followed, inside.
        let root = Search { root: "out".into(), ..pattern("needle") };
        assert!(matches!(computer.search(root).await, Err(Error::Search { .. })));
        for root in ["/proc", "/proc/self/fd", "/dev/null"] {
            let refused = computer.search(Search { root: root.into(), ..pattern("x") }).await;
            assert!(matches!(refused, Err(Error::Search { .. })), "{root}: {refused:?}");
        }
    }

    async fn hostile_trees_neither_hang_nor_hide_what_is_there(bench: Bench) {
        let computer = bench.computer().await;
        let make = r"mkfifo pipe .gitignore; truncate -s 1T holes; echo needle >f; mkdir closed;
            echo needle >closed/g; chmod 0 closed f; printf needle >$(printf 'n\n\033[2Jm');
            d=.; for i in $(seq 500); do d=$d/deep; done; mkdir -p $d; echo needle >$d/h; ln -s /dev/zero z";
        output(computer.as_ref(), make).await;
        let began = Instant::now();
        let search = Search { matches_max: 10, bytes_max: 1_000_000, ..pattern("needle") };
        let text = found(computer.as_ref(), search).await.text;
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        for line in ["closed/g:1:needle\n", "\nf:1:needle\n", "\\n\\u{1b}[2Jm:1:needle\n"] {
            assert!(text.contains(line), "{line:?}: {text}");
        }
        assert!(text.contains("deep/h:1:needle"), "{text}");
    }

    async fn a_search_that_is_meddled_with_says_so(bench: Bench) {
        let computer = bench.computer().await;
        // Whoever searches is a process inside, and these programs kill whatever they see.
        output(computer.as_ref(), "mkdir d; for i in $(seq 2000); do echo needle >d/$i; done").await;
        let killer = "(while :; do for p in /proc/[0-9]*; do p=${p#/proc/}; \
            [ $p = 1 ] || [ $p = $$ ] || kill -9 $p 2>/dev/null; done; done) >/dev/null 2>&1 &";
        output(computer.as_ref(), killer).await;
        for _ in 0..5 {
            match computer.search(pattern("needle")).await {
                Ok(found) => assert!(found.matches <= 1000),
                Err(Error::Search { .. }) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
    }

    async fn a_search_is_confined_as_programs_are(bench: Bench) {
        let limits = domain::Limits { memory_bytes: 64 << 20, ..domain::Limits::default() };
        let computer = bench.limited(limits).await;
        output(computer.as_ref(), "yes needle | head -c 40M >big; for i in 1 2 3 4; do cp big big$i; done").await;
        let search = Search { matches_max: 3, ..pattern("needle$") };
        let cut = found(computer.as_ref(), search).await;
        assert_eq!((cut.matches, cut.truncated), (3, true));
        assert_eq!(found(computer.as_ref(), pattern("absent")).await, Found::default());
    }
}
