//! What the model says: commands that an agent really runs, a small change, and the end.

use std::time::Duration;

use llm::fake::Turn;
use serde_json::json;

use crate::cli::BenchAttemptsArgs;

/// Each is followed by the number of its turn, since an agent that repeats itself is stopped.
const COMMANDS: [&str; 6] = [
    "ls -la && git log --oneline | head -5",
    "cat greet.sh",
    "grep -rn greet . --include=*.sh",
    "sh test.sh && git status --short",
    "wc -l *.sh && head -c 300 README.md",
    "git diff --stat",
];

/// The change, in the turn before the last.
const CHANGE: &str = "printf '\\npart() {\\n    echo \"Bye $1\"\\n}\\n' >> greet.sh && \
    printf '[ \"$(part Ada)\" = \"Bye Ada\" ] || exit 1\\n' >> test.sh && sh test.sh";

pub fn turns(args: &BenchAttemptsArgs) -> Vec<Turn> {
    let delay = Duration::from_millis(args.turn_ms);
    let last = args.turns.saturating_sub(1);
    (0..args.turns)
        .map(|at| if at == last { finish() } else { work(at, last) }.after(delay))
        .collect()
}

fn work(at: u32, last: u32) -> Turn {
    let command = match at + 1 == last {
        true => CHANGE.to_owned(),
        false => format!("{} # {at}", COMMANDS[at as usize % COMMANDS.len()]),
    };
    Turn::call("shell", &json!({ "command": command }))
}

fn finish() -> Turn {
    Turn::call(
        "finish",
        &json!({
            "title": "Add a parting",
            "summary": "Adds `part` beside `greet`, with a test.",
            "how_tested": "`sh test.sh` passes.",
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_change_comes_before_the_end_and_nothing_is_said_twice() {
        let args = BenchAttemptsArgs { attempts: 1, turns: 10, turn_ms: 5, restart: false };
        let turns = turns(&args);
        let words: Vec<String> = turns.iter().map(|turn| format!("{turn:?}")).collect();
        assert_eq!(words.len(), 10);
        assert!(words[8].contains("part()") && words[9].contains("finish"), "{words:?}");
        let different: std::collections::BTreeSet<&String> = words.iter().collect();
        assert_eq!(different.len(), 10);
    }
}
