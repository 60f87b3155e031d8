//! Real work inside: what people and agents do all day must not notice that it is a computer.

use std::time::Duration;

use computer::Exec;

use crate::bench::{Bench, PATIENCE, as_root, output};
use crate::egress::outside;
use crate::egress::registries::operator;

/// For compilers, on two slow processors.
const BUILD_TIME: Duration = Duration::from_secs(600);

const GIT: &str = r#"
set -e
git init -q lib; cd lib; echo one >f; git add f; git commit -qm one; cd ..
git init -q app; cd app
git -c protocol.file.allow=always submodule --quiet add ../lib lib
echo a >a; git add a; git commit -qm 'app with its library'
git switch -qc topic; echo b >b; git add b; git commit -qm topic
git switch -q main; echo c >c; git add c; git commit -qm 'main goes on'
git switch -q topic; git rebase -q main
git log --format=%s; git submodule status | cut -d' ' -f3-
echo d >>a; git stash -q; git stash pop -q; git add -A; git commit -q --amend -m amended
git worktree add -q ../tree main; git -C ../tree log -1 --format=%s
git gc -q; git fsck --strict --no-dangling; git bundle create -q ../app.bundle --all; git clone -q ../app.bundle ../again
git -C ../again log -1 --format=%s
"#;

both! {
    async fn git_commits_rebases_and_has_submodules(bench: Bench) {
        let computer = bench.computer().await;
        let said = output(computer.as_ref(), GIT).await;
        let expected = "topic\nmain goes on\napp with its library\nlib (heads/main)\nmain goes on\namended";
        assert_eq!(said, expected);
    }

    async fn a_server_in_the_background_answers(bench: Bench) {
        let computer = bench.computer().await;
        output(computer.as_ref(), "echo served >index.html; setsid -f python3 -m http.server 8000 >/tmp/log 2>&1 </dev/null").await;
        let ask = "curl -s --retry 20 --retry-connrefused --retry-delay 0 --retry-max-time 20 http://localhost:8000/index.html";
        assert_eq!(output(computer.as_ref(), ask).await, "served");
        assert_eq!(output(computer.as_ref(), "wc -l </tmp/log").await.parse::<u32>().map(|lines| lines > 0), Ok(true));
    }

    async fn programs_find_the_ground_they_expect(bench: Bench) {
        let computer = bench.computer().await;
        let said = output(computer.as_ref(), "whoami; id -u; echo ~; hostname; pwd; tty; ls -d /proc/self /dev/fd /tmp /var/tmp; \
            cd $(mktemp -d) && echo ok >x && mv x y && cat y; getent hosts localhost | grep -c .; date +%Y | wc -c").await;
        let expected = "root\n0\n/home/agent\nwhimbrel\n/workspace\nnot a tty\n/dev/fd\n/proc/self\n/tmp\n/var/tmp\nok\n1\n5";
        assert_eq!(said, expected);
    }

    async fn many_small_processes_and_pipes(bench: Bench) {
        let computer = bench.computer().await;
        let script = "seq 200 | xargs -P 8 -n 1 sh -c 'echo $(( $0 * 2 ))' | sort -n | tail -1; mkfifo p; (echo through >p &) ; cat p; \
            flock lock echo locked; timeout 5 sh -c 'sleep 0.01'; python3 -c 'import multiprocessing as m; print(sum(m.Pool(4).map(abs, range(100))))'";
        let exec = Exec::shell(script).timeout(PATIENCE + Duration::from_secs(20));
        let exited = computer.run(exec).await.unwrap();
        assert_eq!(exited.text(), "400\nthrough\nlocked\n4950\n");
    }

    async fn a_database_and_a_file_watcher(bench: Bench) {
        let computer = bench.computer().await;
        let script = "import sqlite3, mmap, os, tempfile, fcntl\n\
            db = sqlite3.connect('x.db'); db.execute('pragma journal_mode=wal'); db.execute('create table t(a)')\n\
            db.executemany('insert into t values (?)', [(i,) for i in range(1000)]); db.commit()\n\
            f = open('m', 'w+b'); f.truncate(8192); m = mmap.mmap(f.fileno(), 8192); m[5000] = 7; m.flush()\n\
            fcntl.lockf(f, fcntl.LOCK_EX); os.link('m', 'n'); os.replace('n', 'o'); os.fsync(f.fileno())\n\
            os.symlink('o', 'l'); os.setxattr('m', 'user.note', b'x') if hasattr(os, 'setxattr') else None\n\
            print(db.execute('select count(*), sum(a) from t').fetchone(), open('l', 'rb').read()[5000])";
        let exited = computer.run(Exec::new(["python3", "-c", script])).await.unwrap();
        assert_eq!(exited.text().trim(), "(1000, 499500) 7");
    }

    async fn tests_run_on_all_processors(bench: Bench) {
        let (computer, _) = outside::computer(&bench, r#""packages""#, operator().await).await;
        let script = "/usr/bin/python3 -m venv .venv && .venv/bin/pip install -q pytest==8.4.2 pytest-xdist==3.8.0 && \
            printf 'import os, pytest\n@pytest.mark.parametrize(\"n\", range(40))\ndef test_it(n, tmp_path):\n    (tmp_path / \"x\").write_text(str(os.getpid()))\n' >test_it.py && \
            .venv/bin/pytest -q -n 4 -p no:cacheprovider | tail -1 | cut -d' ' -f1,2";
        assert_eq!(output(computer.as_ref(), script).await, "40 passed");
    }
}

async fn a_program_of_some_size_body(bench: Bench) {
    let (computer, _) = outside::computer(&bench, r#""packages""#, operator().await).await;
    let install = "cargo install -q --debug --locked --root /workspace/own ripgrep@14.1.1 2>&1";
    let built = computer.run(Exec::shell(install).timeout(BUILD_TIME)).await.unwrap();
    assert!(built.status.is_success(), "{}", built.text());
    let use_it = "printf 'one\\ntwo\\n' >f && own/bin/rg --count o f";
    assert_eq!(output(computer.as_ref(), use_it).await, "2");
}

/// Only as root: an ordinary user has a Rust toolchain in its own home, and this one has none.
#[test]
fn a_program_of_some_size_is_built_from_the_registry() {
    as_root(a_program_of_some_size_body);
}
