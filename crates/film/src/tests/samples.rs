//! Stories to make films of.

use super::*;

fn text(text: &str) -> String {
    text.to_owned()
}

pub fn line(kind: LineKind, content: &str) -> ChangeLine {
    ChangeLine { kind, text: text(content) }
}

pub fn number(value: &str, label: &str, tone: Tone) -> Number {
    Number { value: text(value), label: text(label), tone }
}

fn row(name: &str, before: Mark, after: Mark) -> Row {
    Row { name: text(name), before, after }
}

fn question(about: &str) -> Question {
    Question {
        text: text("Merge it?"),
        about: text(about),
        left: text("Reject"),
        right: text("Merge"),
    }
}

fn failing() -> Failing {
    let output = "Traceback (most recent call last):
  File \"tests/test_spring.py\", line 31, in test_settles
    self.assertAlmostEqual(spring.value, 1.0, places=3)
AssertionError: 0.9375 != 1.0 within 3 places (0.0625 difference)";
    Failing {
        name: text("tests.test_spring.SpringTest.test_settles_at_its_target"),
        output: output
            .lines()
            .map(|line| Output { text: text(line), tells: line.starts_with("Assertion") })
            .collect(),
        others: 1,
    }
}

fn cause() -> Cause {
    let code = "    def progress(self, now):
        elapsed = now - self.start
        if elapsed <= self.delay:
            return self.origin
        steps = int(elapsed / STEP)
        value = self.origin
        for _ in range(steps):
            value += (self.target - value) * self.stiffness
        return value";
    let lines = code.lines().zip(38..).map(|(line, number)| CauseLine {
        number,
        text: text(line),
        suspect: number == 42,
    });
    Cause {
        path: text("lilt/motion/spring.py"),
        lines: lines.collect(),
        why: text(
            "Of 214 lines, this one is run most by the tests that fail and least by those that pass.",
        ),
    }
}

pub fn fix() -> Story {
    use LineKind::{Added, Kept, Removed};
    let lines = vec![
        line(Kept, "        if elapsed <= self.delay:"),
        line(Kept, "            return self.origin"),
        line(Removed, "        steps = int(elapsed / STEP)"),
        line(Added, "        # The last part of a step counts too."),
        line(Added, "        steps, rest = divmod(elapsed, STEP)"),
        line(Kept, "        value = self.origin"),
        line(Removed, "        for _ in range(steps):"),
        line(Added, "        for _ in range(int(steps)):"),
        line(Kept, "            value += self.pull(value)"),
        line(Added, "        return value + self.pull(value) * rest"),
    ];
    Story {
        project: text("lilt"),
        asked: text("The spring animation ends in the wrong place: find out why and fix it"),
        failing: Some(failing()),
        cause: Some(cause()),
        change: Some(Change {
            path: text("lilt/motion/spring.py"),
            lines,
            more: text("and 1 more file, +8 −0"),
        }),
        answer: None,
        proof: Some(Proof {
            rows: vec![
                row(
                    "test_spring.SpringTest.test_settles_at_its_target",
                    Mark::Failed,
                    Mark::Passed,
                ),
                row("test_spring.SpringTest.test_overshoot", Mark::Failed, Mark::Passed),
                row("test_spring.SpringTest.test_partial_step", Mark::Absent, Mark::Passed),
            ],
            more: text("and 41 other tests pass"),
            red_green: Some((3, 3)),
            mutants: Some((11, 12)),
            verdict: text("2 failing tests now pass, nothing broke."),
            holds: true,
        }),
        numbers: vec![
            number("2", "fixed", Tone::Good),
            number("3/3", "red→green", Tone::Good),
            number("11/12", "mutants", Tone::Warn),
            number("+12 −3", "lines", Tone::Plain),
            number("low", "risk", Tone::Good),
            number("$0.04", "cost", Tone::Plain),
        ],
        question: question("Count the last part of a step in `Spring.progress`"),
    }
}

pub fn docs() -> Story {
    let lines = vec![
        line(LineKind::Kept, "## Install"),
        line(LineKind::Removed, "pip install lilt"),
        line(LineKind::Added, "python -m pip install lilt"),
    ];
    Story {
        project: text("lilt"),
        asked: text("Say `python -m pip` in the README"),
        change: Some(Change { path: text("README.md"), lines, more: String::new() }),
        numbers: vec![number("+1 −1", "lines", Tone::Plain), number("low", "risk", Tone::Good)],
        question: question("Say `python -m pip` in the README"),
        ..Story::default()
    }
}

