//! Jobs over a computer without isolation: repositories of a few commits, whose checks are shell.

use std::time::Duration;

use computer::fake::Fake;
use computer::{Backend, Computer, Exec, Spec};

use super::*;
use crate::disk;

/// A repository in a computer, and what its checks are.
pub struct Ground {
    pub computer: Box<dyn Computer>,
    checks: Vec<Check>,
    pub said: Vec<String>,
}

impl Ground {
    pub async fn new(checks: &[(&str, &str)]) -> Self {
        let fake = Fake::new();
        let computer = fake.fork(&fake.bare(), &Spec::default()).await.unwrap();
        let check = |(name, command): &(&str, &str)| Check {
            name: (*name).into(),
            command: (*command).into(),
        };
        let checks = checks.iter().map(check).collect();
        let ground = Self { computer, checks, said: Vec::new() };
        ground.shell("git init -q -b main && git config user.name Ada").await;
        ground.shell("git config user.email ada@example.org").await;
        ground
    }

    #[track_caller]
    pub fn shell(&self, command: &str) -> impl Future<Output = String> {
        let command = command.to_owned();
        async move {
            let ran = self.computer.run(Exec::shell(&command)).await.unwrap();
            assert!(ran.status.is_success(), "{command}: {}", ran.text());
            ran.stdout.text().trim_end().to_owned()
        }
    }

    pub async fn commit(&self, subject: &str, files: &[(&str, &str)]) -> String {
        for (path, text) in files {
            self.computer.write(&disk::inside(path), text.as_bytes(), 0o644).await.unwrap();
        }
        let subject = subject.replace('\'', "");
        self.shell(&format!("git add -A && git commit -q --allow-empty -m '{subject}'")).await;
        self.shell("git rev-parse HEAD").await
    }

    pub async fn run(&mut self, job: Name, text: &str, other: Option<Other>) -> Ended {
        let time = Duration::from_secs(60);
        let order = Order { text, checks: &self.checks, other, time };
        let (computer, said) = (&*self.computer, &mut self.said);
        let mut say = |text| said.push(text);
        let ended = match job {
            Name::Lint => lint(computer, &order, &mut say).await,
            Name::Bisect => bisect(computer, &order, &mut say).await,
            Name::Minimise => minimise(computer, &order, &mut say).await,
            Name::Repair => unreachable!("it has tests of its own"),
        };
        ended.unwrap()
    }

    /// On its branch, with nothing lying around.
    pub async fn is_clean(&self) {
        assert_eq!(self.shell("git symbolic-ref --short HEAD").await, "main");
        assert_eq!(self.shell("git status --porcelain").await, "");
    }

    pub async fn commits(&self) -> usize {
        self.shell("git rev-list --count HEAD").await.parse().unwrap()
    }
}

#[track_caller]
pub fn nothing(ended: Ended, words: &str) {
    let Ended::Nothing { reason } = ended else { panic!("{ended:?}") };
    assert!(reason.contains(words), "{reason}");
}
