//! What a sentence claims. Each rule is a few words near each other; what is denied, hoped for or
//! asked for is no claim.

use super::words::{AnyOf, Words};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Tests pass.
    Pass {
        count: Option<u64>,
        of: Tests,
    },
    /// The test of that name passes.
    Named {
        name: String,
    },
    /// A tool was run; `clean` where it is said to have found nothing.
    Ran {
        tool: Tool,
        clean: bool,
    },
    /// Tests were added.
    Added {
        count: Option<u64>,
        regression: bool,
    },
    TestsUntouched,
    NoDependency,
    /// What others use is as it was.
    Compatible,
    NothingElse,
    Fixed,
    /// Seen or measured by the agent itself.
    ByHand,
}

/// Which tests are said to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tests {
    All,
    /// Those that failed.
    Failing,
    /// Those that the change adds.
    New,
    /// Those of a file, or some other part.
    Part,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    Tests,
    Lint,
    Build,
    /// A program of that name.
    Named(&'static str),
}

const TESTS: AnyOf<'_> = &["test", "tests", "suite", "suites", "testsuite", "specs", "unittests"];
const PASS: AnyOf<'_> =
    &["pass", "passes", "passed", "passing", "green", "succeed", "succeeds", "succeeded", "ok"];
const CLEAN: AnyOf<'_> = &[
    "pass",
    "passes",
    "passed",
    "passing",
    "green",
    "succeed",
    "succeeds",
    "succeeded",
    "ok",
    "clean",
    "cleanly",
    "happy",
    "no",
    "zero",
    "without",
];
const RUN: AnyOf<'_> = &[
    "ran",
    "run",
    "rerun",
    "reran",
    "runs",
    "running",
    "executed",
    "verified",
    "checked",
    "tested",
    "validated",
    "confirmed",
    "linted",
    "formatted",
];
const FAILURES: AnyOf<'_> =
    &["fail", "fails", "failed", "failure", "failures", "failing", "regressions"];
const ADD: AnyOf<'_> = &[
    "add",
    "adds",
    "added",
    "adding",
    "wrote",
    "write",
    "writes",
    "introduces",
    "introduced",
    "new",
];
const CHANGE: AnyOf<'_> = &[
    "change",
    "changes",
    "changed",
    "changing",
    "modify",
    "modifies",
    "modified",
    "modifying",
    "edit",
    "edits",
    "edited",
    "editing",
    "touch",
    "touches",
    "touched",
    "touching",
    "alter",
    "altered",
    "altering",
    "affect",
    "affected",
    "affects",
    "unchanged",
    "untouched",
    "removed",
    "deleted",
    "skipped",
];
const NO: AnyOf<'_> = &[
    "no",
    "not",
    "none",
    "without",
    "nothing",
    "never",
    "neither",
    "zero",
    "don't",
    "doesn't",
    "didn't",
    "haven't",
    "hasn't",
    "aren't",
    "weren't",
    "isn't",
    "wasn't",
    "unchanged",
    "untouched",
];

/// Tools by the word that names them; of those of more words, the last.
const TOOLS: [&str; 30] = [
    "ruff",
    "flake8",
    "pylint",
    "black",
    "isort",
    "mypy",
    "pyright",
    "bandit",
    "eslint",
    "prettier",
    "tsc",
    "biome",
    "clippy",
    "rustfmt",
    "fmt",
    "gofmt",
    "vet",
    "golangci-lint",
    "shellcheck",
    "pytest",
    "jest",
    "vitest",
    "mocha",
    "unittest",
    "nextest",
    "tox",
    "nox",
    "miri",
    "rubocop",
    "stylelint",
];

pub(super) fn of(words: &Words) -> Vec<Kind> {
    let quiet = [tests_untouched, no_dependency, compatible, nothing_else];
    let denials: Vec<Kind> = quiet.iter().filter_map(|rule| rule(words)).collect();
    let loud = [passes, ran, added, fixed];
    let others = loud.iter().filter_map(|rule| rule(words));
    let mut kinds: Vec<Kind> = denials.into_iter().chain(others).collect();
    if kinds.is_empty() {
        kinds.extend(by_hand(words));
    }
    kinds
}

fn passes(words: &Words) -> Option<Kind> {
    let verb = verb_of_passing(words)?;
    if let Some(name) = name_of_a_test(words) {
        return Some(Kind::Named { name });
    }
    let of = which(words);
    let count = words.number(0, verb).or_else(|| words.number(verb, words.all().len()));
    Some(Kind::Pass { count: count.filter(|count| *count > 0), of })
}