pub fn answer() -> Story {
    let answer = "Sessions are kept for fourteen days.\n\nThe figure stands in `config/session.py` \
                  as `MAX_AGE`, and the sweeper in `jobs/sweep.py` removes what is older once an \
                  hour. A sign-out removes a session at once.";
    Story {
        project: text("shop"),
        asked: text("How long are sessions kept, and what removes them?"),
        answer: Some(text(answer)),
        question: Question {
            text: text("Answered?"),
            about: String::new(),
            left: text("Ask again"),
            right: text("Done"),
        },
        ..Story::default()
    }
}

pub fn huge() -> Story {
    let added = (0..10_000)
        .map(|n| line(LineKind::Added, &format!("    value_{n} = compute({n}, other={n})")));
    Story {
        project: text("an-organisation-with-a-long-name/a-project-with-a-long-name-too"),
        asked: "Rewrite everything so that it is better than it was before. ".repeat(200),
        failing: Some(Failing {
            name: "tests::integration::a_test_with_a_name_that_goes_on::".repeat(20),
            output: vec![
                Output {
                    text: "a line of output that is much too long for a phone ".repeat(40),
                    tells: false,
                };
                400
            ],
            others: 1_234,
        }),
        cause: Some(Cause {
            path: "deeply/nested/".repeat(30) + "file_with_a_rather_long_name.generated.rs",
            lines: (99_990..100_010)
                .map(|number| CauseLine { number, text: "x".repeat(300), suspect: number % 5 == 0 })
                .collect(),
            why: "because ".repeat(100),
        }),
        change: Some(Change {
            path: "deeply/nested/".repeat(30) + "file.rs",
            lines: added.collect(),
            more: text("and 10,000 more lines in 321 more files, which nobody wants to see"),
        }),
        proof: Some(Proof {
            rows: vec![row(&"a_long_test_name_".repeat(30), Mark::Failed, Mark::Passed); 50],
            more: "and others ".repeat(40),
            red_green: Some((12_345, 12_345)),
            mutants: Some((3, 12)),
            verdict: "So it is said. ".repeat(60),
            holds: true,
        }),
        numbers: vec![number(&"9".repeat(40), &"label ".repeat(30), Tone::Warn); 30],
        question: Question {
            text: "Merge it? ".repeat(40),
            about: "A title without an end ".repeat(40),
            left: "Reject ".repeat(10),
            right: "Merge ".repeat(10),
        },
        ..Story::default()
    }
}

pub fn hostile() -> Story {
    let odd = "a\u{202e}txt.exe\u{2066} שלום עולם مرحبا 漢字かな 👩‍👩‍👧 e\u{301}\u{0}\u{1b}[31mred\u{1b}[0m\u{7}";
    let lines = vec![
        line(LineKind::Removed, &format!("if user == \"admin\u{202e}\" {{ // {odd}")),
        line(LineKind::Added, &format!("\tif user == \"\u{200b}admin\" {{ // {odd}")),
        line(LineKind::Added, ""),
        line(LineKind::Added, "\r\n"),
    ];
    let mut story = fix();
    story.project = text(odd);
    story.asked = format!("<script>alert(1)</script> {odd}");
    story.failing = Some(Failing {
        name: text(odd),
        output: vec![Output { text: text(odd), tells: true }; 3],
        others: 0,
    });
    story.cause = Some(Cause {
        path: text(odd),
        lines: vec![CauseLine { number: u32::MAX, text: text(odd), suspect: true }],
        why: text(odd),
    });
    story.change = Some(Change { path: text(odd), lines, more: text(odd) });
    story.numbers = vec![number(odd, odd, Tone::Bad), number("", "", Tone::Plain)];
    story.question = question(odd);
    story
}

/// Less than this is no story.
pub fn bare() -> Story {
    Story::default()
}

/// A change that doesn't hold.
pub fn broken() -> Story {
    let mut story = fix();
    story.proof = Some(Proof {
        rows: vec![
            row("test_spring.SpringTest.test_overshoot", Mark::Passed, Mark::Failed),
            row("test", Mark::Failed, Mark::Failed),
            row("test_spring.SpringTest.test_gone", Mark::Passed, Mark::Absent),
        ],
        more: String::new(),
        red_green: None,
        mutants: Some((0, 4)),
        verdict: text("It breaks test_overshoot."),
        holds: false,
    });
    story.numbers.truncate(3);
    story
}
