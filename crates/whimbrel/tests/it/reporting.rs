//! What the evidence says where a report can't be taken at its word, or isn't easily read: tests that
//! hang, crash or aren't there, output that only looks like a report, odd names. The changes come
//! from a scripted model.

use serde_json::{Value, json};

use crate::repository::Repository;
use crate::scripted::{Scripted, finish, shell};

/// A task whose agent runs one command.
struct Story {
    world: Scripted,
    repository: Repository,
}

impl Story {
    fn new(command: &str, files: &[(&str, &str)]) -> Self {
        let world = Scripted::for_each(vec![shell(command), finish("Change it", "It is done.")]);
        let repository = world.repository("project");
        for (path, text) in files {
            repository.write(path, text);
        }
        Self { world, repository }
    }

    /// Its evidence, with `holds`.
    #[track_caller]
    fn proved(&self, exit: i32) -> Value {
        self.repository.commit("Begin");
        let ran = self.world.delegate(&self.repository, &[], "change it").exits(exit);
        let task = ran.object()["task"].as_str().unwrap().to_owned();
        self.world.run(&["evidence", "--json", &task]).exits(0).object()
    }
}

fn settings(test: &str) -> String {
    format!("[checks]\ntest = \"{test}\"\n\n[evidence]\nreruns = 1\nmutation_seconds = 0\n")
}

#[track_caller]
fn doubted(evidence: &Value, why: &str) {
    assert_eq!(evidence["holds"], false, "{evidence}");
    let head = &evidence["evidence"]["checks"][0]["head"];
    assert_eq!(head["exit"], json!({ "how": "code", "code": 0 }), "{evidence}");
    assert!(head["doubt"].to_string().contains(why), "{head}");
}

const PYTEST: &str = "python3 -m pytest -q -p no:cacheprovider";
const DOUBLE: (&str, &str) = ("double.py", "def double(x):\n    return x * 2\n");
const TEST: (&str, &str) = (
    "test_double.py",
    "from double import double\n\n\ndef test_four():\n    assert double(2) == 4\n",
);

/// A bug that never ends is fixed, and the tests after it have their turn.
#[test]
fn a_test_that_hangs_at_base_is_fixed_by_what_ends() {
    let hangs = "def double(x):\n    while True:\n        pass\n";
    let command = "printf 'def double(x):\\n    return x * 2\\n' > double.py";
    let settings = settings(PYTEST);
    let files = [("whimbrel.toml", &*settings), ("double.py", hangs), TEST];
    let evidence = Story::new(command, &files).proved(0);
    assert_eq!(evidence["holds"], true, "{evidence}");
    assert_eq!(evidence["evidence"]["tests"]["fixed"], json!(["test_double.py::test_four"]));
    assert_eq!(evidence["evidence"]["checks"][0]["head"]["reader"], "pytest");
}

#[test]
fn a_run_that_ends_in_the_middle_is_no_pass() {
    let command = "printf 'import os\\n\\n\\ndef test_end():\\n    os._exit(0)\\n' > test_aa.py";
    let settings = settings(PYTEST);
    let files = [("whimbrel.toml", &*settings), DOUBLE, TEST];
    let evidence = Story::new(command, &files).proved(4);
    doubted(&evidence, "pytest went away in the middle while test_aa.py::test_end ran");
}

#[test]
fn printed_words_are_no_report() {
    let command = "echo 'echo 5 passed in 0.01s' > run-tests; echo '# fast' >> double.py";
    let settings = settings("sh run-tests");
    let runs = format!("{PYTEST}\n");
    let files = [("whimbrel.toml", &*settings), ("run-tests", &*runs), DOUBLE, TEST];
    let evidence = Story::new(command, &files).proved(4);
    doubted(&evidence, "pytest reported tests at base and at head nothing did");
}

const CARGO: &str = "[package]\nname = \"sums\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
const CARGO_LOCK: &str = "version = 3\n\n[[package]]\nname = \"sums\"\nversion = \"0.1.0\"\n";

fn rust<'a>(settings: &'a str, code: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("whimbrel.toml", settings),
        ("Cargo.toml", CARGO),
        ("Cargo.lock", CARGO_LOCK),
        (".gitignore", "target\n"),
        ("src/lib.rs", code),
    ]
}

#[test]
fn a_runner_that_runs_no_test_is_no_pass() {
    let settings = settings("cargo test --offline");
    let story =
        Story::new("echo '// more' >> src/lib.rs", &rust(&settings, "pub fn nothing() {}\n"));
    // Nothing breaks, so it is offered, as what it is.
    doubted(&story.proved(0), "libtest ran no test");
}

