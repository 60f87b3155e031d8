//! Whole repairs of small programs in JavaScript, TypeScript and Rust, over a computer without
//! isolation: each program is right, has tests, and is given one bug after the other.

use std::path::Path;
use std::time::{Duration, Instant};

use computer::fake::Fake;
use computer::{Backend, Computer, Exec, Spec, WORKSPACE};

use crate::{Job, Repair, repair};

/// A right program, and where it can go wrong.
struct Program<'p> {
    test_command: &'p str,
    /// The first is the one that goes wrong.
    files: &'p [(&'p str, &'p str)],
}

async fn fresh(program: &Program<'_>, text: &str) -> Box<dyn Computer> {
    let fake = Fake::new();
    let computer = fake.fork(&fake.bare(), &Spec::default()).await.unwrap();
    // Home is another one inside, and a toolchain manager looks there for the toolchain.
    let rustup = Path::new(env!("CARGO")).ancestors().nth(4);
    let rustup = rustup.map_or_else(String::new, |path| path.display().to_string());
    let link = format!("mkdir -p \"$HOME\" && ln -s '{rustup}' \"$HOME/.rustup\" || true");
    assert!(computer.run(Exec::shell(&link)).await.unwrap().status.is_success());
    let (first, rest) = program.files.split_first().unwrap();
    for (path, text) in [(first.0, text)].iter().chain(rest) {
        let path = Path::new(WORKSPACE).join(path);
        computer.write(&path, text.as_bytes(), 0o644).await.unwrap();
    }
    let git = "git init -q -b main && git config user.name t && git config user.email t@t \
               && git add -A && git commit -qm first";
    assert!(computer.run(Exec::shell(git)).await.unwrap().status.is_success());
    computer
}

impl Program<'_> {
    /// Makes each bug by putting the second text in place of the only first one, and has it
    /// repaired; tells how many became what they were again, and how many only pass the tests.
    async fn repairs(&self, bugs: &[(&str, &str)]) -> (usize, usize) {
        let (mut right, mut plausible) = (0, 0);
        let (path, right_text) = self.files[0];
        for (was, bug) in bugs {
            assert_eq!(right_text.matches(was).count(), 1, "{was}");
            let computer = fresh(self, &right_text.replace(was, bug)).await;
            let time = Duration::from_secs(120);
            let (test_command, text) = (self.test_command.to_owned(), String::new());
            let job = Job { test_command, seed: 0, time, text };
            let began = Instant::now();
            let ended = repair(&*computer, &job, &mut |_| {}).await.unwrap();
            let now = computer.read(&Path::new(WORKSPACE).join(path), 1 << 20).await.unwrap();
            let is_right = now == right_text.as_bytes();
            right += usize::from(is_right);
            plausible += usize::from(matches!(ended, Repair::Fixed { .. }));
            let tried = match &ended {
                Repair::Fixed { effort, diff, .. } => {
                    format!("{effort:?} {}", changed(diff))
                }
                other => format!("{other:?}"),
            };
            eprintln!("{bug:?}: right {is_right}, {:?}, {tried}", began.elapsed());
            let status = computer.run(Exec::shell("git status --porcelain")).await.unwrap();
            assert_eq!(status.text(), "", "something was left in the work tree");
        }
        (right, plausible)
    }
}

fn changed(diff: &str) -> String {
    let lines = diff.lines().filter(|line| line.starts_with(['+', '-']));
    lines.skip(2).map(str::trim).collect::<Vec<_>>().join(" | ")
}

mod javascript;
mod rust;
