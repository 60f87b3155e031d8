//! Logs by their lines: where a test is named, and where a runner sums up.

use std::borrow::Cow;

use domain::evidence::Shown;

use crate::Log;

const QUOTE_CHARS_MAX: usize = 200;
/// A longer line is no runner's sum.
const SUM_BYTES_MAX: usize = 400;

/// A log that can be quoted.
pub(super) struct Lines<'a> {
    name: &'a str,
    text: Cow<'a, str>,
}

/// A line in which a runner sums up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sum {
    line: u32,
    quote: String,
    /// How many tests it says passed or ran; none in a bare "OK".
    pub count: Option<u64>,
}

impl<'a> Lines<'a> {
    pub fn of(log: &'a Log) -> Self {
        Self { name: &log.name, text: String::from_utf8_lossy(&log.bytes) }
    }

    pub fn is(&self, name: &str) -> bool {
        self.name == name
    }

    pub fn sums(&self) -> Vec<Sum> {
        let short = self.text.lines().enumerate().filter(|(_, line)| line.len() <= SUM_BYTES_MAX);
        let sums = short.filter_map(|(at, line)| {
            let quote = quoted(line);
            let count = sum(&quote)?;
            Some(Sum { line: number(at), quote, count })
        });
        sums.collect()
    }

    pub fn show(&self, sum: &Sum) -> Shown {
        Shown::Proven { log: self.name.to_owned(), line: sum.line, quote: sum.quote.clone() }
    }

    /// The last line that isn't empty.
    pub fn last(&self) -> Option<Shown> {
        let (at, line) =
            self.text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).last()?;
        Some(self.proven(at, line))
    }

    /// The first line that names a test and says that it passed.
    pub fn passing(&self, test: &str) -> Option<Shown> {
        const SAYS_SO: [&str; 5] = ["PASS", "ok", "OK", "✓", "✔"];
        let names = |line: &str| line.contains(test) && SAYS_SO.iter().any(|so| line.contains(so));
        let (at, line) = self.text.lines().enumerate().find(|(_, line)| names(line))?;
        Some(self.proven(at, line))
    }

    fn proven(&self, at: usize, line: &str) -> Shown {
        Shown::Proven { log: self.name.to_owned(), line: number(at), quote: quoted(line) }
    }
}

/// Counted from 1.
fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1)
}

/// Without what a terminal would obey.
fn quoted(line: &str) -> String {
    let mut plain = String::new();
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' && chars.next_if_eq(&'[').is_some() {
            // Parameters, up to the letter that ends a sequence of colours.
            while chars.next_if(|c| c.is_ascii_digit() || *c == ';').is_some() {}
            chars.next();
        } else {
            plain.push(if c.is_control() { ' ' } else { c });
        }
    }
    stdx::cut::line(&plain, QUOTE_CHARS_MAX)
}

/// What a runner's sum counts: pytest, libtest, nextest, jest and vitest say "5 passed", unittest
/// "Ran 5 tests", mocha "5 passing", node "# pass 5"; unittest and go end with a bare "OK".
fn sum(line: &str) -> Option<Option<u64>> {
    let words: Vec<&str> =
        line.split([' ', '\t', ',', ';', '(', ')', '=']).filter(|w| !w.is_empty()).collect();
    let count_before = |noun: &str| {
        let at = words.iter().position(|word| *word == noun)?;
        words.get(at.checked_sub(1)?)?.parse().ok()
    };
    let count_after = |noun: &str| {
        let at = words.iter().position(|word| *word == noun)?;
        words.get(at + 1)?.parse().ok()
    };
    let counted: Option<u64> = count_before("passed")
        .or_else(|| count_before("passing"))
        .or_else(|| (words.first() == Some(&"Ran")).then(|| count_after("Ran")).flatten())
        .or_else(|| {
            matches!(words.first(), Some(&"#" | &"ℹ")).then(|| count_after("pass")).flatten()
        });
    let bare = matches!(words.as_slice(), ["OK" | "PASS"] | ["ok" | "OK", _, ..]);
    counted.map(Some).or_else(|| bare.then_some(None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_many_runners_are_read() {
        for (line, expected) in [
            ("===== 34 passed, 1 skipped in 0.12s =====", Some(Some(34))),
            ("34 passed in 0.12s", Some(Some(34))),
            ("test result: ok. 7 passed; 0 failed; 0 ignored", Some(Some(7))),
            ("     Summary [   0.020s] 3 tests run: 3 passed, 0 skipped", Some(Some(3))),
            ("Tests:       5 passed, 5 total", Some(Some(5))),
            ("  12 passing (8ms)", Some(Some(12))),
            ("Ran 2 tests in 0.001s", Some(Some(2))),
            ("# pass 4", Some(Some(4))),
            ("ℹ pass 4", Some(Some(4))),
            ("OK", Some(None)),
            ("OK (skipped=1)", Some(None)),
            ("ok  \texample.org/x\t0.003s", Some(None)),
            ("it passed by", None),
            ("passed", None),
            ("99999999999999999999999 passed", None),
        ] {
            assert_eq!(sum(line), expected, "{line}");
        }
    }

    #[test]
    fn a_quote_obeys_nobody() {
        assert_eq!(quoted("\u{1b}[1;32m5 passed\u{1b}[0m in\u{7} 1s"), "5 passed in  1s");
        assert_eq!(quoted("\u{1b}[").chars().count(), 0);
        assert!(quoted(&"x".repeat(10_000)).chars().count() <= QUOTE_CHARS_MAX);
    }
}
