//! Whole repairs of tiny projects, over a computer without isolation. Needs git, Python 3.8 or
//! later and, for the stories that say so, pytest.

use std::time::Duration;

use computer::fake::Fake;
use computer::{Backend, Computer, Exec, Network, Spec};

use super::*;

const PYTEST: &str = "python3 -m pytest -q";
const UNITTEST: &str = "python3 -m unittest discover -s tests -t .";

/// One small project and how its repair ended.
struct Story {
    computer: Box<dyn Computer>,
    repair: Repair,
    progress: Vec<Progress>,
    took: Duration,
}

async fn tell(test_command: &str, files: &[(&str, &str)]) -> Story {
    with_time(test_command, files, Duration::from_secs(120)).await
}

async fn with_time(test_command: &str, files: &[(&str, &str)], time: Duration) -> Story {
    let fake = Fake::new();
    let spec = Spec { limits: domain::Limits::default(), network: Network::None };
    let computer = fake.fork(&fake.bare(), &spec).await.unwrap();
    for (path, text) in files {
        computer.write(&disk::inside(path), text.as_bytes(), 0o644).await.unwrap();
    }
    let git = "git init -q -b main && git config user.name t && git config user.email t@t \
               && git add -A && git commit -qm first";
    let git = computer.run(Exec::shell(git)).await.unwrap();
    assert!(git.status.is_success(), "{}", git.text());
    let job = Job { test_command: test_command.into(), seed: 0, time };
    let mut progress = Vec::new();
    let began = Instant::now();
    let repair = repair(&*computer, &job, &mut |step| progress.push(step)).await.unwrap();
    Story { computer, repair, progress, took: began.elapsed() }
}

impl Story {
    async fn shell(&self, command: &str) -> String {
        self.computer.run(Exec::shell(command)).await.unwrap().text()
    }

    /// The change is one commit that says `line`, of that file alone, and the tests pass.
    async fn is_fixed_by(&self, path: &str, line: &str) {
        let Repair::Fixed { diff, paths, tried, .. } = &self.repair else {
            panic!("{:#?}\n{:#?}", self.repair, self.progress.first());
        };
        eprintln!("{tried} tried in {:?}", self.took);
        assert!(diff.contains(&format!("\n+{line}\n")), "{diff}");
        assert_eq!(paths, &[path.to_owned()]);
        let changed =
            self.shell("git diff --name-only HEAD~1 HEAD; git rev-list --count HEAD").await;
        assert_eq!(changed, format!("{path}\n2\n"));
        self.is_clean().await;
    }

    async fn is_clean(&self) {
        assert_eq!(self.shell("git status --porcelain").await, "");
    }

    async fn is_untouched(&self) {
        assert_eq!(self.shell("git rev-list --count HEAD").await, "1\n");
        self.is_clean().await;
    }
}

const INIT: (&str, &str) = ("tests/__init__.py", "");

#[tokio::test]
async fn an_operator_with_pytest() {
    let story = tell(
        PYTEST,
        &[
            ("shop/__init__.py", ""),
            ("shop/price.py", "def total(prices, discount):\n    whole = 0\n    for price in prices:\n        whole += price\n    return whole + whole * discount\n"),
            ("tests/test_price.py", "import pytest\nfrom shop.price import total\n\n@pytest.mark.parametrize('d,e', [(0, 30), (0.5, 15)])\ndef test_total(d, e):\n    assert total([10, 20], d) == e\n\ndef test_nothing():\n    assert total([], 0.5) == 0\n"),
            ("conftest.py", ""),
        ],
    )
    .await;
    story.is_fixed_by("shop/price.py", "    return whole - whole * discount").await;
    expect_test::expect![[""]].assert_eq(&story.shell("git log -1 --format=%B").await);
}

#[tokio::test]
async fn a_loop_that_never_ends_with_unittest() {
    let story = tell(
        UNITTEST,
        &[
            ("find.py", "def find(values, wanted):\n    low, high = 0, len(values)\n    while low < high:\n        middle = (low + high) // 2\n        if values[middle] == wanted:\n            return middle\n        if values[middle] < wanted:\n            low = middle\n        else:\n            high = middle\n    return -1\n"),
            INIT,
            ("tests/test_find.py", "import unittest\nfrom find import find\n\nclass Find(unittest.TestCase):\n    def test_there(self):\n        self.assertEqual(find([1, 3, 5], 3), 1)\n    def test_first(self):\n        self.assertEqual(find([1, 3, 5], 1), 0)\n    def test_beyond(self):\n        self.assertEqual(find([1, 3, 5], 7), -1)\n    def test_all(self):\n        values = [2, 3, 5, 7, 11, 13, 17]\n        for index, value in enumerate(values):\n            self.assertEqual(find(values, value), index)\n"),
        ],
    )
    .await;
    story.is_fixed_by("find.py", "            low = middle + 1").await;
}