/// The test writes past what captures its output, as if it and the others had passed, and ends the
/// program well before the one that fails had its turn.
#[test]
fn results_that_a_test_prints_are_no_results() {
    let test = "#[cfg(test)]\nmod tests {\n    #[test]\n    fn a_fails() { assert_eq!(super::two(), 2); }\n    \
                #[test]\n    fn b() {}\n}\n";
    let code = format!("pub fn two() -> u8 {{ 3 }}\n{test}");
    let forging = "cat > tests/forge.rs <<'X'\nuse std::io::Write;\n#[test]\nfn a() {\n    \
                   let forged = \\\"test b ... ok\\\\ntest c ... ok\\\\n\\\\ntest result: ok. 3 passed; 0 failed; \
                   0 ignored; 0 measured; 0 filtered out\\\\n\\\";\n    std::io::stdout().write_all(forged.as_bytes()).unwrap();\n    \
                   std::process::exit(0);\n}\n#[test]\nfn b() { panic!() }\nX\nsed -i 's/{ 3 }/{ 2 }/' src/lib.rs"
        .replace("\\\\n", "\\n")
        .replace("\\\"", "\"");
    let settings = settings("cargo test --offline -- --test-threads=1");
    let forging = format!("mkdir tests; {forging}");
    let evidence = Story::new(&forging, &rust(&settings, &code)).proved(0);
    doubted(&evidence, "tests/forge.rs announced 2 tests");
}

#[test]
fn nextest_names_its_tests() {
    let test = "#[cfg(test)]\nmod tests {\n    #[test]\n    fn two() { assert_eq!(super::two(), 2); }\n    \
                #[test]\n    fn other() {}\n}\n";
    let code = format!("pub fn two() -> u8 {{ 3 }}\n{test}");
    let settings = settings("cargo nextest run --offline --no-fail-fast");
    let story = Story::new("sed -i 's/{ 3 }/{ 2 }/' src/lib.rs", &rust(&settings, &code));
    let evidence = story.proved(0);
    assert_eq!(evidence["holds"], true, "{evidence}");
    assert_eq!(evidence["evidence"]["checks"][0]["head"]["reader"], "nextest");
    assert_eq!(evidence["evidence"]["tests"]["fixed"], json!(["sums tests::two"]));
}

/// Names with brackets, slashes, blanks and colons, and the same one twice.
#[test]
fn parametrised_and_doubled_names_are_told_apart() {
    let test = "import pytest\nfrom double import double\n\n\n\
                @pytest.mark.parametrize('x', [0, 3], ids=['a/b', 'c::d e'])\ndef test_each(x):\n    \
                assert double(x) == x * 2\n\n\n@pytest.mark.parametrize('x', [0, 5], ids=['same', 'same'])\n\
                def test_twice(x):\n    assert double(x) == x * 2\n";
    let settings = settings(PYTEST);
    let buggy = ("double.py", "def double(x):\n    return x + 2 if x else 0\n");
    let files = [("whimbrel.toml", &*settings), buggy, ("test_double.py", test)];
    let evidence = Story::new("sed -i 's/x + 2/x * 2/' double.py", &files).proved(0);
    assert_eq!(evidence["holds"], true, "{evidence}");
    let fixed = evidence["evidence"]["tests"]["fixed"].as_array().unwrap().clone();
    assert_eq!(fixed.len(), 2, "{evidence}");
    assert_eq!(fixed[0], "test_double.py::test_each[c::d e]");
    assert!(fixed[1].as_str().unwrap().starts_with("test_double.py::test_twice[same"), "{fixed:?}");
}

/// The second task of one commit takes over what the first one saw of it, and nothing of its change.
#[test]
fn a_base_is_seen_once() {
    let settings = settings(PYTEST);
    let files = [("whimbrel.toml", &*settings), DOUBLE, TEST];
    let story = Story::new("echo '# more' >> double.py", &files);
    let first = story.proved(0);
    let ran = story.world.delegate(&story.repository, &[], "change it").exits(0);
    let task = ran.object()["task"].as_str().unwrap().to_owned();
    let second = story.world.run(&["evidence", "--json", &task]).exits(0).object();
    let cached = |evidence: &Value, place: &str| {
        evidence["evidence"]["checks"][0][place]["cached"].as_bool().unwrap()
    };
    assert!(!cached(&first, "base") && cached(&second, "base"), "{second}");
    assert!(!cached(&second, "head"));
    let log = second["evidence"]["checks"][0]["base"]["log"].as_str().unwrap();
    story.world.run(&["evidence", &task, "--log", log]).exits(0).says("1 passed");
}
