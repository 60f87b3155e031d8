//! What one run of a check says: it passes, it fails, or it never came to the point. Pure. By exit
//! codes and a few runners' words, so a program that prints those words can mislead it, to a wrong
//! answer and nothing worse.

use computer::{Exited, Status};

use super::hunt::Seen;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Passed,
    Failed,
    /// It couldn't be built or started, had no test to run, or didn't end.
    Unbuilt,
}

/// What runners say that came to no test.
const UNBUILT: [&str; 11] = [
    "error: could not compile",
    "error: no test target named",
    "errors during collection",
    "error during collection",
    "no tests ran in",
    "ERROR: not found:",
    "Failed to import test module",
    "Ran 0 tests in",
    "NO TESTS RAN",
    "error TS",
    "Cannot find module",
];

/// Exit codes by which a shell, or git's own bisect, says so.
const UNBUILT_CODES: [i32; 3] = [125, 126, 127];

pub fn of(ran: &Exited) -> Kind {
    let text = ran.text();
    match ran.status {
        // With a name that matches no test, some runners are content.
        Status::Exited(0) if ran_nothing(&text) => Kind::Unbuilt,
        Status::Exited(0) => Kind::Passed,
        Status::Exited(code) if UNBUILT_CODES.contains(&code) => Kind::Unbuilt,
        Status::Exited(_) if UNBUILT.iter().any(|words| text.contains(words)) => Kind::Unbuilt,
        Status::Exited(_) | Status::Signalled(_) => Kind::Failed,
        Status::OutOfTime | Status::OutOfMemory | Status::OutOfDisk => Kind::Unbuilt,
    }
}

fn ran_nothing(text: &str) -> bool {
    if text.contains("Ran 0 tests in") {
        return true;
    }
    let mut results = text.lines().filter(|line| line.starts_with("test result: ok. ")).peekable();
    results.peek().is_some() && results.all(|line| line.contains("ok. 0 passed; 0 failed"))
}

impl Kind {
    /// What a commit is, beside the newest that is `broken` so.
    pub fn beside(self, broken: Self) -> Seen {
        match (self, broken) {
            (Self::Passed, _) => Seen::Good,
            (Self::Failed, Self::Failed) | (Self::Unbuilt, Self::Unbuilt) => Seen::Bad,
            (Self::Unbuilt, Self::Failed | Self::Passed) => Seen::Unknown,
            // What can't be built any more could be, where tests could fail.
            (Self::Failed, Self::Unbuilt | Self::Passed) => Seen::Good,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use computer::Captured;

    use super::*;

    #[track_caller]
    fn check(code: i32, output: &str, kind: Kind) {
        let stdout = Captured { bytes: output.into(), dropped_bytes: 0 };
        let status = Status::Exited(code);
        let stderr = Captured::default();
        let ran = Exited { status, duration: Duration::ZERO, usage: None, stdout, stderr };
        assert_eq!(of(&ran), kind, "{code} {output}");
    }

    #[test]
    fn a_run_that_came_to_no_test_says_nothing() {
        check(0, "3 passed", Kind::Passed);
        check(1, "1 failed, 2 passed", Kind::Failed);
        check(2, "!!! Interrupted: 1 error during collection !!!", Kind::Unbuilt);
        check(101, "error: could not compile `a` (lib) due to 1 previous error", Kind::Unbuilt);
        check(101, "test result: FAILED. 1 passed; 1 failed", Kind::Failed);
        check(127, "sh: 1: pytest: not found", Kind::Unbuilt);
        let nothing = "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 3 filtered out";
        check(0, nothing, Kind::Unbuilt);
        check(0, &format!("{nothing}\ntest result: ok. 1 passed; 0 failed"), Kind::Passed);
        check(0, "Ran 0 tests in 0.000s\n\nOK", Kind::Unbuilt);
    }

    #[test]
    fn a_commit_is_bad_where_it_fails_in_the_same_way() {
        assert_eq!(Kind::Failed.beside(Kind::Failed), Seen::Bad);
        assert_eq!(Kind::Unbuilt.beside(Kind::Failed), Seen::Unknown);
        assert_eq!(Kind::Unbuilt.beside(Kind::Unbuilt), Seen::Bad);
        assert_eq!(Kind::Failed.beside(Kind::Unbuilt), Seen::Good);
    }
}