fn verb_of_passing(words: &Words) -> Option<usize> {
    // "No other edit passes all tests" says nothing of this one.
    let others = words.after(&["no", "none", "neither"], &["other", "others", "of"], 0);
    // Nor is it said of "passing tests" that they pass.
    let is_of = |place: usize| {
        ["passing", "green"].contains(&words.all()[place].as_str())
            && words.all().get(place + 1).is_some_and(|next| TESTS.contains(&next.as_str()))
    };
    let said = |place: &usize| {
        !words.is_hedged(*place) && !is_of(*place) && others.is_none_or(|at| at > *place)
    };
    let counted = || {
        let mut places = words.places(&["passed", "passing"]);
        places.find(|&place| place > 0 && words.number(place - 1, place).is_some())
    };
    let clean = || words.after(&["no", "zero", "without", "any"], FAILURES, 2);
    words
        .after(TESTS, PASS, 7)
        .filter(said)
        .or_else(|| words.after(&["pass", "passes", "passed"], TESTS, 3).filter(said))
        .or_else(|| words.after(&["everything", "all"], PASS, 1).filter(said))
        .or_else(|| counted().filter(said))
        .or_else(clean)
        .or_else(|| name_of_a_test(words).and_then(|_| words.find(PASS, 0)).filter(said))
}

/// `test_double`, `tests/test_a.py::test_b`, `parse::tests::it_reads`.
fn name_of_a_test(words: &Words) -> Option<String> {
    let is_name = |word: &&String| {
        word.contains("::") || (word.starts_with("test_") && !word.contains(['/', '.']))
    };
    words.all().iter().find(is_name).cloned()
}

fn which(words: &Words) -> Tests {
    if words.has(&["failing", "broken", "reported", "red"]) && !words.has(&["no", "zero"]) {
        Tests::Failing
    } else if words.has(&["new", "added", "regression"]) && !words.has(&["existing", "all"]) {
        Tests::New
    } else if is_of_a_part(words) {
        Tests::Part
    } else {
        Tests::All
    }
}

fn is_of_a_part(words: &Words) -> bool {
    const PARTS: AnyOf<'_> = &[
        "in",
        "under",
        "of",
        "relevant",
        "related",
        "affected",
        "these",
        "those",
        "this",
        "both",
        "unit",
        "integration",
        "module",
        "file",
        "some",
        "most",
    ];
    words.has(PARTS) || words.all().iter().any(|word| word.contains('/') || word.ends_with(".py"))
}

fn ran(words: &Words) -> Option<Kind> {
    let (tool, place) = tool(words)?;
    // "Run the tests" asks for it.
    let asked = words.all().first().is_some_and(|word| word == "run");
    let runs = words.places(RUN).find(|&at| at < place && place - at <= 6 && !asked);
    let clean = words.find(CLEAN, place).is_some_and(|at| at - place <= 5)
        || words
            .places(&["no", "zero", "without", "passes", "clean"])
            .any(|at| at < place && place - at <= 4);
    let said = runs.or_else(|| clean.then_some(place))?;
    (!words.is_hedged(said)).then_some(Kind::Ran { tool, clean })
}

fn tool(words: &Words) -> Option<(Tool, usize)> {
    const LINT: AnyOf<'_> =
        &["lint", "linter", "linters", "linting", "format", "formatter", "formatting"];
    const BUILD: AnyOf<'_> = &["build", "builds", "compile", "compiles", "compilation", "compiled"];
    let named = TOOLS.iter().find_map(|name| Some((Tool::Named(name), words.find(&[name], 0)?)));
    let lint = || Some((Tool::Lint, words.find(LINT, 0)?));
    let build = || {
        let place = words.find(BUILD, 0)?;
        let says_itself = words.has(&["builds", "compiles", "compiled"]);
        let says_more = words.find(CLEAN, place).is_some();
        (says_itself || says_more).then_some((Tool::Build, place))
    };
    let tests = || Some((Tool::Tests, words.find(TESTS, 0)?)).filter(|_| is_running_tests(words));
    named.or_else(lint).or_else(build).or_else(tests)
}

/// "ran the tests", and neither "tested that the test …" nor "what tests run".
fn is_running_tests(words: &Words) -> bool {
    const GAP: usize = 4;
    words.places(&["ran", "rerun", "reran", "executed", "running", "run"]).any(|at| {
        let is_theirs = at > 0 && TESTS.contains(&words.all()[at - 1].as_str());
        !is_theirs && words.find(TESTS, at + 1).is_some_and(|tests| tests - at - 1 <= GAP)
    })
}

