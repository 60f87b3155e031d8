//! Tests in Go, by their text: gofmt writes all of them the same way. No grammar of Go is linked.

use super::{Assertion, Mark, MarkKind, Strength, Test, TestFile, quoted, walk};

const FAILS: [&str; 8] =
    [".Error(", ".Errorf(", ".Fatal(", ".Fatalf(", ".Fail(", ".FailNow(", "assert.", "require."];

pub(super) fn read(text: &str) -> TestFile {
    let mut file = TestFile::default();
    let lines: Vec<&str> = text.lines().collect();
    let mut index = 0;
    while index < lines.len() {
        let line = lines[index];
        if line.starts_with("//go:build") && !line.contains("unix") {
            file.marks.push(marked(MarkKind::SkipIf, index, line));
        }
        if let Some(name) = name(line) {
            let length = lines[index..].iter().position(|line| *line == "}").unwrap_or(0);
            file.tests.push(test(name, index, &lines[index..=index + length]));
            index += length;
        }
        index += 1;
    }
    file
}

fn name(line: &str) -> Option<&str> {
    let name = line.strip_prefix("func ")?.split('(').next()?;
    let is_test = name.starts_with("Test") && name != "TestMain" && line.contains("*testing.T)");
    is_test.then_some(name)
}

fn test(name: &str, start: usize, lines: &[&str]) -> Test {
    let mut test = Test {
        name: name.to_owned(),
        lines: number(start)..=number(start + lines.len() - 1),
        marks: Vec::new(),
        assertions: Vec::new(),
        cases: None,
        calls: 0,
        body: walk::collapsed(&lines.get(1..).unwrap_or_default().join("\n")),
    };
    for (offset, line) in lines.iter().enumerate().skip(1) {
        let trimmed = line.trim();
        if trimmed.starts_with("//") {
            continue;
        }
        if [".Skip(", ".Skipf(", ".SkipNow("].iter().any(|call| trimmed.contains(call)) {
            // One tab deep: nothing decides whether it is done.
            let kind = if line.starts_with("\t\t") { MarkKind::SkipIf } else { MarkKind::Skip };
            test.marks.push(marked(kind, start + offset, trimmed));
        } else if *line == "\treturn" && offset + 2 < lines.len() {
            test.marks.push(marked(MarkKind::Returns, start + offset, trimmed));
        } else if FAILS.iter().any(|call| trimmed.contains(call)) {
            test.assertions.push(Assertion {
                line: number(start + offset),
                text: walk::collapsed(trimmed),
                skeleton: walk::collapsed(trimmed),
                strength: Strength::Exact,
                tolerances: Vec::new(),
            });
        } else if trimmed.contains('(') {
            test.calls += 1;
        }
    }
    test
}

fn marked(kind: MarkKind, index: usize, text: &str) -> Mark {
    Mark { kind, line: number(index), text: quoted(text) }
}

/// From an index to a number from 1.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX - 1) + 1
}
