//! The bench alone, over a computer without isolation and the machine's cargo.

use computer::fake::Fake;
use computer::{Backend, Spec, WORKSPACE};

use syntax::edit::{Edit, Replacement, Template};

use super::*;
use crate::bench::{Outcome, Verdict};
use crate::candidate::Candidate;

const COMMAND: &str = "cargo test --no-fail-fast";

async fn project(files: &[(&str, &str)]) -> Box<dyn Computer> {
    let fake = Fake::new();
    let computer = fake.fork(&fake.bare(), &Spec::default()).await.unwrap();
    // Home is another one inside, and a toolchain manager looks there for the toolchain.
    let rustup = std::path::Path::new(env!("CARGO")).ancestors().nth(4);
    let rustup = rustup.map_or_else(String::new, |path| path.display().to_string());
    let link = format!("mkdir -p \"$HOME\" && ln -s '{rustup}' \"$HOME/.rustup\" || true");
    assert!(computer.run(Exec::shell(&link)).await.unwrap().status.is_success());
    for (path, text) in files {
        let path = std::path::Path::new(WORKSPACE).join(path);
        computer.write(&path, text.as_bytes(), 0o644).await.unwrap();
    }
    let git =
        "git init -q -b main && git add -A && git -c user.name=t -c user.email=t@t commit -qm 1";
    assert!(computer.run(Exec::shell(git)).await.unwrap().status.is_success());
    computer
}

/// Puts `new` in the place of the only `old` there is.
fn edit(path: &str, text: &str, old: &str, new: &str) -> Candidate {
    assert_eq!(text.matches(old).count(), 1, "{old}");
    let same = |(a, b): &(u8, u8)| a == b;
    let front = old.bytes().zip(new.bytes()).take_while(same).count();
    let start = text.find(old).unwrap() + front;
    let range = start..start + old.len() - front;
    let edit = Edit {
        replacements: vec![Replacement { range, text: new[front..].into() }],
        template: Template::Operator,
        cost: 1.0,
        line: 1,
        function: None,
        size: 1,
    };
    Candidate { path: path.into(), edit, suspicion: 1.0, imported: false }
}

async fn verdicts(
    bench: &dyn Bench,
    level: Level,
    tests: &[&str],
    candidates: &[Candidate],
) -> (Option<Vec<usize>>, Vec<Verdict>) {
    let batch = Batch {
        level,
        tests: tests.to_vec(),
        candidates: candidates.iter().collect(),
        patience: 5.0,
        stop_at_failure: false,
        dedupe: false,
        failing: false,
        time: Duration::from_secs(120),
    };
    let answers = bench.try_batch(&batch).await.unwrap();
    let without = answers.without_edit.map(|answer| answer.passed);
    (without, answers.each.into_iter().map(|answer| answer.verdict).collect())
}

const MANIFEST: (&str, &str) =
    ("Cargo.toml", "[package]\nname = \"ranges\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");

const CLAMP: &str = "\
pub const LIMIT: u8 = 100;

pub fn clamp(value: i32, low: i32, high: i32) -> i32 {
    if value < low {
        return low;
    }
    if value > high {
        low
    } else {
        value
    }
}

pub fn count(n: u8) -> u8 {
    let mut seen = 0;
    while seen < n {
        seen += 1;
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below() {
        assert_eq!(clamp(-5, 0, 10), 0);
    }

    #[test]
    fn above() {
        assert_eq!(clamp(15, 0, 10), 10);
    }

    #[test]
    # [ignore]
    fn never() {}
}
";

const COUNT_TEST: &str = "\
use ranges::{LIMIT, count};

#[test]
fn counts() {
    assert_eq!(count(3), 3);
}

#[test]
fn has_a_large_limit() {
    assert!(LIMIT > 50);
}
";

#[tokio::test]
async fn edits_stand_behind_a_switch_and_those_that_do_not_compile_are_weeded_out() {
    let files = [MANIFEST, ("src/lib.rs", CLAMP), ("tests/count.rs", COUNT_TEST)];
    let computer = project(&files).await;
    let bench = Rust::new(&*computer, COMMAND);
    let recorded = bench.record(Duration::from_secs(120)).await.unwrap();
    assert!(
        !recorded.exited.status.is_success(),
        "{:?} {}",
        *bench.learned(),
        recorded.exited.text()
    );
    let noted: Vec<String> = recorded
        .tests
        .iter()
        .map(|test| format!("{} {:?} {:?}", test.id, test.outcome, test.lines))
        .collect();
    expect_test::expect![[r#"
        tests::above Failed {"src/lib.rs": [4, 7, 8, 33]}
        tests::below Passed {"src/lib.rs": [4, 5, 28]}
        tests::never Skipped {}
        count::counts Passed {"src/lib.rs": [15, 16, 17, 19]}
        count::has_a_large_limit Passed {}"#]]
    .assert_eq(&noted.join("\n"));
    let above = recorded.with(Outcome::Failed).next().unwrap();
    assert!(above.error.contains("left: 0\n right: 10"), "{}", above.error);

    let path = "src/lib.rs";
    let candidates = [
        edit(path, CLAMP, "        low\n", "        high\n"),
        edit(path, CLAMP, "value > high", "value < high"),
        edit(path, CLAMP, "value > high", "value > \"high\""),
        edit(path, CLAMP, "seen += 1", "seen += 0"),
        edit(path, CLAMP, "LIMIT: u8 = 100", "LIMIT: u8 = 10"),
        edit(path, CLAMP, "        return low;", "        return nothing;"),
        edit(path, CLAMP, "    let mut seen", "    let seen"),
    ];
    let tests = ["tests::above", "count::counts", "count::has_a_large_limit"];
    use Verdict::{Cold, Failed, Passed, Syntax, Timeout};
    let (without, swapped) = verdicts(&bench, Level::Swapped, &tests, &candidates).await;
    assert_eq!(without, Some(vec![1, 2]));
    assert_eq!(swapped, [Passed, Failed, Syntax, Timeout, Cold, Syntax, Syntax]);
    let (without, fresh) = verdicts(&bench, Level::Fresh, &tests, &candidates).await;
    assert_eq!(without, Some(vec![1, 2]));
    assert_eq!(fresh, [Passed, Failed, Syntax, Timeout, Failed, Syntax, Syntax]);
    let status = computer.run(Exec::shell("git status --porcelain")).await.unwrap();
    assert_eq!(status.text(), "", "the work tree was touched");
    let ran = computer.run(bench.command(Duration::from_secs(60))).await.unwrap();
    assert!(ran.text().contains("tests::above ... FAILED"), "{}", ran.text());
    eprintln!("{:?}", bench.spent.lock());
}