fn added(words: &Words) -> Option<Kind> {
    let test = words.after(ADD, TESTS, 5)?;
    let verb = words.places(ADD).filter(|&at| at < test).last()?;
    let denied = words.is_hedged(verb) || words.find(&["no"], 0).is_some_and(|at| at < test);
    let about = words.after(&["to", "in"], TESTS, 2).is_some_and(|at| at == test);
    if denied || about || words.after(&["run", "runs", "ran"], &["new"], 2).is_some() {
        return None;
    }
    let count = words.number(verb + 1, test);
    let one = words.all().get(verb + 1).is_some_and(|word| word == "a" || word == "an");
    let count = count.or_else(|| (one && words.all()[test] == "test").then_some(1));
    Some(Kind::Added { count, regression: words.has(&["regression"]) })
}

fn tests_untouched(words: &Words) -> Option<Kind> {
    let before = words.after(TESTS, CHANGE, 4);
    let after = words.after(CHANGE, TESTS, 4);
    let verb = before.or(after)?;
    // In "lines that the tests don't run were edited" the tests are who doesn't.
    let is_theirs = |at: usize| {
        at > 0
            && ["don't", "doesn't", "didn't"].contains(&words.all()[at].as_str())
            && TESTS.contains(&words.all()[at - 1].as_str())
    };
    let denied = words.places(NO).any(|at| at <= verb + 1 && verb <= at + 6 && !is_theirs(at));
    let adds = words.has(&["add", "adds", "added", "behaviour", "behavior"]);
    (denied && !adds).then_some(Kind::TestsUntouched)
}

fn no_dependency(words: &Words) -> Option<Kind> {
    let place = words.after(NO, &["dependency", "dependencies"], 4)?;
    (place > 0).then_some(Kind::NoDependency)
}

fn compatible(words: &Words) -> Option<Kind> {
    const OURS: AnyOf<'_> = &["api", "interface", "signature", "signatures"];
    let says = words.has(&["backward-compatible", "backwards-compatible"])
        || words.after(&["backward", "backwards"], &["compatible", "compatibility"], 0).is_some();
    let breaks = words.after(&["no"], &["breaking"], 0).is_some();
    let unchanged = words.after(OURS, &["unchanged", "untouched", "same"], 3).is_some()
        || words
            .after(NO, OURS, 3)
            .is_some_and(|at| words.find(CHANGE, 0).is_some_and(|c| c + 6 > at));
    (says || breaks || unchanged).then_some(Kind::Compatible)
}

fn nothing_else(words: &Words) -> Option<Kind> {
    const HOW: AnyOf<'_> =
        &["behaviour", "behavior", "behaviours", "functional", "functionality", "semantics"];
    let denied = words.after(NO, HOW, 5).is_some() || words.after(HOW, NO, 5).is_some();
    let nothing = words.after(&["nothing"], &["else"], 0).is_some();
    ((denied && words.has(CHANGE)) || nothing && words.has(CHANGE)).then_some(Kind::NothingElse)
}

fn fixed(words: &Words) -> Option<Kind> {
    const FIX: AnyOf<'_> = &[
        "fix",
        "fixes",
        "fixed",
        "resolves",
        "resolved",
        "solves",
        "solved",
        "repairs",
        "repaired",
        "corrects",
        "corrected",
    ];
    const TROUBLE: AnyOf<'_> = &[
        "bug",
        "bugs",
        "crash",
        "crashes",
        "issue",
        "error",
        "errors",
        "problem",
        "failure",
        "regression",
        "off-by-one",
        "exception",
        "leak",
        "race",
        "panic",
        "hang",
        "test",
        "tests",
    ];
    let verb = words.find(FIX, 0)?;
    let near = verb.saturating_sub(3)..verb;
    let hedged = words.all()[near].iter().any(|word| {
        word.ends_with("n't")
            || ["not", "should", "will", "to", "would", "may", "cannot"].contains(&word.as_str())
    });
    let of_what = words.has(TROUBLE) || words.all().iter().any(|word| word.starts_with('#'));
    (!hedged && of_what).then_some(Kind::Fixed)
}

fn by_hand(words: &Words) -> Option<Kind> {
    let hand = words.has(&["manually", "locally"]) || words.after(&["by"], &["hand"], 0).is_some();
    let looked =
        words.has(&["verified", "confirmed", "reproduced", "tested", "validated", "checked"]);
    let faster =
        words.has(&["faster", "slower", "speedup"]) && words.all().iter().any(|w| is_measure(w));
    let place = words.find(RUN, 0).or_else(|| words.find(&["faster", "slower"], 0)).unwrap_or(0);
    (((hand && words.has(RUN)) || looked || faster) && !words.is_hedged(place))
        .then_some(Kind::ByHand)
}

/// `3x`, `40%`, `2.5×`.
fn is_measure(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && word.ends_with(['x', '%', '×'])
}
