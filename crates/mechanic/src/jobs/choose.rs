//! Which job a sentence asks for, and by which of its words. Pure, and deliberately simple: it
//! knows a few phrases and understands nothing.

use super::Name;

/// A job, and the words that say so; none where it is what the mechanic does anyway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub job: Name,
    pub words: Option<String>,
}

/// Each says alone that a culprit is looked for.
const BISECT: [&str; 12] = [
    "bisect",
    "which commit",
    "what commit",
    "commit that broke",
    "commit which broke",
    "commit broke",
    "who broke",
    "when did",
    "since when",
    "find the culprit",
    "first bad commit",
    "introduced the regression",
];

/// What linters are called …
const LINTERS: [&str; 11] = [
    "lint", "lints", "linter", "linters", "linting", "ruff", "eslint", "clippy", "black",
    "prettier", "rustfmt",
];
/// … and that they, or what they say, are what is to be done.
const LINT_DEEDS: [&str; 13] = [
    "fix",
    "fixes",
    "autofix",
    "warning",
    "warnings",
    "error",
    "errors",
    "complaints",
    "clean",
    "cleanup",
    "run",
    "apply",
    "format",
];
/// Who writes this wants tests repaired, whatever they are about.
const REPAIR: [&str; 5] =
    ["failing test", "test fails", "tests fail", "broken test", "failing tests"];

/// Said of an attempt that is named.
const MINIMISE: [&str; 9] = [
    "smaller", "minimise", "minimize", "minimal", "smallest", "cut down", "shrink", "reduce",
    "trim",
];

/// What begins a sentence that no job can follow.
const BEYOND: [&str; 22] = [
    "add",
    "implement",
    "write",
    "create",
    "build",
    "introduce",
    "support",
    "refactor",
    "rename",
    "document",
    "translate",
    "upgrade",
    "update",
    "migrate",
    "port",
    "rewrite",
    "explain",
    "describe",
    "optimise",
    "optimize",
    "design",
    "remove",
];

/// Chooses by the first of: an attempt that is to be made smaller, a culprit, linters. All else is
/// a repair.
pub fn choose(text: &str, names_an_attempt: bool) -> Choice {
    let text = plain(text);
    let chosen = |job, words: String| Choice { job, words: Some(words) };
    if let Some(words) = first_of(&text, &MINIMISE).filter(|_| names_an_attempt) {
        return chosen(Name::Minimise, words.to_owned());
    }
    if let Some(words) = first_of(&text, &BISECT) {
        return chosen(Name::Bisect, words.to_owned());
    }
    let linter = first_of(&text, &LINTERS).filter(|_| first_of(&text, &REPAIR).is_none());
    if let (Some(linter), Some(deed)) = (linter, first_of(&text, &LINT_DEEDS)) {
        return chosen(Name::Lint, format!("{deed} … {linter}"));
    }
    Choice { job: Name::Repair, words: None }
}

/// The verb by which a sentence asks for what none of the jobs does.
pub fn beyond(text: &str) -> Option<&'static str> {
    let text = plain(text);
    let text = text.trim_start().strip_prefix("please ").unwrap_or(text.trim_start());
    let first = text.split(' ').next().unwrap_or_default();
    BEYOND.into_iter().find(|verb| *verb == first)
}

/// Of a sentence, what is looked at.
const LOOKED_AT_CHARS_MAX: usize = 4_000;

/// Lower case, with a blank around each word.
fn plain(text: &str) -> String {
    let text: String = text.chars().take(LOOKED_AT_CHARS_MAX).collect();
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut plain = String::from(" ");
    for word in words {
        plain.push_str(word);
        plain.push(' ');
    }
    plain
}

/// The first of these phrases that stands in the text as whole words.
fn first_of<'p>(text: &str, phrases: &[&'p str]) -> Option<&'p str> {
    phrases.iter().copied().find(|phrase| text.contains(&format!(" {phrase} ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, job: Name, words: Option<&str>) {
        let names = text.contains("k3v9x2ab.2");
        assert_eq!(choose(text, names), Choice { job, words: words.map(str::to_owned) }, "{text}");
    }

    #[test]
    fn a_sentence_chooses_by_its_words() {
        check("Fix the failing test in parser.py", Name::Repair, None);
        check("clamp is wrong above", Name::Repair, None);
        check("Which commit broke test_parser?", Name::Bisect, Some("which commit"));
        check("Please bisect this.", Name::Bisect, Some("bisect"));
        check("fix the lint warnings", Name::Lint, Some("fix … lint"));
        check("Apply ruff's fixes", Name::Lint, Some("fixes … ruff"));
        check("make the change of attempt k3v9x2ab.2 smaller", Name::Minimise, Some("smaller"));
    }

    #[test]
    fn what_is_only_like_it_is_a_repair() {
        check("make the output smaller", Name::Repair, None);
        check("fix the failing test of the linter", Name::Repair, None);
        check("the splinter is wrong, fix it", Name::Repair, None);
        check("", Name::Repair, None);
        check(&"lint ".repeat(100_000), Name::Repair, None);
    }

    #[test]
    fn what_nobody_here_can_do_is_known_by_its_verb() {
        assert_eq!(beyond("Add a --dry-run flag"), Some("add"));
        assert_eq!(beyond("please refactor the parser"), Some("refactor"));
        assert_eq!(beyond("fix what you added"), None);
        assert_eq!(beyond(""), None);
    }
}
